"""From cells to text columns: numbers as people write them, batches of bounded size, long cells in pieces."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.sources import json_tape, pieces
from pii_audit.sources.interface import BATCH_BYTES, PIECE_BYTES, Batch, Column

#: rows in a batch at most, however short they are
BATCH_ROWS = 1 << 16


def number_text(value: float) -> str:
    """Return a number without exponent and without ``.0``: 13812345678.0 is 13812345678.

    Whole numbers beyond 2^53 keep the shortest digits that give the same double: a spreadsheet that rounded an
    18-digit number to 15 digits shows those digits and zeros, as the spreadsheet itself does.
    """
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1 << 53:
        return str(int(value))
    text = repr(value)
    return f"{Decimal(text):f}" if "e" in text else text.removesuffix(".0")


def cell_text(value: object) -> str | None:
    """Return a Python value as text, None for an empty one; dates and times in ISO 8601 order."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value if value.isascii() else _encodable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _encodable(text: str) -> str:
    """Lone surrogates, which UTF-8 has no form for, become question marks of the replacement kind."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def unique_names(names: Sequence[str | None]) -> list[str]:
    """Return column names: blanks become ``column_3``, repeated ones ``name_2``; nothing else changes."""
    seen: set[str] = set()
    out = []
    for at, given in enumerate(names, 1):
        name = base = given or f"column_{at}"
        count = 1
        while name in seen:
            count += 1
            name = f"{base}_{count}"
        seen.add(name)
        out.append(name)
    return out


def cut(column: Column) -> Column:
    """Return the column with cells longer than PIECE_BYTES cut into overlapping pieces (same column if none is)."""
    longest = pc.max(pc.binary_length(column.values)).as_py()
    if longest is None or longest <= PIECE_BYTES:
        return column
    rows = range(len(column.values)) if column.rows is None else column.rows.tolist()
    parts: list[pieces.Piece] = []
    of_row: list[int] = []
    present: list[bool] = []
    for row, scalar in zip(rows, column.values, strict=True):
        data = np.frombuffer(scalar.as_buffer() or b"", np.uint8)
        cuts = pieces.cut(data) if len(data) > PIECE_BYTES else [pieces.Piece(data, 0, 0, len(data))]
        parts += cuts
        of_row += [row] * len(cuts)
        present += [scalar.is_valid] * len(cuts)
    return pieces.piece_column(column.name, parts, np.array(of_row, np.int64), np.array(present))


def decode_cell(value: bytes) -> tuple[str, bool, bool]:
    """Return bytes as text, whether they were GB18030, and whether they are damaged (then with replacement characters)."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.decode(encoding), encoding != "utf-8", False
        except UnicodeDecodeError:
            continue
    return value.decode("utf-8", "replace"), False, True


def is_text(value: bytes) -> bool:
    """Return whether a binary cell holds text: UTF-8 without control characters that text does not have."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return not value.translate(None, _TEXT_BYTES)


_TEXT_BYTES = bytes([9, 10, 11, 12, 13, *range(32, 127), *range(128, 256)])


def strings(texts: Sequence[str | None]) -> pa.Array:
    """Return a string array. (``pa.array`` would do, but imports pandas when it is there.)"""
    whole = "".join([text for text in texts if text])
    data = whole.encode()
    if len(data) == len(whole):
        lengths = [len(text) if text else 0 for text in texts]
    else:
        lengths = [len(text.encode()) if text else 0 for text in texts]
    large = len(data) >= 1 << 31
    offsets = np.zeros(len(texts) + 1, np.int64 if large else np.int32)
    np.cumsum(lengths, out=offsets[1:])
    present = np.array([text is not None for text in texts], bool)
    mask = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    kind = pa.LargeStringArray if large else pa.StringArray
    return kind.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data), mask)


class RowBatcher:
    """Collects rows of text cells and gives them back as batches of about BATCH_BYTES."""

    def __init__(self, source: str, format: str, names: Sequence[str]) -> None:
        self.source = source
        self.format = format
        self.names = unique_names(names)
        self.rows = 0
        self.bytes = 0
        self._columns: list[list[str | None]] = [[] for _ in self.names]
        self._first = 0
        self._size = 0
        #: extra values at rows of this batch: column name → rows relative to the batch, values
        self._beside: dict[str, tuple[list[int], list[str]]] = {}

    def add(self, cells: Sequence[str | None]) -> Batch | None:
        """Take one row, no longer than the names; return a batch when one is full."""
        for column, cell in zip(self._columns, cells, strict=False):
            column.append(cell)
            if cell is not None:
                self._size += len(cell)
        for column in self._columns[len(cells) :]:
            column.append(None)
        self._size += len(self._columns)
        self.rows += 1
        full = self._size >= BATCH_BYTES or self.rows - self._first >= BATCH_ROWS
        return self.flush() if full else None

    def beside(self, name: str, text: str) -> None:
        """Put a text beside the next row, in a column that not every row has."""
        rows, texts = self._beside.setdefault(name, ([], []))
        rows.append(self.rows - self._first)
        texts.append(text)
        self._size += len(text)

    def flush(self) -> Batch | None:
        """Return the rows collected so far as a batch, None if there are none."""
        count = self.rows - self._first
        if not count and not self._beside:
            return None
        columns = [Column(name, strings(cells)) for name, cells in zip(self.names, self._columns, strict=True)]
        for name, (rows, texts) in self._beside.items():
            last = max(count - 1, 0)  # what stands below the last row belongs to it
            columns.append(Column(name, strings(texts), np.minimum(np.array(rows, dtype=np.int64), last)))
        size = sum(column.values.nbytes for column in columns)
        batch = Batch(
            self.source, self.format, False, tuple(done for column in columns for done in finish(column)),
            self._first, max(count, 1) if self._beside else count, size,
        )  # fmt: skip
        self._columns = [[] for _ in self.names]
        self._beside = {}
        self._first = self.rows
        self._size = 0
        self.bytes += size
        return batch


def finish(column: Column) -> tuple[Column, ...]:
    """Return the column as engines take it: JSON inside cells taken apart, long cells cut."""
    return tuple(cut(inner) for inner in json_tape.expand(column))
