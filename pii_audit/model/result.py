"""One run and what came of it. Every report is rendered from an AuditResult and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.entity import Sensitivity
from pii_audit.model.errors import ExitCode
from pii_audit.model.finding import Finding, MaskedCount
from pii_audit.model.violation import Exemption, Judgement, NotTestable, Violation

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """One table or text that was read."""

    path: str                       #: display name, as in Finding.source
    kind: str                       #: format: text, delimited, excel …
    encoding: str | None
    rows: int
    bytes: int
    columns: int | None
    digest: str | None              #: sha256 of the input bytes of the outermost file, if asked for; else None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Facts of the run: the only part of a report that differs between runs on the same data."""

    command: str
    started: str                    #: ISO 8601 with zone
    ended: str
    seconds: float
    bytes: int
    versions: Mapping[str, str]     #: pii-audit, python, numpy, numba, pyarrow, presidio-analyzer (only those loaded)
    config_digest: str              #: sha256 of the effective settings
    config_file: str | None
    targets: tuple[str, ...]
    entities: tuple[str, ...]
    min_score: float
    workers: int
    sample: str | None = None
    values_shown: bool = False


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Findings, skips and run facts. Sorted and complete; a clean run is a result too."""

    run: RunInfo
    sources: tuple[SourceInfo, ...]
    findings: tuple[Finding, ...]
    masked: tuple[MaskedCount, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[Note, ...] = ()
    violations: tuple[Violation, ...] = ()
    not_testable: tuple[NotTestable, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    #: None: a scan, which judges nothing
    judgement: Judgement | None = None

    def exit_code(self, fail_on: Sensitivity | None = Sensitivity.LOW) -> ExitCode:
        """Return 3 if anything was skipped, else 1 if something reaches ``fail_on`` (None: never), else 0.

        What counts is a finding in a scan, a violation in an audit.
        """
        if self.skipped:
            return ExitCode.INCOMPLETE
        levels: list[int] = [v.severity for v in self.violations] if self.judgement else [f.sensitivity for f in self.findings]
        if fail_on is not None and any(level >= fail_on for level in levels):
            return ExitCode.FOUND
        return ExitCode.CLEAN
