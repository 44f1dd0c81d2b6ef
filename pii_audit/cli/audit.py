"""``pii-audit audit``: flags → one audit → reports and an exit code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_audit.cli.help import ENVIRONMENT, FILES, Listed, ManCommand, Section, option
from pii_audit.cli.scan import CONFIG, complete_format, look_of, look_options, readable, use_config
from pii_audit.model.entity import Sensitivity
from pii_audit.model.errors import UsageError
from pii_audit.model.files import AtomicFile, check_target
from pii_audit.settings import LEVELS, ScanSettings

if TYPE_CHECKING:
    import pyarrow as pa

    from pii_audit.cli.output import Look, Outputs

_WHAT, _OUTPUT, _RUN = "What to judge", "Output", "Run"
CATALOGUE = "audit.yaml"

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit audit", "the catalogue audit.yaml in the current folder"),
        ("pii-audit audit lender/audit.yaml --fail-on high", "only violations of high severity make the exit code 1"),
        ("pii-audit audit -f json -o audit.json --places overdue.parquet", "for programs, and every place of every violation"),
        ("pii-audit init data && pii-audit audit data/audit.yaml", "begin with a draft"),
    ),
)
_EXIT: Section = (
    "Exit codes",
    (
        ("0", "everything was read; no violation at or above --fail-on"),
        ("1", "everything was read; violations at or above --fail-on"),
        ("2", "wrong usage, catalogue or policy; nothing was scanned"),
        ("3", "incomplete: something could not be read; the report names it"),
        ("70", "internal error; one line names the log"),
        ("130, 143", "interrupted by Ctrl-C, by a request to end"),
    ),
)


@click.command("audit", cls=ManCommand, sections=(_EXAMPLES, _EXIT, ENVIRONMENT, FILES),
               short_help="Judge the datasets of a catalogue by policies.")  # fmt: skip
@click.argument("catalogue", required=False, default=CATALOGUE, metavar="[audit.yaml]", type=click.Path())
@option("--as-of", group=_WHAT, metavar="DATE", help="Day as of which it is judged (default: as the catalogue says, else today in Beijing).")
@option("--policy", group=_WHAT, multiple=True, type=Listed(), metavar="NAME",
        help="A policy beside those of the catalogue: a pack or a file; repeatable.")
@option("-f", "--format", group=_OUTPUT, metavar="FORMAT", shell_complete=complete_format,
        help="text or json (default: as the name after -o says, else text).")
@option("-o", "--output", group=_OUTPUT, metavar="PATH", help="Where the report goes; - is standard output.")
@option("--report", group=_OUTPUT, multiple=True, type=Listed(), metavar="FORMAT=PATH", help="A further report; repeatable.")
@option("--findings", group=_OUTPUT, metavar="FILE", help="Every single span, as .parquet or .jsonl.")
@option("--places", group=_OUTPUT, metavar="FILE",
        help="Every place of every violation, as .parquet or .csv: to-do and deletion lists for owners.")
@option("--fingerprint-key-file", group=_OUTPUT, metavar="FILE",
        help="Key for the fingerprints of values in --findings; without it there are none.")
@look_options
@option("--fail-on", group=_RUN, type=click.Choice(LEVELS), metavar="LEVEL", default="low",
        help="Lowest severity of a violation that makes the exit code 1: none, low (default), medium, high.")
@option("--strict", group=_RUN, is_flag=True, help="Stop at the first thing that cannot be read.")
@option("--workers", group=_RUN, type=click.IntRange(min=0), metavar="N", default=0,
        help="Worker processes of the scan (default: as many as processors).")
@option("--config", group=_RUN, metavar="FILE", is_eager=True, expose_value=False, callback=use_config,
        help="Configuration file (default: pii-audit.yaml in the current folder, if there is one).")
@click.pass_context
def command(  # one parameter per flag
    ctx: click.Context,
    catalogue: str,
    as_of: str | None,
    policy: tuple[str, ...],
    format: str | None,
    output: str | None,
    report: tuple[str, ...],
    findings: str | None,
    places: str | None,
    fingerprint_key_file: str | None,
    lang: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
    fail_on: str,
    strict: bool,
    workers: int,
) -> int:
    """Scan every dataset of a catalogue, judge them by its policies, and say what could not be tested.

    Violations carry counts, first places, legal basis with its force and how well it is supported, and what to do.
    """
    from pii_audit.cli.output import plan

    outputs = plan(format, output, report, findings)
    settings = ScanSettings(
        targets=(catalogue,),
        workers=workers,
        spans=outputs.spans,
        strict=strict,
        fingerprint_key_file=readable(fingerprint_key_file, "--fingerprint-key-file") if fingerprint_key_file else None,
        config_file=ctx.meta.get(CONFIG),
    )
    level = None if fail_on == "none" else Sensitivity[fail_on.upper()]
    look = look_of(lang, no_color, quiet, verbose)
    return run_audit(Path(catalogue), settings, outputs, look, level, as_of=date_of(as_of), policies=policy, places=Path(places) if places else None)


def run_audit(
    catalogue: Path,
    settings: ScanSettings,
    outputs: Outputs,
    look: Look,
    fail_on: Sensitivity | None,
    *,
    as_of: dt.date | None = None,
    policies: Sequence[str] = (),
    places: Path | None = None,
) -> int:
    """Audit, write the reports, return the exit code."""
    from pii_audit.auditing import audit
    from pii_audit.cli.output import summarise, write
    from pii_audit.cli.program import silence_stdout
    from pii_audit.cli.progress import first_run_notice, progress_bar
    from pii_audit.reports.words import Words

    words = Words(look.lang)
    with ExitStack() as stack:
        sink = stack.enter_context(_places(places)) if places else None
        bar = stack.enter_context(progress_bar(not look.quiet, words))
        progress = stack.enter_context(first_run_notice(not look.quiet, words, bar))
        result = audit(catalogue, settings, as_of=as_of, policies=policies, progress=progress, on_places=sink)
    try:
        write(result, outputs, look)
    except BrokenPipeError:  # the reader of the report has left; what was found stays found
        silence_stdout()
    summarise(result, outputs, look)
    return result.exit_code(fail_on)


def date_of(text: str | None) -> dt.date | None:
    """Return the day that ``--as-of`` says. Raises UsageError for anything that is none."""
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("--as-of: must be a date such as 2026-06-30") from None


class _places:
    """A file that takes every place of every violation; it appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in (".parquet", ".csv"):
            raise UsageError("--places: must end in .parquet or .csv")
        check_target(path)
        self._path = path

    def __enter__(self) -> Callable[[pa.Table], None]:
        from pii_audit.auditing import PLACES

        self._stack = ExitStack()
        stream = self._stack.enter_context(AtomicFile(self._path))
        if self._path.suffix.lower() == ".parquet":
            import pyarrow.parquet as pq

            writer = self._stack.enter_context(pq.ParquetWriter(stream, PLACES, compression="zstd"))
        else:
            from pyarrow import csv

            writer = self._stack.enter_context(csv.CSVWriter(stream, PLACES))
        return lambda table: writer.write_table(table)  # noqa: PLW0108 - the method is untyped

    def __exit__(self, *exc: object) -> None:
        self._stack.__exit__(*exc)  # type: ignore[arg-type]
