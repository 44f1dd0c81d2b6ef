"""Reads one workbook with calamine in a process of its own; started by ``excel.py`` only, imports nothing of ours.

A damaged workbook can make the library ask for any amount of memory, which ends a process, or print a message that
quotes cells. Here neither reaches the scan: memory and time are capped, standard error is closed off by the parent.

Arguments: bytes of memory allowed, positions of sheets not to open. The workbook is standard input (the file itself,
or a pipe). Answers are frames on standard output, four bytes of length and a marshalled tuple:

``("book", [(name, kind, visibility), …])``, then per sheet ``("sheet", position, first row, first column, width)``,
``("rows", [row, …])`` as often as needed and ``("end",)``, or ``("bad", position)``; ``("fail", code)`` for the whole.
Cells are text, numbers, booleans, or for dates and times a tuple with the text.
"""

from __future__ import annotations

import datetime as dt
import io
import marshal
import sys
from contextlib import suppress
from typing import Any, BinaryIO

import python_calamine

_ROWS = 500
_CPU_SECONDS = 1800


def main() -> None:
    """Read the workbook of standard input and write its cells to standard output."""
    memory, *refused = map(int, sys.argv[1:])
    _limit(memory)
    source = sys.stdin.buffer
    stream: BinaryIO = source if source.seekable() else io.BytesIO(source.read())
    stream.seek(0)
    try:
        book = python_calamine.load_workbook(stream)
        sheets = [
            (meta.name, str(meta.typ).rpartition(".")[2], str(meta.visible).rpartition(".")[2])
            for meta in book.sheets_metadata
        ]
    except MemoryError:
        _send("fail", "too-large")
    except python_calamine.PasswordError:
        _send("fail", "encrypted")
    except BaseException as error:  # noqa: BLE001 - Rust's panics are no Exceptions
        _send("fail", "encrypted" if "assword" in str(error) else "corrupt")
    else:
        _send("book", sheets)
        for position in range(len(sheets)):
            if position not in refused:
                _sheet(book, position)
    sys.stdout.buffer.flush()


def _sheet(book: Any, position: int) -> None:
    try:
        sheet = book.get_sheet_by_index(position)
        first_row, first_column = sheet.start or (0, 0)
        _send("sheet", position, first_row, first_column, sheet.width)
        rows: list[list[object]] = []
        for row in sheet.iter_rows():
            rows.append([cell if isinstance(cell, (str, float, int)) else (_moment(cell),) for cell in row])
            if len(rows) == _ROWS:
                _send("rows", rows)
                rows = []
        _send("rows", rows)
        _send("end")
    except BaseException as error:
        if isinstance(error, BrokenPipeError):
            raise
        _send("bad", position)


def _moment(cell: object) -> str:
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, (dt.date, dt.time)) else str(cell)


def _send(*message: Any) -> None:
    data = marshal.dumps(message)
    sys.stdout.buffer.write(len(data).to_bytes(4, "little") + data)


def _limit(memory: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # not every system has such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
