"""Wires one run: settings → sources → engine → findings → AuditResult."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import __version__
from pii_audit.engines.fold import Folded, FoldOptions
from pii_audit.engines.interface import Work, stopped
from pii_audit.engines.local import PART_BYTES, LocalEngine
from pii_audit.engines.names import Names
from pii_audit.engines.structure import PHONES, Structure, judged
from pii_audit.entities import installed, select
from pii_audit.model.entity import EntityType
from pii_audit.model.errors import UsageError
from pii_audit.model.files import read_private
from pii_audit.model.finding import Confidence, Finding, MaskedCount
from pii_audit.model.profile import ColumnProfile
from pii_audit.model.progress import Progress
from pii_audit.model.result import AuditResult, RunInfo, SourceInfo
from pii_audit.model.score import Evidence
from pii_audit.model.visible import visible
from pii_audit.recognizers.batch import Detector, Mount
from pii_audit.recognizers.columns import classify
from pii_audit.reports.spans import open_span_sinks
from pii_audit.settings import ScanSettings
from pii_audit.sources.discover import discover
from pii_audit.sources.interface import Blob, Limits, TableEnd

#: bytes that make a pool worth starting, and the bytes that opening one more file is worth
POOL_PAYS = 16 << 20
FILE_COST = 32 << 10


def scan(
    settings: ScanSettings,
    *,
    progress: Callable[[Progress], None] | None = None,
    limits: Limits | None = None,
    part_bytes: int | None = None,
    on_spans: Callable[[pa.Table], None] | None = None,
    key: bytes | None = None,
) -> AuditResult:
    """Return what a scan of the targets found. Spans go to ``settings.spans`` and ``on_spans`` while it runs.

    ``key`` makes the fingerprints of spans, where the settings name no key file.
    Raises UsageError before anything is read if the settings cannot be used, SourceError under ``strict``.
    """
    started = dt.datetime.now(dt.UTC)
    clock = time.monotonic()
    mounts = _mounts(settings)
    known, entities = _wanted(settings.entities, mounts)
    mounts = [mount for mount in mounts if any(entity.name in known for entity in mount.entities)]
    structures = frozenset(entity.name for entity in entities if entity.structural)
    # contacts and calls are known by their phones: these are looked for then, but reported only if asked for
    helpers = PHONES if structures else frozenset()
    detector = Detector(select({*helpers, *(entity.name for entity in entities)}), min_score=settings.min_score)
    options = FoldOptions(
        spans=bool(settings.spans or on_spans), key=_key(settings) or key, show_values=settings.show_values, structures=structures
    )
    names = Names(detector)
    found = discover(settings.targets, settings.include, settings.exclude, settings.follow_symlinks)
    skipped = [names.event(event) for event in found.skipped]
    if settings.strict and skipped:
        raise stopped(skipped[0])
    sink = open_span_sinks(settings.spans)
    takers = [take for take in (sink.write if sink else None, on_spans) if take is not None]
    work = Work(
        blobs=found.blobs,
        detector=detector,
        mounts=mounts,
        options=options,
        limits=limits or Limits(),
        bytes_total=found.bytes_total,
        on_progress=progress,
        on_spans=_only(known, takers) if takers else None,
        strict=settings.strict,
    )
    engine = LocalEngine(_useful(settings.workers or len(os.sched_getaffinity(0)), found.blobs), part_bytes or PART_BYTES)
    try:
        folded = engine.run(work)
        findings, masked = _verdicts(folded, known, settings.min_score)
        if sink:
            sink.close()
    except BaseException:
        if sink:
            sink.abort()
        raise
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
            targets=tuple(names.place(visible(target)) for target in settings.targets),
            entities=tuple(entity.name for entity in entities),
            min_score=settings.min_score,
            workers=engine.workers,
            sample=settings.sample,
            values_shown=settings.show_values,
        ),
        sources=_sources(folded.tables),
        findings=findings,
        masked=masked,
        skipped=tuple(sorted({*skipped, *folded.skipped})),
        notes=tuple(sorted({*(names.event(event) for event in found.notes), *folded.notes})),
    )


def _useful(workers: int, blobs: Sequence[Blob]) -> int:
    """One process for little data: starting a pool takes longer than reading some megabytes, or opening some files.

    Standard input does not count: the first process reads it.
    """
    work = sum((blob.size or 0) + FILE_COST for blob in blobs if blob.path is not None)
    return 1 if work < POOL_PAYS else workers


def _wanted(
    names: Sequence[str] | None, mounts: Sequence[Mount]
) -> tuple[dict[str, EntityType], tuple[EntityType, ...]]:
    """Return the entity types to report by name, and those of them that the detector looks for.

    Raises PluginError for a name that nobody knows.
    """
    foreign = {entity.name: entity for mount in mounts for entity in mount.entities}
    if names is None:
        chosen = select(None)
    else:
        ours = {entity.name for entity in installed()}
        chosen = select([name for name in names if name.upper() in ours or name not in foreign])
        foreign = {name: foreign[name] for name in names if name in foreign}
    return {**foreign, **{entity.name: entity for entity in chosen}}, chosen


def _only(known: Mapping[str, EntityType], takers: Sequence[Callable[[pa.Table], None]]) -> Callable[[pa.Table], None]:
    """Pass on the spans of types that are reported."""
    names = pa.array(known)

    def wanted(table: pa.Table) -> None:
        found = table.filter(pc.is_in(table["entity_type"], names))
        for take in takers:
            take(found)

    return wanted


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

    return [mount for origin in settings.recognizers for mount in mount_file(origin, settings.min_score)]


def _verdicts(
    folded: Folded, known: Mapping[str, EntityType], min_score: float
) -> tuple[tuple[Finding, ...], tuple[MaskedCount, ...]]:
    findings: list[Finding] = []
    masked: list[MaskedCount] = []
    for profile in folded.profiles.values():
        profile.tallies = {name: tally for name, tally in profile.tallies.items() if name in known}
        for verdict in classify(profile, known):
            if isinstance(verdict, Finding):
                findings.append(verdict)
            else:
                masked.append(verdict)
    for profile in folded.names.values():
        findings += (finding for finding in _in_name(profile, known) if finding.score >= min_score)
    for (source, column, kind), structure in judged(folded.structures):
        findings.append(_structural(source, column, known[kind], structure))
    findings.sort(key=lambda f: (f.source, f.column or "", f.entity_type))
    masked.sort(key=lambda m: (m.source, m.column or "", m.entity_type))
    return tuple(findings), tuple(masked)


def _in_name(profile: ColumnProfile, known: Mapping[str, EntityType]) -> Iterator[Finding]:
    """Yield what was found in the name of a file, folder, member, sheet or column."""
    for name, tally in profile.tallies.items():
        if name not in known:
            continue
        best = tally.best
        # the same folder is met with every file in it: what counts is how many values there are
        values = tally.distinct.count
        yield Finding(
            source=profile.source,
            column=profile.column,
            entity_type=name,
            count=values,
            distinct=values,
            distinct_exact=tally.distinct.exact,
            cells=values,
            values=values,
            score=best.score,
            evidence=best.label,
            confidence=Confidence.LIKELY if best >= Evidence.CONTEXT else Confidence.POSSIBLE,
            sensitivity=known[name].sensitivity,
            pattern="name",
            first_locations=(),
            masked_samples=tally.samples,
        )


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


