"""The compiled reading of whole cells as names, addresses, organisations and places.

:func:`match` answers for every cell what ``looks_like_name``, ``looks_like_address``, ``looks_like_organization`` and
``looks_like_place`` of the entity definitions answer for its text; those functions are the definition, this is their
columnar form. Characters and words come as data (:class:`Tables`, made by ``cells.py``).

One bit stands for one class of characters or one list of words. A character's mark holds the classes it is in and
the lists in which some word starts with it (ends with it, for lists that are read backwards).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

PERSON, CN_ADDRESS, ORGANIZATION, LOCATION = range(4)

# -- classes of characters ----------------------------------------------------------------------------------------------
(
    SPACE, HAN, IDEOGRAPH, WORD, PART, DIGIT, ALPHANUMERIC, NUMERAL, SEPARATOR, SENTENCE, BRACKET_OPEN, BRACKET_CLOSE,
    DOT, SURNAME, FREQUENT, NEVER, LAST,
) = (1 << bit for bit in range(17))  # fmt: skip
# -- lists of words -------------------------------------------------------------------------------------------------------
(
    ORDINARY, HEAD, TAIL, COMPOUND, PROVINCE, STATE, ADMIN, ROAD, COMMUNITY, HOUSE, FOREIGN, OFFICE, EMPLOYER, PLACE,
) = (1 << bit for bit in range(17, 31))  # fmt: skip
#: lists of endings: words lie in the table back to front
BACKWARD = OFFICE | EMPLOYER | PLACE
#: a word of the table goes on from here
MORE = 1 << 31

#: most characters any of the definitions accepts
LONGEST = 100
NAME_LONGEST = 20
EMPLOYER_LONGEST = 50
SEED = np.uint64(0xCBF29CE484222325)
FACTOR = np.uint64(0x9E3779B97F4A7C15)
ZERO = np.uint64(0)
REPLACEMENT = 0xFFFD
LINE_FEED = 10
HYPHEN = ord("-")
CITY, MARKET = ord("市"), ord("场")


#: nothing is allocated in here, and counting references to arrays at every call would take most of the time
compiled = njit(cache=True, nogil=True, _nrt=False)


class Tables(NamedTuple):
    """What the reading knows of characters and words."""

    marks: np.ndarray  # uint32 per code point; as many as four bytes can spell, valid or not
    keys: np.ndarray  # uint64[2^k] hashes of words and their beginnings, open addressing, 0 = empty
    lists: np.ndarray  # uint32[2^k] lists that hold the word, and MORE


@compiled
def step(h, char):
    """Return the hash of a word from that of all but its last character."""
    return (h ^ np.uint64(char)) * FACTOR


@compiled
def slot_of(keys, h):
    """Return the slot of a hash, or the empty one where it would be."""
    slot = np.int64(h >> np.uint64(32)) & (keys.size - 1)
    while keys[slot] != h and keys[slot] != ZERO:
        slot = (slot + 1) & (keys.size - 1)
    return slot


@compiled
def _word_at(t, chars, marks, n, i, kind):
    """Return the length of the longest word of a list that starts at ``i``, 0 if there is none."""
    found = 0
    if i < n and marks[i] & kind:
        h = SEED
        for j in range(i, n):
            h = step(h, chars[j])
            lists = t.lists[slot_of(t.keys, h)]
            if lists & kind:
                found = j + 1 - i
            if not lists & MORE:
                break
    return found


@compiled
def _word_before(t, chars, marks, end, kind, longest):
    """Return the length of the longest word of a list of endings that ends at ``end``, 0 if there is none."""
    found = 0
    if end > 0 and marks[end - 1] & kind:
        h = SEED
        for length in range(1, min(end, longest) + 1):
            h = step(h, chars[end - length])
            lists = t.lists[slot_of(t.keys, h)]
            if lists & kind:
                found = length
            if not lists & MORE:
                break
    return found


@compiled
def _transcription(marks, n):
    """Tell whether the text is Chinese parts with dots between them."""
    before = DOT
    for i in range(n):
        if marks[i] & DOT:
            if before & DOT:
                return False
        elif not marks[i] & HAN or marks[i] & NEVER:
            return False
        before = marks[i]
    return not before & DOT


@compiled
def _name(t, chars, marks, n):
    for i in range(n):
        if marks[i] & DOT:
            return n <= NAME_LONGEST and _transcription(marks, n)
    if not 2 <= n <= 4 or not marks[0] & (SURNAME | COMPOUND):
        return False
    for i in range(n):
        if not marks[i] & HAN:
            return False
    h = SEED
    given = 0
    if marks[0] & SURNAME and (n < 4 or marks[1] & FREQUENT):
        given = 1
    for i in range(n):
        h = step(h, chars[i])
        lists = t.lists[slot_of(t.keys, h)]
        if lists & HEAD or (i == n - 1 and lists & ORDINARY):
            return False
        if i == 1 and n > 2 and lists & COMPOUND:
            given = 2
    if given == 0:
        return False
    for i in range(given, n):
        if marks[i] & NEVER:
            return False
    if n == 4 and t.lists[slot_of(t.keys, step(step(SEED, chars[2]), chars[3]))] & TAIL:
        return False
    return n == 2 or not marks[n - 1] & LAST


@compiled
def _admin_end(t, chars, marks, n, i):
    """Return the end of the division of administration that starts at ``i``, 0 if none does."""
    province = _word_at(t, chars, marks, n, i, PROVINCE)
    if province:
        i += province
        return i + _word_at(t, chars, marks, n, i, STATE)
    for j in range(i, min(i + 12, n)):
        if not marks[j] & PART:
            return 0
        end = j + 1 + _word_at(t, chars, marks, n, j + 1, ADMIN)
        if end > j + 1 and not (chars[end - 1] == CITY and end < n and chars[end] == MARKET):
            return end
    return 0


@compiled
def _end_of(t, chars, marks, n, i, body, longest, kind):
    """Return the end of 1 … ``longest`` characters of a class and a word behind them, 0 if there is none.

    As many characters as possible: ``滨江大道路`` is one road.
    """
    last = i
    while last < n and last - i < longest and marks[last] & body:
        last += 1
    for j in range(last, i, -1):
        word = _word_at(t, chars, marks, n, j, kind)
        if word:
            return j + word
    return 0


@compiled
def _road_end(t, chars, marks, n, start):
    """Return the end of the first road, village or community from ``start``, 0 if there is none."""
    for i in range(start, n):
        end = _end_of(t, chars, marks, n, i, PART, 8, ROAD)
        if not end:
            end = _end_of(t, chars, marks, n, i, WORD, 10, COMMUNITY)
        if end:
            return end
    return 0


@compiled
def _has_number(t, chars, marks, n, start):
    """Tell whether a number of a house stands at or behind ``start``."""
    for i in range(start, n - 1):
        if marks[i] & NUMERAL and _word_at(t, chars, marks, n, i + 1, HOUSE):
            return True
        if marks[i] & ALPHANUMERIC and chars[i + 1] == HYPHEN and i + 2 < n and marks[i + 2] & DIGIT:
            return True
    return False


@compiled
def _address(t, chars, marks, n):
    if n < 6 or _word_before(t, chars, marks, n, OFFICE, n):
        return False
    for i in range(n):
        if _word_at(t, chars, marks, n, i, FOREIGN):
            return False
    place = 0
    end = _admin_end(t, chars, marks, n, 0)
    while end:
        place = end
        end = _admin_end(t, chars, marks, n, place)
    road = _road_end(t, chars, marks, n, place)
    if place and road:
        return True
    return (place or road) and _has_number(t, chars, marks, n, max(place, road))


@compiled
def _organization(t, chars, marks, n):
    if not 4 <= n <= EMPLOYER_LONGEST:
        return False
    for i in range(n):
        if marks[i] & SENTENCE:
            return False
    if _word_before(t, chars, marks, n, EMPLOYER, n):
        return True
    if marks[n - 1] & BRACKET_CLOSE:
        # a place of 1 … 12 characters in brackets behind the ending
        for i in range(n - 2, max(n - 15, 0), -1):
            if marks[i] & BRACKET_OPEN and i < n - 2 and _word_before(t, chars, marks, i, EMPLOYER, i):
                return True
            if chars[i] == LINE_FEED:
                break
    return False


@compiled
def _place(t, chars, marks, n):
    if n < 2:
        return False
    province = _word_at(t, chars, marks, n, 0, PROVINCE)
    for i in range(province, n):
        if not marks[i] & IDEOGRAPH:
            return False
    if province and n - province <= 16:
        return True
    ending = _word_before(t, chars, marks, n, PLACE, n - 1)
    return ending > 0 and n - ending <= 20


@compiled
def _decode(data, i, end):
    """Return the code point at ``i`` and how many bytes it takes; a stray byte is one replacement character."""
    b = np.int64(data[i])
    if b < 0x80:
        return b, 1
    if 0xE0 <= b < 0xF0 and i + 2 < end:
        return (b & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F), 3
    if 0xC0 <= b < 0xE0 and i + 1 < end:
        return (b & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F), 2
    if 0xF0 <= b and i + 3 < end:
        high = (b & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12
        return high | np.int64(data[i + 2] & 0x3F) << 6 | np.int64(data[i + 3] & 0x3F), 4
    return np.int64(REPLACEMENT), 1


@compiled
def _read(t, data, start, end, squeeze, chars, marks):
    """Write the characters of the trimmed cell and their marks; return how many, -1 if they are too many.

    With ``squeeze``, blanks, commas and hyphens go, save one before a digit.
    """
    while start < end:
        char, size = _decode(data, start, end)
        if not t.marks[char] & SPACE:
            break
        start += size
    while start < end:
        last = end - 1
        while last > start and data[last] & 0xC0 == 0x80:
            last -= 1
        char, size = _decode(data, last, end)
        if not t.marks[char] & SPACE:
            break
        end = last
    n = 0
    waiting = np.int64(-1)
    while start < end:
        char, size = _decode(data, start, end)
        start += size
        mark = t.marks[char]
        if squeeze:
            if mark & SEPARATOR:
                waiting = char
                continue
            if waiting >= 0 and mark & DIGIT and n < LONGEST:
                chars[n] = waiting
                marks[n] = t.marks[waiting]
                n += 1
            waiting = np.int64(-1)
        if n == LONGEST:
            return -1
        chars[n] = char
        marks[n] = mark
        n += 1
    return n


@compiled
def match(data, offsets, valid, kind, t, chars, marks, out):
    """Write 1 for every cell that reads as a value of the kind, 0 for the others and for nulls.

    ``chars`` (int64) and ``marks`` (uint32) are room for ``LONGEST`` characters.
    """
    for r in range(offsets.size - 1):
        out[r] = 0
        if valid.size and not valid[r]:
            continue
        n = _read(t, data, offsets[r], offsets[r + 1], kind == CN_ADDRESS, chars, marks)
        if n < 2:
            continue
        if kind == PERSON:
            out[r] = _name(t, chars, marks, n)
        elif kind == CN_ADDRESS:
            out[r] = _address(t, chars, marks, n)
        elif kind == ORGANIZATION:
            out[r] = _organization(t, chars, marks, n)
        else:
            out[r] = _place(t, chars, marks, n)
