"""``pii-audit verify``: is an export still what its manifest says."""

from __future__ import annotations

from pathlib import Path

import click

from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.model.errors import ExitCode

_EXIT: Section = (
    "Exit codes",
    (
        ("0", "the export is what its manifest says"),
        ("1", "it is not; what differs is named"),
        ("2", "there is no manifest"),
    ),
)


@click.command("verify", cls=ManCommand, sections=(_EXIT,), short_help="Check an export against its manifest.")
@click.argument("folder", metavar="DIR", type=click.Path())
@option("--workers", group="Options", type=click.IntRange(min=0), metavar="N", default=0, help="Worker processes (default: as many as processors).")
@option("--public-key", group="Options", env=False, metavar="FILE", type=click.Path(), help="Public key that the manifest must be signed with.")
def command(folder: str, workers: int, public_key: str | None) -> int:
    """Compare every file with its digest, look for files that were added, and scan the export once more.

    Digests show what was changed by accident or behind the manifest; a signature, who made it.
    """
    from pii_audit.anonymize import signature
    from pii_audit.exporting import verify
    from pii_audit.model.visible import visible

    problems = verify(Path(folder), signer=signature.public(Path(public_key)) if public_key else None, workers=workers)
    for problem in problems:
        click.echo(visible(problem))
    if not problems:
        click.echo(f"{visible(folder)}: as its manifest says")
    return ExitCode.FOUND if problems else ExitCode.CLEAN
