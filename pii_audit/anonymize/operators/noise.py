"""``noise``: numbers off by a random amount."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.amounts import DIGITS, PLACES, Amount
from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Choice

LAWS = ("laplace", "normal")
_MOST = 9 * 10**17


@dataclass(frozen=True)
class Noise(Operator):
    """A number becomes another one near it: a random amount is added, of Laplace's or the normal distribution.

    ``share``: the scale of the amount as a part of the number itself (0.1: a tenth of it), so 0 stays 0. ``scale``: the same for every number.
    The scale is the standard deviation of the normal distribution, and the mean distance of Laplace's.
    Decimals, commas between thousands, ¥ and 元 stay; a sign may change. Refused are values that are no number, and those of
    more than 18 digits. What is blank stays so.
    This is no differential privacy: nothing bounds what one person changes, and nobody counts how often a value is published.
    Example: 12000.00 → 11874.31
    """

    name: ClassVar[str] = "noise"
    title: ClassVar[str] = "Random noise"
    title_zh: ClassVar[str] = "随机噪声"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    needs_key: ClassVar[bool] = True
    per_row: ClassVar[bool] = True

    share: Decimal | None = param(Amount(), None, "scale as a part of the number, such as 0.1", "噪声尺度占数值的比例，如 0.1")
    scale: Decimal | None = param(Amount(), None, "scale in the unit of the numbers", "噪声尺度（与数值同单位）")
    law: str = param(Choice(LAWS, "distribution"), "laplace", "distribution", "噪声分布")

    def __post_init__(self) -> None:
        if (self.share is None) == (self.scale is None):
            raise OperatorError("noise: needs either share or scale")
        if (self.share or self.scale or 0) <= 0 or (self.share or 0) > 1:
            raise OperatorError("noise: scale must be above 0, share above 0 and at most 1")
        if self.law not in LAWS:
            raise OperatorError(f"noise: law must be one of {', '.join(LAWS)}")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.amounts import read
        from pii_audit.anonymize.chance import seed
        from pii_audit.anonymize.spelling import is_blank

        drawn = _drawn(self.law, seed(self.name, values, use), len(values))
        amounts = read(values)
        shown = np.minimum(pc.fill_null(pc.utf8_length(amounts.texts.field("decimals")), 0).to_numpy(zero_copy_only=False), PLACES)
        unit = 10 ** shown.astype(np.int64)
        readable = amounts.readable & (amounts.whole < 10 ** np.maximum(DIGITS - shown, 0).astype(np.int64))
        number = np.where(readable, amounts.whole, 0) * unit + amounts.decimals // 10 ** (PLACES - shown).astype(np.int64)
        number = np.where(amounts.negative, -number, number)
        # sizes are floats, sums are exact
        size = np.abs(number) * float(self.share) if self.share is not None else unit * float(self.scale or 0)
        added = np.rint(drawn * size)
        readable &= np.abs(number + added) < _MOST
        made = _written(amounts.texts, number + np.where(readable, added, 0).astype(np.int64), unit, shown)
        made = pc.if_else(pa.array(readable), made, pa.scalar(None, pa.string()))
        made = pc.if_else(is_blank(values), values, made)
        return Outcome(made, pc.and_(pc.is_null(made), values.is_valid()))


def _drawn(law: str, seed: bytes, count: int) -> Any:
    """Return random numbers around 0 of scale 1."""
    from pii_audit.anonymize.chance import uniform

    if law == "laplace":
        side = uniform(seed, count) - 0.5
        return -np.sign(side) * np.log1p(-2 * np.abs(side))
    # Box and Muller 1958
    first, second = uniform(seed, 2 * count).reshape(2, count)
    return np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)


def _written(parts: pa.Array, number: Any, unit: Any, decimals: Any) -> pa.Array:
    """Return numbers as the old ones are written."""
    whole = pa.array(np.abs(number) // unit).cast(pa.string())
    rest = (np.abs(number) % unit + np.where(decimals > 0, unit, 0)).astype(np.int64)  # a 1 in front keeps the zeros
    commas = pc.fill_null(pc.match_substring(parts.field("whole"), ","), False)
    if pc.any(commas).as_py():
        grouped = pa.array([f"{int(text):,}" for text in whole.filter(commas).to_pylist()], pa.string())
        whole = pc.replace_with_mask(whole, commas, grouped)
    behind = pc.if_else(pa.array(decimals > 0), pc.binary_join_element_wise("", pc.utf8_slice_codeunits(pa.array(rest).cast(pa.string()), 1), "."), "")
    before, after = (pc.fill_null(parts.field(name), "") for name in ("before", "after"))
    return pc.binary_join_element_wise(before, pc.if_else(pa.array(number < 0), "-", ""), whole, behind, after, "")
