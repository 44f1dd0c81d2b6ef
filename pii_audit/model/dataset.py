"""Places and what could not be read there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """Something that was not read, or not wholly. Any Skipped makes the run incomplete (exit 3).

    ``what`` names the place (``a.zip!b.csv``, ``log.txt: byte 1024``); ``code`` is a stable kebab-case
    word (``missing``, ``permission``, ``truncated``, ``corrupt``, ``encrypted``, ``too-deep``, ``ratio``,
    ``not-a-file``, ``undecodable``, ``changed``, ``too-large``, ``loop`` …); ``reason`` a value-free sentence.
    """

    what: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something worth knowing about a source that was read completely (encoding change, ragged rows, hidden sheet)."""

    what: str
    code: str
    reason: str
