"""Wires an export: scan → plan → writers → rescan → manifest; and what is done with an export afterwards.

Everything is written into a folder of a hidden name beside its place and put there whole, after the rescan. An export that does not
hold what its plan promises is put beside its place as ``<name>.quarantine``, and says why.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import __version__, sources
from pii_audit.anonymize import keys, manifest, risk, signature
from pii_audit.anonymize.interface import Degree, Use
from pii_audit.anonymize.keys import Key
from pii_audit.anonymize.lattice import Hierarchy, reach
from pii_audit.anonymize.plan import Plan, Treatment, uses
from pii_audit.anonymize.plan import treatment as treatment_of
from pii_audit.anonymize.registry import writers
from pii_audit.anonymize.transform import ALIKE, SURROGATES, Marks, Originals, Tally, Transform, cut
from pii_audit.anonymize.utility import utility
from pii_audit.anonymize.writers.interface import Changes, Chunk, WriteError, Written
from pii_audit.audit import scan
from pii_audit.engines.names import Names
from pii_audit.engines.tables import one_a_row
from pii_audit.entities import installed, select
from pii_audit.model.dataset import Skipped
from pii_audit.model.entity import Role
from pii_audit.model.errors import PiiAuditError, UsageError
from pii_audit.model.files import TEMP_PREFIX
from pii_audit.model.finding import Confidence
from pii_audit.model.near import near
from pii_audit.model.result import AuditResult
from pii_audit.model.visible import visible
from pii_audit.policy.catalogue import load_catalogue
from pii_audit.recognizers.batch import Detector
from pii_audit.settings import ScanSettings
from pii_audit.sources.discover import discover
from pii_audit.sources.interface import Batch, Blob, Column, Limits

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True)
class Export:
    """What came of an export: where it lies, its manifest, and why it is not published (nothing: it is)."""

    folder: Path
    manifest: Mapping[str, Any]
    problems: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass
class _File:
    """One file on its way."""

    blob: Blob
    name: str                       #: relative to the source
    written: list[Written] = field(default_factory=list)
    transforms: dict[str, Transform] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)


def export(
    source: Path,
    plan: Plan,
    out: Path,
    *,
    key: Key | None = None,
    signer: Ed25519PrivateKey | None = None,
    workers: int = 0,
    on_step: Callable[[str], None] | None = None,
) -> Export:
    """Write what may leave the house of ``source`` (a file or folder) to the new folder ``out``.

    ``key`` serves where the plan names no key, ``signer`` signs the manifest. Raises UsageError before anything is written if the plan cannot be carried out.
    """
    tell = on_step or (lambda step: None)
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise UsageError(f"{visible(str(out))}: exists and is not an empty folder")
    _check_parent(out)
    ring = _Ring(plan, key)
    _permitted(plan, {})
    tell("scan")
    entities = _wanted(plan.entities)
    settings = ScanSettings(targets=(str(source),), entities=entities, workers=workers, command="anonymize")
    before = scan(settings)
    found = discover((str(source),))
    base = source if source.is_dir() else source.parent
    detector = Detector(select(set(entities)))
    types = _types(before, base)
    _permitted(plan, types)
    run = _Run(plan, ring, detector, base, types)
    with _staged(out) as folder:
        files = [_File(blob, _relative(blob.name, base)) for blob in found.blobs if blob.path is not None]
        skipped = [replace(item, what=_relative(item.what, base)) for item in before.skipped]
        tell("originals")
        for file in files:
            run.collect(file)
        tell("levels")
        for file in files:
            run.reach(file)
        done = []
        for file in files:
            tell(file.name)
            try:
                run.write(file, folder)
                done.append(file)
            except WriteError as error:
                skipped.append(run.names.event(Skipped(file.name, "not-written", str(error))))
                (folder / file.name).unlink(missing_ok=True)
        run.check_names(files)
        files = done
        tell("rescan")
        after = scan(replace(settings, targets=(str(folder),)))
        problems = [f"{_relative(item.what, folder)}: could not be scanned again ({item.reason})" for item in after.skipped]
        problems += run.unplanned(after, folder)
        problems += run.met_again(files, folder)
        tell("risk")
        risks, missed = run.risks(files, folder)
        problems += missed
        document = _document(plan, ring, files, folder, before, after, base, skipped, problems, risks)
        manifest.write(folder / manifest.NAME, document)
        if signer is not None:
            signature.sign(folder / manifest.NAME, signer)
        place = out if not problems else out.with_name(f"{out.name}.quarantine")
        if problems and place.exists():
            raise UsageError(f"{visible(str(place))}: an export in quarantine is there already; look at it and remove it")
        if out.exists() and not problems:
            out.rmdir()
        os.rename(folder, place)
    return Export(place, document, tuple(problems), tuple(sorted(set(skipped))))


def verify(folder: Path, *, signer: Ed25519PublicKey | None = None, workers: int = 0) -> tuple[str, ...]:
    """Return what is wrong with an export: what changed since it was written, and what its rescan finds otherwise.

    ``signer``: who must have signed it; None: nobody need have. Raises UsageError if the folder holds no manifest.
    """
    document = manifest.read(folder / manifest.NAME)
    problems = manifest.changed(folder, document)
    if (wrong := signature.problem(folder / manifest.NAME, signer)) is not None:
        problems.append(wrong)
    if not problems:
        problems += document["rescan"]["problems"]
    if not problems:
        found = scan(ScanSettings(targets=tuple(str(folder / item["name"]) for item in document["outputs"]), entities=tuple(document["entities"]), workers=workers, command="verify"))
        problems += [f"{item.what}: {item.reason}" for item in found.skipped]
        if document["tool"]["version"] == __version__ and _by_type(found) != document["rescan"]["found_after"]:
            problems.append("a rescan finds other personal data than the manifest states")
    return tuple(problems)


@dataclass(frozen=True)
class Restored:
    """What came of a restoration: per column values restored, and those that were not the work of the key."""

    folder: Path
    restored: Mapping[str, int]
    refused: Mapping[str, int]


def restore(folder: Path, out: Path, given: Mapping[str, Key]) -> Restored:
    """Write the export in ``folder`` to the new folder ``out`` with everything reversed that can be.

    Raises UsageError if the export was changed, if nothing in it can be reversed, or if a key is missing or another one.
    """
    document = manifest.read(folder / manifest.NAME)
    if problems := manifest.changed(folder, document):
        raise UsageError("\n".join(problems))
    said = [column for column in document["columns"] if column.get("reversible")]
    if not said:
        raise UsageError(f"{visible(str(folder))}: nothing in this export can be reversed")
    ring = {}
    for name in sorted({column["key"] for column in said}):
        wanted = document["keys"][name]
        key = given.get(name)
        if key is None or key.id != wanted:
            other = "is missing" if key is None else f"is another one (id {key.id})"
            raise UsageError(f"the key {name} with the id {wanted} {other}; without it nothing of this export can be restored")
        ring[name] = key.for_recipient(document["plan"]["recipient"])
    treatments = {(column["table"], column["column"]): treatment_of(column) for column in said}
    restored: Counter[str] = Counter()
    refused: Counter[str] = Counter()

    def change(chunk: Chunk) -> Changes:
        table = _relative(chunk.source, folder)
        values = {}
        for position, column in enumerate(chunk.columns):
            treatment = treatments.get((table, column.name))
            if treatment is None or treatment.operator is None:
                continue
            domain = treatment.domain or treatment.entity or ""
            outcome = treatment.operator.restore(column.values.cast(pa.string()), Use(treatment.entity, domain, ring[treatment.key]))
            mask = pa.array(np.zeros(len(column.values), bool)) if outcome.refused is None else pc.fill_null(outcome.refused, False)
            values[position] = pc.if_else(mask, column.values, outcome.values)
            count = pc.sum(mask).as_py() or 0
            refused[f"{table}: {column.name}"] += count
            restored[f"{table}: {column.name}"] += len(column.values) - column.values.null_count - count
        return Changes(values, exact=frozenset(values))

    if out.exists() or out.is_symlink():
        raise UsageError(f"{visible(str(out))}: exists already")
    _check_parent(out)
    with _staged(out) as staged:
        for item in document["outputs"]:
            blob = next(iter(discover((str(folder / item["name"]),)).blobs))
            found = sources.plan(blob, 1 << 62)
            with open(_place(staged, item["name"]), "wb", opener=_private) as stream:
                writers()[found.source or ""].rewrite(blob, stream, change, Limits())
        os.rename(staged, out)
    for column in said:
        # of what a fallback left, an operator without redundancy cannot say that it is not its work
        place = f"{column['table']}: {column['column']}"
        count = max(0, sum(column["refused"].values()) - refused[place])
        refused[place] += count
        restored[place] -= count
    return Restored(out, dict(restored), {name: count for name, count in refused.items() if count})


class _Ring:
    """The keys of a plan, bound to its recipient. Every key that is needed is there before anything is read."""

    def __init__(self, plan: Plan, given: Key | None) -> None:
        self._keys: dict[str, Key] = {}
        for name in sorted({use.key for use in uses(plan) if use.operator is not None and use.operator.needs_key}):
            source = plan.keys.get(name)
            if source is not None and source.file is not None:
                found = keys.load(source.file)
            elif source is not None and source.env is not None:
                found = keys.from_environment(source.env)
            elif given is not None and name == "default":
                found = given
            else:
                raise UsageError(f"{plan.path}: keys.{name}: the plan needs this key; name its file or variable, or give --key-file")
            self._keys[name] = found.for_recipient(plan.recipient)

    def __call__(self, name: str) -> Key:
        return self._keys[name]

    def ids(self) -> dict[str, str]:
        """Return name → id."""
        return {name: key.id for name, key in self._keys.items()}


class _Run:
    """One export."""

    def __init__(self, plan: Plan, ring: _Ring, detector: Detector, base: Path, types: Mapping[str, Mapping[str, str]]) -> None:
        self._plan = plan
        self._ring = ring
        self._detector = detector
        self._base = base
        self._types = types
        self._taken: dict[str, Marks] = {}
        self.originals = Originals()
        #: whatever is said of a file or column that the plan did not name itself goes through here
        self.names = Names(detector)

    def collect(self, file: _File) -> None:
        """Remember which numbers are taken, where the plan asks for surrogates."""
        if any(use.operator is not None and use.operator.name in SURROGATES for use in uses(self._plan)):
            for batch in _batches(Path(file.blob.path or "")):
                self._transform(file, batch.source).collect(batch.columns)

    def reach(self, file: _File) -> None:
        """Choose the levels of the columns that have some, table by table. Raises UsageError where no levels reach the limits."""
        limits = self._plan.reach
        if limits is None or not any(treatment.levels for dataset in self._plan.datasets.values() for treatment in dataset.columns.values()):
            return
        path = Path(file.blob.path or "")
        names: dict[str, list[str]] = {}
        for batch in _batches(path):
            known = names.setdefault(batch.source, [])
            known += [column.name for column in batch.columns if column.name is not None and column.name not in known]
        for source, columns in names.items():
            dataset = self._plan.of(_relative(source, self._base))
            there = {name: dataset.columns[name] for name in columns if name in dataset.columns} if dataset else {}
            quasi = {name: treatment for name, treatment in there.items() if treatment.role is Role.QUASI_IDENTIFIER}
            if not any(treatment.levels for treatment in quasi.values()):
                continue
            transform = self._transform(file, source)
            sensitive = [name for name, treatment in there.items() if treatment.role is Role.SENSITIVE_ATTRIBUTE]
            hierarchies = [Hierarchy(name, treatment.levels) for name, treatment in quasi.items()]
            rows = (transform.staying(batch) for batch in _rows(path, self._base, transform.table, columns))
            found = reach(rows, hierarchies, limits, sensitive)
            if found.node is None:
                raise UsageError(f"{self._plan.path}: reach: no levels of {self.names.place(transform.table)} reach it; add coarser ones, or let more rows be taken out")
            transform.take_levels(found)

    def _transform(self, file: _File, source: str) -> Transform:
        table = _relative(source, self._base)
        if table not in file.transforms:
            file.transforms[table] = Transform(
                table, self._plan, self._plan.of(table), self._types.get(table, {}), self._detector, self._ring, self.originals, self._taken
            )
        return file.transforms[table]

    def write(self, file: _File, folder: Path) -> None:
        """Write one file. Raises WriteError if its format or content cannot be written."""
        plan = sources.plan(file.blob, 1 << 62)
        if file.blob.size == 0:
            _place(folder, file.name).touch(0o600)
            return
        if plan.source is None:
            raise WriteError("it could not be read")
        writer = writers().get(plan.source)
        if writer is None:
            raise WriteError(f"files of format {plan.source} cannot be written; convert or unpack it first")

        def change(chunk: Chunk) -> Changes:
            names = file.columns.setdefault(_relative(chunk.source, self._base), [])
            names += [column.name for column in chunk.columns if column.name is not None and column.name not in names]
            return self._transform(file, chunk.source)(chunk)

        if file.name in manifest.OWN:
            raise WriteError("the manifest of the export has this name; rename the file first")
        with open(_place(folder, file.name), "wb", opener=_private) as stream:
            file.written = writer.rewrite(file.blob, stream, change, Limits())
            stream.flush()
            os.fsync(stream.fileno())

    def check_names(self, files: list[_File]) -> None:
        """Raise UsageError if the plan names datasets or columns that are not there."""
        mistakes = []
        for dataset in self._plan.datasets.values():
            tables = [(table, names) for file in files for table, names in file.columns.items() if self._plan.of(table) is dataset]
            if not tables:
                there = sorted(self.names.place(table) for file in files for table in file.columns)
                mistakes.append(f"{dataset.place}.tables: no table of the source is meant{_hint(dataset.tables[0], there)}")
            for named in (*dataset.columns, *dataset.drop, *dataset.rows, *filter(None, [dataset.person])):
                if tables and not any(named in names for _, names in tables):
                    there = sorted({name for table, names in tables for name in self.names.columns(table, tuple(names), {}) if name})
                    mistakes.append(f"{dataset.place}: {visible(named)}: no table of it has this column{_hint(named, there)}")
        if mistakes:
            raise UsageError("\n".join(mistakes))

    def unplanned(self, after: AuditResult, folder: Path) -> list[str]:
        """Return what is found in the export though its operator leaves nothing of that type."""
        problems = []
        for finding in after.findings:
            if finding.pattern == "name":
                # names are not rewritten; the scan shows them masked
                problems.append(f"{_relative(finding.source, folder)}: a name of a file, sheet or column holds {finding.entity_type}; rename it first")
                continue
            if finding.confidence is Confidence.POSSIBLE or finding.pattern == "structure":
                continue
            table = _relative(finding.source, folder)
            dataset = self._plan.of(table)
            named = dataset.columns.get(finding.column or "") if dataset else None
            treatment = self._plan.for_entity(finding.entity_type)
            operator = named.operator if named is not None and named.operator is not None else treatment.operator
            # only these leave nothing that a recognizer may take for a value, be it for the header or label beside it
            if operator is not None and operator.name in ("redact", "replace", "mask"):
                place = table if finding.column is None else f"{table}: {finding.column}"
                problems.append(f"{place}: {finding.count:,} values of {finding.entity_type} are still there")
        return problems

    def met_again(self, files: list[_File], folder: Path) -> list[str]:
        """Return where originals of protected columns occur in the export."""
        problems = []
        for file in files:
            hits: Counter[str] = Counter()
            for batch in _batches(folder / file.name):
                table = _relative(batch.source, folder)
                transform = file.transforms.get(table)
                names = self.names.columns(table, tuple(column.name for column in batch.columns), {})
                for column, name in zip(batch.columns, names, strict=True):
                    treatment = transform.treatment(column.name) if transform else None
                    place = self.names.place(table)
                    hits[place if name is None else f"{place}: {visible(name)}"] += self._originals_in(column, treatment)
            problems += [f"{place}: {count:,} originals of protected values are still there" for place, count in sorted(hits.items()) if count]
        return problems

    def risks(self, files: list[_File], folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the figures before and after of every table with quasi-identifiers, and which limits of the plan are missed."""
        told, missed = [], []
        require = self._plan.require
        for file in files:
            for table in file.transforms:
                dataset = self._plan.of(table)
                if dataset is None:
                    continue
                there = [name for name in file.columns[table] if name in dataset.columns and name not in dataset.drop]
                quasi, sensitive = ([name for name in there if dataset.columns[name].role is role] for role in (Role.QUASI_IDENTIFIER, Role.SENSITIVE_ATTRIBUTE))
                if not quasi:
                    continue
                asked = require.k if require else None
                before, after = (
                    risk.measure(_rows(path, base, table, [*quasi, *sensitive]), quasi, sensitive, k=asked)
                    for path, base in ((Path(file.blob.path or ""), self._base), (folder / file.name, folder))
                )
                transform = file.transforms[table]
                whole = _rows(Path(file.blob.path or ""), self._base, table, list(dict.fromkeys([*quasi, *sensitive, *dataset.rows])))
                kept = utility(
                    map(transform.staying, whole),
                    _rows(folder / file.name, folder, table, [*quasi, *sensitive]),
                    [*quasi, *sensitive],
                    groups=[quasi],
                    keeps=transform.reached.keeps if transform.reached else None,
                )
                figures = {"before": before, "after": after, "reached": transform.reached, "utility": kept}
                told.append({"table": table, **{name: risk.document(found) for name, found in figures.items()}})
                missed += [f"{self.names.place(table)}: {line}" for line in (after.missed(require) if require else ())]
        if require is not None and not told:
            missed.append("the plan requires limits, but names no column a quasi-identifier")
        return told, missed

    def _originals_in(self, column: Column, treatment: Treatment | None) -> int:
        values = column.values.cast(pa.string())
        operator = treatment.operator if treatment else None
        marks = self.originals.marks(values)
        found = self.originals.unique.among(marks)
        if operator is None or (operator.name not in ALIKE):
            found |= self.originals.common.among(marks)
        if operator is None or operator.name == "keep":
            spans = self._detector.detect(values, column.name)
            inside = spans.keep(~spans.whole)
            if len(inside):
                rows = inside.value.astype(np.int64)
                texts = cut(values, rows, inside.start, inside.end)
                found[rows[self.originals.unique.among(self.originals.marks(texts))]] = True
            rows, marks = self.originals.words(values)
            found[rows[self.originals.unique.among(marks)]] = True
        return int(np.count_nonzero(found))


# -- what is left of a run --------------------------------------------------------------------------------------------


def _wanted(named: Iterable[str]) -> tuple[str, ...]:
    """Return the entity types that an export is searched for: those on by default, and those that the plan names."""
    return tuple(sorted({*named, *(entity.name for entity in installed() if entity.default and not entity.structural)}))


def _types(result: AuditResult, base: Path) -> dict[str, dict[str, str]]:
    """Return table → column → entity type, where the scan says that the column is of it; the one with most cells."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for finding in result.findings:
        if finding.pattern == "column" and finding.column is not None and finding.confidence is not Confidence.POSSIBLE:
            columns = found.setdefault(_relative(finding.source, base), {})
            columns[finding.column] = max(columns.get(finding.column, (0, "")), (finding.cells, finding.entity_type))
    return {table: {column: entity for column, (_, entity) in columns.items()} for table, columns in found.items()}


def _hint(name: str, known: list[str]) -> str:
    """Return what was probably meant, or else the first names that are known."""
    first = ", ".join(map(visible, known[:3])) + (" …" if len(known) > 3 else "")
    return near(name, known) or (f" (there are {first})" if known else "")


def _relative(name: str, base: Path) -> str:
    prefix = f"{base}{os.sep}"
    return name.removeprefix(prefix)


def _place(folder: Path, name: str) -> Path:
    """Return the place of a file below a folder; the folders on the way are made (0700)."""
    target = folder / name
    for parent in reversed(target.relative_to(folder).parents[:-1]):
        (folder / parent).mkdir(exist_ok=True, mode=0o700)
    return target


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL | os.O_NOFOLLOW, 0o600)


def _batches(path: Path) -> Iterator[Batch]:
    for blob in discover((str(path),)).blobs:
        for event in sources.read_blob(blob, sources.context_for()):
            if isinstance(event, Batch):
                yield event


def _rows(path: Path, base: Path, table: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield some columns of a table, one value a row."""
    for batch in _batches(path):
        if _relative(batch.source, base) == table:
            by_name = {column.name: column for column in batch.columns}
            arrays = []
            for name in columns:
                column = by_name.get(name)
                if column is None:
                    arrays.append(pa.nulls(batch.num_rows, pa.string()))
                else:
                    arrays.append(one_a_row(column.values, column.rows, batch.num_rows))
            yield pa.RecordBatch.from_arrays(arrays, columns)


def _permitted(plan: Plan, types: Mapping[str, Mapping[str, str]]) -> None:
    """Raise UsageError if the plan keeps in clear what the catalogue does not permit to the recipient.

    ``types``: table → column → entity type that a scan found.
    """
    if plan.catalogue is None:
        return
    recipient = load_catalogue(plan.catalogue).recipients.get(plan.recipient)
    if recipient is None:
        raise UsageError(f"{plan.path}: recipient: {visible(str(plan.catalogue))} names no recipient {visible(plan.recipient) or '(none is named)'}")
    known = set(_wanted(plan.entities))
    kept = [(f"entities.{name}", treatment.operator, {name}) for name, treatment in plan.entities.items()]
    kept += [("default", plan.default.operator, known - set(plan.entities)), ("fallback", plan.fallback, known)]
    for dataset in plan.datasets.values():
        found = [columns for table, columns in types.items() if plan.of(table) is dataset]
        for column, treatment in dataset.columns.items():
            own = {treatment.entity} if treatment.entity else {columns[column] for columns in found if column in columns}
            kept.append((f"datasets.{dataset.name}.columns.{column}", treatment.operator, own))
    mistakes = []
    for place, operator, own in kept:
        over = sorted(own - set(recipient.facts.get("permitted", ())))
        if over and operator is not None and operator.degree is Degree.CLEAR:
            one = len(over) == 1
            named = f"{', '.join(over[:3])}{' …' if len(over) > 3 else ''} {'stays' if one else 'stay'}"
            mistakes.append(f"{plan.path}: {place}: {named} in clear, and the catalogue does not permit {'it' if one else 'them'} to {visible(plan.recipient)}")
    if mistakes:
        raise UsageError("\n".join(mistakes))


def _check_parent(out: Path) -> None:
    if not out.parent.is_dir():
        raise UsageError(f"{visible(str(out))}: the folder {visible(str(out.parent))} does not exist")


@contextlib.contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """Give a folder (0700) beside the place of the export; it is removed unless it was put into place."""
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix=TEMP_PREFIX, dir=out.parent))
        yield folder
    except OSError as error:
        raise PiiAuditError(f"{visible(str(out))}: could not be written ({error.strerror or type(error).__name__})") from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _document(
    plan: Plan,
    ring: _Ring,
    files: list[_File],
    folder: Path,
    before: AuditResult,
    after: AuditResult,
    base: Path,
    skipped: list[Skipped],
    problems: list[str],
    risks: list[dict[str, Any]],
) -> dict[str, Any]:
    columns = []
    for file in files:
        for table, transform in file.transforms.items():
            for name in [None, *file.columns[table]] if "" in transform.tallies else file.columns[table]:
                treatment, tally = transform.treatment(name), transform.tallies.get(name or "", Tally())
                columns.append(manifest.column(table, name, treatment, tally, dropped=name in transform.dropped))
    return {
        "schema_version": manifest.VERSION,
        "tool": {"name": "pii-audit", "version": __version__},
        "made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "plan": {"digest": plan.digest, "preset": plan.preset, "recipient": plan.recipient},
        "keys": ring.ids(),
        "entities": list(_wanted(plan.entities)),
        "inputs": [manifest.file(Path(file.blob.path or ""), file.name) for file in files],
        "outputs": [
            manifest.file(folder / file.name, file.name) | {"tables": [manifest.table(written, _relative(written.source, base)) for written in file.written]} for file in files
        ],
        "columns": columns,
        "risk": risks,
        "rescan": {
            "found_before": _by_type(before),
            "found_after": _by_type(after),
            "problems": problems,
        },
        "skipped": [{"what": item.what, "code": item.code, "reason": item.reason} for item in sorted(set(skipped))],
        "published": not problems,
    }


def _by_type(result: AuditResult) -> dict[str, int]:
    found: Counter[str] = Counter()
    for finding in result.findings:
        found[finding.entity_type] += finding.count
    return dict(sorted(found.items()))


# -- drafts -----------------------------------------------------------------------------------------------------------


def draft_plan(source: Path, preset: str | None, *, workers: int = 0) -> str:
    """Return a plan for a file or folder as YAML: every table, every column, and what a scan found in it."""
    found = scan(ScanSettings(targets=(str(source),), workers=workers, command="anonymize"))
    base = source if source.is_dir() else source.parent
    types = _types(found, base)
    inside: dict[tuple[str, str | None], list[str]] = {}
    for finding in found.findings:
        if finding.pattern not in ("column", "structure", "name"):
            inside.setdefault((_relative(finding.source, base), finding.column), []).append(f"{finding.entity_type} ×{finding.count:,}")
    lines = [
        "# Drafted from a scan. Look at every column: what is wrong here leaves the house.",
        "# text: what is detected in it is treated as entities say, and the rest stays. Others: keep, redact, mask, hash …",
        "#recipient: AG01   # who gets it: its pseudonyms are its own",
    ]
    if preset:
        lines.append(f"preset: {preset}")
    lines += ["default: redact", "#keys:", "#  default: {file: agency.key}", "#require: {k: 5}", "datasets:"]
    names = Names(Detector(select(None)))
    for number, (table, columns) in enumerate(_tables(source, base).items(), 1):
        if names.place(table) != table:
            lines.append(f"  # {_quoted(names.place(table))}: its name holds a value; rename it before it leaves the house")
            continue
        lines += [f"  table-{number}:", f"    tables: [{_quoted(_escaped(table))}]"]
        named = [column for column in columns if column is not None]
        if named:
            lines.append("    columns:")
        for column, shown in zip(named, names.columns(table, tuple(named), {}), strict=True):
            entity = types.get(table, {}).get(column)
            notes = inside.get((table, column), [])
            if shown != column:
                lines.append(f"      # {_quoted(shown or '')}: its name holds a value; rename it before it leaves the house")
            elif entity is not None:
                lines.append(f"      # {_quoted(column)}: {entity}, as entities and the preset say")
            else:
                lines.append(f"      {_quoted(column)}: text" + (f"   # {', '.join(sorted(notes))}" if notes else ""))
    return "\n".join(lines) + "\n"


def _tables(source: Path, base: Path) -> dict[str, list[str | None]]:
    """Return table → names of its columns, in order."""
    tables: dict[str, list[str | None]] = {}
    for blob in discover((str(source),)).blobs:
        for event in sources.read_blob(blob, sources.context_for()):
            if isinstance(event, Batch):
                columns = tables.setdefault(_relative(event.source, base), [])
                columns += [column.name for column in event.columns if column.name not in columns]
    return tables


def _escaped(table: str) -> str:
    """Return a name as a pattern that means only itself."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in table)


def _quoted(text: str) -> str:
    """Return a text as YAML that reads back as it is, on one line."""
    return json.dumps(text, ensure_ascii=False)
