"""``shift-date``: all dates of a person moved by the same number of days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Whole

#: days beyond which a date says nothing any more
LONGEST = 3650
_WIDE = 0xFEE0


@dataclass(frozen=True)
class ShiftDate(Operator):
    """A date moves by a number of days that a key gives to each person, so the time between two dates of one person stays.

    The number is between 1 and ``days``, forwards or backwards, and the same in every column and table that says whose row it is.
    Separators, zeros in front and time of day stay as they are. Refused are values that are no whole date with the year first,
    those of nobody, and all of them where the plan names no column of persons. What is blank stays so. A date beside other data,
    such as a public event, gives away the number of its person, and so all other dates.
    Example: 2026-03-01 09:30 → 2026-05-19 09:30
    """

    name: ClassVar[str] = "shift-date"
    title: ClassVar[str] = "Dates moved by person"
    title_zh: ClassVar[str] = "按人平移日期"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    needs_key: ClassVar[bool] = True
    per_row: ClassVar[bool] = True

    days: int = param(Whole(1), 180, f"days that a date moves at most, up to {LONGEST}", f"最多平移的天数，不超过 {LONGEST}")

    def __post_init__(self) -> None:
        if not 1 <= self.days <= LONGEST:
            raise OperatorError(f"shift-date: days must be 1 to {LONGEST}")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.dates import FIRST_YEAR, LAST_YEAR, folded, read
        from pii_audit.anonymize.spelling import is_blank

        if use.key is None:
            raise OperatorError("shift-date needs a key")
        # not derived from the domain: birth and contract of one person move alike
        secret = use.key.derive(self.name)
        blank = is_blank(values)
        encoded = pc.dictionary_encode(values)
        at = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)
        known = values.is_valid().to_numpy(zero_copy_only=False)
        if use.people is None or not known.any():
            made = pa.nulls(len(values), pa.string())
        else:
            owned = use.people.is_valid().to_numpy(zero_copy_only=False)
            words = encoded.dictionary.cast(pa.string())
            dates = read(words)
            moved = dates.days()[at] + self._shifts(pc.fill_null(use.people, 0).to_numpy(zero_copy_only=False), secret)
            year = moved.astype("M8[Y]").astype(np.int64) + 1970
            taken = known & owned & (dates.readable & (dates.day > 0))[at] & (year >= FIRST_YEAR) & (year <= LAST_YEAR)
            parts = dates.texts.take(pa.array(at))
            made = pc.if_else(pa.array(taken), _written(parts, np.where(taken, moved, np.datetime64(0, "D"))), pa.scalar(None, pa.string()))
            plain = pc.equal(words, folded(words)).take(pa.array(at))
            if not pc.all(plain).as_py():
                made = _widened(values, made, pc.invert(plain))
        made = pc.if_else(blank, values, made)
        return Outcome(made, pc.and_(pc.is_null(made), values.is_valid()))

    def _shifts(self, people: Any, secret: bytes) -> Any:
        """Return for each person a number of days from -days to days, never 0."""
        from pii_audit.anonymize.ciphers import Hmac

        who, at = np.unique(people.astype(np.uint64), return_inverse=True)
        names = pa.array([int(person).to_bytes(8, "big").hex() for person in who], pa.string())
        number = np.ascontiguousarray(Hmac(secret).digests(names)[:, :8]).view(">u8").ravel() % np.uint64(2 * self.days)
        days = number.astype(np.int64) - self.days
        return np.where(days >= 0, days + 1, days)[at]


def _written(parts: pa.Array, moved: Any) -> pa.Array:
    """Return dates with the separators and the time of the old ones, and zeros in front where those had them."""
    months = moved.astype("M8[M]")
    year = (moved.astype("M8[Y]").astype(np.int64) + 1970, months.astype(np.int64) % 12 + 1, (moved - months.astype("M8[D]")).astype(np.int64) + 1)
    texts = [pc.fill_null(parts.field(name), "") for name in ("month", "day")]
    short = pc.or_(pc.equal(pc.utf8_length(texts[0]), 1), pc.equal(pc.utf8_length(texts[1]), 1))
    zeros = pc.or_(pc.starts_with(texts[0], "0"), pc.starts_with(texts[1], "0"))
    chinese = pc.match_substring(pc.fill_null(parts.field("first"), ""), "年")
    # 2026-12-10 does not say which, nor 2026年12月10日
    padded = pc.and_(pc.invert(short), pc.or_(zeros, pc.invert(chinese)))
    number = [pa.array(part).cast(pa.string()) for part in year]
    month, day = (pc.if_else(padded, pc.utf8_lpad(part, 2, "0"), part) for part in number[1:])
    between = [pc.fill_null(parts.field(name), "") for name in ("first", "second", "third", "time")]
    return pc.binary_join_element_wise(number[0], between[0], month, between[1], day, between[2], between[3], "")


def _widened(values: pa.Array, made: pa.Array, wide: pa.Array) -> pa.Array:
    """Return results with full-width characters where the values had such."""
    pairs = zip(values.filter(wide).to_pylist(), made.filter(wide).to_pylist(), strict=True)
    return pc.replace_with_mask(made, wide, pa.array([new if old is None or new is None else _as_wide(old, new) for old, new in pairs], pa.string()))


def _as_wide(old: str, new: str) -> str:
    signs = {char for char in old if "！" <= char <= "～"}
    digits = any(char in signs for char in "０１２３４５６７８９")
    return "".join(chr(ord(char) + _WIDE) if (digits if char.isdecimal() else chr(ord(char) + _WIDE) in signs) else char for char in new)
