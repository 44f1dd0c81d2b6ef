"""SIGINT and SIGTERM end a run: as an exception where the program is, remembered in case it gets lost there.

Python drops an exception that a signal raises inside a finaliser or a callback of a library; :func:`check` raises it
again at the next step.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from pii_audit.model.errors import Interrupted

_asked: int | None = None


def check() -> None:
    """Raise Interrupted if a signal has asked for the end."""
    if _asked is not None:
        raise Interrupted(_asked)


def _end(signum: int, frame: FrameType | None) -> None:
    global _asked
    _asked = signum
    raise Interrupted(signum)


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into Interrupted, so that half-written files are removed and workers are ended."""
    global _asked
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked = None
    before = {number: signal.signal(number, _end) for number in (signal.SIGINT, signal.SIGTERM)}
    tell = sys.unraisablehook
    # what is remembered is not lost, and a traceback would be all that is said of it
    sys.unraisablehook = lambda lost: None if isinstance(lost.exc_value, Interrupted) else tell(lost)
    try:
        yield
        check()
    finally:
        sys.unraisablehook = tell
        for number, handler in before.items():
            signal.signal(number, handler)
