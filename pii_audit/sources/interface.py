"""The contract of a source: bytes in, bounded batches of text columns out.

A source never decides what is personal data and never drops anything silently:
what it cannot read it yields as :class:`Skipped`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from pii_audit.model.dataset import Note, Skipped

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

#: a batch holds about this many bytes of text; what one step of a worker costs in memory follows from it
BATCH_BYTES = 4 << 20
#: lines and cells longer than this are cut into pieces at multiples of it (so batch size cannot matter)
PIECE_BYTES = 1 << 20
#: pieces overlap by this much on either side; no recogniser looks further than this from a span
PIECE_MARGIN = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on hostile input; each is reported when it bites."""

    archive_depth: int = 8
    archive_members: int = 1_000_000
    archive_ratio: int = 200          #: expansion ratio judged after the first 64 MiB of output
    archive_bytes: int = 1 << 40      #: bytes unpacked from one outermost archive
    memory_bytes: int = 256 << 20     #: a member that needs random access must fit into this
    json_depth: int = 512
    columns: int = 20_000


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with a name: a file on disk, standard input, or a member of an archive."""

    name: str                          #: as the user would name it, ``a.zip!in/b.csv``
    open: Callable[[], BinaryIO]       #: a fresh stream from the first byte; may not be seekable
    path: str | None = None            #: set only for a plain file on disk
    size: int | None = None
    depth: int = 0                     #: how many archives it lies inside


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of work on a blob, picklable.

    A byte range (``end`` exclusive, None = to the end) plus what was learnt from its beginning (dialect, header, encoding).
    """

    start: int = 0
    end: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Says that the values of a column are pieces of longer lines or cells (one entry per value)."""

    chars: np.ndarray        #: int64, characters of the line or cell before this piece's first byte
    core_start: np.ndarray   #: int64, byte offset inside the value: spans starting before it belong to the piece before
    core_end: np.ndarray     #: int64, byte offset inside the value: spans starting at or after it belong to the next


@dataclass(frozen=True, slots=True)
class Column:
    """Text values of one column (or one JSON path, or the lines of a text)."""

    name: str | None                   #: None: lines of text. JSON paths: ``borrower.mobile``, ``contacts[].phone``
    values: pa.Array                   #: pa.string() or pa.large_string(); nulls allowed; valid UTF-8
    rows: np.ndarray | None = None     #: int64 row of each value relative to ``Batch.first_row``; None: 0, 1, 2 …
    pieces: Pieces | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A bounded run of rows of one table (or lines of one text)."""

    source: str                        #: display name incl. members and sheets: ``a.zip!in/b.xlsx!Sheet1``
    format: str                        #: ``text``, ``delimited``, ``excel`` …
    text: bool                         #: True: rows are lines; False: rows are data rows (header not counted)
    columns: tuple[Column, ...]
    first_row: int                     #: 0-based row (line) of this batch's first row inside the *part*
    num_rows: int
    num_bytes: int                     #: bytes of the input this batch stands for (progress)


@dataclass(frozen=True, slots=True)
class TableEnd:
    """Says that one table of a part is complete, with what was learnt about it."""

    source: str
    format: str
    rows: int                          #: rows (lines) in this part
    bytes: int                         #: bytes of input read for it
    encoding: str | None = None        #: ``utf-8``, ``utf-8-bom``, ``utf-16-le``, ``gb18030``, None for binary formats
    columns: int | None = None


Event = Batch | TableEnd | Skipped | Note


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a source may need beyond its blob."""

    limits: Limits
    #: reads a blob found inside another (archives): sniffs it and yields its events
    descend: Callable[[Blob], Iterator[Event]]


class Source(ABC):
    """One format. Instances are stateless and picklable; listed by the entry-point group ``pii_audit.sources``."""

    name: ClassVar[str]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()
    #: name of the optional dependency group, if reading needs one
    extra: ClassVar[str | None] = None

    @abstractmethod
    def recognises(self, head: bytes, name: str) -> float:
        """Return how sure the content is of this format, 0 (no) to 1 (magic number), from its first 64 KiB.

        Content decides; the suffix may only break ties (add at most 0.1).
        """

    def split(self, blob: Blob, part_bytes: int) -> Sequence[Part]:
        """Return the parts that can be read independently, in order. Default: one part."""
        return (Part(),)

    @abstractmethod
    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        """Yield batches, then one TableEnd per table; problems as Skipped. Raises SourceError if nothing can be read."""
