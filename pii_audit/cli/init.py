"""``pii-audit init``: a draft of ``audit.yaml`` from what lies in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_audit.cli.audit import CATALOGUE
from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.cli.scan import look_of, look_options
from pii_audit.model.errors import ExitCode, UsageError
from pii_audit.model.visible import visible

if TYPE_CHECKING:
    from pii_audit.reports.words import Words

_EXAMPLES: Section = (
    "Examples",
    (("pii-audit init /data/lender", "writes /data/lender/audit.yaml; then fill in what only people know"),),
)


_EXIT: Section = (
    "Exit codes",
    (
        ("0", "the draft was written"),
        ("2", "wrong usage, or nothing to draft from; nothing was written"),
        ("3", "the draft was written, but something could not be read; it is named there and on stderr"),
    ),
)


@click.command("init", cls=ManCommand, sections=(_EXAMPLES, _EXIT), short_help="Draft a catalogue (audit.yaml) of a folder.")
@click.argument("folder", metavar="DIR", type=click.Path())
@option("-o", "--output", group="Options", env=False, metavar="PATH", help=f"Where it goes (default: DIR/{CATALOGUE}); - is standard output.")
@look_options
def command(folder: str, output: str | None, lang: str | None, quiet: bool, verbose: bool, no_color: bool) -> int:
    """Scan a folder and draft its catalogue: datasets, their kinds, entity types and columns as far as they show.

    What only people know (purposes, legal bases, retention periods, recipients) is left to fill in, and named. A file
    that is there already is replaced only if you say so when asked.
    """
    from pii_audit.auditing import draft
    from pii_audit.cli.output import tell
    from pii_audit.cli.progress import first_run_notice, progress_bar
    from pii_audit.model.files import AtomicFile, check_target
    from pii_audit.reports.words import Words

    if not Path(folder).is_dir():
        raise UsageError(f"{visible(folder)}: there is no such folder")
    target = None if output == "-" else Path(output) if output else Path(folder) / CATALOGUE
    look = look_of(lang, no_color, quiet, verbose)
    words = Words(look.lang)
    if target is not None:
        check_target(target)
        _may_replace(target, words)
    with progress_bar(not look.quiet, words) as bar, first_run_notice(not look.quiet, words, bar) as progress:
        found = draft(Path(folder), target.parent if target else Path(folder), look.lang, progress=progress)
    if not found.datasets and not found.left:
        raise UsageError(f"{visible(folder)}: holds no file that can be read, so there is nothing to draft")
    if target is None:
        click.echo(found.text, nl=False)
    else:
        with AtomicFile(target) as stream:
            stream.write(found.text.encode())
        if not look.quiet:
            tell(words("init.done", path=visible(str(target)), datasets=words.count("dataset", found.datasets)))
    for name in (*found.left, *found.unread):
        tell(words("init.left", name=name))
    return ExitCode.INCOMPLETE if found.unread else ExitCode.CLEAN


def _may_replace(target: Path, words: Words) -> None:
    """Ask before a file is replaced; where nobody can answer it stays."""
    if not target.exists():
        return
    shown = visible(str(target))
    if not _somebody_there():
        raise UsageError(f"{shown}: exists already; name another file with -o")
    if not click.confirm(words("init.replace", path=shown), err=True):
        raise UsageError(f"{shown}: stays as it is")


def _somebody_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
