"""Small real files of the binary formats, made from one table, and a reader that collects events."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
from functools import partial
from pathlib import Path

import openpyxl
import py7zr
import pyarrow as pa
import xlwt
import zstandard
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from pyarrow import feather, orc, parquet

from pii_audit.model.dataset import Note, Skipped
from pii_audit.sources import context_for, read_blob
from pii_audit.sources.interface import Batch, Blob, Limits, TableEnd

HEADER = ("name", "phone", "amount", "day")
ROWS = [
    ("Sample One", 13812345678, 1200.5, dt.date(2024, 1, 2)),
    ("样本二", 13912345678, 300.0, dt.date(2024, 2, 29)),
    ("Sample Three", None, 0.1, dt.date(2023, 12, 31)),
]
TEXTS = {
    "name": ["Sample One", "样本二", "Sample Three"],
    "phone": ["13812345678", "13912345678", None],
    "amount": ["1200.5", "300", "0.1"],
    "day": ["2024-01-02", "2024-02-29", "2023-12-31"],
}
CSV = ("name,phone\n" + "Sample One,13812345678\n样本二,13912345678\n" * 20).encode()


def file(path: Path, name: str | None = None) -> Blob:
    return Blob(name or path.name, partial(open, path, "rb"), str(path), path.stat().st_size)


def memory(data: bytes, name: str) -> Blob:
    return Blob(name, partial(io.BytesIO, data), None, len(data))


class Read:
    """Everything that reading a blob said."""

    def __init__(self, blob: Blob, limits: Limits | None = None) -> None:
        self.events = list(read_blob(blob, context_for(limits)))
        self.skipped = [event for event in self.events if isinstance(event, Skipped)]
        self.notes = [event for event in self.events if isinstance(event, Note)]
        self.ends = [event for event in self.events if isinstance(event, TableEnd)]
        self.batches = [event for event in self.events if isinstance(event, Batch)]

    @property
    def codes(self) -> list[tuple[str, str]]:
        return [(event.what, event.code) for event in self.skipped]

    @property
    def note_codes(self) -> list[tuple[str, str]]:
        return [(event.what, event.code) for event in self.notes]

    def table(self, source: str) -> dict[str | None, list[str | None]]:
        columns: dict[str | None, list[str | None]] = {}
        for batch in self.batches:
            for column in batch.columns:
                if batch.source == source:
                    column.values.validate(full=True)
                    columns.setdefault(column.name, []).extend(column.values.to_pylist())
        return columns

    @property
    def tables(self) -> dict[str, dict[str | None, list[str | None]]]:
        return {end.source: self.table(end.source) for end in self.ends}

    @property
    def text(self) -> str:
        return "\n".join(
            value.rstrip("\n") for batch in self.batches for column in batch.columns for value in column.values.to_pylist() if value
        )


def arrow_table() -> pa.Table:
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    columns[1] = [None if value is None else float(value) for value in columns[1]]
    return pa.table(columns, names=list(HEADER))


def xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    sheet.append(HEADER)
    for row in ROWS:
        sheet.append(row)
    return _saved(book.save)


def xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for y, row in enumerate([HEADER, *ROWS]):
        for x, value in enumerate(row):
            if isinstance(value, dt.date):
                sheet.write(y, x, value, day)
            elif value is not None:
                sheet.write(y, x, value)
    return _saved(book.save)


def ods() -> bytes:
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="Sheet1")
    for row in [HEADER, *ROWS]:
        line = TableRow()
        for value in row:
            if isinstance(value, dt.date):
                cell = TableCell(valuetype="date", datevalue=value.isoformat())
            elif isinstance(value, (int, float)):
                cell = TableCell(valuetype="float", value=value)
            else:
                cell = TableCell(valuetype="string") if value else TableCell()
                cell.addElement(P(text=value or ""))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    return _saved(book.write)


def parquet_file() -> bytes:
    return _saved(lambda out: parquet.write_table(arrow_table(), out))


def feather_file() -> bytes:
    return _saved(lambda out: feather.write_feather(arrow_table(), out))


def arrow_stream() -> bytes:
    def write(out: io.BytesIO) -> None:
        with pa.ipc.new_stream(out, arrow_table().schema) as writer:
            writer.write_table(arrow_table())

    return _saved(write)


def orc_file() -> bytes:
    return _saved(lambda out: orc.write_table(arrow_table(), out))


def sqlite_file() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE loans (name TEXT, phone INTEGER, amount REAL, day TEXT)")
        connection.executemany(
            "INSERT INTO loans VALUES (?, ?, ?, ?)", [(*row[:3], row[3].isoformat()) for row in ROWS]
        )
        connection.commit()
        data = connection.serialize()
    connection.close()
    return data


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sevenzipped(members: dict[str, bytes], password: str | None = None) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return out.getvalue()


def _saved(save: object) -> bytes:
    out = io.BytesIO()
    save(out)  # type: ignore[operator]
    return out.getvalue()


#: one file of every binary format, by the name it would have
SAMPLES = {
    "book.xlsx": xlsx,
    "book.xls": xls,
    "book.ods": ods,
    "t.parquet": parquet_file,
    "t.feather": feather_file,
    "t.arrows": arrow_stream,
    "t.orc": orc_file,
    "t.sqlite": sqlite_file,
    "a.csv.gz": lambda: gzip.compress(CSV),
    "a.csv.bz2": lambda: bz2.compress(CSV),
    "a.csv.xz": lambda: lzma.compress(CSV),
    "a.csv.zst": lambda: zstandard.compress(CSV),
    "a.zip": lambda: zipped({"in/a.csv": CSV, "in/book.xlsx": xlsx()}),
    "a.tar": lambda: tarred({"in/a.csv": CSV, "in/t.parquet": parquet_file()}),
    "a.7z": lambda: sevenzipped({"in/a.csv": CSV, "in/t.sqlite": sqlite_file()}),
}
