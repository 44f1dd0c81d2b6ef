"""One file behind one compression: gzip, bzip2, xz, zstd.

The content keeps the name the user knows (``a.csv.gz``): there is one thing inside, so nothing needs a name of its
own. All members of a multi-member file are read as one. What comes before damage is read; the damage is a Skipped.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from pii_audit.model.dataset import Skipped
from pii_audit.model.errors import SourceError
from pii_audit.sources import sniff
from pii_audit.sources.interface import Batch, Blob, Event, Part, ReadContext, Source
from pii_audit.sources.streams import Guarded, Member, Once, budget_of, buffered

#: packed bytes fed at once: 4 bytes may be a zstd block of 128 KiB, and its decompressor hands out all at once
_FEED = 4096
#: memory that xz dictionaries and zstd windows may ask for (xz -9 needs 64 MiB, zstd --long=29 512 MiB)
_WINDOW_BYTES = 512 << 20


class CompressedSource(Source):
    """What the compressions share; a subclass says how one compressed stream is unpacked."""

    magics: tuple[bytes, ...]

    @abstractmethod
    def decompressor(self) -> Any:
        """Return a fresh object with ``decompress``, ``eof`` and ``unused_data`` for one member."""

    def wants(self, decompressor: Any) -> bool:
        """Return whether the decompressor needs new input to go on."""
        return bool(decompressor.needs_input)

    def step(self, decompressor: Any, data: bytes, limit: int) -> bytes:
        """Feed ``data`` and return unpacked bytes, ``limit`` at most where the library can stop there."""
        return bytes(decompressor.decompress(data, limit))

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        budget = budget_of(blob, context.limits)
        with blob.open() as packed:
            unpacker = _Unpacker(self, packed)
            counts = not budget.packed  # the size of standard input shows only as it is read

            def pull(size: int) -> bytes:
                data = unpacker.pull(size)
                if counts:
                    budget.packed = unpacker.taken
                return data

            stream = Guarded(pull, budget, packed=lambda: unpacker.taken)
            inner = Member(blob.name, Once(buffered(stream)), depth=blob.depth + 1, budget=budget)
            told = 0
            for event in context.descend(inner):
                if isinstance(event, Batch):  # progress counts bytes of the file, not of what it unpacks to
                    event = replace(event, num_bytes=unpacker.taken - told)
                    told = unpacker.taken
                yield event
            if stream.problem is not None:
                yield Skipped(blob.name, *stream.problem)


class _Unpacker:
    """Pulls unpacked bytes out of a packed stream, member after member."""

    def __init__(self, source: CompressedSource, packed: BinaryIO) -> None:
        self.taken = 0
        self._source = source
        self._packed = packed
        self._member = source.decompressor()
        self._waiting = b""
        self._ready = memoryview(b"")

    def pull(self, size: int) -> bytes:
        """Return up to ``size`` unpacked bytes, ``b""`` at the proper end. Raises EOFError when it ends too early."""
        while not len(self._ready):
            if self._member.eof and not self._next_member():
                return b""
            wants = self._source.wants(self._member)
            data = (self._waiting or self._take()) if wants else b""
            if wants:
                self._waiting = b""
            self._ready = memoryview(self._source.step(self._member, data, size))
            if wants and not data and not len(self._ready) and not self._member.eof:
                raise EOFError
        out, self._ready = self._ready[:size], self._ready[size:]
        return bytes(out)

    def _take(self) -> bytes:
        data = self._packed.read(_FEED)
        self.taken += len(data)
        return data

    def _next_member(self) -> bool:
        rest = self._member.unused_data.lstrip(b"\0")  # files may be padded with zeros
        while len(rest) < 8 and (more := self._take()):
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            return False
        if not rest.startswith(self._source.magics):
            raise SourceError("bytes that are not compressed follow the compressed content; they were not read", code="corrupt")
        self._member = self._source.decompressor()
        self._waiting = rest
        return True


class GzipSource(CompressedSource):
    """RFC 1952."""

    name = "gzip"
    title = "gzip compression"
    title_zh = "gzip 压缩"
    suffixes = sniff.suffixes("gzip")
    magics = (b"\x1f\x8b\x08",)

    def decompressor(self) -> Any:
        return zlib.decompressobj(wbits=31)

    def wants(self, decompressor: Any) -> bool:
        return not decompressor.unconsumed_tail

    def step(self, decompressor: Any, data: bytes, limit: int) -> bytes:
        return bytes(decompressor.decompress(decompressor.unconsumed_tail or data, limit))


class Bzip2Source(CompressedSource):
    """bzip2, also several streams one after another."""

    name = "bzip2"
    title = "bzip2 compression"
    title_zh = "bzip2 压缩"
    suffixes = sniff.suffixes("bzip2")
    magics = (b"BZh",)

    def decompressor(self) -> Any:
        return bz2.BZ2Decompressor()


class XzSource(CompressedSource):
    """The .xz file format, several streams and padding included."""

    name = "xz"
    title = "xz compression"
    title_zh = "xz 压缩"
    suffixes = sniff.suffixes("xz")
    magics = (b"\xfd7zXZ\0",)

    def decompressor(self) -> Any:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_WINDOW_BYTES)


class ZstdSource(CompressedSource):
    """RFC 8878, several frames and skippable frames included."""

    name = "zstd"
    title = "Zstandard compression"
    title_zh = "Zstandard 压缩"
    suffixes = sniff.suffixes("zstd")
    magics = (b"\x28\xb5\x2f\xfd", *(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60)))

    def decompressor(self) -> Any:
        import zstandard

        return zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj()

    def wants(self, decompressor: Any) -> bool:
        return True

    def step(self, decompressor: Any, data: bytes, limit: int) -> bytes:
        return bytes(decompressor.decompress(data))
