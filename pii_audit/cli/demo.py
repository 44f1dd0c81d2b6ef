"""``pii-audit demo``: what an audit looks like, on bundled synthetic data."""

from __future__ import annotations

import click

from pii_audit.cli.audit import CATALOGUE, run_audit
from pii_audit.cli.help import ManCommand, Section
from pii_audit.cli.scan import look_of, look_options
from pii_audit.settings import ScanSettings

_EXIT: Section = (
    "Exit codes",
    (("0", "the demonstration ran; an audit that finds as much ends with 1"), ("3", "some of it could not be read")),
)


@click.command("demo", cls=ManCommand, sections=(_EXIT,), short_help="Audit the bundled synthetic sample data.")
@look_options
def command(lang: str | None, quiet: bool, verbose: bool, no_color: bool) -> int:
    """Audit the sample data that comes with the program: the files of a small lender, all synthetic."""
    import pii_audit
    from pii_audit.cli.output import plan

    catalogue = pii_audit.sample_data_dir() / CATALOGUE
    settings = ScanSettings(targets=(str(catalogue),), command="demo")
    return run_audit(catalogue, settings, plan(None, None, (), None), look_of(lang, no_color, quiet, verbose), None)
