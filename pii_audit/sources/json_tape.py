"""JSON as columns: one value per scalar, in a column per path.

Paths: ``borrower.mobile``; items of an array ``contacts[].phone``; a record that is a scalar or an array ``[]``.
A key that is data itself (a phone number, an address of mail, one of very many) does not become part of a path:
its values are at ``parent.*`` and the key is a value at ``parent.#key``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.sources.encoding import padded
from pii_audit.sources.interface import Column, Limits
from pii_audit.sources.pieces import Bytes, Ints, column

#: JSON inside a string inside JSON is followed this far
STRING_DEPTH = 3
#: where text goes that is not JSON, or is nested too deeply
TEXT = "#text"


class Tape:
    """Paths known so far, the state of the walk, and the leaves of one buffer."""

    def __init__(self, limits: Limits) -> None:
        from pii_audit.sources import text_kernel as kernel

        self.limits = limits
        self.state = np.zeros(kernel.STATE_SIZE, np.int64)
        self.state[kernel.S_EXPECT] = kernel.RECORD
        self.state[kernel.S_NODES] = 1                      # node 0 is the record
        self.stack = np.zeros(limits.json_depth + 1, np.int32)
        self.kinds = np.zeros(limits.json_depth + 1, np.uint8)
        self.nodes = np.zeros((1 << 9, kernel.NODE_SIZE), np.int32)
        self.nodes[0, kernel.N_LENGTH] = kernel.K_ARRAY
        self.slots = np.zeros(1 << 11, np.int32)
        self.pool = np.zeros(1 << 15, np.uint8)
        self.scratch = np.empty((1 << 10) + kernel.PAD, np.uint8)
        self._names: list[str] = [""]
        self.room(0)

    def room(self, size: int) -> None:
        """Drop all leaves; make room for those of a buffer of ``size`` bytes."""
        from pii_audit.sources import text_kernel as kernel

        count = size + 2  # pages that stay unused cost nothing
        self.rows = np.empty(count, np.int32)
        self.paths = np.empty(count, np.int32)
        self.begins = np.empty(count, np.int32)
        self.ends = np.empty(count, np.int32)
        self.marks = np.empty(count, np.uint8)
        self.state[kernel.S_LEAVES] = 0

    def _tables(self) -> tuple[Any, ...]:
        return (
            self.limits.json_depth, self.limits.columns, self.state, self.stack, self.kinds, self.nodes, self.slots,
            self.pool, self.scratch, self.rows, self.paths, self.begins, self.ends, self.marks,
        )  # fmt: skip

    def grow(self) -> None:
        """Double the room for paths."""
        from pii_audit.sources import text_kernel as kernel

        self.nodes = np.concatenate([self.nodes, np.zeros_like(self.nodes)])
        self.pool = np.concatenate([self.pool, np.zeros_like(self.pool)])
        self.slots = np.zeros(2 * len(self.slots), np.int32)
        kernel.rehash(self.state, self.nodes, self.slots, self.pool)

    def parse(self, buffer: Bytes, start: int, size: int, final: bool, stop: bool = False) -> tuple[int, int]:
        """Walk documents from ``start``; return (MORE, BROKEN or DEEP, position), or DONE after a record if ``stop``."""
        from pii_audit.sources import text_kernel as kernel

        while True:
            result, start = kernel.parse(buffer, start, size, final, stop, True, *self._tables())
            if result != kernel.GROW:
                return result, start
            self.grow()

    def parse_records(self, buffer: Bytes, starts: Ints, stops: Ints) -> Ints:
        """Walk each ``buffer[starts[r]:stops[r]]`` as one JSON text; return DONE, BROKEN or DEEP for each."""
        from pii_audit.sources import text_kernel as kernel

        outcome = np.zeros(len(starts), np.uint8)
        at = 0
        while True:
            result, at = kernel.parse_records(buffer, starts, stops, outcome, at, *self._tables())
            if result != kernel.GROW:
                return outcome
            self.grow()

    @property
    def leaves(self) -> int:
        from pii_audit.sources import text_kernel as kernel

        return int(self.state[kernel.S_LEAVES])

    def name(self, node: int) -> str:
        """Return the path of a node."""
        from pii_audit.sources import text_kernel as kernel

        while len(self._names) <= node:
            parent, at, length = (int(self.nodes[len(self._names), k]) for k in range(3))
            before = self._names[parent]
            if length == kernel.K_ARRAY:
                self._names.append(before + "[]")
                continue
            key = {kernel.K_ANY: "*", kernel.K_ANY_KEY: "#key"}.get(length)
            if key is None:
                key = self.pool[at : at + length].tobytes().decode("utf-8", "replace")
            self._names.append(f"{before}.{key}" if before else key)
        return self._names[node]

    def columns(self, buffer: Bytes, make: Callable[..., Column] = column) -> list[Column]:
        """Return the leaves found in ``buffer`` as one column per path, in the order the paths were first met."""
        from pii_audit.sources import text_kernel as kernel

        count = self.leaves
        if not count:
            return []
        used = np.flatnonzero(np.bincount(self.paths[:count]))
        names: dict[str, int] = {}
        of_path = np.zeros(int(used[-1]) + 1, np.int32)
        for node in used.tolist():
            of_path[node] = names.setdefault(self.name(node), len(names))
        total = int(np.sum(self.ends[:count], dtype=np.int64) - np.sum(self.begins[:count], dtype=np.int64))
        out = np.empty(total + len(names) * 128 + kernel.PAD, np.uint8)
        regions = np.empty(len(names), np.int64)
        lists = np.empty(len(names) + 1, np.int64)
        offsets = np.empty(count + len(names), np.int32)
        rows = np.empty(count, np.int64)
        present = np.empty(count, np.uint8)
        room = np.empty((2, len(names)), np.int64)
        nulls = kernel.gather_leaves(
            buffer, count, len(names), of_path, self.rows, self.paths, self.begins, self.ends, self.marks,
            out, regions, lists, room[0], room[1], offsets, rows, present,
        )  # fmt: skip
        made = []
        for c, name in enumerate(names):
            a, b = int(lists[c]), int(lists[c + 1])
            own = offsets[a + c : b + c + 1]
            data = out[regions[c] : regions[c] + int(own[-1])]
            made.append(make(name, own, data, rows[a:b], present[a:b] if nulls else None))
        return made


def expand(source: Column, limits: Limits | None = None, depth: int = STRING_DEPTH) -> tuple[Column, ...]:
    """Return the column without the values that are JSON objects or arrays, and the columns of what is in those.

    Sub-columns are named ``column.path``; their ``rows`` are those of the cells they come from. Values that only
    look like JSON stay where they are. Nothing occurs twice.
    """
    from pii_audit.sources import text_kernel as kernel

    values = source.values
    if depth <= 0 or source.pieces is not None or len(values) == values.null_count:
        return (source,)
    width = np.int64 if pa.types.is_large_string(values.type) else np.int32
    _, offset_buffer, data_buffer = values.buffers()
    if data_buffer is None:
        return (source,)
    offsets = np.frombuffer(offset_buffer, width)[values.offset : values.offset + len(values) + 1]
    data = np.frombuffer(data_buffer, np.uint8)
    found = np.empty(len(values), np.int64)
    found = found[: kernel.json_like(data, offsets, len(values), found)]
    if len(found) and values.null_count:
        found = found[np.asarray(values.is_valid())[found]]
    if not len(found):
        return (source,)
    first = int(offsets[0])
    buffer = padded(data[first : int(offsets[-1])].data)
    tape = Tape(limits or Limits())
    tape.room(len(buffer))
    starts = (offsets[found] - first).astype(np.int64)
    stops = (offsets[found + 1] - first).astype(np.int64)
    parsed = tape.parse_records(buffer, starts, stops) == kernel.DONE
    if not parsed.any():
        return (source,)
    mask = np.zeros(len(values), bool)
    mask[found[parsed]] = True
    rest = pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)
    rows = found if source.rows is None else source.rows[found]
    made = [Column(source.name, rest, source.rows)]
    for inner in tape.columns(buffer):
        assert inner.name is not None and inner.rows is not None
        name = inner.name if not source.name else source.name + ("" if inner.name[0] == "[" else ".") + inner.name
        made += expand(Column(name, inner.values, rows[inner.rows], inner.pieces), limits, depth - 1)
    return tuple(made)


def expand_all(columns: list[Column], limits: Limits) -> tuple[Column, ...]:
    """Return the columns with JSON inside their values taken apart."""
    return tuple(made for one in columns for made in expand(one, limits))
