"""Parquet, Arrow and ORC: every type as text, nested values as paths, batches of bounded size."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from binary_files import TEXTS, Read, _saved, arrow_stream, feather_file, file, memory, orc_file, parquet_file
from pyarrow import parquet

from pii_audit.sources import context_for, plan, read_part
from pii_audit.sources.interface import BATCH_BYTES, PIECE_BYTES, Batch, Limits, TableEnd


def written(**columns: object) -> bytes:
    return _saved(partial(parquet.write_table, pa.table(columns)))


def table(data: bytes, name: str = "t.parquet") -> dict[str | None, list[str | None]]:
    read = Read(memory(data, name))
    assert read.skipped == []
    return read.table(name)


@pytest.mark.parametrize(
    ("name", "make"),
    [("t.parquet", parquet_file), ("t.feather", feather_file), ("t.arrows", arrow_stream), ("t.orc", orc_file)],
)
@pytest.mark.parametrize("on_disk", [True, False])
def test_a_table_is_read_as_text(name: str, make: object, on_disk: bool, tmp_path: Path) -> None:
    data = make()  # type: ignore[operator]
    (tmp_path / name).write_bytes(data)
    read = Read(file(tmp_path / name) if on_disk else memory(data, name))
    assert read.skipped == []
    assert read.table(name) == TEXTS
    assert [(end.rows, end.columns) for end in read.ends] == [(3, 4)]


TYPES = [
    (pa.array([13812345678, None]), ["13812345678", None], "integers"),
    (pa.array([13812345678.0, None]), ["13812345678", None], "whole doubles"),
    (pa.array([13812345678.0, 0.5, float("nan"), 1e300]),
     ["13812345678", "0.5", "nan", "1" + "0" * 300], "mixed doubles, no exponent"),
    (pa.array([1.5, 2.0], pa.float32()), ["1.5", "2"], "single precision"),
    (pa.array([0.1], pa.float32()), ["0.1"], "single precision keeps its own digits"),
    (pa.array([Decimal("13812345678.00"), Decimal("1.50")]), ["13812345678", "1.50"], "decimals"),
    (pa.array([True, None]), ["true", None], "booleans"),
    (pa.array([dt.date(2024, 2, 29)]), ["2024-02-29"], "dates"),
    (pa.array([dt.datetime(2024, 2, 29, 1, 2, 3)]), ["2024-02-29 01:02:03"], "moments"),
    (pa.array([dt.datetime(2024, 2, 29, 1, 2, 3)], pa.timestamp("ms", "Asia/Shanghai")),
     ["2024-02-29 09:02:03+0800"], "moments in a zone"),
    (pa.array(["a", None, "样"]).dictionary_encode(), ["a", None, "样"], "dictionaries"),
    (pa.array(["样"], pa.large_string()), ["样"], "large strings"),
    (pa.array(["样".encode(), None], pa.binary()), ["样", None], "text stored as bytes"),
    (pa.nulls(2), [None, None], "nothing at all"),
    (pa.array([dt.time(1, 2, 3)]), ["01:02:03.000000"], "times of day"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "texts", "why"), TYPES, ids=[row[2] for row in TYPES])
def test_type(values: pa.Array, texts: list[str | None], why: str) -> None:
    assert table(written(c=values)) == {"c": texts}, why


def test_types_that_only_arrow_files_hold() -> None:
    values = {
        "view": pa.array(["样"], pa.string_view()),
        "runs": pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array(["x"])),
        "spans": pa.array([dt.timedelta(seconds=1)]),
        "fixed": pa.array([b"abcd"], pa.binary(4)),
    }
    data = _saved(lambda out: _stream(out, pa.table(values)))
    assert table(data, "t.arrow") == {"view": ["样"], "runs": ["x"], "spans": ["1000000"], "fixed": ["abcd"]}


def _stream(out: io.BytesIO, content: pa.Table) -> None:
    with pa.ipc.new_stream(out, content.schema) as writer:
        writer.write_table(content)


def test_nested_values_are_paths_with_rows() -> None:
    rows = [
        {"who": {"name": "a"}, "contacts": [{"name": "x", "phone": "1"}, {"name": "y", "phone": "2"}]},
        {"who": None, "contacts": []},
        {"who": {"name": "b"}, "contacts": None},
        {"who": {"name": "c"}, "contacts": [{"name": "z", "phone": None}]},
    ]
    read = Read(memory(_saved(partial(parquet.write_table, pa.Table.from_pylist(rows))), "t.parquet"))
    assert read.table("t.parquet") == {
        "who.name": ["a", None, "b", "c"],
        "contacts[].name": ["x", "y", "z"],
        "contacts[].phone": ["1", "2", None],
    }
    columns = {column.name: column for column in read.batches[0].columns}
    assert columns["contacts[].phone"].rows.tolist() == [0, 0, 3]
    assert columns["who.name"].rows is None


def test_maps_and_lists_of_lists_and_fixed_lists() -> None:
    data = written(
        m=pa.array([[("k", 1)], None, [("l", 2), ("m", 3)]], pa.map_(pa.string(), pa.int64())),
        n=pa.array([[["a"], ["b", "c"]], [], [["d"]]]),
    )
    assert table(data) == {"m[].key": ["k", "l", "m"], "m[].value": ["1", "2", "3"], "n[][]": ["a", "b", "c", "d"]}
    columns = {c.name: c for c in Read(memory(data, "t")).batches[0].columns}
    assert columns["n[][]"].rows.tolist() == [0, 0, 0, 2]
    fixed = pa.table({"f": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2))})
    read = Read(memory(_saved(lambda out: _stream(out, fixed)), "t"))
    assert [(c.values.to_pylist(), c.rows.tolist()) for c in read.batches[0].columns] == [(["1", "2", "3", "4"], [0, 0, 2, 2])]


def test_bytes_that_are_no_text_are_counted() -> None:
    read = Read(memory(written(c=pa.array([b"\xff\xfe\x00", b"ok", None])), "t.parquet"))
    assert read.table("t.parquet") == {"c": [None, "ok", None]}
    assert [(s.code, s.reason) for s in read.skipped] == [
        ("binary-column", "1 values of column c are not text; they were not read")
    ]


def test_strings_that_are_not_utf8() -> None:
    false = pa.array(["样本".encode("gb18030"), b"plain", b"\xff\xff"], pa.binary()).view(pa.string())
    read = Read(memory(_saved(lambda out: _stream(out, pa.table({"c": false}))), "t"))
    assert read.table("t") == {"c": ["样本", "plain", "\ufffd\ufffd"]}
    assert read.note_codes == [("t", "encoding")]
    assert read.codes == [("t", "undecodable")]


def test_batches_stay_small_for_wide_cells() -> None:
    wide = pa.table({"c": ["y" * (BATCH_BYTES // 4)] * 40}).cast(pa.schema([("c", pa.large_string())]))
    data = _saved(partial(parquet.write_table, wide))  # a dictionary of one value: tiny on disk
    read = Read(memory(data, "t.parquet"))
    assert sum(batch.num_rows for batch in read.batches) == 40
    assert max(sum(c.values.nbytes for c in batch.columns) for batch in read.batches) < 3 * BATCH_BYTES
    assert next(batch.first_row for batch in read.batches) == 0


def test_long_cells_are_cut_into_pieces() -> None:
    long = "样" * PIECE_BYTES
    column = Read(memory(written(c=["a", long]), "t")).batches[-1].columns[0]
    assert column.pieces is not None and column.rows is not None
    values = column.values.to_pylist()
    cores = [
        value.encode()[start:end].decode()
        for value, start, end in zip(values, column.pieces.core_start, column.pieces.core_end, strict=True)
    ]
    assert "".join(core for core, row in zip(cores, column.rows, strict=True) if row == column.rows[-1]) == long


def test_parts_are_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"c": [str(n) for n in range(1000)]}), path, row_group_size=100, compression="none")
    planned = plan(file(path), part_bytes=500)
    assert planned.source == "parquet"
    assert len(planned.parts) == 10
    values: list[str] = []
    for part in planned.parts:
        events = list(read_part(planned.blob, planned.source, part, context_for()))
        first = 0
        for event in events:
            if isinstance(event, Batch):
                assert event.first_row == first
                first += event.num_rows
                values += event.columns[0].values.to_pylist()
        assert [event.rows for event in events if isinstance(event, TableEnd)] == [100]
    assert values == [str(n) for n in range(1000)]


def test_encrypted_parquet() -> None:
    assert Read(memory(b"PARE" + b"\0" * 100 + b"PARE", "t.parquet")).codes == [("t.parquet", "encrypted")]


def test_damage_after_good_rows_keeps_them() -> None:
    content = pa.table({"c": [f"{n:05}" * 20 for n in range(1000)]})
    out = io.BytesIO()
    parquet.write_table(content, out, row_group_size=100, compression="snappy", use_dictionary=False)
    data = bytearray(out.getvalue())
    data[len(data) // 2 : len(data) // 2 + 500] = b"\xff" * 500
    read = Read(memory(bytes(data), "t.parquet"))
    assert read.codes == [("t.parquet", "corrupt")]
    assert "after row" in read.skipped[0].reason
    assert 100 <= read.ends[0].rows < 1000


def test_messages_of_the_library_are_not_repeated() -> None:
    data = written(secret_13812345678=["13812345678"] * 10)
    for cut in range(10, len(data), 7):
        for skipped in Read(memory(data[:cut], "t.parquet")).skipped:
            assert "138" not in skipped.reason


def test_too_large_for_memory_when_inside_an_archive() -> None:
    assert Read(memory(parquet_file(), "t.parquet"), Limits(memory_bytes=100)).codes == [("t.parquet", "too-large")]


def test_feather_version_1_is_named() -> None:
    assert Read(memory(b"FEA1" + b"\0" * 100, "t.feather")).codes == [("t.feather", "unsupported")]
