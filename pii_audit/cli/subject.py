"""``pii-audit subject``: where does one person occur."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pii_audit.cli.audit import CATALOGUE, date_of
from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.cli.scan import look_of, look_options
from pii_audit.model.errors import ExitCode, UsageError
from pii_audit.model.visible import visible

if TYPE_CHECKING:
    from pii_audit.auditing import Answer, Occurrence
    from pii_audit.reports.words import Words

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
@click.argument("catalogue", nargs=-1, metavar="[audit.yaml]")
@option("-f", "--format", "fmt", group="Options", env=False, type=click.Choice(["text", "json"]), default="text", show_default=True, help="How the list is written.")
@option("--as-of", group="Options", env=False, metavar="DATE", help="Day as of which periods are over (default: as the catalogue says, else today in Beijing).")
@option("--workers", group="Options", type=click.IntRange(min=0), metavar="N", default=0, help="Worker processes (default: as many as processors).")
@look_options
def command(catalogue: tuple[str, ...], fmt: str, as_of: str | None, workers: int, lang: str | None, quiet: bool, verbose: bool, no_color: bool) -> int:
    """Find every place where a person's identifier stands: number, phone, card, account, name.

    Identifiers are read from standard input, one a line, or asked for; never from the command line, which others on
    this machine can see. They are compared as keyed fingerprints and shown nowhere: places name them by their number.
    Every place comes with the date on which its retention begins, until when a law demands it, and from when it may
    be there no more.
    """
    from pii_audit.auditing import find_subject
    from pii_audit.cli.output import tell
    from pii_audit.cli.progress import first_run_notice, progress_bar
    from pii_audit.reports.json import dumps
    from pii_audit.reports.text import reasons
    from pii_audit.reports.words import Words

    path = _catalogue(catalogue)
    day = date_of(as_of)
    identifiers = _identifiers()
    look = look_of(lang, no_color, quiet, verbose)
    words = Words(look.lang)
    with progress_bar(not look.quiet, words) as bar, first_run_notice(not look.quiet, words, bar) as progress:
        answer = find_subject(path, identifiers, as_of=day, workers=workers, progress=progress)
    if fmt == "json":
        click.echo(dumps(_plain(answer), indent=2))
    else:
        for line in _lines(answer, words):
            click.echo(line)
    for line in reasons(answer.skipped, words, None):
        tell(line)
    if answer.skipped:
        return ExitCode.INCOMPLETE
    return ExitCode.FOUND if answer.places else ExitCode.CLEAN


def _catalogue(given: tuple[str, ...]) -> Path:
    """Return the catalogue. What else stands on the command line may be an identifier and is not repeated."""
    path = Path(given[0] if given else CATALOGUE)
    if len(given) > 1 or not path.is_file():
        there = visible(str(path)) if path.suffix.lower() in (".yaml", ".yml") and len(given) < 2 else "the argument"
        raise UsageError(f"{there}: is no catalogue; identifiers are read from standard input, never from the command line")
    return path


def _identifiers() -> list[str]:
    """Return the identifiers on standard input, or what is typed where nobody sees it. Raises UsageError for none."""
    if sys.stdin.isatty():
        text = click.prompt("Identifier", hide_input=True, err=True)
    else:
        data = sys.stdin.buffer.read()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            try:
                text = data.decode("gb18030")
            except UnicodeDecodeError:
                raise UsageError("standard input is neither UTF-8 nor GB18030") from None
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    for number, line in lines:
        if not any(map(str.isalnum, line)):
            raise UsageError(f"line {number} of standard input holds no letter and no digit")
    if not lines:
        raise UsageError("no identifier was given on standard input")
    return [line for _, line in lines]


def _lines(answer: Answer, words: Words) -> Iterator[str]:
    for number in range(1, answer.identifiers + 1):
        own = [place for place in answer.places if place.identifier == number]
        datasets = len({place.dataset for place in own})
        yield words("subject.found" if own else "subject.none", n=number, places=words.count("place", len(own)), datasets=words.count("dataset", datasets))
        for place in own:
            where = words("at.line", n=f"{place.line:,}") if place.line else words("at.row", n=f"{place.row:,}") if place.row else ""
            column = words("pattern.name") if place.column == "#name" else visible(place.column or "")
            yield f"  {visible(place.dataset)}  {visible(place.source)}  " + " · ".join(filter(None, (where, column, place.entity_type)))
            owner = words("owner", name=visible(place.owner)) if place.owner else ""
            yield "    " + " · ".join(filter(None, (_dates(place, words), owner)))


def _dates(place: Occurrence, words: Words) -> str:
    """Return from when the period runs, until when it must and from when it may not be kept; or why nobody can say."""
    if place.dated is None:
        keep = words("subject.keep", keep=place.keep) if place.keep else ""
        return " · ".join(filter(None, (keep, words(f"undated.{place.undated}", role=place.dated_by or ""))))
    begun = words(f"dated.{place.dated_by}") if place.dated_by in ("name", "modified") else place.dated_by
    facts = [f"{begun} {place.dated}"]
    if place.must_keep_until:
        facts.append(words("subject.must", date=place.must_keep_until))
    if place.delete_from:
        facts.append(words("subject.overdue" if place.overdue else "subject.delete", date=place.delete_from))
    return " · ".join(facts)


def _plain(answer: Answer) -> dict[str, Any]:
    def told(value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else value

    found = {place.identifier for place in answer.places}
    return {
        "catalogue": answer.catalogue,
        "as_of": answer.as_of.isoformat(),
        "identifiers": answer.identifiers,
        "not_found": [number for number in range(1, answer.identifiers + 1) if number not in found],
        "places": [{name: told(value) for name, value in asdict(place).items()} for place in answer.places],
        "skipped": [asdict(item) for item in answer.skipped],
    }
