"""``pii-audit init``: a draft of ``audit.yaml`` from what lies in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from pii_audit.cli.audit import CATALOGUE
from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.cli.scan import look_of, look_options
from pii_audit.model.errors import UsageError

_EXAMPLES: Section = (
    "Examples",
    (("pii-audit init /data/lender", "writes /data/lender/audit.yaml; then fill in what only people know"),),
)


@click.command("init", cls=ManCommand, sections=(_EXAMPLES,), short_help="Draft a catalogue (audit.yaml) of a folder.")
@click.argument("folder", metavar="DIR", type=click.Path())
@option("-o", "--output", group="Options", env=False, metavar="PATH", help=f"Where it goes (default: DIR/{CATALOGUE}); - is standard output.")
@look_options
def command(folder: str, output: str | None, lang: str | None, quiet: bool, verbose: bool, no_color: bool) -> None:
    """Scan a folder and draft its catalogue: datasets, their kinds, entity types and columns as far as they show.

    What only people know (purposes, legal bases, retention periods, recipients) is left to fill in, and named.
    """
    from pii_audit.auditing import draft
    from pii_audit.cli.output import tell
    from pii_audit.cli.progress import first_run_notice, progress_bar
    from pii_audit.model.files import AtomicFile
    from pii_audit.model.visible import visible
    from pii_audit.reports.words import Words

    if not Path(folder).is_dir():
        raise UsageError(f"{visible(folder)}: there is no such folder")
    target = Path(output) if output else Path(folder) / CATALOGUE
    if output != "-" and target.exists():
        raise UsageError(f"{visible(str(target))}: exists already; name another file with -o")
    look = look_of(lang, no_color, quiet, verbose)
    words = Words(look.lang)
    with progress_bar(not look.quiet, words) as bar, first_run_notice(not look.quiet, words, bar) as progress:
        text = draft(Path(folder), target.parent if output != "-" else Path(folder), progress=progress)
    if output == "-":
        click.echo(text, nl=False)
        return
    with AtomicFile(target) as stream:
        stream.write(text.encode())
    if not look.quiet:
        tell(f"pii-audit: {visible(str(target))} drafted; fill in what it asks for, then run: pii-audit audit {visible(str(target))}")
