"""Rows to bytes, the same on every run: no clock, no host, no order of a set gets into a file."""

from __future__ import annotations

import csv
import gzip
import io
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from xml.sax.saxutils import escape, quoteattr

from planting import Cell, text_of

#: the first moment a ZIP archive can name
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def delimited(header: Sequence[str], rows: Sequence[Sequence[Cell]], delimiter: str = ",") -> str:
    """Return a table as delimited text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([text_of(cell) for cell in row] for row in rows)
    return out.getvalue()


def gzipped(content: bytes) -> bytes:
    """Return content as gzip without time and name."""
    return gzip.compress(content, mtime=0)


def zipped(members: Mapping[str, bytes], encoding: str = "utf-8") -> bytes:
    """Return a ZIP archive; names that are not ASCII in ``encoding``, without saying so, as old Windows tools do."""
    out = io.BytesIO()
    renamed: dict[bytes, bytes] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            if not name.isascii():
                raw = name.encode(encoding)
                stand_in = f"{len(renamed)}".ljust(len(raw), "~")
                renamed[stand_in.encode()] = raw
                name = stand_in
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, content)
    content = out.getvalue()
    for stand_in_bytes, raw in renamed.items():
        content = content.replace(stand_in_bytes, raw)
    return content


def sqlite(tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]]) -> bytes:
    """Return a SQLite database with columns of text."""
    with closing(sqlite3.connect(":memory:")) as database:
        for name, (header, rows) in tables.items():
            columns = ", ".join(f'"{column}" TEXT' for column in header)
            insert = f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(header))})'  # noqa: S608 - names are ours
            database.execute(f'CREATE TABLE "{name}" ({columns})')
            database.executemany(insert, [[text_of(cell) or None for cell in row] for row in rows])
        database.commit()
        content = bytearray(database.serialize())
    # bytes 96 to 99 name the version of the library that wrote the file
    content[96:100] = (3_040_000).to_bytes(4, "big")
    return bytes(content)


def workbook(sheets: Sequence[tuple[str, bool, Sequence[Sequence[Cell | int | float]]]]) -> bytes:
    """Return an xlsx file of (name, hidden, rows); numbers become numbers, everything else text."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}"{" state=" + quoteattr("hidden") if hidden else ""} r:id="rId{n}"/>'
        for n, (name, hidden, _) in zip(numbers, sheets, strict=True)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>' for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
    }
    for n, (_, _, rows) in zip(numbers, sheets, strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = _sheet(rows)
    return zipped({name: (_XML + text).encode() for name, text in parts.items()})


def _sheet(rows: Sequence[Sequence[Cell | int | float]]) -> str:
    lines = []
    for r, row in enumerate(rows, 1):
        cells = "".join(_cell(f"{chr(65 + c)}{r}", cell) for c, cell in enumerate(row))
        lines.append(f'<row r="{r}">{cells}</row>')
    return f'<worksheet xmlns="{_SHEETS}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(place: str, cell: Cell | int | float) -> str:
    if isinstance(cell, (int, float)):
        return f'<c r="{place}"><v>{cell}</v></c>'
    text = text_of(cell)
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>' if text else ""
