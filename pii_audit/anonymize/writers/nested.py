"""JSON as a scan shows it, one column per path, and the way back: values put where they were found, keys taken out.

The columns are those of ``sources/json_tape.py``, JSON inside strings and cells included; all text between the changed
values stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.writers.edits import Edits, buffers, differing, flags, joined, plain, put, take, whole
from pii_audit.sources.encoding import padded
from pii_audit.sources.interface import Column, Limits
from pii_audit.sources.json_tape import STRING_DEPTH, Tape
from pii_audit.sources.pieces import Bytes, Ints


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to become of some columns: new values by position, and positions that go."""

    values: Mapping[int, pa.Array]
    drop: Set[int]

    def part(self, first: int, count: int) -> Asked:
        """Return what is asked of ``count`` columns from ``first`` on, counted from there."""
        inside = range(first, first + count)
        return Asked(
            {at - first: values for at, values in self.values.items() if at in inside},
            {at - first for at in self.drop if at in inside},
        )

    def __bool__(self) -> bool:
        return bool(self.values or self.drop)


class Cells:
    """A column of texts with the JSON inside them taken apart, as :func:`json_tape.expand` does."""

    def __init__(
        self, name: str | None, values: pa.Array, rows: Ints | None, limits: Limits, depth: int = STRING_DEPTH
    ) -> None:
        self.values = values
        self.changed = 0                            #: by the last ``fold``
        self._inner = self._apart(name, rows, limits, depth)
        shown = values
        if self._inner is not None:
            mask = np.zeros(len(values), bool)
            mask[self._places] = True
            shown = pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)
        own = Column(name, shown, rows)
        self._own = shown
        self.columns: tuple[Column, ...] = (own, *(self._inner.columns if self._inner else ()))

    def _apart(self, name: str | None, rows: Ints | None, limits: Limits, depth: int) -> Leaves | None:
        from pii_audit.sources import text_kernel as kernel

        values = self.values
        if depth <= 0 or len(values) == values.null_count:
            return None
        data, offsets = buffers(values)
        found = np.empty(len(values), np.int64)
        found = found[: kernel.json_like(data, offsets, len(values), found)]
        if not len(found):
            return None
        first = int(offsets[0])
        buffer = padded(data[first : int(offsets[-1])].data)
        tape = Tape(limits)
        tape.room(len(buffer))
        starts, stops = (offsets[found] - first).astype(np.int64), (offsets[found + 1] - first).astype(np.int64)
        parsed = tape.parse_records(buffer, starts, stops) == kernel.DONE
        if not parsed.any():
            return None
        self._buffer = buffer
        self._places, self._starts, self._stops = found[parsed], starts[parsed], stops[parsed]
        return Leaves(tape, buffer, limits, name or "", found if rows is None else rows[found], depth - 1)

    def fold(self, asked: Asked) -> pa.Array:
        """Return the values with what is asked of their columns done."""
        new = asked.values.get(0)
        made = self.values
        self.changed = 0
        if new is not None:
            new = plain(new)
            places = differing(self._own, new)
            if self._inner is not None:  # a cell that is JSON has no value of its own
                places = np.setdiff1d(places, self._places)
            if len(places):
                self.changed += len(places)
                made = put(made, places, take(new, places))
        if self._inner is not None and (inner := asked.part(1, len(self.columns) - 1)):
            edits = self._inner.edits(inner)
            self.changed += self._inner.changed
            if len(edits.starts):
                data, offsets = edits.made(self._buffer, self._starts, self._stops)
                texts = pa.LargeStringArray.from_buffers(len(self._places), pa.py_buffer(offsets), pa.py_buffer(data))
                made = put(made, self._places, texts.cast(pa.string()))
        return made


class Leaves:
    """The leaves that a tape holds, in columns; ``edits`` says where new values go."""

    def __init__(
        self, tape: Tape, buffer: Bytes, limits: Limits, prefix: str = "", rows: Ints | None = None,
        depth: int = STRING_DEPTH, *, start: int = 0, ascii_only: bool = False,
    ) -> None:  # fmt: skip
        from pii_audit.anonymize.writers import kernel
        from pii_audit.sources import text_kernel

        self._buffer, self._ascii, self.start = buffer, ascii_only, start
        count = tape.leaves
        self._begins, self._ends = tape.begins[:count].astype(np.int64), tape.ends[:count].astype(np.int64)
        self._marks = tape.marks[:count].copy()
        paths = tape.paths[:count]
        names: dict[str, int] = {}
        used = np.flatnonzero(np.bincount(paths)) if count else np.empty(0, np.int64)
        of_path = np.zeros(int(used[-1]) + 1 if count else 1, np.int64)
        for node in used.tolist():
            of_path[node] = names.setdefault(tape.name(node), len(names))
        keys = tape.nodes[paths, text_kernel.N_LENGTH] == text_kernel.K_ANY_KEY
        quoted = self._marks <= text_kernel.ESCAPED
        self._begins -= quoted
        self._ends += quoted
        self._marks[keys] = kernel.KEY
        self._roots = {k for name, k in names.items() if name == "[]"}
        of_leaf = of_path[paths]
        order = np.argsort(of_leaf, kind="stable")
        self._leaves = np.split(order, np.flatnonzero(np.diff(of_leaf[order])) + 1) if count else []
        self.cells = []
        for column in tape.columns(buffer, whole):
            assert column.name is not None and column.rows is not None
            name = column.name if not prefix else prefix + ("" if column.name[0] == "[" else ".") + column.name
            self.cells.append(Cells(name, column.values, column.rows if rows is None else rows[column.rows], limits, depth))
        self.columns = tuple(column for cells in self.cells for column in cells.columns)
        self.eat = False                     #: a comma that comes after all this goes too
        self.changed = 0

    def edits(self, asked: Asked, gone: tuple[Ints, Ints] | None = None, stop: int | None = None, eat: bool = False) -> Edits:
        """Return the edits for what is asked. ``gone``: where rows that do not stay begin and end."""
        from pii_audit.anonymize.writers import kernel

        places: list[Ints] = []
        values: list[pa.Array] = []
        dropped: list[Ints] = []
        first = 0
        self.changed = 0
        for k, cells in enumerate(self.cells):
            own = asked.part(first, len(cells.columns))
            first += len(cells.columns)
            leaves = self._leaves[k]
            if 0 in own.drop:
                keys = self._marks[leaves] == kernel.KEY
                if k not in self._roots and not keys.all():
                    dropped.append(leaves[~keys])
                    leaves, same = leaves[keys], np.flatnonzero(keys)
                else:
                    same = np.arange(len(leaves))
                places.append(leaves)
                values.append(pa.nulls(len(same), pa.string()))
            elif own:
                new = cells.fold(own)
                differ = differing(cells.values, new)
                self.changed += cells.changed
                places.append(leaves[differ])
                values.append(take(new, differ))
        leaf = np.concatenate([np.empty(0, np.int64), *places])
        order = np.argsort(leaf, kind="stable")
        data, offsets = self._written(take(joined(values), order), self._marks[leaf[order]])
        starts, ends = self._begins[leaf[order]], self._ends[leaf[order]]
        edits = Edits(starts, ends, np.arange(len(leaf)), offsets, data)
        self.eat = False
        if dropped or gone is not None or eat:
            return self._with_cuts(edits, np.sort(np.concatenate([np.empty(0, np.int64), *dropped])), gone, stop, eat)
        return edits

    def _written(self, values: pa.Array, marks: Ints) -> tuple[Bytes, Ints]:
        from pii_audit.anonymize.writers import kernel

        data, offsets = buffers(values)
        out = np.empty(6 * int(offsets[-1] - offsets[0]) + 4 * len(values), np.uint8)
        written = np.empty(len(values) + 1, np.int64)
        size = kernel.json_values(data, offsets, flags(values.is_valid()), marks, self._ascii, out, written)
        return out[:size], written

    def _with_cuts(self, edits: Edits, dropped: Ints, gone: tuple[Ints, Ints] | None, stop: int | None, eat: bool) -> Edits:
        from pii_audit.anonymize.writers import kernel

        starts, ends = self._begins[dropped], self._ends[dropped]
        kernel.members(self._buffer, 0, starts)
        if gone is not None:
            outside = ~_inside(starts, *gone)
            starts, ends = np.concatenate([starts[outside], gone[0]]), np.concatenate([ends[outside], gone[1]])
        order = np.argsort(starts, kind="stable")
        room = len(starts) + 1
        cut_starts, cut_ends = np.empty(room, np.int64), np.empty(room, np.int64)
        high = len(self._buffer) if stop is None else stop
        count, self.eat = kernel.removals(
            self._buffer, self.start, high, starts[order], ends[order], eat, cut_starts, cut_ends
        )
        cut_starts, cut_ends = cut_starts[:count], cut_ends[:count]
        kept = ~_inside(edits.starts, cut_starts, cut_ends)
        all_starts = np.concatenate([edits.starts[kept], cut_starts])
        order = np.argsort(all_starts, kind="stable")
        return Edits(
            all_starts[order],
            np.concatenate([edits.ends[kept], cut_ends])[order],
            np.concatenate([edits.values[kept], np.full(count, -1)])[order],
            edits.offsets,
            edits.data,
        )


def _inside(places: Ints, starts: Ints, ends: Ints) -> Ints:
    """Return which places lie in a stretch; stretches are in order and apart."""
    if not len(starts):
        return np.zeros(len(places), bool)
    at = np.searchsorted(starts, places, side="right") - 1
    inside: Ints = (at >= 0) & (places < ends[np.maximum(at, 0)])
    return inside
