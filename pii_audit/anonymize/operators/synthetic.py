"""``synthetic``: an invented value."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, Outcome, Use


@dataclass(frozen=True)
class Synthetic(Operator):
    """A value becomes an invented one of its type, which has nothing to do with it: equal values become different ones.

    A value that is invented may by chance be that of somebody. Refused are values of no detected type, and types of which none can
    be invented; what is blank stays so. ``pseudonym`` keeps equal values equal.
    Example: 13800138000 → 15972046318
    """

    name: ClassVar[str] = "synthetic"
    title: ClassVar[str] = "Invented value"
    title_zh: ClassVar[str] = "合成值"
    degree: ClassVar[Degree] = Degree.ANONYMISED
    needs_key: ClassVar[bool] = True
    per_row: ClassVar[bool] = True

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.chance import seed
        from pii_audit.anonymize.spelling import is_blank
        from pii_audit.entities import installed

        rng = Random(seed(self.name, values, use))
        blank = is_blank(values)
        wanted = pc.and_not(values.is_valid(), blank).to_numpy(zero_copy_only=False)
        make = next((entity.sample for entity in installed() if entity.name == use.entity_type), None)
        made = np.full(len(values), None, object)
        if make is not None:
            made[wanted] = [make(rng) for _ in range(int(wanted.sum()))]
        refused = pa.array(wanted if make is None else np.zeros(len(values), bool))
        return Outcome(pc.if_else(blank, values, pa.array(made, pa.string())), refused)
