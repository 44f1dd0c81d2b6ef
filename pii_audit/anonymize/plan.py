"""Plans: what becomes of every column and of everything that is detected, read from YAML with every mistake at once.

What is detected and not named becomes ``default`` (``redact``), so nothing slips through because nobody thought of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import pii_audit
from pii_audit.anonymize.interface import Operator, OperatorError
from pii_audit.anonymize.registry import operators
from pii_audit.documents.fields import (
    Choice,
    Field,
    Kind,
    Many,
    Mapped,
    Reading,
    Record,
    Text,
    Whole,
    compose,
    items,
    scalar,
    unknown,
)
from pii_audit.entities import installed
from pii_audit.model.entity import Role

#: a column that is treated span by span, as every column is that the plan does not name
TEXT = "text"
#: keys of a column (or entity type) that are not parameters of its operator
_OWN = ("operator", "entity", "domain", "role", "key", "levels")


@dataclass(frozen=True)
class Treatment:
    """What becomes of the values of a column or entity type. ``operator`` None: span by span."""

    operator: Operator | None
    entity: str | None = None      #: what the values are, where no recognizer would say so
    domain: str | None = None      #: values of one domain get the same result wherever they stand
    role: Role | None = None
    key: str = "default"
    #: ever coarser operators, of which ``reach`` takes one; the first is tried first
    levels: tuple[Operator, ...] = ()


@dataclass(frozen=True)
class DatasetPlan:
    """What becomes of some tables. ``tables``: patterns over their names below the source (``core/*.csv``, ``a.xlsx!Sheet1``)."""

    name: str
    tables: tuple[str, ...]
    columns: Mapping[str, Treatment] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    #: column → the values whose rows stay
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: the column that says whose row it is
    person: str | None = None
    place: str = ""

    def covers(self, table: str) -> bool:
        """Return whether a table, named relative to the source, belongs here."""
        return any(fnmatchcase(table, pattern) for pattern in self.tables)


@dataclass(frozen=True)
class KeySource:
    """Where a key comes from: a file, or a variable of the environment. Never the command line itself."""

    file: Path | None = None
    env: str | None = None


@dataclass(frozen=True)
class Limits:
    """What an export must reach to be published. ``suppress_at_most``: share of rows that may be taken out to reach it."""

    k: int | None = None
    l: int | None = None  # noqa: E741 - the name it has everywhere
    t: float | None = None
    suppress_at_most: float = 0.0


@dataclass(frozen=True)
class Plan:
    """One plan. ``digest`` is of the file as it stands."""

    path: Path
    default: Treatment
    fallback: Operator
    entities: Mapping[str, Treatment]
    datasets: Mapping[str, DatasetPlan]
    keys: Mapping[str, KeySource]
    recipient: str = ""
    catalogue: Path | None = None
    require: Limits | None = None
    reach: Limits | None = None
    preset: str | None = None
    digest: str = ""

    def of(self, table: str) -> DatasetPlan | None:
        """Return the dataset that a table belongs to: the first whose patterns cover it."""
        return next((dataset for dataset in self.datasets.values() if dataset.covers(table)), None)

    def for_entity(self, name: str) -> Treatment:
        """Return what becomes of an entity type where the plan names no column."""
        return self.entities.get(name, self.default)


class _Operated(Kind):
    """An operator by its name, or a mapping with its parameters and, for a column, what the column is."""

    expected = "an operator, or a mapping with one"

    def __init__(self, *, column: bool) -> None:
        self._column = column

    def read(self, node: yaml.Node, path: str, reading: Reading) -> Treatment | None:
        if (name := scalar(node)) is not None:
            known, operator = self._operator(name, {}, node, path, reading)
            return Treatment(operator) if known else None
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {name: (key, value) for name, key, value in items(node, path, reading)}
        if not isinstance(node, yaml.MappingNode):
            return None
        if "operator" not in found:
            reading.mistake(node, path, "operator is missing (what becomes of the values)")
            return None
        own = {name: value for name, (_, value) in found.items() if name in _OWN and (self._column or name in ("operator", "key"))}
        name = scalar(own["operator"]) or ""
        given = {key: pair for key, pair in found.items() if key not in own}
        known, operator = self._operator(name, given, own["operator"], f"{path}.operator", reading, path)
        read = {key: _COLUMN[key].read(value, f"{path}.{key}", reading) for key, value in own.items() if key != "operator"}
        if not known:
            return None
        return Treatment(operator, read.get("entity"), read.get("domain"), Role(read["role"]) if read.get("role") else None, read.get("key") or "default", read.get("levels") or ())

    def _operator(
        self, name: str, given: Mapping[str, tuple[yaml.Node, yaml.Node]], node: yaml.Node, path: str, reading: Reading, base: str = ""
    ) -> tuple[bool, Operator | None]:
        """Return whether there is such an operator, and it (None: span by span)."""
        if name == TEXT and self._column and not given:
            return True, None
        known = operators()
        if name not in known:
            reading.mistake(node, path, unknown("operator", name, [*known, *([TEXT] if self._column else [])]))
            return False, None
        parameters = known[name].parameters()
        values = {}
        for key, (at, value) in given.items():
            if key not in parameters:
                reading.mistake(at, f"{base}.{key}", unknown(f"parameter of {name}", key, list(parameters)))
            else:
                values[parameters[key].name] = parameters[key].metadata["kind"].read(value, f"{base}.{key}", reading)
        if None in values.values():
            return False, None
        try:
            return True, known[name](**values)
        except OperatorError as error:
            reading.mistake(node, path, str(error))
            return False, None

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": [*operators(), *([TEXT] if self._column else [])]}, {"type": "object", "required": ["operator"]}]}


class _Levels(Kind):
    """Operators, each coarser than the one before."""

    expected = "a list of operators, each coarser than the one before"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> tuple[Operator, ...] | None:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            reading.mistake(node, path, f"must be {self.expected}")
            return None
        read = [_Operated(column=False).read(item, f"{path}[{i}]", reading) for i, item in enumerate(node.value)]
        return tuple(treatment.operator for treatment in read if treatment is not None and treatment.operator is not None)


@dataclass(frozen=True)
class _Share(Kind):
    expected: str = "a share such as 2% or 0.02"

    def parse(self, raw: str) -> float | None:
        try:
            value = float(raw.removesuffix("%")) / (100 if raw.endswith("%") else 1)
        except ValueError:
            return None
        return value if 0 <= value <= 1 else None


_ENTITY = Choice(lambda: sorted(e.name for e in installed()), "entity type")
_COLUMN: Mapping[str, Kind] = {
    "entity": _ENTITY,
    "domain": Text(),
    "role": Choice([role.value for role in Role], "role"),
    "key": Text(),
    "levels": _Levels(),
}
_LIMITS = Record(
    {
        "k": Field(Whole(2), "rows that are alike in quasi-identifiers, at least"),
        "l": Field(Whole(2), "different sensitive values among them, at least"),
        "t": Field(_Share(), "distance of their sensitive values from those of the whole, at most"),
        "suppress_at_most": Field(_Share(), "share of rows that may be taken out to reach it"),
    },
    "limit",
    listed=True,
)
_KEY = Record({"file": Field(Text(), "file of the key (0600)"), "env": Field(Text(), "variable that holds the key")}, "source", listed=True)


@cache
def _fields() -> Record:
    dataset = Record(
        {
            "tables": Field(Many(Text(), 1), "names of files, sheets or tables below the source; * and ? stand for anything", True),
            "columns": Field(Mapped(_Operated(column=True)), "operator by column"),
            "drop": Field(Many(Text()), "columns that do not leave the house"),
            "rows": Field(Mapped(Many(Text(), 1)), "column and the values whose rows leave the house"),
            "person": Field(Text(), "column that says whose row it is"),
        }
    )
    return Record(
        {
            "recipient": Field(Text(), "who gets the export: its pseudonyms are its own"),
            "catalogue": Field(Text(), "audit.yaml that says what the recipient may have"),
            "preset": Field(Choice(presets, "preset"), "plan to start from"),
            "default": Field(_Operated(column=False), "operator for what is detected and not named (redact)"),
            "fallback": Field(_Operated(column=False), "operator for values that another refuses (redact)"),
            "entities": Field(Mapped(_Operated(column=False), _ENTITY), "operator by entity type"),
            "datasets": Field(Mapped(dataset, Text(r"[^\s/]+")), "tables whose columns are named"),
            "keys": Field(Mapped(_KEY), "keys by name"),
            "require": Field(_LIMITS, "what an export must reach to be published"),
            "reach": Field(_LIMITS, "what the levels of columns are chosen for: the least coarse that reach it"),
        }
    )


def presets() -> tuple[str, ...]:
    """Return the names of the plans that come with the program."""
    return tuple(sorted(path.stem for path in (pii_audit.rules_dir() / "plans").glob("*.yml")))


def load_plan(path: Path) -> Plan:
    """Return the plan of a file. Raises PolicyError with every mistake in it."""
    import hashlib

    reading, root = compose(path, str(path))
    document = _fields().read(root, "", reading) or {}
    base = _preset(document["preset"]) if document.get("preset") else {}
    entities = {**base.get("entities", {}), **document.get("entities", {})}
    default = document.get("default") or base.get("default") or Treatment(operators()["redact"]())
    fallback = document.get("fallback") or base.get("fallback") or Treatment(operators()["redact"]())
    keys = {name: KeySource(path.parent / source["file"] if "file" in source else None, source.get("env")) for name, source in document.get("keys", {}).items()}
    for name, source in keys.items():
        if (source.file is None) == (source.env is None):
            reading.mistake(root, f"keys.{name}", "needs either file or env")
    for name in ("default", "fallback"):
        operator = (document.get(name) or Treatment(None)).operator
        if name == "fallback" and operator is not None and (operator.needs_key or operator.per_row):
            reading.mistake(root, name, f"{operator.name} may refuse a value itself; a fallback may not")
    datasets = {
        name: DatasetPlan(
            name,
            tuple(item["tables"]),
            item.get("columns", {}),
            tuple(item.get("drop", ())),
            item.get("rows", {}),
            item.get("person"),
            f"{reading.shown}: datasets.{name}",
        )
        for name, item in document.get("datasets", {}).items()
        if "tables" in item
    }
    for name, dataset in datasets.items():
        for column in set(dataset.drop) & set(dataset.columns):
            reading.mistake(root, f"datasets.{name}.drop", f"{column} is among the columns too")
    if document.get("require", {}).get("suppress_at_most"):
        reading.mistake(root, "require.suppress_at_most", "belongs to reach, which takes rows out; require only looks")
    levelled = [(name, column) for name, dataset in datasets.items() for column, treatment in dataset.columns.items() if treatment.levels]
    for name, column in levelled:
        if datasets[name].columns[column].role is not Role.QUASI_IDENTIFIER:
            reading.mistake(root, f"datasets.{name}.columns.{column}.levels", "only a quasi-identifier has levels")
        if "reach" not in document:
            reading.mistake(root, f"datasets.{name}.columns.{column}.levels", "the plan does not say what to reach with them")
    if "reach" in document and not levelled:
        reading.mistake(root, "reach", "no column has levels to reach it with")
    reading.done()
    return Plan(
        path=path,
        default=default,
        fallback=fallback.operator or operators()["redact"](),
        entities=entities,
        datasets=datasets,
        keys=keys,
        recipient=document.get("recipient", ""),
        catalogue=path.parent / document["catalogue"] if "catalogue" in document else None,
        require=Limits(**document["require"]) if document.get("require") else None,
        reach=Limits(**document["reach"]) if document.get("reach") else None,
        preset=document.get("preset"),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _preset(name: str) -> dict[str, Any]:
    path = pii_audit.rules_dir() / "plans" / f"{name}.yml"
    reading, root = compose(path, f"rules/plans/{path.name}")
    document = _fields().read(root, "", reading) or {}
    reading.done()
    return document


def treatment(said: Mapping[str, Any]) -> Treatment:
    """Return the treatment that a manifest states of a column. Raises PolicyError if this program has no such operator."""
    own = {"entity": said.get("entity_type"), "domain": said.get("domain"), "key": said.get("key"), "role": said.get("role")}
    written = {"operator": said["operator"], **said.get("parameters", {}), **{name: value for name, value in own.items() if value}}
    node = yaml.compose(yaml.safe_dump(written, allow_unicode=True))
    reading = Reading("manifest.json")
    found = _Operated(column=True).read(node, "columns", reading) if node else None
    reading.done()
    assert found is not None
    return found


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a plan, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "pii-audit plan", **_fields().schema()}


def uses(plan: Plan) -> Sequence[Treatment]:
    """Return every treatment that a plan names."""
    named = [treatment for dataset in plan.datasets.values() for treatment in dataset.columns.values()]
    return [plan.default, *plan.entities.values(), *named]
