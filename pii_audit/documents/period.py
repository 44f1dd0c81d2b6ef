"""Periods in calendar years, months and days (five years, six months, 30 days)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import ClassVar

import ibis
import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period. One month after 31 January is the last day of February; years keep 29 February likewise."""

    months: int = 0
    days: int = 0

    PATTERN: ClassVar[str] = "^(?=.)([0-9]{1,2}y)?([0-9]{1,3}m)?([0-9]{1,3}w)?([0-9]{1,5}d)?$"

    @classmethod
    def parse(cls, text: str) -> Period | None:
        """Return the period that ``5y``, ``6m``, ``2w``, ``30d`` or ``1y6m`` says, None for anything else."""
        found = re.fullmatch(cls.PATTERN, text.strip().lower())
        if found is None:
            return None
        years, months, weeks, days = (int(part[:-1]) if part else 0 for part in found.groups())
        return cls(12 * years + months, 7 * weeks + days)

    def after(self, date: dt.date) -> dt.date:
        """Return the date that lies this period after another, the last of all dates if there is none so late."""
        month = date.month - 1 + self.months
        year, month = date.year + month // 12, month % 12 + 1
        if year > dt.MAXYEAR:
            return dt.date.max
        moved = date.replace(year, month, min(date.day, calendar.monthrange(year, month)[1]))
        return moved + min(dt.timedelta(self.days), dt.date.max - moved)

    def end(self, date: ir.DateValue) -> ir.DateValue:
        """Return the same as an expression over a column of dates."""
        moved = date + ibis.interval(months=self.months) if self.months else date
        return moved + ibis.interval(days=self.days) if self.days else moved

    def __str__(self) -> str:
        years, months = divmod(self.months, 12)
        return f"{f'{years}y' if years else ''}{f'{months}m' if months else ''}{f'{self.days}d' if self.days else ''}" or "0d"
