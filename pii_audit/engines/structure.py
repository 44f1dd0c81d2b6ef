"""Contact lists and call histories: found by how columns stand to one another, not by one value.

What is kept per source merges in any order: sketches of distinct keys, phones and (key, phone) pairs, and counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from pii_audit.entities import call_history as calls
from pii_audit.entities import contact_list as contacts
from pii_audit.entities.person import PERSON
from pii_audit.model.finding import Location
from pii_audit.model.profile import FIRST_LOCATIONS, Sketch
from pii_audit.recognizers.batch import Spans
from pii_audit.sources.interface import Batch, Column

CONTACT_LIST = "CONTACT_LIST"
CALL_HISTORY = "CALL_HISTORY"
PHONES = frozenset({"CN_MOBILE_PHONE", "CN_LANDLINE_PHONE"})
#: distinct phones in one line of text that make it a phone-book dump (if names or a telling word stand beside them)
DUMP_PHONES = 3

Seen = tuple[str | None, Column, Spans]


@dataclass(slots=True)
class Structure:
    """What was seen of one contact list or call history."""

    subjects: Sketch = field(default_factory=Sketch)  #: keys of the persons whose list it is
    subject_rows: int = 0  #: records that are a list of their own (no key needed)
    third_persons: Sketch = field(default_factory=Sketch)
    pairs: Sketch = field(default_factory=Sketch)
    count: int = 0  #: phones (contact list) or calls (call history)
    certain: bool = False  #: relation column, telling header or path: no ratio needed
    keyed: bool = False
    first: list[Location] = field(default_factory=list)

    def merge(self, other: Structure) -> None:
        self.subjects.merge(other.subjects)
        self.subject_rows += other.subject_rows
        self.third_persons.merge(other.third_persons)
        self.pairs.merge(other.pairs)
        self.count += other.count
        self.certain = self.certain or other.certain
        self.keyed = self.keyed or other.keyed
        self.first = sorted(self.first + other.first, key=lambda p: (p.line or p.row or 0, p.start))[:FIRST_LOCATIONS]


@dataclass(slots=True)
class Structures:
    """Structures by (source, column, entity type)."""

    found: dict[tuple[str, str | None, str], Structure] = field(default_factory=dict)

    def merge(self, other: Structures) -> None:
        for key, structure in other.found.items():
            if key in self.found:
                self.found[key].merge(structure)
            else:
                self.found[key] = structure

    def _at(self, source: str, column: str | None, kind: str) -> Structure:
        return self.found.setdefault((source, column, kind), Structure())

    def observe(self, batch: Batch, seen: Sequence[Seen], names: Sequence[str], wanted: frozenset[str]) -> None:
        """Take in one batch: its columns with the spans found in them."""
        if not wanted:
            return
        phones = np.array([name in PHONES for name in names])
        if not phones.any():
            return
        if batch.text:
            if CONTACT_LIST in wanted:
                self._lines(batch, seen, phones)
            return
        arrays = [entry for entry in seen if entry[1].name and "[]" in entry[1].name]
        flat = [entry for entry in seen if entry not in arrays] if arrays else list(seen)
        if batch.format == "vcard":
            if CONTACT_LIST in wanted:
                self._cards(batch, seen, phones)
            return
        self._table(batch, flat, phones, wanted)
        if arrays:
            self._arrays(batch, arrays, phones, wanted)

    # -- tables ----------------------------------------------------------------------------------------------------

    def _table(self, batch: Batch, seen: Sequence[Seen], phones: np.ndarray, wanted: frozenset[str]) -> None:
        roles = [role_of(entry[1].name or "") for entry in seen]
        telephone = [i for i, (_, _, spans) in enumerate(seen) if _phone_rows(spans, phones)[0].size]
        if not telephone:
            return
        called = [i for i in telephone if roles[i] in ("caller", "callee")]
        measured = "duration" in roles or "call-time" in roles
        key = next((i for i, role in enumerate(roles) if role == "key" and i not in telephone), None)
        if called and measured and CALL_HISTORY in wanted:
            self._calls(batch, seen, roles, called, key, phones)
            telephone = [i for i in telephone if i not in called]
        if CONTACT_LIST not in wanted or not telephone:
            return
        relation = "relation" in roles
        named = [i for i in telephone if roles[i] == "contact-phone"]
        chosen = named or telephone
        if not (named or relation or key is not None):
            return
        structure = self._at(batch.source, None, CONTACT_LIST)
        structure.certain = structure.certain or bool(named) or relation
        keys = None
        if key is not None:
            structure.keyed = True
            keys = _by_row(seen[key], batch.num_rows)
        for i in chosen:
            rows, hashes, starts = _phone_rows(seen[i][2], phones)
            rows = _absolute(seen[i][1], rows)
            self._add(structure, batch, rows, hashes, starts, seen[i][2], keys)

    def _add(
        self,
        structure: Structure,
        batch: Batch,
        rows: np.ndarray,
        hashes: np.ndarray,
        starts: np.ndarray,
        spans: Spans,
        keys: np.ndarray | None,
    ) -> None:
        structure.count += int(rows.size)
        structure.third_persons.add(hashes)
        if keys is not None:
            mine = keys[rows]
            structure.subjects.add(mine[mine != 0])
            structure.pairs.add(_mix(mine, hashes))
        left = FIRST_LOCATIONS - len(structure.first)
        for row, start in zip(rows[:left].tolist(), starts[:left].tolist(), strict=True):
            number = batch.first_row + row + 1
            structure.first.append(
                Location(number if batch.text else None, None if batch.text else number, start[0], start[1])
            )

    def _calls(
        self,
        batch: Batch,
        seen: Sequence[Seen],
        roles: Sequence[str | None],
        called: Sequence[int],
        key: int | None,
        phones: np.ndarray,
    ) -> None:
        structure = self._at(batch.source, None, CALL_HISTORY)
        structure.certain = True
        other = [i for i in called if roles[i] == "callee"] or called
        caller = next((i for i in called if roles[i] == "caller" and i not in other), None)
        keys = None
        if key is not None or caller is not None:
            structure.keyed = True
            keys = _by_row(seen[key if key is not None else caller or 0], batch.num_rows)
        for i in other:
            rows, hashes, starts = _phone_rows(seen[i][2], phones)
            self._add(structure, batch, _absolute(seen[i][1], rows), hashes, starts, seen[i][2], keys)

    # -- arrays of objects in a record or cell -----------------------------------------------------------------------

    def _arrays(self, batch: Batch, seen: Sequence[Seen], phones: np.ndarray, wanted: frozenset[str]) -> None:
        groups: dict[str, list[Seen]] = {}
        for entry in seen:
            path = entry[1].name or ""
            groups.setdefault(path[: path.rindex("[]") + 2], []).append(entry)
        for path, members in groups.items():
            roles = [role_of((entry[1].name or "").rpartition(".")[2]) for entry in members]
            holders = [i for i, entry in enumerate(members) if _phone_rows(entry[2], phones)[0].size]
            if not holders:
                continue
            telling = any(_telling(part) for part in path.split("."))
            kind = None
            if "duration" in roles or ("call-time" in roles and not telling) or _is_call_path(path):
                kind = CALL_HISTORY
            elif telling or "relation" in roles or any(_is_name(entry[1].name or "") for entry in members):
                kind = CONTACT_LIST
            if kind is None or kind not in wanted:
                continue
            name = members[holders[0]][0]
            structure = self._at(batch.source, name and _array_of(name), kind)
            structure.certain = True
            records: set[int] = set()
            for i in holders:
                rows, hashes, starts = _phone_rows(members[i][2], phones)
                rows = _absolute(members[i][1], rows)
                records.update(rows.tolist())
                self._add(structure, batch, rows, hashes, starts, members[i][2], None)
            structure.subject_rows += len(records)

    # -- vCard files and lines of text -------------------------------------------------------------------------------

    def _cards(self, batch: Batch, seen: Sequence[Seen], phones: np.ndarray) -> None:
        for entry in seen:
            rows, hashes, starts = _phone_rows(entry[2], phones)
            if rows.size:
                structure = self._at(batch.source, None, CONTACT_LIST)
                structure.certain = True
                self._add(structure, batch, _absolute(entry[1], rows), hashes, starts, entry[2], None)

    def _lines(self, batch: Batch, seen: Sequence[Seen], phones: np.ndarray) -> None:
        for _, column, spans in seen:
            rows, hashes, starts = _phone_rows(spans, phones)
            if rows.size < DUMP_PHONES:
                continue
            values, counts = np.unique(rows, return_counts=True)
            for value in values[counts >= DUMP_PHONES].tolist():
                mine = rows == value
                if np.unique(hashes[mine]).size < DUMP_PHONES or not _is_dump(spans.line(value)):
                    continue
                structure = self._at(batch.source, None, CONTACT_LIST)
                structure.certain = True
                structure.subject_rows += 1
                self._add(structure, batch, _absolute(column, rows[mine]), hashes[mine], starts[mine], spans, None)


def _phone_rows(spans: Spans, phones: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (index of value, hash, (start, end)) of the phones among the spans."""
    mine = phones[spans.entity] if len(spans) else np.zeros(0, bool)
    return spans.value[mine], spans.hash[mine], np.stack((spans.start[mine], spans.end[mine]), axis=1)


def _absolute(column: Column, rows: np.ndarray) -> np.ndarray:
    return column.rows[rows] if column.rows is not None else rows.astype(np.int64)


def _by_row(entry: Seen, num_rows: int) -> np.ndarray:
    """Return the hash of the column's value in every row of the batch, 0 where it has none."""
    _, column, spans = entry
    hashes = spans.hash_values()
    if column.rows is None:
        return hashes
    out = np.zeros(num_rows, np.uint64)
    out[column.rows] = hashes
    return out


def _mix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    h = (a ^ (b << np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
    mixed: np.ndarray = h ^ (h >> np.uint64(32))
    return mixed


# -- roles of headers ------------------------------------------------------------------------------------------------

_ROLES = (
    ("callee", calls.CALLEE_HEADERS),
    ("caller", calls.CALLER_HEADERS),
    ("duration", calls.DURATION_HEADERS),
    ("call-time", calls.CALL_TIME_HEADERS),
    ("contact-phone", contacts.CONTACT_PHONE_HEADERS),
    ("relation", contacts.RELATION_HEADERS),
    ("key", contacts.KEY_HEADERS),
)
_BY_HEADER = {header: role for role, headers in reversed(_ROLES) for header in headers}
_HAN_HEADERS = sorted((h for h in _BY_HEADER if not h.isascii()), key=len, reverse=True)
_PATH_WORDS = frozenset(contacts.PATH_WORDS)
_CALL_WORDS = frozenset(calls.CALL_HISTORY.headers)
_NAMES = frozenset((*contacts.CONTACT_NAME_HEADERS, *PERSON.headers))


def normalise_header(name: str) -> str:
    """Return a header as the lists write it: lower case, letters, digits and 汉字 only."""
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]+", "", name.lower())


@lru_cache(maxsize=4096)
def role_of(header: str) -> str | None:
    """Return the structural role that a header names: key, relation, contact-phone, caller, callee, duration, call-time."""
    name = normalise_header(header)
    if name in _BY_HEADER:
        return _BY_HEADER[name]
    if bare := name.rstrip("0123456789"):
        if bare in _BY_HEADER:
            return _BY_HEADER[bare]
    return next((_BY_HEADER[h] for h in _HAN_HEADERS if h in name), None)


@lru_cache(maxsize=4096)
def _telling(part: str) -> bool:
    name = normalise_header(part)
    return name in _PATH_WORDS or any(not word.isascii() and word in name for word in _PATH_WORDS)


@lru_cache(maxsize=4096)
def _is_call_path(path: str) -> bool:
    return any(normalise_header(part) in _CALL_WORDS for part in path.split("."))


@lru_cache(maxsize=4096)
def _is_name(path: str) -> bool:
    return normalise_header(path.rpartition(".")[2]) in _NAMES


def _array_of(path: str) -> str:
    return path[: path.rindex("[]") + 2] if "[]" in path else path


_PAIR = re.compile(r"[\u4e00-\u9fffA-Za-z]{2,20}[\"'\s:=,，：|/(（>-]{1,6}(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}")
_WORD = re.compile("|".join(re.escape(w) for w in contacts.PATH_WORDS if not w.isascii()) + r"|contacts?\b|phone_?book|address_?book", re.IGNORECASE)


def _is_dump(line: str) -> bool:
    """Tell whether a line with several phones is a piece of somebody's phone book."""
    return bool(_WORD.search(line)) or sum(1 for _ in _PAIR.finditer(line)) >= DUMP_PHONES


def judged(structures: Structures) -> Iterable[tuple[tuple[str, str | None, str], Structure]]:
    """Return the structures that are what they look like.

    That is: at least two third persons, and either a telling sign (relation, header, path, card, dump) or at least
    twice as many phones as keys.
    """
    for key, structure in sorted(structures.found.items(), key=lambda item: (item[0][0], item[0][1] or "", item[0][2])):
        if structure.third_persons.count < 2:
            continue
        keys = structure.subjects.count
        if structure.certain or (keys >= 2 and structure.pairs.count >= 2 * keys):
            yield key, structure
