"""Spreadsheets (xlsx, xlsm, xlsb, xls, ods) by calamine, every sheet, hidden ones too.

A sheet is named ``book.xlsx!Sheet1``. Its header is the first row that looks like one; without it columns have their
letters. Nothing above the first data row is lost: title lines and the header itself are also given as values of a
column ``#preface``, beside the first data row. Comments of xlsx cells are in a column ``#comments`` beside the row
they belong to. Other places of an xlsx file where values hide (pivot caches, text boxes, cached external links) are
read as tables of their own, named by the part of the file, column ``#text``.
"""

from __future__ import annotations

import marshal
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import SourceError
from pii_audit.model.visible import visible
from pii_audit.sources import cells, sniff
from pii_audit.sources.interface import Blob, Event, Limits, Part, ReadContext, Source, TableEnd
from pii_audit.sources.streams import (
    Guarded,
    Member,
    Once,
    Problem,
    budget_of,
    buffered,
    explain,
    random_access,
    size_of,
)

#: rows looked at for a header
_HEADER_ROWS = 50
#: bytes calamine needs for one cell of the rectangle around everything in a sheet
_CELL_BYTES = 32
#: a workbook is held in memory whole: what it may take there, as a multiple of Limits.memory_bytes
_MEMORY_FACTOR = 4

#: address space of a Python process before it has read anything
_BASE_BYTES = 256 << 20

_CHILD = Path(__file__).with_name("calamine_child.py")

Row = Sequence[Any]


class ExcelSource(Source):
    """Workbooks of Excel, WPS and LibreOffice."""

    name = "excel"
    title = "Spreadsheet (xlsx, xls, xlsb, ods)"
    title_zh = "电子表格 (xlsx, xls, xlsb, ods)"
    suffixes = sniff.suffixes("excel")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        with random_access(blob, context.limits) as stream:
            package = None
            if stream.read(8) == sniff.OLE_MAGIC:
                _check_ole(stream)
            else:
                package = _Package(stream, context.limits)
            parts: dict[str, _SheetParts] = {}
            refused: list[int] = []
            if package is not None:
                for position, name in enumerate(package.sheets):
                    try:
                        parts[name] = package.sheet(name)
                    except Exception as error:  # noqa: BLE001 - a damaged sheet must not hide its neighbours
                        yield Skipped(f"{blob.name}!{visible(name)}", *explain(error))
                        refused.append(position)
            with closing(_Child(blob, stream, context.limits, refused)) as book:
                for sheet in book:
                    place = f"{blob.name}!{visible(sheet.name)}"
                    if sheet.visibility != "Visible":
                        yield Note(place, "hidden-sheet", "the sheet is hidden; it was read")
                    yield from _table(place, sheet, parts.get(sheet.name, _SheetParts()))
                    if sheet.damaged:
                        yield Skipped(place, "corrupt", "its content is damaged or breaks its format")
                if book.problem is not None:
                    yield Skipped(blob.name, *book.problem)
            if package is not None:
                yield from self._rest(blob, package, context)

    def _rest(self, blob: Blob, package: _Package, context: ReadContext) -> Iterator[Event]:
        """Yield what no sheet shows: text of other parts, embedded documents, and how much was not read."""
        unread = 0
        for name in package.names:
            place = f"{blob.name}!{visible(name)}"
            if name.startswith("xl/embeddings/") and not name.endswith(".bin"):
                budget = budget_of(blob, context.limits)
                member = package.archive.open(name)
                stream = Guarded(member.read, budget, close=member.close)
                yield from context.descend(Member(place, Once(buffered(stream)), None, None, blob.depth + 1, budget))
                if stream.problem is not None:
                    yield Skipped(place, *stream.problem)
            elif name.startswith(("xl/media/", "xl/embeddings/")):
                unread += 1
            elif _HIDING.match(name):
                batcher = cells.RowBatcher(place, self.name, ["#text"])
                problem = None
                try:
                    for text in package.texts(name):
                        if (batch := batcher.add([text])) is not None:
                            yield batch
                except Exception as error:  # noqa: BLE001 - a damaged part must not hide its neighbours
                    problem = explain(error)
                if (batch := batcher.flush()) is not None:
                    yield batch
                if problem is not None:
                    yield Skipped(place, *problem)
                if batcher.rows:
                    yield TableEnd(place, self.name, batcher.rows, batcher.bytes, columns=1)
        if unread:
            yield Note(blob.name, "embedded", f"{unread} embedded pictures or objects were not read")


#: parts of an xlsx package that hold text and that no cell shows
_HIDING = re.compile(
    r"xl/(?:pivotCache|drawings|externalLinks|queryTables|persons|customXml)/[^/]+\.xml$"
    r"|xl/connections\.xml$|docProps/custom\.xml$"
)


class _Sheet:
    """One sheet as it comes from the child: rows from the top of the sheet, columns from the first one used."""

    def __init__(self, name: str, visibility: str, place: tuple[int, int, int], frames: Iterator[tuple[Any, ...]]) -> None:
        self.name = name
        self.visibility = visibility
        self.first_row, self.first_column, self.width = place
        self.damaged = False
        self._frames = frames

    def __iter__(self) -> Iterator[Row]:
        for kind, *content in self._frames:
            if kind == "rows":
                yield from content[0]
            else:
                self.damaged = kind != "end"
                return
        self.damaged = True


class _Child:
    """The process that reads a workbook (``calamine_child.py``); iterates over its sheets."""

    def __init__(self, blob: Blob, stream: BinaryIO, limits: Limits, refused: Sequence[int]) -> None:
        self.problem: Problem | None = None
        self._memory = _MEMORY_FACTOR * limits.memory_bytes
        with blob.open() if blob.path is not None else nullcontext(subprocess.PIPE) as source:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_CHILD), str(_BASE_BYTES + self._memory), *map(str, refused)],
                stdin=source,  # a file is opened again: two processes cannot share one position in it
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # panics of the library quote cells
            )
        if self._process.stdin is not None:
            stream.seek(0)
            with suppress(BrokenPipeError):
                shutil.copyfileobj(stream, self._process.stdin)
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def __iter__(self) -> Iterator[_Sheet]:
        frames = self._frames()
        kind, *content = next(frames, ("fail", "too-large"))
        if kind == "fail":
            self.problem = self._problem(content[0])
            return
        sheets = content[0]
        if not sheets:
            self.problem = Problem("corrupt", "its list of sheets is damaged; no sheet was found")
        for kind, *content in frames:
            name, type_, visibility = sheets[content[0]]
            if kind == "bad":
                yield self._bad(name)
            elif type_ in ("ChartSheet", "Vba"):
                for _ in _Sheet(name, visibility, (0, 0, 0), frames):
                    pass
            else:
                yield _Sheet(name, visibility, (content[1], content[2], content[3]), frames)
        if self._process.wait():
            self.problem = self._problem("too-large")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _bad(self, name: str) -> _Sheet:
        return _Sheet(name, "Visible", (0, 0, 0), iter([("bad",)]))

    def _problem(self, code: str) -> Problem:
        return Problem(code, {
            "encrypted": "it is encrypted",
            "corrupt": "its content is damaged or breaks its format",
            "too-large": f"it is damaged, or reading it takes more than {self._memory} bytes of memory",
        }[code])  # fmt: skip

    def _frames(self) -> Iterator[tuple[Any, ...]]:
        out = self._process.stdout
        assert out is not None
        while len(size := out.read(4)) == 4:
            data = out.read(int.from_bytes(size, "little"))
            if len(data) < int.from_bytes(size, "little"):
                return
            yield marshal.loads(data)  # noqa: S302 - written by our own child process


def _check_ole(stream: BinaryIO) -> None:
    """Raise SourceError if a compound file (MS-CFB) is not a workbook: encrypted, or of another program."""
    total = size_of(stream)
    header = stream.read(512)
    if len(header) < 512:
        raise SourceError("it ends before its content is complete", code="truncated")
    sector = 1 << min(_number(header, 30, 2), 16)
    entries = dict(_ole_entries(stream, header, total, sector))
    if "EncryptedPackage" in entries:
        raise SourceError("it is encrypted", code="encrypted")
    for entry, title in _OLE_DOCUMENTS:
        if entry in entries:
            raise SourceError(f"its content is a {title}, a format that is not read", code="unsupported")
    start = next((entries[name] for name in entries if name.lower() in ("workbook", "book")), None)
    if start is None:
        raise SourceError("it is a compound file without a workbook, a format that is not read", code="unsupported")
    stream.seek((start + 1) * sector)
    if _has_filepass(stream.read(sector)):
        raise SourceError("it is encrypted", code="encrypted")


_OLE_DOCUMENTS = (
    ("WordDocument", "Word document"),
    ("PowerPoint Document", "PowerPoint document"),
    ("__properties_version1.0", "Outlook message"),
)


def _ole_entries(stream: BinaryIO, header: bytes, total: int, size: int) -> Iterator[tuple[str, int]]:
    """Yield names and first sectors in a compound file: MS-CFB 2.2 (header), 2.3 (sectors), 2.6 (directory)."""
    sector = _number(header, 48)
    for _ in range(total // size + 1):  # each sector at most once: a damaged chain may run in a circle
        if sector >= total // size:
            return
        stream.seek((sector + 1) * size)
        block = stream.read(size)
        for at in range(0, len(block) - 127, 128):
            length = _number(block, at + 64, 2)
            if 2 < length <= 64:
                yield block[at : at + length - 2].decode("utf-16-le", "replace"), _number(block, at + 116)
        place, offset = divmod(sector * 4, size)
        if place >= 109:  # sectors that list the allocation table are in the header, as many as fit there
            return
        stream.seek((_number(header, 76 + 4 * place) + 1) * size + offset)
        sector = _number(stream.read(4) or b"\xff" * 4, 0)


def _has_filepass(records: bytes) -> bool:
    """Return whether a workbook stream begins with a FilePass record: it is encrypted (MS-XLS 2.4.117)."""
    at = 0
    while at + 4 <= len(records):
        if _number(records, at, 2) == 0x2F:
            return True
        at += 4 + _number(records, at + 2, 2)
    return False


def _number(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "little")


@dataclass(slots=True)
class _SheetParts:
    """What the package says of a sheet beside calamine: comments by row, and integers too long for a double."""

    comments: Mapping[int, Sequence[str]] = field(default_factory=dict)
    long_numbers: Callable[[], Iterator[tuple[int, int, str]]] = lambda: iter(())


class _Package:
    """The zip around an xlsx, xlsb or ods document."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.archive = zipfile.ZipFile(stream)
        infos = self.archive.infolist()
        self.names = [info.filename for info in infos]
        self._limit = _MEMORY_FACTOR * limits.memory_bytes
        if sum(info.file_size for info in infos) > self._limit:
            raise SourceError(f"unpacked it is larger than {self._limit} bytes", code="too-large")
        kind = sniff.office_kind(self.names)
        if kind is not None and kind != "spreadsheet":
            raise SourceError(f"its content is a {kind}, a format that is not read", code="unsupported")
        if "META-INF/manifest.xml" in self.names and any(
            b"encryption-data" in chunk for chunk in self._chunks("META-INF/manifest.xml")
        ):
            raise SourceError("it is encrypted", code="encrypted")

    @cached_property
    def sheets(self) -> Mapping[str, str]:
        """Sheet name → part of an xlsx package, in the order of the workbook."""
        return self._sheet_paths()

    def sheet(self, name: str) -> _SheetParts:
        """Return the parts of a sheet. Raises SourceError if it would take too much memory."""
        path = self.sheets[name]
        if path not in self.names:
            return _SheetParts()
        if path.endswith(".xml"):
            rows, columns = self._extent(path)
            if rows * columns * _CELL_BYTES > self._limit:
                raise SourceError(f"its {rows} rows and {columns} columns take more than {self._limit} bytes", code="too-large")
        comments: dict[int, list[str]] = defaultdict(list)
        for kind, target in self._relations(path):
            if kind in ("comments", "threadedComment") and target in self.names:
                for row, text in self._comments(target):
                    comments[row].append(text)
        return _SheetParts(comments, lambda: self._long_numbers(path))

    def texts(self, part: str) -> Iterator[str]:
        """Yield character data and ``v`` attributes (pivot caches) of an XML part."""
        out: list[str] = []
        held: list[str] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if attributes.get("v"):
                out.append(attributes["v"])
            if _local(tag) == "p":
                held.append("")

        def end(tag: str) -> None:
            if _local(tag) not in ("t", "r"):  # runs of one paragraph belong together
                text = "".join(held).strip()
                held.clear()
                if text:
                    out.append(text)

        for _ in self._parse(part, start, end, held.append):
            yield from out
            out.clear()

    def _comments(self, part: str) -> Iterator[tuple[int, str]]:
        out: list[tuple[int, str]] = []
        held: list[str] = []
        row = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row
            if _local(tag) in ("comment", "threadedComment"):
                row = int(re.sub(r"\D", "", attributes.get("ref", "")) or 1) - 1
                held.clear()

        def end(tag: str) -> None:
            if _local(tag) in ("comment", "threadedComment"):
                out.append((row, "".join(held).strip()))

        for _ in self._parse(part, start, end, held.append):
            yield from out
            out.clear()

    def _sheet_paths(self) -> Mapping[str, str]:
        """Return sheet name → part, from the workbook part and its relations (ECMA-376 part 1, 12.3.23)."""
        if "xl/workbook.xml" not in self.names:
            return {}
        ids: dict[str, str] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if _local(tag) == "sheet":
                relation = next((value for key, value in attributes.items() if _local(key) == "id"), "")
                ids[relation] = attributes.get("name", "")

        for _ in self._parse("xl/workbook.xml", start):
            pass
        targets = self._targets("xl/workbook.xml")
        return {name: targets.get(id, ("", ""))[1] for id, name in ids.items()}

    def _relations(self, part: str) -> list[tuple[str, str]]:
        return list(self._targets(part).values())

    def _targets(self, part: str) -> dict[str, tuple[str, str]]:
        folder, _, base = part.rpartition("/")
        relations = f"{folder}/_rels/{base}.rels"
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if _local(tag) == "Relationship":
                target = posixpath.normpath(posixpath.join("/" + folder, attributes.get("Target", ""))).lstrip("/")
                found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], target

        if relations in self.names:
            for _ in self._parse(relations, start):
                pass
        return found

    def _extent(self, part: str) -> tuple[int, int]:
        """Return rows and columns of the rectangle around all cells; a single far cell makes it huge."""
        last, letters = 0, {b"A"}
        for chunk in self._chunks(part):
            refs = _REF.findall(chunk)
            letters.update(column for column, _ in refs)
            if refs:
                last = max(last, int(refs[-1][1]))
        return last, max(_column_number(name.decode()) for name in letters)

    def _long_numbers(self, part: str) -> Iterator[tuple[int, int, str]]:
        """Yield row, column and digits of integers that a double cannot hold, in document order."""
        for chunk in self._chunks(part):
            for match in _LONG_NUMBER.finditer(chunk):
                yield int(match[2]) - 1, _column_number(match[1].decode()) - 1, match[3].decode()

    def _chunks(self, part: str) -> Iterator[bytes]:
        """Yield an XML part in chunks that end where a tag ends; no cell is torn apart."""
        rest = b""
        with self.archive.open(part) as stream:
            while data := stream.read(1 << 20):
                rest += data
                cut = rest.rfind(b"row>") + 4 if b"row>" in rest else 0
                if not cut and len(rest) > 1 << 24:
                    cut = rest.rfind(b"<")
                if cut > 0:
                    yield rest[:cut]
                    rest = rest[cut:]
        yield rest

    def _parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Feed an XML part to the handlers, giving control back after each piece. Entities are refused."""

        def refuse(*_: object) -> None:
            raise SourceError("its XML defines entities, which spreadsheets never do", code="corrupt")

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.EntityDeclHandler = refuse
        parser.buffer_text = True
        with self.archive.open(part) as stream:
            while data := stream.read(1 << 16):
                parser.Parse(data, False)
                yield
        parser.Parse(b"", True)
        yield


_REF = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')
_LONG_NUMBER = re.compile(
    rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^>]*>(?:<(?:\w+:)?f\b[^<]*(?:/>|</(?:\w+:)?f>))?'
    rb"<(?:\w+:)?v>(\d{16,40})(?:\.0*)?</"
)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters of a column, counted from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def header_row(rows: Sequence[Row], width: int) -> int | None:
    """Return the index of the header among the first rows, None if there is none.

    It is the first row with at least two text cells (one, in a sheet of one column) and nothing but text, none of
    which looks like a value (a run of seven digits, a mail address), provided that the row below differs.
    """
    for at, row in enumerate(rows):
        filled = [cell for cell in row if cell != ""]
        if len(filled) < min(2, width):
            continue
        if all(isinstance(cell, str) and not _VALUE.search(cell) for cell in filled) and len(set(filled)) > len(filled) // 2:
            return at if at + 1 == len(rows) or list(rows[at + 1]) != list(row) else None
        return None
    return None


_VALUE = re.compile(r"[0-9]{7}|[0-9]{3}[- ][0-9]{4}|@[A-Za-z0-9]")


def _table(place: str, sheet: _Sheet, extra: _SheetParts) -> Iterator[Event]:
    """Yield the events of one sheet."""
    rows = _converted(sheet, extra)
    top = list(islice(rows, sheet.first_row + _HEADER_ROWS))
    header = header_row([row for row, _ in top], sheet.width)
    names = [column_letters(sheet.first_column + at) for at in range(sheet.width)]
    start = 0
    if header is not None:
        names = [str(cell).strip() or name for cell, name in zip(top[header][0], names, strict=False)]
        start = header + 1
    else:  # blank rows above everything are no data rows
        start = next((at for at, (row, _) in enumerate(top) if any(cell != "" for cell in row)), 0)
    batcher = cells.RowBatcher(place, ExcelSource.name, names)
    for _, texts in top[:start]:
        for text in texts:
            if text is not None:
                batcher.beside("#preface", text)
    pending = sorted(extra.comments)

    def comments(until: int | None) -> None:
        while pending and (until is None or pending[0] <= until):
            for text in extra.comments[pending.pop(0)]:
                batcher.beside("#comments", text)

    for at, (_, texts) in enumerate(chain(top[start:], rows), start):
        comments(at)
        if (batch := batcher.add(texts)) is not None:
            yield batch
    comments(None)
    if (batch := batcher.flush()) is not None:
        yield batch
    yield TableEnd(place, ExcelSource.name, batcher.rows, batcher.bytes, columns=sheet.width)


def _converted(sheet: _Sheet, extra: _SheetParts) -> Iterator[tuple[Row, list[str | None]]]:
    """Yield each row as it is and as text; integers that lost digits as doubles get them back from the file."""
    exact = extra.long_numbers()
    place: tuple[int, int, str] | None = (-1, -1, "")
    for at, row in enumerate(sheet):
        texts = [cell[0] if isinstance(cell, tuple) else cells.cell_text(cell) for cell in row]
        for column, cell in enumerate(row):
            if isinstance(cell, float) and abs(cell) >= 1e15:
                wanted = (at, sheet.first_column + column)
                while place is not None and place[:2] < wanted:
                    place = next(exact, None)
                if place is not None and place[:2] == wanted:
                    texts[column] = place[2]
        yield row, texts
