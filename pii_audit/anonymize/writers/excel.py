"""Workbooks (xlsx) by openpyxl: new values in the cells, and nothing of an old one anywhere else in the file.

Sheets keep their order, styles, widths and formulas. Results of formulas are gone until a program calculates them again.
What keeps copies of values, or may, is left out, and the notes say so: pictures, charts, pivot tables, links to other
workbooks, scenarios, names of constants, the author and other properties of the document; in changed columns also
comments, links, filters, conditional formats and lists of permitted values.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa

from pii_audit.anonymize.writers.edits import Tally, differing, flags
from pii_audit.anonymize.writers.interface import Change, WriteError, Writer, Written
from pii_audit.anonymize.writers.nested import Asked, Cells
from pii_audit.anonymize.writers.recode import reading
from pii_audit.model.visible import visible
from pii_audit.sources import cells, sniff
from pii_audit.sources.excel import (
    _HEADER_ROWS,
    _Child,
    _converted,
    _Package,
    _Sheet,
    _SheetParts,
    column_letters,
    header_row,
)
from pii_audit.sources.interface import BATCH_BYTES, Blob, Limits
from pii_audit.sources.streams import random_access

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_MAIN = "xl/workbook.xml"
_CORE = "docProps/core.xml"
#: the first day that the members of an archive can bear
_NEVER = dt.datetime(1980, 1, 1)
#: openpyxl holds a workbook in memory as objects, many times its XML
_XML_BYTES = 1 << 27
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


class ExcelWriter(Writer):
    """xlsx; older and other formats are refused."""

    formats = ("excel",)

    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        try:
            import openpyxl
            from openpyxl.writer.excel import ExcelWriter as ExcelPackage
        except ModuleNotFoundError as error:
            raise WriteError("writing workbooks needs the library openpyxl; install pii-audit[excel]") from error
        with reading():
            stream = random_access(blob, limits)
        with stream:
            with reading():
                parts = _parts(stream, limits)
                stream.seek(0)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # it tells of extensions that it leaves out
                    book = openpyxl.load_workbook(stream, rich_text=True, keep_links=False)
                said = _properties(stream)
            notes = _without_copies(book, said)
            written = []
            with reading():
                child = _Child(blob, stream, limits, [])
            with closing(child) as source:
                for sheet in _sheets(source):
                    tally = Tally(f"{blob.name}!{visible(sheet.name)}")
                    if sheet.name not in book.sheetnames:
                        raise WriteError(f"sheet {visible(sheet.name)} cannot be written again")
                    _Table(book[sheet.name], sheet, parts.get(sheet.name, _SheetParts()), tally, limits).rewrite(change)
                    tally.notes += notes
                    written.append(tally.written())
                if source.problem is not None:
                    raise WriteError(source.problem.reason)
            # not by its own save, which notes the time: the same export is the same file
            with _Archive(out, "w", zipfile.ZIP_DEFLATED) as archive:
                ExcelPackage(book, archive).write_data()
        return written


class _Archive(zipfile.ZipFile):
    """An archive whose members bear no time."""

    def open(self, name: Any, mode: Any = "r", *args: Any, **more: Any) -> Any:
        if mode == "w" and isinstance(name, zipfile.ZipInfo):
            name.date_time = _NEVER.timetuple()[:6]
        return super().open(name, mode, *args, **more)


def _sheets(source: _Child) -> Iterator[_Sheet]:
    with reading():
        yield from source


def _parts(stream: BinaryIO, limits: Limits) -> Mapping[str, _SheetParts]:
    """Return what the package says of its sheets. Raises WriteError for what is not written again."""
    if stream.read(8) == sniff.OLE_MAGIC:
        raise WriteError("xls is not written, nor a workbook that is encrypted; save it as xlsx first")
    package = _Package(stream, limits)
    if _MAIN not in package.names:
        raise WriteError("xlsb and ods are not written; save it as xlsx first")
    if any(name.lower().endswith("vbaproject.bin") for name in package.names):
        raise WriteError("it holds macros, whose content cannot be checked; save it as xlsx first")
    infos = package.archive.infolist()
    if sum(info.file_size for info in infos if info.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))) > _XML_BYTES:
        raise WriteError(f"its sheets are larger than {_XML_BYTES} bytes, more than can be held in memory")
    return {name: package.sheet(name) for name in package.sheets}


def _properties(stream: BinaryIO) -> bytes:
    """Return what a package says of itself."""
    with zipfile.ZipFile(stream) as archive:
        return archive.read(_CORE) if _CORE in archive.namelist() else b""


def _without_copies(book: Any, said: bytes) -> list[str]:
    """Take out of a workbook what holds copies of values outside of cells; return what to say about that."""
    from openpyxl.packaging.core import DocumentProperties
    from openpyxl.packaging.custom import CustomPropertyList
    from openpyxl.workbook.properties import CalcProperties
    from openpyxl.worksheet.scenario import ScenarioList

    gone: Counter[str] = Counter()
    # where the package names no time, openpyxl takes the present
    created, modified = (getattr(book.properties, name) if name.encode() in said else _NEVER for name in ("created", "modified"))
    book.properties = DocumentProperties(creator="", created=created, modified=modified)
    book.custom_doc_props = CustomPropertyList()
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    for sheet in list(book.chartsheets):
        book.remove(sheet)
        gone["charts"] += 1
    formulas = False
    for sheet in book.worksheets:
        gone["charts"] += len(sheet._charts)
        gone["pictures"] += len(sheet._images)
        gone["pivot tables"] += len(sheet._pivots)
        sheet._charts, sheet._images, sheet._pivots = [], [], []
        gone["scenarios"] += len(sheet.scenarios.scenario) if sheet.scenarios else 0
        sheet.scenarios = ScenarioList()
        sheet.legacy_drawing = None
        formulas |= _without_results(sheet)
        _without_constants(sheet.defined_names, gone)
    _without_constants(book.defined_names, gone)
    notes = [f"{count} {what} of the workbook were left out" for what, count in sorted(gone.items()) if count]
    return notes + ["formulas have no results until they are calculated again"] * formulas


def _without_results(sheet: Worksheet) -> bool:
    """Empty the cells that only show a result of an array formula; return whether there are formulas."""
    found = False
    for row in list(sheet.iter_rows()):
        for cell in row:
            if cell.data_type != "f":
                continue
            found = True
            area = getattr(cell.value, "ref", None)
            if area:
                for other in chain.from_iterable(_area(sheet, area)):
                    if other.coordinate != cell.coordinate and other.data_type != "f":
                        other.value = None
    return found


def _area(sheet: Worksheet, area: str) -> tuple[tuple[Any, ...], ...]:
    found = sheet[area]
    if not isinstance(found, tuple):
        return ((found,),)
    return found if found and isinstance(found[0], tuple) else (found,)


def _without_constants(names: Any, gone: Counter[str]) -> None:
    for name in [name for name, defined in names.items() if "!" not in (defined.attr_text or "")]:
        del names[name]
        gone["names of constants"] += 1


def _without_formulas(book: Any, title: str, tally: Tally) -> None:
    """Empty the formulas of a sheet and those that refer to it: they would calculate with other cells than they did."""
    quoted = title.replace("'", "''")
    found = False
    for sheet in book.worksheets:
        for cell in sheet._cells.values():
            if cell.data_type == "f":
                text = str(getattr(cell.value, "text", cell.value))
                if sheet.title == title or f"{title}!" in text or f"{quoted}'!" in text:
                    cell.value = None
                    found = True
    if found:
        tally.notes.append("formulas in the sheet or over it were left out, since rows or columns of it were")


class _Table:
    """One sheet: what a scan shows of it, and the cells that this stands in."""

    def __init__(self, target: Worksheet, sheet: _Sheet, parts: _SheetParts, tally: Tally, limits: Limits) -> None:
        self._target, self._sheet, self._parts, self._tally, self._limits = target, sheet, parts, tally, limits
        self._touched: set[int] = set()               # columns, counted from 1, in which a value changed
        self._dropped: set[int] = set()
        self._gone: list[int] = []                    # rows, counted from 1
        self._comments: dict[tuple[int, str], str | None] = {}

    def rewrite(self, change: Change) -> None:
        """Ask what becomes of the rows, and do it. The columns are those of ``sources/excel.py``."""
        rows = self._rows()
        top = list(islice(rows, self._sheet.first_row + _HEADER_ROWS))
        header = header_row([row for row, _ in top], self._sheet.width)
        names = [column_letters(self._sheet.first_column + at) for at in range(self._sheet.width)]
        start = 0
        if header is not None:
            names = [str(cell).strip() or name for cell, name in zip(top[header][0], names, strict=False)]
            start = header + 1
        else:
            start = next((at for at, (row, _) in enumerate(top) if any(cell != "" for cell in row)), 0)
        names = cells.unique_names(names)
        preface = [(at, column, text) for at, (_, texts) in enumerate(top[:start]) for column, text in enumerate(texts) if text is not None]
        self._pending = sorted(self._parts.comments)
        held: list[tuple[Any, list[str | None]]] = []
        size = 0
        for row in chain(top[start:], rows):
            held.append(row)
            size += sum(len(text) for text in row[1] if text) + len(names)
            if size >= BATCH_BYTES or len(held) >= cells.BATCH_ROWS:
                self._ask(change, names, held, start, preface, last=False)
                start += len(held)
                held, size, preface = [], 0, []
        self._ask(change, names, held, start, preface, last=True)
        if self._sheet.damaged:
            raise WriteError(f"sheet {visible(self._sheet.name)}: its content is damaged or breaks its format")
        self._finish()

    def _rows(self) -> Iterator[tuple[Any, list[str | None]]]:
        with reading():
            yield from _converted(self._sheet, self._parts)

    def _ask(
        self, change: Change, names: list[str], held: list[tuple[Any, list[str | None]]], start: int,
        preface: list[tuple[int, int, str]], *, last: bool,
    ) -> None:  # fmt: skip
        comments = self._take_comments(None if last else start + len(held))
        if not held and not preface and not comments and self._tally.asked:
            return
        count = max(len(held), 1) if preface or comments else len(held)
        parts = [
            Cells(name, cells.strings([texts[at] if at < len(texts) else None for _, texts in held]).cast(pa.string()), None, self._limits)
            for at, name in enumerate(names)
        ]
        beside = {
            "#preface": (np.zeros(len(preface), np.int64), [text for _, _, text in preface]),
            "#comments": (np.array([min(max(row - start, 0), count - 1) for row, _ in comments], np.int64), [text for _, text in comments]),
        }
        extra = {}
        for name, (rows, texts) in beside.items():
            if texts:
                extra[name] = len(parts)
                parts.append(Cells(name, cells.strings(texts).cast(pa.string()), rows, self._limits))
        changes = self._tally.ask(change, tuple(column for part in parts for column in part.columns), count)
        keep = np.ones(count, bool) if changes.keep is None else flags(changes.keep)
        stays = keep[: len(held)]
        self._tally.rows_in += len(held)
        self._tally.rows_out += int(stays.sum())
        self._gone += [start + int(at) + 1 for at in np.flatnonzero(~stays)]
        at = 0
        for position, part in enumerate(parts):
            own = Asked(changes.values, changes.drop).part(at, len(part.columns))
            exact = at in changes.exact
            at += len(part.columns)
            made = pa.nulls(len(part.values), pa.string()) if 0 in own.drop else part.fold(own) if own else part.values
            places = differing(part.values, made).tolist()
            self._tally.changed += len(places) if 0 not in own.drop else 0
            if position == extra.get("#comments"):
                for k, (row, text) in enumerate(comments):
                    self._comments[row, text] = made[k].as_py()
            elif position == extra.get("#preface"):
                for k in places:
                    row, column, _ = preface[k]
                    self._put(row, column, preface[k][2], made[k].as_py(), exact)
            elif 0 in own.drop:
                self._dropped.add(self._sheet.first_column + position + 1)
            else:
                for k in places:
                    self._put(start + k, position, held[k][0][position], made[k].as_py(), exact)

    def _take_comments(self, until: int | None) -> list[tuple[int, str]]:
        found = []
        while self._pending and (until is None or self._pending[0] <= until):
            row = self._pending.pop(0)
            found += [(row, text) for text in self._parts.comments[row]]
        return found

    def _put(self, row: int, column: int, old: object, new: str | None, exact: bool) -> None:
        """Give a cell a new value, of the kind that the old one was of if it can be one."""
        from openpyxl.cell.cell import MergedCell

        place = self._sheet.first_column + column + 1
        self._touched.add(place)
        cell = self._target.cell(row + 1, place)
        if isinstance(cell, MergedCell):
            return  # what lies under a merged cell is not written at all
        if new is None:
            cell.value = None
            return
        value = _value(old, _CONTROL.sub("", new))
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # also where it begins with =
            if not exact and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"):
                cell.quotePrefix = True

    # ------------------------------------------------------------------------------------------------ the rest of a sheet

    def _finish(self) -> None:
        target = self._target
        for (row, column), cell in target._cells.items():
            if cell.comment is not None:
                self._comment(row, column, cell)
            if column in self._touched and cell.hyperlink is not None:
                cell.hyperlink = None
        if target.auto_filter.ref:
            target.auto_filter.filterColumn = []
            target.auto_filter.sortState = None
        for table in target.tables.values():
            if table.autoFilter is not None:
                table.autoFilter.filterColumn = []
                table.autoFilter.sortState = None
            table.sortState = None
        self._without_rules()
        if self._gone or self._dropped:
            self._take_out()

    def _comment(self, row: int, column: int, cell: Any) -> None:
        from openpyxl.comments import Comment

        text = cell.comment.text.strip()
        new = self._comments.get((row - 1, text))
        if column in self._touched or column in self._dropped or new is None:
            cell.comment = None
        else:
            cell.comment = Comment(_CONTROL.sub("", new), "")

    def _without_rules(self) -> None:
        """Take out rules over changed columns that may quote values."""
        target = self._target
        kept = [one for one in target.data_validations.dataValidation if not self._meets(one.sqref)]
        if len(kept) < len(target.data_validations.dataValidation):
            target.data_validations.dataValidation = kept
            self._tally.notes.append("lists of permitted values over changed columns were left out")
        formats = target.conditional_formatting
        for one in [one for one in formats if self._meets(one.sqref)]:
            del formats[one.sqref]
            if "conditional formats over changed columns were left out" not in self._tally.notes:
                self._tally.notes.append("conditional formats over changed columns were left out")

    def _meets(self, ranges: Any) -> bool:
        touched = self._touched | self._dropped
        return any(one.min_col <= column <= one.max_col for one in ranges.ranges for column in touched)

    def _take_out(self) -> None:
        """Move together what stays of the cells. What refers to places by number cannot be kept."""
        from openpyxl.formatting.formatting import ConditionalFormattingList
        from openpyxl.worksheet.datavalidation import DataValidationList
        from openpyxl.worksheet.filters import AutoFilter

        target = self._target
        rows, columns = sorted(self._gone), sorted(self._dropped)
        gone_rows, gone_columns = set(rows), set(columns)
        moved = {}
        for (row, column), cell in sorted(target._cells.items()):
            if row in gone_rows or column in gone_columns:
                continue
            cell.row, cell.column = row - bisect_left(rows, row), column - bisect_left(columns, column)
            if getattr(cell, "hyperlink", None) is not None:
                cell.hyperlink.ref = cell.coordinate
            moved[cell.row, cell.column] = cell
        target._cells.clear()
        target._cells.update(moved)
        self._move_sizes(rows, columns)
        left_out = [bool(target.tables), bool(target.auto_filter.ref), bool(target.merged_cells.ranges)]
        left_out += [bool(target.data_validations.dataValidation), len(list(target.conditional_formatting)) > 0]
        for name in list(target.tables):
            del target.tables[name]
        target.auto_filter = AutoFilter()
        target.data_validations = DataValidationList()
        target.conditional_formatting = ConditionalFormattingList()
        target.merged_cells.ranges = type(target.merged_cells.ranges)()
        if any(left_out):
            self._tally.notes.append("tables, filters, rules and merged cells of the sheet were left out, since rows or columns of it were")
        _without_formulas(target.parent, target.title, self._tally)

    def _move_sizes(self, rows: list[int], columns: list[int]) -> None:
        target = self._target
        heights = {at: (size.height, size.hidden) for at, size in target.row_dimensions.items()}
        target.row_dimensions.clear()
        for at, (height, hidden) in heights.items():
            if at not in set(rows):
                made = target.row_dimensions[at - bisect_left(rows, at)]
                made.height, made.hidden = height, hidden
        widths = {}
        for size in target.column_dimensions.values():
            for at in range(size.min or size.index and 1, (size.max or size.min or 1) + 1):
                widths[at] = (size.width, size.hidden)
        target.column_dimensions.clear()
        for at, (width, hidden) in sorted(widths.items()):
            if at not in columns:
                made = target.column_dimensions[column_letters(at - bisect_left(columns, at) - 1)]
                made.width, made.hidden = width, hidden


def _value(old: object, new: str) -> object:
    """Return a new text as number, truth value or moment if the old value was one and the text is spelt as one."""
    made: object = new
    if isinstance(old, bool):
        made = {"true": True, "false": False}.get(new, new)
    elif isinstance(old, (int, float)):
        with suppress(ValueError, OverflowError):
            made = float(new)
            made = int(made) if made == int(made) else made
    elif isinstance(old, tuple):
        for kind in (dt.datetime, dt.date, dt.time):
            with suppress(ValueError):
                if cells.cell_text(kind.fromisoformat(new)) == new:
                    made = kind.fromisoformat(new)
    return made if cells.cell_text(made) == new else new
