"""Spreadsheets: every sheet, header, preface, comments, hidden places, and what cannot be read."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import xlwt
from binary_files import ROWS, TEXTS, Read, _saved, memory, ods, xls, xlsx, zipped
from openpyxl.comments import Comment

from pii_audit.sources.excel import column_letters, header_row
from pii_audit.sources.interface import Limits


def book(fill: object, **options: object) -> bytes:
    workbook = openpyxl.Workbook(**options)
    fill(workbook)  # type: ignore[operator]
    return _saved(workbook.save)


@pytest.mark.parametrize(("name", "make"), [("b.xlsx", xlsx), ("b.xls", xls), ("b.ods", ods)])
def test_a_sheet_is_read_as_text(name: str, make: object) -> None:
    read = Read(memory(make(), name))  # type: ignore[operator]
    assert read.skipped == []
    table = read.table(f"{name}!Sheet1")
    assert {column: table[column] for column in TEXTS} == TEXTS
    assert table["#preface"] == list(TEXTS)
    assert read.ends[0].rows == len(ROWS)
    assert not read.batches[0].text
    assert read.batches[0].format == "excel"


def test_hidden_and_empty_sheets_are_there() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active.append(["a", "b"])
        hidden = workbook.create_sheet("kept back")
        hidden.sheet_state = "veryHidden"
        hidden.append(["phone", 13812345678])
        workbook.create_sheet("nothing")
        workbook.create_chartsheet("chart")

    read = Read(memory(book(fill), "b.xlsx"))
    assert read.note_codes == [("b.xlsx!kept back", "hidden-sheet")]
    assert read.skipped == []
    assert "13812345678" in read.text
    assert [(end.source, end.rows) for end in read.ends] == [
        ("b.xlsx!Sheet", 0), ("b.xlsx!kept back", 1), ("b.xlsx!nothing", 0)
    ]  # fmt: skip


def test_title_lines_go_to_the_preface() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        sheet["A1"] = "催收名单 联系 13812345678"
        sheet["A2"] = "2024"
        sheet["B4"], sheet["C4"] = "姓名", "手机"
        sheet["B5"], sheet["C5"] = "样本", "13912345678"
        sheet["B6"], sheet["C6"] = "样本", "13912345679"

    read = Read(memory(book(fill), "b.xlsx"))
    table = read.table("b.xlsx!Sheet")
    assert table["手机"] == ["13912345678", "13912345679"]
    assert table["#preface"] == ["催收名单 联系 13812345678", "2024", "姓名", "手机"]
    assert read.ends[0].rows == 2
    assert read.batches[0].num_rows == 2


HEADERS = [
    ([["姓名", "手机"], ["样", 1.0]], 0, "plain header"),
    ([["", ""], ["标题", ""], ["姓名", "手机"], ["样", "13812345678"]], 2, "title above"),
    ([["样", "13812345678"], ["本", "13812345679"]], None, "first row is data: a phone"),
    ([["样", 1.0], ["本", 2.0]], None, "first row holds a number"),
    ([["a", "b"], ["a", "b"]], None, "row below is the same"),
    ([["a@example.com", "b"], ["c", "d"]], None, "a mail address is no header"),
    ([["手机"], [13812345678.0]], 0, "one column"),
    ([["姓名", "手机"]], 0, "header alone"),
    ([], None, "empty"),
]


@pytest.mark.parametrize(("rows", "expected", "why"), HEADERS, ids=[row[2] for row in HEADERS])
def test_header(rows: list[list[object]], expected: int | None, why: str) -> None:
    assert header_row(rows, len(rows[0]) if rows else 0) == expected, why


def test_without_header_columns_have_letters_and_no_row_is_lost() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active["B3"], workbook.active["C3"] = "x", 13812345678
        workbook.active["B4"], workbook.active["C4"] = "y", 13812345679

    read = Read(memory(book(fill), "b.xlsx"))
    assert read.table("b.xlsx!Sheet") == {"B": ["x", "y"], "C": ["13812345678", "13812345679"]}


CELLS = [
    (13812345678.0, "13812345678", "whole number"),
    (0.1, "0.1", "fraction"),
    (-0.000001, "-0.000001", "no exponent"),
    (True, "true", "boolean"),
    (dt.date(2024, 2, 29), "2024-02-29", "date"),
    (dt.datetime(2024, 2, 29, 13, 4, 5), "2024-02-29 13:04:05", "moment"),
    (dt.time(13, 4, 5), "13:04:05", "time of day"),
    (110101199003071000, "110101199003071000", "a number the spreadsheet cut to 15 digits"),
    ("文字", "文字", "text"),
]


@pytest.mark.parametrize(("value", "text", "why"), CELLS, ids=[row[2] for row in CELLS])
def test_cell(value: object, text: str, why: str) -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active.append(["key", "value"])
        workbook.active.append([1, value])

    assert Read(memory(book(fill), "b.xlsx")).table("b.xlsx!Sheet")["value"] == [text], why


def test_numbers_that_programs_write_in_full_keep_all_digits() -> None:
    """A double has 15 to 17 digits; a card number in the file may have 19."""
    numbers = [[6222020000000000000 + 7 * row + column for column in range(3)] for row in range(400)]

    def fill(workbook: openpyxl.Workbook) -> None:
        for row in range(400):
            workbook.active.append([None, "x", *(f"#{row}-{column}" for column in range(3))])

    def digits(match: re.Match[bytes]) -> bytes:
        row, column = int(match[2]), int(match[3])
        return match[1] + b"><v>" + str(numbers[row][column]).encode() + b"</v></c>"

    def change(content: bytes) -> bytes:
        return re.sub(rb'(<c r="[A-Z]+[0-9]+") t="inlineStr"><is><t>#([0-9]+)-([0-9])</t></is></c>', digits, content)

    table = Read(memory(edited(book(fill), "xl/worksheets/sheet1.xml", change), "b.xlsx")).table("b.xlsx!Sheet")
    assert [table[name] for name in "CDE"] == [[str(row[at]) for row in numbers] for at in range(3)]


def test_errors_and_blanks_are_null() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        sheet.append(["a", "b"])
        sheet.append([1, "#DIV/0!"])
        sheet["B2"].data_type = "e"

    assert Read(memory(book(fill), "b.xlsx")).table("b.xlsx!Sheet")["b"] == [None]


def test_comments_stand_beside_their_row() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        sheet.append(["a", "b"])
        sheet.append([1, 2])
        sheet.append([3, 4])
        sheet["B3"].comment = Comment("call 13812345678", "clerk")
        sheet["A1"].comment = Comment("about the header", "clerk")

    read = Read(memory(book(fill), "b.xlsx"))
    column = next(c for b in read.batches for c in b.columns if c.name == "#comments")
    assert column.values.to_pylist() == ["about the header", "call 13812345678"]
    assert column.rows is not None and column.rows.tolist() == [0, 1]


def test_places_that_no_sheet_shows_are_read() -> None:
    data = xlsx()
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/pivotCache/pivotCacheRecords1.xml", "<r><x v='13812345678'/><s v='样本'/></r>")
        archive.writestr("xl/drawings/drawing9.xml", "<d><p><r><t>call </t></r><r><t>me</t></r></p></d>")
        archive.writestr("xl/media/image1.png", b"\x89PNG\r\n\x1a\n")
        archive.writestr("xl/embeddings/book.xlsx", xlsx())
    read = Read(memory(out.getvalue(), "b.xlsx"))
    assert read.table("b.xlsx!xl/pivotCache/pivotCacheRecords1.xml") == {"#text": ["13812345678", "样本"]}
    assert read.table("b.xlsx!xl/drawings/drawing9.xml") == {"#text": ["call me"]}
    assert read.table("b.xlsx!xl/embeddings/book.xlsx!Sheet1")["phone"] == TEXTS["phone"]
    assert read.note_codes == [("b.xlsx", "embedded")]


def test_entities_in_xml_are_refused() -> None:
    bomb = "<!DOCTYPE r [<!ENTITY a 'xxxx'><!ENTITY b '&a;&a;'>]><r><p>&b;</p></r>"
    out = io.BytesIO(xlsx())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/drawings/drawing9.xml", bomb)
    read = Read(memory(out.getvalue(), "b.xlsx"))
    assert read.codes == [("b.xlsx!xl/drawings/drawing9.xml", "corrupt")]
    assert read.table("b.xlsx!Sheet1")["phone"] == TEXTS["phone"]


def test_a_far_cell_does_not_fill_the_memory() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active["A1"] = "x"
        workbook.active["XFD1048576"] = "y"
        workbook.create_sheet("next").append(["a", "b"])

    read = Read(memory(book(fill), "b.xlsx"))
    assert read.codes == [("b.xlsx!Sheet", "too-large")]
    assert [end.source for end in read.ends] == ["b.xlsx!next"]


def test_a_workbook_that_unpacks_too_far_is_not_opened() -> None:
    assert Read(memory(xlsx(), "b.xlsx"), Limits(memory_bytes=2000)).codes == [("b.xlsx", "too-large")]


def test_encrypted_office_file() -> None:
    assert Read(memory(compound("EncryptionInfo", "EncryptedPackage"), "b.xlsx")).codes == [("b.xlsx", "encrypted")]


@pytest.mark.parametrize("stream", ["WordDocument", "PowerPoint Document", "Unknown"])
def test_other_compound_files_are_named(stream: str) -> None:
    assert Read(memory(compound(stream), "b.doc")).codes == [("b.doc", "unsupported")]


def test_encrypted_xls() -> None:
    workbook = xlwt.Workbook()
    workbook.add_sheet("s").write(0, 0, "x")
    data = _saved(workbook.save)
    at = data.index(b"\x09\x08\x10\x00") + 20  # behind the first BOF record
    record = b"\x2f\x00\x36\x00" + b"\x01\x00\x01\x00" + b"\x00" * 50  # FILEPASS, RC4 (MS-XLS 2.4.117)
    assert Read(memory(data[:at] + record + data[at + len(record) :], "b.xls")).codes == [("b.xls", "encrypted")]


def test_encrypted_ods() -> None:
    manifest = b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    data = zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": manifest})
    assert Read(memory(data, "b.ods")).codes == [("b.ods", "encrypted")]


def test_damaged_workbook() -> None:
    data = xlsx()
    assert Read(memory(data[:-200], "b.xlsx")).codes == [("b.xlsx", "corrupt")]


def test_rows_do_not_depend_on_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Read(memory(xlsx(), "b.xlsx"))
    monkeypatch.setattr("pii_audit.sources.cells.BATCH_BYTES", 1)
    small = Read(memory(xlsx(), "b.xlsx"))
    assert len(small.batches) == len(ROWS)
    assert [batch.first_row for batch in small.batches] == [0, 1, 2]
    assert small.tables == whole.tables


def test_prefixed_xml_is_understood() -> None:
    """Some writers put every element of a sheet into a prefix."""

    def change(content: bytes) -> bytes:
        content = re.sub(rb"<(/?)(\w+)", rb"<\1x:\2", content).replace(b"xmlns=", b"xmlns:x=")
        return content.replace(b"13812345678", b"6222021234567890123")

    read = Read(memory(edited(xlsx(), "xl/worksheets/sheet1.xml", change), "b.xlsx"))
    assert read.table("b.xlsx!Sheet1")["phone"] == ["6222021234567890123", *TEXTS["phone"][1:]]


@pytest.mark.parametrize(("number", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_letters(number: int, letters: str) -> None:
    assert column_letters(number) == letters


def edited(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same package with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info, change(old.read(info)) if info.filename == part else old.read(info))
    return out.getvalue()


def compound(*streams: str) -> bytes:
    """A compound file (MS-CFB) with these names in its directory and nothing else."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header[24:32] = b"\x3e\x00\x03\x00\xfe\xff\x09\x00"
    header[44:52] = (1).to_bytes(4, "little") + (1).to_bytes(4, "little")
    header[76:512] = (0).to_bytes(4, "little") + b"\xff" * 432
    table = b"\xfd\xff\xff\xff" + b"\xfe\xff\xff\xff" + b"\xff" * 504
    entries = b""
    for name in ("Root Entry", *streams):
        raw = name.encode("utf-16-le") + b"\0\0"
        entries += raw.ljust(64, b"\0") + len(raw).to_bytes(2, "little") + b"\0" * 62
    return bytes(header) + table + entries.ljust(512, b"\0")
