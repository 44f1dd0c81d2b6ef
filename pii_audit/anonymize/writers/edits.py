"""What writers have in common: which values changed, and bytes with other bytes in their place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.writers.interface import Change, Changes, Chunk, Written
from pii_audit.sources.interface import Column
from pii_audit.sources.pieces import Bytes, Ints, strings

_NOTHING = pa.array([], pa.string())


def whole(name: str | None, offsets: Ints, data: Bytes, rows: Ints | None = None, present: Ints | None = None) -> Column:
    """Return a column as a source makes it, but with long values in one piece."""
    return Column(name, strings(offsets, data, present), rows)


def buffers(values: pa.Array) -> tuple[Bytes, Ints]:
    """Return the bytes of a string array and its offsets in them; null has no bytes."""
    values = values.fill_null("")
    _, offsets, data = values.buffers()
    at = values.offset
    found = np.zeros(len(values) + 1, np.int32) if offsets is None else np.frombuffer(offsets, np.int32)[at : at + len(values) + 1]
    return np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8), found


def flags(values: pa.Array) -> Ints:
    """Return a boolean array as bools of NumPy; null is False. (``to_numpy`` imports pandas when it is there.)"""
    plain = values.cast(pa.bool_()).fill_null(False).cast(pa.uint8())
    data = plain.buffers()[1]
    if data is None:
        return np.zeros(len(values), bool)
    found: Ints = np.frombuffer(data, np.uint8)[plain.offset : plain.offset + len(values)] != 0
    return found


def plain(values: Any) -> pa.Array:
    """Return new values as one array of strings."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def differing(old: pa.Array, new: pa.Array) -> Ints:
    """Return where a new value is not the old one; null is equal to null."""
    if new is old:
        return np.empty(0, np.int64)
    if len(new) != len(old):
        raise ValueError(f"{len(new)} new values for {len(old)}")
    differ = pc.fill_null(pc.not_equal(old, new), False)
    if old.null_count or new.null_count:
        differ = pc.or_(differ, pc.xor(old.is_null(), new.is_null()))
    return np.flatnonzero(flags(differ))


def take(values: pa.Array, places: Ints) -> pa.Array:
    """Return the values at some places."""
    return values.take(pa.array(places))


def put(values: pa.Array, places: Ints, new: pa.Array) -> pa.Array:
    """Return the values with new ones at some places (in order)."""
    mask = np.zeros(len(values), bool)
    mask[places] = True
    return pc.replace_with_mask(values, pa.array(mask), new)


def joined(arrays: list[pa.Array]) -> pa.Array:
    """Return string arrays one after the other."""
    return pa.concat_arrays(arrays) if arrays else _NOTHING


@dataclass(frozen=True, slots=True)
class Edits:
    """Stretches of a buffer and what comes in their place: value ``values[k]`` of ``offsets`` and ``data``, -1 for nothing."""

    starts: Ints
    ends: Ints
    values: Ints
    offsets: Ints
    data: Bytes

    def made(self, buffer: Bytes, begins: Ints, stops: Ints) -> tuple[Bytes, Ints]:
        """Return stretches of the buffer with these edits made, and where each begins."""
        from pii_audit.anonymize.writers import kernel

        room = int((stops - begins).sum()) + int(np.diff(self.offsets)[self.values[self.values >= 0]].sum())
        out = np.empty(room, np.uint8)
        offsets = np.empty(len(begins) + 1, np.int64)
        size = kernel.splice(
            buffer, begins, stops, self.starts, self.ends, self.values, self.offsets, self.data, out, offsets
        )
        return out[:size], offsets

    def merged(self, other: Edits) -> Edits:
        """Return these edits and others of the same buffer."""
        if not len(other.starts):
            return self
        starts = np.concatenate([self.starts, other.starts])
        order = np.argsort(starts, kind="stable")
        mine = int(self.offsets[-1])
        shifted = np.where(other.values >= 0, other.values + len(self.offsets) - 1, -1)
        return Edits(
            starts[order],
            np.concatenate([self.ends, other.ends])[order],
            np.concatenate([self.values, shifted])[order],
            np.concatenate([self.offsets[:-1], other.offsets - other.offsets[0] + mine]),
            np.concatenate([self.data[:mine], other.data[int(other.offsets[0]) : int(other.offsets[-1])]]),
        )

    def once(self, buffer: Bytes, begin: int, stop: int) -> Bytes:
        """Return one stretch of the buffer with these edits made."""
        return self.made(buffer, np.array([begin]), np.array([stop]))[0]


@dataclass(slots=True)
class Tally:
    """Counts what becomes of one table."""

    source: str
    rows_in: int = 0
    rows_out: int = 0
    changed: int = 0
    asked: bool = False
    notes: list[str] = field(default_factory=list)
    _names: dict[str | None, bool] = field(default_factory=dict)     # columns met, and whether they go

    def ask(self, change: Change, columns: tuple[Column, ...], rows: int, *, text: bool = False, first: int | None = None) -> Changes:
        """Return what is to become of the next rows; ``first`` if they do not begin where those before ended."""
        chunk = Chunk(self.source, text, columns, self.rows_in if first is None else first, rows)
        self.asked = True
        changes = checked(chunk, change(chunk))
        for at, column in enumerate(columns):
            self._names[column.name] = self._names.get(column.name, False) or at in changes.drop
        return changes

    @property
    def dropped(self) -> bool:
        """Whether a column goes."""
        return any(self._names.values())

    def written(self) -> Written:
        """Return what the writer says of the table."""
        there = len(self._names)
        return Written(
            self.source, self.rows_in, self.rows_out, there, there - sum(self._names.values()), self.changed, tuple(self.notes)
        )


def checked(chunk: Chunk, changes: Changes) -> Changes:
    """Return changes that name columns that exist and have as many values as there were."""
    count = len(chunk.columns)
    if any(not 0 <= at < count for at in (*changes.values, *changes.drop)):
        raise ValueError("a change names a column that is not there")
    for at, values in changes.values.items():
        if len(values) != len(chunk.columns[at].values):
            raise ValueError(f"{len(values)} new values for {len(chunk.columns[at].values)}")
    if changes.keep is not None and len(changes.keep) != chunk.num_rows:
        raise ValueError(f"{len(changes.keep)} marks of rows for {chunk.num_rows}")
    return changes
