"""The program ``pii-audit``: prints, parses, exits. One file per command."""

from __future__ import annotations


def main() -> None:
    """Run the program and exit with its code."""
    from pii_audit.cli.program import program

    program.main(prog_name="pii-audit")
