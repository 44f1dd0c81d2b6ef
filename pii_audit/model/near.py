"""What somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?`` if a known name is close, else nothing."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), list(by_fold), n=1)
    return f"; did you mean {by_fold[close[0]]}?" if close else ""
