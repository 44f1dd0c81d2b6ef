"""Policies (``rules/*.yml``): which rules apply, with which parameters, and what is accepted.

A policy names rules; ``extends`` takes over everything another policy says, and an entry of the same id changes it.
Every mistake of every file is reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import yaml

import pii_audit
from pii_audit.model.near import near
from pii_audit.model.violation import Severity
from pii_audit.model.visible import visible
from pii_audit.policy import where
from pii_audit.policy.catalogue import EXEMPTION, KINDS, AcceptedViolation, exemption
from pii_audit.policy.fields import (
    FLAG,
    TEXT,
    WHOLE,
    Choice,
    Field,
    Many,
    PolicyError,
    Reading,
    Record,
    Text,
    compose,
    scalar,
)
from pii_audit.policy.interface import Rule
from pii_audit.policy.law import load_law
from pii_audit.policy.registry import rules

SEVERITIES = {severity.label: severity for severity in Severity}
_SEVERITY = Choice(tuple(SEVERITIES), "severity")
_ID = Text(r"[a-z0-9][a-z0-9\-]{0,63}")
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
    reading: Reading
    values: dict[str, Any]
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
        ids: set[str] = set()
        for key, value in root.value:
            name = scalar(key) or ""
            if name == "extends":
                for other in Many(TEXT).read(value, "extends", reading) or ():
                    below = locate(other, path.parent)
                    if below is None:
                        reading.mistake(value, "extends", f"there is no policy {visible(other)}{near(other, packs())}")
                    elif below.resolve() in (*chain, path):
                        reading.mistake(value, "extends", "the policies extend each other in a circle")
                    else:
                        ids |= self.read(below, _shown(other, below), (*chain, path))
            elif name not in ("policy", "title", "title_zh", "rules", "exemptions"):
                reading.mistake(key, visible(name), f"unknown key{near(name, ('policy', 'title', 'title_zh', 'extends', 'rules', 'exemptions'))}")
        for key, value in root.value:
            if scalar(key) == "rules":
                self._rules(value, reading, ids)
            elif scalar(key) == "exemptions":
                for item in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    found = EXEMPTION.read(item, "exemptions", reading)
                    if found and {"rule", "owner", "reason", "expires"} <= found.keys():
                        self.exemptions.append(exemption(found, reading.at(item)))
        self.mistakes += reading.mistakes
        self.files.append(shown)
        self.done[path] = frozenset(ids)
        return self.done[path]

    def _rules(self, node: yaml.Node, reading: Reading, inherited: set[str]) -> None:
        if not isinstance(node, yaml.SequenceNode):
            reading.mistake(node, "rules", "must be a list")
            return
        own: set[str] = set()
        for number, item in enumerate(node.value):
            path = f"rules[{number}]"
            if not isinstance(item, yaml.MappingNode):
                reading.mistake(item, path, "must be a mapping with rule or where")
                continue
            names = {scalar(key): value for key, value in item.value}
            kind, before = self._kind(names, item, path, reading, inherited)
            if kind is None:
                continue
            values = fields_of(kind).read(item, path, reading) or {}
            identity = values.get("id") or kind.id
            if identity in own or (identity in self.entries and identity not in inherited):
                reading.mistake(item, path, f"the id {identity} is given twice")
                continue
            own.add(identity)
            inherited.add(identity)
            source = f"policy {reading.shown}" if "severity" in values else (before.severity_from if before else "")
            self.entries[identity] = _Entry(item, reading, {**(before.values if before else {}), **values}, kind, source)

    def _kind(
        self, names: Mapping[str | None, yaml.Node], item: yaml.Node, path: str, reading: Reading, inherited: set[str]
    ) -> tuple[type[Rule] | None, _Entry | None]:
        identity = scalar(names["id"]) if "id" in names else None
        if "rule" in names:
            name = scalar(names["rule"]) or ""
            before = self.entries.get(identity or name) if (identity or name) in inherited else None
            if name in rules():
                return rules()[name], before
            if before is not None and identity is None:
                return before.kind, before
            reading.mistake(names["rule"], f"{path}.rule", f"unknown rule {visible(name)}{near(name, rules())}")
            return None, None
        if identity in inherited and identity in self.entries:
            return self.entries[identity].kind, self.entries[identity]
        if "where" in names:
            return WhereRule, None
        reading.mistake(item, path, "needs rule, where, or the id of an entry of a policy it extends")
        return None, None


@cache
def fields_of(rule: type[Rule]) -> Record:
    """Return the keys that an entry of this rule may have."""
    own = {name: Field(item.metadata["kind"], item.metadata["doc"]) for name, item in rule.parameters().items()}
    return Record({**COMMON, **own, **(_NEW if rule is WhereRule else {})}, "key or parameter")


def load_policy(names: Iterable[str], folder: Path) -> Policy:
    """Return what policies say together. ``names``: packs in rules/, or files relative to ``folder``.

    Raises PolicyError with every mistake in them.
    """
    files = _Files()
    for name in dict.fromkeys(names):
        path = locate(name, folder)
        if path is None:
            files.mistakes.append(f"there is no policy {visible(name)}{near(name, packs())} (known: {', '.join(packs())})")
        else:
            files.read(path, _shown(name, path), ())
    applied = {}
    for identity, entry in files.entries.items():
        made = _applied(identity, entry)
        if made is not None:
            applied[identity] = made
    mistakes = dict.fromkeys([*files.mistakes, *(m for entry in files.entries.values() for m in entry.reading.mistakes)])
    for accepted in files.exemptions:
        if accepted.rule not in files.entries:
            mistakes[f"{accepted.place}: exemptions.rule: unknown rule {visible(accepted.rule)}{near(accepted.rule, files.entries)}"] = None
    if mistakes:
        raise PolicyError("\n".join(sorted(mistakes, key=_in_order)))
    return Policy(dict(sorted(applied.items())), tuple(files.exemptions), tuple(files.files))


def _in_order(mistake: str) -> tuple[str, int]:
    found = re.match(r"(.*?):(\d+): ", mistake)
    return (found[1], int(found[2])) if found else ("", 0)


def _applied(identity: str, entry: _Entry) -> Applied | None:
    values, kind, reading = entry.values, entry.kind, entry.reading
    before = len(reading.mistakes)
    given = {name: value for name, value in values.items() if name in kind.parameters()}
    for name, item in kind.parameters().items():
        if item.default is MISSING and name not in given:
            reading.mistake(entry.node, identity, f"the parameter {name} is missing ({item.metadata['doc']})")
    law = load_law()
    for row in values.get("law", ()) if kind is WhereRule else ():
        if row not in law.rows:
            reading.mistake(entry.node, f"{identity}.law", f"unknown row of the law {visible(row)}{near(row, law.rows)}")
    if kind is WhereRule:
        for name in ("id", "where", "kind", "title"):
            if name not in values:
                reading.mistake(entry.node, identity, f"{name} is missing ({_NEW[name].doc if name in _NEW else COMMON[name].doc})")
        if "where" in values and (reason := where.refused(values["where"])):
            reading.mistake(entry.node, f"{identity}.where", reason)
    if len(reading.mistakes) > before:
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
    return path if path.is_file() else None


def _shown(name: str, path: Path) -> str:
    return f"rules/{path.name}" if name in packs() else visible(str(path))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy file, for editors."""
    entries = [
        {**fields_of(rule).schema(), "required": ["rule"], "description": rule.title} for rule in rules().values()
    ]  # fmt: skip
    for entry, name in zip(entries, rules(), strict=True):
        entry["properties"]["rule"] = {"const": name}
    own = fields_of(WhereRule).schema()
    own["required"] = ["id", "where", "kind", "title"]
    changed = Record(COMMON).schema() | {"required": ["id"], "additionalProperties": True, "not": {"anyOf": [{"required": ["rule"]}, {"required": ["where"]}]}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pii-audit policy",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "policy": {"type": "string"},
            "title": {"type": "string"},
            "title_zh": {"type": "string"},
            "extends": Many(TEXT).schema(),
            "rules": {"type": "array", "items": {"oneOf": [*entries, own, changed]}},
            "exemptions": {"type": "array", "items": EXEMPTION.schema()},
        },
    }
