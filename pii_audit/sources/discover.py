"""From what the user named to the files that will be read.

Walking is lazy, in sorted order, and takes every file once. Filters apply to what is found in folders and by
patterns, never to a file that was named itself.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.visible import visible
from pii_audit.sources.interface import Blob
from pii_audit.sources.streams import explain

#: the target that means standard input
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What is there to be read, and what was met on the way."""

    blobs: tuple[Blob, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[Note, ...]

    @property
    def bytes_total(self) -> int | None:
        """Bytes in all files together; None where a size is not known (standard input)."""
        sizes = [blob.size for blob in self.blobs]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def nothing(self) -> bool:
        """True if not one file can be read though something was named: targets are missing or forbidden."""
        return not self.blobs and bool(self.skipped)


def discover(
    targets: Sequence[str], include: Sequence[str] = (), exclude: Sequence[str] = (), follow_symlinks: bool = False
) -> Discovery:
    """Return everything that :func:`walk` yields, by kind."""
    blobs, skipped, notes = [], [], []
    for found in walk(targets, include, exclude, follow_symlinks):
        if isinstance(found, Blob):
            blobs.append(found)
        elif isinstance(found, Skipped):
            skipped.append(found)
        else:
            notes.append(found)
    return Discovery(tuple(blobs), tuple(skipped), tuple(notes))


def walk(
    targets: Sequence[str], include: Sequence[str] = (), exclude: Sequence[str] = (), follow_symlinks: bool = False
) -> Iterator[Blob | Skipped | Note]:
    """Yield the files behind targets: paths, folders, patterns, ``-``; each once, what cannot be read with its reason."""
    yield from _Walk(targets, _Filter(include, exclude), follow_symlinks).run()


class _Filter:
    """``--include`` and ``--exclude``: a pattern with ``/`` is for the path below the target, else for any name in it."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str]) -> None:
        self._include = [_pattern(text) for text in include]
        self._exclude = [_pattern(text) for text in exclude]

    def keeps(self, path: str) -> bool:
        if self.prunes(path):
            return False
        return not self._include or any(rule.fullmatch(path) for rule in self._include)

    def prunes(self, path: str) -> bool:
        return any(rule.fullmatch(path) for rule in self._exclude)


def _pattern(text: str) -> re.Pattern[str]:
    """Return a regular expression for a file pattern: ``*`` and ``?`` within a name, ``**`` across folders."""
    anchored = "/" in text.strip("/")
    out = [] if anchored else ["(?:.*/)?"]
    text = text.strip("/")
    at = 0
    while at < len(text):
        if text.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
            continue
        if text.startswith("**", at):
            out.append(".*")
            at += 2
            continue
        char = text[at]
        close = text.find("]", at + 2) if char == "[" else -1
        if close > 0:
            body = text[at + 1 : close].replace("\\", "\\\\")
            out.append("[" + ("^" + body[1:] if body[0] == "!" else body.replace("^", "\\^", 1)) + "]")
            at = close + 1
            continue
        out.append({"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)))
        at += 1
    return re.compile("".join(out), re.DOTALL)


@dataclass(slots=True)
class _Folder:
    path: str
    below: str                                   #: path below the target, with a slash at its end
    identity: tuple[int, int]
    parents: frozenset[tuple[int, int]] = field(default_factory=frozenset)


class _Walk:
    def __init__(self, targets: Sequence[str], keep: _Filter, follow: bool) -> None:
        self._targets = targets
        self._filter = keep
        self._follow = follow
        self._folders: set[tuple[int, int]] = set()
        #: files taken so far, by folder and name; one folder alone cannot give a file twice
        self._files: set[tuple[int, int, str]] | None = None
        self._roots: list[str] = []
        self._stdin = False

    def run(self) -> Iterator[Blob | Skipped | Note]:
        expanded: list[tuple[str, bool]] = []
        for target in self._targets:
            expanded += self._expand(target)
        if len(expanded) > 1 or self._follow:
            self._files = set()
        self._roots = [os.path.join(os.path.realpath(path), "") for path, _ in expanded if os.path.isdir(path)]
        for path, named in expanded:
            yield from self._target(path, named)

    def _expand(self, target: str) -> list[tuple[str, bool]]:
        if target == STDIN or os.path.lexists(target) or not glob.has_magic(target):
            return [(target, True)]
        found = sorted(glob.iglob(target, recursive=True, include_hidden=True))
        return [(path, False) for path in found] or [(target, True)]

    def _target(self, path: str, named: bool) -> Iterator[Blob | Skipped | Note]:
        if path == STDIN:
            if self._stdin:
                yield Note(STDIN, "overlap", "standard input was named more than once; it is read once")
            else:
                yield Blob(STDIN, _stdin)
            self._stdin = True
            return
        try:
            status = os.stat(path)
        except OSError as error:
            if "://" in path:
                yield Skipped(visible(path), "unsupported", "it is an address of a kind that is not read")
            elif glob.has_magic(path):
                yield Skipped(visible(path), "missing", "no file matches the pattern")
            else:
                yield Skipped(visible(path), *explain(error))
            return
        if stat.S_ISDIR(status.st_mode):
            if (status.st_dev, status.st_ino) in self._folders:
                yield Note(visible(path), "overlap", "it lies inside another target; its files are read once")
            else:
                yield from self._folder(path, status)
            return
        if not named and not self._filter.keeps(path.replace(os.sep, "/").lstrip("/")):
            return
        yield from self._file(path, status, overlap=named)

    def _folder(self, root: str, status: os.stat_result) -> Iterator[Blob | Skipped | Note]:
        stack = [_Folder(root, "", (status.st_dev, status.st_ino))]
        left_out = [0]
        while stack:
            folder = stack.pop()
            if folder.identity in self._folders:
                yield Note(visible(folder.path), "overlap", "it lies inside another target; its files are read once")
                continue
            self._folders.add(folder.identity)
            try:
                with os.scandir(folder.path) as scan:
                    entries = sorted(scan, key=lambda entry: entry.name)
            except OSError as error:
                yield Skipped(visible(folder.path), *explain(error))
                continue
            deeper: list[_Folder] = []
            for entry in entries:
                for found in self._entry(folder, entry, left_out):
                    if isinstance(found, _Folder):
                        deeper.append(found)
                    else:
                        yield found
            stack += reversed(deeper)
        if left_out[0]:
            yield Note(visible(root), "excluded", f"{left_out[0]} files were left out by the include and exclude patterns")

    def _entry(
        self, folder: _Folder, entry: os.DirEntry[str], left_out: list[int]
    ) -> Iterator[Blob | Skipped | Note | _Folder]:
        path, below = os.path.join(folder.path, entry.name), folder.below + entry.name
        try:
            if entry.is_symlink():
                status = os.stat(path)
                is_folder = stat.S_ISDIR(status.st_mode)
                if self._filter.prunes(below) or not (is_folder or self._filter.keeps(below)):
                    left_out[0] += 1
                    return
                identity = (status.st_dev, status.st_ino)
                if is_folder and (identity == folder.identity or identity in folder.parents):
                    yield Skipped(visible(path), "loop", "it is a symbolic link to a folder that it lies in")
                    return
                if not self._follow:
                    yield self._unfollowed(path)
                    return
            else:
                status = entry.stat(follow_symlinks=False)
                is_folder = stat.S_ISDIR(status.st_mode)
                if self._filter.prunes(below) or not (is_folder or self._filter.keeps(below)):
                    left_out[0] += 1
                    return
        except OSError as error:
            problem = explain(error)
            if problem.code == "missing" and entry.is_symlink():
                yield Skipped(visible(path), "missing", "it is a symbolic link to something that does not exist")
            else:
                yield Skipped(visible(path), *problem)
            return
        if is_folder:
            yield _Folder(path, below + "/", (status.st_dev, status.st_ino), folder.parents | {folder.identity})
        else:
            yield from self._file(path, status, overlap=False, parent=folder.identity)

    def _unfollowed(self, path: str) -> Skipped | Note:
        real = os.path.realpath(path)
        if any(os.path.join(real, "").startswith(root) for root in self._roots):
            return Note(visible(path), "symlink", "it is a symbolic link to something that is read under its own name")
        return Skipped(visible(path), "symlink", "it is a symbolic link out of the target; it was not followed")

    def _file(
        self, path: str, status: os.stat_result, overlap: bool, parent: tuple[int, int] | None = None
    ) -> Iterator[Blob | Skipped | Note]:
        name = visible(path)
        if not stat.S_ISREG(status.st_mode):
            yield Skipped(name, "not-a-file", f"it is a {_kind(status.st_mode)}, not a file")
            return
        if self._files is not None:
            key = self._key(path, parent)
            if key in self._files:
                if overlap:
                    yield Note(name, "overlap", "it lies inside another target; it is read once")
                return
            self._files.add(key)
        if not os.access(path, os.R_OK):
            yield Skipped(name, *explain(OSError(errno.EACCES, "")))
            return
        yield Blob(name, partial(_open, path), path, status.st_size)

    def _key(self, path: str, parent: tuple[int, int] | None) -> tuple[int, int, str]:
        if parent is None or os.path.islink(path):
            path = os.path.realpath(path)
            status = os.stat(os.path.dirname(path))
            parent = (status.st_dev, status.st_ino)
        return (*parent, os.path.basename(path))


def _open(path: str) -> BinaryIO:
    """Open a file without waiting, should it have become a pipe since it was found."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENXIO, "")
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _stdin() -> BinaryIO:
    return sys.stdin.buffer


def _kind(mode: int) -> str:
    for test, word in (
        (stat.S_ISFIFO, "pipe"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISCHR, "device"),
        (stat.S_ISBLK, "device"),
    ):
        if test(mode):
            return word
    return "special file"
