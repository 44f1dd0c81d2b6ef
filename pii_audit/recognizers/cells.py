"""Cells of a column → which of them are a person's name, an address, an organisation or a place.

Only a header announces these types; whether a value agrees is said by a function of the entity definition
(``looks_like_name`` and its like). Here their characters and words become the tables of the compiled reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import numpy as np

from pii_audit.entities import cn_address, location, organization, person
from pii_audit.recognizers import cells_kernel as k

#: entity types that a whole cell can be of
WHOLE_CELL = {
    "PERSON": k.PERSON,
    "CN_ADDRESS": k.CN_ADDRESS,
    "ORGANIZATION": k.ORGANIZATION,
    "LOCATION": k.LOCATION,
}


def whole_cells(name: str, data: np.ndarray, offsets: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return a uint8 per cell: 1 if the trimmed cell reads as a value of entity type ``name``, 0 otherwise.

    Args:
        name: one of ``WHOLE_CELL``.
        data: the UTF-8 of all cells.
        offsets: int64, where each cell starts in ``data``, and the end of the last.
        valid: bool per cell, or empty when none is null; a null is nothing.
    """
    out = np.empty(offsets.size - 1, np.uint8)
    work = np.empty(k.LONGEST, np.int64), np.empty(k.LONGEST, np.uint32)
    k.match(_read_only(data), _read_only(offsets), _read_only(valid), WHOLE_CELL[name], tables(), *work, out)
    return out


def _read_only(array: np.ndarray) -> np.ndarray:
    """Return a view that Numba always takes for the same type, so that it compiles once."""
    view = array.view()
    view.flags.writeable = False
    return view


_CLASSES = {
    k.SPACE: r"\s",
    k.HAN: person.HAN.pattern,
    k.IDEOGRAPH: location.IDEOGRAPH,
    k.WORD: r"\w",
    k.PART: cn_address.PART,
    k.DIGIT: "[0-9]",
    k.ALPHANUMERIC: "[0-9A-Za-z]",
    k.NUMERAL: cn_address.NUMERAL,
    k.SEPARATOR: cn_address.SEPARATOR,
    k.SENTENCE: organization.SENTENCE,
    k.BRACKET_OPEN: "[（(]",
    k.BRACKET_CLOSE: "[)）]",
    k.DOT: person.DOTS.pattern,
    k.SURNAME: f"[{''.join(person.FIRST)}]",
    k.FREQUENT: f"[{''.join(person.FREQUENT)}]",
    k.NEVER: f"[{''.join(person.NEVER)}]",
    k.LAST: f"[{''.join(person.LAST)}]",
}
_WORDS: dict[int, Iterable[str]] = {
    k.ORDINARY: person.ORDINARY,
    k.HEAD: person.HEADS,
    k.TAIL: person.TAILS,
    k.COMPOUND: person.DOUBLE,
    k.PROVINCE: (*cn_address.MUNICIPALITIES, *cn_address.PROVINCES),
    k.STATE: cn_address.STATE_ENDS,
    k.ADMIN: cn_address.ADMIN_ENDS,
    k.ROAD: cn_address.ROAD_ENDS,
    k.COMMUNITY: cn_address.COMMUNITY_ENDS,
    k.HOUSE: cn_address.HOUSE_ENDS,
    k.FOREIGN: cn_address.FOREIGN,
    k.OFFICE: cn_address.OFFICE_ENDS,
    k.EMPLOYER: organization.ENDS,
    k.PLACE: location.ENDS,
}
#: planes of Unicode that hold letters, digits or blanks
PLANES = 4


@cache
def tables() -> k.Tables:
    """Return the tables of the compiled reading, built once per process."""
    # more than there are characters: four bytes that are no UTF-8 spell a number too, which has no mark
    marks = np.zeros(1 << 21, np.uint32)
    every = np.arange(PLANES << 16, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    for bit, pattern in _CLASSES.items():
        for run in re.finditer(f"(?:{pattern})+", every):
            marks[run.start() : run.end()] |= bit
    lists: dict[int, int] = {}
    for bit, words in _WORDS.items():
        for word in words:
            spelt = word[::-1] if bit & k.BACKWARD else word
            marks[ord(spelt[0])] |= bit
            for end in range(1, len(spelt) + 1):
                key = _hash(spelt[:end])
                lists[key] = lists.get(key, 0) | (bit if end == len(spelt) else k.MORE)
    keys = np.zeros(1 << (2 * len(lists)).bit_length(), np.uint64)
    values = np.zeros(keys.size, np.uint32)
    for key, value in lists.items():
        slot = k.slot_of(keys, np.uint64(key))
        keys[slot] = key
        values[slot] = value
    return k.Tables(marks, keys, values)


def _hash(word: str) -> int:
    h = int(k.SEED)
    for char in word:
        h = ((h ^ ord(char)) * int(k.FACTOR)) & 0xFFFFFFFFFFFFFFFF
    return h
