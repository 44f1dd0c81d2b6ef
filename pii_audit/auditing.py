"""One audit: catalogue and policies → scan of every dataset → rules → AuditResult."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import sources
from pii_audit.audit import scan
from pii_audit.engines.fold import fingerprint
from pii_audit.engines.names import Names
from pii_audit.entities import select
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.finding import Finding, MaskedCount
from pii_audit.model.progress import Progress
from pii_audit.model.result import AuditResult
from pii_audit.model.violation import Article, Judgement
from pii_audit.model.visible import visible
from pii_audit.policy import relations
from pii_audit.policy.catalogue import CATALOGUE_NAME, KINDS, Catalogue, Dataset, load_catalogue
from pii_audit.policy.draft import Seen
from pii_audit.policy.draft import draft as drafted
from pii_audit.policy.evaluate import Evaluation, Evidence, evaluate
from pii_audit.policy.law import load_frameworks
from pii_audit.policy.packs import Policy, load_audit
from pii_audit.recognizers.batch import Detector
from pii_audit.settings import ScanSettings
from pii_audit.sources.discover import discover
from pii_audit.sources.interface import Batch, Blob, Limits

_Told = TypeVar("_Told", Skipped, Note)


def audit(
    catalogue: Path,
    settings: ScanSettings | None = None,
    *,
    as_of: dt.date | None = None,
    progress: Callable[[Progress], None] | None = None,
    on_step: Callable[[str], None] | None = None,
    on_places: Callable[[pa.Table], None] | None = None,
    limits: Limits | None = None,
) -> AuditResult:
    """Return what an audit of a catalogue found: a scan of all its datasets, judged by its policies.

    ``settings`` says how to scan; its targets come from the catalogue. ``on_places`` takes every place of every
    violation (columns of ``evaluate.PLACES``). Raises PolicyError with every mistake in catalogue and policies before
    anything is read.
    """
    found, policy = load_audit(catalogue)
    found = replace(found, as_of=as_of or found.as_of)
    clock, started = time.monotonic(), dt.datetime.now(dt.UTC)
    targets = tuple(dict.fromkeys(target for dataset in found.datasets.values() for target in found.targets(dataset)))
    scanned = scan(replace(settings or ScanSettings(targets), targets=targets, command="audit"), progress=progress, limits=limits)
    files = _Files(found, scanned)
    evidence = Evidence(
        tables=relations.fill(found, files.findings, files.masked, files.facts),
        blobs=files.blobs,
        name_of=files.shown,
        limits=limits or Limits(),
        on_places=on_places,
        on_step=on_step,
    )
    judged = evaluate(found, policy, evidence)
    short = files.relative
    return replace(
        scanned,
        run=replace(
            scanned.run,
            started=started.isoformat(timespec="seconds"),
            ended=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - clock, 3),
            targets=(found.shown,),
        ),
        sources=tuple(replace(source, path=short(source.path)) for source in scanned.sources),
        findings=tuple(replace(finding, source=short(finding.source)) for finding in scanned.findings),
        masked=tuple(replace(masked, source=short(masked.source)) for masked in scanned.masked),
        skipped=tuple(sorted({*(_told(short, item) for item in scanned.skipped), *(_told(short, item) for item in judged.skipped)})),
        notes=tuple(sorted({*(_told(short, item) for item in scanned.notes), *files.notes, *judged.notes})),
        violations=judged.violations,
        not_testable=judged.not_testable,
        exemptions=judged.exemptions,
        judgement=_judgement(found, policy, judged),
    )


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where a data subject occurs, and how long the dataset is kept."""

    dataset: str
    source: str
    line: int | None
    row: int | None
    column: str | None
    entity_type: str
    owner: str | None
    retention: str | None       #: period, and the role of the date from which it runs


def find_subject(
    catalogue: Path, identifiers: Sequence[str], *, workers: int = 0, progress: Callable[[Progress], None] | None = None
) -> tuple[tuple[Occurrence, ...], tuple[Skipped, ...]]:
    """Return every place in the datasets of a catalogue where one of these identifiers stands, and what was not read.

    Values are compared by fingerprints under a key that this call makes and forgets, so that no spelling matters and
    nothing is stored (PIPL 45 and 47: requests for access and deletion).
    """
    found = load_catalogue(catalogue)
    targets = tuple(dict.fromkeys(target for dataset in found.datasets.values() for target in found.targets(dataset)))
    key = secrets.token_bytes(32)
    wanted = pa.array([fingerprint(key, identifier) for identifier in identifiers])
    tables: list[pa.Table] = []

    def take(spans: pa.Table) -> None:
        mine = spans.filter(pc.is_in(spans["fingerprint"], wanted))
        if len(mine):
            tables.append(mine.drop_columns(["masked", "fingerprint"]))

    scanned = scan(ScanSettings(targets, workers=workers, command="subject"), progress=progress, on_spans=take, key=key)
    files = _Files(found, scanned)
    places = []
    for place in (row for table in tables for row in table.to_pylist()):
        name = files.owner_of(place["source"])
        dataset = found.datasets.get(name or "")
        retention = dataset.retention if dataset else None
        dated = f" from {retention.dated_by}" if retention and retention.dated_by else ""
        places.append(
            Occurrence(
                dataset=name or "-",
                source=files.relative(place["source"]),
                line=place["line"],
                row=place["row"],
                column=place["column"],
                entity_type=place["entity_type"],
                owner=dataset.owner if dataset else None,
                retention=f"{retention}{dated}" if retention else None,
            )
        )
    return tuple(places), scanned.skipped


def draft(folder: Path, home: Path, *, progress: Callable[[Progress], None] | None = None) -> str:
    """Return a catalogue in draft for what lies in a folder; paths are relative to ``home``, where it will lie."""
    scanned = scan(ScanSettings((str(folder),), command="init"), progress=progress)
    context = sources.context_for()
    names = Names(Detector(select(None)))
    by_file: dict[str, set[str]] = {}
    for finding in scanned.findings:
        by_file.setdefault(finding.source.split("!")[0], set()).add(finding.entity_type)
    files = []
    for blob in discover((str(folder),)).blobs:
        shown = names.place(blob.name)
        if shown != blob.name or os.path.basename(shown) == CATALOGUE_NAME:
            continue  # a name that holds a value is repeated nowhere; a pattern has to stand for it
        first = next((event for event in sources.read_blob(blob, context) if isinstance(event, Batch)), None)
        headers = tuple(column.name for column in first.columns if column.name) if first and not first.text else ()
        files.append(Seen(os.path.relpath(blob.name, home), bool(first and first.text), headers, tuple(sorted(by_file.get(shown, ())))))
    return drafted(files, visible(str(folder)))


def _told(short: Callable[[str], str], item: _Told) -> _Told:
    return replace(item, what=short(item.what))


class _Files:
    """Which files belong to which dataset. Names are shown relative to the folder of the catalogue."""

    def __init__(self, catalogue: Catalogue, scanned: AuditResult) -> None:
        self._prefix = "" if (folder := os.path.normpath(catalogue.folder)) == "." else folder.rstrip("/") + "/"
        self._names = Names(Detector(select(None)))
        self.blobs: dict[str, tuple[Blob, ...]] = {}
        self.notes: list[Note] = []
        self.facts: list[relations.FileFacts] = []
        owner: dict[str, str] = {}
        for name, dataset in catalogue.datasets.items():
            own = []
            for blob in discover(catalogue.targets(dataset)).blobs:
                shown = self.shown(blob.name)
                if shown in owner:
                    self.notes.append(Note(shown, "overlap", f"it belongs to the datasets {owner[shown]} and {name}; it counts for the first"))
                    continue
                owner[shown] = name
                own.append(blob)
                self.facts.append(_facts(name, shown, blob))
            self.blobs[name] = tuple(own)
        self._owner = owner
        self._folders = _folders(catalogue, self.relative)
        self.findings: list[tuple[str, Finding]] = [(o, replace(f, source=self.relative(f.source))) for f in scanned.findings if (o := self.owner_of(f.source))]
        self.masked: list[tuple[str, MaskedCount]] = [(o, replace(m, source=self.relative(m.source))) for m in scanned.masked if (o := self.owner_of(m.source))]

    def shown(self, name: str) -> str:
        """Return a name as reports show it."""
        return self.relative(self._names.place(name))

    def relative(self, name: str) -> str:
        """Return a name relative to the folder of the catalogue."""
        return name.removeprefix(self._prefix)

    def owner_of(self, source: str) -> str | None:
        """Return the dataset that a source belongs to."""
        outer = self.relative(source)
        if (found := self._owner.get(outer) or self._owner.get(outer.split("!")[0])) is not None:
            return found
        # values in the name of a folder lie with the first dataset below it
        return next((name for folder, name in self._folders if outer.startswith(folder) or folder.startswith(outer)), None)


def _folders(catalogue: Catalogue, relative: Callable[[str], str]) -> Sequence[tuple[str, str]]:
    return [(relative(target), name) for name, dataset in catalogue.datasets.items() for target in catalogue.targets(dataset)]


def _facts(dataset: str, shown: str, blob: Blob) -> relations.FileFacts:
    if blob.path is None:
        return relations.FileFacts(dataset, shown, blob.size, None, None)
    try:
        status = os.stat(blob.path)
    except OSError:
        return relations.FileFacts(dataset, shown, blob.size, None, None)
    return relations.FileFacts(dataset, shown, status.st_size, status.st_mode & 0o777, dt.date.fromtimestamp(status.st_mtime))


def _judgement(catalogue: Catalogue, policy: Policy, judged: Evaluation) -> Judgement:
    rules = {name: applied for name, applied in policy.applied.items() if applied.enabled}
    broken = {violation.rule for violation in judged.violations}
    articles = []
    for framework in load_frameworks().values():
        by_article: dict[str, tuple[str, str, list[str]]] = {}
        for name, applied in rules.items():
            for article in framework.articles_of(applied.rule.law):
                by_article.setdefault(article.id, (article.title or "", article.title_zh or "", []))[2].append(name)
        articles += [
            Article(
                framework.name, number, title, title_zh, tuple(names),
                tuple(name for name in names if name in broken), tuple(name for name in names if name in judged.untested),
            )
            for number, (title, title_zh, names) in by_article.items()
        ]  # fmt: skip
    return Judgement(
        catalogue=catalogue.shown,
        as_of=catalogue.as_of.isoformat(),
        policies=policy.files,
        coverage=judged.coverage,
        bindings=judged.bindings,
        articles=tuple(articles),
        record={name: _record(catalogue, dataset) for name, dataset in catalogue.datasets.items()},
    )


def _record(catalogue: Catalogue, dataset: Dataset) -> Mapping[str, str]:
    """Return what PIPL 55 and 56 want recorded of a processing activity, as far as the catalogue says it."""
    facts = dataset.facts
    wanted = ("owner", "system", "purpose", "legal_basis", "region", "environment", "encryption", "recipient", "pipia")
    found = {"kind": KINDS[dataset.kind][0], **{name: visible(str(facts[name])) for name in wanted if name in facts}}
    for name in ("data_subjects", "entities", "access_roles"):
        if name in facts:
            found[name] = visible(", ".join(facts[name]))
    if dataset.retention:
        found["retention"] = str(dataset.retention)
    if (recipient := catalogue.recipients.get(facts.get("recipient", ""))) is not None:
        found["recipient"] = visible(recipient.facts.get("name", recipient.name))
    return found
