"""Values → their one spelling, so that whatever is made of them does not depend on how they were written.

Width never matters, nor blanks at the ends. Numbers of a fixed structure lose separators and case, as the fingerprints of
the scan do (``engines/fold.py``); mobile and landline numbers lose their country code, and a resident number of 15 digits
becomes that of 18; an extension is its digits. Names of persons lose what is neither letter nor digit, mail addresses their case. In all
other text separators and case tell values apart (2024-1-23 is not 2024-12-3) and stay.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize import hash_kernel as kernel
from pii_audit.engines.fold import compact
from pii_audit.recognizers.batch import buffers
from pii_audit.validators import GB11643, WeightedSum

#: types whose values are told apart by their letters and digits alone
COMPACT = frozenset(
    {
        "CARD_EXPIRY", "CARD_SECURITY_CODE", "CN_BANK_CARD", "CN_DRIVER_FILE_NO", "CN_HKMT_PERMIT", "CN_LANDLINE_PHONE",
        "CN_MILITARY_ID", "CN_MOBILE_PHONE", "CN_PASSPORT", "CN_QQ", "CN_RESIDENT_ID", "CN_USCC", "CN_VEHICLE_PLATE",
        "CN_VIN", "DEVICE_ID", "MAC_ADDRESS", "ONE_TIME_CODE", "PERSON",
    }
)  # fmt: skip


def mode_of(entity_type: str | None) -> int:
    """Return how the kernel spells the values of an entity type."""
    if entity_type in COMPACT:
        return kernel.COMPACT
    return kernel.LOWER if entity_type == "EMAIL_ADDRESS" else kernel.TEXT


def spelled(entity_type: str | None, values: pa.Array) -> pa.Array:
    """Return the values in the one spelling of their type; null stays null."""
    mode = mode_of(entity_type)
    data, offsets, _ = buffers(values)
    n = len(values)
    base = int(offsets[0])
    if base or offsets[-1] != data.size:
        data, offsets = data[base : int(offsets[-1])], offsets - base
    out = np.empty(data.size, np.uint8)
    out_offsets = np.zeros(n + 1, np.int64)
    hard = np.zeros(n, np.uint8)
    if n:
        kernel.spell(mode, read_only(data), read_only(offsets), out, out_offsets, hard)
    made = strings(out[: out_offsets[-1]], out_offsets)
    if hard.any():
        mask = pa.array(hard.astype(bool))
        slow = pa.array([None if text is None else _spelled(mode, text) for text in values.filter(mask).to_pylist()], pa.string())
        made = pc.replace_with_mask(made, mask, slow)
    if values.null_count:
        made = pc.if_else(values.is_valid(), made, pa.scalar(None, pa.string()))
    if entity_type == "CN_RESIDENT_ID":
        return _eighteen(made)
    if entity_type == "CN_LANDLINE_PHONE":
        made = pc.replace_substring_regex(made, "(?:转|分机|EXT|X)+([0-9]{1,6})$", r"\1")
        return pc.replace_substring_regex(made, "^(?:00)?860?([1-9][0-9]{8})", r"0\1")
    return made


def is_blank(values: pa.Array) -> pa.Array:
    """Tell which values are empty or blank: they say nothing, and stay as they are."""
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(values), ""), False)


def _spelled(mode: int, text: str) -> str:
    if mode == kernel.COMPACT:
        return compact(text)
    folded = unicodedata.normalize("NFKC", text).strip()
    return folded.lower() if mode == kernel.LOWER else folded


def _eighteen(values: pa.Array) -> pa.Array:
    """Return resident numbers of 15 digits, which name the year by two, as those of 18."""
    short = pc.fill_null(pc.match_substring_regex(values, "^[1-8][0-9]{14}$"), False)
    if not pc.any(short).as_py():
        return values
    matrix = np.frombuffer(b"".join(values.filter(short).cast(pa.binary()).to_pylist()), np.uint8).reshape(-1, 15)
    whole = np.full((len(matrix), 18), ord("0"), np.uint8)
    whole[:, :6], whole[:, 8:17] = matrix[:, :6], matrix[:, 6:]
    whole[:, 6:8] = np.frombuffer(b"19", np.uint8)
    complete(GB11643, whole)
    return pc.replace_with_mask(values, short, fixed(whole))


def complete(scheme: WeightedSum, matrix: np.ndarray[Any, Any]) -> None:
    """Write the check character of every row (ASCII) into its place."""
    numbers = np.array([scheme.number(chr(code)) for code in range(128)], np.int64)
    total = np.zeros(len(matrix), np.int64)
    for at, weight in enumerate(scheme.weights):
        if weight:
            total += weight * numbers[matrix[:, scheme.start + at]]
    matrix[:, scheme.check_at] = np.frombuffer(scheme.table.encode(), np.uint8)[total % scheme.modulus]


def strings(data: np.ndarray[Any, Any], offsets: np.ndarray[Any, Any]) -> pa.Array:
    """Return a string array over bytes and offsets."""
    if offsets[-1] > np.iinfo(np.int32).max:
        large = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(data))
        return large.cast(pa.string())
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data))


def fixed(matrix: np.ndarray[Any, Any]) -> pa.Array:
    """Return a string for every row of bytes."""
    rows, width = matrix.shape
    return strings(np.ascontiguousarray(matrix).reshape(-1), np.arange(rows + 1, dtype=np.int64) * width)


def read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a view that the compiled functions always take for the same type."""
    view = array.view()
    view.flags.writeable = False
    return view


# -- base32 ------------------------------------------------------------------------------------------------------------------

_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)
_PLACES = np.full(256, 32, np.uint8)
_PLACES[_ALPHABET] = np.arange(32)
_SHIFTS = np.arange(35, -1, -5, dtype=np.uint64)
#: bytes that are worked on at once
_PIECE = 1 << 20


def by_length(values: pa.Array) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield rows whose values (string or binary) have the same length in bytes, and these bytes as a matrix."""
    data, offsets, _ = buffers(values)
    sizes = np.diff(offsets)
    for length in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == length)
        step = max(_PIECE // max(length, 1), 1)
        for at in range(0, len(rows), step):
            mine = rows[at : at + step]
            yield mine, data[offsets[mine][:, None] + np.arange(length)]


def base32(values: pa.Array, prefix: str) -> pa.Array:
    """Return binary values in base32 (RFC 4648, small letters, no padding) behind a prefix; null becomes the prefix."""
    head = np.frombuffer(prefix.encode(), np.uint8)
    parts, order = [pa.array([], pa.string())], [np.zeros(0, np.int64)]
    for rows, matrix in by_length(values):
        n, length = matrix.shape
        groups = np.zeros((n, -(-length // 5), 8), np.uint8)
        padded = np.zeros((n, 5 * groups.shape[1]), np.uint8)
        padded[:, :length] = matrix
        groups[:, :, 3:] = padded.reshape(n, -1, 5)
        numbers = groups.view(">u8").astype(np.uint64)
        symbols = _ALPHABET[(numbers >> _SHIFTS) & np.uint64(31)].reshape(n, -1)[:, : -(-8 * length // 5)]
        parts.append(fixed(np.concatenate([np.broadcast_to(head, (n, len(head))), symbols], axis=1)))
        order.append(rows)
    return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(order), kind="stable")))


def from_base32(values: pa.Array, prefix: str) -> list[bytes | None]:
    """Return what ``base32`` was given, None for texts that it does not make."""
    head = np.frombuffer(prefix.encode(), np.uint8)
    found: list[bytes | None] = [None] * len(values)
    for rows, matrix in by_length(values):
        symbols = _PLACES[matrix[:, len(head) :]]
        n, count = symbols.shape
        length = 5 * count // 8
        if matrix.shape[1] < len(head) or -(-8 * length // 5) != count:
            continue
        padded = np.zeros((n, -(-count // 8) * 8), np.uint64)
        padded[:, :count] = symbols & 31
        numbers = (padded.reshape(n, -1, 8) << _SHIFTS).sum(axis=2, dtype=np.uint64)
        whole = numbers.astype(">u8").view(np.uint8).reshape(n, -1, 8)[:, :, 3:].reshape(n, -1)
        # the last symbol may hold bits that say nothing; only one way of writing them is ours
        good = (matrix[:, : len(head)] == head).all(axis=1) & (symbols < 32).all(axis=1) & ~whole[:, length:].any(axis=1)
        for at in np.flatnonzero(good).tolist():
            found[rows[at]] = whole[at, :length].tobytes()
    return found
