"""``generalize``: coarser values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from pii_audit.anonymize.amounts import Amount, places
from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Choice, Kind, Many, Mapped, PolicyError, Reading, Text, Whole, compose, scalar
from pii_audit.entities import cn_address

UNITS = ("month", "quarter", "year", "decade")
DIVISIONS = ("2", "4", "6")
#: decimals of bands
_PLACES = 3
#: types whose values are places in words
_ADDRESSES = frozenset({"CN_ADDRESS", "LOCATION"})

_STATE = re.compile(
    rf"(?:{'|'.join(cn_address.MUNICIPALITIES)})(?:特别行政区|市)?|(?:{'|'.join(cn_address.PROVINCES)})(?:省|(?:壮族|回族|维吾尔)?自治区)?"
)
_DISTRICT = re.compile(f"{cn_address.PART}{{1,10}}?(?:自治县|自治旗|[区县旗市])")


@dataclass(frozen=True)
class Hierarchy:
    """A file that says what is broader than a value: ``value: broader``, or ``value: [broader, still broader]``."""

    path: str
    _steps: Mapping[str, tuple[str, ...]] = field(repr=False, compare=False)

    @staticmethod
    def load(path: Path, shown: str) -> Hierarchy:
        """Return the hierarchy of a file. Raises PolicyError with every mistake in it."""
        reading, root = compose(path, shown)
        steps = Mapped(Many(Text(), 1), least=1).read(root, "", reading) or {}
        for key, _ in root.value:
            if (name := scalar(key)) in steps and _climbs_in_a_circle(name, steps):
                reading.mistake(key, name, "is broader than itself")
        reading.done()
        return Hierarchy(shown, {_plain(value): broader for value, broader in steps.items()})

    def broader(self, value: str, level: int) -> str | None:
        """Return what stands ``level`` steps above a value, the last of its line if there are fewer, None if it is unknown."""
        found = None
        while level > 0:
            steps = self._steps.get(_plain(value))
            if steps is None:
                break
            found = value = steps[min(level, len(steps)) - 1]
            level -= len(steps)
        return found


def _climbs_in_a_circle(name: str, steps: Mapping[str, tuple[str, ...]]) -> bool:
    at, seen = name, set()
    while at in steps and at not in seen:
        seen.add(at)
        at = steps[at][-1]
    return at == name and at in seen


def _plain(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFKC", text).strip()


class _File(Kind):
    """The path of a hierarchy, from the folder of the plan."""

    expected = "the path of a YAML file"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> Hierarchy | None:
        raw = scalar(node)
        if raw is None:
            reading.mistake(node, path, f"must be {self.expected}")
            return None
        try:
            return Hierarchy.load(Path(reading.shown).parent / raw, raw)
        except PolicyError as error:
            for line in str(error).splitlines():
                reading.mistake(node, path, line)
            return None

    def show(self, value: Hierarchy) -> str:
        return value.path


@dataclass(frozen=True)
class Generalize(Operator):
    """A value becomes a coarser one. One of ``to``, ``bands``, ``width``, ``division`` and ``hierarchy`` says how.

    ``to``: dates become their month (2026-03), quarter (2026-Q1), year (2026) or decade (2020s); day and time of day are gone.
    ``bands``: numbers become the band they lie in; with 18, 30, 45: <18, 18-29, 30-44, 45+. A boundary belongs to the band above.
    ``width``: the same with bands of one width that begin at 0: 10000-19999; below 0 they are written -20000 to -10001.
    A number with more decimals than the bands belongs to the band of what it is rounded down: 29.9 is in 18-29.
    ``division``: the first 2, 4 or 6 digits of a division code or resident number stay (province, city, district) and all else is starred;
    an address ends at its province, city or district.
    ``hierarchy``: a YAML file says what is broader than a value, ``level`` how often that is asked.
    Refused are values that cannot be read so; what is blank, or coarser already, stays.
    Example: 1990-06-15 → 1990
    """

    name: ClassVar[str] = "generalize"
    title: ClassVar[str] = "Coarser values"
    title_zh: ClassVar[str] = "泛化"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED

    to: str | None = param(Choice(UNITS, "unit"), None, "unit that dates are reduced to", "日期泛化到的单位")
    bands: tuple[Decimal, ...] = param(Many(Amount()), (), "where bands of numbers begin, ascending", "数值区间的起点（升序）")
    width: Decimal | None = param(Amount(), None, "width of bands that begin at 0", "从 0 起的等宽区间宽度")
    division: str | None = param(Choice(DIVISIONS, "number of digits"), None, "digits of a division code that stay", "保留的行政区划代码位数")
    hierarchy: Hierarchy | None = param(_File(), None, "YAML file: value → what is broader", "泛化层次文件（YAML）")
    level: int = param(Whole(1), 1, "steps up the hierarchy", "沿层次上升的级数")

    def __post_init__(self) -> None:
        given = [name for name in ("to", "bands", "width", "division", "hierarchy") if getattr(self, name) not in (None, ())]
        if len(given) != 1:
            raise OperatorError(f"generalize: needs one of to, bands, width, division and hierarchy (given: {', '.join(given) or 'none'})")
        if self.to not in (None, *UNITS) or self.division not in (None, *DIVISIONS):
            raise OperatorError(f"generalize: to must be one of {', '.join(UNITS)}, division one of {', '.join(DIVISIONS)}")
        if any(low >= high for low, high in zip(self.bands, self.bands[1:], strict=False)):
            raise OperatorError("generalize: bands must ascend")
        if self.width is not None and self.width <= 0:
            raise OperatorError("generalize: width must be above 0")
        if any(places(number) > _PLACES or abs(number) >= 10**15 for number in self._edges()):
            raise OperatorError(f"generalize: bands have at most {_PLACES} decimals and 15 digits before them")
        if self.level < 1 or (self.level != 1 and self.hierarchy is None):
            raise OperatorError("generalize: level is of a hierarchy, and 1 or more")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.spelling import is_blank

        if self.to is not None:
            made = _coarser(values, self.to)
        elif self.division is not None:
            made = _divided(values, int(self.division), use.entity_type)
        elif self.hierarchy is not None:
            broader = self.hierarchy.broader
            made = _each(values, lambda text: broader(text, self.level))
        else:
            made = self._banded(values)
        made = pc.if_else(is_blank(values), values, made)
        return Outcome(made, pc.and_(pc.is_null(made), pc.is_valid(values)))

    def _edges(self) -> tuple[Decimal, ...]:
        return self.bands if self.width is None else (self.width,)

    def _banded(self, values: pa.Array) -> pa.Array:
        from pii_audit.anonymize.amounts import read

        amounts = read(values)
        count = max(map(places, self._edges()))
        scaled = amounts.floor(count)
        edges = [int(edge.scaleb(count)) for edge in self._edges()]
        band = scaled // edges[0] if self.width is not None else np.searchsorted(np.array(edges, np.int64), scaled, "right")
        known, at = np.unique(band, return_inverse=True)
        labels = pa.array([self._label(int(number), edges, count) for number in known.tolist()], pa.string())
        return labels.take(pa.array(at, mask=~amounts.readable))

    def _label(self, band: int, edges: list[int], count: int) -> str:
        def shown(number: int) -> str:
            return format(Decimal(number).scaleb(-count), "f")

        if self.width is not None:
            low, high = band * edges[0], (band + 1) * edges[0] - 1
        elif band == 0:
            return f"<{shown(edges[0])}"
        elif band == len(edges):
            return f"{shown(edges[-1])}+"
        else:
            low, high = edges[band - 1], edges[band] - 1
        return shown(low) if low == high else f"{shown(low)} to {shown(high)}" if low < 0 else f"{shown(low)}-{shown(high)}"


def _each(values: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """Return what each different value becomes."""
    encoded = pc.dictionary_encode(values)
    return pa.array([change(text) for text in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


# -- dates -------------------------------------------------------------------------------------------------------------------

_QUARTER = r"^(?P<year>[12][0-9]{3})-Q[1-4]$"
_DECADE = "^[12][0-9]{2}0s$"


def _coarser(values: pa.Array, unit: str) -> pa.Array:
    from pii_audit.anonymize.dates import folded, read

    dates = read(values)
    texts = folded(values)
    year = pc.utf8_slice_codeunits(texts, 0, 4)
    decade = pc.binary_join_element_wise(pc.utf8_slice_codeunits(year, 0, 3), "0s", "")
    month = pa.array(np.maximum(dates.month, 1)).cast(pa.string())
    as_month = pc.binary_join_element_wise(year, pc.utf8_lpad(month, 2, "0"), "-")
    as_quarter = pc.binary_join_element_wise(year, pa.array((np.maximum(dates.month, 1) - 1) // 3 + 1).cast(pa.string()), "-Q")
    if unit == "decade":
        made = decade
    elif unit == "year":
        made = year
    else:
        # a year alone is coarser already
        made = pc.if_else(pa.array(dates.month > 0), as_month if unit == "month" else as_quarter, year)
    made = pc.if_else(pa.array(dates.readable), made, pa.scalar(None, pa.string()))
    quarter = pc.fill_null(pc.match_substring_regex(texts, _QUARTER), False)
    made = pc.if_else(quarter, {"year": year, "decade": decade}.get(unit, texts), made)
    return pc.if_else(pc.fill_null(pc.match_substring_regex(texts, _DECADE), False), texts, made)


# -- places ------------------------------------------------------------------------------------------------------------------


def _divided(values: pa.Array, digits: int, entity_type: str | None) -> pa.Array:
    from pii_audit.anonymize.dates import folded

    if entity_type in _ADDRESSES:
        return _each(values, lambda text: _place(_plain(text), digits))
    texts = folded(values)
    code = pc.fill_null(pc.match_substring_regex(texts, f"^[1-9][0-9]{{{digits - 1}}}"), False)
    rest = pc.binary_repeat("*", pc.max_element_wise(pc.subtract(pc.fill_null(pc.utf8_length(texts), 0), digits), 0))
    made = pc.binary_join_element_wise(pc.utf8_slice_codeunits(texts, 0, digits), rest, "")
    made = pc.if_else(code, made, pa.scalar(None, pa.string()))
    return made if entity_type is not None else pc.coalesce(made, _each(values, lambda text: _place(_plain(text), digits)))


def _place(text: str, digits: int) -> str | None:
    """Return an address up to its province, city or district, None if it does not begin with what is asked for."""
    state = _STATE.match(text)
    end = state.end() if state else 0
    if digits > 2:
        city = cn_address.city_end(text)
        end = city if city > end or (state and state[0].startswith(cn_address.MUNICIPALITIES)) else 0
    if digits > 4:
        district = _DISTRICT.match(text, end) if end else None
        end = district.end() if district else 0
    return text[:end] or None
