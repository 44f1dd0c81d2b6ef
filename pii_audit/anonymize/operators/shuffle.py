"""``shuffle``: values change places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, Outcome, Use


@dataclass(frozen=True)
class Shuffle(Operator):
    """The values of a column change places at random, so that every one is still there and none belongs to its row.

    They do so among the rows that are read at a time (some ten thousand), so their counts stay, and what belongs together in several
    columns is torn apart. Null stays where it is. A value alone is refused; by chance one may come to lie where it was.
    Values that identify somebody by themselves still do: this is for salaries, not for names.
    Example: 3000, 5000, 8000 → 8000, 3000, 5000
    """

    name: ClassVar[str] = "shuffle"
    title: ClassVar[str] = "Shuffled among rows"
    title_zh: ClassVar[str] = "列内打乱"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    needs_key: ClassVar[bool] = True
    per_row: ClassVar[bool] = True

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.chance import numbers, seed

        at = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
        drawn = np.argsort(numbers(seed(self.name, values, use), len(at)), kind="stable")
        if len(at) == 1:
            return Outcome(pa.nulls(len(values), pa.string()), values.is_valid())
        places = np.zeros(len(values), np.int64)
        places[at] = at[drawn]
        made = values.take(pa.array(places))
        return Outcome(pc.if_else(values.is_valid(), made, pa.scalar(None, pa.string())))
