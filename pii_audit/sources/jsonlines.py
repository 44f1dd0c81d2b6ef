"""JSON: one record a line, or documents of any size, which are streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pii_audit.model.dataset import Note, Skipped
from pii_audit.sources.encoding import LINE_BYTES, head_text, line_parts, open_text, padded, propose
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
from pii_audit.sources.json_tape import TEXT, Tape, expand_all
from pii_audit.sources.pieces import Bytes, Ints, Piece, PieceCutter, column, piece_column
from pii_audit.sources.text import LinePiece, LineReader


class JsonLinesSource(Source):
    """One JSON value a line. Lines without content are no rows; lines that are not JSON are given as text."""

    name = "jsonlines"
    title = "JSON lines"
    title_zh = "JSON 行"
    suffixes = (".jsonl", ".ndjson")

    def recognises(self, head: bytes, name: str) -> float:
        from pii_audit.sources import text_kernel as kernel

        text = head_text(head)
        if propose(head) == "undecodable" or text.lstrip()[:1] not in (b"{", b"["):
            return 0.0
        buffer = padded(text)
        starts, stops = _records(buffer, _offsets(buffer, len(text)))
        tape = Tape(Limits())
        tape.room(len(text))
        outcome = tape.parse_records(buffer, starts, stops)
        good = float(np.mean(outcome != kernel.BROKEN))
        if outcome[0] == kernel.BROKEN or good < 0.5:
            return 0.0
        sure = 0.7 if len(outcome) == 1 else 0.6 if good < 0.9 else 0.92
        return sure + (0.05 if name.lower().endswith(self.suffixes) else 0.0)

    def split(self, blob: Blob, part_bytes: int) -> Sequence[Part]:
        return line_parts(blob, part_bytes)

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        yield from read_jsonlines(blob, part, context.limits)


def _offsets(buffer: Bytes, size: int) -> Ints:
    from pii_audit.sources import text_kernel as kernel

    offsets = np.empty(kernel.count_byte(buffer, 0, size, np.uint8(10)) + 2, np.int32)
    return offsets[: kernel.line_starts(buffer, size, offsets) + 1]


def _records(buffer: Bytes, offsets: Ints) -> tuple[Ints, Ints]:
    """Return where the lines that have content begin and end."""
    from pii_audit.sources import text_kernel as kernel

    starts = np.empty(len(offsets), np.int64)
    stops = np.empty(len(offsets), np.int64)
    count = kernel.trim_lines(buffer, offsets, len(offsets) - 1, starts, stops)
    return starts[:count], stops[:count]


def _texts(buffer: Bytes, starts: Ints, stops: Ints, rows: Ints) -> Column:
    """Return some stretches of a buffer as values of the text column."""
    from pii_audit.sources import text_kernel as kernel

    out = np.empty(int((stops - starts).sum()) + kernel.PAD, np.uint8)
    offsets = np.empty(len(starts) + 1, np.int64)
    size = kernel.gather_list(buffer, starts, stops, len(starts), np.uint8(0), out, offsets)
    return column(TEXT, offsets, out[:size], rows)


def read_jsonlines(
    blob: Blob, part: Part | None = None, limits: Limits | None = None, block: int = BATCH_BYTES
) -> Iterator[Event]:
    """Yield the records of a blob, in reads of ``block`` bytes; the rows do not depend on it."""
    from pii_audit.sources import text_kernel as kernel

    limits = limits or Limits()
    format = JsonLinesSource.name
    tape = Tape(limits)
    rows = malformed = deep = long = 0
    with open_text(blob, part, block) as reader:
        for run in LineReader(reader, LINE_BYTES):
            if isinstance(run, LinePiece):
                yield Batch(blob.name, format, False, (_piece(TEXT, run.piece),), rows, 1, run.raw)
                rows += run.last
                long += run.last
                continue
            starts, stops = _records(run.data, run.offsets)
            tape.room(int(run.offsets[-1]))
            outcome = tape.parse_records(run.data, starts, stops)
            columns = list(expand_all(tape.columns(run.data), limits))
            bad = np.flatnonzero(outcome != kernel.DONE)
            if len(bad):
                columns.append(_texts(run.data, starts[bad], stops[bad], bad))
                deep += int(np.count_nonzero(outcome == kernel.DEEP))
                malformed += int(np.count_nonzero(outcome == kernel.BROKEN))
            yield Batch(blob.name, format, False, tuple(columns), rows, len(starts), run.raw)
            rows += len(starts)
        yield from reader.problems()
    if malformed:
        yield Note(blob.name, "malformed", f"{malformed} lines are not JSON; they were read as text")
    if long:
        yield Note(blob.name, "long-record", f"{long} lines are longer than {LINE_BYTES} bytes; they were read as text")
    if deep:
        reason = f"{deep} records are nested deeper than {limits.json_depth} levels; they were read as text"
        yield Skipped(blob.name, "too-deep", reason)
    yield TableEnd(blob.name, format, rows, reader.bytes, reader.encoding)


def _piece(name: str, piece: Piece) -> Column:
    return piece_column(name, [piece], np.zeros(1, np.int64))


class JsonSource(Source):
    """JSON documents: the items of an outermost array are rows, any other document is one row."""

    name = "json"
    title = "JSON documents"
    title_zh = "JSON 文档"
    suffixes = (".json",)

    def recognises(self, head: bytes, name: str) -> float:
        from pii_audit.sources import text_kernel as kernel

        text = head_text(head)
        if propose(head) == "undecodable" or text.lstrip()[:1] not in (b"{", b"["):
            return 0.0
        tape = Tape(Limits())
        tape.room(len(text))
        result, at = tape.parse(padded(text), 0, len(text), final=False)
        if result == kernel.BROKEN and (tape.leaves < 10 or at < 1000):
            return 0.0
        sure = 0.6 if result == kernel.BROKEN else 0.9
        return sure + (0.05 if name.lower().endswith(self.suffixes) and result != kernel.BROKEN else 0.0)

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        yield from read_json(blob, context.limits)


def read_json(blob: Blob, limits: Limits | None = None, block: int = BATCH_BYTES) -> Iterator[Event]:
    """Yield the records of the documents in a blob; however large one is, little of it is held at a time."""
    with open_text(blob, None, block) as reader:
        walk = _Documents(blob.name, limits or Limits())
        for chunk in reader:
            walk.raw += chunk.raw
            yield from walk.take(chunk.buffer, chunk.size, final=False)
        yield from walk.take(padded(b""), 0, final=True)
        yield from reader.problems()
        yield from walk.problems()
        yield TableEnd(blob.name, JsonSource.name, walk.row, reader.bytes, reader.encoding)


class _Documents:
    """Reads documents from chunks: plainly, or inside a very long string, something too deep, or what is no JSON."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.row = 0                          # the row that is being read
        self.raw = 0
        self._limits = limits
        self._tape = Tape(limits)
        self._held = b""
        self._cutter: PieceCutter | None = None
        self._inside = ""                     # "string", "deep" or "text": what the cutter is for
        self._column = TEXT
        self._nesting = np.zeros(2, np.int64)
        self._deep = 0
        self._broken_row = -1
        self._truncated = False

    def problems(self) -> Iterator[Event]:
        """Yield what is to be said once everything is read."""
        if self._broken_row >= 0:
            yield Note(f"{self.name}: row {self._broken_row + 1}", "malformed", "not JSON from here on; read as text")
        if self._truncated:
            yield Skipped(self.name, "truncated", "the document ends before it is complete")
        if self._deep:
            reason = f"{self._deep} values are nested deeper than {self._limits.json_depth} levels; read as text"
            yield Skipped(self.name, "too-deep", reason)

    def take(self, data: Bytes, size: int, final: bool) -> Iterator[Batch]:
        """Yield the batches of some more text."""
        from pii_audit.sources import text_kernel as kernel

        if self._held:
            data = padded(self._held + data[:size].tobytes())
            size += len(self._held)
        at = 0
        while True:
            if self._cutter is not None:
                pieces, at = self._go_on(data, at, size, final)
                for piece in pieces:
                    yield self._batch([_piece(self._column, piece)])
                if self._cutter is not None:
                    break
                kernel.close_value(self._tape.state, self._tape.kinds)
                continue
            self._tape.room(size - at)
            result, at = self._tape.parse(data, at, size, final)
            if self._tape.leaves:
                yield self._batch(list(expand_all(self._tape.columns(data), self._limits)))
            self._next_row()
            if result == kernel.MORE:
                if size - at >= 2 * LINE_BYTES and data[at] == 34:
                    if (node := self._string_node()) >= 0:
                        self._begin("string", self._tape.name(node))
                        at += 1
                        continue
                    result = kernel.BROKEN
                else:
                    self._truncated |= final and bool(kernel.unfinished(self._tape.state))
                    break
            if result == kernel.DEEP:
                self._deep += 1
                self._nesting[:] = 0
                self._begin("deep", TEXT)
            else:
                # an open string at the very end is what a document that was cut off looks like
                self._truncated |= final and data[at] == 34
                self._broken_row = self.row
                self._begin("text", TEXT)
        self._held = data[at:size].tobytes()
        if final and kernel.unfinished(self._tape.state):
            self.row += 1

    def _string_node(self) -> int:
        from pii_audit.sources import text_kernel as kernel

        tape = self._tape
        while (node := kernel.string_node(tape.state, tape.stack, tape.nodes)) == -1:
            tape.grow()
        return int(node)

    def _begin(self, inside: str, name: str) -> None:
        self._cutter, self._inside, self._column = PieceCutter(), inside, name

    def _go_on(self, data: Bytes, at: int, size: int, final: bool) -> tuple[list[Piece], int]:
        """Feed the cutter; it is gone when what it is for has ended. Return pieces and the position reached."""
        from pii_audit.sources import text_kernel as kernel

        assert self._cutter is not None
        if self._inside == "string":
            end, over = kernel.string_part(data, at, size)
            end = size if final and not over else end
            out = np.empty(end - at + kernel.PAD, np.uint8)
            pieces = self._cutter.feed(out[: kernel.unescape(data, at, end, out, 0)])
            end += over
            self._truncated |= final and not over
        elif self._inside == "deep":
            end = kernel.skip_json(data, at, size, self._nesting)
            over = bool(self._nesting[0] == 0)
            end = size if final and not over else end
            pieces = self._cutter.feed(data[at:end])
            self._truncated |= final and not over
        else:
            end, over = size, False
            pieces = self._cutter.feed(data[at:end])
        if over or final:
            pieces += self._cutter.finish()
            self._cutter = None if over else self._cutter
        return pieces, end

    def _batch(self, columns: list[Column]) -> Batch:
        from pii_audit.sources import text_kernel as kernel

        state = self._tape.state
        rows = int(state[kernel.S_ROW]) + int(kernel.unfinished(state))
        raw, self.raw = self.raw, 0
        return Batch(self.name, JsonSource.name, False, tuple(columns), self.row, max(rows, 1), raw)

    def _next_row(self) -> None:
        """Count rows from the one that is being read."""
        from pii_audit.sources import text_kernel as kernel

        self.row += int(self._tape.state[kernel.S_ROW])
        self._tape.state[kernel.S_ROW] = 0
