"""Surrogates of entity types: which values a type has, as numbers, and how a number becomes a value of the type again.

A *ranked* type numbers every value it can have. Of a number a part is kept (the operator of a mobile phone, the issuer of a card,
what the plan keeps) and says which group a value is in; the rest, its index, is carried to another index of the same group by a
keyed permutation, so two values never share a surrogate. Check characters are computed anew. *Patterned* types have no fixed
structure: digits become digits and letters letters, at their places. Names and addresses are *invented*: there are
fewer good ones than people, so two people may share one.

No surrogate is an original of the run, if the originals are known (:class:`Taken`): along the cycle of the permutation an original
opens a bracket and every other value closes one; an original takes the value that closes its own bracket. So
those that would become originals go on to values that no other takes. Which ones do depends on the run.

Surrogates are valid, so a number may belong to somebody who is not in the data: they are not to be dialled or paid to.
"""

from __future__ import annotations

import base64
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import tables
from pii_audit.anonymize.ciphers import Hmac, Permutation
from pii_audit.anonymize.interface import Taken
from pii_audit.anonymize.spelling import by_length, complete, fixed, is_blank, spelled
from pii_audit.entities import cn_address, cn_vehicle_plate, person
from pii_audit.recognizers.batch import buffers
from pii_audit.recognizers.cells import whole_cells
from pii_audit.validators import GB11643, GB11714, GB16735, GB32100, Luhn

Numbers = np.ndarray[Any, Any]
Keep = frozenset[str]

#: what a plan can keep of a value, where its type has it
KEEPS = ("region", "year", "sex", "surname")
#: steps along a cycle before a value is given up: half of its group, or more, are originals
LONGEST_WALK = 2_000
#: all letters, and those that do not look like digits
_LETTERS_26 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Wanted:
    """How surrogates are made: under which secret, what is kept, which are taken."""

    secret: Callable[[str], bytes]
    keep: Keep = frozenset()
    taken: Taken | None = None
    mail_domain: str = "example.com"


class Domain(ABC):
    """The values of one entity type. Texts come in the one spelling of their type (``spelling.py``)."""

    @abstractmethod
    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        """Return the number of every text (int64), and which could be read."""

    @abstractmethod
    def surrogates(self, texts: pa.Array, wanted: Wanted) -> pa.Array:
        """Return a surrogate for every text, null where there is none."""


def rank(entity_type: str | None, values: pa.Array) -> tuple[Numbers, Numbers]:
    """Return the number of every value (int64) and which values could be read; those of a :class:`Taken` are such numbers."""
    domain = domain_of(entity_type)
    if domain is None:
        return np.zeros(len(values), np.int64), np.zeros(len(values), bool)
    texts = spelled(entity_type, values)
    numbers, readable = domain.rank(texts)
    readable &= _present(texts)
    return numbers, readable


def _present(texts: pa.Array) -> Numbers:
    found: Numbers = pc.and_not(pc.is_valid(texts), is_blank(texts)).to_numpy(zero_copy_only=False)
    return found


# -- texts as matrices -------------------------------------------------------------------------------------------------------


def _digits(matrix: Numbers) -> tuple[Numbers, Numbers]:
    """Return the number that every row of digits stands for, and which rows are digits only."""
    number = np.zeros(len(matrix), np.int64)
    for column in matrix.T:
        number = number * 10 + (column.astype(np.int64) - ord("0"))
    return number, np.asarray(((matrix >= ord("0")) & (matrix <= ord("9"))).all(axis=1))


def _write(matrix: Numbers, start: int, count: int, number: Numbers, alphabet: str = "0123456789") -> None:
    """Write numbers with ``count`` characters of an alphabet into a matrix, from column ``start`` on."""
    letters = np.frombuffer(alphabet.encode(), np.uint8)
    for at in range(start + count - 1, start - 1, -1):
        number, rest = np.divmod(number, len(letters))
        matrix[:, at] = letters[rest]


def _places(alphabet: str) -> Numbers:
    """Return for every byte its place in an alphabet, -1 for those that are not in it."""
    table = np.full(256, -1, np.int64)
    table[np.frombuffer(alphabet.encode(), np.uint8)] = np.arange(len(alphabet))
    return table


def _gathered(n: int, parts: Sequence[tuple[Numbers, pa.Array]]) -> pa.Array:
    """Return the texts of parts in their rows, null in rows of none."""
    order = np.full(n, -1, np.int64)
    done = 0
    for rows, _ in parts:
        order[rows] = done + np.arange(len(rows))
        done += len(rows)
    whole = pa.concat_arrays([pa.array([], pa.string()), *(texts for _, texts in parts)])
    return whole.take(pa.array(order, mask=order < 0))


def _packed(*parts: tuple[Numbers | int, Numbers | int]) -> tuple[Numbers, Numbers]:
    """Return the number of a tuple of (value, how many there are), and how many tuples there are."""
    index: Any = np.int64(0)
    size: Any = np.int64(1)
    for value, count in parts:
        index = index * count + value
        size = size * count
    return index, size


def _hashed(texts: pa.Array) -> Numbers:
    """Return a number of 63 bits for every text."""
    digests = Hmac(b"pii-audit originals").digests(texts)
    return (np.ascontiguousarray(digests[:, :8]).view(">u8")[:, 0] >> np.uint64(1)).astype(np.int64)


# -- walking the cycle -----------------------------------------------------------------------------------------------------


def _walked(
    start: Numbers,
    step: Callable[[Numbers, Numbers], Numbers],
    number_of: Callable[[Numbers, Numbers], tuple[Numbers, Numbers]],
    taken: Taken | None,
) -> tuple[Numbers, Numbers]:
    """Return for each index the one that closes its bracket, and which have one.

    Args:
        start: the indices of the originals.
        step: (rows, indices) → where the permutation carries them.
        number_of: (rows, indices) → their numbers, and which of them are values of the group at all; others are passed over.
        taken: the originals.
    """
    current = start.copy()
    depth = np.ones(len(start), np.int64)
    found = np.zeros(len(start), bool)
    active = np.arange(len(start))
    if taken is not None and active.size:
        # a value that is not among the originals would close a bracket that is another's
        active = active[_among(taken, number_of(active, start)[0])]
    for left in range(LONGEST_WALK, 0, -1):
        if not active.size:
            break
        current[active] = step(active, current[active])
        numbers, belongs = number_of(active, current[active])
        back = current[active] == start[active]
        original = back if taken is None else back | _among(taken, numbers)
        depth[active] += np.where(belongs, np.where(original, 1, -1), 0)
        closed = depth[active] == 0
        found[active[closed]] = True
        active = active[~closed & ~back & (depth[active] < left)]
    return current, found


def _among(taken: Taken, numbers: Numbers) -> Numbers:
    return np.asarray(taken.among(numbers), bool)


# -- ranked types --------------------------------------------------------------------------------------------------------------


class Ranked(Domain):
    """A type whose values have numbers."""

    @abstractmethod
    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        """Return group, index and size of the group."""

    @abstractmethod
    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        """Return the numbers that stand at ``index`` in the groups of ``numbers``."""

    @abstractmethod
    def write(self, numbers: Numbers) -> pa.Array:
        """Return the values of numbers."""

    def holds(self, numbers: Numbers, originals: Numbers) -> Numbers:
        """Tell which numbers are values of the type and in the group of their original."""
        return np.ones(len(numbers), bool)

    def surrogates(self, texts: pa.Array, wanted: Wanted) -> pa.Array:
        numbers, readable = self.rank(texts)
        rows = np.flatnonzero(readable & _present(texts))
        numbers = numbers[rows]
        group, index, size = self.split(numbers, wanted.keep)
        permutation = Permutation(wanted.secret("ranks"))

        def step(at: Numbers, current: Numbers) -> Numbers:
            return permutation.apply(current, size[at], group[at])

        def number_of(at: Numbers, current: Numbers) -> tuple[Numbers, Numbers]:
            made = self.join(numbers[at], current, wanted.keep)
            return made, self.holds(made, numbers[at])

        ends, found = _walked(index, step, number_of, wanted.taken)
        made = self.write(self.join(numbers[found], ends[found], wanted.keep))
        return _gathered(len(texts), [(rows[found], made)])


_FIRST = np.datetime64("1900-01-01")
_CENTURY = 36_524
_DAYS = 73_049
#: years whose births are exchanged with each other: grown-ups stay grown-ups, minors minors. Later births keep their date
_ERAS = (1900, 1940, 2008, 2026)


def _day_of(year: Numbers, month: Numbers, day: Numbers) -> tuple[Numbers, Numbers]:
    """Return days since 1900, and which are dates."""
    month_ok = (month >= 1) & (month <= 12)
    months = (year - 1970).astype("M8[Y]").astype("M8[M]") + (np.where(month_ok, month, 1) - 1)
    last = ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(np.int64)
    days = (months.astype("M8[D]") - _FIRST).astype(np.int64) + day - 1
    return days, month_ok & (day >= 1) & (day <= last) & (year >= 1900) & (year < 2100)


def _year_start(year: Numbers | int) -> Numbers:
    return (np.asarray(np.asarray(year, np.int64) - 1970).astype("M8[Y]").astype("M8[D]") - _FIRST).astype(np.int64)


def _year_of(days: Numbers) -> Numbers:
    return (_FIRST + days).astype("M8[Y]").astype(np.int64) + 1970


def _era(days: Numbers, years: Sequence[int], keep: Keep) -> tuple[Numbers, Numbers]:
    """Return the first day and the number of days of what a day is exchanged within."""
    starts = np.array([int(_year_start(year)) for year in years])
    which = np.searchsorted(starts, days, "right") - 1
    late = which == len(starts) - 1
    if "year" in keep:
        year = _year_of(days)
        first, after = _year_start(year), _year_start(year + 1)
    else:
        first, after = starts[which], starts[np.minimum(which + 1, len(starts) - 1)]
    return np.where(late, days, first), np.where(late, 1, after - first)


class ResidentId(Ranked):
    """Keeps region (six digits), year of birth and sex if asked; the 15-digit form becomes the 18-digit one.

    Permits 81, 82 and 83 keep their six digits, cards starting with 9 their nationality, the card before 2023 its letters.
    """

    _PERMANENT = 10**12
    _OLD = 10**13

    def __init__(self) -> None:
        self._codes = np.array(sorted(map(int, tables.codes("divisions"))), np.int64)
        self._provinces = np.array(sorted(map(int, tables.codes("provinces"))), np.int64)
        permit = self._codes >= 810_000
        whole = (self._codes % 100 == 0) & ~permit
        self._blocks = [np.flatnonzero(~permit & ~whole), np.flatnonzero(whole), *np.flatnonzero(permit)[:, None]]
        self._block = np.zeros(len(self._codes), np.int64)
        self._place = np.zeros(len(self._codes), np.int64)
        for number, block in enumerate(self._blocks):
            self._block[block], self._place[block] = number, np.arange(len(block))
        self._sizes = np.array([len(block) for block in self._blocks])
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._members = np.concatenate(self._blocks)

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        number = np.zeros(len(texts), np.int64)
        readable = np.zeros(len(texts), bool)
        for rows, matrix in by_length(texts):
            if matrix.shape[1] == 18:
                number[rows], readable[rows] = self._eighteen(matrix)
            elif matrix.shape[1] == 15:
                number[rows], readable[rows] = self._letters(matrix)
        return number, readable

    def _eighteen(self, matrix: Numbers) -> tuple[Numbers, Numbers]:
        _, ok = _digits(matrix[:, :17])
        safe = np.where(ok[:, None], matrix, ord("0")).astype(np.uint8)
        region, year, month, day, sequence = (
            _digits(safe[:, start:end])[0] for start, end in ((0, 6), (6, 10), (10, 12), (12, 14), (14, 17))
        )
        days, dated = _day_of(year, month, day)
        checked = safe.copy()
        complete(GB11643, checked)
        ok &= dated & (checked[:, 17] == matrix[:, 17])
        days = np.where(dated, days, 0)
        code = np.minimum(np.searchsorted(self._codes, region), len(self._codes) - 1)
        province = np.minimum(np.searchsorted(self._provinces, region // 1000 % 100), len(self._provinces) - 1)
        permanent = region >= 900_000
        known = np.where(permanent, self._provinces[province] == region // 1000 % 100, self._codes[code] == region)
        place = np.where(permanent, province * 1000 + region % 1000, code)
        number = np.where(permanent, self._PERMANENT, 0) + (place * _DAYS + days) * 1000 + sequence
        return number, ok & known & (region >= 100_000)

    def _letters(self, matrix: Numbers) -> tuple[Numbers, Numbers]:
        places = _places(_LETTERS_26)[matrix[:, :3]]
        _, ok = _digits(matrix[:, 3:])
        safe = np.where(ok[:, None], matrix[:, 3:], ord("0")).astype(np.uint8)
        region, year, month, day, last = (
            _digits(safe[:, start:end])[0] for start, end in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12))
        )
        days, dated = _day_of(1900 + year, month, day)
        letters, _ = _packed(*((places[:, at], 26) for at in range(3)))
        number = self._OLD + ((letters * 10_000 + region) * _CENTURY + np.where(dated, days, 0)) * 100 + last
        return number, ok & dated & (places >= 0).all(axis=1)

    def _parts(self, numbers: Numbers, keep: Keep) -> list[tuple[Numbers, tuple[tuple[Numbers, Numbers, Numbers], ...]]]:
        """Return for each form the rows and the fields: what is kept of it, its free value, how many there are."""
        parts: list[tuple[Numbers, tuple[tuple[Numbers, Numbers, Numbers], ...]]] = []
        for form, low, high in ((0, 0, self._PERMANENT), (1, self._PERMANENT, self._OLD), (2, self._OLD, 1 << 62)):
            rows = np.flatnonzero((numbers >= low) & (numbers < high))
            if not rows.size:
                continue
            rest, sequence = np.divmod(numbers[rows] - low, 100 if form == 2 else 1000)
            place, days = np.divmod(rest, _CENTURY if form == 2 else _DAYS)
            one = np.ones(len(rows), np.int64)
            first, count = _era(days, (1900, 1940, 2000) if form == 2 else _ERAS, keep)
            if form == 0:
                block = self._block[place]
                fixed_region = "region" in keep
                region = (10 + place, 0 * one, one) if fixed_region else (block, self._place[place], self._sizes[block])
            elif form == 1:
                nationality, province = place % 1000, place // 1000
                region = (place, 0 * one, one) if "region" in keep else (nationality, province, len(self._provinces) * one)
            else:
                region = (place, 0 * one, one) if "region" in keep else (place // 10_000, place % 10_000, 10_000 * one)
            if form == 2:
                last = (0 * one, sequence, 100 * one)
            else:
                last = (1 + sequence % 2, sequence // 2, 500 * one) if "sex" in keep else (0 * one, sequence, 1000 * one)
            parts.append((rows, (region, (first, days - first, count), last)))
        return parts

    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        group, index, size = (np.zeros(len(numbers), np.int64) for _ in range(3))
        for rows, (region, era, last) in self._parts(numbers, keep):
            form = np.searchsorted([self._PERMANENT, self._OLD], numbers[rows], "right")
            group[rows] = ((region[0] * _DAYS + era[0]) * 3 + last[0]) * 3 + form
            index[rows], size[rows] = _packed(region[1:], era[1:], last[1:])
        return group, index, size

    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        made = np.zeros(len(numbers), np.int64)
        for rows, (region, era, last) in self._parts(numbers, keep):
            rest, low = np.divmod(index[rows], last[2])
            place, day = np.divmod(rest, era[2])
            day = era[0] + day
            sequence = np.where(last[0] > 0, 2 * low + last[0] - 1, low)
            first = numbers[rows[0]]
            if first < self._PERMANENT:
                code = region[0] - 10 if "region" in keep else self._members[self._starts[region[0]] + place]
                made[rows] = (code * _DAYS + day) * 1000 + sequence
            elif first < self._OLD:
                where = region[0] if "region" in keep else place * 1000 + region[0]
                made[rows] = self._PERMANENT + (where * _DAYS + day) * 1000 + sequence
            else:
                where = region[0] if "region" in keep else region[0] * 10_000 + place
                made[rows] = self._OLD + (where * _CENTURY + day) * 100 + low
        return made

    def write(self, numbers: Numbers) -> pa.Array:
        parts = []
        old = numbers >= self._OLD
        rows = np.flatnonzero(~old)
        matrix = np.zeros((len(rows), 18), np.uint8)
        permanent = numbers[rows] >= self._PERMANENT
        rest, sequence = np.divmod(numbers[rows] - np.where(permanent, self._PERMANENT, 0), 1000)
        place, days = np.divmod(rest, _DAYS)
        nine = 900_000 + self._provinces[np.where(permanent, place // 1000, 0)] * 1000 + place % 1000
        _write(matrix, 0, 6, np.where(permanent, nine, self._codes[np.where(permanent, 0, place)]))
        self._write_date(matrix, 6, days, 4)
        _write(matrix, 14, 3, sequence)
        complete(GB11643, matrix)
        parts.append((rows, fixed(matrix)))
        rows = np.flatnonzero(old)
        matrix = np.zeros((len(rows), 15), np.uint8)
        rest, last = np.divmod(numbers[rows] - self._OLD, 100)
        place, days = np.divmod(rest, _CENTURY)
        _write(matrix, 0, 3, place // 10_000, _LETTERS_26)
        _write(matrix, 3, 4, place % 10_000)
        self._write_date(matrix, 7, days, 2)
        _write(matrix, 13, 2, last)
        parts.append((rows, fixed(matrix)))
        return _gathered(len(numbers), parts)

    @staticmethod
    def _write_date(matrix: Numbers, start: int, days: Numbers, digits: int) -> None:
        dates = _FIRST + days
        months = dates.astype("M8[M]")
        year = _year_of(days)
        _write(matrix, start, digits, year % 10**digits)
        _write(matrix, start + digits, 2, months.astype(np.int64) % 12 + 1)
        _write(matrix, start + digits + 2, 2, (dates - months.astype("M8[D]")).astype(np.int64) + 1)


class Mobile(Ranked):
    """Keeps the three digits of the network."""

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        number = np.zeros(len(texts), np.int64)
        readable = np.zeros(len(texts), bool)
        prefixes = np.array([int(code) for code in tables.codes("mobile_prefixes")])
        for rows, matrix in by_length(texts):
            if matrix.shape[1] == 11:
                number[rows], ok = _digits(matrix)
                four = number[rows] // 10**7
                known = np.isin(number[rows] // 10**8, prefixes) | (four == 1610)
                readable[rows] = ok & (known | (four == 1740) & (number[rows] // 10**6 % 10 < 6))
        return number, readable

    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        group, index = np.divmod(numbers, 10**8)
        return group, index, np.where(group == 161, 10**7, np.where(group == 174, 6 * 10**6, 10**8))

    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        return numbers // 10**8 * 10**8 + index

    def write(self, numbers: Numbers) -> pa.Array:
        matrix = np.zeros((len(numbers), 11), np.uint8)
        _write(matrix, 0, 11, numbers)
        return fixed(matrix)


class BankCard(Ranked):
    """Keeps length and issuer prefix (as the table of prefixes has it, six digits at least); the last digit is Luhn's."""

    _LENGTHS = tuple(range(13, 20))

    def __init__(self) -> None:
        sizes = [10 ** (length - 1) for length in self._LENGTHS]
        self._starts = np.array([sum(sizes[:at]) for at in range(len(sizes))], np.int64)
        #: (length of prefix, length of number) → prefixes beyond six digits
        self._long: dict[tuple[int, int], Numbers] = {}
        for prefix, length in tables.prefix_lengths("card_prefixes"):
            if len(prefix) > 6 and length in self._LENGTHS:
                at = len(prefix), length
                self._long[at] = np.append(self._long.get(at, np.zeros(0, np.int64)), int(prefix))

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        number = np.zeros(len(texts), np.int64)
        readable = np.zeros(len(texts), bool)
        for rows, matrix in by_length(texts):
            if matrix.shape[1] in self._LENGTHS:
                body, ok = _digits(matrix[:, :-1])
                number[rows] = self._starts[matrix.shape[1] - self._LENGTHS[0]] + np.where(ok, body, 0)
                readable[rows] = ok & (matrix[:, -1] == _luhn(matrix[:, :-1])) & (matrix[:, 0] >= ord("2"))
        return number, readable

    def _read(self, numbers: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return length, body and the length of the prefix."""
        at = np.searchsorted(self._starts, numbers, "right") - 1
        length, body = at + self._LENGTHS[0], numbers - self._starts[at]
        prefix = np.full(len(numbers), 6, np.int64)
        for (digits, whole), codes in sorted(self._long.items()):
            prefix[(length == whole) & np.isin(body // 10 ** (whole - 1 - digits), codes)] = digits
        return length, body, prefix

    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        length, body, prefix = self._read(numbers)
        size = 10 ** (length - 1 - prefix)
        return length * 10**10 + body // size, body % size, size

    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        length, _, prefix = self._read(numbers)
        size = 10 ** (length - 1 - prefix)
        at = self._starts[length - self._LENGTHS[0]]
        made: Numbers = at + (numbers - at) // size * size + index
        return made

    def holds(self, numbers: Numbers, originals: Numbers) -> Numbers:
        # a longer prefix may begin with a shorter one: its numbers are a group of their own
        same: Numbers = self._read(numbers)[2] == self._read(originals)[2]
        return same

    def write(self, numbers: Numbers) -> pa.Array:
        length, body, _ = self._read(numbers)
        parts = []
        for whole in np.unique(length).tolist():
            rows = np.flatnonzero(length == whole)
            matrix = np.zeros((len(rows), whole), np.uint8)
            _write(matrix, 0, whole - 1, body[rows])
            matrix[:, -1] = _luhn(matrix[:, :-1])
            parts.append((rows, fixed(matrix)))
        return _gathered(len(numbers), parts)


def _luhn(matrix: Numbers) -> Numbers:
    """Return the digit (ASCII) that belongs behind every row."""
    total = np.zeros(len(matrix), np.int64)
    for at, column in enumerate(matrix.T[::-1]):
        digit = (column.astype(np.int64) - ord("0")) * (1 if at % 2 else 2)
        total += digit - np.where(digit > 9, 9, 0)
    return (-total % 10 + ord("0")).astype(np.uint8)


class Uscc(Ranked):
    """Keeps authority and category, and the division if the region is kept; both check characters are right."""

    _FIRST, _SECOND, _REST = "123456789ANY", "123459", GB32100.values
    _OWN = len(_REST) ** 8

    def __init__(self) -> None:
        self._prefectures = np.array(sorted(map(int, tables.codes("prefectures"))), np.int64)

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        number = np.zeros(len(texts), np.int64)
        readable = np.zeros(len(texts), bool)
        for rows, matrix in by_length(texts):
            if matrix.shape[1] != 18:
                continue
            first, second = _places(self._FIRST)[matrix[:, 0]], _places(self._SECOND)[matrix[:, 1]]
            rest = _places(self._REST)[matrix[:, 8:16]]
            division, ok = _digits(matrix[:, 2:8])
            division = np.where(ok, division, 0)
            ok &= (first >= 0) & (second >= 0) & (rest >= 0).all(axis=1)
            at = np.minimum(np.searchsorted(self._prefectures, division // 100), len(self._prefectures) - 1)
            ok &= self._prefectures[at] == division // 100
            checked = np.where(ok[:, None], matrix, ord("0")).astype(np.uint8)
            complete(GB11714, checked)
            complete(GB32100, checked)
            ok &= (checked[:, 16:] == matrix[:, 16:]).all(axis=1)
            body, _ = _packed(*((rest[:, k], len(self._REST)) for k in range(8)))
            place = ((first * len(self._SECOND) + second) * len(self._prefectures) + at) * 100 + division % 100
            number[rows] = np.where(ok, place * self._OWN + body, 0)
            readable[rows] = ok
        return number, readable

    def _size(self, keep: Keep) -> int:
        return self._OWN if "region" in keep else self._OWN * 100 * len(self._prefectures)

    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        size = self._size(keep)
        return numbers // size, numbers % size, np.full(len(numbers), size)

    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        size = self._size(keep)
        return numbers // size * size + index

    def write(self, numbers: Numbers) -> pa.Array:
        matrix = np.full((len(numbers), 18), ord("0"), np.uint8)
        place, body = np.divmod(numbers, self._OWN)
        _write(matrix, 8, 8, body, self._REST)
        place, low = np.divmod(place, 100)
        place, at = np.divmod(place, len(self._prefectures))
        _write(matrix, 2, 6, self._prefectures[at] * 100 + low)
        _write(matrix, 1, 1, place, self._SECOND)
        _write(matrix, 0, 1, place // len(self._SECOND), self._FIRST)
        complete(GB11714, matrix)
        complete(GB32100, matrix)
        return fixed(matrix)


_BODY = "0123456789" + _LETTERS


class Plate(Ranked):
    """Keeps province, office letter and form: ordinary, new energy of small or large cars, or with a last 汉字."""

    _ENERGY = "ABCDEFGHJK"
    _TAILS = "学警挂港澳领试超"
    #: bytes of the text → alphabets of the free characters
    _FORMS: tuple[tuple[int, tuple[str, ...]], ...] = (
        (9, (_BODY,) * 5),
        (10, (_ENERGY, _BODY, *("0123456789",) * 4)),
        (10, (*("0123456789",) * 5, _ENERGY)),
        *[(11, (_BODY,) * 4)] * len(_TAILS),
    )
    _ROOM = len(_BODY) ** 5

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        number = np.zeros(len(texts), np.int64)
        readable = np.zeros(len(texts), bool)
        provinces = [char.encode() for char in cn_vehicle_plate.PROVINCES]
        for rows, matrix in by_length(texts):
            if matrix.shape[1] not in (9, 10, 11):
                continue
            province = np.full(len(rows), -1, np.int64)
            for at, char in enumerate(provinces):
                province[(matrix[:, :3] == np.frombuffer(char, np.uint8)).all(axis=1)] = at
            letter = _places(_LETTERS_26)[matrix[:, 3]]
            head = (province >= 0) & (letter >= 0) & (matrix[:, 3] != ord("I"))
            for form, (length, alphabets) in enumerate(self._FORMS):
                if length != matrix.shape[1]:
                    continue
                free = [_places(alphabet)[matrix[:, 4 + at]] for at, alphabet in enumerate(alphabets)]
                ok = head & np.logical_and.reduce([part >= 0 for part in free])
                if form > 2:
                    ok &= (matrix[:, 8:] == np.frombuffer(self._TAILS[form - 3].encode(), np.uint8)).all(axis=1)
                body, _ = _packed(*((part, len(alphabet)) for part, alphabet in zip(free, alphabets, strict=True)))
                found = ((province * 26 + letter) * len(self._FORMS) + form) * self._ROOM + body
                ok &= self.holds(np.where(ok, found, 0), found)
                number[rows[ok]], readable[rows[ok]] = found[ok], True
        return number, readable

    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        group, index = np.divmod(numbers, self._ROOM)
        sizes = np.array([int(np.prod([len(alphabet) for alphabet in alphabets])) for _, alphabets in self._FORMS])
        return group, index, sizes[group % len(self._FORMS)]

    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        return numbers // self._ROOM * self._ROOM + index

    def holds(self, numbers: Numbers, originals: Numbers) -> Numbers:
        """An ordinary plate has two digits at least, one with a last 汉字 three."""
        group, body = np.divmod(numbers, self._ROOM)
        form = group % len(self._FORMS)
        digits = np.zeros(len(numbers), np.int64)
        for at in range(5):
            body, place = np.divmod(body, len(_BODY))
            digits += (place < 10) & ((form == 0) | (at < 4))
        enough: Numbers = (form == 1) | (form == 2) | (digits >= np.where(form == 0, 2, 3))
        return enough

    def write(self, numbers: Numbers) -> pa.Array:
        group, body = np.divmod(numbers, self._ROOM)
        place, form = np.divmod(group, len(self._FORMS))
        provinces = np.array([list(char.encode()) for char in cn_vehicle_plate.PROVINCES], np.uint8)
        parts = []
        for which, (length, alphabets) in enumerate(self._FORMS):
            rows = np.flatnonzero(form == which)
            if not rows.size:
                continue
            matrix = np.zeros((len(rows), length), np.uint8)
            matrix[:, :3] = provinces[place[rows] // 26]
            _write(matrix, 3, 1, place[rows], _LETTERS_26)
            rest = body[rows]
            for at in range(len(alphabets) - 1, -1, -1):
                _write(matrix, 4 + at, 1, rest, alphabets[at])
                rest = rest // len(alphabets[at])
            if which > 2:
                matrix[:, 8:] = np.frombuffer(self._TAILS[which - 3].encode(), np.uint8)
            parts.append((rows, fixed(matrix)))
        return _gathered(len(numbers), parts)


@dataclass(frozen=True)
class Form:
    """One of some beginnings, which stays, a character of ``letters`` if there are any, and digits."""

    heads: tuple[str, ...]
    letters: str
    digits: int

    @property
    def own(self) -> int:
        return (len(self.letters) or 1) * int(10**self.digits)

    @property
    def length(self) -> int:
        return len(self.heads[0]) + bool(self.letters) + self.digits


class Numbered(Ranked):
    """Values in some forms of a beginning and digits; the beginning stays."""

    def __init__(self, *forms: Form) -> None:
        self._forms = forms
        sizes = np.array([len(form.heads) * form.own for form in forms], np.int64)
        self._starts = np.cumsum(sizes) - sizes
        self.room = int(sizes.sum())

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        number = np.zeros(len(texts), np.int64)
        readable = np.zeros(len(texts), bool)
        for rows, matrix in by_length(texts):
            for form, start in zip(self._forms, self._starts.tolist(), strict=True):
                if form.length != matrix.shape[1]:
                    continue
                width = len(form.heads[0])
                head = np.full(len(rows), -1, np.int64)
                if width:
                    ordered = np.argsort(np.array(form.heads))
                    heads = np.array(form.heads, f"S{width}")[ordered]
                    mine = np.ascontiguousarray(matrix[:, :width]).view(f"S{width}")[:, 0]
                    at = np.minimum(np.searchsorted(heads, mine), len(heads) - 1)
                    head = np.where(heads[at] == mine, ordered[at], -1)
                else:
                    head[:] = 0
                letter = _places(form.letters)[matrix[:, width]] if form.letters else np.zeros(len(rows), np.int64)
                digits, ok = _digits(matrix[:, width + bool(form.letters) :])
                ok &= (head >= 0) & (letter >= 0)
                number[rows[ok]] = (start + head * form.own + letter * 10**form.digits + digits)[ok]
                readable[rows[ok]] = True
        return number, readable

    def _form(self, numbers: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return which form a number is in, its start, and how many numbers a beginning has."""
        form = np.searchsorted(self._starts, numbers, "right") - 1
        return form, self._starts[form], np.array([form.own for form in self._forms])[form]

    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        form, start, own = self._form(numbers)
        head, index = np.divmod(numbers - start, own)
        return form * 10_000 + head, index, own

    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        _, start, own = self._form(numbers)
        made: Numbers = start + (numbers - start) // own * own + index
        return made

    def write(self, numbers: Numbers) -> pa.Array:
        which, start, own = self._form(numbers)
        head, index = np.divmod(numbers - start, own)
        parts = []
        for at, form in enumerate(self._forms):
            rows = np.flatnonzero(which == at)
            if not rows.size:
                continue
            parts.append((rows, fixed(self._matrix(form, head[rows], index[rows]))))
        return _gathered(len(numbers), parts)

    def _matrix(self, form: Form, head: Numbers, index: Numbers) -> Numbers:
        width = len(form.heads[0])
        matrix = np.zeros((len(head), form.length), np.uint8)
        matrix[:, :width] = np.array([list(text.encode()) for text in form.heads], np.uint8).reshape(len(form.heads), width)[head]
        if form.letters:
            _write(matrix, width, 1, index // 10**form.digits, form.letters)
        _write(matrix, width + bool(form.letters), form.digits, index % 10**form.digits)
        return matrix


class Landline(Ranked):
    """Keeps area code and extension; written with a hyphen between the parts."""

    def __init__(self) -> None:
        areas = tables.prefix_lengths("area_codes")
        forms = []
        for size in (7, 8):
            for width in (3, 4):
                heads = tuple(sorted(area for area, length in areas if length == size and len(area) == width))
                if heads:
                    forms.append(Form(heads, "2345678", size - 1))
            forms.append(Form(("",), "2345678", size - 1))
        self._plain = Numbered(*forms)
        self._lengths: dict[str, int] = {}
        for area, length in areas:
            self._lengths[area] = max(length, self._lengths.get(area, 0))

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        number, readable = self._plain.rank(texts)
        rest = np.flatnonzero(~readable & _present(texts))
        cut = [self._cut(text) for text in texts.take(pa.array(rest)).to_pylist()]
        mains, ok = self._plain.rank(pa.array([main for main, _ in cut], pa.string()))
        number[rest] = mains + self._plain.room * np.array([code for _, code in cut], np.int64)
        readable[rest] = ok
        return number, readable

    def _cut(self, text: str) -> tuple[str, int]:
        """Return the number without its extension, and the extension as a number: its digits behind a 1."""
        for width in (3, 4):
            size = width + self._lengths.get(text[:width], 0)
            extension = text[size:]
            if size > width and 1 <= len(extension) <= 6 and extension.isascii() and extension.isdigit():
                return text[:size], int("1" + extension)
        return "", 0

    def split(self, numbers: Numbers, keep: Keep) -> tuple[Numbers, Numbers, Numbers]:
        extension, main = np.divmod(numbers, self._plain.room)
        group, index, size = self._plain.split(main, keep)
        return extension * 100_000 + group, index, size

    def join(self, numbers: Numbers, index: Numbers, keep: Keep) -> Numbers:
        extension, main = np.divmod(numbers, self._plain.room)
        return extension * self._plain.room + self._plain.join(main, index, keep)

    def write(self, numbers: Numbers) -> pa.Array:
        extension, main = np.divmod(numbers, self._plain.room)
        found = []
        for text, code in zip(self._plain.write(main).to_pylist(), extension.tolist(), strict=True):
            width = 0 if text[0] != "0" else 3 if text[:3] in self._lengths else 4
            behind = f"-{str(code)[1:]}" if code else ""
            found.append(f"{text[:width]}-{text[width:]}{behind}" if width else text)
        return pa.array(found, pa.string())


# -- patterned types -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Patterned(Domain):
    """Digits become digits and letters letters of the same case; everything else stays, and a first digit but 0 stays one.

    So a pattern that is rare is known again, whatever the key. ``mix``: characters that become any of each other, but in first place,
    for values whose pattern is chance. ``lead``: what a beginning that stays looks like. ``capitals``: which letters
    capitals may become. ``check``: what a value must be and stay, if anything. ``shape``: how a surrogate is written.
    """

    lead: str = ""
    mix: str = ""
    capitals: str = _LETTERS_26
    check: Callable[[str], bool] | None = None
    readable: str = ""
    shape: Callable[[str], str] = str
    #: bytes of a value; longer ones are no identifiers
    LONGEST = 64

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        fits = pc.and_(pc.less_equal(pc.binary_length(texts), self.LONGEST), pc.match_substring_regex(texts, "[0-9A-Za-z]"))
        if self.readable:
            fits = pc.and_(fits, pc.match_substring_regex(texts, f"^(?:{self.readable})$"))
        readable = pc.fill_null(fits, False).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(readable)
        readable = np.zeros(len(texts), bool)
        readable[rows] = self._checked(texts.take(pa.array(rows)))
        return _hashed(texts), readable

    def surrogates(self, texts: pa.Array, wanted: Wanted) -> pa.Array:
        permutation = Permutation(wanted.secret("patterns"))
        readable = self.rank(texts)[1] & _present(texts)
        data, offsets, _ = buffers(texts)
        parts = []
        rows = np.flatnonzero(readable)
        kept = np.zeros(len(texts), np.int64)
        if self.lead:
            pattern = re.compile(self.lead)
            for row, text in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
                kept[row] = len(match[0].encode()) if (match := pattern.match(text)) else 0
        sizes = np.diff(offsets)
        for length in np.unique(sizes[rows]).tolist():
            mine = rows[sizes[rows] == length]
            parts += self._of_length(mine, data[offsets[mine][:, None] + np.arange(length)], kept[mine], permutation, wanted)
        return _gathered(len(texts), parts)

    def _of_length(
        self, rows: Numbers, matrix: Numbers, kept: Numbers, permutation: Permutation, wanted: Wanted
    ) -> list[tuple[Numbers, pa.Array]]:
        radix, place, pattern = self._read(matrix, kept)
        free = (radix > 1).any(axis=1)
        narrow = np.log2(radix.astype(np.float64)).sum(axis=1) < 61
        group = _hashed(fixed(pattern))
        parts = []
        some = np.flatnonzero(free & narrow)
        if some.size:
            index = np.zeros(len(some), np.int64)
            size = np.ones(len(some), np.int64)
            for at in range(matrix.shape[1]):
                index, size = index * radix[some, at] + place[some, at], size * radix[some, at]

            def step(at: Numbers, current: Numbers) -> Numbers:
                return permutation.apply(current, size[at], group[some[at]])

            def number_of(at: Numbers, current: Numbers) -> tuple[Numbers, Numbers]:
                made = fixed(self._written(matrix[some[at]], radix[some[at]], current))
                return _hashed(made), self._checked(made)

            ends, found = _walked(index, step, number_of, wanted.taken)
            good = some[found]
            parts.append((rows[good], self._shaped(fixed(self._written(matrix[good], radix[good], ends[found])))))
        for row in np.flatnonzero(free & ~narrow).tolist():
            text = self._exact(matrix[row], radix[row], place[row], pattern[row].tobytes(), permutation, wanted.taken)
            if text is not None:
                parts.append((rows[row : row + 1], self._shaped(pa.array([text], pa.string()))))
        return parts

    def mixed(self, length: int) -> str:
        """Return the characters that become any of each other in values of a length."""
        return self.mix

    def _shaped(self, texts: pa.Array) -> pa.Array:
        return texts if self.shape is str else pa.array([self.shape(text) for text in texts.to_pylist()], pa.string())

    def _checked(self, texts: pa.Array) -> Numbers:
        if self.check is None:
            return np.ones(len(texts), bool)
        return np.array([self.check(text) for text in texts.to_pylist()], bool)

    def _read(self, matrix: Numbers, kept: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return for every byte how many it may become, which of them it is, and the pattern that says so."""
        radix = np.ones(matrix.shape, np.int64)
        place = np.zeros(matrix.shape, np.int64)
        pattern = matrix.copy()
        bound = np.arange(matrix.shape[1]) >= kept[:, None]
        mix = self.mixed(matrix.shape[1])
        for alphabet, mark in (("0123456789", "0"), (self.capitals, "A"), (_LETTERS_26.lower(), "a"), (mix, "*")):
            places = _places(alphabet)[matrix]
            is_free = bound & (places >= 0)
            if alphabet is mix:
                is_free[:, 0] = False
            radix[is_free], place[is_free], pattern[is_free] = len(alphabet), places[is_free], ord(mark)
        if mix:
            return radix, place, pattern
        first = matrix[:, 0]
        leading = bound[:, 0] & (first >= ord("0")) & (first <= ord("9"))
        zero = leading & (first == ord("0"))
        radix[leading, 0], place[leading, 0], pattern[leading, 0] = 9, first[leading].astype(np.int64) - ord("1"), ord("1")
        radix[zero, 0], place[zero, 0], pattern[zero, 0] = 1, 0, ord("0")
        return radix, place, pattern

    def _written(self, matrix: Numbers, radix: Numbers, index: Numbers) -> Numbers:
        made = matrix.copy()
        capital = np.frombuffer(self.capitals.encode(), np.uint8)
        for at in range(matrix.shape[1] - 1, -1, -1):
            index, place = np.divmod(index, radix[:, at])
            made[:, at] = self._character(matrix[:, at], radix[:, at], place, capital)
        return made

    def _character(self, original: Numbers, radix: Numbers, place: Numbers, capital: Numbers) -> Numbers:
        """Return the characters in ``place`` of the alphabets that originals are in, told by how many they are."""
        digit = np.where(radix == 9, ord("1"), ord("0")) + place
        letter = np.where(original >= ord("a"), ord("a") + place, capital[np.minimum(place, len(capital) - 1)])
        made = np.where(original <= ord("9"), digit, letter)
        if self.mix:
            mix = np.frombuffer(self.mix.encode(), np.uint8)
            made = np.where(radix == len(mix), mix[np.minimum(place, len(mix) - 1)], made)
        return np.where(radix == 1, original, made).astype(np.uint8)

    def _exact(
        self, matrix: Numbers, radix: Numbers, place: Numbers, pattern: bytes, permutation: Permutation, taken: Taken | None
    ) -> str | None:
        index, size = 0, 1
        for count, value in zip(radix.tolist(), place.tolist(), strict=True):
            index, size = index * count + value, size * count
        if size.bit_length() > 256:
            return None
        capital = np.frombuffer(self.capitals.encode(), np.uint8)
        current, depth = index, 1
        for _ in range(LONGEST_WALK):
            current = permutation.exact(current, size, pattern)
            if current == index:
                return None
            places, rest = np.zeros(len(radix), np.int64), current
            for at in range(len(radix) - 1, -1, -1):
                rest, places[at] = divmod(rest, int(radix[at]))
            text = self._character(matrix, radix, places, capital).tobytes().decode()
            array = pa.array([text], pa.string())
            if self._checked(array)[0]:
                depth += 1 if taken is not None and _among(taken, _hashed(array))[0] else -1
                if depth == 0:
                    return text
        return None


# -- mail, names, addresses ------------------------------------------------------------------------------------------------------


class Mail(Domain):
    """100 bits of the keyed hash of an address, at a domain reserved for examples (RFC 2606).

    Two of a thousand million addresses share one by a chance of less than one in 10^12.
    """

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        fits = pc.fill_null(pc.match_substring_regex(texts, r"^[^@\s]+@[^@\s]+$"), False)
        return _hashed(texts), fits.to_numpy(zero_copy_only=False)

    def surrogates(self, texts: pa.Array, wanted: Wanted) -> pa.Array:
        digests = Hmac(wanted.secret("mail")).digests(texts)[:, :15]
        made = pa.array(
            [f"u{base64.b32encode(row.tobytes()).decode().lower()[:20]}@{wanted.mail_domain}" for row in digests], pa.string()
        )
        good = self.rank(texts)[1] & _present(texts)
        if wanted.taken is not None:
            good &= ~_among(wanted.taken, _hashed(made))
        return pc.if_else(pa.array(good), made, pa.scalar(None, pa.string()))


class Invented(Domain):
    """Drawn from a keyed hash of the text, again and again until a draw is good and nobody's."""

    DRAWS = 64
    purpose: str
    #: entity type as which a whole cell with a surrogate reads
    kind: str

    def rank(self, texts: pa.Array) -> tuple[Numbers, Numbers]:
        return _hashed(texts), pc.fill_null(pc.match_substring_regex(texts, r"\pL"), False).to_numpy(zero_copy_only=False)

    @abstractmethod
    def draw(self, texts: Sequence[str], numbers: Numbers, keep: Keep) -> list[str]:
        """Return a surrogate for each text from its 8 numbers (uint32)."""

    def surrogates(self, texts: pa.Array, wanted: Wanted) -> pa.Array:
        rows = np.flatnonzero(self.rank(texts)[1] & _present(texts))
        mac = Hmac(wanted.secret(self.purpose))
        found: list[str | None] = [None] * len(texts)
        for number in range(self.DRAWS):
            if not rows.size:
                break
            mine = texts.take(pa.array(rows))
            numbers = mac.digests(pc.binary_join_element_wise(mine, str(number), "\n")).view(">u4").astype(np.int64)
            drawn = self.draw(mine.to_pylist(), numbers, wanted.keep)
            made = spelled(self.kind, pa.array(drawn, pa.string()))
            data, offsets, valid = buffers(made)
            good = whole_cells(self.kind, data, offsets, valid).astype(bool)
            good &= pc.not_equal(made, mine).to_numpy(zero_copy_only=False)
            if wanted.taken is not None:
                good &= ~_among(wanted.taken, _hashed(made))
            for at in np.flatnonzero(good).tolist():
                found[rows[at]] = drawn[at]
            rows = rows[~good]
        return pa.array(found, pa.string())


#: characters of given names, as they are mostly given to men, to women, to both
MEN = "伟强磊军洋勇杰涛明刚平辉力志永健世广义良海山波宁贵福生龙元全胜学祥才发武新飞彬富顺信子浩亮轩宸博睿泽凯昊天煜祺皓铭俊瑞鹏翔宇"
WOMEN = "芳娜秀敏静丽艳娟霞兰玉萍红梅英岚苑婕馨琰茗欣滢馥筠柔竹凝枫芸菲寒姬舒影荔枝丝梓婷雪倩妍莹璐瑶琳慧颖蕾薇莉涵诺雨晨曦佳怡嘉琪"
_COMMON = 120


class Name(Invented):
    """A name of a common surname, or the same if it is kept; of a given name as long as before, for the same sex if it is kept.

    The sex is read from the given name, where its characters tell.
    """

    purpose = "names"
    kind = "PERSON"

    def draw(self, texts: Sequence[str], numbers: Numbers, keep: Keep) -> list[str]:
        made = []
        for text, row in zip(texts, numbers.tolist(), strict=True):
            size = 2 if text[:2] in person.DOUBLE and len(text) > 2 else 1
            surname, given = text[:size], text[size:]
            if not ("surname" in keep and (surname in person.DOUBLE or surname in person.FIRST)):
                surname = person.SURNAMES[row[0] % _COMMON]
            pool = _pool(given) if "sex" in keep else MEN + WOMEN
            made.append(surname + "".join(pool[row[1 + at] % len(pool)] for at in range(1 if len(given) == 1 else 2)))
        return made


def _pool(given: str) -> str:
    """Return the characters of given names of the sex that a given name tells of, all of them if it tells of none."""
    men, women = (sum(char in pool for char in given) for pool in (MEN, WOMEN))
    return MEN if men > women else WOMEN if women > men else MEN + WOMEN


_ROADS = (
    "人民路 中山路 解放路 建设大道 和平路 新华街 文化路 学府路 滨江大道 科技一路 长江路 东风街 胜利路 光明路 朝阳路 振兴路 "
    "幸福路 团结路 友谊路 工农路 青年路 花园路 迎宾路 湖滨路 站前路 环城路 兴隆街 平安街 富强路 民主路 前进路 育才路"
).split()


class Address(Invented):
    """Province and city stay; road, house and room are invented. Two people of one house need not be neighbours afterwards."""

    purpose = "addresses"
    kind = "CN_ADDRESS"

    def draw(self, texts: Sequence[str], numbers: Numbers, keep: Keep) -> list[str]:
        return [
            f"{text[: cn_address.city_end(text)]}{_ROADS[row[0] % len(_ROADS)]}{row[1] % 999 + 1}号{row[2] % 30 + 1}栋"
            f"{row[3] % 4 + 1}单元{row[4] % 32 + 1}{row[5] % 4 + 1:02d}室"
            for text, row in zip(texts, numbers.tolist(), strict=True)
        ]


# -- which type is which -----------------------------------------------------------------------------------------------------------


def _is_vin(text: str) -> bool:
    return GB16735.check(text)


def _device(text: str) -> str:
    """Return an identifier as it is usually written: a UUID with hyphens, others plain."""
    if len(text) == 32:
        low = text.lower()
        return f"{low[:8]}-{low[8:12]}-{low[12:16]}-{low[16:20]}-{low[20:]}"
    return text if len(text) in (14, 15) else text.lower()


class Device(Patterned):
    """Numbers of devices: an IMEI keeps its reporting body and its check digit right, an IMSI its network, others are hexadecimal."""

    def mixed(self, length: int) -> str:
        return "" if length == 15 else self.mix

    def _checked(self, texts: pa.Array) -> Numbers:
        return np.array([_is_device(text) for text in texts.to_pylist()], bool)


def _is_device(text: str) -> bool:
    return len(text) != 15 or text.startswith("460") or Luhn().check(text)


_MAKERS: dict[str, Callable[[], Domain]] = {
    "CN_RESIDENT_ID": ResidentId,
    "CN_MOBILE_PHONE": Mobile,
    "CN_BANK_CARD": BankCard,
    "CN_USCC": Uscc,
    "CN_VEHICLE_PLATE": Plate,
    "CN_LANDLINE_PHONE": Landline,
    "CN_PASSPORT": lambda: Numbered(
        Form(tuple("DEGKMPS"), "", 8),
        Form(("E",), _LETTERS, 7),
        Form(("DE", "PE", "SE"), "", 7),
        Form(("KA", "KJ", "MA", "MJ"), "", 7),
        Form(("14", "15"), "", 7),
    ),
    "CN_HKMT_PERMIT": lambda: Numbered(
        Form(tuple("HMCWLT"), "", 8),
        Form(("H", "M"), "", 10),
        Form(("C",), _LETTERS, 7),
        Form(("",), "", 8),
        Form(("",), "", 10),
    ),
    "CN_DRIVER_FILE_NO": lambda: Numbered(Form(tuple(tables.codes("prefectures")), "", 8)),
    "CN_QQ": lambda: Patterned(readable="[1-9][0-9]{4,10}"),
    "CN_ALIPAY": lambda: Patterned(lead="2088", readable="2088[0-9]{12}"),
    "CN_WECHAT_ID": lambda: Patterned(lead="wxid_", mix="0123456789" + _LETTERS_26.lower()),
    "CN_MILITARY_ID": Patterned,
    "CN_SOCIAL_SECURITY": Patterned,
    "CN_HOUSING_FUND": Patterned,
    "CN_LOAN_CONTRACT": Patterned,
    "CN_CREDIT_REPORT": lambda: Patterned(lead="20[0-9]{6}(?=[0-9]{14}$)"),
    "CN_VIN": lambda: Patterned(
        lead="...", capitals="ABCDEFGHJKLMNPRSTUVWXYZ", check=_is_vin, readable="[0-9A-HJ-NPR-Z]{8}[0-9X][0-9A-HJ-NPR-Z]{8}"
    ),
    "DEVICE_ID": lambda: Device(
        lead="460[0-9]{2}(?=[0-9]{10}$)|[0-9]{2}(?=[0-9]{13}$)",
        mix="0123456789ABCDEF",
        capitals="ABCDEF",
        readable="[0-9]{15}|[0-9A-F]{14}|[0-9A-F]{16}|[0-9A-F]{32}|[0-9A-F]{64}",
        shape=_device,
    ),
    "EMAIL_ADDRESS": Mail,
    "PERSON": Name,
    "CN_ADDRESS": Address,
}

#: types that have surrogates
TYPES = tuple(_MAKERS)


@cache
def domain_of(entity_type: str | None) -> Domain | None:
    """Return the domain of an entity type, None if it has none; a column of no type is read by its pattern."""
    if entity_type is None:
        return Patterned()
    maker = _MAKERS.get(entity_type)
    return maker() if maker else None
