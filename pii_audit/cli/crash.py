"""The log of an internal error: where in the code it happened, and nothing the code was working on."""

from __future__ import annotations

import os
import platform
import re
import secrets
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from pii_audit import __version__
from pii_audit.model.files import AtomicFile, state_dir

_FRAME = re.compile(r'^ *File "([^"\n]+)", line ([0-9]+), in ([A-Za-z0-9_<>.]+)$', re.MULTILINE)


def log_crash(error: BaseException) -> tuple[str, Path | None]:
    """Write the log (mode 0600) and return its reference and path; None where it could not be written."""
    reference = secrets.token_hex(4)
    lines = [f"pii-audit {__version__}, Python {platform.python_version()}, {sys.platform}", *_chain(error)]
    try:
        folder = state_dir(os.environ) / "errors"
        folder.parent.parent.mkdir(parents=True, exist_ok=True)
        for own in (folder.parent, folder):
            own.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{reference}.log"
        with AtomicFile(path) as stream:
            stream.write(("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
    except Exception:  # noqa: BLE001 - a log that fails must not hide the error it is about
        return reference, None
    return reference, path


def _chain(error: BaseException) -> Iterator[str]:
    """Yield type names and frames of an exception and its causes. Messages may hold data and are left out."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield f"{type(link).__module__}.{type(link).__qualname__}"
        for frame, line in traceback.walk_tb(link.__traceback__):
            yield f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}"
        # a worker process hands over its traceback as text; only its frames are safe to keep
        remote = getattr(link, "tb", None)
        if isinstance(remote, str):
            yield from (f"  {file}:{line} {name}" for file, line, name in _FRAME.findall(remote))
        link = link.__cause__ or link.__context__
