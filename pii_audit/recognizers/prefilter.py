"""A regular expression → one that RE2 reads and that matches wherever the other does.

Arrow asks RE2 about a whole column at once; only values that can match go to the slow reader. What RE2 lacks or reads
otherwise (look-arounds, boundaries, back-references, Unicode classes) is loosened, never tightened. What the standard
parser does not read the same way as the ``regex`` package does is not filtered at all.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: flags that leave a loosened expression as loose as it is
_FLAGS = int(re.IGNORECASE | re.MULTILINE | re.DOTALL | re.UNICODE)
_ANY = "(?s:.)"
_WIDE = r"\x{80}-\x{10FFFF}"
#: Unicode knows more digits, letters and spaces than RE2 does
_CLASSES = {
    c.CATEGORY_DIGIT: "0-9" + _WIDE,
    c.CATEGORY_WORD: "0-9A-Za-z_" + _WIDE,
    c.CATEGORY_SPACE: r"\x{09}-\x{0D}\x{1C}-\x{20}" + _WIDE,
}
#: letters whose other case is no ASCII letter: İ ı ſ K
_ODD_CASES = r"\x{130}\x{131}\x{17F}\x{212A}"
#: characters whose other cases RE2 knows too: ASCII but for those letters; 汉字, kana, full-width marks and digits have none
_SAFE = ((0, 0x7F), (0x2E80, 0x9FFF), (0xFF00, 0xFF20))
_REPEATS = 200
_MOST = 1 << 16


class _Unreadable(Exception):
    """The expression holds something whose meaning is not known here."""


@lru_cache(maxsize=256)
def necessary(expression: str, flags: int) -> str | None:
    """Return an RE2 expression that matches every text in which ``expression`` matches; None if there is no telling."""
    if flags & ~_FLAGS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # «possible nested set»: the regex package reads those otherwise
            tree = parser.parse(expression, flags)
        if tree.state.flags & ~(flags | int(re.UNICODE)):
            return None
        found = _sequence(tree, bool(flags & re.IGNORECASE))
    except (re.error, _Unreadable, FutureWarning, DeprecationWarning, RecursionError, OverflowError):
        return None
    return f"(?i){found}" if flags & re.IGNORECASE else found


def _sequence(tree: Iterable[Any], ignoring: bool) -> str:
    found = "".join(_item(op, value, ignoring) for op, value in tree)
    if len(found) > _MOST:
        raise _Unreadable
    return found


def _item(op: Any, value: Any, ignoring: bool) -> str:
    match op:
        case c.LITERAL:
            if chr(value) in "{}":
                raise _Unreadable  # the regex package may take it for a measure of likeness
            return _literal(value, ignoring)
        case c.ANY | c.NOT_LITERAL:
            return _ANY
        case c.IN:
            return _class(value, ignoring)
        case c.BRANCH:
            return "(?:" + "|".join(_sequence(branch, ignoring) for branch in value[1]) + ")"
        case c.SUBPATTERN:
            _, added, removed, inner = value
            if added or removed:
                raise _Unreadable
            return f"(?:{_sequence(inner, ignoring)})"
        case c.ATOMIC_GROUP:
            return f"(?:{_sequence(value, ignoring)})"
        case c.MAX_REPEAT | c.MIN_REPEAT | c.POSSESSIVE_REPEAT:
            least, most, inner = value
            least = min(least, _REPEATS)
            upper = "" if most == c.MAXREPEAT or most > _REPEATS else str(int(most))
            return f"(?:{_sequence(inner, ignoring)}){{{least},{upper}}}"
        case c.AT | c.ASSERT | c.ASSERT_NOT:
            return ""
        case c.GROUPREF:
            return "(?s:.*)"
    raise _Unreadable


def _literal(code: int, ignoring: bool) -> str:
    if ignoring and not _is_safe(code, code):
        return _ANY
    if ignoring and chr(code) in "iIkKsS":
        return f"[{chr(code)}{_ODD_CASES}]"
    return f"\\x{{{code:X}}}"


def _is_safe(low: int, high: int) -> bool:
    """Return whether RE2 and the ``regex`` package agree on the other cases of these characters."""
    return any(first <= low and high <= last for first, last in _SAFE)


def _class(members: Sequence[tuple[Any, Any]], ignoring: bool) -> str:
    found = ""
    for op, value in members:
        match op:
            case c.LITERAL:
                low = high = value
            case c.RANGE:
                low, high = value
            case c.CATEGORY if value in _CLASSES:
                found += _CLASSES[value]
                continue
            case _:
                return _ANY  # «not …» of any kind
        if ignoring and not _is_safe(low, high):
            return _ANY
        found += f"\\x{{{low:X}}}-\\x{{{high:X}}}"
    return f"[{found}{_ODD_CASES if ignoring else ''}]"


def matching(values: pa.Array, expressions: Sequence[tuple[str, int]]) -> np.ndarray:
    """Return the indexes of the values, other than null, in which one of the (expression, flags) can match."""
    everything = np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False))
    hit = np.zeros(len(values), bool)
    for expression, flags in expressions:
        wanted = necessary(expression, flags)
        if wanted is None:
            return everything
        try:
            found = pc.match_substring_regex(values, wanted)
        except pa.ArrowInvalid:  # too large for RE2
            return everything
        hit |= found.fill_null(False).to_numpy(zero_copy_only=False)
    return np.flatnonzero(hit)
