"""Delimited text: cells are replaced, columns and rows left out; all other bytes stay as they are.

A new value is quoted where the cell it replaces was, or where it needs to be. One that a spreadsheet would take for a
formula (it begins with ``= + - @``, tab, CR or LF and is no plain number) gets an apostrophe before it, as OWASP's page
on CSV injection advises. Rows that are too short or too long keep their shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from pii_audit.anonymize.writers.edits import Edits, Tally, buffers, differing, flags, joined, plain, take, whole
from pii_audit.anonymize.writers.interface import Change, WriteError, Writer, Written
from pii_audit.anonymize.writers.nested import Asked, Cells
from pii_audit.anonymize.writers.recode import Recoder, lines_of, recoding
from pii_audit.anonymize.writers.text import text_edits
from pii_audit.sources import dialect as dialects
from pii_audit.sources.delimited import options_for
from pii_audit.sources.encoding import padded
from pii_audit.sources.interface import BATCH_BYTES, Blob, Column, Limits
from pii_audit.sources.json_tape import TEXT
from pii_audit.sources.pieces import Bytes, Ints

#: this many missing cells in a block are written as such, whatever the number of others
_CELLS = 1 << 20


class DelimitedWriter(Writer):
    """CSV, TSV and relatives, in the dialect they came in."""

    formats = ("delimited",)
    block = BATCH_BYTES

    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        with recoding(blob, out, self.block) as (reader, head):
            table = _Table(reader, change, limits, options_for(head))
            for run in lines_of(reader):
                if isinstance(run, bytes):
                    table.long_line(run)
                else:
                    table.take(run.data, int(run.offsets[0]), int(run.offsets[-1]))
            return [table.finish()]


class _Table:
    def __init__(self, reader: Recoder, change: Change, limits: Limits, options: Mapping[str, Any]) -> None:
        self._reader, self._change, self._limits = reader, change, limits
        self._tally = Tally(reader.name)
        self._delimiter, self._quote = np.uint8(ord(options["delimiter"])), np.uint8(ord(options["quote"]))
        width = min(options["columns"], limits.columns)
        names = options["names"]
        self._header = names is not None       # the next record is the header
        self._names = dialects.unique(names or [""] * width)[:width]
        self._held: Bytes = np.empty(0, np.uint8)
        self._codec = reader.codec
        self._space: tuple[Ints, Ints, Ints] | None = None

    def finish(self) -> Written:
        """Write what is still held; return what was done."""
        self._flush()
        if not self._tally.asked:
            self._tally.ask(self._change, tuple(Column(name, pa.array([], pa.string())) for name in self._names), 0)
        return self._tally.written()

    def take(self, data: Bytes, begin: int, end: int) -> None:
        """Write the records that are complete with these lines."""
        if len(self._held):
            if self._codec != self._reader.codec and not bytes(self._held).isascii():
                raise WriteError(f"the record after row {self._tally.rows_in} is in two encodings")
            joint = np.concatenate([self._held, data[begin:end]])
            data, begin, end = padded(joint.data), 0, len(joint)
        self._codec = self._reader.codec
        self._records(data, begin, end, final=False)

    def long_line(self, line: bytes) -> None:
        """Write a line that is too long to be taken apart."""
        self._flush()
        buffer = padded(line)
        offsets = np.array([0, len(line)], np.int64)
        end = np.array([len(line.rstrip(b"\r\n"))], np.int64)
        text = whole(TEXT, np.array([0, end[0]]), buffer, np.zeros(1, np.int64))
        changes = self._tally.ask(self._change, (text,), 1)
        self._tally.rows_in += 1
        if changes.keep is not None and not flags(changes.keep).all():
            return
        self._tally.rows_out += 1
        new = pa.array([None], pa.string()) if changes.drop else plain(changes.values.get(0, text.values))
        edits = text_edits(text.values, new, offsets[:1], end, chr(self._quote) * 2)
        self._tally.changed += len(edits.starts)
        self._reader.write(edits.once(buffer, 0, len(line)))

    def _flush(self) -> None:
        if len(self._held):
            self._records(padded(self._held.data), 0, len(self._held), final=True)

    def _records(self, data: Bytes, begin: int, end: int, final: bool) -> None:
        from pii_audit.sources import text_kernel as kernel

        if self._space is None or len(self._space[0]) < end - begin + 2:
            self._space = dialects.work_space(end - begin)
        starts, ends, index = self._space
        count, reached, _ = kernel.fields(data, begin, end, final, self._delimiter, self._quote, starts, ends, index)
        first = int(self._header and count > 0)
        if first:
            self._header = False
        block = _Block(data, begin, starts, ends, index, first, count, self._quote)
        self._write(block, reached)
        self._held = data[reached:end].copy()

    def _write(self, block: _Block, reached: int) -> None:
        """Write a block of records with what becomes of them."""
        if not block.rows and not block.first:
            self._reader.write(block.data[block.begin : reached])
            return
        parts = [
            (position, Cells(column.name, column.values, column.rows, self._limits), fields)
            for position, column, fields in block.columns(self._names, self._limits.columns)
        ]
        changes = self._tally.ask(self._change, tuple(made for _, cells, _ in parts for made in cells.columns), block.rows)
        keep = np.empty(0, bool) if changes.keep is None else flags(changes.keep)
        self._tally.rows_in += block.rows
        self._tally.rows_out += block.rows if changes.keep is None else int(np.count_nonzero(keep))
        drop = np.zeros(max((position for position, _, _ in parts), default=0) + 2, np.uint8)
        changed: list[_Changed] = []
        at = 0
        for position, cells, fields in parts:
            own = Asked(changes.values, changes.drop).part(at, len(cells.columns))
            exact = at in changes.exact
            at += len(cells.columns)
            if 0 in own.drop:
                drop[position] = 1
                # what lies beyond the limit of columns is one column
                drop[-1] |= position == self._limits.columns
            elif own:
                new = cells.fold(own)
                places = differing(cells.values, new)
                places = places[fields[places] >= 0]
                self._tally.changed += len(places)
                changed.append(_Changed(fields[places], take(new, places), exact))
        if drop.any() or len(keep) or any(len(one.fields) for one in changed):
            edits = block.edits(changed, drop, keep, self._delimiter, reached)
            self._reader.write(edits.once(block.data, block.begin, reached))
        else:
            self._reader.write(block.data[block.begin : reached])


@dataclass(frozen=True, slots=True)
class _Changed:
    """Fields of one column that get new values."""

    fields: Ints
    values: pa.Array
    exact: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """Records as ``text_kernel.fields`` found them; those before ``first`` are the header."""

    data: Bytes
    begin: int
    starts: Ints
    ends: Ints
    index: Ints
    first: int
    count: int
    quote: Any

    @property
    def rows(self) -> int:
        return self.count - self.first

    def columns(self, names: tuple[str, ...], most: int) -> Iterator[tuple[int, Column, Ints]]:
        """Yield position, column and field of each value (-1: the row has none), the columns as a scan has them."""
        from pii_audit.sources import text_kernel as kernel

        if not self.rows:
            for position, name in enumerate(names):
                yield position, Column(name, pa.array([], pa.string())), np.empty(0, np.int64)
            return
        first, last, width = self.first, self.count, len(names)
        index = self.index[first : last + 1]
        widths = np.diff(index)
        if self.rows * width > 2 * int(widths.sum()) + _CELLS:
            yield from self._cells(names, widths, 0, most)
            return
        short = bool((widths < width).any())
        present = np.ones((width, self.rows) if short else (1, 1), np.uint8)
        out = np.empty(int(self.ends[self.index[last] - 1]) + width * kernel.PAD + kernel.PAD, np.uint8)
        regions = np.empty((2, width), np.int64)
        offsets = np.empty((width, self.rows + 1), np.int32)
        kernel.gather_columns(
            self.data, self.starts, self.ends, self.index, first, last, width, self.quote, out, regions[0], regions[1],
            offsets, present,
        )  # fmt: skip
        for c, name in enumerate(names):
            own = out[regions[0, c] : regions[0, c] + offsets[c, -1]]
            fields = index[:-1].astype(np.int64) + c
            there = None
            if short and not present[c].all():
                there = present[c]
                fields[there == 0] = -1
            yield c, whole(name, offsets[c], own, present=there), fields
        if (widths > width).any():
            yield from self._cells(names, widths, width, most)

    def _cells(self, names: tuple[str, ...], widths: Ints, begin: int, most: int) -> Iterator[tuple[int, Column, Ints]]:
        """Yield columns of the fields from position ``begin`` on, with the rows that have them."""
        from pii_audit.sources import text_kernel as kernel

        more = np.maximum(widths - begin, 0)
        rows = np.repeat(np.arange(len(widths)), more)
        position = np.arange(len(rows)) - np.repeat(np.cumsum(more) - more, more) + begin
        fields = self.index[self.first : self.count][rows] + position
        position = np.minimum(position, most)
        order = np.argsort(position, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(position[order])) + 1):
            begins, stops = self.starts[fields[group]], self.ends[fields[group]]
            size = int((stops - np.where(begins < 0, ~begins, begins)).sum())
            out = np.empty(size + kernel.PAD, np.uint8)
            offsets = np.empty(len(group) + 1, np.int64)
            size = kernel.gather_list(self.data, begins, stops, len(group), self.quote, out, offsets)
            at = int(position[group[0]])
            name = names[at] if at < len(names) else f"#{at + 1}"
            yield at, whole(name, offsets, out[:size], rows[group].astype(np.int64)), fields[group].astype(np.int64)

    def edits(self, changed: list[_Changed], drop: Ints, keep: Ints, delimiter: Any, stop: int) -> Edits:
        """Return the edits that put new values into fields and leave out columns and rows."""
        from pii_audit.anonymize.writers import kernel

        total = int(self.index[self.count])
        value_of = np.full(total, -1, np.int32)
        cells = np.concatenate([np.empty(0, np.int64), *(one.fields for one in changed)])
        value_of[cells] = np.arange(len(cells))
        exact = np.concatenate([np.empty(0, bool), *(np.full(len(one.fields), one.exact) for one in changed)])
        quoted = np.empty(len(cells), np.uint8)
        kernel.are_quoted(self.data, self.begin, self.starts, cells, self.quote, quoted)
        data, offsets = buffers(joined([one.values for one in changed]))
        out = np.empty(2 * int(offsets[-1] - offsets[0]) + 3 * len(cells) + 2, np.uint8)
        written = np.empty(len(cells) + 2, np.int64)
        size = kernel.csv_values(data, offsets, quoted, exact, delimiter, self.quote, out, written)
        out[size : size + 2] = self.quote
        written[len(cells) + 1] = size + 2
        room = (total if drop.any() else len(cells)) + self.count
        starts, ends, values = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
        count = kernel.csv_edits(
            self.data, self.begin, stop, self.starts, self.ends, self.index, self.count, self.first, self.quote,
            value_of, drop, keep, written, len(cells), starts, ends, values,
        )  # fmt: skip
        return Edits(starts[:count], ends[:count], values[:count], written, out)
