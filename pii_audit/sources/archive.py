"""Many files in one: zip, tar, 7z. Members stream; nothing is written to disk.

Members are named ``a.zip!in/b.csv``. Limits on depth, count, size and expansion are shared by everything inside one
outermost file and reported where they bite; the members that are not concerned are read.
"""

from __future__ import annotations

import io
import queue
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from pii_audit import sources
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import SourceError
from pii_audit.model.visible import visible
from pii_audit.sources import sniff
from pii_audit.sources.interface import Batch, Blob, Event, Part, ReadContext, Source, TableEnd
from pii_audit.sources.streams import (
    Budget,
    Guarded,
    Member,
    Once,
    Problem,
    budget_of,
    buffered,
    decode_name,
    explain,
    random_access,
    size_of,
)


def _member(blob: Blob, name: str, stream: Guarded, size: int | None, budget: Budget) -> Member:
    return Member(f"{blob.name}!{name}", Once(buffered(stream)), None, size, blob.depth + 1, budget)


class ZipSource(Source):
    """Zip archives; also office documents, which are zips, when only their directory tells."""

    name = "zip"
    title = "Zip archive"
    title_zh = "Zip 压缩包"
    suffixes = sniff.suffixes("zip")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def split(self, blob: Blob, part_bytes: int) -> Sequence[Part]:
        if blob.path is None or (blob.size or 0) <= part_bytes:
            return (Part(),)
        with blob.open() as stream, zipfile.ZipFile(stream) as archive:
            sizes = [info.compress_size for info in archive.infolist()]
        parts, begin, held = [], 0, 0
        for at, size in enumerate(sizes):
            if held and held + size > part_bytes:
                parts.append(Part(options={"members": (begin, at)}))
                begin, held = at, 0
            held += size
        return (*parts, Part(options={"members": (begin, len(sizes))}))

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        budget = budget_of(blob, context.limits)
        with random_access(blob, context.limits) as stream:
            budget.packed = budget.packed or size_of(stream)
            with zipfile.ZipFile(stream) as archive:
                infos = archive.infolist()
                names = [info.filename for info in infos[:10_000]]
                if "mimetype" in names[:1]:
                    with archive.open(infos[0]) as first, suppress(zipfile.BadZipFile, NotImplementedError):
                        names.append("mimetype:" + first.read(100).decode("cp437"))
                kind = sniff.office_kind(names)
                if kind is not None and kind != "spreadsheet":
                    raise SourceError(f"its content is a {kind}, a format that is not read", code="unsupported")
                if kind is None:
                    if all(info.is_dir() for info in infos):
                        yield TableEnd(blob.name, self.name, 0, 0)
                    begin, end = part.options.get("members", (0, len(infos)))
                    yield from self._members(blob, archive, infos[begin:end], budget, context)
                    return
            stream.seek(0)
            document = replace(blob, open=Once(stream)) if blob.path is None else blob
            yield from sources.load("excel").read(document, Part(), context)

    def _members(
        self, blob: Blob, archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo], budget: Budget, context: ReadContext
    ) -> Iterator[Event]:
        for info in infos:
            if info.is_dir():
                continue
            name = _zip_name(info)
            place = f"{blob.name}!{name}"
            if (limit := budget.enter()) is not None:
                yield Skipped(blob.name, *limit)
                return
            if info.flag_bits & 1:
                yield Skipped(place, "encrypted", "it is encrypted in the archive")
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                yield Note(place, "link", "it is a link, which has no content of its own")
                continue
            try:
                packed = cast(io.BufferedIOBase, archive.open(info))
            except NotImplementedError:
                yield Skipped(place, "unsupported", "its compression method is not known")
                continue
            except Exception as error:  # noqa: BLE001 - a damaged member must not hide its neighbours
                yield Skipped(place, *explain(error))
                continue
            stream = Guarded(packed.read1, budget, packed=partial(int, info.compress_size), close=packed.close)
            share = min(1.0, info.compress_size / info.file_size) if info.file_size else 1.0
            for event in context.descend(_member(blob, name, stream, info.file_size, budget)):
                yield replace(event, num_bytes=round(event.num_bytes * share)) if isinstance(event, Batch) else event
            if stream.problem is not None:
                yield Skipped(place, *stream.problem)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: archives made on Chinese Windows hold GBK without saying so (APPNOTE.TXT 4.4.4, bit 11)."""
    if info.flag_bits & 0x800:
        return visible(info.filename)
    try:
        return decode_name(info.filename.encode("cp437"))
    except UnicodeEncodeError:
        return visible(info.filename)


class _TarInfo(tarfile.TarInfo):
    """Remembers how the archive ended: tarfile takes a damaged header for the end and says nothing."""

    @classmethod
    def fromtarfile(cls, tarfile_: Any) -> Any:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except (tarfile.EmptyHeaderError, tarfile.TruncatedHeaderError):  # type: ignore[attr-defined]
            tarfile_.ended = Problem("truncated", "the archive ends before its end mark")
            raise
        except tarfile.HeaderError:
            tarfile_.ended = Problem("corrupt", "a member header is damaged; what follows was not read")
            raise


class TarSource(Source):
    """Tar archives, old and new (ustar, GNU, pax), read from beginning to end."""

    name = "tar"
    title = "Tar archive"
    title_zh = "Tar 归档"
    suffixes = sniff.suffixes("tar")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        budget = budget_of(blob, context.limits)
        with blob.open() as stream, tarfile.open(fileobj=stream, mode="r|", tarinfo=_TarInfo) as archive:
            files = 0
            while (info := archive.next()) is not None:
                vars(archive)["members"].clear()  # tarfile would keep them all
                if info.isdir():
                    continue
                files += 1
                name = _tar_name(info.name)
                place = f"{blob.name}!{name}"
                if (limit := budget.enter()) is not None:
                    yield Skipped(blob.name, *limit)
                    return
                if info.islnk() or info.issym():
                    yield Note(place, "link", "it is a link, which has no content of its own")
                    continue
                content = archive.extractfile(info) if info.isreg() else None
                if content is None:
                    yield Note(place, "not-a-file", "it is a device or pipe, which has no content")
                    continue
                member = Guarded(content.read, budget, expands=info.issparse())
                yield from context.descend(_member(blob, name, member, info.size, budget))
                if member.problem is not None:
                    yield Skipped(place, *member.problem)
            if not files:
                yield TableEnd(blob.name, self.name, 0, 0)
            problem = getattr(archive, "ended", None)
            if problem is not None:
                yield Skipped(blob.name, *problem)
                return
            while rest := stream.read(1 << 20):
                if rest.strip(b"\0"):
                    yield Skipped(blob.name, "corrupt", "content follows the end mark of the archive; it was not read")
                    return


def _tar_name(name: str) -> str:
    return decode_name(name.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class _Opened:
    """Says that the bytes that follow belong to this member."""

    name: str


class _Abandoned(Exception):
    """Nobody wants the rest."""


class SevenZipSource(Source):
    """7z archives. py7zr pushes members in order; a thread and a short queue turn that into a stream."""

    name = "7z"
    title = "7z archive"
    title_zh = "7z 压缩包"
    suffixes = sniff.suffixes("7z")

    def recognises(self, head: bytes, name: str) -> float:
        return sniff.SURE if sniff.signature(head) == self.name else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        import py7zr

        budget = budget_of(blob, context.limits)
        with random_access(blob, context.limits) as stream:
            budget.packed = budget.packed or size_of(stream)
            try:
                archive = py7zr.SevenZipFile(stream)  # given a stream it starts no threads of its own
                encrypted = archive.needs_password()
            except py7zr.PasswordRequired:
                encrypted = True
            if encrypted:
                raise SourceError("the archive is encrypted", code="encrypted")
            pump = _Pump(archive)
            try:
                yield from self._members(blob, pump, budget, context)
            finally:
                pump.stop()

    def _members(self, blob: Blob, pump: _Pump, budget: Budget, context: ReadContext) -> Iterator[Event]:
        for name in pump:
            if (limit := budget.enter()) is not None:
                yield Skipped(blob.name, *limit)
                return
            stream = Guarded(pump.pull, budget)
            yield from context.descend(_member(blob, visible(name), stream, None, budget))
            if stream.problem is not None and stream.problem.code in ("ratio", "too-large"):
                yield Skipped(f"{blob.name}!{visible(name)}", *stream.problem)
        if pump.failure is not None:
            yield Skipped(blob.name, *pump.failure)
        elif not pump.opened:
            yield TableEnd(blob.name, self.name, 0, 0)


class _Pump:
    """Runs an extraction in a thread and gives out the members one by one."""

    def __init__(self, archive: Any) -> None:
        self.failure: Problem | None = None
        self.opened = 0
        self._queue: queue.Queue[_Opened | memoryview | BaseException | None] = queue.Queue(1)
        self._stopped = threading.Event()
        self._next: _Opened | None = None
        self._ended = False
        self._rest = memoryview(b"")
        self._thread = threading.Thread(target=self._run, args=(archive,), daemon=True)
        self._thread.start()

    def _run(self, archive: Any) -> None:
        try:
            archive.extractall(factory=_factory(self))  # noqa: S202 - the factory hands bytes on, nothing touches the disk
            self.put(None)
        except _Abandoned:
            return
        except Exception as error:  # noqa: BLE001 - handed over to the reading side
            with suppress(_Abandoned):
                self.put(error)

    def put(self, item: _Opened | memoryview | BaseException | None) -> None:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._queue.put(item, timeout=0.2)
                return
        raise _Abandoned

    def stop(self) -> None:
        self._stopped.set()
        while self._thread.is_alive():
            with suppress(queue.Empty):
                self._queue.get_nowait()
            self._thread.join(0.05)

    def __iter__(self) -> Iterator[str]:
        while True:
            while self._next is None and not self._ended:
                self._receive()
            if self._next is None:
                return
            opened, self._next = self._next, None
            self.opened += 1
            yield opened.name

    def pull(self, size: int) -> bytes:
        """Return up to ``size`` bytes of the current member, ``b""`` at its end."""
        while not len(self._rest) and self._next is None and not self._ended:
            self._receive(keep=True)
        out, self._rest = self._rest[:size], self._rest[size:]
        if not len(out) and self.failure is not None:
            raise SourceError(self.failure.reason, code=self.failure.code)
        return bytes(out)

    def _receive(self, keep: bool = False) -> None:
        item = self._queue.get()
        if isinstance(item, _Opened):
            self._next = item
        elif isinstance(item, memoryview):
            self._rest = item if keep else memoryview(b"")
        else:
            self._ended = True
            self.failure = None if item is None else explain(item)


def _factory(pump: _Pump) -> Any:
    """Return the writer factory that py7zr asks for each member."""
    import py7zr

    class Writer(py7zr.Py7zIO):
        def write(self, data: bytes | bytearray) -> int:
            pump.put(memoryview(bytes(data)))
            return len(data)

        def read(self, size: int | None = None) -> bytes:
            return b""

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

        def flush(self) -> None:
            """Nothing is held back."""

        def size(self) -> int:
            return 0

    class Factory(py7zr.WriterFactory):
        def create(self, filename: str) -> py7zr.Py7zIO:
            pump.put(_Opened(filename))
            return Writer()

    return Factory()
