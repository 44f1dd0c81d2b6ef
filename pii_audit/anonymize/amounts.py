"""Numbers as they are written in columns: 35, -12.50, 1,234.00, ¥1234, 12000元, 35岁, 1e+05.

Everything is exact: whole numbers of at most 15 digits and decimals, no floating point. Full-width digits and signs are read too.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.dates import folded
from pii_audit.documents.fields import Kind

#: decimals that are read; of further ones only whether they are all 0
PLACES = 15
#: the most digits of a number that fit an int64
DIGITS = 18

_NUMBER = (
    r"^(?P<before>¥?\s?)(?P<sign>[-+−]?)(?P<whole>[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:[.](?P<decimals>[0-9]{1,40}))?"
    r"(?P<after>\s?(?:元|圆|岁|周岁)?)$"
)
_POWER = r"^[-+]?[0-9](?:[.][0-9]{1,20})?[eE][-+]?[0-9]{1,2}$"
_Array = np.ndarray[Any, Any]


class Amount(Kind):
    """An exact number, as 10000 or 0.5."""

    expected = "a number such as 10000 or 0.5"

    def parse(self, raw: str) -> Decimal | None:
        plain = raw.replace("_", "")
        digits = plain.removeprefix("-").replace(".", "", 1)
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS and plain[-1] != "."):
            return None
        return Decimal(plain)

    def schema(self) -> dict[str, Any]:
        return {"type": "number"}

    def show(self, value: Decimal) -> str:
        return format(value, "f")


def places(number: Decimal) -> int:
    """Return how many decimals a number has."""
    exponent = number.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


@dataclass(frozen=True)
class Amounts:
    """What was read: the digits as numbers, and the texts around them."""

    texts: pa.Array        #: struct of the parts as they are written
    negative: _Array
    whole: _Array          #: int64, without sign
    decimals: _Array       #: int64, as many as PLACES
    more: _Array           #: bool, further decimals are not all 0
    readable: _Array       #: bool

    def floor(self, count: int) -> _Array:
        """Return the whole number (int64) of the numbers times ten to the power of ``count``, rounded down."""
        unit = 10 ** (PLACES - count)
        found: _Array = self.whole * 10**count + self.decimals // unit
        rest = (self.decimals % unit != 0) | self.more
        return np.where(self.negative, -found - rest, found)


def read(values: pa.Array) -> Amounts:
    """Read values (pa.string()); null is not readable."""
    texts = folded(values)
    power = pc.fill_null(pc.match_substring_regex(texts, _POWER), False)
    if pc.any(power).as_py():
        texts = pc.replace_with_mask(texts, power, pa.array([format(Decimal(text), "f") for text in texts.filter(power).to_pylist()], pa.string()))
    parts = pc.extract_regex(texts, _NUMBER)
    decimals = pc.fill_null(parts.field("decimals"), "")
    whole = pc.fill_null(pc.replace_substring(parts.field("whole"), ",", ""), "")
    whole = pc.if_else(pc.equal(whole, ""), "0", whole)
    more = pc.match_substring_regex(pc.utf8_slice_codeunits(decimals, PLACES), "[1-9]")
    return Amounts(
        parts,
        pc.fill_null(pc.is_in(parts.field("sign"), pa.array(["-", "−"])), False).to_numpy(zero_copy_only=False),
        whole.cast(pa.int64()).to_numpy(zero_copy_only=False),
        pc.utf8_rpad(pc.utf8_slice_codeunits(decimals, 0, PLACES), PLACES, "0").cast(pa.int64()).to_numpy(zero_copy_only=False),
        more.to_numpy(zero_copy_only=False),
        parts.is_valid().to_numpy(zero_copy_only=False),
    )
