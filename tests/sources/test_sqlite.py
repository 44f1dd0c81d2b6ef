"""SQLite: all tables, all kinds of values, no lock, no writing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from binary_files import TEXTS, Read, file, memory, sqlite_file

from pii_audit.sources.interface import Limits


def database(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_table_is_read_as_text(on_disk: bool, tmp_path: Path) -> None:
    (tmp_path / "t.db").write_bytes(sqlite_file())
    read = Read(file(tmp_path / "t.db", "t.db") if on_disk else memory(sqlite_file(), "t.db"))
    assert read.skipped == []
    assert read.tables == {"t.db!loans": TEXTS}
    assert [(end.rows, end.columns) for end in read.ends] == [(3, 4)]


def test_values_of_every_kind(tmp_path: Path) -> None:
    path = database(
        tmp_path / "t.db",
        "CREATE TABLE t (v)",
        "INSERT INTO t VALUES (NULL), (13812345678), (13812345678.0), (1e20), ('样'), (''), (x'E6A0B7'), (x'FFFE00'),"
        " (CAST(x'D1F9B1BE' AS TEXT)), (CAST(x'FFFF' AS TEXT))",
    )
    read = Read(file(path, "t.db"))
    assert read.table("t.db!t")["v"] == [
        None, "13812345678", "13812345678", "1" + "0" * 20, "样", None, "样", None, "样本", "\ufffd\ufffd"
    ]  # fmt: skip
    assert read.note_codes == [("t.db!t", "encoding")]
    assert sorted(read.codes) == [("t.db!t", "binary-column"), ("t.db!t", "undecodable")]


def test_names_views_and_virtual_tables(tmp_path: Path) -> None:
    path = database(
        tmp_path / "t.db",
        'CREATE TABLE "a ""b""; drop" ("x y" TEXT, "select" TEXT)',
        'INSERT INTO "a ""b""; drop" VALUES (1, 2)',
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE empty (a)",
        "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, a)",
        "CREATE VIRTUAL TABLE f USING fts5(body)",
        "INSERT INTO f VALUES ('call 13812345678')",
    )
    read = Read(file(path, "t.db"))
    assert read.table('t.db!a "b"; drop') == {"x y": ["1"], "select": ["2"]}
    assert read.note_codes == [("t.db!f", "view"), ("t.db!v", "view")]
    assert {end.source for end in read.ends} >= {"t.db!empty", "t.db!counted", "t.db!f_content"}
    assert read.table("t.db!f_content")["c0"] == ["call 13812345678"]


def test_utf16_database(tmp_path: Path) -> None:
    path = database(tmp_path / "t.db", "PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (v)", "INSERT INTO t VALUES ('样')")
    assert Read(file(path, "t.db")).table("t.db!t") == {"v": ["样"]}


def test_write_ahead_log(tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "t.db")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (v)")
    writer.commit()
    writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    closed = (tmp_path / "t.db").read_bytes()
    writer.execute("INSERT INTO t VALUES (1)")
    writer.commit()
    before = sorted(path.name for path in tmp_path.iterdir())
    read = Read(file(tmp_path / "t.db", "t.db"))
    assert read.codes == [("t.db", "pending-changes")]
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    writer.close()
    assert [end.source for end in Read(memory(closed, "t.db")).ends] == ["t.db!t"]


def test_the_log_itself_is_named() -> None:
    assert Read(memory(b"\x37\x7f\x06\x82" + b"\0" * 100, "t.db-wal")).codes == [("t.db-wal", "unsupported")]


def test_a_lock_does_not_stop_reading(tmp_path: Path) -> None:
    path = database(tmp_path / "t.db", "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert Read(file(path, "t.db")).table("t.db!t") == {"v": ["1"]}
    other.execute("ROLLBACK")
    other.close()


def test_damaged_page_half_way(tmp_path: Path) -> None:
    path = database(
        tmp_path / "t.db",
        "CREATE TABLE t (v)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        " INSERT INTO t SELECT printf('%0100d', i) FROM n",
        "CREATE TABLE u (v)",
        "INSERT INTO u VALUES (1)",
    )
    data = bytearray(path.read_bytes())
    data[4096 * 40 : 4096 * 50] = b"\xff" * 40960
    read = Read(memory(bytes(data), "t.db"))
    assert read.codes == [("t.db!t", "corrupt")]
    assert 0 < next(end.rows for end in read.ends if end.source == "t.db!t") < 5000
    assert read.table("t.db!u") == {"v": ["1"]}


def test_a_value_too_large_for_memory(tmp_path: Path) -> None:
    path = database(tmp_path / "t.db", "CREATE TABLE t (v)", "INSERT INTO t VALUES (1), (zeroblob(100000)), (2)")
    read = Read(file(path, "t.db"), Limits(memory_bytes=50_000))
    assert read.codes == [("t.db!t", "too-large")]


def test_no_database_after_all() -> None:
    assert Read(memory(b"SQLite format 3\0" + b"\xff" * 2000, "t.db")).codes == [("t.db", "corrupt")]


def test_rows_do_not_depend_on_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pii_audit.sources.cells.BATCH_BYTES", 1)
    read = Read(memory(sqlite_file(), "t.db"))
    assert [batch.first_row for batch in read.batches] == [0, 1, 2]
    assert read.table("t.db!loans") == TEXTS
