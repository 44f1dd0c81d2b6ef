"""Plain text and logs: every line is a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pii_audit.sources.encoding import Chunk, TextReader, line_parts, open_text, propose
from pii_audit.sources.interface import (
    BATCH_BYTES,
    PIECE_BYTES,
    Batch,
    Blob,
    Column,
    Event,
    Part,
    ReadContext,
    Source,
    TableEnd,
)
from pii_audit.sources.pieces import Bytes, Piece, PieceCutter, piece_column, strings


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines, each at most as long as asked for: line k is ``data[offsets[k]:offsets[k + 1]]``."""

    data: Bytes                                   #: readable beyond the last offset
    offsets: np.ndarray[Any, Any]                 #: int32
    first: int                                    #: number of the first line in the part, from 0
    raw: int                                      #: bytes of input these lines stand for


@dataclass(frozen=True, slots=True)
class LinePiece:
    """A piece of a longer line."""

    piece: Piece
    line: int
    raw: int
    last: bool                                    #: of its line


class LineReader:
    """Iterates over the lines of a text; ``lines`` is their number when the iteration is complete.

    Lines longer than ``limit`` bytes, line end included, come in pieces, independent of how the text is chunked.
    """

    def __init__(self, reader: TextReader, limit: int = PIECE_BYTES) -> None:
        self.reader = reader
        self.lines = 0
        self._limit = limit
        self._cutter: PieceCutter | None = None   # of a long line that is not at its end
        self._raw = 0

    def __iter__(self) -> Iterator[Lines | LinePiece]:
        for chunk in self.reader:
            self._raw += chunk.raw
            yield from self._chunk(chunk)
        if self._cutter is not None:
            yield from self._end_long()

    def _chunk(self, chunk: Chunk) -> Iterator[Lines | LinePiece]:
        from pii_audit.sources import text_kernel as kernel

        data, size = chunk.buffer, chunk.size
        if self._cutter is not None:
            end = min(kernel.find_byte(data, 0, size, np.uint8(10)) + 1, size)
            yield from self._pieces(self._cutter.feed(data[:end]))
            if data[end - 1] == 10:
                yield from self._end_long()
            data, size = data[end:], size - end
        offsets = np.empty(kernel.count_byte(data, 0, size, np.uint8(10)) + 2, np.int32)
        count = kernel.line_starts(data, size, offsets)
        offsets = offsets[: count + 1]
        lengths = np.diff(offsets)
        long = np.flatnonzero(lengths > self._limit).tolist()
        if count and not chunk.whole and count - 1 not in long[-1:]:
            long.append(count - 1)
        at = 0
        for k in [*long, count]:
            if k > at:
                yield Lines(data, offsets[at : k + 1], self.lines, self._take_raw())
                self.lines += k - at
            at = k + 1
            if k < count:
                self._cutter = PieceCutter()
                yield from self._pieces(self._cutter.feed(data[offsets[k] : offsets[k + 1]]))
                if chunk.whole or k < count - 1:
                    yield from self._end_long()

    def _pieces(self, pieces: list[Piece], last: bool = False) -> Iterator[LinePiece]:
        for piece in pieces:
            yield LinePiece(piece, self.lines, self._take_raw(), last and piece is pieces[-1])

    def _end_long(self) -> Iterator[LinePiece]:
        assert self._cutter is not None
        yield from self._pieces(self._cutter.finish(), last=True)
        self._cutter = None
        self.lines += 1

    def _take_raw(self) -> int:
        raw, self._raw = self._raw, 0
        return raw


def line_batch(source: str, format: str, name: str | None, run: Lines | LinePiece, *, text: bool) -> Batch:
    """Return a run of lines, or a piece of one, as a batch of one column. Lines keep their line ends."""
    if isinstance(run, LinePiece):
        column = piece_column(name, [run.piece], np.zeros(1, np.int64))
        return Batch(source, format, text, (column,), run.line, 1, run.raw)
    column = Column(name, strings(run.offsets, run.data))
    return Batch(source, format, text, (column,), run.first, len(run.offsets) - 1, run.raw)


class TextSource(Source):
    """Lines of text. What no other source claims is read as this."""

    name = "text"
    title = "Plain text and logs"
    title_zh = "纯文本与日志"
    suffixes = (".txt", ".log", ".md", ".sql", ".xml", ".html")

    def recognises(self, head: bytes, name: str) -> float:
        sure = 0.1 if propose(head) == "undecodable" else 0.5
        return sure + (0.05 if name.lower().endswith(self.suffixes) else 0.0)

    def split(self, blob: Blob, part_bytes: int) -> Sequence[Part]:
        return line_parts(blob, part_bytes)

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        yield from read_text(blob, part)


def read_text(blob: Blob, part: Part | None = None, block: int = BATCH_BYTES) -> Iterator[Event]:
    """Yield the lines of a blob, in reads of ``block`` bytes; the events do not depend on it."""
    with open_text(blob, part, block) as reader:
        lines = LineReader(reader)
        for run in lines:
            yield line_batch(blob.name, TextSource.name, None, run, text=True)
        yield from reader.problems()
        yield TableEnd(blob.name, TextSource.name, lines.lines, reader.bytes, reader.encoding)
