"""The engine for one machine: a pool of processes over files and over byte ranges of big files.

Pieces of work are dealt out in the order of the sources and merged in that order, at most a few in flight, so memory
stays flat and the result does not depend on who did what. A worker that dies costs the piece it was reading, which is
read again file by file; a file that ends its worker twice is a Skipped.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing as mp
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing import connection, resource_tracker
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit import sources
from pii_audit.engines.fold import Folded, Folder
from pii_audit.engines.interface import Engine, Work, stopped
from pii_audit.engines.names import Distinct
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.errors import PiiAuditError
from pii_audit.model.finding import Location
from pii_audit.model.profile import ColumnProfile
from pii_audit.model.progress import Progress
from pii_audit.sources.interface import Blob, Event, Part, ReadContext

#: files are cut into ranges of about this size
PART_BYTES = 32 << 20
#: small files travel together up to this size or number
GROUP_BYTES = 8 << 20
GROUP_FILES = 64
#: pieces in flight per worker
AHEAD = 2
#: a file with more spans than this hands them over in shares, where they are wanted at all
SHARE_SPANS = 1 << 16
#: a worker reports after reading about this much
REPORT_BYTES = 1 << 20
#: workers that end before they begin, in one run
STILLBORN = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work: whole files, or one part of one file (``source`` names its reader)."""

    blobs: tuple[Blob, ...]
    source: str | None = None
    part: Part = field(default_factory=Part)
    index: int = 0  #: number of the part inside its file
    last: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """What a file (or part of one) gave, or some of it; ``end`` marks the last share of a file."""

    name: str
    folded: Folded
    end: bool


class LocalEngine(Engine):
    """Runs in this process (``workers`` 1) or in a pool."""

    def __init__(self, workers: int = 1, part_bytes: int = PART_BYTES) -> None:
        self.workers = workers
        self.part_bytes = part_bytes

    def run(self, work: Work) -> Folded:
        """Return everything merged. Raises SourceError at the first skip when ``work.strict``."""
        reader = _Reader(work)
        merger = _Merger(work)
        pieces = self._pieces(self._named(work, reader, merger), merger)
        if self.workers <= 1:
            for piece in pieces:
                merger.read(piece, reader)
        else:
            work.detector.warm()
            with _Pool(self.workers, work) as pool:
                pool.run(pieces, reader, merger)
        return merger.total

    def _named(self, work: Work, reader: _Reader, merger: _Merger) -> Iterator[Blob]:
        """Give every file the name it will have in all that is said about it."""
        names, distinct = reader.folder.names, Distinct()
        for blob in work.blobs:
            shown = names.place(blob.name, merger.total.names)
            yield blob if shown == blob.name else replace(blob, name=distinct.name(shown))

    def _pieces(self, blobs: Iterable[Blob], merger: _Merger) -> Iterator[Piece]:
        """Yield the work in order. Big files are cut here; small ones are not even opened."""
        group: list[Blob] = []
        size = 0
        for blob in blobs:
            big = blob.path is not None and (blob.size or 0) >= 2 * self.part_bytes
            if group and (big or blob.path is None or size >= GROUP_BYTES or len(group) >= GROUP_FILES):
                yield Piece(tuple(group))
                group, size = [], 0
            if big:
                yield from self._cut(blob, merger)
            elif blob.path is None:
                yield Piece((blob,))
            else:
                group.append(blob)
                size += blob.size or 0
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


class _Reader:
    """Reads pieces in this process."""

    def __init__(self, work: Work) -> None:
        self.folder = Folder(work.detector, work.mounts, work.options)
        self.context = ReadContext(work.limits, self._descend)
        self._share = SHARE_SPANS if work.options.spans else sys.maxsize

    def _descend(self, blob: Blob) -> Iterator[Event]:
        return sources.read_blob(blob, self.context)

    def read(self, piece: Piece) -> Iterator[int | Share]:
        """Yield bytes as they are read, and the shares of each file. The same piece always gives the same shares."""
        for blob in piece.blobs:
            if piece.source is None:
                events = sources.read_blob(blob, self.context)
            else:
                events = sources.read_part(blob, piece.source, piece.part, self.context)
            into = Folded()
            for event in events:
                if read := self.folder.take(event, into):
                    yield read
                if into.count >= self._share:
                    yield Share(blob.name, into, end=False)
                    into = Folded()
            yield Share(blob.name, into, end=True)


class _Merger:
    """Takes shares in order, moves their rows behind those of earlier parts, and merges."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.total = Folded()
        self._file = Folded()  # the file that is being merged
        self._rows: dict[str, int] = {}  # rows of its tables in earlier parts
        self._bytes = 0
        self._files = 0

    def note(self, events: Iterable[Event]) -> None:
        """Take what is known about a file before it is read."""
        self.total.skipped += [event for event in events if isinstance(event, Skipped)]
        self.total.notes += [event for event in events if isinstance(event, Note)]

    def read(self, piece: Piece, reader: _Reader) -> None:
        """Read a piece in this process and take what it gives."""
        for item in reader.read(piece):
            if isinstance(item, Share):
                self.take(piece, item)
            else:
                self.advance(item)

    def advance(self, read: int) -> None:
        """Take note of bytes that were read."""
        if read:
            self._bytes += read
            self._report(None)

    def take(self, piece: Piece, share: Share) -> None:
        """Merge the next share."""
        folded = share.folded
        if piece.index:
            _shift(folded, self._rows)
        if not piece.last:
            for table in folded.tables:
                self._rows[table.source] = self._rows.get(table.source, 0) + table.rows
        for spans in folded.spans:
            if self.work.on_spans:
                self.work.on_spans(spans)
        folded.spans = []
        _append(self._file, folded)
        if share.end and piece.last:
            # a column in which nothing was found has nothing more to say
            self._file.profiles = {key: p for key, p in self._file.profiles.items() if p.tallies}
            _append(self.total, self._file)
            self._file = Folded()
            self._rows.clear()
            self._files += 1
        self._report(share.name)
        if self.work.strict and (skipped := self.total.skipped or self._file.skipped):
            raise stopped(skipped[0])

    def _report(self, current: str | None) -> None:
        if self.work.on_progress:
            total = self.work.bytes_total
            done = self._bytes if total is None else min(self._bytes, total)
            self.work.on_progress(Progress(done, total, self._files, self.total.count + self._file.count, current))


def _append(into: Folded, other: Folded) -> None:
    into.structures.merge(other.structures)
    _join(into.profiles, other.profiles)
    _join(into.names, other.names)
    into.tables += other.tables
    into.skipped += other.skipped
    into.notes += other.notes
    into.count += other.count


def _join(into: dict[Any, ColumnProfile], other: dict[Any, ColumnProfile]) -> None:
    for key, profile in other.items():
        if key in into:
            into[key].merge(profile)
        else:
            into[key] = profile


def _shift(folded: Folded, rows: dict[str, int]) -> None:
    """Move everything behind the rows of earlier parts."""

    def moved(place: Location, by: int) -> Location:
        if place.line is not None:
            return replace(place, line=place.line + by)
        return replace(place, row=(place.row or 0) + by)

    for (source, _), profile in folded.profiles.items():
        if by := rows.get(source, 0):
            for tally in profile.tallies.values():
                tally.first = [(moved(place, by), sample) for place, sample in tally.first]
    for (source, _, _), structure in folded.structures.found.items():
        if by := rows.get(source, 0):
            structure.first = [moved(place, by) for place in structure.first]
    for i, table in enumerate(folded.spans):
        if by := rows.get(table["source"][0].as_py(), 0):
            for name in ("line", "row"):
                at = table.schema.get_field_index(name)
                table = table.set_column(at, table.schema.field(at), pc.add(table.column(at), by))
            folded.spans[i] = table


# -- pool ------------------------------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class _Job:
    """A piece on its way. ``shares`` came back and wait for their turn."""

    piece: Piece
    again: bool = False  #: it ended a worker before
    drop: int = 0  #: shares of its first file that came back before that
    given: bool = False  #: a worker has it
    files: int = 0  #: files that came back whole
    part: int = 0  #: shares of the next file that came back
    shares: deque[Share] = field(default_factory=deque)

    @property
    def here(self) -> bool:
        """True for what cannot travel to a worker: standard input."""
        return not self.given and self.piece.blobs[0].path is None

    @property
    def done(self) -> bool:
        return self.files == len(self.piece.blobs)

    def take(self, share: Share) -> None:
        if self.drop:
            self.drop -= 1
        else:
            self.shares.append(share)
        self.part += 1
        if share.end:
            self.files += 1
            self.part = 0


@dataclass(eq=False, slots=True)
class _Worker:
    process: BaseProcess
    pipe: connection.Connection
    ready: bool = False
    job: _Job | None = None


class _Pool:
    """Processes that read pieces. Leaving it ends them at once, whatever they do: no orphan stays behind."""

    def __init__(self, size: int, work: Work) -> None:
        self._size = size
        self._work = replace(work, blobs=(), on_progress=None, on_spans=None)
        self._workers: list[_Worker] = []
        self._jobs: list[_Job] = []
        self._stillborn = 0

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()

    def run(self, pieces: Iterator[Piece], reader: _Reader, merger: _Merger) -> None:
        """Have all pieces read, and merge what comes back in their order."""
        for _ in range(self._size):
            self._start()
        while True:
            while len(self._jobs) < AHEAD * self._size and (piece := next(pieces, None)) is not None:
                self._jobs.append(_Job(piece))
            if not self._jobs:
                return
            self._deal()
            if not self._merge(reader, merger):
                self._receive(merger)

    def _start(self) -> None:
        context = mp.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._work, os.getpid()), daemon=True)
        with theirs, _undisturbed():
            process.start()
            self._workers.append(_Worker(process, ours))

    def _deal(self) -> None:
        idle = (worker for worker in self._workers if worker.ready and worker.job is None)
        for job in self._jobs:
            if job.given or job.here:
                continue
            worker = next(idle, None)
            if worker is None:
                return
            job.given, worker.job = True, job
            with contextlib.suppress(OSError):  # it died; that shows when its answer is awaited
                worker.pipe.send(job.piece)

    def _merge(self, reader: _Reader, merger: _Merger) -> bool:
        """Merge what has its turn. Returns False if there is nothing to do but wait."""
        job = self._jobs[0]
        if job.here:
            merger.read(job.piece, reader)
            self._jobs.pop(0)
            return True
        while job.shares:
            merger.take(job.piece, job.shares.popleft())
        if job.done:
            self._jobs.pop(0)
        return job.done

    def _receive(self, merger: _Merger) -> None:
        """Wait for answers. Who is ahead of its turn and has much to say waits, so that little is kept here."""
        heard = {worker.pipe: worker for worker in self._workers if not self._ahead(worker.job)}
        for pipe in connection.wait(list(heard)):
            worker = heard[pipe]  # type: ignore[index]
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError):
                self._died(worker)
                continue
            if isinstance(answer, _Failure):
                raise answer.error from _RemoteTraceback(answer.frames)
            read, shares = answer
            worker.ready = True
            merger.advance(read)
            if worker.job is not None:
                for share in shares:
                    worker.job.take(share)
                if worker.job.done:
                    worker.job = None

    def _ahead(self, job: _Job | None) -> bool:
        return job is not None and job is not self._jobs[0] and any(not share.end for share in job.shares)

    def _died(self, worker: _Worker) -> None:
        """Replace a worker and have the rest of its piece read again, file by file."""
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise PiiAuditError("the worker processes end before they begin; try --workers 1")
        self._start()
        job = worker.job
        if job is None:
            return
        rest = job.piece.blobs[job.files :]
        done = replace(job.piece, blobs=job.piece.blobs[: job.files])
        if job.again:
            reason = "the process that read it ended twice without a word"
            if not job.piece.last:
                reason += "; rows after it are counted without those it holds"
            lost = Folded(skipped=[Skipped(rest[0].name, "crashed", reason)])
            job.take(Share(rest[0].name, lost, end=True))
            return
        retries = [_Job(replace(job.piece, blobs=(blob,)), again=True) for blob in rest]
        retries[0].drop = job.part
        at = self._jobs.index(job)
        self._jobs[at : at + 1] = [replace(job, piece=done), *retries]


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold signals back: a process that starts now must be known before it can be ended, and begins without them."""
    resource_tracker.ensure_running()  # it would let them through when it starts itself
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- inside a worker -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error inside a worker: what was raised, and its traceback as text (only its frames are ever shown)."""

    error: Exception
    frames: str


class _RemoteTraceback(Exception):
    """Carries the traceback of a worker to where the error is raised again."""

    def __init__(self, tb: str) -> None:
        super().__init__()
        self.tb = tb


def _serve(pipe: connection.Connection, work: Work, parent: int) -> None:
    """Read pieces until the other side hangs up. The parent decides about interrupts; a worker does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            return
    pa.set_cpu_count(1)
    with contextlib.suppress(EOFError, ConnectionError):  # the parent has gone
        try:
            reader = _Reader(work)
            pipe.send((0, []))
            while True:
                _answer(reader.read(pipe.recv()), pipe.send)
        except (EOFError, ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001 - the parent raises it again
            pipe.send(_Failure(_portable(error), traceback.format_exc()))


def _answer(items: Iterator[int | Share], send: Callable[[Any], None]) -> None:
    """Send what a piece gives: the bytes read and some shares at a time."""
    read = 0
    shares: list[Share] = []
    for item in items:
        if isinstance(item, Share):
            shares.append(item)
        else:
            read += item
        if read >= REPORT_BYTES or (shares and not shares[-1].end):
            send((read, shares))
            read, shares = 0, []
    send((read, shares))


def _portable(error: Exception) -> Exception:
    """Return the error itself if it can travel, else one that says its type."""
    try:
        same = mp.reduction.ForkingPickler.loads(mp.reduction.ForkingPickler.dumps(error))
    except Exception:  # noqa: BLE001 - whatever keeps it from being pickled
        return PiiAuditError(f"a worker process failed ({type(error).__name__})")
    return error if type(same) is type(error) else PiiAuditError(f"a worker process failed ({type(error).__name__})")
