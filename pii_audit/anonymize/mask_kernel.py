"""The compiled reading of ``entities.masking``, kind *keep*, over whole values.

One file and one call tree (Numba's cache does not see a change in another file).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from pii_audit.entities.masking import SEPARATORS

_STAR = 42
_FIRST = np.array([first for first, _ in SEPARATORS], np.uint32)
_LAST = np.array([last for _, last in SEPARATORS], np.uint32)


def _classes() -> np.ndarray:
    """Return for each byte: 0 shown, 1 hidden, 2 to 4 the length of the character that it begins."""
    table = np.zeros(256, np.uint8)
    for code in range(128):
        table[code] = chr(code).isalnum() or code == _STAR
    table[0x80:0xE0], table[0xE0:0xF0], table[0xF0:] = 2, 3, 4
    return table


_CLASS = _classes()


@njit(cache=True, nogil=True)
def _is_shown(data, at, size):
    """Return whether a character beyond ASCII separates."""
    if size == 4:
        return False
    if size == 2:
        code = np.uint32(data[at] & 0x1F) << 6 | np.uint32(data[at + 1] & 0x3F)
    else:
        code = np.uint32(data[at] & 0x0F) << 12 | np.uint32(data[at + 1] & 0x3F) << 6 | np.uint32(data[at + 2] & 0x3F)
    for i in range(_FIRST.size):
        if _FIRST[i] <= code <= _LAST[i]:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_star(data, at):
    """Return whether a character beyond ASCII is another sign for a hidden one: ＊ • ● × ■ █."""
    a, b = data[at], data[at + 1]
    if a == 0xC3:
        return b == 0x97
    if a == 0xE2:
        c = data[at + 2]
        return b == 0x80 and c == 0xA2 or b == 0x97 and c == 0x8F or b == 0x96 and (c == 0xA0 or c == 0x88)
    return a == 0xEF and b == 0xBC and data[at + 2] == 0x8A


@njit(cache=True, nogil=True)
def mask(data, offsets, head, tail, out, out_offsets):
    """Write the values with all letters and digits but ``head`` first and ``tail`` last ones as stars; return the bytes written."""
    o = 0
    out_offsets[0] = 0
    for row in range(offsets.size - 1):
        start, stop = offsets[row], offsets[row + 1]
        count = 0
        i = start
        while i < stop:
            kind = _CLASS[data[i]]
            if kind < 2:
                count += kind
                i += 1
            else:
                count += not _is_shown(data, i, kind)
                i += kind
        first, last = 0, count
        if count - head - tail >= 3 and 3 * (count - head - tail) >= count:
            first, last = head, count - tail
        at = 0
        i = start
        while i < stop:
            kind = _CLASS[data[i]]
            if kind < 2:
                out[o] = data[i] if kind == 0 or at < first or at >= last else _STAR
                o += 1
                i += 1
                at += kind
                continue
            shown = _is_shown(data, i, kind)
            if shown or (at < first or at >= last) and not _is_star(data, i):
                for k in range(kind):
                    out[o + k] = data[i + k]
                o += kind
            else:
                out[o] = _STAR
                o += 1
            at += not shown
            i += kind
        out_offsets[row + 1] = o
    return o
