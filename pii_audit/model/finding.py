"""What was found: places and counts, never values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pii_audit.model.entity import Sensitivity


class Confidence(Enum):
    """How sure the verdict on a column (or text) is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Location:
    """One place: ``line`` in a text or ``row`` in a table, both 1-based; characters, end exclusive."""

    line: int | None
    row: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Exposed values of one entity type in one column of one source."""

    source: str
    column: str | None
    entity_type: str
    count: int                      #: exposed spans
    distinct: int                   #: distinct normalised values (exact below the sketch size, else an estimate)
    distinct_exact: bool
    cells: int                      #: values (cells, lines) with at least one span
    values: int                     #: non-empty values seen in this column
    score: float                    #: best score of a span
    evidence: str                   #: evidence of that span
    confidence: Confidence
    sensitivity: Sensitivity
    pattern: str                    #: ``column`` (the column is of this type), ``embedded`` (inside text), ``rare`` (few in much), ``structure``, ``name``
    first_locations: tuple[Location, ...]
    masked_samples: tuple[str, ...]
    #: structural findings only: data subjects (borrowers, owners) and distinct third persons in it
    subjects: int | None = None
    third_persons: int | None = None

    @property
    def share(self) -> float:
        """Share of non-empty values that hold at least one span, 0 to 1."""
        return self.cells / self.values if self.values else 0.0


@dataclass(frozen=True, slots=True)
class MaskedCount:
    """Values that were found already masked (``138****1234``): counted, never exposed."""

    source: str
    column: str | None
    entity_type: str
    count: int
