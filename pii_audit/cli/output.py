"""Where reports go: checked before a scan starts, written after it ends."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_audit.model.errors import PiiAuditError, UsageError
from pii_audit.model.files import AtomicFile, check_target
from pii_audit.model.result import AuditResult
from pii_audit.model.visible import visible
from pii_audit.settings import SpanTarget

if TYPE_CHECKING:
    from pii_audit.reports.interface import Report


@dataclass(frozen=True)
class Look:
    """What the user said about appearance."""

    lang: str
    color: bool
    quiet: bool = False
    verbose: bool = False


@dataclass(frozen=True)
class Output:
    """One report and its place; ``path`` None: standard output."""

    report: Report
    path: Path | None


@dataclass(frozen=True)
class Outputs:
    """Everything that one run writes."""

    reports: tuple[Output, ...]
    spans: tuple[SpanTarget, ...]

    @property
    def files(self) -> list[Path]:
        places = [output.path for output in self.reports] + [target.path for target in self.spans]
        return [path for path in places if path is not None]


def plan(fmt: str | None, output: str | None, more: Sequence[str], findings: str | None) -> Outputs:
    """Return the outputs that flags ask for. Raises UsageError before anything is created."""
    from pii_audit.reports import get_report
    from pii_audit.reports.interface import SpanReport

    wanted = []
    for item in more:
        name, equals, place = item.partition("=")
        if not (name and equals and place):
            raise UsageError(f"--report {visible(item)}: must be FORMAT=PATH")
        wanted.append((name, place))
    if fmt or output or all(place != "-" for _, place in wanted):
        wanted.insert(0, (fmt or _format_of(output), output or "-"))

    outputs = [Output(get_report(name), None if place == "-" else Path(place)) for name, place in wanted]
    if sum(output.path is None for output in outputs) > 1:
        raise UsageError("two reports go to standard output; give one of them a file")
    spans = [SpanTarget(o.path, o.report.format) for o in outputs if isinstance(o.report, SpanReport)]
    if findings:
        from pii_audit.reports.spans import span_format

        path = Path(findings)
        spans.append(SpanTarget(path, span_format(path)))
    planned = Outputs(tuple(o for o in outputs if not isinstance(o.report, SpanReport)), tuple(spans))

    places: set[str] = set()
    for path in planned.files:
        check_target(path)
        place = os.path.realpath(path)
        if place in places:
            raise UsageError(f"{visible(str(path))}: two outputs have the same path")
        places.add(place)
    return planned


def _format_of(output: str | None) -> str:
    """Return the format that a file name asks for, text if none does."""
    from pii_audit import plugins
    from pii_audit.reports import LATER, get_report

    suffix = Path(output or "-").suffix.lower()
    if suffix.lstrip(".") in LATER:
        return suffix.lstrip(".")
    for name in plugins.names(plugins.REPORTS):
        if suffix in get_report(name).suffixes:
            return name
    return "text"


def write(result: AuditResult, outputs: Outputs, look: Look) -> None:
    """Write every report, files first; one that fails does not keep the others from being written."""
    from pii_audit.reports.interface import ResultReport, View

    failures: list[PiiAuditError] = []
    for output in sorted(outputs.reports, key=lambda output: output.path is None):
        report = output.report
        assert isinstance(report, ResultReport)
        if output.path is None:
            terminal = sys.stdout.isatty()
            view = View(look.lang, _columns(), look.color and terminal, full=look.verbose)
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(errors="backslashreplace", encoding=None if report.human else "utf-8")
            report.write(result, sys.stdout, view)
            sys.stdout.flush()
            continue
        view = View(look.lang, 100, full=look.verbose, file=True)
        try:
            with AtomicFile(output.path) as stream:
                text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="")
                report.write(result, text, view)
                text.flush()
                text.detach()
        except PiiAuditError as error:
            failures.append(error)
    if failures:
        raise failures[0]


def summarise(result: AuditResult, outputs: Outputs, look: Look) -> None:
    """Say on stderr what the report on standard output does not: the verdict, and what could not be read."""
    from pii_audit.reports.text import reasons, verdict
    from pii_audit.reports.words import Words

    words = Words(look.lang)
    if not look.quiet and not any(output.path is None and output.report.human for output in outputs.reports):
        tell(verdict(result, words))
    if not any(output.report.names_skipped for output in outputs.reports):
        for line in reasons(sorted(result.skipped), words, None):
            tell(line)


def tell(message: str) -> None:
    """Print a line on stderr, if anybody listens."""
    with contextlib.suppress(OSError):
        click.echo(message, err=True)


def _columns() -> int:
    return min(shutil.get_terminal_size(fallback=(100, 24)).columns, 200)
