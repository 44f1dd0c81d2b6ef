"""Names that may be shown: of files, members of archives, sheets, tables, columns.

A file is named ``13812345678.csv`` more often than one would think. Every name that leaves the program passes
through here: what the detector finds in it is masked, and counted as found in the name (column ``#name``).
Names are looked at with all entity types that are on by default, whatever the scan is asked to look for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pyarrow as pa

from pii_audit.entities import select
from pii_audit.entities.masking import mask_value
from pii_audit.entities.person import HAN, PERSON, looks_like_name
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.entity import EntityType
from pii_audit.model.finding import Location
from pii_audit.model.profile import ColumnProfile, Tally
from pii_audit.model.score import DEFAULT_MIN_SCORE, Evidence
from pii_audit.recognizers.batch import Detector

#: the column of findings in names
NAME_COLUMN = "#name"
#: names kept in mind; a run meets the same folders, members and headers over and over
_KEPT = 4096

_SEPARATOR = re.compile(r"([/!])")
#: what readers add behind a name; the number is a place, never a value
_PLACE = re.compile(r": (?:byte|row|line) [0-9]+$")

Told = TypeVar("Told", Skipped, Note)


@dataclass(frozen=True, slots=True)
class _Hit:
    """One value in a name. ``mark`` tells values apart and never leaves the process."""

    entity: EntityType
    evidence: Evidence
    start: int
    end: int
    masked: str
    mark: int


class Names:
    """Turns names into what may be shown. One per process."""

    def __init__(self, detector: Detector) -> None:
        default = select(None)
        every = {e.name for e in default if not e.structural} <= {e.name for e in detector.entities}
        self._detector = detector if every and detector.min_score <= DEFAULT_MIN_SCORE else Detector(default)
        self._parts: dict[str, tuple[str, tuple[_Hit, ...]]] = {}
        self._columns: dict[tuple[str | None, ...], tuple[list[str | None], tuple[_Hit, ...]]] = {}

    def place(self, name: str, found: dict[str, ColumnProfile] | None = None) -> str:
        """Return a path or a place as it may be shown; values in it are counted in ``found``, by the path up to them."""
        tail = match[0] if (match := _PLACE.search(name)) else ""
        shown = ""
        for part in _SEPARATOR.split(name[: len(name) - len(tail)]):
            clean, hits = self._part(part)
            shown += clean
            if hits and found is not None:
                _count(found, shown, hits)
        return shown + tail

    def event(self, told: Told, found: dict[str, ColumnProfile] | None = None) -> Told:
        """Return a skip or note as it may be shown; readers name columns in some reasons."""
        return replace(told, what=self.place(told.what, found), reason=_replaced(told.reason, self._hits(told.reason)))

    def columns(self, source: str, raw: tuple[str | None, ...], found: dict[str, ColumnProfile]) -> Sequence[str | None]:
        """Return column names as they may be shown: a header or JSON key that is a value is never repeated."""
        if raw == (None,):
            return raw
        known = self._columns.get(raw)
        if known is None:
            if len(self._columns) >= _KEPT:
                self._columns.clear()
            shown = [None if name is None else self._column(name, i) for i, name in enumerate(raw)]
            hits = [hit for name, clean in zip(raw, shown, strict=True) if name and name != clean for hit in self._hits(name)]
            known = self._columns[raw] = shown, tuple(hits)
        if known[1]:
            _count(found, source, known[1])
        return known[0]

    def _column(self, name: str, index: int) -> str:
        if self._detector.headers.mask(name) and not any(char.isdigit() for char in name):
            return name
        parts = name.split(".")
        if not self._hits(name) and not any(looks_like_name(part) for part in parts):
            return name
        clean = ["{}" if looks_like_name(part) or self._hits(part) else part for part in parts]
        return ".".join(clean) if len(parts) > 1 and clean != parts else f"#{index + 1}"

    def _part(self, part: str) -> tuple[str, tuple[_Hit, ...]]:
        known = self._parts.get(part)
        if known is None:
            if len(self._parts) >= _KEPT:
                self._parts.clear()
            hits = self._hits(part)
            hits = tuple(sorted((*hits, *_beside(part, hits)), key=lambda hit: hit.start))
            known = self._parts[part] = _replaced(part, hits), hits
        return known

    def _hits(self, text: str) -> tuple[_Hit, ...]:
        text = text.encode("utf-8", "replace").decode()
        spans = self._detector.detect(pa.array([text], pa.string()))
        hits = []
        for i in range(len(spans)):
            entity, value = self._detector.entities[int(spans.entity[i])], spans.text(i)
            place = int(spans.start[i]), int(spans.end[i])
            hits.append(_Hit(entity, Evidence(int(spans.evidence[i])), *place, mask_value(entity.mask, value), _mark(value)))
        return tuple(hits)


def _beside(part: str, hits: tuple[_Hit, ...]) -> Iterator[_Hit]:
    """Yield the names of persons that stand beside a value (``张三_1101….xlsx``)."""
    if not hits:
        return
    for match in HAN.finditer(part):
        outside = all(match.end() <= hit.start or hit.end <= match.start() for hit in hits)
        if outside and looks_like_name(match[0]):
            yield _Hit(PERSON, Evidence.PATTERN, *match.span(), mask_value(PERSON.mask, match[0]), _mark(match[0]))


def _mark(value: str) -> int:
    return int.from_bytes(hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _replaced(text: str, hits: tuple[_Hit, ...]) -> str:
    shown, at = "", 0
    for hit in hits:
        shown += text[at : hit.start] + hit.masked
        at = hit.end
    return shown + text[at:]


def _count(found: dict[str, ColumnProfile], place: str, hits: tuple[_Hit, ...]) -> None:
    profile = found.setdefault(place, ColumnProfile(place, NAME_COLUMN, text=False))
    for hit in hits:
        tally = profile.tallies.setdefault(hit.entity.name, Tally())
        tally.evidence[hit.evidence] += 1
        tally.distinct.add(np.array([hit.mark], np.uint64))
        if not tally.first:
            tally.first.append((Location(None, None, hit.start, hit.end), hit.masked))


class Distinct:
    """Tells files apart whose names look alike once they are masked: the second becomes ``138****5678 (2).csv``."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def name(self, shown: str) -> str:
        """Return the name, numbered from its second use on."""
        count = self._seen[shown] = self._seen.get(shown, 0) + 1
        if count == 1:
            return shown
        folder, slash, last = shown.rpartition("/")
        stem, dot, suffix = last.rpartition(".")
        return f"{folder}{slash}{stem} ({count}).{suffix}" if dot and stem else f"{shown} ({count})"
