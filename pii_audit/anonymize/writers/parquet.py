"""Parquet: the same schema, compression and row groups, with other values.

A file is read twice: what becomes of its values is asked first, because the type of a column holds for the whole file.
A number, date or truth value keeps its type if every new text is one that the type itself gives; otherwise the column
is written as text, which the notes say. New values wait between the two readings in memory, large ones in a file without a name.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pii_audit.anonymize.writers.edits import Tally, differing, flags, put, take
from pii_audit.anonymize.writers.interface import Change, WriteError, Writer, Written
from pii_audit.anonymize.writers.nested import Asked, Cells
from pii_audit.anonymize.writers.recode import folder_of, reading
from pii_audit.model.errors import SourceError
from pii_audit.model.visible import visible
from pii_audit.sources.columnar import _numbers, _Table
from pii_audit.sources.interface import BATCH_BYTES, Blob, Limits
from pii_audit.sources.pieces import Ints
from pii_audit.sources.streams import random_access

#: a row group is written when it holds this much, or as many rows as it had
_GROUP_BYTES = 64 << 20
#: new values kept in memory between the readings
_KEPT_BYTES = 64 << 20
_ROWS = 1 << 16
_WAITING = pa.schema([("leaf", pa.int32()), ("place", pa.int64()), ("value", pa.string())])
#: keys of metadata that describe types in a way of their own; gone where types or columns are not what they were
_FOREIGN_SCHEMAS = (b"org.apache.spark.sql.parquet.row.metadata", b"parquet.avro.schema", b"avro.schema", b"iceberg.schema")
#: what is kept of the description by pandas; everything else, such as ``attributes``, may hold values
_PANDAS = ("index_columns", "column_indexes", "columns", "creator", "pandas_version")


class ParquetWriter(Writer):
    """Apache Parquet."""

    formats = ("parquet",)

    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        with reading():
            opened = random_access(blob, limits)
        with tempfile.SpooledTemporaryFile(_KEPT_BYTES, dir=folder_of(out)) as waiting, opened as stream:
            with reading():
                if stream.read(4) == b"PARE":
                    raise WriteError("it is encrypted")
                stream.seek(0)
                file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 18)
                copy = _Copy(blob, file, change, limits)
            copy.ask(waiting)
            waiting.seek(0)
            copy.write(waiting, out)
            return [copy.tally.written()]


@dataclass(slots=True)
class _Node:
    """A column or what is inside one: as ``sources/columnar.py`` walks through it, in the same order."""

    path: str
    type: pa.DataType
    field: pa.Field
    inner: list[_Node] = field(default_factory=list)
    leaf: int = -1                    #: number of the leaf, -1 where there is something inside

    @staticmethod
    def of(path: str, kind: pa.DataType, declared: pa.Field, leaves: list[_Node]) -> _Node:
        """Return the node of a type; leaves are added to ``leaves``. Raises SourceError for one that is not rebuilt."""
        node = _Node(path, kind, declared)
        if isinstance(kind, pa.BaseExtensionType):
            node.inner = [_Node.of(path, kind.storage_type, declared, leaves)]
        elif pa.types.is_map(kind):
            node.inner = [
                _Node.of(f"{path}[].key", kind.key_type, kind.key_field, leaves),
                _Node.of(f"{path}[].value", kind.item_type, kind.item_field, leaves),
            ]
        elif pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
            node.inner = [_Node.of(path + "[]", kind.value_type, kind.value_field, leaves)]
        elif pa.types.is_struct(kind):
            node.inner = [_Node.of(f"{path}.{one.name}", one.type, one, leaves) for one in kind]
        elif (pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind)) and pa.types.is_nested(kind.value_type):
            raise SourceError(f"column {visible(path)} is of a type that cannot be written again", code="unsupported")
        else:
            node.leaf = len(leaves)
            leaves.append(node)
        return node

    def leaves(self) -> Iterator[int]:
        """Yield the numbers of the leaves inside."""
        if self.leaf >= 0:
            yield self.leaf
        for one in self.inner:
            yield from one.leaves()


class _Copy:
    def __init__(self, blob: Blob, file: pq.ParquetFile, change: Change, limits: Limits) -> None:
        self.tally = Tally(blob.name)
        self._name, self._file, self._change, self._limits = blob.name, file, change, limits
        self._texts = _Table(blob, "parquet")
        self._schema = file.schema_arrow
        self._leaves: list[_Node] = []
        self._nodes = [_Node.of(one.name, one.type, one, self._leaves) for one in self._schema]
        self._changed: dict[int, bool] = {}           # leaf → whether all new values fit its type
        self._dropped: set[int] = set()

    def _batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        with reading():
            for group in range(self._file.metadata.num_row_groups):
                about = self._file.metadata.row_group(group)
                if about.num_rows <= 0:
                    continue
                width = about.total_byte_size / about.num_rows
                for probe in self._file.iter_batches(batch_size=64, row_groups=[group], use_threads=False):
                    width = max(width, probe.nbytes / max(probe.num_rows, 1))
                    break
                rows = int(max(1, min(_ROWS, BATCH_BYTES / max(width, 1))))
                for batch in self._file.iter_batches(batch_size=rows, row_groups=[group], use_threads=False):
                    yield group, batch

    # ------------------------------------------------------------------------------------------------ asking

    def ask(self, waiting: Any) -> None:
        """Ask what becomes of everything; new values go to ``waiting``, one batch for each that is read."""
        with pa.ipc.new_stream(waiting, _WAITING) as stream:
            for _, batch in self._batches():
                stream.write_batch(self._ask(batch))
        if not self.tally.asked:
            self._ask(pa.RecordBatch.from_pylist([], schema=self._schema))

    def _ask(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        with reading():
            parts = [
                Cells(path, values.cast(pa.string()), rows, self._limits)
                for declared, array in zip(batch.schema, batch.columns, strict=True)
                for path, values, rows in self._texts._texts(declared.name, array, None, 0)
            ]
        if len(parts) != len(self._leaves):
            raise WriteError("it has columns of a type that cannot be written again")
        if self._texts._damaged:
            raise WriteError("it has values that are neither UTF-8 nor GB18030")
        changes = self.tally.ask(self._change, tuple(made for part in parts for made in part.columns), batch.num_rows)
        stays = np.ones(batch.num_rows, bool) if changes.keep is None else flags(changes.keep)
        gone = np.flatnonzero(~stays)
        self.tally.rows_in += batch.num_rows
        self.tally.rows_out += batch.num_rows - len(gone)
        leaves, places, values = [np.full(len(gone), -1, np.int32)], [gone], [pa.nulls(len(gone), pa.string())]
        at = 0
        for leaf, part in enumerate(parts):
            own = Asked(changes.values, changes.drop).part(at, len(part.columns))
            at += len(part.columns)
            if 0 in own.drop:
                self._dropped.add(leaf)
            elif own:
                made = part.fold(own)
                differ = differing(part.values, made)
                if len(differ):
                    new = take(made, differ)
                    self._changed[leaf] = self._changed.get(leaf, True) and self._fits(leaf, new)
                    leaves.append(np.full(len(differ), leaf, np.int32))
                    places.append(differ)
                    values.append(new)
                    self.tally.changed += len(differ)
        arrays = [pa.array(np.concatenate(leaves)), pa.array(np.concatenate(places)), pa.concat_arrays(values)]
        return pa.record_batch(arrays, schema=_WAITING)

    def _fits(self, leaf: int, new: pa.Array) -> bool:
        return self._parsed(self._leaves[leaf], new) is not None

    def _parsed(self, node: _Node, new: pa.Array) -> pa.Array | None:
        """Return new texts in the type of a leaf, None if one is not a value of that type, spelt as the type spells it."""
        kind = node.type
        if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
            kind = kind.value_type
        if _is_text(kind):
            return new.cast(kind)
        try:
            made = (new.cast(pa.binary()) if pa.types.is_fixed_size_binary(kind) else new).cast(kind)
            spelt = self._texts._flat(node.path, made).cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None
        return None if len(differing(new, spelt)) else made

    # ------------------------------------------------------------------------------------------------ writing

    def write(self, waiting: Any, out: BinaryIO) -> None:
        """Read everything again and write it with what was asked for."""
        for leaf in sorted(leaf for leaf, fits in self._changed.items() if not fits and leaf not in self._dropped):
            node = self._leaves[leaf]
            self.tally.notes.append(f"column {visible(node.path)} was {node.type} and is text now")
        kept = [node for node in self._nodes if not self._is_gone(node)]
        if not kept:
            raise WriteError("no column would be left")
        schema = pa.schema([self._field(node) for node in kept])
        schema = schema.with_metadata(self._metadata(schema))
        with closing(pq.ParquetWriter(out, schema, **self._options())) as writer, pa.ipc.open_stream(waiting) as stream:
            current, rows, size = -1, 0, 0
            held: list[pa.RecordBatch] = []
            for (group, batch), asked in zip(self._batches(), stream, strict=True):
                if held and (group != current or size >= _GROUP_BYTES):
                    writer.write_table(pa.Table.from_batches(held, schema), row_group_size=max(rows, 1))
                    held, rows, size = [], 0, 0
                current = group
                made = self._made(batch, asked, kept, schema)
                if made.num_rows:
                    held.append(made)
                    rows += made.num_rows
                    size += made.nbytes
            if held:
                writer.write_table(pa.Table.from_batches(held, schema), row_group_size=rows)

    def _made(self, batch: pa.RecordBatch, asked: pa.RecordBatch, kept: Sequence[_Node], schema: pa.Schema) -> pa.RecordBatch:
        leaves, places = _numbers(asked.column(0), np.int32), _numbers(asked.column(1), np.int64)
        bounds = np.flatnonzero(np.diff(leaves)) + 1
        new: dict[int, tuple[Ints, pa.Array]] = {}
        for group in np.split(np.arange(len(leaves)), bounds):
            if len(group):
                new[int(leaves[group[0]])] = places[group], asked.column(2).slice(int(group[0]), len(group))
        stays = np.ones(batch.num_rows, bool)
        stays[new.pop(-1, (np.empty(0, np.int64), None))[0]] = False
        of_node = dict(zip((id(node) for node in self._nodes), batch.columns, strict=True))
        arrays = []
        for node in kept:
            array = of_node[id(node)]
            if self._is_touched(node):
                array = self._rebuilt(node, array, new)
            if not stays.all():
                array = array.filter(pa.array(stays))
                if pa.types.is_dictionary(array.type):  # a dictionary would still hold what is gone
                    array = _encoded(array.dictionary_decode(), array.type)
            arrays.append(array)
        return pa.record_batch(arrays, schema=schema)

    def _is_gone(self, node: _Node) -> bool:
        leaves = set(node.leaves())
        return bool(leaves) and leaves <= self._dropped

    def _is_touched(self, node: _Node) -> bool:
        return any(leaf in self._changed or leaf in self._dropped for leaf in node.leaves())

    def _field(self, node: _Node) -> pa.Field:
        return node.field.with_type(self._type(node))

    def _type(self, node: _Node) -> pa.DataType:
        """Return the type that a node is written in."""
        kind = node.type
        if not self._is_touched(node):
            return kind
        if node.leaf >= 0:
            fits = self._changed.get(node.leaf, True)
            return (kind.value_type if pa.types.is_run_end_encoded(kind) else kind) if fits else pa.string()
        if isinstance(kind, pa.BaseExtensionType):
            return self._type(node.inner[0])
        if pa.types.is_map(kind):
            if any(self._is_gone(one) for one in node.inner):
                raise WriteError(f"column {visible(node.path)}: one half of a map cannot be dropped")
            return pa.map_(self._field(node.inner[0]), self._field(node.inner[1]), kind.keys_sorted)
        if pa.types.is_struct(kind):
            return pa.struct([self._field(one) for one in node.inner if not self._is_gone(one)])
        return (pa.large_list if pa.types.is_large_list(kind) else pa.list_)(self._field(node.inner[0]))

    def _rebuilt(self, node: _Node, array: pa.Array, new: Mapping[int, tuple[Ints, pa.Array]]) -> pa.Array:
        """Return an array of the type :meth:`_type` gives, with new values at the leaves."""
        kind = node.type
        if not self._is_touched(node):
            return array
        if node.leaf >= 0:
            return self._leaf(node, array, new.get(node.leaf))
        if isinstance(kind, pa.BaseExtensionType):
            return self._rebuilt(node.inner[0], array.storage, new)
        gone = pa.array(~flags(array.is_valid()))
        if pa.types.is_struct(kind):
            children = [
                self._rebuilt(one, child, new)
                for one, child in zip(node.inner, array.flatten(), strict=True)
                if not self._is_gone(one)
            ]
            return pa.StructArray.from_arrays(children, fields=list(self._type(node)), mask=gone)
        if pa.types.is_map(kind):
            pairs = pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)]))
            array = array.cast(pairs)
        elif pa.types.is_fixed_size_list(kind):
            array = array.cast(pa.list_(kind.value_type))
        lengths = _numbers(pc.fill_null(pc.list_value_length(array), 0).cast(pa.int64()), np.int64)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        flat = pc.list_flatten(array.drop_null())
        made = self._type(node)
        if pa.types.is_map(kind):
            keys, items = (self._rebuilt(one, half, new) for one, half in zip(node.inner, flat.flatten(), strict=True))
            starts = pa.array(offsets.astype(np.int32), mask=np.append(flags(gone), False))
            return pa.MapArray.from_arrays(starts, keys, items).cast(made)
        inner = self._rebuilt(node.inner[0], flat, new)
        large = pa.types.is_large_list(kind)
        build = pa.LargeListArray if large else pa.ListArray
        return build.from_arrays(pa.array(offsets.astype(np.int64 if large else np.int32)), inner, type=made, mask=gone)

    def _leaf(self, node: _Node, array: pa.Array, new: tuple[Ints, pa.Array] | None) -> pa.Array:
        kind = array.type
        if pa.types.is_dictionary(kind):
            array = array.dictionary_decode()
        elif pa.types.is_run_end_encoded(kind):
            array = pc.run_end_decode(array)
        if not self._changed[node.leaf]:
            array = self._texts._flat(node.path, array).cast(pa.string())
            return array if new is None else put(array, *new)
        if new is not None:
            parsed = self._parsed(node, new[1])
            assert parsed is not None
            array = _put(array, new[0], parsed)
        return _encoded(array, kind) if pa.types.is_dictionary(kind) else array

    # ------------------------------------------------------------------------------------------------ settings

    def _options(self) -> dict[str, Any]:
        """Return how the file was written, for the writer."""
        about = self._file.metadata
        options: dict[str, Any] = {"store_schema": b"ARROW:schema" in (about.metadata or {})}
        if about.format_version in ("1.0", "2.4", "2.6"):
            options["version"] = about.format_version
        if about.num_row_groups:
            columns = [about.row_group(0).column(at) for at in range(about.num_columns)]
            codecs = {one.path_in_schema: "NONE" if one.compression == "UNCOMPRESSED" else one.compression for one in columns}
            common = Counter(codecs.values()).most_common(1)[0][0]
            options["compression"] = common if len(set(codecs.values())) == 1 else codecs
            coded = [one.path_in_schema for one in columns if any("DICTIONARY" in way for way in one.encodings)]
            options["use_dictionary"] = True if len(coded) == len(columns) else coded
            options["write_statistics"] = any(one.is_stats_set for one in columns)
            options["use_deprecated_int96_timestamps"] = any(one.physical_type == "INT96" for one in columns)
        return options

    def _metadata(self, schema: pa.Schema) -> dict[bytes, bytes] | None:
        """Return the key-value metadata, without what describes another table than the one written."""
        kept = dict(self._schema.metadata or {})
        if not schema.equals(self._schema.remove_metadata()):
            for key in _FOREIGN_SCHEMAS:
                kept.pop(key, None)
        if b"pandas" in kept:
            described = _pandas(kept.pop(b"pandas"), schema, self.tally.rows_out, self._schema)
            if described is not None:
                kept[b"pandas"] = described
        return kept or None


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    strings = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return bool(strings or types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind))


def _put(values: pa.Array, places: Ints, new: pa.Array) -> pa.Array:
    """Return values with others at some places, for types that ``replace_with_mask`` may not know."""
    order = np.arange(len(values), dtype=np.int64)
    order[places] = len(values) + np.arange(len(places))
    return pa.concat_arrays([values, new]).take(pa.array(order))


def _encoded(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return a dictionary array whose dictionary holds nothing but these values."""
    coded = pc.dictionary_encode(values)
    return pa.DictionaryArray.from_arrays(coded.indices.cast(kind.index_type), coded.dictionary.cast(kind.value_type), ordered=kind.ordered)


def _pandas(described: bytes, schema: pa.Schema, rows: int, before: pa.Schema) -> bytes | None:
    """Return the description by pandas as it fits the table written, None if it cannot be understood."""
    try:
        whole = json.loads(described)
        made = {key: whole[key] for key in _PANDAS if key in whole}
        columns = []
        for column in made["columns"]:
            name = column["field_name"]
            if name not in schema.names:
                continue
            if schema.field(name).type != before.field(name).type:
                column = {**column, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
            columns.append(column)
        made["columns"] = columns
        indexes = []
        for index in made["index_columns"]:
            if isinstance(index, dict):
                index = {**index, "stop": int(index["start"]) + rows * int(index["step"])}
            elif index not in schema.names:
                continue
            indexes.append(index)
        made["index_columns"] = indexes
    except (ValueError, LookupError, TypeError):
        return None
    return json.dumps(made).encode()
