"""Values as keyed numbers: equal ones stay equal, and nothing else is told by them. The key lives as long as the process.

What is counted by value (equivalence classes, sensitive values) goes to the database as such numbers only, so that a file it
spills to holds no value.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.ciphers import Blocks, Hmac
from pii_audit.model.errors import UsageError

#: the number of null
NULL = np.uint64(0)
#: what is read as a number where a column is text
NUMBER = r"^[-+]?[0-9]{1,15}(\.[0-9]{1,15})?$"
#: rounds of a Feistel network after which a permutation cannot be told from chance (Luby and Rackoff 1988)
_ROUNDS = 4
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Hidden:
    """Turns values into numbers. Another instance makes others of them; a copy in another process makes the same."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def equal(self, values: pa.Array, column: int) -> np.ndarray[Any, Any]:
        """Return a uint64 for each value, alike for equal values of one column: HMAC-SHA256, cut. Null is a value, 0.

        Of 20 million different values two become alike with a probability of one in 90 000.
        """
        values = _plain(values)
        if not pa.types.is_dictionary(values.type):
            values = pc.dictionary_encode(values)
        words = texts(values.dictionary)
        numbers = Hmac(self.key + column.to_bytes(4, "big")).digests(words)[:, :8].copy().view(np.uint64).ravel()
        numbers[numbers == NULL] = 1
        numbers = np.append(np.where(words.is_valid().to_numpy(zero_copy_only=False), numbers, NULL), NULL)
        found: np.ndarray[Any, Any] = numbers[pc.fill_null(values.indices.cast(pa.int64()), len(numbers) - 1).to_numpy()]
        return found

    def numbers(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return float64 numbers as uint64 that :meth:`shown` turns back: a permutation, a Feistel network over AES."""
        bits = (values + 0.0).view(np.uint64)  # -0 is 0
        left, right = bits >> _HALF, bits & _LOW
        for turn in range(_ROUNDS):
            left, right = right, left ^ self._mixed(right, turn)
        return left << _HALF | right

    def shown(self, hidden: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the numbers behind what :meth:`numbers` made of them."""
        left, right = hidden >> _HALF, hidden & _LOW
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ self._mixed(left, turn), left
        return (left << _HALF | right).view(np.float64)

    def _mixed(self, half: np.ndarray[Any, Any], turn: int) -> np.ndarray[Any, Any]:
        from cryptography.hazmat.primitives.ciphers.algorithms import AES

        block = np.zeros((len(half), 2), np.uint64)
        block[:, 0], block[:, 1] = half, turn
        return Blocks(AES(self.key)).encrypt(block.view(np.uint8)).view(np.uint64)[:, 0] & _LOW


def texts(values: pa.Array) -> pa.Array:
    """Return values as text (or bytes), one way to write each: 34 and 34.0 are one value. Raises UsageError for what is nested."""
    values = _plain(values)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return values
    if pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return values.cast(pa.binary())
    if pa.types.is_floating(kind):
        values = pc.add(values.cast(pa.float64()), 0.0)
    elif pa.types.is_timestamp(kind) and kind.tz is not None:
        values = values.cast(pa.int64())  # the moment, whatever the zone
    return values.cast(pa.string())


def floats(values: pa.Array) -> tuple[pa.Array, bool]:
    """Return values as float64, null for what is none, and whether all that are not blank are numbers."""
    values = _plain(values)
    kind = values.type
    if pa.types.is_floating(kind):
        values = values.cast(pa.float64())
        return pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values), True
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return values.cast(pa.float64(), safe=False), True
    if pa.types.is_dictionary(kind):
        read, whole = floats(values.dictionary)
        return read.take(values.indices), whole
    if pa.types.is_null(kind):
        return values.cast(pa.float64()), True
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return pa.nulls(len(values), pa.float64()), False
    values = values.cast(pa.string())
    read = pc.match_substring_regex(values, NUMBER)
    whole = pc.all(pc.or_(read, pc.equal(values, "")), min_count=0).as_py()
    found = pc.if_else(read, values, pa.scalar(None, pa.string()))
    return pc.replace_substring_regex(found, r"^\+", "").cast(pa.float64()), whole


def _plain(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    kind = values.type
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return values.cast(pa.string() if pa.types.is_string_view(kind) else pa.binary())
    if pa.types.is_nested(kind):
        raise UsageError("a column of lists or records can be neither a quasi-identifier nor a sensitive attribute")
    return values
