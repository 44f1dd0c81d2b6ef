"""``pii-audit subject``: where does one person occur."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pii_audit.cli.audit import CATALOGUE
from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.cli.scan import look_of, look_options
from pii_audit.model.errors import ExitCode, UsageError

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit subject audit.yaml", "asks for the identifier; what is typed is not shown"),
        ("pii-audit subject audit.yaml -f json < request.txt", "identifiers from a file, one a line"),
    ),
)
_EXIT: Section = (
    "Exit codes",
    (
        ("0", "everything was read; the person does not occur"),
        ("1", "everything was read; the person occurs"),
        ("2", "wrong usage or catalogue; nothing was read"),
        ("3", "incomplete: something could not be read; it is named on stderr"),
    ),
)


@click.command("subject", cls=ManCommand, sections=(_EXAMPLES, _EXIT), short_help="Find where one person occurs, for access and deletion requests.")
@click.argument("catalogue", required=False, default=CATALOGUE, metavar="[audit.yaml]", type=click.Path())
@option("-f", "--format", "fmt", group="Options", env=False, type=click.Choice(["text", "json"]), default="text", show_default=True, help="How the list is written.")
@option("--workers", group="Options", type=click.IntRange(min=0), metavar="N", default=0, help="Worker processes (default: as many as processors).")
@look_options
def command(catalogue: str, fmt: str, workers: int, lang: str | None, quiet: bool, verbose: bool, no_color: bool) -> int:
    """Find every place where a person's identifier stands: number, phone, card, account, name.

    Identifiers are read from standard input, one a line, or asked for; never from the command line, which others on
    this machine can see. They are compared as keyed fingerprints and shown nowhere.
    """
    from pii_audit.auditing import find_subject
    from pii_audit.cli.output import tell
    from pii_audit.cli.progress import first_run_notice, progress_bar
    from pii_audit.model.visible import visible
    from pii_audit.reports.json import dumps
    from pii_audit.reports.text import reasons
    from pii_audit.reports.words import Words

    if sys.stdin.isatty():
        identifiers = [click.prompt("Identifier", hide_input=True, err=True)]
    else:
        identifiers = [line.strip() for line in sys.stdin if line.strip()]
    if not identifiers:
        raise UsageError("no identifier was given on standard input")
    look = look_of(lang, no_color, quiet, verbose)
    words = Words(look.lang)
    with progress_bar(not look.quiet, words) as bar, first_run_notice(not look.quiet, words, bar) as progress:
        places, skipped = find_subject(Path(catalogue), identifiers, workers=workers, progress=progress)
    if fmt == "json":
        click.echo(dumps([asdict(place) for place in places], indent=2))
    else:
        for place in places:
            where = words("first.line", n=f"{place.line:,}") if place.line else words("place.rows", rows=f"{place.row:,}")
            facts = [visible(place.column) if place.column else "", place.entity_type, place.retention or words("retention.none"), visible(place.owner or "")]
            click.echo(f"{visible(place.dataset)}  {visible(place.source)}  {where}  " + " · ".join(filter(None, facts)))
    for line in reasons(sorted(skipped), words, None):
        tell(line)
    if skipped:
        return ExitCode.INCOMPLETE
    return ExitCode.FOUND if places else ExitCode.CLEAN
