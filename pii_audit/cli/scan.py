"""``pii-audit scan``: detect personal data in files."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pii_audit.cli.help import ENVIRONMENT, EXIT_CODES, FILES, Listed, ManCommand, option
from pii_audit.model.entity import Sensitivity
from pii_audit.model.errors import UsageError
from pii_audit.model.score import DEFAULT_MIN_SCORE
from pii_audit.model.visible import visible
from pii_audit.settings import LANGUAGES, LEVELS, ScanSettings, find_config, is_class, language, load_config

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pii_audit.cli.output import Look, Outputs

_WHAT, _WHERE, _OUTPUT, _RUN = "What to look for", "Where to look", "Output", "Run"
CONFIG = "pii_audit.config_file"

EXAMPLES = (
    "Examples",
    (
        ("pii-audit scan /data/loans", "a folder, with everything in it: archives, workbooks, databases"),
        ("pii-audit scan 'logs/*.gz' --fail-on medium", "a glob; low findings do not count for the exit code"),
        ("zcat app.log.gz | pii-audit scan -", "standard input"),
        ("pii-audit scan data -f json -o report.json", "a report for programs"),
        ("pii-audit scan data --report csv=f.csv --findings spans.parquet", "text on the terminal, and two files"),
        ("pii-audit scan data --entities CN_RESIDENT_ID,CN_BANK_CARD", "only these types"),
    ),
)


def use_config(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Take the defaults of a command from a configuration file; its name is kept for the report."""
    if ctx.resilient_parsing:
        return
    path = Path(value) if value else find_config(Path())
    if path is not None:
        config = load_config(path)
        ctx.default_map = dict(config.values)
        ctx.meta[CONFIG] = config.path


def _complete_entity(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from pii_audit.entities import installed

    before, comma, last = incomplete.rpartition(",")
    found = [entity for entity in installed() if entity.name.startswith(last.upper())]
    return [CompletionItem(before + comma + entity.name, help=entity.title) for entity in found]


def complete_format(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the report formats that begin like this."""
    from click.shell_completion import CompletionItem

    from pii_audit import plugins

    return [CompletionItem(name) for name in plugins.names(plugins.REPORTS) if name.startswith(incomplete)]


def look_options(command: Any) -> Any:
    """Add the options about appearance that every command with a report has."""
    for decorate in (
        option("--no-color", group=_OUTPUT, is_flag=True, help="No colour (also: NO_COLOR)."),
        option("-v", "--verbose", group=_OUTPUT, is_flag=True, help="Leave nothing out of the text report; say which settings are used."),
        option("-q", "--quiet", group=_OUTPUT, is_flag=True, help="No progress and no summary on stderr."),
        option("--lang", group=_OUTPUT, type=click.Choice(LANGUAGES), help="Language of the text report (default: from the locale)."),
    ):  # fmt: skip
        command = decorate(command)
    return command


def look_of(lang: str | None, no_color: bool, quiet: bool, verbose: bool) -> Look:
    """Return the appearance that flags and environment ask for (https://no-color.org)."""
    from pii_audit.cli.output import Look

    plain = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Look(lang or language(os.environ), not plain, quiet, verbose)


@click.command("scan", cls=ManCommand, sections=(EXAMPLES, EXIT_CODES, ENVIRONMENT, FILES),
               short_help="Detect personal data in files, folders, globs, archives, standard input.")  # fmt: skip
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...", type=click.Path(allow_dash=True))
@option("--entities", group=_WHAT, multiple=True, type=Listed(), metavar="NAME,...", shell_complete=_complete_entity,
        help="Only these entity types (default: all but a few; see 'pii-audit list entities').")
@option("--min-score", group=_WHAT, type=click.FloatRange(0, 1), metavar="NUMBER",
        default=DEFAULT_MIN_SCORE, help=f"Lowest score of a match that counts, 0 to 1 (default: {DEFAULT_MIN_SCORE}).")
@option("--recognizers", group=_WHAT, multiple=True, type=Listed(), metavar="FILE",
        help="Presidio recognizers to run beside the built-in ones: a YAML file, or package.module:Class; repeatable.")
@option("--include", group=_WHERE, multiple=True, type=Listed(), metavar="GLOB",
        help="Only files whose name or path matches; repeatable.")
@option("--exclude", group=_WHERE, multiple=True, type=Listed(), metavar="GLOB",
        help="No files whose name or path matches; repeatable.")
@option("--follow-symlinks", group=_WHERE, is_flag=True, help="Follow links inside folders.")
@option("-f", "--format", group=_OUTPUT, metavar="FORMAT", shell_complete=complete_format,
        help="text, json, jsonl or csv (default: as the name after -o says, else text).")
@option("-o", "--output", group=_OUTPUT, metavar="PATH", help="Where the report goes; - is standard output.")
@option("--report", group=_OUTPUT, multiple=True, type=Listed(), metavar="FORMAT=PATH",
        help="A further report; repeatable.")
@option("--findings", group=_OUTPUT, metavar="FILE", help="Every single span, as .parquet or .jsonl.")
@option("--fingerprint-key-file", group=_OUTPUT, metavar="FILE",
        help="Key for the fingerprints of values in --findings; without it there are none.")
@option("--show-values", group=_OUTPUT, is_flag=True, env=False,
        help="Show values in clear text instead of masked. Asks first; the report says so.")
@option("--yes", group=_OUTPUT, is_flag=True, env=False, help="Answer yes to --show-values; needed for files.")
@look_options
@option("--fail-on", group=_RUN, type=click.Choice(LEVELS), metavar="LEVEL", default="low",
        help="Lowest sensitivity of a finding that makes the exit code 1: none, low (default), medium, high.")
@option("--strict", group=_RUN, is_flag=True, help="Stop at the first thing that cannot be read.")
@option("--workers", group=_RUN, type=click.IntRange(min=0), metavar="N", default=0,
        help="Worker processes (default: as many as processors).")
@option("--engine", group=_RUN, metavar="ENGINE", default="local", help="Where the work runs: local.")
@option("--config", group=_RUN, metavar="FILE", is_eager=True, expose_value=False, callback=use_config,
        help="Configuration file (default: pii-audit.yaml in the current folder, if there is one).")
@click.pass_context
def command(  # one parameter per flag
    ctx: click.Context,
    targets: tuple[str, ...],
    entities: tuple[str, ...],
    min_score: float,
    recognizers: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    follow_symlinks: bool,
    format: str | None,
    output: str | None,
    report: tuple[str, ...],
    findings: str | None,
    fingerprint_key_file: str | None,
    show_values: bool,
    yes: bool,
    lang: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
    fail_on: str,
    strict: bool,
    workers: int,
    engine: str,
) -> int:
    """Detect personal data in files, folders, globs, archives and standard input (-).

    Says which files, sheets, columns and log lines hold which kinds of personal data, how sure that is, and what
    could not be read. The report goes to standard output and holds masked samples only; everything else goes to
    stderr. Nothing leaves this machine.
    """
    from pii_audit.cli.output import plan

    if engine != "local":
        raise UsageError(f"the engine {visible(engine)} is not available in this version (available: local)")
    outputs = plan(format, output, report, findings)
    if show_values:
        _confirm_values(outputs, yes)
    settings = ScanSettings(
        targets=targets,
        entities=_entities(entities, recognizers),
        min_score=min_score,
        workers=workers,
        include=include,
        exclude=exclude,
        follow_symlinks=follow_symlinks,
        spans=outputs.spans,
        strict=strict,
        show_values=show_values,
        recognizers=tuple(Path(o) if is_class(o) else readable(o, "--recognizers") for o in recognizers),
        fingerprint_key_file=readable(fingerprint_key_file, "--fingerprint-key-file") if fingerprint_key_file else None,
        config_file=ctx.meta.get(CONFIG),
    )
    level = None if fail_on == "none" else Sensitivity[fail_on.upper()]
    return run_scan(settings, outputs, look_of(lang, no_color, quiet, verbose), level)


def run_scan(settings: ScanSettings, outputs: Outputs, look: Look, fail_on: Sensitivity | None) -> int:
    """Scan, write the reports, return the exit code."""
    from pii_audit.audit import scan
    from pii_audit.cli.output import summarise, tell, write
    from pii_audit.cli.program import silence_stdout
    from pii_audit.cli.progress import first_run_notice, progress_bar
    from pii_audit.reports.words import Words

    if look.verbose:
        tell(f"pii-audit: configuration file: {settings.config_file or 'none'}")
        tell(f"pii-audit: settings {settings.digest()[:12]}, language {look.lang}")
    words = Words(look.lang)
    with progress_bar(not look.quiet, words) as bar, first_run_notice(not look.quiet, words, bar) as progress:
        result = scan(settings, progress=progress)
    try:
        write(result, outputs, look)
    except BrokenPipeError:  # the reader of the report has left; what was found stays found
        silence_stdout()
    summarise(result, outputs, look)
    return result.exit_code(fail_on)


def _entities(given: Sequence[str], recognizers: Sequence[str]) -> tuple[str, ...] | None:
    names = [name.strip() for item in given for name in item.split(",") if name.strip()]
    if not given:
        return None
    if not names:
        raise UsageError("--entities names no entity type")
    if recognizers:  # a recognizer file may bring types of its own; the scan checks the names
        return tuple(dict.fromkeys(names))
    from pii_audit.entities import entity_type

    return tuple(dict.fromkeys(entity_type(name).name for name in names))


def readable(path: str, flag: str) -> Path:
    """Return a path that can be read. Raises UsageError, naming the flag, if it cannot."""
    try:
        with open(path, "rb"):
            return Path(path)
    except OSError as error:
        raise UsageError(f"{flag} {visible(path)}: cannot be read ({error.strerror})") from error


def _confirm_values(outputs: Outputs, yes: bool) -> None:
    """Raise UsageError unless the user means it: personal data in clear text leaves the program."""
    if yes:
        return
    if outputs.files:
        raise UsageError("--show-values would write personal data in clear text to a file; add --yes if you mean it")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("--show-values needs --yes where nobody can be asked")
    answer = click.prompt("This prints personal data in clear text. Type yes to go on", err=True, default="no")
    if answer.strip().lower() != "yes":
        raise UsageError("nothing was scanned: --show-values was not confirmed")


