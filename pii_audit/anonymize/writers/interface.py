"""The contract of a writer: a file in, the same file with other values out.

What is not changed stays as it was, to the byte where the format allows: encoding, dialect, quotes, line ends, order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from pii_audit.model.errors import PiiAuditError
from pii_audit.sources.interface import Blob, Column, Limits

if TYPE_CHECKING:
    import pyarrow as pa


class WriteError(PiiAuditError):
    """A file could not be written again; nothing of it may be used. Carries a reason, neither its name nor a value."""

    exit_code = 3


@dataclass(frozen=True)
class Chunk:
    """A bounded run of rows of one table (or lines of one text), named as the scan names it.

    Long values are in one piece (``Column.pieces`` is None), lines are without their ends. A table without rows is one
    chunk without rows.
    """

    source: str                   #: display name incl. sheets and tables: ``a.xlsx!Sheet1``
    text: bool                    #: True: lines of a text, in one column without a name
    columns: tuple[Column, ...]   #: every value as text; names as a scan gives them (``contacts[].phone``)
    first_row: int                #: 0-based
    num_rows: int


@dataclass(frozen=True)
class Changes:
    """What becomes of a chunk. ``values``: position of a column → new texts (as many as it had; equal ones stay as they lie).

    A null where there was a value becomes an empty cell (null where the format has one).
    ``drop``: positions of columns that go, in every chunk those of the same names. ``keep``: which rows stay; None for all.
    ``exact``: positions whose values are written as they are, also those that a spreadsheet would take for formulas.
    """

    values: Mapping[int, pa.Array] = field(default_factory=dict)
    drop: frozenset[int] = frozenset()
    keep: pa.Array | None = None
    exact: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Written:
    """What was written: per table the rows and columns read and written, and cells that were changed.

    ``notes``: what is not as it was besides (a column that became text, formulas without their last result).
    """

    source: str
    rows_in: int
    rows_out: int
    columns_in: int
    columns_out: int
    cells_changed: int
    notes: tuple[str, ...] = ()


Change = Callable[[Chunk], Changes]


class Writer(ABC):
    """One format. Instances are stateless."""

    #: names of formats as sources report them (``delimited``, ``text``, ``jsonlines`` …)
    formats: ClassVar[tuple[str, ...]]

    @abstractmethod
    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        """Write ``blob`` to ``out`` with what ``change`` makes of every chunk, in order, in bounded memory.

        Raises WriteError if the file cannot be read to its end: then nothing of ``out`` may be used.
        """
