"""Bytes in, valid UTF-8 out: byte-order mark → strict UTF-8 → strict GB18030 → declared undecodable.

The head of a file only proposes an encoding; every byte is checked while it is read. Where the proposal stops
holding, the lines from there on are decided one by one, the byte is noted, and reading goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np

from pii_audit.model.dataset import Note, Skipped
from pii_audit.sources.interface import BATCH_BYTES, Blob, Part
from pii_audit.sources.pieces import Bytes
from pii_audit.sources.streams import Once, Prefixed, buffered, explain

#: lines up to this length (in UTF-8) are never cut by the reader
LINE_BYTES = 4 << 20
#: what is looked at to propose an encoding
HEAD_BYTES = 1 << 16
#: bytes of multi-byte characters that make valid UTF-8 no accident
_WIDE_BYTES = 12
_PAD = 128  # what text_kernel wants past the end of a buffer

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-bom"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_WIDE = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Valid UTF-8 text, ``buffer[:size]`` (the buffer is longer, for block-wise reading).

    Chunks end at line ends; only a line longer than LINE_BYTES is spread over several (``whole`` False).
    """

    buffer: Bytes
    size: int
    raw: int                           #: bytes of input it stands for
    whole: bool                        #: ends with a line end, or with the input


@lru_cache(maxsize=2)
def propose(head: bytes) -> str | None:
    """Return the encoding that the head of a file speaks for, None while all of it is ASCII.

    ``undecodable`` if no encoding reads all of the head.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if 0 in head and (wide := _unmarked_utf16(head)):
        return wide
    if head.isascii():
        return None
    if _reads_as_utf8(head):
        return "utf-8"
    return "gb18030" if _decodes(head, "gb18030") else "undecodable"


def _reads_as_utf8(head: bytes) -> bool:
    """Tell whether the head is UTF-8, at least up to a line from which on it is not.

    Lines with some 汉字 that are valid UTF-8 are not GB18030 by chance: such a file changes its encoding half-way.
    """
    if _decodes(head, "utf-8"):
        return True
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        before = head[: head.rfind(b"\n", 0, error.start) + 1]
        return len(before) - len(before.decode("ascii", "ignore")) >= _WIDE_BYTES
    return True


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        head.decode(encoding)
    except UnicodeDecodeError as error:
        cut_off = error.reason in ("unexpected end of data", "incomplete multibyte sequence")
        return cut_off and len(head) >= HEAD_BYTES  # a head may end inside a character, a file should not
    return True


def decided(encoding: str | None) -> str:
    """Return a proposal as the option of a part; ``ascii`` leaves it open between UTF-8 and GB18030."""
    return "ascii" if encoding in (None, "undecodable") else str(encoding)


def _unmarked_utf16(head: bytes) -> str | None:
    """ASCII in UTF-16 has a zero byte in every pair, always on the same side."""
    pairs = len(head) // 2
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    most, least = max(even, odd), min(even, odd)
    if pairs < 2 or most < 0.05 * pairs or least > 0.01 * pairs:
        return None
    if most < 0.4 * pairs and _reads_as_utf8(head):
        return None  # stray NULs in a text of single bytes
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    text = head[: 2 * pairs].decode(encoding, "replace")
    sound = sum(char.isprintable() or char in "\t\r\n" for char in text)
    return encoding if sound >= 0.9 * len(text) else None


def padded(data: bytes | bytearray | memoryview) -> Bytes:
    """Return a copy of some bytes that block-wise reading may overrun."""
    buffer = np.empty(len(data) + _PAD, np.uint8)
    buffer[: len(data)] = np.frombuffer(data, np.uint8)
    buffer[len(data) :] = 0
    return buffer


def mark_of(head: bytes) -> bytes:
    """Return the byte-order mark that some bytes begin with, empty if none."""
    return next((mark for mark, _ in _MARKS if head.startswith(mark)), b"")


def head_text(head: bytes) -> bytes:
    """Return the head of a file as UTF-8, without its last line where that may be cut off."""
    encoding = propose(head) or "utf-8"
    body = head[len(mark_of(head)) :]
    if encoding in _WIDE:
        body = body[: len(body) - len(body) % _WIDE[encoding]]
    codec = {"utf-8-bom": "utf-8", "undecodable": "utf-8"}.get(encoding, encoding)
    text = body.decode(codec, "replace").encode()
    return text[: text.rfind(b"\n") + 1] or text if len(head) >= HEAD_BYTES else text


@lru_cache(maxsize=1)
def _gb18030_tables() -> tuple[Any, Any]:
    """Return the code points of the two-byte and four-byte code space of GB 18030, 0 where there is none."""
    two = np.zeros(126 * 191, np.uint16)
    four = np.zeros(39420, np.uint16)
    pairs = [bytes((a, b)) for a in range(0x81, 0xFF) for b in range(0x40, 0xFF)]
    quads = [
        bytes((0x81 + k // 12600, 0x30 + k // 1260 % 10, 0x81 + k // 10 % 126, 0x30 + k % 10)) for k in range(len(four))
    ]
    for table, codes in ((two, pairs), (four, quads)):
        texts = b"\n".join(codes).decode("gb18030", "replace").split("\n")
        for k, text in enumerate(texts):
            if len(text) == 1 and (text != "\ufffd" or codes[k] == b"\x84\x31\xa4\x37"):
                table[k] = ord(text)
    return two, four


class TextReader:
    """Iterates over the text of a stream, or of the lines that start in a byte range of it, as :class:`Chunk`.

    ``encoding``, ``bytes`` and ``problems()`` are complete when the iteration is. An error of the stream ends the
    text and is one of the problems; what was read before it is given.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        *,
        encoding: str | None = None,
        start: int = 0,
        end: int | None = None,
        size: int | None = None,
        path: str | None = None,
        block: int = BATCH_BYTES,
    ) -> None:
        self.name = name
        self.bytes = 0
        self._stream = stream
        self._proposed = encoding
        self._start, self._end, self._size, self._path = start, end, size, path
        self._block = min(block, 2 * LINE_BYTES)
        self._at = start                    # offset in the input of the next byte to be decoded
        self._raw = 0                       # bytes of input read for a wide encoding since the last chunk
        self._label: str | None = None      # of the encoding the text begins with
        self._mode: str | None = None       # encoding of the line before; None while all is ASCII
        self._change: tuple[int, str, str] | None = None
        self._changes = 0
        self._bad, self._first_bad = 0, -1
        self._problems: list[Note | Skipped] = []

    @property
    def encoding(self) -> str:
        """What the text turned out to begin with; ``utf-8`` for plain ASCII."""
        return self._label or "utf-8"

    def problems(self) -> list[Note | Skipped]:
        """Return what is to be said about the text, once it is read."""
        said = list(self._problems)
        if self._change is not None:
            at, before, after = self._change
            more = f"; it changes {self._changes} times, every line was decided by itself" if self._changes > 1 else ""
            reason = f"the encoding changes from {before} to {after} here{more}"
            said.append(Note(f"{self.name}: byte {at}", "encoding-change", reason))
        if self._bad:
            reason = f"{self._bad} bytes from here on are in no known encoding and were replaced"
            said.append(Skipped(f"{self.name}: byte {self._first_bad}", "undecodable", reason))
        return said

    def __iter__(self) -> Iterator[Chunk]:
        held = bytearray()
        for block, last in self._utf8_or_raw():
            newline = len(block) if last else block.rfind(b"\n") + 1
            whole = last or newline > 0
            held += block[: newline if whole else len(block)]
            if whole or len(held) >= 2 * LINE_BYTES:
                first = held.find(b"\n") + 1 or len(held)
                while first >= 2 * LINE_BYTES:
                    cut = self._boundary(held[:LINE_BYTES])
                    yield self._decode(held[:cut], whole=False)
                    del held[:cut]
                    first -= cut
            if whole:
                if held:
                    yield self._decode(held, whole=True)
                held = bytearray(block[newline:])

    # ------------------------------------------------------------------------------------------------ input

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        """Yield the bytes of the lines that start in the range, and whether a block is the last."""
        position = self._start
        skipping = position > 0             # the line the range begins in belongs to the range before
        if skipping:
            position -= 1
            self._stream.seek(position)
        least = HEAD_BYTES if self._proposed is None and not skipping else 4
        while True:
            want = max(self._block, least)
            want = want if self._size is None else min(want, self._size - position)
            block = self._read(want)
            ended = len(block) < want or (self._size is not None and position + len(block) >= self._size)
            begin = 0
            if skipping:
                begin = block.find(b"\n") + 1
                if not begin:
                    position += len(block)
                    if ended or (self._end is not None and position >= self._end):
                        return
                    continue
                skipping = False
                self._at = position + begin
                if self._end is not None and self._at >= self._end:
                    return
            if self._end is not None and position + len(block) >= self._end:
                newline = block.find(b"\n", max(self._end - 1 - position, begin))
                if newline >= 0:
                    yield block[begin : newline + 1], True
                    return
            yield block[begin:], ended
            if ended:
                self._check_size(position + len(block))
                return
            position += len(block)
            least = 0

    def _read(self, want: int) -> bytes:
        """Return as many bytes, fewer only at the end of the stream."""
        parts: list[bytes] = []
        try:
            while want > 0 and (part := self._stream.read(want)):
                parts.append(part)
                want -= len(part)
        except Exception as error:  # noqa: BLE001 - what was read before the damage is still good
            self._problems.append(Skipped(self.name, *explain(error)))
            self._size = None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _check_size(self, position: int) -> None:
        if self._size is None:
            return
        if position < self._size:
            reason = f"it became shorter while it was read; {self._size - position} bytes are missing"
            self._problems.append(Skipped(self.name, "changed", reason))
        elif self._path is not None:
            with suppress(OSError):
                if (grown := os.stat(self._path).st_size - self._size) > 0:
                    reason = f"it grew by {grown} bytes while it was read; they are not part of this run"
                    self._problems.append(Note(self.name, "grown", reason))

    def _utf8_or_raw(self) -> Iterator[tuple[bytes, bool]]:
        """Yield blocks in an encoding that has ASCII bytes for ASCII characters, without a byte-order mark."""
        rest = b""
        first = self._start == 0
        codec = None
        if not first:
            self._propose(self._proposed)
        for block, last in self._blocks():
            if first:
                first = False
                encoding = propose(block[:HEAD_BYTES]) if self._proposed is None else self._proposed
                mark = mark_of(block)
                self._at += len(mark)
                self.bytes += len(mark)
                block = block[len(mark) :]
                if encoding in _WIDE:
                    codec = self._label = encoding
                else:
                    self._propose(encoding)
            if codec is None:
                yield block, last
                continue
            rest += block
            usable = len(rest) - (0 if last else len(rest) % _WIDE[codec])
            if not last and codec.startswith("utf-16") and usable:
                high = rest[usable - 1 if codec == "utf-16-le" else usable - 2]
                usable -= 2 if 0xD8 <= high < 0xDC else 0
            self._raw += usable
            yield self._from_wide(rest[:usable], codec), last
            rest = rest[usable:]

    def _propose(self, encoding: str | None) -> None:
        if encoding in ("utf-8", "utf-8-bom", "gb18030"):
            self._label = encoding
            self._mode = "gb18030" if encoding == "gb18030" else "utf-8"

    def _from_wide(self, data: bytes, codec: str) -> bytes:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            text = data.decode(codec, "replace")
            replaced = text.count("\ufffd") - data.decode(codec, "ignore").count("\ufffd")
            self._count_bad(replaced * _WIDE[codec], self._at + error.start)
        self._at += len(data)
        return text.encode()

    # ------------------------------------------------------------------------------------------------ decoding

    def _boundary(self, data: bytearray) -> int:
        """Return the position of the last character boundary in the beginning of a very long line."""
        from pii_audit.sources import text_kernel as kernel

        buffer, size = padded(data), len(data)
        if self._mode == "gb18030" or (self._mode is None and kernel.utf8_check(buffer, 0, size)[0] < size - 4):
            return kernel.gb18030_boundary(buffer, size)
        at = len(data)
        while at > len(data) - 4 and data[at - 1] & 0xC0 == 0x80:
            at -= 1
        return at - 1 if data[at - 1] >= 0xC0 else len(data)

    def _decode(self, data: bytearray, whole: bool) -> Chunk:
        from pii_audit.sources import text_kernel as kernel

        buffer, size = padded(data), len(data)
        raw, self._raw = (self._raw, 0) if self._label in _WIDE else (size, 0)
        self.bytes += raw
        if self._label in _WIDE:
            return Chunk(buffer, size, raw, whole)
        start = self._at
        self._at += size
        if self._mode != "gb18030":
            good, wide = kernel.utf8_check(buffer, 0, size)
            if good == size:
                if wide and self._mode is None:
                    self._propose("utf-8")
                return Chunk(buffer, size, raw, whole)
        out = np.empty(3 * size + _PAD, np.uint8)
        return Chunk(out, self._decode_lines(buffer, size, out, start), raw, whole)

    def _decode_lines(self, buffer: Bytes, size: int, out: Bytes, start: int) -> int:
        """Decode runs of lines of one encoding, and lines that break it one by one; return the end in ``out``."""
        from pii_audit.sources import text_kernel as kernel

        two, four = _gb18030_tables()
        newline = np.uint8(10)
        i = o = 0
        foreign = -1                        # start of the next line that is surely UTF-8
        while i < size:
            if self._mode != "gb18030":
                good, _ = kernel.utf8_check(buffer, i, size)
                line = size if good == size else kernel.rfind_newline(buffer, i, good)
                out[o : o + line - i] = buffer[i:line]
                if self._mode is None and kernel.has_wide(buffer, i, line):
                    self._propose("utf-8")
                o, i = o + line - i, line
                if i == size:
                    break
                end = min(kernel.find_byte(buffer, good, size, newline) + 1, size)
                o2, reached, _, _ = kernel.gb18030_to_utf8(buffer, i, end, out, o, two, four, True)
                if reached == end:
                    self._switch("gb18030", start + i)
                    o, i = o2, end
                    continue
                o, bad, first = kernel.utf8_repair(buffer, i, end, out, o)
            else:
                if foreign < i:
                    foreign = kernel.utf8_line(buffer, i, size)
                o2, reached, _, _ = kernel.gb18030_to_utf8(buffer, i, foreign, out, o, two, four, True)
                if reached == foreign:
                    o, i = o2, foreign
                    if i < size:
                        self._switch("utf-8", start + i)
                    continue
                line = kernel.rfind_newline(buffer, i, reached)
                o, _, _, _ = kernel.gb18030_to_utf8(buffer, i, line, out, o, two, four, True)
                end = min(kernel.find_byte(buffer, reached, size, newline) + 1, size)
                i = line
                if kernel.utf8_check(buffer, i, end)[0] == end:
                    self._switch("utf-8", start + i)
                    continue
                o, _, bad, first = kernel.gb18030_to_utf8(buffer, i, end, out, o, two, four, False)
            self._count_bad(bad, start + first)
            i = end
        return o

    def _switch(self, encoding: str, at: int) -> None:
        if self._mode is None:
            self._propose(encoding)
            return
        self._changes += 1
        if self._change is None:
            self._change = (at, self._mode, encoding)
        self._mode = encoding

    def _count_bad(self, count: int, first: int) -> None:
        if count and not self._bad:
            self._first_bad = first
        self._bad += count


@contextmanager
def open_text(blob: Blob, part: Part | None = None, block: int = BATCH_BYTES) -> Iterator[TextReader]:
    """Open the text of a blob, or of one part of it as :func:`line_parts` makes them."""
    part = part or Part()
    with blob.open() as stream:
        size = part.options.get("size")
        if size is None and blob.path is not None:
            size = os.stat(blob.path).st_size
        yield TextReader(
            stream, blob.name, encoding=part.options.get("encoding"), start=part.start, end=part.end,
            size=size, path=blob.path, block=block,
        )  # fmt: skip


def line_parts(blob: Blob, part_bytes: int, options: Mapping[str, Any] | None = None) -> tuple[Part, ...]:
    """Return byte ranges of a plain file, each owning the lines that start in it; one part for anything else."""
    if blob.path is None:
        return (Part(options=options or {}),)
    with blob.open() as stream:
        head = stream.read(HEAD_BYTES)
    size = os.stat(blob.path).st_size
    encoding = propose(head)
    options = {**(options or {}), "encoding": decided(encoding), "size": size}
    count = 1 if encoding in _WIDE else max(1, -(-size // part_bytes))
    starts = [size * k // count for k in range(count)]
    return tuple(
        Part(start, end, options) for start, end in zip(starts, [*starts[1:], None], strict=True)
    )


def with_head(blob: Blob) -> tuple[Blob, bytes]:
    """Return the first bytes of a blob, and a blob that still opens at its beginning."""
    stream = blob.open()
    try:
        head = stream.read(HEAD_BYTES)
    except BaseException:
        stream.close()
        raise
    if blob.path is not None:
        stream.close()
        return blob, head
    return replace(blob, open=Once(buffered(Prefixed(head, stream)))), head
