"""SQLite databases, copied row by row into a new one, so that no page of the old comes along.

Tables, indexes, views and triggers are made anew from their definitions; triggers after all rows, so that none fires.
Statistics of ANALYZE hold values and are left out. A virtual table keeps copies of values in a form of its own; a
database with one is refused.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import compress, groupby
from pathlib import Path
from typing import BinaryIO

from pii_audit.anonymize.writers.edits import Tally, differing, flags
from pii_audit.anonymize.writers.interface import Change, WriteError, Writer, Written
from pii_audit.anonymize.writers.nested import Asked, Cells
from pii_audit.anonymize.writers.recode import folder_of, reading
from pii_audit.model.dataset import Skipped
from pii_audit.model.files import TEMP_PREFIX
from pii_audit.model.visible import visible
from pii_audit.sources import cells
from pii_audit.sources.interface import BATCH_BYTES, Blob, Limits
from pii_audit.sources.sqlite import _beside, _Cells, _connect, _name, _Text

_ROWS = 256
#: settings of a database that are part of the file: SQLite file format, section 1.3
_SETTINGS = ("page_size", "auto_vacuum", "user_version", "application_id")

Row = tuple[object, ...]


class SqliteWriter(Writer):
    """SQLite version 3."""

    formats = ("sqlite",)

    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        if blob.path is not None:
            for event in _beside(blob.name, blob.path):
                if isinstance(event, Skipped):
                    raise WriteError(event.reason)
        with tempfile.TemporaryDirectory(prefix=TEMP_PREFIX, dir=folder_of(out)) as folder:
            path = Path(folder) / "new.sqlite"
            with reading():
                connection = _connect(blob, limits)
            try:
                with closing(connection) as old, closing(_new(path, old)) as new:
                    written = _Copy(blob.name, old, new, change, limits).all()
            except sqlite3.Error as error:
                raise WriteError(f"the new database could not be written ({error.sqlite_errorname})") from error
            with path.open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)
        return written


def _new(path: Path, old: sqlite3.Connection) -> sqlite3.Connection:
    """Return a new database with the settings of the old one."""
    new = sqlite3.connect(path, isolation_level=None)
    with reading():
        encoding, *settings = (old.execute(f"PRAGMA {name}").fetchone()[0] for name in ("encoding", *_SETTINGS))
    new.execute(f"PRAGMA encoding = '{_name(encoding)}'")
    for name, value in zip(_SETTINGS, settings, strict=True):
        new.execute(f"PRAGMA {name} = {int(value)}")
    for setting in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "trusted_schema = OFF"):
        new.execute(f"PRAGMA {setting}")
    new.execute("PRAGMA ignore_check_constraints = ON")
    return new


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of a table as it is declared."""

    name: str
    computed: bool
    is_rowid: bool


class _Copy:
    def __init__(self, name: str, old: sqlite3.Connection, new: sqlite3.Connection, change: Change, limits: Limits) -> None:
        self._name, self._old, self._new, self._change, self._limits = name, old, new, change, limits

    def all(self) -> list[Written]:
        """Copy everything; return what was done."""
        with reading():
            listed = [
                (_name(kind), _name(name), _name(table), None if sql is None else _name(sql))
                for kind, name, table, sql in self._old.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid")
            ]
        for kind, name, _, sql in listed:
            if kind not in ("table", "index", "view", "trigger"):
                raise WriteError("its list of tables is damaged")
            if kind == "table" and (sql or "").upper().startswith("CREATE VIRTUAL"):
                raise WriteError(f"{self._place(name)}: it is a virtual table, which keeps copies of values that cannot be replaced")
        self._new.execute("BEGIN")
        tallies = {
            name: self._table(name, sql)
            for kind, name, _, sql in listed
            if kind == "table" and sql and not name.startswith("sqlite_")
        }
        self._counters()
        for wanted in ("index", "view", "trigger"):
            for kind, name, table, sql in listed:
                if kind == wanted and sql:
                    self._make(kind, name, sql, tallies.get(table))
        self._new.execute("COMMIT")
        return [tally.written() for tally in tallies.values()] or [Written(self._name, 0, 0, 0, 0, 0)]

    def _make(self, kind: str, name: str, sql: str, tally: Tally | None) -> None:
        """Make an index, view or trigger; one over a column that is gone is left out."""
        try:
            with self._told(name, kind):
                self._new.execute(sql)
        except WriteError as error:
            if tally is None or not tally.dropped or not isinstance(error.__cause__, sqlite3.OperationalError):
                raise
            tally.notes.append(f"the {kind} {visible(name)} was left out, it needs a column that was dropped")

    @staticmethod
    def _place(name: str, kind: str = "table") -> str:
        return f"{kind} {visible(name)}"

    @contextmanager
    def _told(self, name: str, kind: str = "table") -> Iterator[None]:
        """Say of a refusal by SQLite what was refused, in words of ours: its own may quote."""
        try:
            yield
        except sqlite3.IntegrityError as error:
            rule = error.sqlite_errorname.removeprefix("SQLITE_CONSTRAINT_").lower()
            raise WriteError(f"{self._place(name, kind)}: what becomes of its values breaks a rule of the table ({rule})") from error
        except sqlite3.Error as error:
            raise WriteError(f"{self._place(name, kind)}: it cannot be made again ({type(error).__name__})") from error

    def _counters(self) -> None:
        """Let AUTOINCREMENT go on where it was."""
        if self._old.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
            for name, value in self._old.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
                if isinstance(value, int):
                    self._new.execute("DELETE FROM sqlite_sequence WHERE name = ?", (_name(name),))
                    self._new.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (_name(name), value))

    def _fields(self, table: str) -> list[_Field]:
        rows = self._old.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
        keys = [row for row in rows if row[5]]
        alias = keys[0][1] if len(keys) == 1 and _name(keys[0][2]).upper() == "INTEGER" else None
        return [_Field(_name(row[1]), row[6] in (2, 3), row[1] == alias) for row in rows if row[6] != 1]

    def _rowid(self, table: str, fields: Sequence[_Field]) -> str | None:
        """Return a name for the number of a row that is kept, None if a column holds it or there is none."""
        if any(field.is_rowid for field in fields):
            return None
        taken = {field.name.lower() for field in fields}
        name = next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)
        try:
            self._old.execute(f"SELECT {name} FROM {_quoted(table)} LIMIT 0")  # noqa: S608 - names cannot be parameters
        except sqlite3.OperationalError:
            return None
        return name

    def _table(self, table: str, sql: str) -> Tally:
        place = self._place(table)
        with self._told(table):
            self._new.execute(sql)
        with reading():
            fields = self._fields(table)
            rowid = self._rowid(table, fields)
        tally = Tally(f"{self._name}!{visible(table)}")
        names = cells.unique_names([field.name for field in fields])
        writer = None
        chosen = ", ".join([rowid or "0", *(_quoted(field.name) for field in fields)])
        with reading():
            cursor = self._old.execute(f"SELECT {chosen} FROM {_quoted(table)} NOT INDEXED")  # noqa: S608 - see above
        while True:
            with reading():
                rows = self._chunk(cursor)
            if not rows and tally.asked:
                break
            convert = _Cells()
            texts = [convert.row(row[1:]) for row in rows]
            if convert.damaged:
                raise WriteError(f"{place}: {convert.damaged} values are neither UTF-8 nor GB18030")
            parts = [
                Cells(name, cells.strings([row[at] for row in texts]).cast("string"), None, self._limits)
                for at, name in enumerate(names)
            ]
            changes = tally.ask(self._change, tuple(column for part in parts for column in part.columns), len(rows))
            keep = flags(changes.keep) if changes.keep is not None else None
            dropped, new = set(), [list(row) for row in rows]
            at = 0
            for position, part in enumerate(parts):
                own = Asked(changes.values, changes.drop).part(at, len(part.columns))
                at += len(part.columns)
                if 0 in own.drop:
                    dropped.add(position)
                elif own:
                    made = part.fold(own)
                    places = differing(part.values, made).tolist()
                    if places and fields[position].computed:
                        raise WriteError(f"{place}: column {visible(names[position])} is computed from others; change those")
                    tally.changed += len(places)
                    for row in places:
                        new[row][position + 1] = _value(rows[row][position + 1], made[row].as_py())
            if writer is None:
                writer = _Inserter(self._new, table, rowid, fields, dropped)
                writer.drop(place)
            with self._told(table):
                writer.insert(new if keep is None else compress(new, keep))
            tally.rows_in += len(rows)
            tally.rows_out += len(rows) if keep is None else int(keep.sum())
            if not rows:
                break
        return tally

    @staticmethod
    def _chunk(cursor: sqlite3.Cursor) -> list[Row]:
        rows: list[Row] = []
        size = 0
        while size < BATCH_BYTES and len(rows) < cells.BATCH_ROWS and (more := cursor.fetchmany(_ROWS)):
            rows += more
            size += sum(len(value) if isinstance(value, bytes) else 8 for row in more for value in row)
        return rows


def _value(old: object, new: str | None) -> object:
    """Return a new text as a value of the kind that the old one was of, if it can be one."""
    if new is None:
        return None
    if isinstance(old, (int, float)):
        try:
            number = type(old)(new)
        except ValueError:
            return new
        return number if cells.cell_text(number) == new else new
    if isinstance(old, bytes) and not isinstance(old, _Text):
        return new.encode("gb18030" if cells.decode_cell(old)[1] else "utf-8")
    if isinstance(old, _Text) and cells.decode_cell(old)[1]:
        return _Text(new.encode("gb18030"))
    return new


class _Inserter:
    """Puts rows into a new table."""

    def __init__(
        self, connection: sqlite3.Connection, table: str, rowid: str | None, fields: Sequence[_Field], dropped: set[int]
    ) -> None:
        self._connection, self._table = connection, table
        self._dropped = [fields[at].name for at in sorted(dropped)]
        self._places = [at + 1 for at, field in enumerate(fields) if at not in dropped and not field.computed]
        names = [fields[at - 1].name for at in self._places]
        if rowid is not None:
            self._places.insert(0, 0)
        self._names = ", ".join([*([rowid] if rowid else []), *map(_quoted, names)])

    def drop(self, place: str) -> None:
        """Take columns out of the table while it is empty."""
        for name in self._dropped:
            try:
                self._connection.execute(f"ALTER TABLE {_quoted(self._table)} DROP COLUMN {_quoted(name)}")
            except sqlite3.Error as error:
                reason = f"column {visible(name)} cannot be dropped, the table needs it (a key, a rule or another column)"
                raise WriteError(f"{place}: {reason}") from error

    def insert(self, rows: Iterable[Sequence[object]]) -> None:
        """Write rows; text that is not UTF-8 goes in as its bytes."""
        for cast, run in groupby(map(self._row, rows), lambda row: row[0]):
            marks = ", ".join("CAST(? AS TEXT)" if at in cast else "?" for at in range(len(self._places)))
            query = f"INSERT INTO {_quoted(self._table)} ({self._names}) VALUES ({marks})"  # noqa: S608 - see above
            self._connection.executemany(query, (values for _, values in run))

    def _row(self, row: Sequence[object]) -> tuple[tuple[int, ...], list[object]]:
        """Return the values of a row, and which of them are text in bytes that are not UTF-8."""
        values = [row[at] for at in self._places]
        cast = []
        for at, value in enumerate(values):
            if isinstance(value, _Text):
                try:
                    values[at] = value.decode()
                except UnicodeDecodeError:
                    values[at] = bytes(value)
                    cast.append(at)
        return tuple(cast), values
