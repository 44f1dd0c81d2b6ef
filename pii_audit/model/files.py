"""Files that appear whole or not at all, readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pii_audit.model.errors import PiiAuditError, UsageError
from pii_audit.model.visible import visible

#: unfinished files start with this; a scan of the same folder passes over them
TEMP_PREFIX = ".pii-audit-"


def check_target(path: Path) -> None:
    """Raise UsageError if ``path`` cannot become a file; creates nothing."""
    shown, folder = visible(str(path)), visible(str(path.parent))
    try:
        if path.is_symlink():
            raise UsageError(f"{shown}: is a symbolic link, and output is not written through links")
        if path.exists() and not path.is_file():
            raise UsageError(f"{shown}: exists and is not a regular file (use - for standard output)")
        if not path.parent.is_dir():
            raise UsageError(f"{shown}: the folder {folder} does not exist")
    except OSError as error:
        raise UsageError(f"{shown}: cannot be written ({error.strerror})") from error
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"{shown}: the folder {folder} is not writable")


class AtomicFile:
    """A file under a temporary name beside its place (mode 0600), opened when first needed.

    ``commit`` puts it into place, ``abort`` removes it. As a context manager: commit, or abort on an exception.
    """

    def __init__(self, path: Path) -> None:
        check_target(path)
        self.path = path
        self._temp: str | None = None
        self._stream: BinaryIO | None = None

    @property
    def stream(self) -> BinaryIO:
        """The open temporary file."""
        if self._stream is None:
            with self._explained():
                handle, self._temp = tempfile.mkstemp(prefix=TEMP_PREFIX, dir=self.path.parent)
            self._stream = os.fdopen(handle, "wb")
        return self._stream

    def commit(self) -> None:
        """Put the file into place, empty if nothing was written."""
        stream = self.stream
        assert self._temp is not None
        try:
            with self._explained():
                stream.flush()
                os.fsync(stream.fileno())
                stream.close()
            check_target(self.path)
            with self._explained():
                os.replace(self._temp, self.path)
        except BaseException:
            self.abort()
            raise
        self._stream = self._temp = None

    def abort(self) -> None:
        """Remove what was written; the place stays as it was."""
        stream, temp = self._stream, self._temp
        self._stream = self._temp = None
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
        if temp is not None:
            with contextlib.suppress(OSError):
                os.unlink(temp)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PiiAuditError(f"{visible(str(self.path))}: could not be written ({error.strerror})") from error

    def __enter__(self) -> BinaryIO:
        return self.stream

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            self.commit()
            return
        self.abort()
        if isinstance(error, OSError):
            raise PiiAuditError(f"{visible(str(self.path))}: could not be written ({error.strerror})") from error


def read_private(path: Path) -> bytes:
    """Return the content of a key file. Raises UsageError if it cannot be read, or if others can read it too."""
    shown = visible(str(path))
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise UsageError(f"{shown}: is not a regular file")
            if stat.S_IMODE(mode) & 0o077:
                raise UsageError(f"{shown}: others may read this key; run chmod 600 on it")
            return stream.read()
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read ({error.strerror})") from error


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder for logs and state; ``XDG_STATE_HOME`` decides (XDG Base Directory Specification 0.8)."""
    home = environ.get("XDG_STATE_HOME", "")
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "state"
    return base / "pii-audit"
