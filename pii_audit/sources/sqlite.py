"""SQLite databases, every table, without taking a lock or writing a byte.

A file on disk is opened read-only and immutable; a member of an archive is handed over as bytes. Views are not read:
they only repeat what their tables hold, and their definitions are code.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import SourceError
from pii_audit.model.visible import visible
from pii_audit.sources import cells, sniff
from pii_audit.sources.interface import Blob, Event, Limits, Part, ReadContext, Source, TableEnd
from pii_audit.sources.streams import explain, random_access

_ROWS = 256


class _Text(bytes):
    """Bytes of a TEXT value, told apart from those of a BLOB."""


class SqliteSource(Source):
    """SQLite version 3. Tables are named ``db.sqlite!table``."""

    name = "sqlite"
    title = "SQLite database"
    title_zh = "SQLite 数据库"
    suffixes = sniff.suffixes("sqlite")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        if blob.path is not None:
            yield from _beside(blob.name, blob.path)
        with closing(_connect(blob, context.limits)) as connection:
            try:
                listed = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
            except sqlite3.DatabaseError as error:
                raise _reason(error) from error
            if not listed:
                yield TableEnd(blob.name, self.name, 0, 0)
            for kind, raw, sql in listed:
                name = _name(raw)
                if kind == b"view":
                    yield Note(f"{blob.name}!{visible(name)}", "view", "it is a view, which only repeats what tables hold")
                elif kind not in (b"table", b"index", b"trigger"):
                    raise SourceError("its list of tables is damaged", code="corrupt")
                elif kind == b"table" and not name.startswith("sqlite_"):
                    if bytes(sql or b"").upper().startswith(b"CREATE VIRTUAL"):
                        yield Note(f"{blob.name}!{visible(name)}", "view", "it is a virtual table, whose content lies in other tables")
                    else:
                        yield from self._table(blob, connection, name)

    def _table(self, blob: Blob, connection: sqlite3.Connection, name: str) -> Iterator[Event]:
        place = f"{blob.name}!{visible(name)}"
        batcher = None
        convert = _Cells()
        quoted = name.replace('"', '""')
        try:
            cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name cannot be a parameter
            columns = [_name(column[0]) for column in cursor.description]
            batcher = cells.RowBatcher(place, self.name, columns)
            while rows := cursor.fetchmany(_ROWS):
                for row in rows:
                    if (batch := batcher.add(convert.row(row))) is not None:
                        yield batch
        except (sqlite3.Error, MemoryError, OverflowError) as error:
            problem = _reason(error)
            if batcher is not None and (batch := batcher.flush()) is not None:
                yield batch
            seen = 0 if batcher is None else batcher.rows
            yield Skipped(place, problem.code, f"after row {seen}: {problem.reason}")
        if batcher is None:
            return
        if (batch := batcher.flush()) is not None:
            yield batch
        yield from convert.report(place)
        yield TableEnd(place, self.name, batcher.rows, batcher.bytes, columns=len(batcher.names))


class _Cells:
    """Turns SQLite values into text and counts what was not plain UTF-8."""

    def __init__(self) -> None:
        self.legacy = self.damaged = self.binary = 0

    def row(self, row: tuple[object, ...]) -> list[str | None]:
        return [self._cell(value) for value in row]

    def _cell(self, value: object) -> str | None:
        if not isinstance(value, bytes):
            return cells.cell_text(value)
        if not value:
            return None
        if not isinstance(value, _Text) and not cells.is_text(value):
            self.binary += 1
            return None
        text, legacy, damaged = cells.decode_cell(value)
        self.legacy += legacy
        self.damaged += damaged
        return text

    def report(self, place: str) -> Iterator[Event]:
        if self.legacy:
            yield Note(place, "encoding", f"{self.legacy} values are GB18030, not UTF-8")
        if self.damaged:
            yield Skipped(place, "undecodable", f"{self.damaged} values are neither UTF-8 nor GB18030")
        if self.binary:
            yield Skipped(place, "binary-column", f"{self.binary} values are not text; they were not read")


def _beside(name: str, path: str) -> Iterator[Event]:
    """Say what lies beside the file and belongs to it: an immutable reader does not look there."""
    for suffix, reason in (("-wal", "write-ahead log"), ("-journal", "rollback journal")):
        try:
            size = os.stat(path + suffix).st_size
        except OSError:
            continue
        if size:
            yield Skipped(name, "pending-changes", f"changes in its {reason} are not part of the file yet and were not read")


def _connect(blob: Blob, limits: Limits) -> sqlite3.Connection:
    if blob.path is not None:
        blob.open().close()  # says missing or forbidden in the words of the system
        uri = "file:" + quote(os.fsencode(os.path.abspath(blob.path))) + "?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    else:
        with random_access(blob, limits) as stream:
            content = bytearray(stream.read())
        if content[18:20] == b"\x02\x02":  # a database in memory has no write-ahead log (file format, section 1.3.3)
            content[18:20] = b"\x01\x01"
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            connection.deserialize(bytes(content))
        except (sqlite3.Error, OverflowError) as error:
            connection.close()
            raise _reason(error) from error
    connection.text_factory = _Text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.memory_bytes)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _name(raw: str | bytes) -> str:
    return raw if isinstance(raw, str) else raw.decode("utf-8", "surrogateescape")


def _reason(error: BaseException) -> SourceError:
    if isinstance(error, sqlite3.DataError):
        return SourceError("a value is larger than may be held in memory; the rest was not read", code="too-large")
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_NOTADB"):
        return SourceError("it is encrypted or damaged", code="corrupt")
    problem = explain(error)
    return SourceError(problem.reason, code=problem.code)
