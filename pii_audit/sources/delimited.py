"""Delimited text: comma, tab, pipe, semicolon or ^A between fields, quoted or not, with or without a header.

Reading never fails: what breaks the rules is read as the characters it consists of, counted, and noted once.
Lines without any character are no rows and are not counted. RFC 4180 section 2 is followed where a file does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import numpy as np

from pii_audit.model.dataset import Note
from pii_audit.sources import dialect as dialects
from pii_audit.sources.encoding import HEAD_BYTES, LINE_BYTES, decided, head_text, open_text, padded, propose, with_head
from pii_audit.sources.interface import (
    BATCH_BYTES,
    Batch,
    Blob,
    Column,
    Event,
    Limits,
    Part,
    ReadContext,
    Source,
    TableEnd,
)
from pii_audit.sources.json_tape import TEXT, expand_all
from pii_audit.sources.pieces import Bytes, Ints, column, piece_column
from pii_audit.sources.text import LinePiece, LineReader, Lines

_SPLIT_BLOCK = 8 << 20
_LOOK_BACK = 1 << 18
#: this many missing cells in a batch are written as such, whatever the number of others
_CELLS = 1 << 20
_LOOK_AHEAD = 2 << 20


class DelimitedSource(Source):
    """CSV, TSV and relatives."""

    name = "delimited"
    title = "Delimited text (CSV, TSV …)"
    title_zh = "分隔文本（CSV、TSV 等）"
    suffixes = (".csv", ".tsv", ".tab", ".psv")

    def recognises(self, head: bytes, name: str) -> float:
        if propose(head) == "undecodable":
            return 0.0
        found = dialects.find(head_text(head))
        if found is None:
            return 0.0
        return min(1.0, found.sure + (0.1 if name.lower().endswith(self.suffixes) else 0.0))

    def split(self, blob: Blob, part_bytes: int) -> Sequence[Part]:
        if blob.path is None:
            return (Part(),)
        with blob.open() as stream:
            head = stream.read(HEAD_BYTES)
            size = os.stat(blob.path).st_size
            options = {**options_for(head), "size": size}
            starts = [0]
            count = -(-size // part_bytes)
            if count > 1 and options["encoding"] in ("ascii", "utf-8", "utf-8-bom", "gb18030"):
                targets = [size * k // count for k in range(1, count)]
                starts += [start for start in _record_starts(stream, targets, options) or () if 0 < start < size]
        return tuple(Part(a, b, options) for a, b in zip(starts, [*starts[1:], None], strict=True))

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        yield from read_delimited(blob, part, context.limits)


def options_for(head: bytes) -> dict[str, Any]:
    """Return what the head of a file says about how to read it: the options of its parts."""
    found = dialects.find(head_text(head)) or dialects.Dialect(",", '"', 1, None, 0.0)
    return {
        "encoding": decided(propose(head)),
        "delimiter": found.delimiter,
        "quote": found.quote,
        "columns": found.columns,
        "names": found.names,
    }


def with_names(head: bytes, known: Callable[[tuple[str, ...]], bool]) -> dict[str, Any] | None:
    """Return the options of a text whose first record holds names that are known, None if it holds none."""
    if propose(head) == "undecodable":
        return None
    text = head_text(head)
    for delimiter in dialects.DELIMITERS:
        first = dialects.records(text, delimiter, '"', 1)
        names = tuple(cell.strip() for cell in first[0]) if first else ()
        if known(names):
            return {**options_for(head), "delimiter": delimiter, "quote": '"', "columns": len(names), "names": names}
    return None


def _record_starts(stream: BinaryIO, targets: Sequence[int], options: Mapping[str, Any]) -> list[int] | None:
    """Return where the first record at or after each target begins, None if that takes a look at decoded text.

    Bytes suffice otherwise: in UTF-8 and GB18030 the delimiters but ``|`` and the quotes are always themselves.
    """
    if options["encoding"] == "gb18030" and options["delimiter"] == "|":
        return None
    delimiter, quote = np.uint8(ord(options["delimiter"])), np.uint8(ord(options["quote"]))
    near = [_start_near(stream, target, delimiter, quote) for target in targets]
    starts = [start for start in near if start is not None]
    if len(starts) < len(near):
        starts = _starts_in_one_pass(stream, targets, delimiter, quote)
    return sorted(set(starts))


def _start_near(stream: BinaryIO, target: int, delimiter: Any, quote: Any) -> int | None:
    """Return the start of the first record at ``target`` or later from the text around it, None if that cannot tell.

    Some line before it begins either a record or in the middle of a quoted field. Walking on from there under both
    assumptions nearly always leads to the same place, which then is the true one.
    """
    from pii_audit.sources import text_kernel as kernel

    base = max(0, target - _LOOK_BACK)
    stream.seek(base)
    window = stream.read(_LOOK_BACK + _LOOK_AHEAD)
    buffer, size = padded(window), len(window)
    final = size < _LOOK_BACK + _LOOK_AHEAD
    line = window.find(b"\n", 0, target - base) + 1 if base else 0
    if base and not line:
        return None
    found, _ = kernel.record_start(buffer, line, size, final, delimiter, quote, 10, target - base)
    if found < 0:
        return base + size if final else None
    if base:
        closing, _ = kernel.closing_quote(buffer, line - 1, size, final, quote)
        if closing == -2:
            return None
        if closing >= 0:
            other, _ = kernel.record_start(
                buffer, closing + 1, size, final, delimiter, quote, int(quote), target - base
            )
            if other != found:
                return None
    return base + int(found)


def _starts_in_one_pass(stream: BinaryIO, targets: Sequence[int], delimiter: Any, quote: Any) -> list[int]:
    """Return what :func:`_start_near` could not tell, by walking over everything."""
    from pii_audit.sources import text_kernel as kernel

    starts: list[int] = []
    waiting = list(targets)
    held, base, previous = b"", 0, 10       # text not walked over yet, its offset, the byte before it
    stream.seek(0)
    while waiting:
        block = stream.read(_SPLIT_BLOCK)
        buffer, size = padded(held + block), len(held) + len(block)
        at, found = 0, 0
        while waiting and found >= 0:
            found, after = kernel.record_start(
                buffer, at, size, not block, delimiter, quote, previous, waiting[0] - base
            )
            if found >= 0:
                starts.append(base + found)
                waiting = [target for target in waiting if target > base + found]
            previous = int(buffer[after - 1]) if after > at else previous
            at = after
        if not block:
            break
        held = buffer[at:size].tobytes()
        base += at
    return starts


def read_delimited(
    blob: Blob, part: Part | None = None, limits: Limits | None = None, block: int = BATCH_BYTES
) -> Iterator[Event]:
    """Yield the rows of a blob, in reads of ``block`` bytes; the rows do not depend on it."""
    limits = limits or Limits()
    part = part or Part()
    if "delimiter" not in part.options:
        blob, head = with_head(blob)
        part = replace(part, options={**part.options, **options_for(head)})
    table = _Table(blob.name, part.options, limits, part.start == 0)
    with open_text(blob, part, block) as reader:
        for run in LineReader(reader, LINE_BYTES):
            yield from table.long_line(run) if isinstance(run, LinePiece) else table.take(run)
        yield from table.finish()
        yield from reader.problems()
    yield from table.notes()
    yield TableEnd(blob.name, DelimitedSource.name, table.rows, reader.bytes, reader.encoding, len(table.names))


@dataclass(slots=True)
class _Table:
    """Reads one part: the state between batches."""

    name: str
    options: Mapping[str, Any]
    limits: Limits
    first_part: bool
    rows: int = 0
    names: tuple[str, ...] = ()
    header: bool = False                #: the next record is the header
    raw: int = 0
    held: Bytes = field(default_factory=lambda: np.empty(0, np.uint8))  #: a record whose end is not known yet
    space: tuple[Ints, Ints, Ints] | None = None
    ragged: int = 0
    strays: int = 0
    long: int = 0
    beyond: bool = False

    def __post_init__(self) -> None:
        width = min(self.options["columns"], self.limits.columns)
        names = self.options["names"]
        self.header = names is not None and self.first_part
        self.names = dialects.unique(names or [""] * width)[:width]
        self.beyond = self.options["columns"] > width

    def take(self, lines: Lines) -> Iterator[Batch]:
        """Yield a batch of the records that are complete with these lines."""
        self.raw += lines.raw
        begin, end = int(lines.offsets[0]), int(lines.offsets[-1])
        if len(self.held):
            size = len(self.held) + end - begin
            data = padded(np.concatenate([self.held, lines.data[begin:end]]).data)
            yield from self._records(data, 0, size, final=False)
        else:
            yield from self._records(lines.data, begin, end, final=False)

    def finish(self) -> Iterator[Batch]:
        """Yield what is still held: a record whose quote is never closed is read without that quote."""
        if len(self.held):
            yield from self._records(padded(self.held.data), 0, len(self.held), final=True)

    def long_line(self, run: LinePiece) -> Iterator[Batch]:
        """Yield a piece of a line too long to be taken apart."""
        yield from self.finish()
        self.raw += run.raw
        yield self._made([piece_column(TEXT, [run.piece], np.zeros(1, np.int64))], 1)
        self.long += run.last
        self.rows -= not run.last

    def notes(self) -> Iterator[Note]:
        """Yield what was unusual."""
        said = (
            (self.ragged, "ragged", f"{self.ragged} rows do not have {len(self.names)} fields"),
            (self.strays, "quote", f"{self.strays} quotes are never closed; they were read as ordinary characters"),
            (self.long, "long-record", f"{self.long} rows are longer than {LINE_BYTES} bytes; they were read as text"),
            (self.beyond, "columns", f"fields beyond {self.limits.columns} were read as one column"),
        )
        return (Note(self.name, code, reason) for count, code, reason in said if count)

    def _records(self, data: Bytes, begin: int, end: int, final: bool) -> Iterator[Batch]:
        from pii_audit.sources import text_kernel as kernel

        delimiter, quote = np.uint8(ord(self.options["delimiter"])), np.uint8(ord(self.options["quote"]))
        if self.space is None or len(self.space[0]) < end - begin + 2:
            self.space = dialects.work_space(end - begin)
        starts, ends, index = self.space
        count, reached, strays = kernel.fields(data, begin, end, final, delimiter, quote, starts, ends, index)
        self.strays += strays
        self.held = data[reached:end].copy()
        first = int(self.header and count > 0)
        if first:
            self.header = False
        if count > first:
            yield self._batch(data, starts, ends, index, first, count, quote)

    def _batch(self, data: Bytes, starts: Ints, ends: Ints, index: Ints, first: int, last: int, quote: Any) -> Batch:
        from pii_audit.sources import text_kernel as kernel

        width, rows = len(self.names), last - first
        widths = np.diff(index[first : last + 1])
        self.ragged += int(np.count_nonzero(widths != self.options["columns"]))
        if rows * width > 2 * int(widths.sum()) + _CELLS:
            # hardly any row is as wide as the table: most cells would be missing ones
            cells = self._cells(data, starts, ends, index[first : last + 1], widths, 0, quote)
            return self._made(list(cells), rows)
        short = bool((widths < width).any())
        present = np.ones((width, rows) if short else (1, 1), np.uint8)
        out = np.empty(int(ends[index[last] - 1]) + width * kernel.PAD + kernel.PAD, np.uint8)
        regions = np.empty((2, width), np.int64)
        offsets = np.empty((width, rows + 1), np.int32)
        kernel.gather_columns(
            data, starts, ends, index, first, last, width, quote, out, regions[0], regions[1], offsets, present
        )
        columns = [
            column(
                name, offsets[c], out[regions[0, c] : regions[0, c] + offsets[c, -1]],
                present=present[c] if short and not present[c].all() else None,
            )
            for c, name in enumerate(self.names)
        ]  # fmt: skip
        if (widths > width).any():
            columns += self._cells(data, starts, ends, index[first : last + 1], widths, width, quote)
        return self._made(columns, rows)

    def _cells(
        self, data: Bytes, starts: Ints, ends: Ints, index: Ints, widths: Ints, begin: int, quote: Any
    ) -> Iterator[Column]:
        """Yield columns of the fields from position ``begin`` on, with the rows that have them."""
        from pii_audit.sources import text_kernel as kernel

        most = self.limits.columns
        more = np.maximum(widths - begin, 0)
        rows = np.repeat(np.arange(len(widths)), more)
        position = np.arange(len(rows)) - np.repeat(np.cumsum(more) - more, more) + begin
        fields = index[:-1][rows] + position
        if (position >= most).any():
            self.beyond = True
            position = np.minimum(position, most)
        order = np.argsort(position, kind="stable")
        bounds = np.flatnonzero(np.diff(position[order])) + 1
        for group in np.split(order, bounds):
            begins, stops = starts[fields[group]], ends[fields[group]]
            size = int((stops - np.where(begins < 0, ~begins, begins)).sum())
            out = np.empty(size + kernel.PAD, np.uint8)
            offsets = np.empty(len(group) + 1, np.int64)
            size = kernel.gather_list(data, begins, stops, len(group), quote, out, offsets)
            at = int(position[group[0]])
            name = self.names[at] if at < len(self.names) else f"#{at + 1}"
            yield column(name, offsets, out[:size], rows[group].astype(np.int64))

    def _made(self, columns: list[Column], rows: int) -> Batch:
        raw, self.raw = self.raw, 0
        batch = Batch(
            self.name, DelimitedSource.name, False, expand_all(columns, self.limits), self.rows, rows, raw
        )
        self.rows += rows
        return batch
