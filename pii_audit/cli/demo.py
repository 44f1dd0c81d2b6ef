"""``pii-audit demo``: what a report looks like, on bundled synthetic data."""

from __future__ import annotations

import click

from pii_audit.cli.help import ManCommand, Section
from pii_audit.cli.scan import look_of, look_options, run_scan
from pii_audit.settings import ScanSettings

_EXIT: Section = (
    "Exit codes",
    (("0", "the demonstration ran; a scan that finds as much ends with 1"), ("3", "some of it could not be read")),
)

#: what lies beside the lender's files and is about them
_ABOUT = ("README.md", "expected/*", "generator/*")


@click.command("demo", cls=ManCommand, sections=(_EXIT,), short_help="Scan the bundled synthetic sample data.")
@look_options
def command(lang: str | None, quiet: bool, verbose: bool, no_color: bool) -> int:
    """Scan the sample data that comes with the program: the files of a small lender, all synthetic."""
    import pii_audit
    from pii_audit.cli.output import plan

    settings = ScanSettings(targets=(str(pii_audit.sample_data_dir()),), exclude=_ABOUT, command="demo")
    return run_scan(settings, plan(None, None, (), None), look_of(lang, no_color, quiet, verbose), None)
