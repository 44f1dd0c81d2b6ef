"""Policies (``rules/*.yml``): which rules apply, with which parameters, and what is accepted.

A policy names rules; ``extends`` takes over everything another policy says, and an entry of the same id changes it.
Every mistake of every file is reported at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import yaml

import pii_audit
from pii_audit.model.violation import Severity
from pii_audit.model.visible import visible
from pii_audit.policy import where
from pii_audit.policy.catalogue import EXEMPTIONS, KINDS, AcceptedViolation, Catalogue, load_catalogue, policies_of
from pii_audit.policy.fields import (
    FLAG,
    TEXT,
    WHOLE,
    Choice,
    Field,
    Kind,
    Many,
    PolicyError,
    Reading,
    Record,
    Text,
    compose,
    refuse,
    scalar,
    short,
    unknown,
)
from pii_audit.policy.interface import Rule
from pii_audit.policy.law import load_law
from pii_audit.policy.registry import rules

SEVERITIES = {severity.label: severity for severity in Severity}
_SEVERITY = Choice(tuple(SEVERITIES), "severity")
_ID = Text(r"[a-z0-9][a-z0-9\-]{0,63}", "an id of small letters, digits and hyphens, 64 at most")
_STEP = Record({"from": Field(WHOLE, "count from which it holds", True), "severity": Field(_SEVERITY, "severity", True)})

#: keys that every entry may have beside the parameters of its rule
COMMON: Mapping[str, Field] = {
    "rule": Field(TEXT, "id of a rule (see pii-audit list rules)"),
    "id": Field(_ID, "id of this entry (default: that of the rule)"),
    "enabled": Field(FLAG, "false: not applied"),
    "severity": Field(_SEVERITY, "severity of its violations"),
    "steps": Field(Many(_STEP), "severities from certain counts on"),
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
    keys: frozenset[str]             #: what was given, readable or not
    kind: type[Rule]
    severity_from: str = ""


@dataclass
class _Files:
    """Files being read, each once."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    exemptions: list[AcceptedViolation] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    done: dict[Path, frozenset[str]] = field(default_factory=dict)
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
        for node, other in found.get("extends", ()):
            below = locate(other, path.parent)
            if below is None:
                reading.mistake(node, "extends", unknown("policy", other, packs()))
            elif below.resolve() in (*chain, path):
                reading.mistake(node, "extends", "the policies extend each other in a circle")
            else:
                ids |= self.read(below, _shown(other, below), (*chain, path))
        own: set[str] = set()
        for number, item in enumerate(found.get("rules", ())):
            self._entry(item, f"rules[{number}]", reading, ids, own)
        self.exemptions += found.get("exemptions", ())
        self.mistakes += reading.mistakes
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
        if kind is None or identity is None:
            return
        values = fields_of(kind).read(item, path, reading) or {}
        if identity in own or (identity in self.entries and identity not in inherited):
            reading.mistake(item, path, f"the id {short(identity)} is given twice")
            return
        if identity in rules() and identity != kind.id:
            reading.mistake(names["id"], f"{path}.id", f"is the id of another rule, {identity}")
            return
        own.add(identity)
        self.entries[identity] = _Entry(
            node=item,
            path=path,
            reading=reading,
            values={**(before.values if before else {}), **values},
            keys=frozenset(name for name in names if name) | (before.keys if before else frozenset()),
            kind=kind,
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
        name = scalar(names["rule"]) or ""
        if name not in rules():
            reading.mistake(names["rule"], f"{path}.rule", unknown("rule", name, rules()))
            return None
        if before is not None and before.kind is not rules()[name]:
            reading.mistake(item, path, f"the id belongs to an entry of the rule {before.kind.id}")
            return None
        return rules()[name]


@cache
def fields_of(rule: type[Rule]) -> Record:
    """Return the keys that an entry of this rule may have."""
    own = {name: Field(item.metadata["kind"], item.metadata["doc"]) for name, item in rule.parameters().items()}
    return Record({**COMMON, **own, **(_NEW if rule is WhereRule else {})}, "key or parameter")


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
    mistakes = [*files.mistakes, *(mistake for entry in files.entries.values() for mistake in entry.reading.mistakes)]
    mistakes += [
        visible(f"{accepted.place}: exemptions.rule: {unknown('rule', accepted.rule, files.entries)}")
        for accepted in (*files.exemptions, *(catalogue.exemptions if catalogue else ()))
        if accepted.rule not in files.entries
    ]
    refuse(mistakes)
    return Policy(dict(sorted(applied.items())), tuple(files.exemptions), tuple(files.files))


def load_audit(path: Path) -> tuple[Catalogue, Policy]:
    """Return a catalogue and what its policies say. Raises PolicyError with every mistake in all of them."""
    mistakes: list[str] = []
    catalogue = policy = None
    try:
        catalogue = load_catalogue(path)
    except PolicyError as error:
        mistakes += str(error).splitlines()
    names, place = policies_of(path)
    try:
        policy = load_policy(names, path.parent, place, catalogue)
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
                entry.reading.mistake(entry.node, f"{entry.path}.datasets", f"{unknown('dataset', name, named)} in {catalogue.shown}")
    # what violations may name
    held = [*catalogue.datasets, *catalogue.recipients]
    for accepted in (*files.exemptions, *catalogue.exemptions):
        if accepted.dataset is not None and accepted.dataset not in held:
            files.mistakes.append(visible(f"{accepted.place}: exemptions.dataset: {unknown('dataset', accepted.dataset, held)}"))


def _applied(identity: str, entry: _Entry) -> Applied | None:
    values, kind, reading = entry.values, entry.kind, entry.reading
    before = len(reading.mistakes)
    given = {name: value for name, value in values.items() if name in kind.parameters()}
    needed = {name: item.metadata["doc"] for name, item in kind.parameters().items() if item.default is MISSING}
    if kind is WhereRule:
        needed |= {name: fields_of(kind).fields[name].doc for name in ("id", "where", "kind", "title")}
    for name, doc in needed.items():
        if name not in entry.keys:
            reading.mistake(entry.node, entry.path, f"{name} is missing ({doc})")
    if kind is WhereRule:
        law = load_law().rows
        for row in values.get("law", ()):
            if row not in law:
                reading.mistake(entry.node, f"{entry.path}.law", unknown("row of the law", row, law))
        if "where" in values and (reason := where.refused(values["where"])):
            reading.mistake(entry.node, f"{entry.path}.where", reason)
    if len(reading.mistakes) > before or not needed.keys() <= values.keys():
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


class WhereRule(Rule):
    """Marks entries that bring a rule of their own (``where:``)."""

    id: ClassVar[str] = "where"

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
    return f"rules/{path.name}" if name in packs() else visible(str(path))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "pii-audit policy", **_POLICY.schema()}


class _Named(Kind):
    """Another policy. Returns the node and the name."""

    expected = "a policy"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> tuple[yaml.Node, str] | None:
        name = TEXT.read(node, path, reading)
        return None if name is None else (node, name)


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
