"""What is planted where: cells that know which personal data they hold, and the ledger that counts them."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Value:
    """A piece of personal data as it stands in a cell. ``key`` tells which values are one and the same."""

    entity: str
    shown: str
    key: str
    masked: bool = False


#: text without personal data, a planted value, or both mixed; None: an empty cell
Cell = str | Value | tuple["str | Value", ...] | None


def plant(entity: str, shown: str, key: str | None = None) -> Value:
    """Return an exposed value; ``key`` where the same value is also written in another way."""
    letters = filter(str.isalnum, unicodedata.normalize("NFKC", key or shown))
    return Value(entity, shown, "".join(letters).upper())


def starred(entity: str, shown: str) -> Value:
    """Return a value that is masked already."""
    return Value(entity, shown, "", masked=True)


def parts(cell: Cell) -> Iterable[str | Value]:
    """Return the pieces of a cell."""
    if cell is None:
        return ()
    return cell if isinstance(cell, tuple) else (cell,)


def text_of(cell: Cell) -> str:
    """Return a cell as it is written to the file."""
    return "".join(part.shown if isinstance(part, Value) else part for part in parts(cell))


@dataclass
class Source:
    """What one table or text holds."""

    kind: str
    encoding: str | None
    rows: int
    exposed: dict[tuple[str | None, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    masked: dict[tuple[str | None, str], int] = field(default_factory=lambda: defaultdict(int))
    structures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, column: str | None, cell: Cell) -> None:
        """Count what a cell holds."""
        for part in parts(cell):
            if isinstance(part, Value):
                if part.masked:
                    self.masked[column, part.entity] += 1
                else:
                    self.exposed[column, part.entity].append(part.key)

    def structure(self, entity: str, column: str | None, subjects: int, phones: Sequence[str]) -> None:
        """Say that a contact list or call history holds these phones (one for each mention)."""
        found = {"column": column, "entity_type": entity, "count": len(phones)}
        self.structures.append({**found, "subjects": subjects, "third_persons": len(set(phones))})

    def as_json(self) -> dict[str, Any]:
        """Return what must be found, in a stable order."""
        exposed = [
            {"column": column, "entity_type": entity, "count": len(keys), "distinct": len(set(keys))}
            for (column, entity), keys in _sorted(self.exposed)
        ]
        masked = [
            {"column": column, "entity_type": entity, "count": count}
            for (column, entity), count in _sorted(self.masked)
        ]
        facts = {"kind": self.kind, "encoding": self.encoding, "rows": self.rows}
        return {**facts, "exposed": exposed, "masked": masked, "structures": self.structures}


def _sorted(found: dict[tuple[str | None, str], Any]) -> list[tuple[tuple[str | None, str], Any]]:
    return sorted(found.items(), key=lambda item: (item[0][0] or "", item[0][1]))


class Ledger:
    """The folder that is being made, and everything planted in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources: dict[str, Source] = {}
        self.notes: list[tuple[str, str]] = []
        self.rare: list[dict[str, Any]] = []
        self.audit: dict[str, list[str]] = defaultdict(list)

    def source(self, name: str, kind: str, encoding: str | None, rows: int) -> Source:
        """Open the account of one table or text, named as the scan names it."""
        self.sources[name] = source = Source(kind, encoding, rows)
        return source

    def table(
        self, name: str, kind: str, encoding: str | None, header: Sequence[str], rows: Sequence[Sequence[Cell]]
    ) -> Source:
        """Count all cells of a table."""
        source = self.source(name, kind, encoding, len(rows))
        for row in rows:
            for column, cell in zip(header, row, strict=True):
                source.add(column, cell)
        return source

    def write(self, name: str, content: bytes) -> None:
        """Write one file of the folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def close(self) -> None:
        """Write what must be found, and what an audit must object to."""
        findings = {
            "exit_code": 1,
            "skipped": [],
            "notes": [list(note) for note in sorted(self.notes)],
            "rare": self.rare,
            "sources": {name: source.as_json() for name, source in sorted(self.sources.items())},
        }
        self.write("expected/findings.json", _json(findings))
        self.write("expected/audit.json", _json(dict(sorted(self.audit.items()))))


def _json(document: Any) -> bytes:
    """Return a document with one line for each innermost object or list, so that changes are easy to read."""
    return (_lines(document, "") + "\n").encode()


def _lines(node: Any, indent: str) -> str:
    items = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if not any(isinstance(item, (dict, list)) for item in items):
        return json.dumps(node, ensure_ascii=False)
    deeper = indent + " "
    if isinstance(node, dict):
        body = [f"{json.dumps(key, ensure_ascii=False)}: {_lines(value, deeper)}" for key, value in node.items()]
        opened, closed = "{}"
    else:
        body = [_lines(item, deeper) for item in node]
        opened, closed = "[]"
    joint = ",\n" + deeper
    return f"{opened}\n{deeper}{joint.join(body)}\n{indent}{closed}"
