"""The engine for one machine: a pool of processes over files and over byte ranges of big files.

Pieces of work are dealt out in the order of the sources and merged in that order, at most a few in flight, so memory
stays flat and the result does not depend on who did what. A worker that dies costs the piece it was reading, not the run.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing as mp
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import sources
from pii_audit.engines.fold import Folded, Folder
from pii_audit.engines.interface import Engine, Work
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import SourceError
from pii_audit.model.finding import Location
from pii_audit.model.progress import Progress
from pii_audit.sources.interface import Blob, Event, Part, ReadContext

#: files are cut into ranges of about this size
PART_BYTES = 32 << 20
#: small files travel together up to this size or number
GROUP_BYTES = 8 << 20
GROUP_FILES = 64
#: pieces in flight per worker
AHEAD = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work: whole files, or one part of one file (``source`` names its reader)."""

    blobs: tuple[Blob, ...]
    source: str | None = None
    part: Part = Part()
    index: int = 0  #: number of the part inside its file
    last: bool = True


class LocalEngine(Engine):
    """Runs in this process (``workers`` 1) or in a pool."""

    def __init__(self, workers: int = 1, part_bytes: int = PART_BYTES) -> None:
        self.workers = workers
        self.part_bytes = part_bytes

    def run(self, work: Work) -> Folded:
        """Return everything merged. Raises SourceError at the first skip when ``work.strict``."""
        merger = _Merger(work)
        pieces = self._pieces(work, merger)
        if self.workers <= 1:
            reader = _Reader(work)
            for piece in pieces:
                merger.take(piece, reader.fold(piece, merger.advance))
        else:
            self._pooled(work, pieces, merger)
        return merger.total

    def _pieces(self, work: Work, merger: _Merger) -> Iterator[Piece]:
        """Yield the work in order. Big files are cut here; small ones are not even opened."""
        group: list[Blob] = []
        size = 0
        for blob in work.blobs:
            big = blob.path is not None and (blob.size or 0) >= 2 * self.part_bytes
            if blob.path is None or big:
                if group:
                    yield Piece(tuple(group))
                    group, size = [], 0
                yield from self._cut(blob, merger) if big else (Piece((blob,)),)
                continue
            group.append(blob)
            size += blob.size or 0
            if size >= GROUP_BYTES or len(group) >= GROUP_FILES:
                yield Piece(tuple(group))
                group, size = [], 0
        if group:
            yield Piece(tuple(group))

    def _cut(self, blob: Blob, merger: _Merger) -> Iterator[Piece]:
        plan = sources.plan(blob, self.part_bytes)
        if plan.source is None or len(plan.parts) < 2:
            # one reader for all of it; if it cannot be read, the reader names the trouble
            yield Piece((blob,))
            return
        merger.note(plan.events)
        for index, part in enumerate(plan.parts):
            yield Piece((plan.blob,), plan.source, part, index, index == len(plan.parts) - 1)

    # -- pool ------------------------------------------------------------------------------------------------------

    def _pooled(self, work: Work, pieces: Iterator[Piece], merger: _Merger) -> None:
        work.detector.warm()
        context = mp.get_context("spawn")
        counter = context.Value("q", 0)
        pending: deque[tuple[Piece, Future[Folded] | None]] = deque()
        pool = self._pool(work, context, counter)
        seen = 0
        try:
            exhausted = False
            while pending or not exhausted:
                while not exhausted and len(pending) < AHEAD * self.workers:
                    coming = next(pieces, None)
                    if coming is None:
                        exhausted = True
                    elif coming.blobs[0].path is None:
                        pending.append((coming, None))  # standard input cannot travel
                    else:
                        pending.append((coming, _submit(pool, coming)))
                if not pending:
                    break
                piece, future = pending.popleft()
                if future is None:
                    merger.take(piece, _Reader(work).fold(piece, merger.advance))
                    continue
                while True:
                    done = wait((future,), timeout=0.2).done
                    merger.advance(counter.value - seen)
                    seen = counter.value
                    if done:
                        break
                merger.take(piece, future.result())
        except BrokenProcessPool:
            # a dead worker takes the pool with it: what was in flight is read again, one file at a time
            _end(pool)
            rest = [piece, *(other for other, _ in pending)]
            for lost in rest:
                merger.take(lost, self._alone(work, context, counter, lost))
            self._pooled(work, pieces, merger)
            return
        except BaseException:
            _end(pool)
            raise
        pool.shutdown()

    def _pool(self, work: Work, context: Any, counter: Any, workers: int | None = None) -> ProcessPoolExecutor:
        quiet = replace(work, blobs=(), on_progress=None, on_spans=None)
        return ProcessPoolExecutor(
            workers or self.workers, mp_context=context, initializer=_start, initargs=(quiet, counter)
        )

    def _alone(self, work: Work, context: Any, counter: Any, piece: Piece) -> Folded:
        """Read a piece in a worker of its own; if that dies too, file by file; a file that kills it is skipped."""
        merged = Folded()
        for blob in piece.blobs:
            pool = self._pool(work, context, counter, 1)
            try:
                folded = pool.submit(_fold, replace(piece, blobs=(blob,))).result()
            except BrokenProcessPool:
                folded = Folded(skipped=[Skipped(blob.name, "crashed", "the process that read it ended unexpectedly")])
            finally:
                _end(pool)
            _append(merged, folded)
        return merged


def _submit(pool: ProcessPoolExecutor, piece: Piece) -> Future[Folded]:
    try:
        return pool.submit(_fold, piece)
    except BrokenProcessPool as error:
        failed: Future[Folded] = Future()
        failed.set_exception(error)
        return failed


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop a pool at once: no orphan stays behind."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def _append(into: Folded, other: Folded) -> None:
    into.structures.merge(other.structures)
    for key, profile in other.profiles.items():
        if key in into.profiles:
            into.profiles[key].merge(profile)
        else:
            into.profiles[key] = profile
    into.tables += other.tables
    into.skipped += other.skipped
    into.notes += other.notes
    into.spans += other.spans
    into.count += other.count


class _Merger:
    """Takes pieces in order, moves their rows behind those of earlier parts, and merges."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.total = Folded()
        self._base: dict[str, int] = {}
        self._bytes = 0
        self._done = 0

    def note(self, events: Iterable[Event]) -> None:
        """Take what is known about a file before it is read."""
        self.total.skipped += [event for event in events if isinstance(event, Skipped)]
        self.total.notes += [event for event in events if isinstance(event, Note)]

    def advance(self, bytes_read: int) -> None:
        if not bytes_read:
            return
        self._bytes += bytes_read
        self._report(None)

    def _report(self, current: str | None) -> None:
        if self.work.on_progress:
            self.work.on_progress(
                Progress(self._bytes, self.work.bytes_total, self._done, self.total.count, current)
            )

    def take(self, piece: Piece, folded: Folded) -> None:
        if piece.index:
            _shift(folded, self._base)
        if not piece.last:
            for table in folded.tables:
                self._base[table.source] = self._base.get(table.source, 0) + table.rows
        else:
            self._base.clear()
        if self.work.on_spans:
            for table in folded.spans:
                self.work.on_spans(table)
        folded.spans = []
        _append(self.total, folded)
        if piece.last:
            self._done += len(piece.blobs)
        self._report(piece.blobs[-1].name)
        if self.work.strict and self.total.skipped:
            first = self.total.skipped[0]
            raise SourceError(f"{first.what}: {first.reason} (strict: stopped here)", code=first.code)


def _shift(folded: Folded, base: dict[str, int]) -> None:
    def moved(place: Location, by: int) -> Location:
        if place.line is not None:
            return replace(place, line=place.line + by)
        return replace(place, row=(place.row or 0) + by)

    for (source, _), profile in folded.profiles.items():
        if by := base.get(source, 0):
            for tally in profile.tallies.values():
                tally.first = [(moved(place, by), sample) for place, sample in tally.first]
    for (source, _, _), structure in folded.structures.found.items():
        if by := base.get(source, 0):
            structure.first = [moved(place, by) for place in structure.first]
    for i, table in enumerate(folded.spans):
        if by := base.get(table["source"][0].as_py(), 0):
            for name in ("line", "row"):
                at = table.schema.get_field_index(name)
                column = table.column(at)
                if column.null_count < len(column):
                    numbers = pa.chunked_array([pc.add(chunk, by) for chunk in column.chunks], pa.int64())
                    table = table.set_column(at, table.schema.field(at), numbers)
            folded.spans[i] = table


class _Reader:
    """Reads pieces in this process."""

    def __init__(self, work: Work) -> None:
        self.folder = Folder(work.detector, work.mounts, work.options)
        self.context = ReadContext(work.limits, self._descend)

    def _descend(self, blob: Blob) -> Iterator[Event]:
        return sources.read_blob(blob, self.context)

    def fold(self, piece: Piece, advance: Callable[[int], None]) -> Folded:
        into = Folded()
        for blob in piece.blobs:
            if piece.source is None:
                events = sources.read_blob(blob, self.context)
            else:
                events = sources.read_part(blob, piece.source, piece.part, self.context)
            for read in self.folder.fold(events, into):
                advance(read)
        return into


# -- inside a worker -------------------------------------------------------------------------------------------------

_reader: _Reader | None = None
_counter: Any = None


def _start(work: Work, counter: Any) -> None:
    """Set up a worker: the parent decides about interrupts, and a worker does not outlive it."""
    global _reader, _counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        parent = os.getppid()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)
    pa.set_cpu_count(1)
    _reader = _Reader(work)
    _counter = counter


def _fold(piece: Piece) -> Folded:
    assert _reader is not None

    def advance(read: int) -> None:
        with _counter.get_lock():
            _counter.value += read

    return _reader.fold(piece, advance)

