"""Dates as they are written in columns: 2026-03-01, 2026/3/1, 2026.3.1, 20260301, 2026年3月1日, with or without a time of day.

The year comes first and has four digits (1000 to 2999), the calendar is the Gregorian one. Full-width digits and signs are read too.
A month or year without more (2026-03, 2026年3月, 202603, 2026) is read as far as it goes. 1/3/2026 is not: nobody knows which is the month.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FIRST_YEAR, LAST_YEAR = 1000, 2999

_CLOCK = r"[0-9]{1,2}(?::[0-9]{2}){1,2}(?:[.,][0-9]{1,9})?\s?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_TIME = rf"[Tt\s]\s?{_CLOCK}|\s?[0-9]{{1,2}}[时点](?:[0-9]{{1,2}}分(?:[0-9]{{1,2}}秒)?)?|[0-9]{{6}}|[0-9]{{4}}"
_DATE = (
    r"^(?P<year>[12][0-9]{3})(?P<first>[-/.]|\s?年\s?|)(?P<month>[0-9]{1,2}|)(?P<second>[-/.]|\s?月\s?|)"
    rf"(?P<day>[0-9]{{1,2}}|)(?P<third>\s?[日号]|)(?P<time>{_TIME}|)$"
)
_Array = np.ndarray[Any, Any]


def folded(values: pa.Array) -> pa.Array:
    """Return the values with full-width characters as plain ones, without blanks at the ends."""
    return pc.utf8_trim_whitespace(pc.utf8_normalize(values, "NFKC"))


@dataclass(frozen=True)
class Dates:
    """What was read: numbers (0 for a part that is missing) and the texts between them."""

    texts: pa.Array        #: struct of the parts as they are written
    year: _Array
    month: _Array
    day: _Array
    readable: _Array       #: bool

    def days(self) -> _Array:
        """Return the dates as numpy days; missing parts are the first of their kind."""
        days: _Array = _month_of(self.year, np.maximum(self.month, 1)).astype("M8[D]") + (np.maximum(self.day, 1) - 1)
        return days


def read(values: pa.Array) -> Dates:
    """Read values (pa.string()); null is not readable."""
    parts = pc.extract_regex(folded(values), _DATE)
    found = parts.is_valid().to_numpy(zero_copy_only=False)
    year, month, day = (_numbers(parts, name) for name in ("year", "month", "day"))
    first, second, third, time = (pc.fill_null(pc.utf8_trim_whitespace(parts.field(name)), "") for name in ("first", "second", "third", "time"))
    lengths = {name: pc.fill_null(pc.utf8_length(parts.field(name)), 0).to_numpy(zero_copy_only=False) for name in ("month", "day", "time")}

    def written(separators: pa.Array, sign: str) -> _Array:
        equal: _Array = pc.equal(separators, sign).to_numpy(zero_copy_only=False)
        return equal

    has_month, has_day, has_time = (lengths[name] > 0 for name in ("month", "day", "time"))
    chinese = written(first, "年") & (written(second, "月") == has_month) & ((third_set := ~written(third, "")) == has_day)
    plain = ~third_set
    same = pc.equal(first, second).to_numpy(zero_copy_only=False)
    separated = plain & ~written(first, "") & ~written(first, "年") & has_month & np.where(has_day, same, written(second, ""))
    compact = plain & written(first, "") & written(second, "") & np.where(has_month, lengths["month"] == 2, ~has_day) & np.where(has_day, lengths["day"] == 2, True)
    clocked = pc.match_substring_regex(time, "^[0-9]+$").to_numpy(zero_copy_only=False)
    readable = found & (chinese | separated | compact) & (has_day | ~has_time) & (has_month | ~has_day) & (compact | ~clocked)
    readable &= (~has_month | ((month >= 1) & (month <= 12))) & (~has_day | (day >= 1))
    at = _month_of(year, np.clip(month, 1, 12))
    longest = ((at + 1).astype("M8[D]") - at.astype("M8[D]")).astype(np.int64)
    readable &= day <= longest
    return Dates(parts, year, month, day, readable)


def _numbers(parts: pa.Array, name: str) -> _Array:
    texts = pc.fill_null(parts.field(name), "")
    numbers: _Array = pc.if_else(pc.equal(texts, ""), "0", texts).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _month_of(year: _Array, month: _Array) -> _Array:
    months: _Array = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    return months
