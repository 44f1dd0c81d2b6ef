"""Columns over byte buffers, and the cutting of very long lines and cells into overlapping pieces.

Where a line is cut depends on its bytes alone, so neither batch size nor byte ranges can change a result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pii_audit.sources.interface import PIECE_BYTES, PIECE_MARGIN, Column, Pieces

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Ints = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a long value, with the numbers :class:`Pieces` wants."""

    data: Bytes
    chars: int
    core_start: int
    core_end: int


class PieceCutter:
    """Takes one long value in runs of any size and gives its pieces; holds little more than one piece.

    The core of piece k reaches from byte ``k × PIECE_BYTES`` to ``(k + 1) × PIECE_BYTES`` of the value, both moved
    back to a character boundary; the piece shows PIECE_MARGIN bytes more on either side.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._base = 0          # where _data begins in the value
        self._chars = 0         # characters before _base
        self._number = 0        # of the next piece

    def feed(self, data: Bytes) -> list[Piece]:
        """Return the pieces that are complete with these further bytes."""
        pieces = []
        for at in range(0, len(data), PIECE_BYTES):
            self._data += data[at : at + PIECE_BYTES].data
            while self._base + len(self._data) >= (self._number + 1) * PIECE_BYTES + PIECE_MARGIN + 4:
                pieces.append(self._cut(last=False))
        return pieces

    def finish(self) -> list[Piece]:
        """Return the remaining pieces of the value."""
        pieces = []
        while self._base + len(self._data) > (self._number + 1) * PIECE_BYTES:
            pieces.append(self._cut(last=False))
        if self._base + len(self._data) > self._number * PIECE_BYTES or not self._number:
            pieces.append(self._cut(last=True))
        return pieces

    def _cut(self, last: bool) -> Piece:
        core = self._boundary(self._number * PIECE_BYTES)
        core_end = self._base + len(self._data) if last else self._boundary((self._number + 1) * PIECE_BYTES)
        start = self._boundary(core - PIECE_MARGIN)
        end = self._boundary(core_end + PIECE_MARGIN)
        self._drop(start)
        piece = Piece(
            np.frombuffer(bytes(self._data[: end - start]), np.uint8), self._chars, core - start, core_end - start
        )
        self._number += 1
        self._drop(self._boundary(core_end - PIECE_MARGIN))
        return piece

    def _drop(self, start: int) -> None:
        self._chars += characters(np.frombuffer(bytes(self._data[: start - self._base]), np.uint8))
        del self._data[: start - self._base]
        self._base = start

    def _boundary(self, position: int) -> int:
        """Return ``position`` moved back to the start of a character, bounded by what is held."""
        at = min(max(position - self._base, 0), len(self._data))
        while 0 < at < len(self._data) and self._data[at] & 0xC0 == 0x80:
            at -= 1
        return self._base + at


def characters(data: Bytes) -> int:
    """Return the number of Unicode characters in valid UTF-8."""
    return int(np.count_nonzero((data & 0xC0) != 0x80))


def cut(data: Bytes) -> list[Piece]:
    """Return the pieces of a whole value."""
    cutter = PieceCutter()
    return cutter.feed(data) + cutter.finish()


def strings(offsets: Ints, data: Bytes, present: Ints | None = None) -> pa.Array:
    """Return a string array over ``data`` without copying it; ``present`` is one flag per value."""
    count = len(offsets) - 1
    valid = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(np.ascontiguousarray(offsets, np.int32)), pa.py_buffer(data), valid
    )


def column(
    name: str | None, offsets: Ints, data: Bytes, rows: Ints | None = None, present: Ints | None = None
) -> Column:
    """Return the column of the values ``data[offsets[k]:offsets[k + 1]]``, long ones cut into pieces."""
    lengths = np.diff(offsets)
    if not len(lengths) or lengths.max() <= PIECE_BYTES:
        return Column(name, strings(offsets, data, present), rows)
    if rows is None:
        rows = np.arange(len(lengths), dtype=np.int64)
    pieces: list[Piece] = []
    of_value: list[int] = []
    for k, length in enumerate(lengths.tolist()):
        value = data[offsets[k] : offsets[k + 1]]
        cuts = cut(value) if length > PIECE_BYTES else [Piece(value, 0, 0, length)]
        pieces += cuts
        of_value += [k] * len(cuts)
    return piece_column(name, pieces, rows[of_value], None if present is None else present[of_value])


def piece_column(name: str | None, pieces: Iterable[Piece], rows: Ints, present: Ints | None = None) -> Column:
    """Return the column of some pieces; ``rows`` has one entry for each of them."""
    pieces = list(pieces)
    offsets = np.zeros(len(pieces) + 1, np.int32)
    np.cumsum([len(p.data) for p in pieces], out=offsets[1:])
    data = np.concatenate([p.data for p in pieces]) if pieces else np.empty(0, np.uint8)
    numbers = np.array([(p.chars, p.core_start, p.core_end) for p in pieces], np.int64).reshape(-1, 3)
    return Column(name, strings(offsets, data, present), rows, Pieces(*np.ascontiguousarray(numbers.T)))
