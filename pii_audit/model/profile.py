"""Counts that merge: what the scan learnt about one column (or text), in any order and any cut.

Merging is associative and commutative with an empty start: the result is the same however the work was dealt out,
as long as the rows of a table (and the characters of a text) are each in one part only. What is merged stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pii_audit.model.finding import Location
from pii_audit.model.score import Evidence

#: distinct counts are exact below this many values, from there on estimates (standard error 1/sqrt(size - 2), 1.6 %)
SKETCH_SIZE = 4096
FIRST_LOCATIONS = 5
SAMPLES = 3


@dataclass(slots=True)
class Sketch:
    """The smallest hashes of a set: counts distinct values in bounded memory; union is merge."""

    hashes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))

    def add(self, hashes: np.ndarray) -> None:
        if hashes.size:
            if self.hashes.size == SKETCH_SIZE:
                hashes = hashes[hashes < self.hashes[-1]]
                if not hashes.size:
                    return
            # a copy: a view would keep all hashes of a batch
            self.hashes = np.unique(np.concatenate((self.hashes, hashes)))[:SKETCH_SIZE].copy()

    def merge(self, other: Sketch) -> None:
        self.add(other.hashes)

    @property
    def exact(self) -> bool:
        return self.hashes.size < SKETCH_SIZE

    @property
    def count(self) -> int:
        """Return the number of distinct values (an estimate when not ``exact``)."""
        if self.exact:
            return int(self.hashes.size)
        return max(SKETCH_SIZE, round((SKETCH_SIZE - 1) / (int(self.hashes[-1]) / 2**64)))


@dataclass(slots=True)
class Tally:
    """What was seen of one entity type in one column."""

    count: int = 0
    cells: int = 0
    whole: int = 0  #: spans that are the whole cell
    evidence: list[int] = field(default_factory=lambda: [0] * len(Evidence))  #: spans by Evidence
    distinct: Sketch = field(default_factory=Sketch)
    masked: int = 0
    near_misses: int = 0
    first: list[tuple[Location, str]] = field(default_factory=list)  #: (place, masked sample), lowest places

    def merge(self, other: Tally) -> None:
        self.count += other.count
        self.cells += other.cells
        self.whole += other.whole
        self.evidence = [a + b for a, b in zip(self.evidence, other.evidence, strict=True)]
        self.distinct.merge(other.distinct)
        self.masked += other.masked
        self.near_misses += other.near_misses
        self.note(other.first)

    def wants(self, row: int) -> bool:
        """Return whether a place in this row (or line) and behind it may still be among the first."""
        return len(self.first) < FIRST_LOCATIONS or row <= _place(self.first[-1])[0]

    def note(self, places: list[tuple[Location, str]]) -> None:
        """Keep the first of these places, which are in order, and of those noted before."""
        self.first = sorted(self.first + places, key=_place)[:FIRST_LOCATIONS]

    @property
    def best(self) -> Evidence:
        """Return the evidence of the best-scored span. Raises ValueError if there is none."""
        return max((e for e in Evidence if self.evidence[e]), key=lambda e: (e.score, e))

    @property
    def samples(self) -> tuple[str, ...]:
        """Return some different masked values, those that come first."""
        return tuple(dict.fromkeys(sample for _, sample in self.first))[:SAMPLES]


def _place(entry: tuple[Location, str]) -> tuple[int, int]:
    """Return what places are sorted by. A long line comes in pieces; the cells of a row keep the order they came in."""
    location, _ = entry
    return (location.row or 0, 0) if location.line is None else (location.line, location.start)


@dataclass(slots=True)
class ColumnProfile:
    """One column of one source (``column`` None: the lines of a text)."""

    source: str
    column: str | None
    text: bool
    values: int = 0  #: non-empty values
    characters: int = 0  #: bytes of UTF-8 in them
    tallies: dict[str, Tally] = field(default_factory=dict)

    def merge(self, other: ColumnProfile) -> None:
        self.values += other.values
        self.characters += other.characters
        for name, tally in other.tallies.items():
            self.tallies.setdefault(name, Tally()).merge(tally)
