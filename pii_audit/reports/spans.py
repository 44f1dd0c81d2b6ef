"""Every single span, written while the run goes on: JSON lines or Parquet (design.md 1.3)."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pii_audit.model.errors import Interrupted, PiiAuditError, UsageError
from pii_audit.model.files import AtomicFile
from pii_audit.model.visible import visible
from pii_audit.reports.interface import SpanReport
from pii_audit.reports.json import dumps
from pii_audit.settings import SpanTarget

SPAN_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("line", pa.int64()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("entity_type", pa.string()),
        ("score", pa.float64()),
        ("evidence", pa.string()),
        ("masked", pa.string()),
        ("fingerprint", pa.string()),
    ]
)
SPAN_FORMATS = ("jsonl", "parquet")
_ROW_GROUP = 1 << 17   # spans of a Parquet row group
_LINES = 1 << 16       # spans turned into JSON at once
#: anything that may need a JSON escape; the rest is copied between quotes
_NOT_PLAIN = r"[^ !#-\[\]-~\x{4e00}-\x{9fff}]"


class SpanSink(Protocol):
    """Takes tables of spans. ``close`` makes the file appear, ``abort`` leaves nothing behind."""

    def write(self, table: pa.Table) -> None:
        """Take spans: the columns of SPAN_SCHEMA by name, in any order; dictionary arrays are welcome."""

    def close(self) -> None: ...

    def abort(self) -> None: ...


def open_span_sink(target: str | Path | BinaryIO, fmt: str) -> SpanSink:
    """Return a sink for a path or a binary stream. Raises UsageError before anything is created."""
    if fmt not in SPAN_FORMATS:
        raise UsageError(f"spans can be written as {' or '.join(SPAN_FORMATS)}, not as {visible(fmt)}")
    if not isinstance(target, (str, Path)):
        if fmt != "jsonl":
            raise UsageError("parquet spans need a file, not standard output")
        return _JsonLinesStream(target)
    file = AtomicFile(Path(target))
    return _ParquetFile(file) if fmt == "parquet" else _JsonLinesFile(file)


def open_span_sinks(targets: Sequence[SpanTarget]) -> SpanSink | None:
    """Return one sink that feeds every target, None without targets."""
    sinks = [open_span_sink(t.path if t.path is not None else sys.stdout.buffer, t.format) for t in targets]
    return _Several(sinks) if sinks else None


def span_format(path: Path) -> str:
    """Return the format that a file name asks for."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in SPAN_FORMATS:
        raise UsageError(f"{visible(str(path))}: spans are written to .jsonl or .parquet")
    return suffix


class _Several:
    def __init__(self, sinks: Sequence[SpanSink]) -> None:
        self.sinks = sinks

    def write(self, table: pa.Table) -> None:
        for sink in self.sinks:
            sink.write(table)

    def close(self) -> None:
        for sink in self.sinks:
            sink.close()

    def abort(self) -> None:
        for sink in self.sinks:
            sink.abort()


class _JsonLinesStream:
    """A stream that somebody reads while the run goes on; when the reader leaves, the run ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def write(self, table: pa.Table) -> None:
        try:
            for chunk in json_lines(table):
                self.stream.write(chunk)
            self.stream.flush()
        except BrokenPipeError as error:
            raise Interrupted(signal.SIGPIPE) from error

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


class _JsonLinesFile:
    def __init__(self, file: AtomicFile) -> None:
        self.file = file

    def write(self, table: pa.Table) -> None:
        try:
            for chunk in json_lines(table):
                self.file.stream.write(chunk)
        except OSError as error:
            raise _failed(self.file, error) from error

    def close(self) -> None:
        self.file.commit()

    def abort(self) -> None:
        self.file.abort()


class _ParquetFile:
    def __init__(self, file: AtomicFile) -> None:
        self.file = file
        self.writer: pq.ParquetWriter | None = None
        self.waiting: list[pa.Table] = []
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        self.waiting.append(_in_order(table))
        self.rows += table.num_rows
        if self.rows >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        try:
            if self.writer is None:
                self.writer = pq.ParquetWriter(self.file.stream, SPAN_SCHEMA, compression="zstd")
            if self.waiting:
                self.writer.write_table(pa.concat_tables(self.waiting))
        except OSError as error:
            raise _failed(self.file, error) from error
        self.waiting, self.rows = [], 0

    def close(self) -> None:
        self._flush()
        assert self.writer is not None
        try:
            self.writer.close()
        except OSError as error:
            raise _failed(self.file, error) from error
        self.file.commit()

    def abort(self) -> None:
        self.waiting = []
        if self.writer is not None:
            with contextlib.suppress(OSError):
                self.writer.close()
        self.file.abort()


def _failed(file: AtomicFile, error: OSError) -> PiiAuditError:
    return PiiAuditError(f"{visible(str(file.path))}: could not be written ({error.strerror})")


def _in_order(table: pa.Table) -> pa.Table:
    return table.select(SPAN_SCHEMA.names).cast(SPAN_SCHEMA)


def json_lines(table: pa.Table) -> list[bytes | memoryview]:
    """Return the JSON lines of a table of spans, column by column: no Python object per span."""
    batches = _in_order(table).combine_chunks().to_batches(_LINES)
    return [chunk for batch in batches for chunk in _batch_lines(batch)]


def _batch_lines(batch: pa.RecordBatch) -> list[bytes | memoryview]:
    parts: list[Any] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        parts += [pa.scalar(f'{", " if parts else "{"}"{name}": '), _json_values(column)]
    lines = pc.binary_join_element_wise(*parts, pa.scalar("}\n"), pa.scalar(""))
    start, end = lines.offset, lines.offset + len(lines)
    offsets = memoryview(lines.buffers()[1]).cast("i")
    return [memoryview(lines.buffers()[2])[offsets[start] : offsets[end]]]


def _json_values(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return pc.fill_null(column.cast(pa.string()), "null")
    quoted = pc.binary_join_element_wise(pa.scalar('"'), column, pa.scalar('"'), pa.scalar(""))
    if pc.any(pc.match_substring_regex(column, _NOT_PLAIN)).as_py():
        codes = column.dictionary_encode()
        words = pa.array([dumps(word) for word in codes.dictionary.to_pylist()], pa.string())
        quoted = words.take(codes.indices)
    return pc.fill_null(quoted, "null")



class JsonLines(SpanReport):
    name = "jsonl"
    title = "Every single span, one JSON object a line, written during the run"
    title_zh = "逐条命中，每行一个 JSON 对象，边扫描边输出"
    suffixes = (".jsonl",)
    format = "jsonl"
