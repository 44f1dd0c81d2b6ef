"""Policies (``rules/*.yml``): which rules apply, with which parameters, and what is accepted.

A policy names rules; ``extends`` takes over everything another policy says, and an entry of the same id changes it.
Every mistake of every file is reported at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import yaml

import pii_audit
from pii_audit.documents.fields import (
    FLAG,
    TEXT,
    Choice,
    Field,
    Kind,
    Many,
    PolicyError,
    Reading,
    Record,
    Text,
    Whole,
    compose,
    refuse,
    scalar,
    short,
    unknown,
)
from pii_audit.model.violation import Severity
from pii_audit.model.visible import visible
from pii_audit.policy import where
from pii_audit.policy.catalogue import EXEMPTIONS, KINDS, AcceptedViolation, Catalogue, load_catalogue, policies_of
from pii_audit.policy.interface import Rule
from pii_audit.policy.law import load_law
from pii_audit.policy.registry import ID, rules

SEVERITIES = {severity.label: severity for severity in Severity}
_SEVERITY = Choice(tuple(SEVERITIES), "severity")
_ID = Text(ID, "an id of small letters, digits and hyphens, 64 at most")
_STEP = Record({"from": Field(Whole(1), "count from which it holds", True), "severity": Field(_SEVERITY, "severity", True)})

#: keys that every entry may have beside the parameters of its rule
COMMON: Mapping[str, Field] = {
    "rule": Field(TEXT, "id of a rule (see pii-audit list rules)"),
    "id": Field(_ID, "id of this entry (default: that of the rule)"),
    "enabled": Field(FLAG, "false: not applied"),
    "severity": Field(_SEVERITY, "severity of its violations"),
    "steps": Field(Many(_STEP), "severities from certain counts on, each above the one before"),
    "datasets": Field(Many(TEXT, 1), "only these datasets or kinds of datasets"),
}
_NEW: Mapping[str, Field] = {
    "where": Field(TEXT, "SQL condition over roles: rows that break the rule"),
    "kind": Field(Choice(tuple(KINDS), "kind"), "kind of dataset whose rows are tested"),
    "title": Field(TEXT, "English title"),
    "title_zh": Field(TEXT, "Chinese title"),
    "remedy": Field(TEXT, "what to do"),
    "remedy_zh": Field(TEXT, "what to do, in Chinese"),
    "law": Field(Many(TEXT), "rows of rules/law.yml it serves"),
}


@dataclass(frozen=True)
class Applied:
    """A rule as a policy applies it."""

    id: str
    rule: Rule
    severity: Severity
    reached: str
    steps: tuple[tuple[int, Severity], ...] = ()
    datasets: tuple[str, ...] = ()
    enabled: bool = True

    def graded(self, count: int) -> tuple[Severity, str]:
        """Return the severity of so many, and how it was reached."""
        best = max((step for step in self.steps if count >= step[0]), default=None)
        return (best[1], f"at least {best[0]}") if best and best[1] > self.severity else (self.severity, self.reached)


@dataclass(frozen=True)
class Policy:
    """Rules in force, by id, and accepted violations; ``files``: what it was read from."""

    applied: Mapping[str, Applied]
    exemptions: tuple[AcceptedViolation, ...]
    files: tuple[str, ...]


@dataclass
class _Entry:
    """One item of a file; a later file may change it."""

    node: yaml.Node
    path: str
    reading: Reading
    values: dict[str, Any]
    kind: type[Rule]
    origins: dict[str, tuple[Reading, yaml.Node, str]]  #: key → where it was given last
    severity_from: str = ""

    def mistake(self, key: str, reason: str) -> None:
        """Note a mistake in the value of a key, where it was given last."""
        reading, node, path = self.origins[key]
        reading.mistake(node, f"{path}.{key}", reason)


@dataclass
class _Files:
    """Files being read, each once."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    exemptions: list[AcceptedViolation] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    done: dict[Path, frozenset[str]] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def read(self, path: Path, shown: str, chain: tuple[Path, ...]) -> frozenset[str]:
        """Read a file and what it extends. Returns the ids it defines."""
        path = path.resolve()
        if path in self.done:
            return self.done[path]
        try:
            reading, root = compose(path, shown)
        except PolicyError as error:
            self.mistakes += str(error).splitlines()
            return frozenset()
        found = _POLICY.read(root, "", reading) or {}
        ids: set[str] = set()
        for node, at, other in found.get("extends", ()):
            below = locate(other, path.parent)
            if below is None:
                reading.mistake(node, at, unknown("policy", other, packs()))
            elif below.resolve() in (*chain, path):
                reading.mistake(node, at, "the policies extend each other in a circle")
            else:
                ids |= self.read(below, _shown(other, Path(shown).parent / other), (*chain, path))
        own: set[str] = set()
        for number, item in enumerate(found.get("rules", ())):
            self._entry(item, f"rules[{number}]", reading, ids, own)
        self.exemptions += found.get("exemptions", ())
        self.readings.append(reading)
        self.files.append(shown)
        self.done[path] = frozenset(ids | own)
        return self.done[path]

    def _entry(self, item: yaml.Node, path: str, reading: Reading, inherited: set[str], own: set[str]) -> None:
        if not isinstance(item, yaml.MappingNode):
            reading.mistake(item, path, "must be a mapping with rule, where or id")
            return
        names = {scalar(key): value for key, value in item.value}
        identity = scalar(names["id"]) if "id" in names else scalar(names["rule"]) if "rule" in names else path
        before = self.entries[identity] if identity in inherited and identity in self.entries else None
        kind = self._kind(names, item, path, reading, before)
        if kind is None:
            return
        values = fields_of(kind).read(item, path, reading) or {}
        if identity is None or _ID.parse(identity) is None:
            return  # that was a mistake already, and a rule without a name is none
        if identity in own or (identity in self.entries and identity not in inherited):
            reading.mistake(item, path, f"the id {short(identity)} is given twice")
            return
        if identity in rules() and identity != kind.id:
            reading.mistake(names["id"], f"{path}.id", f"is the id of another rule, {identity}")
            return
        own.add(identity)
        merged = {**(before.values if before else {}), **values}
        if "steps" in values:
            _check_steps(values["steps"], merged.get("severity", kind.severity.label), names["steps"], f"{path}.steps", reading)
        self.entries[identity] = _Entry(
            node=item,
            path=path,
            reading=reading,
            values=merged,
            kind=kind,
            origins={**(before.origins if before else {}), **{name: (reading, value, path) for name, value in names.items() if name}},
            severity_from=f"policy {reading.shown}" if "severity" in values else (before.severity_from if before else ""),
        )

    def _kind(self, names: Mapping[str | None, yaml.Node], item: yaml.Node, path: str, reading: Reading, before: _Entry | None) -> type[Rule] | None:
        if "rule" not in names:
            if before is not None:
                return before.kind
            if "where" not in names:
                reading.mistake(item, path, "needs rule, where, or the id of an entry of a policy it extends")
                return None
            return WhereRule
        name = scalar(names["rule"])
        if name is None or name not in rules():
            reason = f"must be {TEXT.expected}" if name is None else unknown("rule", name, rules())
            reading.mistake(names["rule"], f"{path}.rule", reason)
            return None
        if before is not None and before.kind is not rules()[name]:
            reading.mistake(item, path, f"the id belongs to an entry of the rule {before.kind.id}")
            return None
        return rules()[name]


def _check_steps(steps: tuple[dict[str, Any], ...], base: str, node: yaml.Node, path: str, reading: Reading) -> None:
    """Steps lift the severity: one that does not would never be seen."""
    levels = [(step["from"], SEVERITIES[step["severity"]]) for step in steps if len(step) == 2]
    rising = [(0, SEVERITIES[base]), *sorted(levels)]
    if any(one[0] == two[0] or one[1] >= two[1] for one, two in pairwise(rising)):
        reading.mistake(node, path, f"the severities must rise with the counts, from above {base}")


@cache
def fields_of(rule: type[Rule]) -> Record:
    """Return the keys that an entry of this rule may have."""
    own = {name: Field(item.metadata["kind"], item.metadata["doc"]) for name, item in rule.parameters().items()}
    return Record({**COMMON, **own, **(_NEW if rule is WhereRule else {})}, "key or parameter", listed=True)


def load_policy(names: Iterable[str], folder: Path, place: str = "", catalogue: Catalogue | None = None) -> Policy:
    """Return what policies say together. ``names``: packs in rules/, or files relative to ``folder``; ``place`` names them.

    With a catalogue, what policies and exemptions say of datasets must fit it. Raises PolicyError with every mistake.
    """
    files = _Files()
    for name in dict.fromkeys(names):
        path = locate(name, folder)
        if path is None:
            files.mistakes.append(visible(f"{place}{unknown('policy', name, packs())}"))
        else:
            files.read(path, _shown(name, path), ())
    applied = {}
    for identity, entry in files.entries.items():
        made = _applied(identity, entry)
        if made is not None:
            applied[identity] = made
    if catalogue is not None:
        _fit(files, catalogue)
    mistakes = [*files.mistakes, *(mistake for reading in files.readings for mistake in reading.mistakes)]
    mistakes += [
        visible(f"{accepted.places['rule']}: {unknown('rule', accepted.rule, files.entries)}")
        for accepted in (*files.exemptions, *(catalogue.exemptions if catalogue else ()))
        if accepted.rule not in files.entries
    ]
    refuse(mistakes)
    return Policy(dict(sorted(applied.items())), tuple(files.exemptions), tuple(files.files))


def load_audit(path: Path, more: Iterable[str] = ()) -> tuple[Catalogue, Policy]:
    """Return a catalogue and what its policies say, with ``more`` of them. Raises PolicyError with every mistake in all of them."""
    mistakes: list[str] = []
    catalogue = policy = None
    try:
        catalogue = load_catalogue(path)
    except PolicyError as error:
        mistakes += str(error).splitlines()
    names, place = policies_of(path)
    try:
        policy = load_policy((*names, *more), path.parent, place, catalogue)
    except PolicyError as error:
        mistakes += str(error).splitlines()
    refuse(mistakes)
    assert catalogue is not None and policy is not None  # else there were mistakes
    return catalogue, policy


def _fit(files: _Files, catalogue: Catalogue) -> None:
    named = [*catalogue.datasets, *KINDS]
    for entry in files.entries.values():
        for name in entry.values.get("datasets", ()):
            if name not in named:
                entry.mistake("datasets", f"{unknown('dataset', name, named)} in {catalogue.shown}")
    # what violations may name
    held = [*catalogue.datasets, *catalogue.recipients]
    for accepted in (*files.exemptions, *catalogue.exemptions):
        if accepted.dataset is not None and accepted.dataset not in held:
            files.mistakes.append(visible(f"{accepted.places['dataset']}: {unknown('dataset', accepted.dataset, held)}"))


def _applied(identity: str, entry: _Entry) -> Applied | None:
    values, kind = entry.values, entry.kind
    usable = True
    given = {name: value for name, value in values.items() if name in kind.parameters()}
    needed = {name: item.metadata["doc"] for name, item in kind.parameters().items() if item.default is MISSING}
    if kind is WhereRule:
        needed |= {name: fields_of(kind).fields[name].doc for name in ("id", "where", "kind", "title")}
    for name, doc in needed.items():
        if name not in entry.origins:
            entry.reading.mistake(entry.node, entry.path, f"{name} is missing ({doc})")
    if kind is WhereRule:
        for key, reason in _where_mistakes(values):
            entry.mistake(key, reason)
            usable = False
    if not usable or not needed.keys() <= values.keys():
        return None
    made = where.rule(identity, values) if kind is WhereRule else kind(**given)
    default = SEVERITIES[values["severity"]] if "severity" in values else type(made).severity
    return Applied(
        id=identity,
        rule=made,
        severity=default,
        reached=entry.severity_from or "rule",
        steps=tuple(sorted((step["from"], SEVERITIES[step["severity"]]) for step in values.get("steps", ()) if len(step) == 2)),
        datasets=values.get("datasets", ()),
        enabled=values.get("enabled", type(made).enabled),
    )


def _where_mistakes(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    law = load_law().rows
    known = [row for row in values.get("law", ()) if row in law]
    for row in values.get("law", ()):
        if row not in law:
            yield "law", unknown("row of the law", row, law)
    if "enabled" not in values and known and all(law[row].is_from_memory for row in known):
        yield "law", "rests on statements from memory alone; whether it applies must be said (enabled: true or false)"
    if "where" in values and (reason := where.refused(values["where"])):
        yield "where", reason


class WhereRule(Rule):
    """Marks entries that bring a rule of their own (``where:``)."""

    id: ClassVar[str] = "where"
    severity: ClassVar[Severity] = Severity.MEDIUM

    def query(self, world: Any, *tables: Any) -> Any:
        raise NotImplementedError


def packs() -> tuple[str, ...]:
    """Return the names of the policies that come with the program."""
    reserved = ("law", "lexicon")
    return tuple(sorted(path.stem for path in pii_audit.rules_dir().glob("*.yml") if path.stem not in reserved))


def locate(name: str, folder: Path) -> Path | None:
    """Return the file of a policy: a pack by name, or a file relative to a folder. None if there is none."""
    if name in packs():
        return pii_audit.rules_dir() / f"{name}.yml"
    path = folder / name
    return path if os.path.isfile(path) else None


def _shown(name: str, path: Path) -> str:
    return f"rules/{name}.yml" if name in packs() else visible(str(path))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "pii-audit policy", **_POLICY.schema()}


class _Named(Kind):
    """Another policy. Returns the node, its path and the name."""

    expected = "a policy"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> tuple[yaml.Node, str, str] | None:
        name = TEXT.read(node, path, reading)
        return None if name is None else (node, path, name)


class _Entries(Kind):
    """The entries of a policy. Returns their nodes: what an entry may say depends on the policies that are extended."""

    expected = "a list"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> list[yaml.Node] | None:
        if isinstance(node, yaml.SequenceNode):
            return node.value  # type: ignore[no-any-return]
        reading.mistake(node, path, f"must be {self.expected}")
        return None

    def schema(self) -> dict[str, Any]:
        entries = []
        for name, rule in rules().items():
            entry = fields_of(rule).schema()
            entries.append({**entry, "required": ["rule"], "description": rule.title, "properties": {**entry["properties"], "rule": {"const": name}}})
        own = {**fields_of(WhereRule).schema(), "required": ["id", "where", "kind", "title"]}
        changed = {**Record(COMMON).schema(), "required": ["id"], "additionalProperties": True}
        changed["not"] = {"anyOf": [{"required": ["rule"]}, {"required": ["where", "kind", "title"]}]}
        return {"type": "array", "items": {"oneOf": [*entries, own, changed]}}


_POLICY = Record(
    {
        "policy": Field(TEXT, "name"),
        "title": Field(TEXT, "English title"),
        "title_zh": Field(TEXT, "Chinese title"),
        "extends": Field(Many(_Named()), "policies whose entries hold here too"),
        "rules": Field(_Entries(), "rules that apply, and changes of those of extended policies"),
        "exemptions": Field(EXEMPTIONS, "accepted violations"),
    }
)
