"""Text read as the sources read it, and written in the encoding it came in, mixed ones too.

What is read in no known encoding has not been looked at and is not passed on: the file is refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pii_audit.anonymize.writers.interface import WriteError
from pii_audit.model.dataset import Skipped
from pii_audit.sources.encoding import LINE_BYTES, Chunk, TextReader, decided, mark_of, padded, propose, with_head
from pii_audit.sources.interface import Blob
from pii_audit.sources.streams import explain
from pii_audit.sources.text import LinePiece, LineReader, Lines

if TYPE_CHECKING:
    from pii_audit.sources.pieces import Bytes

#: a line or value longer than this is not held in memory; a file with one is refused
LONGEST_BYTES = 64 << 20
_PLAIN = ("utf-8", "utf-8-bom")


class Recoder(TextReader):
    """A reader whose chunks each were in one encoding, and the way back into it."""

    def __init__(self, stream: BinaryIO, out: BinaryIO, name: str, encoding: str, size: int | None, block: int) -> None:
        super().__init__(stream, name, encoding=encoding, size=size, block=block)
        self._out = out
        self._raw_chunk = b""
        self.codec = "utf-8"               #: of the chunk that was given last
        self.undecided = True              #: all that was given up to now is ASCII

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in super().__iter__():
            yield from self._runs(chunk)
        for problem in self.problems():
            if isinstance(problem, Skipped):
                raise WriteError(problem.reason)

    def _decode(self, data: bytearray, whole: bool) -> Chunk:
        self._raw_chunk = bytes(data)
        return super()._decode(data, whole)

    def _runs(self, chunk: Chunk) -> Iterator[Chunk]:
        from pii_audit.sources import text_kernel as kernel

        label = self.encoding
        if label not in (*_PLAIN, "gb18030"):
            self.codec, self.undecided = label, False
            if self._bad:
                self._refuse()
            yield chunk
            return
        raw = self._raw_chunk
        text = chunk.buffer[: chunk.size].tobytes()
        if raw == text:
            if kernel.has_wide(chunk.buffer, 0, chunk.size):
                self.codec, self.undecided = "utf-8", False
            elif self._mode is not None:
                self.codec, self.undecided = self._mode, False
            yield chunk
            return
        self.undecided = False
        if self._bad:
            self._refuse()
        if _encoded(text, "gb18030") == raw:
            self.codec = "gb18030"
            yield chunk
            return
        yield from self._by_lines(chunk, raw, text)

    def _by_lines(self, chunk: Chunk, raw: bytes, text: bytes) -> Iterator[Chunk]:
        """Yield runs of lines of one encoding; ASCII goes with what stands before it."""
        begin, size, at = 0, 0, 0
        for was, line in zip(_lines(raw), _lines(text), strict=True):
            codec = self.codec if line.isascii() else "utf-8" if was == line else "gb18030"
            if codec == "gb18030" and was != line and _encoded(line, codec) != was:
                self._refuse()
            if codec != self.codec:
                if at > begin:
                    yield Chunk(padded(text[begin:at]), at - begin, size, True)
                begin, size = at, 0
                self.codec = codec
            at += len(line)
            size += len(was)
        yield Chunk(padded(text[begin:at]), at - begin, size, chunk.whole)

    def _refuse(self) -> None:
        raise WriteError("bytes that are in no known encoding were not looked at and are not passed on")

    def write(self, text: Bytes) -> None:
        """Write UTF-8 in the encoding of the chunk that was given last."""
        if self.codec in _PLAIN:
            self._out.write(text.data)
        else:
            self._out.write(_encoded(bytes(text), self.codec))


def _lines(text: bytes) -> list[bytes]:
    feeds = np.flatnonzero(np.frombuffer(text, np.uint8) == 10).tolist()
    return [text[a:b] for a, b in pairwise([0, *(at + 1 for at in feeds), len(text)]) if b > a]


def _encoded(text: bytes, codec: str) -> bytes:
    return text.decode().encode(codec)


@contextmanager
def recoding(blob: Blob, out: BinaryIO, block: int) -> Iterator[tuple[Recoder, bytes]]:
    """Open the text of a blob for being written again; give the reader and the head of the blob.

    A byte-order mark is written at once. Whatever goes wrong in reading is a WriteError.
    """
    with reading():
        blob, head = with_head(blob)
        stream = blob.open()
        size = None if blob.path is None else os.stat(blob.path).st_size
    with stream:
        out.write(mark_of(head))
        yield Recoder(stream, out, blob.name, decided(propose(head)), size, block), head


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever reading meets into a WriteError that says nothing of values. Not for what writes or decides."""
    try:
        yield
    except WriteError:
        raise
    except Exception as error:
        raise WriteError(explain(error).reason) from error


def folder_of(out: BinaryIO) -> str | None:
    """Return the folder that a file is written in, None if that is not known: what waits for it can wait there."""
    name = getattr(out, "name", None)
    return os.path.dirname(os.path.abspath(name)) if isinstance(name, str) and name else None


def lines_of(reader: Recoder) -> Iterator[Lines | bytes]:
    """Yield runs of lines as the sources see them, and every line too long for that as a whole."""
    held: list[bytes] = []
    size, codec = 0, ""
    for run in LineReader(reader, LINE_BYTES):
        if not isinstance(run, LinePiece):
            yield run
            continue
        codec = codec if held else reader.codec
        if codec != reader.codec:
            raise WriteError(f"line {run.line + 1} is in two encodings")
        core = run.piece.data[run.piece.core_start : run.piece.core_end].tobytes()
        size += len(core)
        if size > LONGEST_BYTES:
            raise WriteError(f"line {run.line + 1} is longer than {LONGEST_BYTES} bytes")
        held.append(core)
        if run.last:
            yield b"".join(held)
            held, size = [], 0
