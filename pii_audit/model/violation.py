"""What breaks a rule, what could not be tested, what was accepted: places and counts, never values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from pii_audit.model.law import Basis


class Severity(IntEnum):
    """How bad a violation is. INFO is arithmetic for the reader and never changes the exit code."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where: a source (as in findings) or an entry of the catalogue, with row (1-based) or column where there is one."""

    source: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken in one dataset (or recipient, or the organisation as a whole)."""

    rule: str                       #: id of the rule in its policy
    title: str
    title_zh: str
    severity: Severity
    reached: str                    #: how the severity came about: ``rule``, ``policy FILE``, ``at least 500``
    dataset: str                    #: name in the catalogue; ``-`` for the organisation
    owner: str | None
    count: int                      #: rows, exposed values or entries that break the rule
    tested: int | None              #: rows or entries that were tested; None where counts are of values
    subjects: int | None            #: distinct data subjects, where a borrower column is bound
    places: tuple[Place, ...]       #: the first places, in order
    basis: tuple[Basis, ...]
    remedy: str
    remedy_zh: str
    law: tuple[str, ...] = ()       #: rows of rules/law.yml it serves; empty: the organisation's own policy
    details: Mapping[str, int] = field(default_factory=dict)  #: what kind → how many (entity type, class, route)
    deletes: bool = False           #: its places may be there no more: they are the deletion list of the owner

    @property
    def share(self) -> float | None:
        """Share of what was tested, 0 to 1; None where counts are of values."""
        return self.count / self.tested if self.tested else None


@dataclass(frozen=True, slots=True, order=True)
class NotTestable:
    """A rule that could not be tested, or not on all rows. ``rows`` is 0 where nothing could be tested."""

    rule: str
    dataset: str
    missing: str                    #: stable: ``column closed_on``, ``register staff``, ``kind collection_log``
    reason: str
    rows: int = 0
    reason_zh: str = ""


@dataclass(frozen=True, slots=True)
class Exemption:
    """An accepted violation: who accepted it, why, until when. An expired one exempts nothing."""

    rule: str
    dataset: str | None
    source: str | None              #: pattern of sources; None: all of the dataset
    owner: str
    reason: str
    expires: str                    #: ISO date, the last day on which it holds
    expired: bool = False
    count: int = 0                  #: what it took out of the violations


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the rules in force could be tested: wholly, in part, not at all. The three add up to ``rules``."""

    rules: int
    tested: int
    partly: int
    untested: int


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a framework, with the rules in force that serve it and those of them that are broken."""

    framework: str
    framework_title: str
    framework_title_zh: str
    article: str
    title: str
    title_zh: str
    rules: tuple[str, ...]
    broken: tuple[str, ...]
    untested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What policies said beside violations: what was judged, how completely, by article, and the record it rests on."""

    catalogue: str
    as_of: str
    policies: tuple[str, ...]
    coverage: Coverage
    #: dataset → role → column it was found in
    bindings: Mapping[str, Mapping[str, str]]
    #: dataset → roles that were bound by a header alone, not by the catalogue
    guessed: Mapping[str, tuple[str, ...]]
    articles: tuple[Article, ...]
    #: rules in force that rest on the lexicon: they help to listen, and do not find everything
    language: tuple[str, ...]
    #: record of processing activities (PIPL 55, 56): dataset → what the catalogue says
    record: Mapping[str, Mapping[str, str]]
