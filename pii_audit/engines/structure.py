"""Contact lists and call histories: found by how columns stand to one another, not by one value.

What is noted of a batch is noted row by row and by column name alone, and merges in any order, so that the verdict
(:func:`judged`) does not depend on how a table was cut. Distinct persons are counted in sketches of hashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from pii_audit.entities import call_history as calls
from pii_audit.entities import contact_list as contacts
from pii_audit.entities.person import PERSON, looks_like_name
from pii_audit.model.finding import Location
from pii_audit.model.profile import FIRST_LOCATIONS, Sketch
from pii_audit.recognizers.batch import Spans
from pii_audit.recognizers.cells import whole_cells
from pii_audit.sources.interface import Batch, Column

CONTACT_LIST = "CONTACT_LIST"
CALL_HISTORY = "CALL_HISTORY"
PHONES = frozenset({"CN_MOBILE_PHONE", "CN_LANDLINE_PHONE"})
#: distinct phones in one line of text that make it a phone-book dump (with names beside them, or a telling word)
DUMP_PHONES = 3
#: phones of one column for each borrower, on average, and pairs in all, that make a list without any telling sign
PHONES_EACH = 2
LEAST_PAIRS = 4

#: display name, column, spans
Seen = tuple[str | None, Column, Spans]


@dataclass(slots=True)
class Structure:
    """What was seen of one possible contact list or call history."""

    subjects: Sketch = field(default_factory=Sketch)  #: keys of the persons whose list it is
    subject_rows: int = 0  #: records that are a list of their own (no key needed)
    third_persons: Sketch = field(default_factory=Sketch)
    pairs: Sketch = field(default_factory=Sketch)  #: (key, phone)
    count: int = 0  #: phones (contact list) or calls (call history)
    names: int = 0  #: names of persons among the keys or values of an object
    signs: frozenset[str] = frozenset()  #: what tells that it is one, see ``_KINDS`` and :func:`_sure`
    columns: frozenset[str] = frozenset()  #: headers of the phones of contacts
    certain: bool = False  #: the verdict rests on a telling sign, not on numbers alone
    last_row: int = -1
    first: list[Location] = field(default_factory=list)

    def merge(self, other: Structure) -> None:
        self.subjects.merge(other.subjects)
        self.subject_rows += other.subject_rows
        self.third_persons.merge(other.third_persons)
        self.pairs.merge(other.pairs)
        self.count += other.count
        self.names += other.names
        self.signs |= other.signs
        self.columns |= other.columns
        self.certain |= other.certain
        self.first = _lowest(self.first + other.first)

    def add_rows(self, rows: np.ndarray) -> None:
        """Count records that are a list of their own; a record may go on in the next batch."""
        self.subject_rows += int(np.unique(rows).size) - int(rows[0] == self.last_row)
        self.last_row = int(rows[-1])


@dataclass(frozen=True, slots=True)
class _Phones:
    """The phones in one column of a batch: row (inside the batch), hash, characters."""

    rows: np.ndarray
    hashes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def __len__(self) -> int:
        return int(self.rows.size)

    def at(self, wanted: np.ndarray) -> _Phones:
        return _Phones(self.rows[wanted], self.hashes[wanted], self.starts[wanted], self.ends[wanted])


@dataclass(slots=True)
class Structures:
    """What may be a structure, by (source, column, way in which it was seen)."""

    found: dict[tuple[str, str | None, str], Structure] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()

    def merge(self, other: Structures) -> None:
        self.wanted |= other.wanted
        for key, structure in other.found.items():
            if key in self.found:
                self.found[key].merge(structure)
            else:
                self.found[key] = structure

    def observe(self, batch: Batch, seen: Sequence[Seen], names: Sequence[str], wanted: frozenset[str]) -> None:
        """Take in one batch: its columns with the spans found in them. ``names``: entity types by index."""
        self.wanted |= wanted
        telephone = np.array([name in PHONES for name in names], bool)
        if not wanted or not telephone.any():
            return
        phones = [_phones(column, spans, telephone) for _, column, spans in seen]
        if not any(map(len, phones)):
            return
        if batch.text:
            self._lines(batch, seen, phones)
        elif batch.format == "vcard":
            for found in phones:
                if len(found):
                    structure = self._at(batch.source, None, "cards")
                    structure.subjects.add(np.ones(1, np.uint64))  # the owner of the phone book
                    _add(structure, batch, found)
        else:
            self._table(batch, seen, phones)

    def _at(self, source: str, column: str | None, way: str) -> Structure:
        return self.found.setdefault((source, column, way), Structure())

    def _table(self, batch: Batch, seen: Sequence[Seen], phones: Sequence[_Phones]) -> None:
        groups: dict[tuple[str, str], list[int]] = {}
        flat = []
        for i, (_, column, _) in enumerate(seen):
            group = _group_of(column.name or "", batch.format in ("json", "jsonlines"))
            if group is None:
                flat.append(i)
            else:
                groups.setdefault(group, []).append(i)
        self._columns(batch, [seen[i] for i in flat], [phones[i] for i in flat])
        for (way, path), members in groups.items():
            if any(len(phones[i]) for i in members):
                self._nested(batch, way, path, [seen[i] for i in members], [phones[i] for i in members])

    # -- columns side by side ----------------------------------------------------------------------------------------

    def _columns(self, batch: Batch, seen: Sequence[Seen], phones: Sequence[_Phones]) -> None:
        if not any(map(len, phones)):
            return
        roles = [role_of(column.name or "") for _, column, _ in seen]
        filled = _Filled(batch, seen, phones, roles)
        keys = filled.hashes("key")
        related = filled.rows("relation")
        callees = [i for i, role in enumerate(roles) if role == "callee"]
        callers = [i for i, role in enumerate(roles) if role == "caller"]
        if callees or callers:
            timed = filled.rows("call-time") & filled.rows("caller") & filled.rows("callee")
            measured = filled.rows("duration") | timed
            owners = np.where(keys != 0, keys, filled.hashes("caller")) if callees else keys
            for i in callees or callers:
                found = phones[i].at(measured[phones[i].rows])
                if len(found):
                    _add(self._at(batch.source, None, "calls"), batch, found, owners)
        own = np.zeros(batch.num_rows, bool)
        for i, role in enumerate(roles):
            if role is None:
                own[phones[i].rows] = True
        signs = {"relation": related, "contact-name": filled.rows("contact-name"), "own phone": own}
        for i, role in enumerate(roles):
            found = phones[i]
            if role == "contact-phone" and len(found):
                header = normalise_header(seen[i][1].name or "")
                structure = self._at(batch.source, None, "contacts")
                structure.columns |= {header}
                structure.signs |= {sign for sign, rows in signs.items() if rows[found.rows].any()}
                if _without_digits(header) not in _OWN_TOO:
                    structure.signs |= {"contact-phone"}
                _add(structure, batch, found, keys)
            elif role is None:
                found = found.at((keys[found.rows] != 0) | related[found.rows])
                if len(found):
                    structure = self._at(batch.source, seen[i][0], "phones")
                    if related[found.rows].any():
                        structure.signs |= {"relation"}
                    _add(structure, batch, found, keys)

    # -- arrays of objects, and objects with data for keys, in a record or cell --------------------------------------------

    def _nested(self, batch: Batch, way: str, path: str, seen: Sequence[Seen], phones: Sequence[_Phones]) -> None:
        roles = [_role_inside(_leaf(column.name or "")) for _, column, _ in seen]
        filled = _Filled(batch, seen, phones, roles)
        display = next(display for (display, _, _), found in zip(seen, phones, strict=True) if len(found))
        structure = self._at(batch.source, _cut(display, path), way)
        rows = np.unique(np.concatenate([found.rows for found in phones]))
        for sign in ("duration", "call-time", "relation", "contact-name"):
            if filled.rows(sign)[rows].any():
                structure.signs |= {sign}
        structure.signs |= _path_signs(path)
        for i, found in enumerate(phones):
            if len(found) and not (roles[i] == "caller" and "callee" in roles):
                _add(structure, batch, found)
        structure.add_rows(batch.first_row + rows)
        if way == "object":
            for i, (_, column, spans) in enumerate(seen):
                structure.names += _count_names(column, spans, phones[i], path, rows)

    # -- lines of text -------------------------------------------------------------------------------------------------------

    def _lines(self, batch: Batch, seen: Sequence[Seen], phones: Sequence[_Phones]) -> None:
        for (_, column, spans), found in zip(seen, phones, strict=True):
            rows, begins, counts = np.unique(found.rows, return_index=True, return_counts=True)
            for row, begin, count in zip(rows.tolist(), begins.tolist(), counts.tolist(), strict=True):
                mine = found.at(np.arange(begin, begin + count)) if count >= DUMP_PHONES else None
                if mine is None or np.unique(mine.hashes).size < DUMP_PHONES:
                    continue
                value = row if column.rows is None else int(np.searchsorted(column.rows, row))
                before = 0 if column.pieces is None else int(column.pieces.chars[value])
                if _is_dump(spans.line(value), mine.starts - before, mine.ends - before):
                    structure = self._at(batch.source, None, "lines")
                    structure.add_rows(batch.first_row + mine.rows)
                    _add(structure, batch, mine)


class _Filled:
    """Which rows of a batch have a value in a column of a role, and which value."""

    def __init__(
        self, batch: Batch, seen: Sequence[Seen], phones: Sequence[_Phones], roles: Sequence[str | None]
    ) -> None:
        self._size = batch.num_rows
        self._seen = seen
        self._phones = phones
        self._roles = roles

    def hashes(self, role: str) -> np.ndarray:
        """Return the hash of the value of that role in every row, 0 where there is none; the more telling header wins."""
        out = np.zeros(self._size, np.uint64)
        having = [i for i, found in enumerate(self._roles) if found == role]
        for i in sorted(having, key=lambda i: _rank(self._seen[i][1].name or "")):
            _, column, spans = self._seen[i]
            one = np.zeros(self._size, np.uint64)
            one[slice(None) if column.rows is None else column.rows] = spans.hash_values()
            one[self._phones[i].rows] = self._phones[i].hashes  # +86 138… is the same person as 138…
            np.copyto(out, one, where=out == 0)
        return out

    def rows(self, role: str) -> np.ndarray:
        """Return a boolean for every row: a column of that role has a value there."""
        filled: np.ndarray = self.hashes(role) != 0
        return filled


def _phones(column: Column, spans: Spans, telephone: np.ndarray) -> _Phones:
    mine = telephone[spans.entity] if len(spans) else np.zeros(0, bool)
    values = spans.value[mine].astype(np.int64)
    rows = values if column.rows is None else column.rows[values]
    return _Phones(rows, spans.hash[mine], spans.start[mine], spans.end[mine])


def _add(structure: Structure, batch: Batch, found: _Phones, keys: np.ndarray | None = None) -> None:
    """Count phones; ``keys``: whose they are, by row (0: nobody's)."""
    structure.count += len(found)
    structure.third_persons.add(found.hashes)
    if keys is not None:
        mine = keys[found.rows]
        structure.subjects.add(mine[mine != 0])
        structure.pairs.add(_mix(mine, found.hashes)[mine != 0])
    places = []
    for i in range(min(len(found), FIRST_LOCATIONS)):
        number = batch.first_row + int(found.rows[i]) + 1
        line, row = (number, None) if batch.text else (None, number)
        places.append(Location(line, row, int(found.starts[i]), int(found.ends[i])))
    structure.first = _lowest(structure.first + places)


def _lowest(places: list[Location]) -> list[Location]:
    return sorted(places, key=lambda place: (place.line or place.row or 0, place.start, place.end))[:FIRST_LOCATIONS]


def _mix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    h = (a ^ (b << np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(h ^ (h >> np.uint64(32)))


# -- roles of headers --------------------------------------------------------------------------------------------------

_ROLES = (
    ("callee", calls.CALLEE_HEADERS),
    ("caller", calls.CALLER_HEADERS),
    ("duration", calls.DURATION_HEADERS),
    ("call-time", calls.CALL_TIME_HEADERS),
    ("contact-phone", contacts.CONTACT_PHONE_HEADERS),
    ("contact-name", contacts.CONTACT_NAME_HEADERS),
    ("relation", contacts.RELATION_HEADERS),
    ("key", contacts.KEY_HEADERS),
)
_BY_HEADER = {header: role for role, headers in reversed(_ROLES) for header in headers}
_HAN_HEADERS = sorted((header for header in _BY_HEADER if not header.isascii()), key=len, reverse=True)
_KEY_RANK = {header: rank for rank, header in enumerate(contacts.KEY_HEADERS)}
_NAMES = frozenset((*contacts.CONTACT_NAME_HEADERS, *PERSON.headers))
#: headers under which a customer's own phone may stand as well
_OWN_TOO = frozenset({
    "contactphone", "contactphoneno", "contactphonenumber", "contactmobile", "contactmobileno", "contacttel",
    "contactnumber", "contactno", "linkphone", "linkmobile", "linktel",
})  # fmt: skip
#: arrays under these names are tables of a document: an object is a record of its own, not somebody's contact
_TABLES = frozenset({
    "data", "list", "rows", "records", "items", "result", "results", "content", "page", "body", "payload", "customers",
    "users", "clients", "members", "borrowers", "applicants", "debtors", "employees", "staff", "agents", "collectors",
    "orders", "cases", "loans", "branches", "stores", "客户", "客户列表", "用户", "用户列表", "员工", "员工列表",
})  # fmt: skip


def normalise_header(name: str) -> str:
    """Return a header as the lists write it: lower case, letters, digits and 汉字 only."""
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]+", "", name.lower())


def _without_digits(name: str) -> str:
    return re.sub("[0-9]+", "", name)


@lru_cache(maxsize=4096)
def role_of(header: str) -> str | None:
    """Return the structural role a header or JSON path names, None if it has none.

    key, relation, contact-phone, contact-name, caller, callee, duration or call-time.
    """
    parts = header.split(".")
    for tail in range(len(parts), 0, -1):
        name = normalise_header("".join(parts[-tail:]))
        role = _BY_HEADER.get(name) or _BY_HEADER.get(_without_digits(name))
        if role:
            return role
    name = _without_digits(normalise_header(parts[-1]))
    # a short word says what a header is about only at its end: 与本人关系, not 客户关系经理
    return next((_BY_HEADER[h] for h in _HAN_HEADERS if (h in name if len(h) > 2 else name.endswith(h))), None)


def _role_inside(leaf: str) -> str | None:
    """Return the role of a name inside an array or object, where any name of a person is that of a contact."""
    return role_of(leaf) or ("contact-name" if normalise_header(leaf) in _NAMES else None)


@lru_cache(maxsize=4096)
def _rank(header: str) -> tuple[int, str]:
    name = normalise_header(header)
    return _KEY_RANK.get(name, len(_KEY_RANK)), name


# -- paths of nested values ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _group_of(path: str, json: bool) -> tuple[str, str] | None:
    """Return (way, path) of the array or object whose items or keys ``path`` is about; None for a plain column.

    ``object``: a key is data itself (the name of a person; ``*`` and ``#key`` as ``sources.json_tape`` has them; whatever
    stands in an object called ``contacts``). ``array``: the innermost array of objects, or an array of plain values.
    ``json``: the outermost part is a key, too.
    """
    parts = path.split(".")
    for i, part in enumerate(parts):
        if i == 0 and not json:
            continue
        bare = part.removesuffix("[]")
        if i and not parts[i - 1].endswith("[]") and "contacts" in _path_signs(parts[i - 1]):
            return "object", ".".join(parts[:i])
        if bare in ("*", "#key") or (looks_like_name(bare) and role_of(bare) is None):
            return "object", ".".join(parts[:i])
    inner = path.removesuffix("[]")
    at = inner.rfind("[]")
    if at >= 0:
        return "array", inner[: at + 2]
    return ("array", path) if inner != path else None


def _leaf(path: str) -> str:
    """Return the last name of a path; «contact.phone» inside an array of objects stays two words."""
    return path.rpartition("[].")[2].removesuffix("[]") if "[]." in path else path.rpartition(".")[2]


def _cut(display: str | None, path: str) -> str | None:
    """Return as much of a column's display name as ``path`` covers."""
    return ".".join((display or "").split(".")[: path.count(".") + 1]) or None if path else None


_PATH_WORDS = frozenset(contacts.PATH_WORDS)
_CALL_WORDS = frozenset(calls.CALL_HISTORY.headers)


@lru_cache(maxsize=4096)
def _path_signs(path: str) -> frozenset[str]:
    parts = [normalise_header(part) for part in path.split(".")]
    signs = set()
    if any(part in _CALL_WORDS for part in parts):
        signs.add("calls")
    if any(part in _PATH_WORDS or any(not word.isascii() and word in part for word in _PATH_WORDS) for part in parts):
        signs.add("contacts")
    if parts[-1] in _TABLES:
        signs.add("table")
    return frozenset(signs)


def _count_names(column: Column, spans: Spans, found: _Phones, path: str, rows: np.ndarray) -> int:
    """Return how many names of persons the keys and values of an object hold, in records that hold phones."""
    key = (column.name or "")[len(path) :].strip(".").split(".")[0].removesuffix("[]")
    if key not in ("*", "#key"):
        return len(found)  # the key of these phones is a name
    valid = np.ones(spans.offsets.size - 1, bool)
    names = whole_cells(PERSON.name, spans.data, spans.offsets, valid).astype(bool)
    mine = np.flatnonzero(names)
    return int(np.isin(mine if column.rows is None else column.rows[mine], rows).sum())


# -- phone books in a line ----------------------------------------------------------------------------------------------

_TOLD = re.compile(
    "|".join(word for word in contacts.PATH_WORDS if not word.isascii())
    + r"|(?<![a-z])(?:contacts|contact_?(?:list|book)|phone_?book|address_?book|txl|tongxunlu)(?![a-z])",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"([\u4e00-\u9fff]{2,4})[^\u4e00-\u9fff0-9]{1,24}$")
_NAME_BEHIND = re.compile(r"[\s(:=,\"'/|-]{1,6}([\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])")


def _is_dump(line: str, starts: np.ndarray, ends: np.ndarray) -> bool:
    """Tell whether a line with several phones is a piece of somebody's phone book."""
    if _TOLD.search(line):
        return True
    named = 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        before = _NAME_BEFORE.search(line[max(start - 30, 0) : start])
        behind = _NAME_BEHIND.match(line[end : end + 12])
        named += any(match is not None and looks_like_name(match[1]) for match in (before, behind))
        if named == DUMP_PHONES:
            return True
    return False


# -- the verdict ------------------------------------------------------------------------------------------------------------


def judged(structures: Structures) -> Iterator[tuple[tuple[str, str | None, str], Structure]]:
    """Yield ((source, column, entity type), structure) for what is a contact list or call history that is wanted.

    There are at least two third persons, and a telling sign (``certain``), or several phones for each borrower.
    """
    tables: dict[str, dict[str, list[Structure]]] = {}
    verdicts = []
    for (source, column, way), structure in structures.found.items():
        if way in ("contacts", "phones"):
            tables.setdefault(source, {}).setdefault(way, []).append(structure)
            continue
        kind = _kind(way, structure)
        if kind:
            structure.certain = True
            verdicts.append(((source, column, kind), structure))
    for source, ways in tables.items():
        found = _listed(ways.get("contacts", ())) or _listed(ways.get("phones", ()))
        if found:
            verdicts.append(((source, None, CONTACT_LIST), found))
    for key, structure in sorted(verdicts, key=lambda verdict: tuple(part or "" for part in verdict[0])):
        if key[2] in structures.wanted and structure.third_persons.count >= 2:
            yield key, structure


def _kind(way: str, structure: Structure) -> str | None:
    signs = structure.signs
    match way:
        case "calls":
            return CALL_HISTORY
        case "cards" | "lines":
            return CONTACT_LIST
    if "calls" in signs or "duration" in signs or ("call-time" in signs and "contacts" not in signs):
        return CALL_HISTORY
    if "contacts" in signs or "relation" in signs:
        return CONTACT_LIST
    named = 2 * structure.names >= structure.count if way == "object" else "contact-name" in signs
    return CONTACT_LIST if named and "table" not in signs else None


def _listed(columns: Sequence[Structure]) -> Structure | None:
    """Return the phones of contacts in the columns of a table, None if they are nobody's contacts."""
    chosen = []
    # where a borrower's own phone stands beside every contact, it is the column with one phone for each key
    several = any(column.pairs.count > column.subjects.count for column in columns)
    for column in columns:
        if several and column.pairs.count <= column.subjects.count:
            continue
        column.certain = bool(column.signs) or len(column.columns) > 1
        pairs = column.pairs.count
        if column.certain or (pairs >= LEAST_PAIRS and pairs >= PHONES_EACH * column.subjects.count):
            chosen.append(column)
    if not chosen:
        return None
    joined = Structure()
    for column in chosen:
        joined.merge(column)
    return joined
