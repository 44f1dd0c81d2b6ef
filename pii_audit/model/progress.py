"""How far a run has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of progress. Holds counts and a place, never a value."""

    bytes_done: int
    bytes_total: int | None          #: None: not known (standard input)
    sources_done: int
    findings: int                    #: exposed spans so far
    current: str | None = None       #: display name of a source being read
