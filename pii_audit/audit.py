"""Wires one run: settings → sources → engine → findings → AuditResult."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata

from pii_audit import __version__
from pii_audit.engines.fold import Folded, FoldOptions
from pii_audit.engines.interface import Work
from pii_audit.engines.local import LocalEngine
from pii_audit.engines.structure import Structure, judged
from pii_audit.entities import select
from pii_audit.model.entity import EntityType
from pii_audit.model.errors import UsageError
from pii_audit.model.files import read_private
from pii_audit.model.finding import Confidence, Finding, MaskedCount
from pii_audit.model.progress import Progress
from pii_audit.model.result import AuditResult, RunInfo, SourceInfo
from pii_audit.model.score import Evidence
from pii_audit.recognizers.batch import Detector, Mount
from pii_audit.recognizers.columns import classify
from pii_audit.reports.spans import open_span_sinks
from pii_audit.settings import ScanSettings
from pii_audit.sources.discover import discover
from pii_audit.sources.interface import Limits, TableEnd


def scan(
    settings: ScanSettings,
    *,
    progress: Callable[[Progress], None] | None = None,
    limits: Limits | None = None,
    part_bytes: int | None = None,
) -> AuditResult:
    """Return what a scan of the targets found. Spans go to ``settings.spans`` while it runs.

    Raises UsageError before anything is read if the settings cannot be used, SourceError under ``strict``.
    """
    started = dt.datetime.now(dt.UTC)
    clock = time.monotonic()
    entities = select(settings.entities)
    mounts = _mounts(settings)
    options = FoldOptions(
        spans=bool(settings.spans),
        key=_key(settings),
        show_values=settings.show_values,
        structures=frozenset(entity.name for entity in entities if entity.structural),
    )
    detector = Detector(entities, min_score=settings.min_score)
    found = discover(settings.targets, settings.include, settings.exclude, settings.follow_symlinks)
    workers = settings.workers or len(os.sched_getaffinity(0))
    sink = open_span_sinks(settings.spans)
    work = Work(
        blobs=found.blobs,
        detector=detector,
        mounts=mounts,
        options=options,
        limits=limits or Limits(),
        bytes_total=found.bytes_total,
        on_progress=progress,
        on_spans=sink.write if sink else None,
        strict=settings.strict,
    )
    engine = LocalEngine(_useful(workers, found.bytes_total), **({"part_bytes": part_bytes} if part_bytes else {}))
    try:
        folded = engine.run(work)
    except BaseException:
        if sink:
            sink.abort()
        raise
    if sink:
        sink.close()
    known = {entity.name: entity for entity in (*entities, *(e for mount in mounts for e in mount.entities))}
    findings, masked = _verdicts(folded, known, detector, options)
    ended = dt.datetime.now(dt.UTC)
    return AuditResult(
        run=RunInfo(
            command=settings.command,
            started=started.isoformat(timespec="seconds"),
            ended=ended.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - clock, 3),
            bytes=sum(table.bytes for table in folded.tables),
            versions=versions(),
            config_digest=settings.digest(),
            config_file=settings.config_file,
            targets=settings.targets,
            entities=tuple(entity.name for entity in entities),
            min_score=settings.min_score,
            workers=engine.workers,
            sample=settings.sample,
            values_shown=settings.show_values,
        ),
        sources=_sources(folded.tables),
        findings=findings,
        masked=masked,
        skipped=tuple(sorted({*found.skipped, *folded.skipped})),
        notes=tuple(sorted({*found.notes, *folded.notes})),
    )


def _useful(workers: int, total: int | None) -> int:
    """One process for little data: starting a pool takes longer than reading a few megabytes."""
    return 1 if total is not None and total < 16 << 20 else workers


def _key(settings: ScanSettings) -> bytes | None:
    if settings.fingerprint_key_file is None:
        return None
    key = read_private(settings.fingerprint_key_file).strip()
    if len(key) < 16:
        raise UsageError("the fingerprint key is shorter than 16 bytes")
    return key


def _mounts(settings: ScanSettings) -> Sequence[Mount]:
    if not settings.recognizers:
        return ()
    from pii_audit.recognizers.presidio import mount_file

    return [mount for path in settings.recognizers for mount in mount_file(path)]


def _verdicts(
    folded: Folded, known: dict[str, EntityType], detector: Detector, options: FoldOptions
) -> tuple[tuple[Finding, ...], tuple[MaskedCount, ...]]:
    findings: list[Finding] = []
    masked: list[MaskedCount] = []
    for profile in folded.profiles.values():
        for verdict in classify(profile, known):
            if isinstance(verdict, Finding):
                findings.append(verdict)
            else:
                masked.append(verdict)
    for (source, column, kind), structure in judged(folded.structures):
        findings.append(_structural(source, column, known[kind], structure))
    order = {entity.name: index for index, entity in enumerate(known.values())}
    findings.sort(key=lambda f: (f.source, f.column or "", order[f.entity_type]))
    masked.sort(key=lambda m: (m.source, m.column or "", m.entity_type))
    return tuple(findings), tuple(masked)


def _structural(source: str, column: str | None, entity: EntityType, structure: Structure) -> Finding:
    subjects = structure.subjects.count or structure.subject_rows or None
    return Finding(
        source=source,
        column=column,
        entity_type=entity.name,
        count=structure.count,
        distinct=structure.third_persons.count,
        distinct_exact=structure.third_persons.exact,
        cells=structure.count,
        values=structure.count,
        score=Evidence.HEADER.score,
        evidence=Evidence.HEADER.label,
        confidence=Confidence.CERTAIN if structure.certain and subjects else Confidence.LIKELY,
        sensitivity=entity.sensitivity,
        pattern="structure",
        first_locations=tuple(structure.first),
        masked_samples=(),
        subjects=subjects,
        third_persons=structure.third_persons.count,
    )


def _sources(tables: Sequence[TableEnd]) -> tuple[SourceInfo, ...]:
    """Join the parts of each table."""
    joined: dict[str, SourceInfo] = {}
    for table in tables:
        before = joined.get(table.source)
        joined[table.source] = SourceInfo(
            path=table.source,
            kind=table.format,
            encoding=_encodings(before.encoding if before else None, table.encoding),
            rows=table.rows + (before.rows if before else 0),
            bytes=table.bytes + (before.bytes if before else 0),
            columns=table.columns,
            digest=None,
        )
    return tuple(joined[name] for name in sorted(joined))


def _encodings(one: str | None, two: str | None) -> str | None:
    names = [part for name in (one, two) if name for part in name.split(", ")]
    return ", ".join(dict.fromkeys(names)) or None


def versions() -> dict[str, str]:
    """Return the versions of what took part: this package, Python, and libraries that were loaded."""
    found = {"pii-audit": __version__, "python": platform.python_version()}
    for module, name in (("numpy", "numpy"), ("numba", "numba"), ("pyarrow", "pyarrow"), ("presidio_analyzer", "presidio-analyzer")):
        if module in sys.modules:
            found[name] = metadata.version(name)
    return found


