"""Compiled pieces of an export: spans replaced inside values, and marks of values by which originals are recognised.

One file and one call tree (Numba's cache does not see a change in another file).
"""

from __future__ import annotations

import numpy as np
from numba import njit

_U64 = np.uint64
_FNV, _MIX1, _MIX2 = _U64(0x100000001B3), _U64(0xFF51AFD7ED558CCD), _U64(0xC4CEB9FE1A85EC53)


@njit(cache=True)
def _forward(data, at, stop, chars):
    """Return the place so many characters after ``at``, ``stop`` at most."""
    while at < stop and chars > 0:
        at += 1
        while at < stop and (data[at] & 0xC0) == 0x80:
            at += 1
        chars -= 1
    return at


@njit(cache=True)
def splice(data, offsets, value, start, end, new_data, new_offsets, out, out_offsets):
    """Write every value with its spans replaced; returns the bytes written, at most those of values and replacements together.

    ``value``, ``start``, ``end``: one entry a span, ordered, not overlapping; characters inside the value. Replacement of
    span i: ``new_data[new_offsets[i]:new_offsets[i + 1]]``.
    """
    size = 0
    span = 0
    spans = value.size
    out_offsets[0] = 0
    for row in range(offsets.size - 1):
        at, stop = offsets[row], offsets[row + 1]
        if span < spans and value[span] == row:
            char = 0
            copied = at
            while span < spans and value[span] == row:
                at = _forward(data, at, stop, start[span] - char)
                char = start[span]
                length = at - copied
                added = new_offsets[span + 1] - new_offsets[span]
                out[size : size + length] = data[copied:at]
                size += length
                out[size : size + added] = new_data[new_offsets[span] : new_offsets[span + 1]]
                size += added
                at = _forward(data, at, stop, end[span] - char)
                char = end[span]
                copied = at
                span += 1
            at = copied
        length = stop - at
        out[size : size + length] = data[at:stop]
        size += length
        out_offsets[row + 1] = size
    return size


@njit(cache=True)
def cut(data, offsets, value, start, end, out, out_offsets):
    """Write the text of every span, one after the other; ``out`` must hold all values."""
    size = 0
    row = np.int64(-1)
    at = np.int64(0)
    char = np.int64(0)
    out_offsets[0] = 0
    for span in range(value.size):
        if value[span] != row:
            row = np.int64(value[span])
            at = np.int64(offsets[row])
            char = np.int64(0)
        stop = offsets[row + 1]
        at = _forward(data, at, stop, start[span] - char)
        char = start[span]
        first = at
        at = _forward(data, at, stop, end[span] - char)
        char = end[span]
        out[size : size + at - first] = data[first:at]
        size += at - first
        out_offsets[span + 1] = size
    return size


@njit(cache=True)
def marks(data, offsets, seed, least, out):
    """Write a keyed 64-bit mark of each value: letters and digits only, width and case folded; 0 for fewer than ``least``.

    Full-width forms U+FF01 to U+FF5E count as their ASCII; every other character beyond ASCII counts as it is.
    """
    for row in range(offsets.size - 1):
        h = seed
        used = 0
        at, stop = offsets[row], offsets[row + 1]
        while at < stop:
            b = np.int64(data[at])
            if b == 0xEF and at + 2 < stop and data[at + 1] in (0xBC, 0xBD):
                code = 0xF000 | ((np.int64(data[at + 1]) & 0x3F) << 6) | (np.int64(data[at + 2]) & 0x3F)
                if 0xFF01 <= code <= 0xFF5E:
                    b = code - 0xFEE0
                    at += 2
            at += 1
            if b < 128:
                if 97 <= b <= 122:
                    b -= 32
                if not (48 <= b <= 57 or 65 <= b <= 90):
                    continue
            h = (h ^ _U64(b)) * _FNV
            h ^= h >> _U64(29)
            used += 1
        if used < least:
            out[row] = _U64(0)
            continue
        h ^= _U64(used)
        h ^= h >> _U64(33)
        h *= _MIX1
        h ^= h >> _U64(33)
        h *= _MIX2
        h ^= h >> _U64(33)
        out[row] = h if h != _U64(0) else _U64(1)


@njit(cache=True)
def words(data, offsets, seed, rows, out):
    """Write the marks (those of ``marks``) of words inside longer values that may be identifiers, and whose they are.

    A word is a run of ASCII letters and digits: six or more if it has both, else nine or more, since fewer digits may be those of
    a day or a sum. Returns how many; there is room for one in seven bytes, and one a value.
    """
    count = 0
    for row in range(offsets.size - 1):
        first, stop = offsets[row], offsets[row + 1]
        at = first
        while at < stop:
            h = seed
            used = 0
            letters = 0
            while at < stop:
                b = np.int64(data[at])
                if 97 <= b <= 122:
                    b -= 32
                if 65 <= b <= 90:
                    letters += 1
                elif not 48 <= b <= 57:
                    break
                h = (h ^ _U64(b)) * _FNV
                h ^= h >> _U64(29)
                used += 1
                at += 1
            at += 1
            if used >= 6 and used < stop - first and (used >= 9 or 0 < letters < used):
                h ^= _U64(used)
                h ^= h >> _U64(33)
                h *= _MIX1
                h ^= h >> _U64(33)
                h *= _MIX2
                h ^= h >> _U64(33)
                rows[count] = row
                out[count] = h if h != _U64(0) else _U64(1)
                count += 1
    return count
