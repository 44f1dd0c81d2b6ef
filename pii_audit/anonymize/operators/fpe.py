"""``fpe``: format-preserving encryption."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Choice

ALPHABETS = ("digits", "alphanumerics")
#: tweak and half of a number share one block of AES
TWEAK_BYTES = 7

_Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fpe(Operator):
    """A number becomes another number of the same length, by FF1 of NIST SP 800-38G with AES-256.

    ``digits``: the digits are enciphered; letters, separators and all other characters stay where they are, in clear.
    ``alphanumerics``: digits and the letters A to Z are. A value of digits alone becomes digits; one with letters becomes one with
    at least one letter, of the case it was written in; a value of both cases is refused. Full-width characters stay full-width.
    Refused are values with fewer than a million possible ones (under 6 digits, or 4 with letters), as the standard asks, and those with
    numerals of other scripts; what is blank stays so. Check digits are not kept right, so the result is seldom a valid number of its type (``pseudonym`` makes those).
    Example: 6222 0212 3456 7890 → 1853 9920 4471 0386
    """

    name: ClassVar[str] = "fpe"
    title: ClassVar[str] = "Format-preserving encryption"
    title_zh: ClassVar[str] = "保留格式加密"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    needs_key: ClassVar[bool] = True
    reversible: ClassVar[bool] = True
    keeps_joins: ClassVar[bool] = True

    alphabet: str = param(Choice(ALPHABETS, "alphabet"), "digits", "what is enciphered", "加密的字符范围")

    def __post_init__(self) -> None:
        if self.alphabet not in ALPHABETS:
            raise OperatorError(f"fpe: alphabet must be one of {', '.join(ALPHABETS)}")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        return self._changed(values, use, decrypt=False)

    def restore(self, values: pa.Array, use: Use) -> Outcome:
        """Return the originals. FF1 has no redundancy: of numbers made under another key it makes numbers, and does not know."""
        return self._changed(values, use, decrypt=True)

    def _changed(self, values: pa.Array, use: Use, *, decrypt: bool) -> Outcome:
        from pii_audit.anonymize.ciphers import FF1, LEAST, LONGEST
        from pii_audit.anonymize.spelling import is_blank, strings
        from pii_audit.recognizers.batch import buffers

        data, offsets, _ = buffers(values)
        data, offsets = data[int(offsets[0]) : int(offsets[-1])].copy(), offsets - int(offsets[0])
        symbols = _symbols(data, letters=self.alphabet == "alphanumerics")
        owner = np.searchsorted(offsets, symbols.at, "right") - 1
        n = len(values)
        counts = np.bincount(owner, minlength=n)
        first = np.cumsum(counts) - counts
        upper, lower = (np.bincount(owner[symbols.case == case], minlength=n) > 0 for case in (_UPPER, _LOWER))
        radix = np.where(upper | lower, 36, 10)
        present = values.is_valid().to_numpy(zero_copy_only=False)
        possible = (counts >= np.where(radix == 10, _least(10, LEAST), _least(36, LEAST))) & (counts <= LONGEST)
        possible &= ~(upper & lower) & ~_other_numerals(values, data)
        secret = use.secret(self.name)
        tweak = hashlib.sha256(f"{self.name}\0{use.domain}".encode()).digest()[:TWEAK_BYTES]
        taken = present & possible
        for base in (10, 36):
            cipher = FF1(secret, base, tweak)
            for count in np.unique(counts[taken & (radix == base)]).tolist():
                rows = np.flatnonzero(taken & (radix == base) & (counts == count))
                where = first[rows, None] + np.arange(count)
                symbols.write(data, where, _walked(cipher, symbols.number[where], decrypt=decrypt), lower[rows])
        kept = taken | is_blank(values).to_numpy(zero_copy_only=False)
        made = strings(data, offsets)
        if not kept.all():
            made = pc.if_else(pa.array(kept), made, pa.scalar(None, pa.string()))
        return Outcome(made, pa.array(present & ~kept))


def _least(radix: int, domain: int) -> int:
    """Return how many symbols have at least ``domain`` values."""
    count = 1
    while radix**count < domain:
        count += 1
    return count


def _walked(cipher: Any, numerals: _Array, *, decrypt: bool) -> _Array:
    """Return the numerals enciphered; those with letters (above 9) go on until they have some again."""
    step = cipher.decrypt if decrypt else cipher.encrypt
    lettered = (numerals > 9).any(axis=1)
    found: _Array = step(numerals)
    while (again := np.flatnonzero(lettered & ~(found > 9).any(axis=1))).size:
        found[again] = step(found[again])
    return found


_DIGIT, _UPPER, _LOWER = range(3)


@dataclass(frozen=True)
class _Symbols:
    """Where the symbols stand (their first byte), what they count, their case, and whether they are full-width."""

    at: _Array
    number: _Array
    case: _Array
    wide: _Array

    def write(self, data: _Array, where: _Array, numbers: _Array, lower: _Array) -> None:
        """Write numbers over the symbols ``where``, letters in lower case for rows of ``lower``."""
        letter = numbers > 9
        small = letter & lower[:, None]
        # places in ASCII, and from there those of the full-width forms: U+FF01 is !
        code = (numbers + np.where(letter, np.where(small, ord("a") - 10, ord("A") - 10), ord("0"))).astype(np.uint8)
        at, wide = self.at[where], self.wide[where]
        data[at[~wide]] = code[~wide]
        if wide.any():
            data[at[wide] + 1] = np.where(small[wide], 0xBD, 0xBC)
            data[at[wide] + 2] = code[wide] + np.where(small[wide], 0x20, 0x60).astype(np.uint8)


def _symbols(data: _Array, *, letters: bool) -> _Symbols:
    """Return the digits in UTF-8, and the letters if they are asked for."""
    code = data.copy()
    wide = np.zeros(data.size, bool)
    if data.size > 2:
        # U+FF10 to U+FF3A are EF BC 90 to EF BC BA, U+FF41 to U+FF5A are EF BD 81 to EF BD 9A
        lead = np.flatnonzero((data[:-2] == 0xEF) & ((data[1:-1] == 0xBC) | (data[1:-1] == 0xBD)))
        second, third = data[lead + 1], data[lead + 2]
        same = third.astype(np.int16) - np.where(second == 0xBC, 0x60, 0x20)
        known = np.where(second == 0xBC, (same >= ord("0")) & (same <= ord("Z")), (same >= ord("a")) & (same <= ord("z")))
        code[lead[known]] = same[known]
        wide[lead[known]] = True
    case = np.full(data.size, -1, np.int8)
    case[(code >= ord("0")) & (code <= ord("9"))] = _DIGIT
    if letters:
        case[(code >= ord("A")) & (code <= ord("Z"))] = _UPPER
        case[(code >= ord("a")) & (code <= ord("z"))] = _LOWER
    at = np.flatnonzero(case >= 0)
    shift = np.array([ord("0"), ord("A") - 10, ord("a") - 10], np.uint8)
    return _Symbols(at, code[at] - shift[case[at]], case[at], wide[at])


def _other_numerals(values: pa.Array, data: _Array) -> _Array:
    """Tell which values hold digits of other scripts, which would stay in clear."""
    if not (data >= 0x80).any():
        return np.zeros(len(values), bool)
    plain = pc.replace_substring_regex(values, "[0-9０-９]+", "")
    found: _Array = pc.fill_null(pc.match_substring_regex(plain, r"\p{N}"), False).to_numpy(zero_copy_only=False)
    return found
