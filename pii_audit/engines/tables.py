"""Relations that rules are asked about, in a private DuckDB: bounded memory, spilling to a folder only we can read.

Rows of datasets come from the same sources a scan reads, so encodings, dialects, archives and row numbers agree.
Parquet keeps its types; everything else arrives as text. What is stored is what ``make`` turns the rows into, never
the rows themselves.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import sources
from pii_audit.engines.values import Reader, Texts, Values
from pii_audit.model.dataset import Skipped
from pii_audit.sources.delimited import with_names
from pii_audit.sources.encoding import HEAD_BYTES
from pii_audit.sources.interface import Batch, Blob, Column, Limits, Part, TableEnd

#: memory DuckDB may use; the process adds the libraries, one batch and its output
MEMORY = "288MB"
#: a batch of rows holds about this much
BATCH_ROWS, BATCH_BYTES = 1 << 18, 32 << 20
#: a column of a Parquet row group beyond this is not read by its dictionary, which would hold all of it
DICTIONARY_BYTES = 16 << 20
#: Beijing is so many minutes ahead of UTC
_BEIJING = 480
#: years of dates and times that roles read where they are text; 9999 stands for ever
_YEARS = ((1000, 2999), (9999, 9999))


class Tables:
    """A private database. Use as a context manager: its folder is gone afterwards."""

    def __init__(self, memory: str = MEMORY, threads: int | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pii-audit-"))  # 0700
        try:
            # in memory, spilling: a database file would compress every column first, which takes longer than all the rest
            self.backend = ibis.duckdb.connect()
            self._raw = self.backend.con
            for setting in (f"memory_limit='{memory}'", f"temp_directory='{self._folder}'", "preserve_insertion_order=false", "enable_progress_bar=false", "autoinstall_known_extensions=false", "autoload_known_extensions=false", *([f"threads={threads}"] if threads else [])):
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

    def append(self, name: str, table: pa.Table) -> ir.Table:
        """Store an Arrow table behind what a table holds, which need not exist. Returns the relation."""
        self._raw.register("incoming", table)
        self._raw.execute(f'CREATE TABLE IF NOT EXISTS "{name}" AS SELECT * FROM incoming LIMIT 0')
        self._raw.execute(f'INSERT INTO "{name}" SELECT * FROM incoming')
        self._raw.unregister("incoming")
        return self.backend.table(name)

    def stream(self, name: str, batches: Iterable[pa.RecordBatch], readers: Mapping[str, Reader], searches: Mapping[str, Reader], words: Mapping[str, Iterable[str]]) -> ir.Table | None:
        """Store what readers make of columns, one pass over the batches. Returns the relation, None without any batch.

        Columns without a reader stay as they are. ``searches`` read the texts of columns whose reader makes a key of the
        same name; what is found goes to a table of its own, see :class:`Texts`. ``words``: what columns of words can hold.
        """
        gathered = _gathered(batches)
        first = next(gathered, None)
        if first is None:
            return None
        plain = [field for field in first.schema if field.name not in readers]
        with Values(readers) as values, Values(searches) as searching:
            texts = {column: Texts(searching, column) for column in searches}
            schema = pa.schema([*plain, *(_stored(field) for column in readers for field in values.schema(column))])

            def made() -> Iterator[pa.RecordBatch]:
                for batch in itertools.chain([first], gathered):
                    arrays = {field.name: batch.column(field.name) for field in plain}
                    for column in readers:
                        table, which, read = values.read(column, batch.column(column))
                        if column in texts and len(read):
                            texts[column].add(read, table[column].combine_chunks()[-len(read) :])
                        for part in table.column_names:
                            made = table[part].combine_chunks()
                            arrays[part] = made if which is None else _spread(made, which)
                    yield pa.RecordBatch.from_arrays([arrays[field.name].cast(field.type) for field in schema], schema=schema)

            self._raw.register("incoming", pa.RecordBatchReader.from_batches(schema, made()))
            # a word takes one byte of a row, not sixteen and more
            kinds = {column: f"ENUM({', '.join(map(_quoted, known))})" for column, known in words.items()}
            self._raw.execute(f'CREATE TABLE "{name}_" AS SELECT {_recast(kinds)} FROM incoming')
            self._raw.execute(f'CREATE VIEW "{name}" AS SELECT {_recast(dict.fromkeys(kinds, "VARCHAR"))} FROM "{name}_"')
            self._raw.unregister("incoming")
            for column, found in texts.items():
                self.put(f"{name}_{column}", found.table())
        return self.backend.table(name)

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

    def batches(self, expression: ir.Table, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows of an expression, so many at a time."""
        cursor = self._raw.cursor()  # others may ask in the meantime
        try:
            yield from cursor.sql(self.backend.compile(expression)).to_arrow_reader(rows)
        finally:
            cursor.close()

    def lock(self) -> None:
        """Give up reading and writing files other than our own: what follows may hold expressions of users."""
        self._raw.execute("SET enable_external_access=false")
        self._raw.execute("SET lock_configuration=true")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _recast(kinds: Mapping[str, str]) -> str:
    """Return the columns of a table, some of them in other types."""
    return f"* REPLACE ({', '.join(f'CAST({column} AS {kind}) AS {column}' for column, kind in kinds.items())})" if kinds else "*"


def _stored(field: pa.Field) -> pa.Field:
    """Return a column as it goes to the database: words by number."""
    return field.with_type(pa.dictionary(pa.int32(), pa.string())) if pa.types.is_string(field.type) else field


def _spread(values: pa.Array, which: pa.Array) -> pa.Array:
    """Return the value of each row."""
    return pa.DictionaryArray.from_arrays(which, values) if pa.types.is_string(values.type) else values.take(which)


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches of at least so many rows or bytes, as far as their columns agree."""
    for _, group in itertools.groupby(batches, key=lambda batch: batch.schema):
        waiting: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in group:
            waiting.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
            if rows >= BATCH_ROWS or size >= BATCH_BYTES:
                yield pa.concat_batches(waiting) if len(waiting) > 1 else batch
                waiting, rows, size = [], 0, 0
        if waiting:
            yield pa.concat_batches(waiting)


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
    ahead: int = _BEIJING,
) -> Iterator[pa.RecordBatch]:
    """Yield batches of ``source`` (index), ``row`` (1-based) and one column for each wanted role.

    ``bind`` says which header a role has in a table with these headers; roles without one are null. ``ahead``: minutes
    that times of Parquet without a zone are ahead of UTC.
    """
    context = sources.context_for(limits)
    for blob in blobs:
        plan = _as_table(sources.plan(blob, 1 << 62), bind)
        reading.skipped += [event for event in plan.events if isinstance(event, Skipped)]
        if plan.source is None:
            continue
        if plan.source == "parquet" and blob.path is not None:
            yield from _parquet(blob, bind, wanted, reading, name_of, ahead)
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
            inner = [other for other in batch.columns if other.name and other.name.startswith((f"{header}[", f"{header}."))]
            arrays.append(_with_inner(one_a_row(column.values, column.rows, n), inner, n))
        return pa.RecordBatch.from_arrays(arrays, ["source", "row", *self._wanted])


def one_a_row(values: pa.Array, rows: np.ndarray[Any, Any] | None, n: int) -> pa.Array:
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
    blob: Blob, bind: Any, wanted: tuple[str, ...], reading: Reading, name_of: Callable[[str], str], ahead: int
) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(pq.ParquetFile(str(blob.path)))
            flat = {item.name: item.type for item in file.schema_arrow if not pa.types.is_nested(item.type)}
        except (OSError, pa.ArrowException):
            return  # the scan has named it already
        binding = {role: header for role, header in bind(tuple(flat)).items() if role in wanted and header in flat}
        texts = [header for header in dict.fromkeys(binding.values()) if pa.types.is_string(flat[header]) and _repeats(file.metadata, header)]
        file = stack.enter_context(pq.ParquetFile(str(blob.path), read_dictionary=texts, pre_buffer=False))
        index = len(reading.sources)
        reading.sources.append(name_of(blob.name))
        reading.tables += 1
        reading.headers.update(flat)
        reading.present.update(list(binding))
        reading.bound.update(binding)
        row = 1
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(dict.fromkeys(binding.values()))):
                n = batch.num_rows
                arrays = [pa.array(np.full(n, index, np.int32)), pa.array(np.arange(row, row + n))]
                arrays += [
                    _plain(batch.column(batch.schema.get_field_index(binding[role])), ahead) if role in binding else pa.nulls(n, pa.string())
                    for role in wanted
                ]
                row += n
                reading.rows += n
                yield pa.RecordBatch.from_arrays(arrays, ["source", "row", *wanted])
        except (OSError, pa.ArrowException):
            reading.skipped.append(Skipped(reading.sources[index], "corrupt", f"its rows after {row - 1} could not be read"))


def _repeats(metadata: Any, header: str) -> bool:
    """Return whether a column is small enough in every part of the file to be read by its dictionary."""
    sizes = [
        group.column(number).total_uncompressed_size
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for number in range(group.num_columns)
        if group.column(number).path_in_schema == header
    ]
    return max(sizes, default=0) <= DICTIONARY_BYTES


def _with_inner(cells: pa.Array, inner: Sequence[Column], n: int) -> pa.Array:
    """Return cells; in place of those that held JSON, which are null, the values in it in their order (``["id_no", "name"]``: id_no;name)."""
    if not inner or not cells.null_count:
        return cells
    values = pa.concat_arrays([column.values.cast(pa.string()) for column in inner])
    at = np.concatenate([np.arange(len(column.values)) if column.rows is None else np.asarray(column.rows) for column in inner])
    filled = np.asarray(values.is_valid()) & (at < n)
    at, values = at[filled], values.filter(pa.array(filled))
    order = np.argsort(at, kind="stable")
    rows, first = np.unique(at[order], return_index=True)
    held = pa.ListArray.from_arrays(pa.array(np.append(first, len(at)), pa.int32()), values.take(pa.array(order)))
    which = np.full(n, -1, np.int64)
    which[rows] = np.arange(len(rows))
    return pc.coalesce(cells, pc.binary_join(held, ";").take(pa.array(np.where(which < 0, 0, which), mask=which < 0)))


def _plain(array: pa.Array, ahead: int) -> pa.Array:
    """Return a column in a type that roles read: text, number, truth, date, or Beijing time without zone."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage, ahead)
    if pa.types.is_dictionary(kind):
        return array if pa.types.is_string(kind.value_type) else _plain(array.dictionary_decode(), ahead)
    if pa.types.is_timestamp(kind):
        moment = array.cast(pa.timestamp("us"), safe=False)
        shift = dt.timedelta(minutes=_BEIJING - (0 if kind.tz is not None else ahead))
        return _readable(pc.add(moment, pa.scalar(shift, pa.duration("us"))) if shift else moment)
    if pa.types.is_date(kind):
        return _readable(array.cast(pa.date32()))
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_string(kind):
        return array
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        whole = pc.all(pc.equal(pc.floor(array.cast(pa.float64())), array.cast(pa.float64()))).as_py()
        return array.cast(pa.int64(), safe=False) if whole else array.cast(pa.float64())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_binary(kind):
        return array.cast(pa.string())
    return pa.nulls(len(array), pa.string())


def _readable(array: pa.Array) -> pa.Array:
    """Return dates or times as they are, or as text if some lie in no year that is read: arithmetic would fail on them."""
    days = array.cast(pa.date32(), safe=False)
    first, second = (
        pc.and_(pc.greater_equal(days, pa.scalar(dt.date(since, 1, 1))), pc.less_equal(days, pa.scalar(dt.date(until, 12, 31))))
        for since, until in _YEARS
    )
    inside = pc.or_(first, second)
    if pc.all(inside).as_py() is not False:
        return array
    text = pc.if_else(inside, array, pa.scalar(None, array.type)).cast(pa.string())
    return pc.if_else(pc.fill_null(inside, True), text, "?")
