"""A plan applied to chunks: which operator changes which values, and what is remembered of the originals.

Columns that the plan names get their operator. Columns that the scan knows to hold one entity type get that type's operator in
every cell. Everything else is searched by the detector and treated span by span.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize import splice_kernel as kernel
from pii_audit.anonymize.interface import Operator, Taken, Use
from pii_audit.anonymize.keys import Key
from pii_audit.anonymize.lattice import Reached
from pii_audit.anonymize.plan import DatasetPlan, Plan, Treatment
from pii_audit.anonymize.surrogates import rank
from pii_audit.anonymize.writers.interface import Changes, Chunk
from pii_audit.engines.tables import one_a_row
from pii_audit.model.entity import Role
from pii_audit.recognizers.batch import Detector, buffers
from pii_audit.sources.interface import Column

#: operators after which a value may still be there
_KEEPS = frozenset({"keep", "generalize", "noise", "shuffle"})
#: operators that invent values of the same type
SURROGATES = frozenset({"pseudonym"})
#: operators whose results look like what they replace: their type may be found in an export
ALIKE = _KEEPS | {"pseudonym", "fpe", "synthetic", "shift-date"}
#: types whose values two people may share, so that a surrogate can be somebody's
COMMON = frozenset({"PERSON", "CN_ADDRESS", "LOCATION", "ORGANIZATION"})
#: types with so few values that every other column of numbers or dates holds some of them by chance
FEW = frozenset({"DATE_OF_BIRTH", "DATE_TIME", "CARD_EXPIRY", "CARD_SECURITY_CODE", "ONE_TIME_CODE", "GEO_COORDINATE"})
#: bytes of letters and digits below which a value points to nobody by itself
_SHORT = 6


@dataclass
class Tally:
    """What was done to one column (or in one text), by operator."""

    values: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Marks(Taken):
    """A set of numbers: marks of values, or the numbers of originals of a type (``surrogates.rank``)."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._known: np.ndarray | None = None    #: sorted

    def add(self, numbers: np.ndarray) -> None:
        """Remember numbers."""
        self._parts.append(numbers)
        if sum(map(len, self._parts)) > max(1 << 20, 0 if self._known is None else len(self._known)):
            self._merge()

    def among(self, numbers: Any) -> Any:
        """Return which numbers are remembered."""
        self._merge()
        if self._known is None or not len(self._known):
            return np.zeros(len(numbers), bool)
        at = np.searchsorted(self._known, numbers)
        return self._known[np.minimum(at, len(self._known) - 1)] == numbers

    def _merge(self) -> None:
        if self._parts:
            # by sorting: what numpy.unique does by hashing takes a hundred times as long on marks
            every = np.sort(np.concatenate([*([] if self._known is None else [self._known]), *self._parts]))
            first = np.ones(len(every), bool)
            first[1:] = every[1:] != every[:-1]
            self._known, self._parts = every[first], []


class Originals:
    """Marks of values that may not occur in what is published. They are keyed for this run and never written.

    ``common``: values that two people may share, names above all; these say less where they are met in another column.
    """

    def __init__(self) -> None:
        self._seed = secrets.randbits(64)
        self.unique, self.common = Marks(), Marks()

    def add(self, values: pa.Array, entity: str | None) -> None:
        """Remember the values of a protected column or the spans of a protected type."""
        if entity not in FEW:
            found = self.marks(values, _SHORT)
            (self.common if entity in COMMON else self.unique).add(found[found != 0])

    def marks(self, values: pa.Array, least: int = 1) -> np.ndarray:
        """Return a mark for each value, 0 for one with fewer bytes of letters and digits; spelling does not matter.

        A value with stars is masked, and none.
        """
        text = values.cast(pa.string())
        return keyed_marks(pc.if_else(pc.match_substring_regex(text, "[*＊]"), "", text), self._seed, least)

    def words(self, values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Return whose words inside longer values may be identifiers, and their marks."""
        data, offsets, _ = buffers(values)
        room = int(offsets[-1] - offsets[0]) // 7 + len(values)
        rows, out = np.empty(room, np.int64), np.empty(room, np.uint64)
        count = kernel.words(data, offsets, np.uint64(self._seed | 1), rows, out)
        return rows[:count], out[:count]


class Transform:
    """Turns chunks of one table into changes. Remembers originals in ``originals``, counts in ``tallies``."""

    def __init__(
        self,
        table: str,
        plan: Plan,
        dataset: DatasetPlan | None,
        types: Mapping[str, str],
        detector: Detector,
        key: Callable[[str], Key],
        originals: Originals,
        taken: dict[str, Marks],
    ) -> None:
        self.table = table
        self._plan = plan
        self._dataset = dataset
        self._types = types
        self._detector = detector
        self._key = key
        self._originals = originals
        self._taken = taken
        self._draw = 0
        self.dropped = frozenset(dataset.drop if dataset else ())
        self.tallies: dict[str, Tally] = {}
        self.reached: Reached | None = None
        self._levels: dict[str, Operator] = {}

    def __call__(self, chunk: Chunk) -> Changes:
        """Return what becomes of a chunk."""
        self._draw += 1
        values: dict[int, pa.Array] = {}
        dropped = set()
        exact = set()
        person = self._person(chunk)
        for position, column in enumerate(chunk.columns):
            name = column.name or ""
            if column.name in self.dropped:
                dropped.add(position)
                if name in self._types:
                    self._originals.add(column.values, self._types[name])
                continue
            treatment = self.treatment(column.name)
            rows = column.rows if column.rows is not None else np.arange(len(column.values))
            own = None if person is None else person.take(pa.array(rows))
            if treatment is not None and treatment.operator is not None:
                made = self._whole(column.values, treatment, name, own)
                if treatment.operator.reversible:
                    exact.add(position)
            else:
                made = self._spans(column.values, column.name, name)
            if made is not None:
                values[position] = made
        return Changes(values, frozenset(dropped), self._kept(chunk), frozenset(exact))

    def treatment(self, column: str | None) -> Treatment | None:
        """Return what the plan, or else the scan, says of a column; None: it is treated span by span."""
        if self._dataset and column is not None and column in self._dataset.columns:
            named = self._dataset.columns[column]
            return replace(named, operator=self._levels.get(column, named.operator), entity=named.entity or self._types.get(column))
        entity = self._types.get(column) if column is not None else None
        if entity is None:
            return None
        chosen = self._plan.for_entity(entity)
        return Treatment(chosen.operator, entity, chosen.domain, chosen.role, chosen.key)

    def take_levels(self, reached: Reached) -> None:
        """Treat columns by the levels that were reached, and take out the rows that stand in their way."""
        self.reached = reached
        self._levels = {name: level for name, level in reached.chosen().items() if isinstance(level, Operator)}

    def staying(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows that the plan lets out."""
        keep = self._wanted(rows.num_rows, {name: (rows.column(i), None) for i, name in enumerate(rows.schema.names)})
        return rows if keep is None else rows.filter(pa.array(keep))

    def collect(self, columns: Iterable[Column]) -> None:
        """Remember the originals of every domain whose surrogates must be none of them; before any chunk is changed."""
        for column in columns:
            treatment = self.treatment(column.name)
            values = column.values.cast(pa.string())
            if treatment is not None and treatment.operator is not None:
                self._take(treatment, values)
            elif any(use.operator is not None and use.operator.name in SURROGATES for use in (self._plan.default, *self._plan.entities.values())):
                for kind, _, own in self._found(values, column.name)[1]:
                    self._take(replace(self._plan.for_entity(kind), entity=kind), own)

    def _take(self, treatment: Treatment, values: pa.Array) -> None:
        if treatment.operator is not None and treatment.operator.name in SURROGATES and treatment.entity is not None:
            numbers, known = rank(treatment.entity, pc.unique(values))
            self._taken.setdefault(treatment.domain or treatment.entity, Marks()).add(numbers[known])

    # -- whole cells --------------------------------------------------------------------------------------------------

    def _whole(self, values: pa.Array, treatment: Treatment, name: str, person: pa.Array | None) -> pa.Array | None:
        operator = treatment.operator
        assert operator is not None
        tally = self.tallies.setdefault(name, Tally())
        tally.values[operator.name] += len(values) - values.null_count
        if operator.name == "keep":
            return None
        if self._is_protected(operator, treatment):
            self._originals.add(values, treatment.entity)
        return self._changed(operator, values, treatment, person, tally)

    def _changed(self, operator: Operator, values: pa.Array, treatment: Treatment, person: pa.Array | None, tally: Tally) -> pa.Array:
        domain = treatment.domain or treatment.entity or ""
        key = self._key(treatment.key) if operator.needs_key else None
        if operator.per_row:
            use = Use(treatment.entity, domain, key, _numbers(person, key), draw=self._draw)
            outcome = operator.apply(values.cast(pa.string()), use)
            made, refused = outcome.values, outcome.refused
        else:
            encoded = pc.dictionary_encode(values)
            outcome = operator.apply(encoded.dictionary.cast(pa.string()), Use(treatment.entity, domain, key, taken=self._taken.get(domain)))
            made = outcome.values.take(encoded.indices)
            refused = None if outcome.refused is None else outcome.refused.take(encoded.indices)
        if refused is not None and (count := pc.sum(refused).as_py()):
            tally.refused[operator.name] += count
            mask = pc.fill_null(refused, False)
            instead = self._plan.fallback.apply(values.cast(pa.string()), Use(treatment.entity, domain)).values
            made = pc.if_else(mask, instead, made)
        return made

    def _is_protected(self, operator: Operator, treatment: Treatment) -> bool:
        """Return whether the originals may not be met again: identifiers, not what was only made coarser."""
        if operator.name in _KEEPS or (operator.name in ALIKE and treatment.entity in COMMON | FEW):
            return False
        return treatment.role in (None, Role.DIRECT_IDENTIFIER) and (treatment.entity is not None or treatment.role is not None)

    # -- spans --------------------------------------------------------------------------------------------------------

    def _spans(self, values: pa.Array, header: str | None, name: str) -> pa.Array | None:
        text = values.cast(pa.string())
        (value, start, end), found = self._found(text, header)
        if not found:
            return None
        tally = self.tallies.setdefault(name, Tally())
        order, parts = [], []
        for kind, mine, own in found:
            order.append(mine)
            treatment = replace(self._plan.for_entity(kind), entity=kind)
            operator = treatment.operator
            tally.values[operator.name if operator else "keep"] += len(mine)
            if operator is None or operator.name == "keep":
                parts.append(own)
                continue
            if self._is_protected(operator, treatment):
                self._originals.add(own, kind)
            if operator.per_row:
                # an operator over rows has no meaning for pieces of a text
                tally.refused[operator.name] += len(mine)
                parts.append(self._plan.fallback.apply(own, Use(kind, kind)).values)
                continue
            parts.append(pc.fill_null(self._changed(operator, own, treatment, None, tally), ""))
        made = pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(order), kind="stable")))
        return splice(text, value, start, end, made)

    def _found(self, text: pa.Array, header: str | None) -> tuple[tuple[np.ndarray, ...], list[tuple[str, np.ndarray, pa.Array]]]:
        """Return the places of all spans, and for each entity type which of them are its own, with their texts."""
        spans = self._detector.detect(text, header)
        value, start, end, entity = _apart(spans.value.astype(np.int64), spans.start, spans.end, spans.entity)
        texts = cut(text, value, start, end)
        kinds = []
        for index in np.unique(entity).tolist():
            mine = np.flatnonzero(entity == index)
            kinds.append((self._detector.entities[index].name, mine, texts.take(pa.array(mine))))
        return (value, start, end), kinds

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _person(self, chunk: Chunk) -> pa.Array | None:
        """Return whose each row is, as it is written; None where the plan does not say."""
        wanted = self._dataset.person if self._dataset else None
        column = next((column for column in chunk.columns if wanted is not None and column.name == wanted), None)
        return None if column is None or column.rows is not None else column.values.cast(pa.string())

    def _kept(self, chunk: Chunk) -> pa.Array | None:
        if self._dataset is None or chunk.text:
            return None
        keep = self._wanted(chunk.num_rows, {column.name: (column.values, column.rows) for column in chunk.columns if column.name is not None})
        if self.reached is not None:
            by_name = {column.name: column for column in chunk.columns}
            quasi = [one_a_row(by_name[name].values, by_name[name].rows, chunk.num_rows) for name in self.reached.columns]
            stays = self.reached.keeps(pa.RecordBatch.from_arrays(quasi, list(self.reached.columns))).to_numpy(zero_copy_only=False)
            keep = stays if keep is None else keep & stays
        return None if keep is None else pa.array(keep)

    def _wanted(self, n: int, columns: Mapping[str, tuple[pa.Array, np.ndarray | None]]) -> np.ndarray | None:
        """Return which rows the plan lets out; None: all."""
        if self._dataset is None or not self._dataset.rows:
            return None
        keep = np.ones(n, bool)
        for name, wanted in self._dataset.rows.items():
            if name not in columns:
                return np.zeros(n, bool)
            values, rows = columns[name]
            hits = pc.fill_null(pc.is_in(pc.utf8_trim_whitespace(values.cast(pa.string())), pa.array(wanted)), False).to_numpy(zero_copy_only=False)
            inside = np.zeros(n, bool)
            inside[hits.nonzero()[0] if rows is None else rows[hits]] = True
            keep &= inside
        return keep


def _numbers(person: pa.Array | None, key: Key | None) -> pa.Array | None:
    """Return a number for each person, the same under a key in every run; null where nobody is named."""
    if person is None or key is None:
        return None
    found = keyed_marks(person, int.from_bytes(key.derive("person", 8), "big"))
    return pa.array(found, mask=found == 0)


def keyed_marks(values: pa.Array, seed: int, least: int = 1) -> np.ndarray:
    """Return a mark for each value, 0 for one with fewer bytes of letters and digits; spelling does not matter."""
    data, offsets, _ = buffers(values)
    out = np.empty(len(values), np.uint64)
    kernel.marks(data, offsets, np.uint64(seed | 1), least, out)
    return out


def _apart(*columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return spans in order; those that overlap become one, of the type of the first, so that nothing between them stays."""
    value, start, end, entity = columns
    order = np.lexsort((start, value))
    value, start, end, entity = value[order], start[order], end[order], entity[order]
    reach = np.maximum.accumulate((value << 40) + end)
    first = np.ones(len(value), bool)
    first[1:] = (value[1:] << 40) + start[1:] >= reach[:-1]
    begins = np.flatnonzero(first)
    return value[first], start[first], np.maximum.reduceat(end, begins) if len(begins) else end, entity[first]


def cut(text: pa.Array, value: np.ndarray, start: np.ndarray, end: np.ndarray) -> pa.Array:
    """Return the texts of spans (characters; ordered by value and start)."""
    data, offsets, _ = buffers(text)
    out = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    out_offsets = np.empty(len(value) + 1, np.int32)
    size = kernel.cut(data, offsets, value, start, end, out, out_offsets)
    return pa.StringArray.from_buffers(len(value), pa.py_buffer(out_offsets), pa.py_buffer(out[:size]))


def splice(text: pa.Array, value: np.ndarray, start: np.ndarray, end: np.ndarray, new: pa.Array) -> pa.Array:
    """Return values with spans (characters; ordered, apart) replaced by new texts; null stays null."""
    data, offsets, _ = buffers(text)
    new_data, new_offsets, _ = buffers(new)
    out = np.empty(int(offsets[-1] - offsets[0]) + int(new_offsets[-1] - new_offsets[0]), np.uint8)
    out_offsets = np.empty(len(text) + 1, np.int32)
    size = kernel.splice(data, offsets, value, start, end, new_data, new_offsets, out, out_offsets)
    made = pa.StringArray.from_buffers(len(text), pa.py_buffer(out_offsets), pa.py_buffer(out[:size]))
    return pc.if_else(text.is_valid(), made, pa.scalar(None, pa.string())) if text.null_count else made
