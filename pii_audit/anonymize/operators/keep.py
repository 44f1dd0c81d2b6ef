"""``keep``: nothing happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from pii_audit.anonymize.interface import Degree, Operator, Outcome, Use


@dataclass(frozen=True)
class Keep(Operator):
    """A value stays as it is.

    Example: 2026-03-01 → 2026-03-01
    """

    name: ClassVar[str] = "keep"
    title: ClassVar[str] = "Kept in clear"
    title_zh: ClassVar[str] = "原样保留"
    degree: ClassVar[Degree] = Degree.CLEAR
    keeps_joins: ClassVar[bool] = True

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        return Outcome(values)
