"""Byte streams that hostile or damaged input cannot break: what every binary source reads from."""

from __future__ import annotations

import errno
import io
import lzma
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from pii_audit.model.errors import PiiAuditError, SourceError
from pii_audit.model.visible import visible
from pii_audit.sources.interface import Blob, Limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: bytes unpacked before a member's expansion ratio is judged
RATIO_FLOOR = 64 << 20
#: bytes unpacked before the ratio of a whole outermost archive is judged: one bomb must not hide its neighbours
TOTAL_FLOOR = 1 << 30

_CHUNK = 1 << 20


class Problem(NamedTuple):
    """Why reading ended early: the two words of a Skipped."""

    code: str
    reason: str


_OS_PROBLEMS = {
    errno.ENOENT: Problem("missing", "it does not exist or disappeared before it was read"),
    errno.EACCES: Problem("permission", "no permission to read it"),
    errno.EPERM: Problem("permission", "no permission to read it"),
    errno.ELOOP: Problem("loop", "it is a symbolic link that leads back to itself"),
    errno.EISDIR: Problem("not-a-file", "it became a directory before it was read"),
    errno.ENXIO: Problem("not-a-file", "it is a socket or device"),
}

#: modules whose exceptions mean that the content breaks its own format
_FORMAT_MODULES = ("pyarrow", "zlib", "_lzma", "zipfile", "tarfile", "sqlite3", "zstandard", "zstd", "py7zr",
                   "python_calamine", "_python_calamine", "xml", "pyexpat", "struct", "_bz2", "pyppmd", "inflate64")  # fmt: skip


def explain(error: BaseException) -> Problem:
    """Return code and value-free reason for an error that a reader met. Library messages are never repeated."""
    if isinstance(error, SourceError):
        return Problem(error.code, error.reason)
    if isinstance(error, PiiAuditError):
        raise error
    if isinstance(error, MemoryError):
        return Problem("too-large", "it does not fit into memory")
    if isinstance(error, RecursionError):
        return Problem("too-deep", "its content is nested too deeply")
    if isinstance(error, EOFError) or "unexpected end of data" in str(error):  # the latter in tarfile's words
        return Problem("truncated", "it ends before its content is complete")
    if isinstance(error, lzma.LZMAError) and "emory" in str(error):
        return Problem("too-large", "unpacking it needs more memory than allowed")
    if isinstance(error, OSError) and error.errno is not None:
        word = errno.errorcode.get(error.errno, str(error.errno))
        return _OS_PROBLEMS.get(error.errno, Problem("unreadable", f"the system could not read it ({word})"))
    kind = type(error)
    if isinstance(error, (ValueError, LookupError, OSError, ArithmeticError, NotImplementedError)) or (
        kind.__module__.split(".")[0] in _FORMAT_MODULES
    ):
        return Problem("corrupt", f"its content is damaged or breaks its format ({kind.__name__})")
    return Problem("unreadable", f"the reader failed ({kind.__name__})")


def decode_name(raw: bytes) -> str:
    """Return a member name from bytes of unknown encoding: UTF-8, else GB18030, else with escapes."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return visible(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return visible(raw.decode("ascii", "surrogateescape"))


@dataclass(slots=True)
class Budget:
    """What may still be unpacked from one outermost archive; shared by everything nested in it."""

    limits: Limits
    packed: int = 0            #: size of the outermost archive so far as known
    unpacked: int = 0
    members: int = 0

    def spend(self, size: int) -> Problem | None:
        """Count unpacked bytes; return the limit that bites, if any."""
        self.unpacked += size
        if self.unpacked > self.limits.archive_bytes:
            return Problem("too-large", f"more than {self.limits.archive_bytes} bytes were unpacked from one archive")
        if self.unpacked > TOTAL_FLOOR and self.unpacked > self.limits.archive_ratio * max(self.packed, 1):
            return Problem("ratio", f"the archive expands to more than {self.limits.archive_ratio} times its size")
        return None

    def enter(self) -> Problem | None:
        """Count one member; return the limit that bites, if any."""
        self.members += 1
        if self.members > self.limits.archive_members:
            return Problem("too-many", f"the archive has more than {self.limits.archive_members} members")
        return self.spend(0)


@dataclass(frozen=True, slots=True)
class Member(Blob):
    """A blob inside another one, with the budget of the outermost."""

    budget: Budget | None = None


def budget_of(blob: Blob, limits: Limits) -> Budget:
    """Return the budget that a blob inherits, or a fresh one for an outermost blob; refuse deeper nesting than allowed."""
    if blob.depth >= limits.archive_depth:
        raise SourceError(f"it lies inside {blob.depth} archives, deeper than allowed", code="too-deep")
    if isinstance(blob, Member) and blob.budget is not None:
        return blob.budget
    return Budget(limits, packed=blob.size or 0)


class Guarded(io.RawIOBase):
    """A stream that ends where reading fails or a limit bites; ``problem`` then says why.

    Readers thus see every byte before the damage, whatever they buffer. ``packed`` tells how many packed bytes
    were used so far; without it (solid archives) only the budget judges expansion.
    """

    def __init__(
        self,
        pull: Callable[[int], bytes],
        budget: Budget,
        *,
        packed: Callable[[], int] | None = None,
        close: Callable[[], object] | None = None,
        expands: bool = True,
    ) -> None:
        self.problem: Problem | None = None
        self.unpacked = 0
        self._pull = pull
        self._budget = budget
        self._packed = packed
        self._close = close
        self._expands = expands

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if self.problem is not None or not len(view):
            return 0
        try:
            data = self._pull(min(len(view), _CHUNK))
        except Exception as error:  # noqa: BLE001 - any reader's failure ends the stream, with its reason
            self.problem = explain(error)
            return 0
        view[: len(data)] = data
        self.unpacked += len(data)
        if self._expands:
            self.problem = self._budget.spend(len(data)) or self._ratio()
        return len(data)

    def _ratio(self) -> Problem | None:
        limit = self._budget.limits.archive_ratio
        if self._packed is None or self.unpacked <= RATIO_FLOOR or self.unpacked <= limit * max(self._packed(), 1):
            return None
        return Problem("ratio", f"it expands to more than {limit} times its size; only the beginning was read")

    def close(self) -> None:
        if not self.closed and self._close is not None:
            self._close()
        super().close()


class Prefixed(io.RawIOBase):
    """A stream whose first bytes were taken off to look at, put back."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if len(self._head):
            data: bytes | memoryview = self._head[: len(view)]
            self._head = self._head[len(view) :]
        else:
            data = self._rest.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._rest.close()
        super().close()


@dataclass(slots=True)
class Once:
    """Opens streams that cannot be opened twice (standard input, members of sequential archives)."""

    stream: BinaryIO
    used: bool = field(default=False)

    def __call__(self) -> BinaryIO:
        if self.used:
            raise SourceError("it can be read only once, from beginning to end", code="unreadable")
        self.used = True
        return self.stream


def buffered(raw: io.RawIOBase) -> BinaryIO:
    """Return a buffered reader over a raw stream."""
    return cast(BinaryIO, io.BufferedReader(raw, 1 << 17))


def size_of(stream: BinaryIO) -> int:
    """Return the size of a seekable stream and leave it at its beginning."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size


def random_access(blob: Blob, limits: Limits) -> BinaryIO:
    """Return a seekable stream: the file itself, or the bytes of a member if they fit into memory."""
    if blob.path is not None:
        return blob.open()
    kept = io.BytesIO()
    with blob.open() as stream:
        while chunk := stream.read(_CHUNK):
            kept.write(chunk)
            if kept.tell() > limits.memory_bytes:
                raise SourceError(
                    f"its format needs random access and it is larger than {limits.memory_bytes} bytes in memory",
                    code="too-large",
                )
    kept.seek(0)
    return kept
