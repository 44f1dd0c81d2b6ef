"""The contract of a report: one AuditResult in, text out.

Entry-point group ``pii_audit.reports``, keyed by the name that ``--format`` takes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TextIO

from pii_audit.model.result import AuditResult


@dataclass(frozen=True)
class View:
    """How the reader looks at a report."""

    lang: str = "en"
    width: int = 100          #: columns of the terminal
    color: bool = False
    full: bool = False        #: nothing is left out for length
    file: bool = False        #: it goes to a file, not to a terminal or pipe


class Report(ABC):
    """What every report says about itself."""

    name: ClassVar[str]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()
    #: True: read by people, so on standard output it follows the terminal's encoding; False: always UTF-8
    human: ClassVar[bool] = False
    #: True: what could not be read is named in it
    names_skipped: ClassVar[bool] = False


class ResultReport(Report):
    """A report rendered once the run is over."""

    @abstractmethod
    def write(self, result: AuditResult, out: TextIO, view: View) -> None:
        """Write the whole report; the same result and view give the same text."""


class SpanReport(Report):
    """Every single span, written during the run by a SpanSink (reports/spans.py)."""

    format: ClassVar[str]
