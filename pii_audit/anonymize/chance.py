"""Random numbers under a key: AES-256 in counter mode, so that nobody without the key can tell or repeat them.

The stream depends on the values beside key, domain and draw: two columns of one chunk are never mixed by the same numbers.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import numpy as np
import pyarrow as pa

from pii_audit.anonymize.interface import Use
from pii_audit.recognizers.batch import buffers

_Array = np.ndarray[Any, Any]


def seed(operator: str, values: pa.Array, use: Use) -> bytes:
    """Return the seed of one call."""
    secret = use.secret(operator)
    data, offsets, valid = buffers(values)
    content = hashlib.sha256(data[int(offsets[0]) : int(offsets[-1])].tobytes())
    content.update(np.diff(offsets).tobytes())
    content.update(np.packbits(valid).tobytes())
    return hmac.digest(secret, use.draw.to_bytes(8, "big") + content.digest(), "sha256")


def numbers(of: bytes, count: int) -> _Array:
    """Return ``count`` random uint64."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    stream = Cipher(algorithms.AES(of), modes.CTR(bytes(16))).encryptor()
    return np.frombuffer(stream.update(bytes(8 * count)), "<u8")


def uniform(of: bytes, count: int) -> _Array:
    """Return ``count`` random numbers above 0 and below 1, evenly spread."""
    found: _Array = ((numbers(of, count) >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
    return found
