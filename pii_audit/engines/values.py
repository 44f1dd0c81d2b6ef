"""Columns read by expressions: each distinct value once, in a DuckDB of its own that holds nothing but those values.

A role's reading of a value (``policy/roles.py``) costs some hundred nanoseconds, of a text in the lexicon much more.
Columns repeat themselves, so what is read are the distinct values of a batch; rows take their result by number.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: bytes of texts that are gathered before they are searched: to begin a search costs about a second
TEXT_BYTES = 32 << 20
#: keys of texts that are remembered; a text that comes again after so many others is searched again
TEXT_KEYS = 1 << 21


@dataclass(frozen=True)
class Reader:
    """What reads a column, in two steps, so that the second may use the first's result often: both are expressions.

    ``prepare``: column → column. ``read``: prepared column → columns by name.
    """

    prepare: Callable[[ir.Value], ir.Value]
    read: Callable[[ir.Value], Mapping[str, ir.Value]]


class Values:
    """Evaluates readers. Use as a context manager."""

    def __init__(self, readers: Mapping[str, Reader], memory: str = "128MB") -> None:
        self._readers = readers
        self._memory = memory
        #: column → its distinct values in the batch before, and what came of them; a file's own dictionary only grows
        self._before: dict[str, tuple[pa.Array, pa.Table]] = {}
        self._opened: duckdb.DuckDBPyConnection | None = None

    @property
    def _raw(self) -> duckdb.DuckDBPyConnection:
        if self._opened is None:
            self._opened = duckdb.connect()
            for setting in (f"memory_limit='{self._memory}'", "enable_progress_bar=false", "enable_external_access=false"):
                self._opened.execute(f"SET {setting}")
        return self._opened

    def __enter__(self) -> Values:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._opened is not None:
            with contextlib.suppress(duckdb.Error):
                self._opened.close()

    def schema(self, name: str) -> pa.Schema:
        """Return the columns that a reader makes of text."""
        return _compiled(self._readers[name], pa.string())[1]

    def read(self, name: str, column: pa.Array) -> tuple[pa.Table, pa.Array | None, pa.Array]:
        """Read a column. Returns what its distinct values become, and for every row the number of its own.

        Without numbers every row has its own result. The third are the values at the end of the table that were read now.
        """
        if not (pa.types.is_dictionary(column.type) or pa.types.is_string(column.type) or pa.types.is_integer(column.type)):
            return self.evaluate(name, column), None, column
        values, which = _distinct(column)
        before, table = self._before.get(name, (pa.nulls(0, values.type), None))
        if before.type == values.type and len(before) <= len(values) and before.equals(values[: len(before)]):
            new = values[len(before) :]
        else:
            new, table = values, None
        if table is None or len(new):
            found = self.evaluate(name, new)
            table = found if table is None else pa.concat_tables([table, found]).combine_chunks()
            self._before[name] = values, table
        return table, which, new

    def evaluate(self, name: str, values: pa.Array) -> pa.Table:
        """Return what a reader makes of values, row by row."""
        query, _ = _compiled(self._readers[name], values.type)
        self._raw.register("incoming", pa.table({"value": values}))
        try:
            return self._raw.sql(query).to_arrow_table()
        finally:
            self._raw.unregister("incoming")


@functools.lru_cache(maxsize=4096)
def _compiled(reader: Reader, kind: pa.DataType) -> tuple[str, pa.Schema]:
    """Return the SQL of a reader and the columns it makes; to compile one takes longer than to read a small file."""
    incoming = ibis.table({"value": ibis.dtype(kind)}, name="incoming")
    first = incoming.select(value=reader.prepare(incoming.value))
    prepared = ibis.table(first.schema(), name="prepared")
    query = prepared.select(**reader.read(prepared.value))
    sql = f"WITH prepared AS MATERIALIZED ({ibis.to_sql(first, dialect='duckdb')}) {ibis.to_sql(query, dialect='duckdb')}"
    return sql, query.schema().to_pyarrow()


def _distinct(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the distinct values, and for every row the number of its own; null is a value."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column, null_encoding="encode")
    values, which = column.dictionary, column.indices
    if which.null_count:
        which = pc.fill_null(which, pa.scalar(len(values), which.type))
        values = pa.concat_arrays([values, pa.nulls(1, values.type)])
    return values, which


class Texts:
    """What texts hold, under their keys. The texts stay in memory, and only until enough have come."""

    def __init__(self, values: Values, name: str) -> None:
        self._values = values
        self._name = name
        self._seen = np.empty(0, np.int64)
        self._texts: list[pa.Array] = []
        self._keys: list[np.ndarray[Any, Any]] = []
        self._bytes = 0
        self._held: list[pa.Table] = []

    def add(self, texts: pa.Array, keys: pa.Array) -> None:
        """Take texts and their keys; null and what came before are left out."""
        present = keys.is_valid()
        new, first = np.unique(keys.filter(present).to_numpy(), return_index=True)
        fresh = ~np.isin(new, self._seen, assume_unique=True)
        if not fresh.any():
            return
        new, first = new[fresh], first[fresh]
        self._seen = np.concatenate([self._seen, new]) if len(self._seen) < TEXT_KEYS else new
        self._keys.append(new)
        self._texts.append(texts.filter(present).take(pa.array(first)))
        self._bytes += self._texts[-1].nbytes
        if self._bytes >= TEXT_BYTES:
            self._search()

    def table(self) -> pa.Table:
        """Return ``key`` and what was found, one row for each text that holds anything."""
        self._search()
        table = pa.concat_tables(self._held)
        _, first = np.unique(table["key"].to_numpy(), return_index=True)
        return table.take(pa.array(first))

    def _search(self) -> None:
        keys = np.concatenate([np.empty(0, np.int64), *self._keys])
        texts = pa.concat_arrays([pa.array([], pa.string()), *self._texts])
        self._texts, self._keys, self._bytes = [], [], 0
        found = self._values.evaluate(self._name, texts)
        held = np.zeros(len(keys), bool)
        for column in found.columns:
            held |= column.to_numpy()
        self._held.append(found.append_column("key", pa.array(keys)).filter(pa.array(held)))
