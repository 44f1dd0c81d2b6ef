"""What a kind of personal data is, as data.

An :class:`EntityType` says how a value looks (shapes), how it is checked (validators),
which words stand beside it (context, headers), how sensitive it is, how it is masked
and how a sample is made. Nothing here searches anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from random import Random
from typing import Protocol, runtime_checkable


class Role(Enum):
    """Role of a value in re-identification (直接标识符, 准标识符, 敏感属性)."""

    DIRECT_IDENTIFIER = "direct-identifier"
    QUASI_IDENTIFIER = "quasi-identifier"
    SENSITIVE_ATTRIBUTE = "sensitive-attribute"


class Sensitivity(IntEnum):
    """How bad an exposure of one value is; also the severity a scan gives a finding."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Strength(Enum):
    """What a matching shape proves by itself.

    WEAK: nothing; reported only beside a context word or under a matching header.
    PATTERN: the structure is telling enough to report.
    CHECKED: a check digit (or equally selective arithmetic) held.
    """

    WEAK = "weak"
    PATTERN = "pattern"
    CHECKED = "checked"


@runtime_checkable
class Validator(Protocol):
    """A check over the compact value (separators removed, upper case, half width)."""

    def check(self, text: str) -> bool: ...


@dataclass(frozen=True)
class Shape:
    """A fixed run of character classes, e.g. ``[1-9][0-9]{16}[0-9Xx]``.

    ``body`` uses only explicit classes, literals and counts ``{n}`` or ``{m,n}`` (total length
    at most 32): the subset that Python ``re`` and RE2 read alike. Case is written out.
    ``groups`` lists the groupings (lengths joined by ``-``) in which the characters may be
    written with single spaces or single hyphens between the groups: ``("6-8-4",)``.
    Neighbours that may not touch a match: an ASCII digit before, an ASCII letter or digit after.
    """

    title: str
    body: str
    strength: Strength
    validator: Validator | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labelled:
    """A value of open length that is recognised only straight after a label or under a header.

    ``label [: = ： 是 为 …] value`` where every character of value is in ``chars`` (an explicit class body
    such as ``A-Za-z0-9_-``), ``first`` restricts its first character.
    """

    title: str
    chars: str
    min_length: int
    max_length: int
    min_digits: int = 0
    first: str | None = None


@dataclass(frozen=True)
class Mask:
    """The customary way to show a value: keep letters and digits at both ends, star the rest.

    ``kind`` is ``keep`` (head/tail count letters and digits; separators stay), ``email``
    (first character and domain), ``name`` (surname), ``address`` (up to city), ``omit`` (three stars),
    ``coordinate`` (two decimals), ``octets`` (first two groups).
    """

    kind: str = "keep"
    head: int = 0
    tail: int = 0


@dataclass(frozen=True)
class Classed:
    """A classification by an instrument with how well it is supported (regulations.md marks)."""

    value: str
    mark: str


@dataclass(frozen=True)
class Category:
    """Where the instruments place this entity type (regulations.md section 12)."""

    jrt0171: Classed | None = None
    gbt35273: Classed | None = None
    gbt45574: Classed | None = None
    jrt0197: Classed | None = None


@dataclass(frozen=True)
class EntityType:
    """One kind of personal data. The module docstring of its file holds the prose."""

    name: str
    title: str
    title_zh: str
    role: Role
    sensitivity: Sensitivity
    category: Category
    mask: Mask
    shapes: tuple[Shape, ...] = ()
    labelled: tuple[Labelled, ...] = ()
    #: names of compiled scanners in ``recognizers/kernel.py`` for bodies of open length
    scanners: tuple[str, ...] = ()
    #: whole words or Chinese phrases that raise a span beside them (text)
    context: tuple[str, ...] = ()
    #: column headers / JSON keys, compared after normalisation (lower case, no ``_ - . space``)
    headers: tuple[str, ...] = ()
    #: makes one valid value from a seed; ``None`` for structural types
    sample: Callable[[Random], str] | None = field(default=None, compare=False)
    cites: tuple[str, ...] = ()
    #: False: only when named in ``--entities``
    default: bool = True
    #: True: a dataset- or record-level finding (CONTACT_LIST, CALL_HISTORY)
    structural: bool = False
