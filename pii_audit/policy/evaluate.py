"""Findings, catalogue and rows of datasets → violations, and what could not be tested.

Every rule is one query. What breaks it is stored by place, counted, and forgotten; exemptions are taken out before.
"""

from __future__ import annotations

import fnmatch
import functools
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pii_audit.engines.tables import Reading, Tables, read_rows
from pii_audit.engines.values import Reader
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import UsageError
from pii_audit.model.violation import Coverage, Exemption, NotTestable, Place, Violation
from pii_audit.policy import relations, roles
from pii_audit.policy.catalogue import KINDS, REGISTERS, Catalogue, Dataset
from pii_audit.policy.interface import RECIPIENTS, ROWS, Reads, World
from pii_audit.policy.law import load_law
from pii_audit.policy.packs import Applied, Policy
from pii_audit.sources.interface import Blob, Limits

FIRST_PLACES = 5
#: keys are good for equality inside this process, and for nothing else
_SALT = secrets.token_hex(16)
#: columns of the relation of all places (``--places``)
PLACES = pa.schema(
    {"rule": pa.string(), "dataset": pa.string(), "source": pa.string(), "row": pa.int64(), "column": pa.string(), "aspect": pa.string(), "n": pa.int64()}
)


@dataclass(frozen=True)
class Evidence:
    """What the scan brings: relations, and the files of every dataset."""

    tables: Mapping[str, pa.Table]
    blobs: Mapping[str, Sequence[Blob]]
    name_of: Callable[[str], str] = str
    limits: Limits = field(default_factory=Limits)
    on_places: Callable[[pa.Table], None] | None = None
    on_step: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Evaluation:
    """What came of a policy."""

    violations: tuple[Violation, ...]
    not_testable: tuple[NotTestable, ...]
    exemptions: tuple[Exemption, ...]
    coverage: Coverage
    untested: frozenset[str]
    skipped: tuple[Skipped, ...]
    notes: tuple[Note, ...]
    #: dataset → role → column
    bindings: Mapping[str, Mapping[str, str]]


@dataclass
class _Rows:
    """The rows of one dataset, as rules see them."""

    dataset: Dataset
    name: str                       #: of the relation
    table: ir.Table | None
    reading: Reading
    bad: Mapping[str, int]          #: role → rows whose value cannot be read (for ``must``: or is missing)
    count: int

    def has(self, role: str) -> bool:
        return self.reading.present[role] > 0


#: columns that the catalogue declares under another name, and those that files bring with them
_DECLARED_AS = {"keep_months": "retention", "min_months": "retention.min", "declared": "entities"}
_OF_FILES = {"dated": "name", "dated_from": "name", "latest": "name or time of change"}
_NO_FILE = "its paths match no file, or none but those of other datasets"
#: what a condition or query meets in rows that it cannot compute; the message would quote a value
_UNCOMPUTABLE = (duckdb.DataError, duckdb.InvalidInputException)
#: times and dates that may lie ahead; of all others that is worth a note
_AHEAD = frozenset({"expires_on", "contract_from", "contract_until", "due_on", "destroyed_on", "left_on"})


class _Untestable(Exception):
    """Nothing of a relation can be tested."""


def evaluate(catalogue: Catalogue, policy: Policy, evidence: Evidence) -> Evaluation:
    """Return what breaks the policy. Raises UsageError for an exemption of a rule that is not in the policy."""
    in_force = [applied for applied in policy.applied.values() if applied.enabled]
    accepted = [*policy.exemptions, *catalogue.exemptions]
    for item in accepted:
        if item.rule not in policy.applied:
            raise UsageError(f"{item.places['rule']}: the policies have no rule {item.rule}")
    with Tables() as tables:
        run = _Run(catalogue, tables, evidence, in_force)
        run.load()
        tables.lock()
        for applied in policy.applied.values():
            own = [item for item in accepted if item.rule == applied.id]
            if not (applied.enabled and run.apply(applied, own)):
                run.exemptions += (run.exemption(item) for item in own)
    nothing = {applied.id for applied in in_force} - run.tested
    partly = {item.rule for item in run.not_testable} - nothing
    return Evaluation(
        violations=tuple(sorted(run.violations, key=lambda v: (-v.severity, v.rule, v.dataset))),
        not_testable=tuple(sorted(set(run.not_testable))),
        exemptions=tuple(run.exemptions),
        coverage=Coverage(len(in_force), len(in_force) - len(partly) - len(nothing), len(partly), len(nothing)),
        untested=frozenset(nothing),
        skipped=tuple(sorted(set(run.skipped))),
        notes=tuple(run.notes),
        bindings={name: dict(rows.reading.bound) for name, rows in run.rows.items()},
    )


class _Run:
    """One evaluation."""

    def __init__(self, catalogue: Catalogue, tables: Tables, evidence: Evidence, in_force: Sequence[Applied]) -> None:
        self.catalogue = catalogue
        self.tables = tables
        self.evidence = evidence
        self.in_force = in_force
        self.rows: dict[str, _Rows] = {}
        self.violations: list[Violation] = []
        self.not_testable: list[NotTestable] = []
        self.exemptions: list[Exemption] = []
        self.skipped: list[Skipped] = []
        self.notes: list[Note] = []
        self.tested: set[str] = set()
        self.sources: list[str] = []
        self.world = World(catalogue.as_of, catalogue.organisation, tables.backend.table, self.key)

    @functools.lru_cache(maxsize=4096)  # noqa: B019 - lives as long as one evaluation
    def key(self, text: str) -> int | None:
        """Return the key that a text has among rows."""
        return self.tables.fetch(roles.key(ibis.literal(text), _SALT))  # type: ignore[no-any-return]

    # -- relations ----------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Bring relations and rows into the database."""
        for name, table in self.evidence.tables.items():
            self.tables.put(name, table)
        recipients = self.catalogue.recipients
        # a register may name a recipient by its id or by its name
        names = {self.key(r.facts["name"]): name for name, r in recipients.items() if "name" in r.facts} | {self.key(name): name for name in recipients}
        self._put("recipient_keys", "key", [(name, key) for key, name in names.items()])
        for fact, column in (("purposes", "purpose"), ("onward", "key")):
            self._put(fact, column, [(name, self.key(text)) for name, r in recipients.items() for text in r.facts.get(fact, ())])
        for dataset in self.catalogue.datasets.values():
            wanted = self._wanted(dataset)
            if wanted:
                self.rows[dataset.name] = self._read(dataset, wanted)

    def _put(self, relation: str, column: str, keys: Sequence[tuple[str, int | None]]) -> None:
        rows = [{"recipient": name, column: key} for name, key in keys]
        self.tables.put(relation, pa.Table.from_pylist(rows, pa.schema({"recipient": pa.string(), column: pa.int64()})))

    def _wanted(self, dataset: Dataset) -> tuple[str, ...]:
        found = dict.fromkeys(
            role
            for applied in self.in_force
            for reads in applied.rule.reads
            if reads.relation == ROWS and (reads.kinds is None or dataset.kind in reads.kinds)
            for role in (*reads.needs, *reads.uses)
        )
        return tuple(found)

    def _read(self, dataset: Dataset, wanted: tuple[str, ...]) -> _Rows:
        if self.evidence.on_step:
            self.evidence.on_step(dataset.name)
        reading = Reading(sources=self.sources)
        dated_by = dataset.retention.dated_by if dataset.retention else None
        via = {role: (dated_by or "closed_on",) if role == "kept_from" else roles.ROLES[role].via for role in wanted}
        asked = tuple(dict.fromkeys((*wanted, *(other for others in via.values() for other in others))))

        @functools.cache
        def bind(headers: tuple[str, ...]) -> Mapping[str, str]:
            own = {role: column for role, column in dataset.binding.items() if column in headers}
            guessed = roles.guess(headers, asked) if dataset.guess else {}
            found = {role: column for role, column in {**guessed, **own}.items() if not (role in dataset.binding and role not in own)}
            for role, others in via.items():
                if role not in found and (other := next((other for other in others if other in found), None)):
                    found[role] = found[other]
            return {role: column for role, column in found.items() if role in wanted}

        own = {role: tuple((dataset.values or {}).get(role, {}).items()) for role in wanted}
        readers = {role: _reader(role, dataset.offset, own[role]) for role in wanted}
        searches = {role: readers[role] for role in wanted if roles.ROLES[role].kind == roles.TEXT}
        readers |= {role: _keyed_text(role) for role in searches}
        manner = roles.Manner(_SALT, dataset.offset, dataset.values)
        words = {role: roles.words(roles.ROLES[role], manner) for role in wanted if roles.ROLES[role].kind == roles.WORD}
        batches = read_rows(self.evidence.blobs.get(dataset.name, ()), bind, wanted, self.evidence.limits, reading, self.evidence.name_of, dataset.offset)
        # a number, since the database does not tell Loans from loans
        name = f"rows_{len(self.rows)}"
        table = self.tables.stream(name, batches, readers, searches, words)
        self.skipped += reading.skipped
        bad: dict[str, int] = {}
        count = 0
        if table is not None:
            sums = {
                role: (table[f"bad_{role}"] | (table[role].isnull() if roles.ROLES[role].must else ibis.literal(False))).sum()
                for role in wanted
                if f"bad_{role}" in table.columns and reading.present[role]
            }
            ahead = {f"{role} ahead": (table[role] > self._end_of_day(role)).sum() for role in wanted if reading.present[role] and self._looks_back(role)}
            found = self.tables.fetch(table.aggregate(n=table.count(), **sums, **ahead)).to_pylist()[0]
            count = found.pop("n")
            bad = {role: int(found[role] or 0) for role in sums}
            self.notes += [
                Note(dataset.name, "future", f"rows whose {role} lies after {self.catalogue.as_of}, taken as written: {n:,}")
                for role in wanted
                if (n := int(found.get(f"{role} ahead") or 0))
            ]
        for role, column in dataset.binding.items():
            if not reading.tables or column in reading.headers:
                continue
            reason = f"the catalogue binds {role} to the column {column}, which no file has"
            self.notes.append(Note(dataset.name, "binding", reason))
            self.not_testable += [NotTestable(applied.id, dataset.name, f"column {role}", reason) for applied in self._needing(dataset, role)]
        return _Rows(dataset, name, table, reading, bad, count)

    def _looks_back(self, role: str) -> bool:
        return roles.ROLES[role].kind in (roles.TIME, roles.DATE) and role not in _AHEAD

    def _end_of_day(self, role: str) -> ir.Value:
        day = self.catalogue.as_of
        return ibis.timestamp(f"{day} 23:59:59") if roles.ROLES[role].kind == roles.TIME else ibis.date(day.year, day.month, day.day)

    def _needing(self, dataset: Dataset, role: str) -> Iterator[Applied]:
        for applied in self.in_force:
            if any(r.relation == ROWS and role in r.needs and dataset.kind in (r.kinds or (dataset.kind,)) for r in applied.rule.reads):
                yield applied

    # -- one rule -----------------------------------------------------------------------------------------------------

    def apply(self, applied: Applied, accepted: Sequence[Any]) -> bool:
        """Evaluate one rule. Returns whether anything could be tested."""
        if self.evidence.on_step:
            self.evidence.on_step(applied.id)
        try:
            relations = [self._relation(applied, reads, first=not number) for number, reads in enumerate(applied.rule.reads)]
        except _Untestable:
            return False
        expression = applied.rule.query(self.world, *relations)
        try:
            broken = self.tables.keep("broken", _complete(expression))
        except _UNCOMPUTABLE as error:
            reason = f"its condition cannot be computed on some row ({type(error).__name__.removesuffix('Exception')} error)"
            for name in self._first_of(applied):
                self._missing(applied, name, "condition", reason)
            return False
        self.tested.add(applied.id)
        try:
            self._undecided(applied, relations)
            tested = self._tested(applied, relations)
            left = self._exempt(applied, broken, accepted)
            self._report(applied, left, tested)
        finally:
            self.tables.drop("broken")
        return True

    def _first_of(self, applied: Applied) -> Sequence[str]:
        reads = applied.rule.reads[0]
        if reads.relation != ROWS:
            return ("-",)
        return [name for name, rows in self.rows.items() if rows.count and self._concerns(applied, rows.dataset, reads)]

    def _relation(self, applied: Applied, reads: Reads, *, first: bool) -> ir.Table:
        if reads.relation == ROWS:
            return self._rows_of(applied, reads, first=first)
        table = self.tables.backend.table(reads.relation)
        if reads.kinds is not None:
            table = table.filter(table.kind.isin(reads.kinds))
            if first and not any(self._concerns(applied, dataset, reads) for dataset in self.catalogue.datasets.values()):
                self._missing(applied, "-", "kind " + reads.kinds[0], f"the catalogue has no dataset of kind {', '.join(reads.kinds)}")
                raise _Untestable
        if first and applied.datasets and "dataset" in table.columns and "kind" in table.columns:
            table = table.filter(table.dataset.isin(applied.datasets) | table.kind.isin(applied.datasets))
        if reads.relation == RECIPIENTS and not self.catalogue.recipients:
            self._missing(applied, "-", "recipients", "the catalogue names no recipient")
            raise _Untestable
        if reads.each:
            self._without_files(applied, reads, table)
        if reads.only is not None:
            table = table.filter(reads.only(table))
        for need in reads.needs:
            undeclared = self.tables.fetch(table.filter(table[need].isnull()).select("dataset").distinct())
            names = sorted(undeclared["dataset"].to_pylist())
            for name in names:
                what = "organisation" if name == "-" else name
                if need in _OF_FILES:
                    self._missing(applied, name, "date of files", f"there are files of {what} that no {_OF_FILES[need]} dates")
                    continue
                fact = _DECLARED_AS.get(need, need)
                self._missing(applied, name, f"fact {fact}", f"the catalogue does not say {fact} of {what}")
            if names and not self.tables.fetch(table.filter(table[need].notnull()).count()):
                raise _Untestable
            table = table.filter(table[need].notnull())
        return table

    def _without_files(self, applied: Applied, reads: Reads, table: ir.Table) -> None:
        concerned = {dataset.name: dataset for dataset in self.catalogue.datasets.values() if self._concerns(applied, dataset, reads)}
        empty = concerned.keys() - set(self.tables.fetch(table.select("dataset").distinct())["dataset"].to_pylist())
        for name in sorted(empty):
            self._missing(applied, name, "rows", f"{KINDS[concerned[name].kind][0]}: {_NO_FILE}")
        if len(empty) == len(concerned):
            raise _Untestable

    def _concerns(self, applied: Applied, dataset: Dataset, reads: Reads) -> bool:
        named = not applied.datasets or dataset.name in applied.datasets or dataset.kind in applied.datasets
        return named and (reads.kinds is None or dataset.kind in reads.kinds)

    def _rows_of(self, applied: Applied, reads: Reads, *, first: bool) -> ir.Table:
        wanted = dict.fromkeys((*reads.needs, *reads.uses))
        parts = []
        concerned = [
            dataset for dataset in self.catalogue.datasets.values() if (self._concerns(applied, dataset, reads) if first else reads.kinds is None or dataset.kind in reads.kinds)
        ]
        if not concerned:
            kinds = reads.kinds or ("-",)
            register = " register" if all(kind in REGISTERS for kind in kinds) else " dataset of kind"
            self._missing(applied, "-", f"kind {kinds[0]}", f"the catalogue has no{register} {', '.join(kinds)}")
        for dataset in concerned:
            rows = self.rows[dataset.name]
            if rows.table is None or not rows.count:
                self._missing(applied, dataset.name, "rows", f"{KINDS[dataset.kind][0]}: {self._without_rows(rows)}")
                continue
            if rows.reading.texts:
                self._missing(applied, dataset.name, "rows", f"{rows.reading.texts} files or parts of files are text, not tables", rows=1)
            absent = [role for role in reads.needs if not rows.has(role)]
            for role in absent:
                self._missing(applied, dataset.name, f"column {role}", f"no column for {roles.ROLES[role].title} ({role})")
            if absent:
                continue
            for role in reads.needs:
                if rows.reading.present[role] < rows.reading.tables:
                    lacking = rows.reading.tables - rows.reading.present[role]
                    self._missing(applied, dataset.name, f"column {role}", f"{lacking} of {rows.reading.tables} files or tables have no column for {role}", rows=1)
                if rows.bad.get(role):
                    self._missing(applied, dataset.name, f"values {role}", f"rows whose {role} is missing or cannot be read", rows=rows.bad[role])
            # rows whose needed values are missing or cannot be read were reported above; they are not tested
            readable = [~rows.table[f"bad_{role}"] for role in reads.needs if f"bad_{role}" in rows.table.columns]
            readable += [rows.table[role].notnull() for role in reads.needs if roles.ROLES[role].must]
            table = rows.table.filter(*readable) if readable else rows.table
            for role in wanted:
                if roles.ROLES[role].kind == roles.TEXT:
                    table = self._searched(table, rows, role)
            parts.append(table.select("source", "row", *(column for role in wanted for column in roles.columns(role)), dataset=ibis.literal(dataset.name)))
        if not parts:
            raise _Untestable
        return functools.reduce(lambda one, two: one.union(two), parts)

    def _without_rows(self, rows: _Rows) -> str:
        if not self.evidence.blobs.get(rows.dataset.name):
            return _NO_FILE
        if rows.reading.texts:
            return "what was read is text, not a table"
        return "no row could be read" if rows.reading.skipped else "it has no row"

    def _searched(self, table: ir.Table, rows: _Rows, role: str) -> ir.Table:
        """Return rows with what their texts hold; only the keys of texts that hold anything are known."""
        found = self.tables.backend.table(f"{rows.name}_{role}")
        joined = table.left_join(found, table[role] == found.key)
        return joined.mutate(**{column: joined[column].fill_null(False) for column in roles.columns(role)})

    def _missing(self, applied: Applied, dataset: str, missing: str, reason: str, rows: int = 0) -> None:
        self.not_testable.append(NotTestable(applied.id, dataset, missing, reason, rows))

    def _undecided(self, applied: Applied, relations: Sequence[ir.Table]) -> None:
        """Count the rows that lack what the rule needs, beside those whose value cannot be read."""
        rows = applied.rule.undecided(self.world, *relations)
        if rows is None:
            return
        for item in self.tables.fetch(rows.group_by(["dataset", "lacks"]).aggregate(n=rows.count())).to_pylist():
            role, what = item["lacks"], (applied.id, item["dataset"], f"values {item['lacks']}")
            unread = {other for other in self.not_testable if (other.rule, other.dataset, other.missing) == what}
            self.not_testable = [other for other in self.not_testable if other not in unread]
            rows_ = item["n"] + sum(other.rows for other in unread)
            self._missing(applied, item["dataset"], what[2], f"rows whose {role} is missing or cannot be read", rows=rows_)

    def _tested(self, applied: Applied, relations: Sequence[ir.Table]) -> Mapping[str, int]:
        table = applied.rule.tested(self.world, *relations)
        if table is None:
            return {}
        found = self.tables.fetch(table.group_by("dataset").aggregate(n=table.count()))
        return dict(zip(found["dataset"].to_pylist(), found["n"].to_pylist(), strict=True))

    def _exempt(self, applied: Applied, broken: ir.Table, accepted: Sequence[Any]) -> ir.Table:
        for item in accepted:
            count = 0
            if not item.expires < self.catalogue.as_of:
                inside = ibis.literal(True)
                if item.dataset is not None:
                    inside = inside & (broken.dataset == item.dataset)
                if item.source is not None:
                    if broken.source.type().is_string():
                        names = self.tables.fetch(broken.select("source").distinct())["source"].to_pylist()
                        inside = inside & broken.source.isin([name for name in names if name and fnmatch.fnmatch(name, item.source)] or [""])
                    else:
                        numbers = [i for i, name in enumerate(self.sources) if fnmatch.fnmatch(name, item.source)]
                        inside = inside & broken.source.isin(numbers or [-1])
                inside = inside.fill_null(False)  # what lies in no file is under no pattern of files
                count = int(self.tables.fetch(broken.filter(inside).n.sum()) or 0)
                broken = broken.filter(~inside)
            self.exemptions.append(self.exemption(item, count))
        return broken

    def exemption(self, item: Any, count: int = 0) -> Exemption:
        """Return an exemption as reports show it."""
        expired = item.expires < self.catalogue.as_of
        return Exemption(item.rule, item.dataset, item.source, item.owner, item.reason, item.expires.isoformat(), expired, count)

    def _report(self, applied: Applied, broken: ir.Table, tested: Mapping[str, int]) -> None:
        groups = self.tables.fetch(
            broken.group_by("dataset").aggregate(count=broken.n.sum(), subjects=broken.subject.nunique(), known=broken.subject.count())
        ).to_pylist()
        if not groups:
            return
        aspects = self.tables.fetch(
            broken.filter(broken.aspect.notnull()).group_by(["dataset", "aspect"]).aggregate(n=broken.n.sum())
        ).to_pylist()
        rank = ibis.row_number().over(ibis.window(group_by=broken.dataset, order_by=[broken.source, broken.row, broken.column]))
        ranked = broken.mutate(rank=rank)
        first = self.tables.fetch(ranked.filter(ranked.rank < FIRST_PLACES).order_by(["dataset", "rank"])).to_pylist()
        law = load_law()
        rule = applied.rule
        for group in groups:
            name = group["dataset"]
            severity, reached = applied.graded(group["count"])
            dataset = self.catalogue.datasets.get(name)
            self.violations.append(
                Violation(
                    rule=applied.id,
                    title=rule.title,
                    title_zh=rule.title_zh,
                    severity=severity,
                    reached=reached,
                    dataset=name,
                    owner=dataset.owner if dataset else None,
                    count=int(group["count"]),
                    tested=tested.get(name),
                    subjects=int(group["subjects"]) if group["known"] else None,
                    places=tuple(self._place(item) for item in first if item["dataset"] == name),
                    basis=law.basis(rule.law),
                    remedy=rule.prose().get("remedy", ""),
                    remedy_zh=rule.remedy_zh,
                    law=rule.law,
                    details={item["aspect"]: int(item["n"]) for item in sorted(aspects, key=lambda a: (-a["n"], a["aspect"])) if item["dataset"] == name},
                )
            )
        if self.evidence.on_places:
            self.evidence.on_places(self._places(applied, broken))

    def _place(self, item: Mapping[str, Any]) -> Place:
        source = item["source"]
        return Place(item["dataset"] if source is None else source if isinstance(source, str) else self.sources[source], item["row"], item["column"])

    def _places(self, applied: Applied, broken: ir.Table) -> pa.Table:
        found = self.tables.fetch(broken.order_by(["dataset", "source", "row", "column"]))
        source = found["source"]
        if not pa.types.is_string(source.type):
            source = pa.chunked_array([pa.array(self.sources, pa.string()).take(chunk) for chunk in source.chunks], pa.string())
        columns = [pa.array([applied.id] * len(found), pa.string()), found["dataset"], source, found["row"], found["column"], found["aspect"], found["n"]]
        return pa.table(columns, schema=PLACES)


@functools.lru_cache(maxsize=1024)
def _reader(role: str, offset: int, words: tuple[tuple[str, str], ...]) -> Reader:
    """Return what reads a role; the same one for the same manner, so that it is compiled once."""
    manner = roles.Manner(_SALT, offset, {role: dict(words)})
    return Reader(functools.partial(roles.prepared, roles.ROLES[role]), functools.partial(roles.read, roles.ROLES[role], manner=manner))


@functools.cache
def _keyed_text(role: str) -> Reader:
    return Reader(functools.partial(roles.prepared, roles.ROLES[role]), functools.partial(roles.text_key, role, salt=_SALT))


def _complete(table: ir.Table) -> ir.Table:
    """Return the columns that every result has, in their types."""
    types = {"source": "string", "row": "int64", "column": "string", "subject": "int64", "aspect": "string", "n": "int64"}
    made: dict[str, ir.Value] = {"dataset": table.dataset}
    for name, kind in types.items():
        if name not in table.columns:
            made[name] = ibis.literal(1) if name == "n" else ibis.null(kind)
        elif name == "source":
            made[name] = table.source
        else:
            made[name] = table[name].cast(kind)
    made["n"] = made["n"].cast("int64").fill_null(1)
    return table.select(**made)


def used_kinds(policy: Policy) -> Iterable[str]:
    """Return the kinds of datasets whose rows the rules in force read."""
    return sorted({kind for a in policy.applied.values() if a.enabled for r in a.rule.reads if r.relation == ROWS for kind in r.kinds or KINDS})


__all__ = ["PLACES", "Evaluation", "Evidence", "evaluate", "relations", "used_kinds"]
