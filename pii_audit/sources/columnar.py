"""Columnar files through pyarrow: Parquet, Arrow IPC (Feather version 2) and ORC.

Every column is turned into text: numbers without exponent or ``.0``, dates in ISO 8601, dictionaries decoded, nested
values flattened to paths (``contacts[].phone``) that keep the row they came from. Messages of the library are never
passed on, they quote values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import SourceError
from pii_audit.model.visible import visible
from pii_audit.sources import cells, sniff
from pii_audit.sources.interface import BATCH_BYTES, Batch, Blob, Column, Event, Part, ReadContext, Source, TableEnd
from pii_audit.sources.streams import explain, random_access, size_of

if TYPE_CHECKING:
    import pyarrow.parquet as pq

#: rows read to learn how wide rows are before the batch size is set
_PROBE_ROWS = 64
_MAX_ROWS = 1 << 16
#: a list may multiply: values in one text column of a batch
_MAX_NESTING = 32


class _Table:
    """Turns record batches of one file into events and counts what could not be read."""

    def __init__(self, blob: Blob, format: str) -> None:
        self.blob = blob
        self.format = format
        self.rows = 0
        self.bytes = 0
        self.columns: int | None = None
        self._binary: Counter[str] = Counter()
        self._legacy: Counter[str] = Counter()
        self._damaged: Counter[str] = Counter()

    def batches(self, batch: pa.RecordBatch, num_bytes: int) -> Iterator[Batch]:
        """Yield batches of text columns, about BATCH_BYTES each, for one record batch."""
        self.columns = batch.num_columns
        rows = max(1, min(_MAX_ROWS, int(BATCH_BYTES * batch.num_rows / max(batch.nbytes, 1)), batch.num_rows))
        for start in range(0, batch.num_rows, rows):
            piece = batch.slice(start, rows)
            columns = tuple(
                column
                for field, array in zip(batch.schema, piece.columns, strict=True)
                for column in self._columns(field.name, array)
            )
            share = num_bytes * piece.num_rows // batch.num_rows
            yield Batch(self.blob.name, self.format, False, columns, self.rows, piece.num_rows, share)
            self.rows += piece.num_rows
            self.bytes += share

    def end(self) -> Iterator[Event]:
        """Yield what is to be said after the last batch."""
        for name, count in sorted(self._legacy.items()):
            yield Note(self.blob.name, "encoding", f"{count} values of column {visible(name)} are GB18030, not UTF-8")
        for name, count in sorted(self._damaged.items()):
            yield Skipped(
                self.blob.name, "undecodable", f"{count} values of column {visible(name)} are neither UTF-8 nor GB18030"
            )
        for name, count in sorted(self._binary.items()):
            yield Skipped(self.blob.name, "binary-column", f"{count} values of column {visible(name)} are not text; they were not read")
        yield TableEnd(self.blob.name, self.format, self.rows, self.bytes, columns=self.columns)

    def _columns(self, name: str, array: pa.Array) -> Iterator[Column]:
        for path, values, rows in self._texts(name, array, None, 0):
            yield from cells.finish(Column(path, values, rows))

    def _texts(
        self, name: str, array: pa.Array, rows: np.ndarray[Any, Any] | None, depth: int
    ) -> Iterator[tuple[str, pa.Array, np.ndarray[Any, Any] | None]]:
        """Yield path, strings and rows of everything inside a column."""
        if depth > _MAX_NESTING:
            raise SourceError("its values are nested too deeply", code="too-deep")
        kind = array.type
        if isinstance(array, pa.ExtensionArray):
            yield from self._texts(name, array.storage, rows, depth + 1)
        elif pa.types.is_dictionary(kind):
            yield from self._texts(name, array.dictionary_decode(), rows, depth + 1)
        elif pa.types.is_run_end_encoded(kind):
            yield from self._texts(name, pc.run_end_decode(array), rows, depth + 1)
        elif pa.types.is_map(kind):
            pairs = pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)]))
            yield from self._texts(name, array.cast(pairs), rows, depth + 1)
        elif pa.types.is_fixed_size_list(kind):
            yield from self._texts(name, array.cast(pa.list_(kind.value_type)), rows, depth + 1)
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
            there = np.flatnonzero(_numbers(array.is_valid().cast(pa.uint8()), np.uint8))  # a null list may hide values
            lists = array.drop_null()
            parents = there[_numbers(pc.list_parent_indices(lists).cast(pa.int64()), np.int64)].astype(np.int64)
            inner = parents if rows is None else rows[parents]
            yield from self._texts(name + "[]", pc.list_flatten(lists), inner, depth + 1)
        elif pa.types.is_struct(kind):
            for field, child in zip(kind, array.flatten(), strict=True):
                yield from self._texts(f"{name}.{field.name}", child, rows, depth + 1)
        else:
            yield name, self._flat(name, array), rows

    def _flat(self, name: str, array: pa.Array) -> pa.Array:
        kind = array.type
        if pa.types.is_string_view(kind):
            array, kind = array.cast(pa.large_binary()), pa.large_string()
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return self._strings(name, array)
        if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
            array, kind = array.cast(pa.large_binary()), pa.large_binary()
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return self._binaries(name, array)
        if pa.types.is_floating(kind):
            return _floats(array)
        if pa.types.is_decimal(kind):
            return pc.replace_substring_regex(array.cast(pa.string()), r"\.0+$", "")
        if pa.types.is_timestamp(kind):
            return _timestamps(array)
        try:
            return array.cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return cells.strings([cells.cell_text(value) for value in array.to_pylist()])

    def _strings(self, name: str, array: pa.Array) -> pa.Array:
        """Return strings that are proved to be UTF-8: files may claim it falsely."""
        large = not pa.types.is_string(array.type)
        raw = array.view(pa.large_binary() if large else pa.binary()) if not pa.types.is_large_binary(array.type) else array
        raw.validate(full=True)
        try:
            return raw.cast(pa.large_string() if large else pa.string())
        except pa.ArrowInvalid:
            texts: list[str | None] = []
            for value in raw.to_pylist():
                text, legacy, damaged = (None, False, False) if value is None else cells.decode_cell(value)
                texts.append(text)
                self._legacy[name] += legacy
                self._damaged[name] += damaged
            return cells.strings(texts)

    def _binaries(self, name: str, array: pa.Array) -> pa.Array:
        array.validate(full=True)
        texts: list[str | None] = []
        for value in array.to_pylist():
            good = value is not None and cells.is_text(value)
            texts.append(value.decode() if good else None)
            if value and not good:
                self._binary[name] += 1
        return cells.strings(texts)


def _validate(batch: pa.RecordBatch) -> None:
    """Check offsets and indices before anything follows them; strings are checked when they are converted."""
    batch.validate()
    for array in batch.columns:
        if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
            array.validate(full=True)


def _floats(array: pa.Array) -> pa.Array:
    """Return floating point numbers as text; whole ones (the usual case of identifiers) without a loop."""
    wide = array.cast(pa.float64())
    numbers = _numbers(wide, np.float64)
    missing = _numbers(wide.is_null().cast(pa.uint8()), np.uint8) != 0
    with np.errstate(invalid="ignore"):
        whole = (np.abs(numbers) < 2.0**53) & (numbers == np.trunc(numbers))
    if (whole | missing).all():
        return wide.cast(pa.int64()).cast(pa.string())
    text = (array if pa.types.is_float32(array.type) else wide).cast(pa.string())
    odd = ~missing & (whole | ~np.isfinite(numbers) | (np.abs(numbers) >= 2.0**53) | (np.abs(numbers) < 1e-4))
    if not odd.any():
        return text
    bits = pa.py_buffer(np.packbits(odd, bitorder="little"))
    mask = pa.BooleanArray.from_buffers(pa.bool_(), len(odd), [None, bits])
    return pc.replace_with_mask(text, mask, cells.strings([cells.number_text(value) for value in numbers[odd].tolist()]))


def _numbers(array: pa.Array, kind: type[np.generic]) -> np.ndarray[Any, Any]:
    """Return the numbers of an array as they lie in its buffer. (``to_numpy`` imports pandas when it is there.)"""
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind)[array.offset : array.offset + len(array)]


def _timestamps(array: pa.Array) -> pa.Array:
    try:
        text = array.cast(pa.string())
    except pa.ArrowInvalid:  # unknown time zone, or a year beyond what the calendar functions take
        try:
            text = array.cast(pa.timestamp(array.type.unit)).cast(pa.string())
        except pa.ArrowInvalid:
            return array.cast(pa.int64()).cast(pa.string())
    return pc.replace_substring_regex(text, r"\.0+($|[+Z-])", r"\1")


def _reason(error: Exception) -> SourceError:
    """Return what to say about an error of the library: its text names columns and values, only its kind is used."""
    text = str(error).lower()
    if "crypt" in text and "magic" not in text:
        return SourceError("it is encrypted", code="encrypted")
    if "not implemented" in text or "codec" in text:
        return SourceError("it uses a feature that is not supported", code="unsupported")
    problem = explain(error)
    return SourceError(problem.reason, code=problem.code)


class ParquetSource(Source):
    """Apache Parquet, by row groups."""

    name = "parquet"
    title = "Parquet file"
    title_zh = "Parquet 文件"
    suffixes = sniff.suffixes("parquet")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def split(self, blob: Blob, part_bytes: int) -> Sequence[Part]:
        import pyarrow.parquet as pq

        if blob.path is None or (blob.size or 0) <= part_bytes:
            return (Part(),)
        try:
            sizes = _packed_bytes(pq.read_metadata(blob.path), blob.size or 0)
        except Exception:  # noqa: BLE001 - read() meets the same error and says it
            return (Part(),)
        parts, begin, held = [], 0, 0
        for group, size in enumerate(sizes):
            if held and held + size > part_bytes:
                parts.append(Part(options={"row_groups": (begin, group)}))
                begin, held = group, 0
            held += size
        return (*parts, Part(options={"row_groups": (begin, len(sizes))}))

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        import pyarrow.parquet as pq

        table = _Table(blob, self.name)
        with random_access(blob, context.limits) as stream:
            total = size_of(stream)
            if stream.read(4) == b"PARE":
                raise SourceError("it is encrypted", code="encrypted")
            try:
                stream.seek(0)
                file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 18)
                sizes = _packed_bytes(file.metadata, total)
                begin, end = part.options.get("row_groups", (0, len(sizes)))
                for group in range(begin, end):
                    yield from self._group(file, group, sizes[group], table)
            except SourceError:
                raise
            except Exception as error:
                problem = _reason(error)
                if not table.rows:
                    raise problem from error
                yield Skipped(blob.name, problem.code, f"after row {table.rows}: {problem.reason}")
        yield from table.end()

    def _group(self, file: pq.ParquetFile, group: int, packed: int, table: _Table) -> Iterator[Event]:
        metadata = file.metadata.row_group(group)
        if metadata.num_rows <= 0:
            return
        width = metadata.total_byte_size / metadata.num_rows
        # dictionaries hide how large values are: look at some rows before many are decoded at once
        for probe in file.iter_batches(batch_size=_PROBE_ROWS, row_groups=[group], use_threads=False):
            width = max(width, probe.nbytes / max(probe.num_rows, 1))
            break
        rows = int(max(1, min(_MAX_ROWS, 2 * BATCH_BYTES / max(width, 1))))
        for batch in file.iter_batches(batch_size=rows, row_groups=[group], use_threads=False):
            yield from table.batches(batch, packed * batch.num_rows // metadata.num_rows)


def _packed_bytes(metadata: pq.FileMetaData, total: int) -> list[int]:
    """Return about how much of the file each row group takes.

    Sizes of column chunks would be exact, but asking damaged metadata for them ends the process.
    """
    sizes = [max(0, metadata.row_group(at).total_byte_size) for at in range(metadata.num_row_groups)]
    return [total * size // max(sum(sizes), 1) for size in sizes]


class ArrowSource(Source):
    """Arrow IPC files and streams; Feather version 2 is one of them."""

    name = "arrow"
    title = "Arrow or Feather file"
    title_zh = "Arrow / Feather 文件"
    suffixes = sniff.suffixes("arrow")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        table = _Table(blob, self.name)
        with random_access(blob, context.limits) as stream:
            total = size_of(stream)
            is_file = stream.read(6) == b"ARROW1"
            stream.seek(0)
            try:
                if is_file:
                    reader = pa.ipc.open_file(stream)
                    batches: Iterator[Any] = (reader.get_batch(at) for at in range(reader.num_record_batches))
                else:
                    batches = iter(pa.ipc.open_stream(stream))
                told = 0
                for batch in batches:
                    _validate(batch)
                    at = total if is_file else stream.tell()
                    size = total // reader.num_record_batches if is_file else at - told
                    told = at
                    yield from table.batches(batch, size)
            except SourceError:
                raise
            except Exception as error:
                problem = _reason(error)
                if not table.rows:
                    raise problem from error
                yield Skipped(blob.name, problem.code, f"after row {table.rows}: {problem.reason}")
        yield from table.end()


class OrcSource(Source):
    """Apache ORC, by stripes."""

    name = "orc"
    title = "ORC file"
    title_zh = "ORC 文件"
    suffixes = sniff.suffixes("orc")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        from pyarrow import orc

        table = _Table(blob, self.name)
        with random_access(blob, context.limits) as stream:
            total = size_of(stream)
            try:
                file = orc.ORCFile(stream)
                for stripe in range(file.nstripes):
                    yield from table.batches(file.read_stripe(stripe), total // file.nstripes)
            except SourceError:
                raise
            except Exception as error:
                problem = _reason(error)
                if not table.rows:
                    raise problem from error
                yield Skipped(blob.name, problem.code, f"after row {table.rows}: {problem.reason}")
        yield from table.end()
