"""One audit: catalogue and policies → scan of every dataset → rules → AuditResult."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import sources
from pii_audit.audit import scan
from pii_audit.engines.fold import fingerprint
from pii_audit.engines.names import NAME_COLUMN, Names
from pii_audit.engines.tables import Reading, Tables, read_rows
from pii_audit.entities import select
from pii_audit.entities.cn_resident_id import CN_RESIDENT_ID
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import UsageError
from pii_audit.model.finding import Finding, MaskedCount
from pii_audit.model.near import near
from pii_audit.model.progress import Progress
from pii_audit.model.result import AuditResult
from pii_audit.model.violation import Article, Judgement
from pii_audit.model.visible import visible
from pii_audit.policy import relations, roles
from pii_audit.policy.catalogue import CATALOGUE_NAME, KINDS, Catalogue, Dataset, load_catalogue
from pii_audit.policy.draft import Draft, Seen
from pii_audit.policy.draft import draft as drafted
from pii_audit.policy.evaluate import PLACES as PLACES_FOUND
from pii_audit.policy.evaluate import Evaluation, Evidence, evaluate
from pii_audit.policy.interface import ROWS, Rule
from pii_audit.policy.law import load_frameworks
from pii_audit.policy.packs import Policy, load_audit, locate, packs
from pii_audit.policy.untestable import in_chinese
from pii_audit.recognizers.batch import Detector
from pii_audit.settings import ScanSettings
from pii_audit.sources.discover import discover
from pii_audit.sources.interface import Batch, Blob, Event, Limits
from pii_audit.validators import GB11643

_Told = TypeVar("_Told", Skipped, Note)


#: columns of the relation of all places (``--places``): those of the evaluation, who answers for it, and what is to be done
PLACES = pa.schema([*PLACES_FOUND, ("owner", pa.string()), ("action", pa.string())])


def audit(
    catalogue: Path,
    settings: ScanSettings | None = None,
    *,
    as_of: dt.date | None = None,
    policies: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
    on_step: Callable[[str], None] | None = None,
    on_places: Callable[[pa.Table], None] | None = None,
    limits: Limits | None = None,
) -> AuditResult:
    """Return what an audit of a catalogue found: a scan of all its datasets, judged by its policies.

    ``settings`` says how to scan; its targets come from the catalogue. ``policies``: packs or files that apply beside those
    that the catalogue names. ``on_places`` takes every place of every
    violation (columns of ``PLACES``). Raises PolicyError with every mistake in catalogue and policies before
    anything is read.
    """
    found, policy = load_audit(catalogue, [_from_catalogue(name, catalogue) for name in policies])
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
        on_places=_with_owner(on_places, found, policy) if on_places else None,
        on_step=on_step,
    )
    judged = evaluate(found, policy, evidence)
    by_dataset: dict[str, set[str]] = {}
    for name, finding in files.findings:
        by_dataset.setdefault(name, set()).add(finding.entity_type)
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
        skipped=tuple(sorted({*(_told(short, item) for item in scanned.skipped), *(files.told(item) for item in judged.skipped)})),
        notes=tuple(sorted({*(_told(short, item) for item in scanned.notes), *files.notes, *(files.told(item) for item in judged.notes)})),
        violations=tuple(replace(item, deletes=policy.applied[item.rule].rule.deletes) for item in judged.violations),
        not_testable=tuple(replace(item, reason_zh=in_chinese(item)) for item in judged.not_testable),
        exemptions=judged.exemptions,
        judgement=_judgement(found, policy, judged, by_dataset),
    )


def _from_catalogue(policy: str, catalogue: Path) -> str:
    """Return a policy as the catalogue would name it. Raises UsageError if there is none."""
    if (path := locate(policy, Path())) is None:
        raise UsageError(f"--policy: there is no pack and no file {visible(repr(policy))}{near(policy, packs())}")
    return policy if policy in packs() else os.path.relpath(path, catalogue.parent)


def _with_owner(take: Callable[[pa.Table], None], catalogue: Catalogue, policy: Policy) -> Callable[[pa.Table], None]:
    """Return a taker that adds the owner of the dataset, and ``delete`` where the place may be there no more."""
    owners = {name: dataset.owner for name, dataset in catalogue.datasets.items()}

    def taken(places: pa.Table) -> None:
        owned = [owners.get(name) for name in places["dataset"].to_pylist()]
        actions = ["delete" if policy.applied[rule].rule.deletes else None for rule in places["rule"].to_pylist()]
        take(places.append_column("owner", pa.array(owned, pa.string())).append_column("action", pa.array(actions, pa.string())))

    return taken


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where a data subject occurs, and until when that may and must lie there."""

    identifier: int             #: which identifier, as they were given: 1, 2 …
    dataset: str
    source: str
    line: int | None
    row: int | None
    column: str | None          #: ``#name``: it stands in the name of a file or folder
    entity_type: str
    owner: str | None
    keep: str | None            #: retention period of the dataset
    minimum: str | None         #: period for which a law demands that it is kept
    dated_by: str | None        #: role of the date from which they run; else ``name`` (of the file) or ``modified`` (its last change)
    dated: dt.date | None       #: that date in this row
    must_keep_until: dt.date | None  #: last day of the minimum
    delete_from: dt.date | None      #: first day on which it may be here no more
    overdue: bool
    undated: str | None         #: why there are no dates: undeclared, no-column, unreadable, not-begun, no-date


@dataclass(frozen=True)
class Answer:
    """Where some data subjects occur. ``identifiers``: how many were asked for."""

    catalogue: str
    as_of: dt.date
    identifiers: int
    places: tuple[Occurrence, ...]
    skipped: tuple[Skipped, ...]


def find_subject(
    catalogue: Path,
    identifiers: Sequence[str],
    *,
    as_of: dt.date | None = None,
    workers: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> Answer:
    """Return every place in the datasets of a catalogue where one of these identifiers stands, and what was not read.

    Values are compared by fingerprints under a key that this call makes and forgets, so that no spelling matters and
    nothing is stored (PIPL 45 and 47: requests for access and deletion). A resident identity number is found in its
    form of 15 digits too, and the other way round.
    """
    found = load_catalogue(catalogue)
    found = replace(found, as_of=as_of or found.as_of)
    targets = tuple(dict.fromkeys(target for dataset in found.datasets.values() for target in found.targets(dataset)))
    key = secrets.token_bytes(32)
    wanted: dict[str, int] = {}
    others: dict[str, int] = {}
    for number, identifier in enumerate(identifiers, 1):
        wanted.setdefault(fingerprint(key, identifier), number)
        if (other := other_form(identifier)) is not None:
            others.setdefault(fingerprint(key, other), number)
    asked = pa.array([*wanted, *others])
    hits: list[dict[str, Any]] = []

    def whose(mark: str, entity_type: str) -> int | None:
        number = wanted.get(mark)
        return others.get(mark) if number is None and entity_type == CN_RESIDENT_ID.name else number

    def take(spans: pa.Table) -> None:
        mine = spans.filter(pc.is_in(spans["fingerprint"], asked)).select(["source", "line", "row", "column", "entity_type", "fingerprint"])
        named = [(whose(hit.pop("fingerprint"), hit["entity_type"]), hit) for hit in mine.to_pylist()]
        hits.extend({"identifier": number, **hit} for number, hit in named if number is not None)

    scanned = scan(ScanSettings(targets, workers=workers, command="subject"), progress=progress, on_spans=take, key=key)
    files = _Files(found, scanned)
    detector = Detector(select(None))
    for blob in (blob for blobs in files.blobs.values() for blob in blobs):
        spans = detector.detect(pa.array(os.fsencode(blob.name).decode("utf-8", "replace").split("/"), pa.string()))
        for i in range(len(spans)):
            name = detector.entities[int(spans.entity[i])].name
            if (person := whose(fingerprint(key, spans.text(i)), name)) is not None:
                hits.append({"identifier": person, "source": blob.name, "line": None, "row": None, "column": NAME_COLUMN, "entity_type": name})
    by_dataset: dict[str, list[dict[str, Any]]] = {}
    for hit in hits:
        hit["source"] = files.shown(hit["source"])
        by_dataset.setdefault(files.owner_of(hit["source"]) or "-", []).append(hit)
    places: list[Occurrence] = []
    for name, own in by_dataset.items():
        dataset = found.datasets.get(name)
        dates = _Dates(dataset, files, own) if dataset else None
        places += (_occurrence(hit, name, dataset, dates, found.as_of) for hit in own)
    ordered = sorted(set(places), key=lambda p: (p.identifier, p.dataset, p.source, p.line or 0, p.row or 0, p.column or "", p.entity_type))
    skipped = sorted(_told(files.relative, item) for item in scanned.skipped)
    return Answer(found.shown, found.as_of, len(identifiers), tuple(ordered), tuple(skipped))


def other_form(identifier: str) -> str | None:
    """Return a resident identity number in its other form (15 or 18 digits), None if it is none or has none.

    Numbers of 15 digits were given before 1999, to people born in the century before: 19 is left out of their date.
    """
    compact = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", identifier))).upper()
    if re.fullmatch("[0-9]{15}", compact):
        return GB11643.complete(f"{compact[:6]}19{compact[6:]}")
    if re.fullmatch("[0-9]{6}19[0-9]{9}[0-9X]", compact) and GB11643.check(compact):
        return compact[:6] + compact[8:17]
    return None


class _Dates:
    """The dates from which the retention of some rows of a dataset runs."""

    def __init__(self, dataset: Dataset, files: _Files, hits: Sequence[Mapping[str, Any]]) -> None:
        self.role = (dataset.retention.dated_by if dataset.retention else None) or "closed_on"
        self.bound: set[str] = set()                    #: tables that have the column
        self.of: dict[tuple[str, int], dt.date] = {}    #: table, row → date
        self.bad: set[tuple[str, int]] = set()          #: where it cannot be read
        self.changed = {facts.source: facts.modified for facts in files.facts}  #: file → day of its last change
        rows: dict[str, set[int]] = {}
        for hit in hits:
            if hit["row"] is not None and dataset.retention:
                rows.setdefault(hit["source"], set()).add(hit["row"])
        if not rows or roles.ROLES[self.role].kind not in (roles.DATE, roles.TIME):
            return
        outer = {source.split("!")[0] for source in rows}
        blobs = [blob for blob in files.blobs[dataset.name] if files.shown(blob.name) in outer]
        last: Mapping[str, str] = {}

        def bind(headers: tuple[str, ...]) -> Mapping[str, str]:
            nonlocal last
            if (column := dataset.binding.get(self.role)) is not None:
                last = {self.role: column} if column in headers else {}
            else:
                last = roles.guess(headers, (self.role,)) if dataset.guess else {}
            return last

        reading = Reading()
        with Tables() as tables:
            for batch in read_rows(blobs, bind, (self.role,), Limits(), reading, files.shown, dataset.offset):
                if not batch.num_rows or (source := reading.sources[batch["source"][0].as_py()]) not in rows:
                    continue
                if last:
                    self.bound.add(source)
                mine = batch.filter(pc.is_in(batch["row"], pa.array(sorted(rows[source]), pa.int64())))
                if mine.num_rows:
                    self._read(tables, source, mine, roles.Manner("", dataset.offset, dataset.values))

    def _read(self, tables: Tables, source: str, rows: pa.RecordBatch, manner: roles.Manner) -> None:
        column = rows[self.role]
        text = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        table = tables.put("hits", pa.table({"row": rows["row"], "date": text}))
        read = roles.typed(replace(roles.ROLES[self.role], name="date"), table.date, manner)
        found = tables.fetch(table.select(table.row, date=read["date"].cast("date"), bad=read["bad_date"]))
        for item in found.to_pylist():
            if item["bad"]:
                self.bad.add((source, item["row"]))
            elif item["date"] is not None:
                self.of[source, item["row"]] = item["date"]
        tables.drop("hits")


def _occurrence(hit: Mapping[str, Any], name: str, dataset: Dataset | None, dates: _Dates | None, as_of: dt.date) -> Occurrence:
    retention = dataset.retention if dataset else None
    dated, dated_by, undated = None, None, None
    if retention is None or dates is None:
        undated = "undeclared"
    elif hit["row"] is not None and (retention.dated_by or hit["source"] in dates.bound):
        place, dated_by = (hit["source"], hit["row"]), dates.role
        dated = dates.of.get(place)
        if hit["source"] not in dates.bound:
            undated = "no-column"
        elif place in dates.bad:
            undated = "unreadable"
        elif dated is None:
            undated = "not-begun"
    else:
        file = hit["source"].split("!")[0]
        period, changed = relations.period_in_name(file), dates.changed.get(file)
        dated_by, dated = ("name", period[1]) if period else ("modified", changed) if changed else (None, None)
        undated = None if dated else "no-date"
    minimum = retention.minimum if retention else None
    must = minimum.after(dated) if minimum and dated else None
    last = max(retention.keep.after(dated), must or dated) if retention and dated else None
    gone = last + dt.timedelta(1) if last and last < dt.date.max else None
    return Occurrence(
        **hit,
        dataset=name,
        owner=dataset.owner if dataset else None,
        keep=str(retention.keep) if retention else None,
        minimum=str(minimum) if minimum else None,
        dated_by=dated_by,
        dated=dated,
        must_keep_until=must,
        delete_from=gone,
        overdue=gone is not None and gone <= as_of,
        undated=undated,
    )


def draft(folder: Path, home: Path, lang: str = "en", *, progress: Callable[[Progress], None] | None = None) -> Draft:
    """Return a catalogue in draft for what lies in a folder; paths are relative to ``home``, where it will lie."""
    scanned = scan(ScanSettings((str(folder),), command="init"), progress=progress)
    context = sources.context_for()
    names = Names(Detector(select(None)))
    shown = {names.place(blob.name): blob for blob in discover((str(folder),)).blobs if os.path.basename(blob.name) != CATALOGUE_NAME}
    by_file: dict[str, set[str]] = {}
    for finding in scanned.findings:
        file = next((file for file in _outers(finding.source) if file in shown), "")
        by_file.setdefault(file, set()).add(finding.entity_type)
    files, left = [], []
    for name, blob in shown.items():
        if name != blob.name:
            left.append(_below(name, folder))  # it is repeated nowhere; a pattern has to stand for it
            continue
        text, headers = _headers(sources.read_blob(blob, context))
        files.append(Seen(os.path.relpath(blob.path or blob.name, home), text, headers, tuple(sorted(by_file.get(name, ())))))
    unread = [f"{_below(item.what, folder)}: {item.code}" for item in scanned.skipped]
    return drafted(files, names.place(visible(str(folder))), lang, left, unread)


def _outers(source: str) -> Iterator[str]:
    """Yield what may be the file that a source lies in, the longest first: names of files may hold a ``!`` too."""
    parts = source.split("!")
    return ("!".join(parts[:n]) for n in range(len(parts), 0, -1))


def _below(shown: str, folder: Path) -> str:
    return visible(shown.removeprefix(visible(os.path.join(os.path.normpath(folder), ""))))


#: tables of one file whose headers are looked at
_TABLES = 20


def _headers(events: Iterator[Event]) -> tuple[bool, tuple[str, ...]]:
    """Return whether the first table of a file is lines of text, and the headers of its first tables."""
    seen: dict[str, bool] = {}
    headers: dict[str, None] = {}
    for event in events:
        if isinstance(event, Batch):
            if event.source in seen or len(seen) == _TABLES:
                break
            seen[event.source] = event.text
            if not event.text:
                headers |= dict.fromkeys(column.name for column in event.columns if column.name)
    return next(iter(seen.values()), False), tuple(headers)


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
        taken: dict[str, str] = {}  # by what it is, however it is called
        for name, dataset in catalogue.datasets.items():
            own = []
            for blob in discover(catalogue.targets(dataset)).blobs:
                shown = self.shown(blob.name)
                itself = os.path.realpath(blob.path) if blob.path is not None else shown
                if (first := taken.setdefault(itself, name)) != name or shown in owner:
                    self.notes.append(Note(shown, "overlap", f"it belongs to the datasets {first} and {name}; it counts for the first"))
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

    def told(self, item: _Told) -> _Told:
        """Return a skip or note of what was read again, as reports show it: readers name files and columns as they are."""
        return _told(self.relative, self._names.event(item))

    def relative(self, name: str) -> str:
        """Return a name relative to the folder of the catalogue."""
        return name.removeprefix(self._prefix)

    def owner_of(self, source: str) -> str | None:
        """Return the dataset that a source belongs to."""
        outer = self.relative(source)
        if (found := next((owner for file in _outers(outer) if (owner := self._owner.get(file))), None)) is not None:
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


def _judgement(catalogue: Catalogue, policy: Policy, judged: Evaluation, found: Mapping[str, set[str]]) -> Judgement:
    rules = {name: applied for name, applied in policy.applied.items() if applied.enabled}
    broken = {violation.rule for violation in judged.violations}
    articles = []
    for framework in load_frameworks().values():
        serving = {name: {article.id for article in framework.articles_of(applied.rule.law)} for name, applied in rules.items()}
        for article in framework.articles:
            names = tuple(name for name, served in serving.items() if article.id in served)
            if names:
                articles.append(
                    Article(
                        framework.name, framework.title, framework.title_zh, article.id, article.title or "", article.title_zh or "", names,
                        tuple(name for name in names if name in broken), tuple(name for name in names if name in judged.untested),
                    )
                )  # fmt: skip
    declared = {name: dataset.binding for name, dataset in catalogue.datasets.items()}
    return Judgement(
        catalogue=catalogue.shown,
        as_of=catalogue.as_of.isoformat(),
        policies=policy.files,
        coverage=judged.coverage,
        bindings=judged.bindings,
        guessed={
            name: tuple(role for role, column in bound.items() if column not in declared[name].values())
            for name, bound in judged.bindings.items()
        },
        articles=tuple(articles),
        language=tuple(name for name, applied in rules.items() if _on_language(applied.rule)),
        record={name: _record(catalogue, dataset, found.get(name, set())) for name, dataset in catalogue.datasets.items()},
    )


def _on_language(rule: Rule) -> bool:
    asked = (role for reads in rule.reads if reads.relation == ROWS for role in reads.needs)
    return any(roles.ROLES[role].kind == roles.TEXT for role in asked)


#: what a record of processing activities should say of every dataset with personal information
_RECORDED = ("purpose", "legal_basis", "data_subjects", "entities", "retention")


def _record(catalogue: Catalogue, dataset: Dataset, found: set[str]) -> Mapping[str, str]:
    """Return what is recorded of a processing activity (PIPL 55 and 56), as far as the catalogue says it.

    ``missing`` names what it does not say although personal data were found there.
    """
    facts, retention = dataset.facts, dataset.retention
    wanted = ("owner", "system", "purpose", "legal_basis", "region", "environment", "encryption", "recipient", "pipia")
    title, title_zh = KINDS[dataset.kind]
    told = {"kind": dataset.kind, "kind_title": title, "kind_title_zh": title_zh, **{name: visible(str(facts[name])) for name in wanted if name in facts}}
    for name in ("data_subjects", "entities", "access_roles"):
        if name in facts:
            told[name] = visible(", ".join(facts[name]))
    if retention:
        told["retention"] = str(retention)
        told |= {"retention_from": retention.dated_by} if retention.dated_by else {}
        told |= {"retention_min": str(retention.minimum)} if retention.minimum else {}
        told |= {"retention_law": visible(", ".join(retention.law))} if retention.law else {}
    if (recipient := catalogue.recipients.get(facts.get("recipient", ""))) is not None:
        told["recipient"] = visible(recipient.facts.get("name", recipient.name))
    if found:
        told["found"] = ", ".join(sorted(found))
        if missing := [name for name in _RECORDED if name not in facts]:
            told["missing"] = ", ".join(missing)
    return told
