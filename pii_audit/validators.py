"""Checks over a compact value, as data.

Each class is one kind of arithmetic that issuers use. ``check`` is the plain reading of one text;
``recognizers/kernel.py`` compiles the same data for its pass over buffers (a test proves both readings equal).
Compact means: separators removed, half width, upper case.
"""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import dataclass
from functools import cache

from pii_audit import tables

ALPHANUMERIC = string.digits + string.ascii_uppercase


@dataclass(frozen=True)
class Luhn:
    """ISO/IEC 7812-1 annex B: double every second digit from the right, sum of digits is a multiple of 10."""

    def check(self, text: str) -> bool:
        return text.isascii() and text.isdigit() and _luhn_sum(text) % 10 == 0

    def complete(self, body: str) -> str:
        """Return ``body`` with the digit appended that makes it valid."""
        return body + str(-_luhn_sum(body + "0") % 10)


def _luhn_sum(text: str) -> int:
    total = 0
    for i, char in enumerate(reversed(text)):
        digit = int(char) * (2 if i % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total


@dataclass(frozen=True)
class WeightedSum:
    """``table[sum(weight × value) mod modulus]`` equals the character at ``check_at``.

    Weights apply to the characters from ``start`` on; ``values`` maps a character to its number by position
    (a space in it: never matches). A weight of 0 skips a character (the check character itself may stand inside).
    """

    weights: tuple[int, ...]
    modulus: int
    table: str
    check_at: int
    start: int = 0
    values: str = ALPHANUMERIC
    #: numbers for ALPHANUMERIC characters when several share one (VIN transliteration); overrides ``values``
    numbers: tuple[int, ...] | None = None

    def number(self, char: str) -> int:
        """Return the number of a character, -1 if it has none."""
        if self.numbers is not None:
            at = ALPHANUMERIC.find(char)
            return self.numbers[at] if at >= 0 else -1
        return self.values.find(char)

    def check_character(self, text: str) -> str | None:
        """Return the character that belongs at ``check_at``, None if a character has no number."""
        total = 0
        for weight, char in zip(self.weights, text[self.start :], strict=False):
            if weight:
                number = self.number(char)
                if number < 0:
                    return None
                total += weight * number
        return self.table[total % self.modulus]

    def check(self, text: str) -> bool:
        if len(text) < max(self.start + len(self.weights), self.check_at + 1):
            return False
        return text[self.check_at] == self.check_character(text)

    def complete(self, text: str) -> str:
        """Return ``text`` with the character at ``check_at`` replaced (or appended) so that it is valid."""
        check = self.check_character(text)
        if check is None:
            raise ValueError("a character has no number in this scheme")
        return text[: self.check_at] + check + text[self.check_at + 1 :]


@dataclass(frozen=True)
class DateAt:
    """A real calendar date at ``position``: ``yyyymmdd`` (1900 … today) or ``yymmdd`` (20th century)."""

    position: int
    form: str = "yyyymmdd"

    def check(self, text: str) -> bool:
        part = text[self.position : self.position + len(self.form)]
        if len(part) != len(self.form) or not (part.isascii() and part.isdigit()):
            return False
        if self.form == "yymmdd":
            part = "19" + part
        try:
            day = dt.date(int(part[:4]), int(part[4:6]), int(part[6:]))
        except ValueError:
            return False
        return dt.date(1900, 1, 1) <= day <= dt.date.today()


@dataclass(frozen=True)
class CodeIn:
    """The digits ``text[position:position + length]`` are in the reference table ``table`` (see pii_audit/tables)."""

    table: str
    position: int
    length: int

    def check(self, text: str) -> bool:
        part = text[self.position : self.position + self.length]
        return len(part) == self.length and part in _codes(self.table)


@cache
def _codes(table: str) -> frozenset[str]:
    return frozenset(tables.codes(table))


@dataclass(frozen=True)
class PrefixLength:
    """The text starts with an issuer prefix of ``table`` and has a length that this issuer uses."""

    table: str

    def check(self, text: str) -> bool:
        return any(
            length == len(text) and text.startswith(prefix) for prefix, length in tables.prefix_lengths(self.table)
        )


@dataclass(frozen=True)
class AllOf:
    """Every check holds."""

    checks: tuple[Luhn | WeightedSum | DateAt | CodeIn | PrefixLength, ...]

    def check(self, text: str) -> bool:
        return all(check.check(text) for check in self.checks)


# GB 11643-1999 (resident identity number): ISO 7064 MOD 11-2 written as weights.
GB11643 = WeightedSum(
    weights=(7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), modulus=11, table="10X98765432", check_at=17
)

# GB 32100-2015 (unified social credit code): base 31, letters without I O S V Z.
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
GB32100 = WeightedSum(
    weights=(1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28),
    modulus=31,
    table="".join(_USCC_ALPHABET[-r % 31] for r in range(31)),
    check_at=17,
    values=_USCC_ALPHABET,
)

# GB 11714-1997 (organisation code, characters 9 to 17 of a unified social credit code).
GB11714 = WeightedSum(
    weights=(3, 7, 9, 10, 5, 8, 4, 2),
    modulus=11,
    table="".join("0X987654321"[r] for r in range(11)),
    check_at=16,
    start=8,
)

# GB 16735 (vehicle identification number): check digit in ninth place, letters transliterated.
_VIN_NUMBERS = (*range(10), 1, 2, 3, 4, 5, 6, 7, 8, -1, 1, 2, 3, 4, 5, -1, 7, -1, 9, 2, 3, 4, 5, 6, 7, 8, 9)
GB16735 = WeightedSum(
    weights=(8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2),
    modulus=11,
    table="0123456789X",
    check_at=8,
    numbers=_VIN_NUMBERS,
)
