"""Counts that merge: what the scan learnt about one column (or text), in any order and any cut.

Merging is associative and commutative with an empty start: the result is the same however the work was dealt out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pii_audit.model.finding import Location

#: distinct counts are exact up to this many values, estimates beyond (relative error about 1/sqrt(size))
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
            self.hashes = np.unique(np.concatenate((self.hashes, hashes)))[:SKETCH_SIZE]

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
        return round((SKETCH_SIZE - 1) / (int(self.hashes[-1]) / 2**64))


@dataclass(slots=True)
class Tally:
    """What was seen of one entity type in one column."""

    count: int = 0
    cells: int = 0
    whole: int = 0  #: spans that are the whole cell
    evidence: list[int] = field(default_factory=lambda: [0] * 6)  #: spans by Evidence
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
        self.first = sorted(self.first + other.first, key=_place)[:FIRST_LOCATIONS]


def _place(entry: tuple[Location, str]) -> tuple[int, int]:
    location, _ = entry
    return (location.line or location.row or 0, location.start)


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
            mine = self.tallies.get(name)
            if mine is None:
                self.tallies[name] = tally
            else:
                mine.merge(tally)
