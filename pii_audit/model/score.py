"""The score ladder and the kinds of evidence: the one place where both are written."""

from __future__ import annotations

from enum import IntEnum


class Evidence(IntEnum):
    """Why a span was reported, weakest first. ``label`` is the word in reports."""

    PATTERN = 0
    CONTEXT = 1
    HEADER = 2
    MODEL = 3
    CHECKSUM = 4
    CHECKSUM_CONTEXT = 5

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def score(self) -> float:
        return SCORES[self]


_LABELS = {
    Evidence.PATTERN: "pattern",
    Evidence.CONTEXT: "context",
    Evidence.HEADER: "header",
    Evidence.MODEL: "model",
    Evidence.CHECKSUM: "checksum",
    Evidence.CHECKSUM_CONTEXT: "checksum+context",
}

#: pattern < pattern + context < check digit < check digit + context (design.md 3.5)
SCORES = {
    Evidence.PATTERN: 0.60,
    Evidence.CONTEXT: 0.75,
    Evidence.HEADER: 0.75,
    Evidence.MODEL: 0.70,
    Evidence.CHECKSUM: 0.85,
    Evidence.CHECKSUM_CONTEXT: 0.95,
}

DEFAULT_MIN_SCORE = 0.5
