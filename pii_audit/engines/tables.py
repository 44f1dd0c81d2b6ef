"""Relations that rules are asked about, in a private DuckDB: bounded memory, spilling to a folder only we can read.

Rows of datasets come from the same sources a scan reads, so encodings, dialects, archives and row numbers agree.
Parquet keeps its types; everything else arrives as text. What is stored is what ``make`` turns the rows into, never
the rows themselves.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import sources
from pii_audit.model.dataset import Skipped
from pii_audit.sources.delimited import with_names
from pii_audit.sources.encoding import HEAD_BYTES
from pii_audit.sources.interface import Batch, Blob, Limits, Part, TableEnd

#: memory DuckDB may use; the process adds the libraries, one batch and its output
MEMORY = "512MB"
PARQUET_ROWS = 1 << 17
#: Beijing is this far ahead of UTC, in microseconds
_BEIJING = 8 * 3600 * 1_000_000


class Tables:
    """A private database. Use as a context manager: its folder is gone afterwards."""

    def __init__(self, memory: str = MEMORY, threads: int | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pii-audit-"))  # 0700
        try:
            self.backend = ibis.duckdb.connect(self._folder / "relations.duckdb")
            self._raw = self.backend.con
            for setting in (f"memory_limit='{memory}'", "preserve_insertion_order=false", "enable_progress_bar=false", "autoinstall_known_extensions=false", "autoload_known_extensions=false", *([f"threads={threads}"] if threads else [])):
                self._raw.execute(f"SET {setting}")
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(Exception):
            self.backend.disconnect()
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, name: str, table: pa.Table) -> ir.Table:
        """Store an Arrow table. Returns the relation."""
        self._raw.register("incoming", table)
        self._raw.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming')
        self._raw.unregister("incoming")
        return self.backend.table(name)

    def stream(self, name: str, batches: Iterable[pa.RecordBatch], make: Callable[[ir.Table], ir.Table]) -> ir.Table | None:
        """Store what ``make`` turns batches into, one pass over them. Returns the relation, None without any batch."""
        made = False
        for schema, group in itertools.groupby(batches, key=lambda batch: batch.schema):
            reader = pa.RecordBatchReader.from_batches(schema, group)
            self._raw.register("incoming", reader)
            query = self.backend.compile(make(self.backend.table("incoming")))
            self._raw.execute(f'INSERT INTO "{name}" BY NAME {query}' if made else f'CREATE TABLE "{name}" AS {query}')
            self._raw.unregister("incoming")
            made = True
        return self.backend.table(name) if made else None

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Store the result of an expression under a name that is free again afterwards (see :meth:`drop`)."""
        self._raw.execute(f'CREATE TABLE "{name}" AS {self.backend.compile(expression)}')
        return self.backend.table(name)

    def drop(self, name: str) -> None:
        """Forget a table."""
        self._raw.execute(f'DROP TABLE IF EXISTS "{name}"')

    def fetch(self, expression: ir.Expr) -> Any:
        """Return the result of an expression: an Arrow table, or the value of a scalar."""
        found = self.backend.to_pyarrow(expression)
        return found.as_py() if isinstance(found, pa.Scalar) else found

    def lock(self) -> None:
        """Give up reading and writing files other than our own: what follows may hold expressions of users."""
        self._raw.execute("SET enable_external_access=false")
        self._raw.execute("SET lock_configuration=true")


@dataclass
class Reading:
    """What was learnt while rows were read. ``sources``: names by index, as rows carry it."""

    sources: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    rows: int = 0
    tables: int = 0
    #: files that were read as text, which has no columns
    texts: int = 0
    headers: set[str] = field(default_factory=set)
    #: in how many tables a wanted column was there
    present: Counter[str] = field(default_factory=Counter)
    bound: dict[str, str] = field(default_factory=dict)


def read_rows(
    blobs: Iterable[Blob],
    bind: Callable[[tuple[str, ...]], Mapping[str, str]],
    wanted: tuple[str, ...],
    limits: Limits,
    reading: Reading,
    name_of: Callable[[str], str],
) -> Iterator[pa.RecordBatch]:
    """Yield batches of ``source`` (index), ``row`` (1-based) and one column for each wanted role.

    ``bind`` says which header a role has in a table with these headers; roles without one are null.
    """
    context = sources.context_for(limits)
    for blob in blobs:
        plan = _as_table(sources.plan(blob, 1 << 62), bind)
        reading.skipped += [event for event in plan.events if isinstance(event, Skipped)]
        if plan.source is None:
            continue
        if plan.source == "parquet" and blob.path is not None:
            yield from _parquet(blob, bind, wanted, reading, name_of)
            continue
        table = _Table(bind, wanted, reading, name_of)
        for part in plan.parts:
            for event in sources.read_part(plan.blob, plan.source, part, context):
                if isinstance(event, Batch):
                    if not event.text:
                        yield table.batch(event)
                    elif not event.first_row:
                        reading.texts += 1
                elif isinstance(event, Skipped):
                    reading.skipped.append(event)
                elif isinstance(event, TableEnd):
                    reading.rows += event.rows


def _as_table(plan: sources.Plan, bind: Callable[[tuple[str, ...]], Mapping[str, str]]) -> sources.Plan:
    """Return the plan for a file whose first record holds a name that is bound: that of a table. Else as it was.

    By itself a file of a few words, or of a header alone, is as well lines of text, or data without names.
    """
    named = plan.parts and plan.parts[0].options.get("names")
    if plan.blob.path is None or plan.source not in ("text", "delimited") or named:
        return plan
    with plan.blob.open() as stream:
        options = with_names(stream.read(HEAD_BYTES), lambda names: bool(bind(names)))
    return plan if options is None else replace(plan, source="delimited", parts=(Part(options=options),))


class _Table:
    """Turns batches of text columns into batches of roles."""

    def __init__(self, bind: Any, wanted: tuple[str, ...], reading: Reading, name_of: Callable[[str], str]) -> None:
        self._bind = bind
        self._wanted = wanted
        self._reading = reading
        self._name_of = name_of
        self._index: dict[str, int] = {}
        self._seen: dict[str, set[str]] = {}

    def batch(self, batch: Batch) -> pa.RecordBatch:
        reading = self._reading
        index = self._index.get(batch.source)
        if index is None:
            index = self._index[batch.source] = len(reading.sources)
            reading.sources.append(self._name_of(batch.source))
            reading.tables += 1
        by_name = {column.name: column for column in batch.columns if column.name is not None}
        binding = self._bind(tuple(by_name))
        reading.headers.update(by_name)
        seen = self._seen.setdefault(batch.source, set())
        n = batch.num_rows
        arrays = [pa.array(np.full(n, index, np.int32)), pa.array(np.arange(batch.first_row + 1, batch.first_row + n + 1))]
        for role in self._wanted:
            header = binding.get(role)
            if header is None or header not in by_name:
                arrays.append(pa.nulls(n, pa.string()))
                continue
            if role not in seen:
                seen.add(role)
                reading.present[role] += 1
                reading.bound[role] = header
            column = by_name[header]
            arrays.append(_one_a_row(column.values, column.rows, n))
        return pa.RecordBatch.from_arrays(arrays, ["source", "row", *self._wanted])


def _one_a_row(values: pa.Array, rows: np.ndarray[Any, Any] | None, n: int) -> pa.Array:
    """Return one string a row: the first, where a row has several values (pieces of a long cell, items of a list)."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    values = values.cast(pa.string())
    if rows is None and len(values) == n:
        return values
    at = np.arange(len(values)) if rows is None else np.asarray(rows)
    first, where = np.unique(at, return_index=True)
    take = np.full(n, -1, np.int64)
    inside = first < n
    take[first[inside]] = where[inside]
    return values.take(pa.array(np.where(take < 0, 0, take), mask=take < 0))


def _parquet(
    blob: Blob, bind: Any, wanted: tuple[str, ...], reading: Reading, name_of: Callable[[str], str]
) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(pq.ParquetFile(str(blob.path)))
            flat = [item.name for item in file.schema_arrow if not pa.types.is_nested(item.type)]
        except (OSError, pa.ArrowException):
            return  # the scan has named it already
        binding = {role: header for role, header in bind(tuple(flat)).items() if role in wanted and header in flat}
        index = len(reading.sources)
        reading.sources.append(name_of(blob.name))
        reading.tables += 1
        reading.headers.update(flat)
        reading.present.update(list(binding))
        reading.bound.update(binding)
        row = 1
        try:
            for batch in file.iter_batches(PARQUET_ROWS, columns=list(dict.fromkeys(binding.values()))):
                n = batch.num_rows
                arrays = [pa.array(np.full(n, index, np.int32)), pa.array(np.arange(row, row + n))]
                arrays += [
                    _plain(batch.column(batch.schema.get_field_index(binding[role]))) if role in binding else pa.nulls(n, pa.string())
                    for role in wanted
                ]
                row += n
                reading.rows += n
                yield pa.RecordBatch.from_arrays(arrays, ["source", "row", *wanted])
        except (OSError, pa.ArrowException):
            reading.skipped.append(Skipped(reading.sources[index], "corrupt", f"its rows after {row - 1} could not be read"))


def _plain(array: pa.Array) -> pa.Array:
    """Return a column in a type that roles read: text, number, truth, date, or Beijing time without zone."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage)
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_timestamp(kind):
        moment = array.cast(pa.timestamp("us"), safe=False)
        return pc.add(moment, pa.scalar(_BEIJING, pa.duration("us"))) if kind.tz is not None else moment
    if pa.types.is_date(kind):
        return array.cast(pa.date32())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_string(kind):
        return array
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        whole = pc.all(pc.equal(pc.floor(array.cast(pa.float64())), array.cast(pa.float64()))).as_py()
        return array.cast(pa.int64(), safe=False) if whole else array.cast(pa.float64())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_binary(kind):
        return array.cast(pa.string())
    return pa.nulls(len(array), pa.string())
