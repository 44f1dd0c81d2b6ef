"""Fields of YAML documents: read safely, every mistake at once with file, line and path.

A document is composed into nodes, never constructed: no tag makes an object, aliases are refused, so a small file
cannot become a large value. The same declarations yield the JSON Schema for editors.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pii_audit.documents.period import Period
from pii_audit.model.errors import UsageError
from pii_audit.model.near import near
from pii_audit.model.visible import visible

#: a file larger than this is no policy
MAX_BYTES = 8 << 20
MAX_DEPTH = 32
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map"))
_NULL = "tag:yaml.org,2002:null"
_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE
#: libyaml where it is there: a large document takes seconds, not minutes
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: texts of a document are shown up to here, lists of known words up to so many
SHOWN, LISTED = 64, 16


class PolicyError(UsageError):
    """One or more mistakes in a catalogue or policy, one a line: ``file:line: path: reason``."""


@dataclass
class Reading:
    """One file being read: its name as shown, and the mistakes found so far."""

    shown: str
    mistakes: list[str] = field(default_factory=list)

    def mistake(self, node: yaml.Node | yaml.Event, path: str, reason: str) -> None:
        """Note a mistake at a node."""
        self.mistakes.append(visible(f"{self.at(node)}: {path or '(document)'}: {reason}"))

    def at(self, node: yaml.Node | yaml.Event) -> str:
        """Return ``file:line`` of a node."""
        return f"{self.shown}:{node.start_mark.line + 1 if node.start_mark else 1}"

    def done(self) -> None:
        """Raise PolicyError if there were mistakes."""
        refuse(self.mistakes)


def refuse(mistakes: Iterable[str]) -> None:
    """Raise PolicyError with the mistakes, each once, by file and line, if there are any."""
    if found := sorted(set(mistakes), key=_by_line):
        raise PolicyError("\n".join(found))


def _by_line(mistake: str) -> tuple[str, int, str]:
    found = re.match(r"(.*?):(\d+): ", mistake)
    return (found[1], int(found[2]), mistake) if found else ("", 0, mistake)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return the reason for a name that is none of the known: the nearest one, and all of them if they are few."""
    words = sorted(known) if isinstance(known, Mapping | frozenset | set) else list(known)
    listed = f" (known: {', '.join(words) or 'none'})" if len(words) <= LISTED else ""
    return f"unknown {what} {short(name)}{near(name, words)}{listed}"


def short(text: str) -> str:
    """Return a text of a document as messages show it."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def compose(path: Path, shown: str) -> tuple[Reading, yaml.MappingNode]:
    """Return the root mapping of a YAML file. Raises PolicyError if it cannot be one."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PolicyError(f"{shown}:1: (document): cannot be read ({getattr(error, 'strerror', None) or 'no name of a file'})") from error
    if len(raw) > MAX_BYTES:
        raise PolicyError(f"{shown}:1: (document): is larger than {MAX_BYTES >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{shown}:{line}: (document): is not UTF-8 (byte {error.start + 1})") from None
    return parse(text, shown)


def parse(text: str, shown: str) -> tuple[Reading, yaml.MappingNode]:
    """Return the root mapping of YAML text. Raises PolicyError if it cannot be one."""
    reading = Reading(shown)
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise PolicyError(f"{shown}:{line}: (document): the character {visible(found[0])} is not allowed")
    try:
        _refuse_bombs(text, reading)
        reading.done()
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError(f"{shown}:{line}: (document): is not YAML: {visible(error.problem or 'unreadable')}") from None
    except yaml.YAMLError:
        raise PolicyError(f"{shown}:1: (document): is not YAML") from None
    if not isinstance(root, yaml.MappingNode):
        raise PolicyError(f"{shown}:1: (document): must be a mapping of keys to values")
    return reading, root


def _refuse_bombs(text: str, reading: Reading) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            reading.mistake(event, "", "aliases are not allowed")
        elif isinstance(event, yaml.NodeEvent) and (tag := getattr(event, "tag", None)) and tag not in _PLAIN_TAGS:
            reading.mistake(event, "", f"the tag {short(tag)} is not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            reading.mistake(event, "", "is nested too deeply")
            return


class Kind:
    """What a value may be. ``read`` returns it, or None after noting a mistake."""

    expected = "a value"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> Any:
        raw = scalar(node)
        value = None if raw is None else self.parse(raw)
        if value is None:
            reading.mistake(node, path, f"must be {self.expected}")
        return value

    def parse(self, raw: str) -> Any:
        """Return the value that a plain text stands for, None if it is none."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "string"}

    def show(self, value: Any) -> str:
        """Return a value as one would write it in YAML."""
        return str(value)


def scalar(node: yaml.Node) -> str | None:
    """Return a scalar as it is written, None for anything else, null included."""
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag != _NULL and node.value.strip() else None


@dataclass(frozen=True)
class Text(Kind):
    """Any text; numbers and dates keep the way they are written."""

    pattern: str | None = None
    expected: str = "a text"

    def parse(self, raw: str) -> str | None:
        return raw if self.pattern is None or re.fullmatch(self.pattern, raw) else None

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]} if self.pattern is None else {"type": "string", "pattern": f"^(?:{self.pattern})$"}


class Flag(Kind):
    expected = "true or false"

    def parse(self, raw: str) -> bool | None:
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(raw.lower())

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def show(self, value: Any) -> str:
        return "true" if value else "false"


@dataclass(frozen=True)
class Whole(Kind):
    least: int = 0

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"a whole number, {self.least} or more"

    def parse(self, raw: str) -> int | None:
        plain = raw.replace("_", "")
        return int(plain) if re.fullmatch(r"[0-9]{1,15}", plain) and int(plain) >= self.least else None

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least}


class PeriodKind(Kind):
    expected = "a period such as 5y, 6m, 30d or 1y6m"

    def parse(self, raw: str) -> Period | None:
        return Period.parse(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": Period.PATTERN}


class TimeKind(Kind):
    expected = "a time of day such as 22:00"

    def parse(self, raw: str) -> dt.time | None:
        found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", raw)
        return dt.time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}

    def show(self, value: dt.time) -> str:
        return value.isoformat("seconds" if value.second else "minutes")


class DateKind(Kind):
    expected = "a date such as 2026-06-30"

    def parse(self, raw: str) -> dt.date | None:
        try:
            return dt.date.fromisoformat(raw) if re.fullmatch(r"\d{4}-\d\d-\d\d", raw) else None
        except ValueError:
            return None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True)
class Choice(Kind):
    """One of some words; ``what`` names them in messages."""

    words: Sequence[str] | Callable[[], Sequence[str]]
    what: str = "word"

    def known(self) -> Sequence[str]:
        return self.words() if callable(self.words) else self.words

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"a {self.what}"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> str | None:
        raw, known = scalar(node), self.known()
        if raw in known:
            return raw
        reading.mistake(node, path, f"must be {self.expected}" if raw is None else unknown(self.what, raw, known))
        return None

    def schema(self) -> dict[str, Any]:
        words = self.known()
        return {"enum": [*words, *(int(word) for word in words if word.isdecimal())]}


@dataclass(frozen=True)
class Many(Kind):
    """A list; a single value stands for a list of one. Returns a tuple."""

    of: Kind
    least: int = 0

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"{self.of.expected}, or a list"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> tuple[Any, ...] | None:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if len(nodes) < self.least:
            reading.mistake(node, path, "must not be empty")
        values = [self.of.read(item, f"{path}[{i}]" if len(nodes) > 1 else path, reading) for i, item in enumerate(nodes)]
        return tuple(value for value in values if value is not None)

    def schema(self) -> dict[str, Any]:
        one = self.of.schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": self.least}]}

    def show(self, value: Sequence[Any]) -> str:
        return f"[{', '.join(map(self.of.show, value))}]"


@dataclass(frozen=True)
class Mapped(Kind):
    """A mapping from names to values of one kind. Returns a dict."""

    of: Kind
    key: Kind = field(default_factory=Text)
    doc: str = ""
    least: int = 0
    expected = "a mapping of keys to values"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        if isinstance(node, yaml.MappingNode) and len(node.value) < self.least:
            reading.mistake(node, path, "must not be empty")
        for name, key, value in items(node, path, reading):
            if self.key.read(key, path, reading) is None:
                continue
            read = self.of.read(value, f"{path}.{short(name)}" if path else short(name), reading)
            if read is not None:
                found[name] = read
        return found

    def schema(self) -> dict[str, Any]:
        key = self.key.schema()
        named = {"propertyNames": key} if {"enum", "pattern"} & key.keys() else {}
        least = {"minProperties": self.least} if self.least else {}
        return {"type": "object", "additionalProperties": self.of.schema(), **named, **least}


@dataclass(frozen=True)
class Field:
    """One key of a record."""

    kind: Kind
    doc: str
    required: bool = False


@dataclass(frozen=True)
class Record(Kind):
    """A mapping with known keys. Returns a dict of those that are given, without the unknown ones, which are mistakes."""

    fields: Mapping[str, Field]
    what: str = "key"
    listed: bool = False             #: a mistake lists the keys, if they are few
    expected = "a mapping of keys to values"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> dict[str, Any] | None:
        if not isinstance(node, yaml.MappingNode):
            reading.mistake(node, path, f"must be {self.expected}")
            return None
        found: dict[str, Any] = {}
        for name, key, value in items(node, path, reading):
            below = f"{path}.{short(name)}" if path else short(name)
            known = self.fields.get(name)
            if known is None:
                few = f" (known: {', '.join(self.fields)})" if self.listed and len(self.fields) <= LISTED else ""
                reading.mistake(key, below, f"unknown {self.what}{near(name, self.fields) or few}")
                continue
            if scalar(value) is None and isinstance(value, yaml.ScalarNode):
                reading.mistake(value, below, f"is empty; {known.kind.expected} was expected")
                continue
            read = known.kind.read(value, below, reading)
            if read is not None:
                found[name] = read
        for name, wanted in self.fields.items():
            if wanted.required and not any(scalar(key) == name for key, _ in node.value):
                reading.mistake(node, path, f"{name} is missing ({wanted.doc})")
        return found

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, known in self.fields.items() if known.required],
            "properties": {name: {"description": known.doc, **known.kind.schema()} for name, known in self.fields.items()},
        }


def items(node: yaml.Node, path: str, reading: Reading) -> Iterable[tuple[str, yaml.Node, yaml.Node]]:
    """Yield name, key node and value node of a mapping; what is no mapping, no text or given twice is a mistake."""
    if not isinstance(node, yaml.MappingNode):
        reading.mistake(node, path, "must be a mapping of keys to values")
        return
    seen = set()
    for key, value in node.value:
        name = scalar(key)
        if name is None:
            reading.mistake(key, path, "a key must be a text")
        elif name in seen:
            reading.mistake(key, f"{path}.{short(name)}" if path else short(name), "is given twice")
        else:
            seen.add(name)
            yield name, key, value


TEXT, FLAG, WHOLE, PERIOD, TIME, DATE = Text(), Flag(), Whole(), PeriodKind(), TimeKind(), DateKind()
TEXTS = Many(TEXT)
