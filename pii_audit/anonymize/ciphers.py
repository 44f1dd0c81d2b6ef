"""Keyed functions over arrays: HMAC, format-preserving encryption, permutations of numbers, SM4 in counter mode.

Every round of a cipher is one call for all values. :class:`FF1` is NIST SP 800-38G, algorithms 7 and 8, with AES.
:class:`Permutation` is an alternating Feistel network of as many rounds over exactly the numbers below a given size,
for ranks that are no power of a radix; its round function is AES over round, half and group. :class:`Sm4Siv`
is the synthetic-IV construction (Rogaway and Shrimpton 2006, RFC 5297) of HMAC-SM3 and SM4 in counter mode:
the first 128 bits of the HMAC of the text are at once its authentication tag and the counter it is encrypted from, so
equal texts become equal, and what was changed is told.
"""

from __future__ import annotations

import hmac
from typing import Any

import numpy as np
import pyarrow as pa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pii_audit.anonymize import hash_kernel as kernel
from pii_audit.anonymize.interface import OperatorError
from pii_audit.anonymize.spelling import read_only
from pii_audit.recognizers.batch import buffers

Matrix = np.ndarray[Any, Any]
Numbers = np.ndarray[Any, Any]

#: rows that one round works on; their halves and blocks stay in the cache
SLICE = 1 << 14
ROUNDS = 10
#: SP 800-38G, requirement on radix^minlen (revision 1)
LEAST = 1_000_000
#: most symbols of one value; longer texts are no identifiers
LONGEST = 512


# -- HMAC --------------------------------------------------------------------------------------------------------------------


class Hmac:
    """HMAC with SHA-256 or SM3 (``sm3``) over arrays of text; the key is mixed in once."""

    def __init__(self, key: bytes, *, sm3: bool = False) -> None:
        if len(key) > kernel.BLOCK:
            raise ValueError("a key is at most one block long")
        self._sm3 = sm3
        self._inner, self._outer = (self._padded(key, byte) for byte in (0x36, 0x5C))

    def _padded(self, key: bytes, byte: int) -> Numbers:
        block = np.frombuffer(bytes(b ^ byte for b in key.ljust(kernel.BLOCK, b"\0")), ">u4").astype(np.uint32)
        state = np.empty((kernel.STATE, kernel.LANES), np.uint32)
        state[:] = np.array(kernel.SM3_START if self._sm3 else kernel.SHA256_START, np.uint32)[:, None]
        kernel.mix_block(self._sm3, state, np.repeat(block[:, None], kernel.LANES, axis=1))
        return state[:, 0].copy()

    def digests(self, values: pa.Array) -> Matrix:
        """Return the 32 bytes of every value (string or binary); those of a null mean nothing."""
        data, offsets, _ = buffers(values)
        n = len(values)
        out = np.empty((n, kernel.STATE), np.uint32)
        blocks = (np.diff(offsets) + 8) // kernel.BLOCK
        order = np.argsort(blocks, kind="stable") if n and blocks.min() != blocks.max() else np.arange(n)
        room = [np.zeros((rows, kernel.LANES), np.uint32) for rows in (kernel.STATE, kernel.STATE, kernel.WORDS)]
        kernel.hmac_values(self._sm3, self._inner, self._outer, read_only(data), read_only(offsets), order, *room, out)
        return out.astype(">u4").view(np.uint8).reshape(n, 4 * kernel.STATE)


# -- blocks ------------------------------------------------------------------------------------------------------------------


class Blocks:
    """One block cipher and key; every block by itself."""

    def __init__(self, algorithm: Any) -> None:
        try:
            mode = modes.ECB()  # noqa: S305 - the permutation that the modes of this module are built from
            self._encryptor = Cipher(algorithm, mode).encryptor()
        except UnsupportedAlgorithm:
            raise OperatorError(f"{algorithm.name} is not in the cryptographic library of this machine") from None

    def encrypt(self, blocks: Matrix) -> Matrix:
        """Return rows of 16 bytes encrypted."""
        found = self._encryptor.update(np.ascontiguousarray(blocks).data.cast("B")) if blocks.size else b""
        return np.frombuffer(found, np.uint8).reshape(blocks.shape)


# -- format-preserving encryption -----------------------------------------------------------------------------------------


class _Narrow:
    """Arithmetic on halves below 2^56, as arrays of uint64."""

    LIMIT = 1 << 56

    def __init__(self, radix: int) -> None:
        self._radix = np.uint64(radix)

    def number(self, digits: Matrix) -> Numbers:
        found = np.zeros(len(digits), np.uint64)
        for column in digits.T:
            found = found * self._radix + column
        return found

    def digits(self, numbers: Numbers, count: int) -> Matrix:
        found = np.empty((len(numbers), count), np.uint8)
        for at in range(count - 1, -1, -1):
            rest = numbers // self._radix
            found[:, at] = numbers - rest * self._radix
            numbers = rest
        return found

    def bytes(self, numbers: Numbers, count: int) -> Matrix:
        return numbers.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - count :]

    def residue(self, big: Matrix, modulus: int) -> Numbers:
        """Return big-endian numbers of 8 or 12 bytes modulo ``modulus``."""
        step = 2 if modulus < 1 << 48 else 1
        bound = np.uint64(modulus)
        found = np.ascontiguousarray(big[:, :8]).view(">u8").reshape(-1).astype(np.uint64) % bound
        for at in range(8, big.shape[1], step):
            part = np.ascontiguousarray(big[:, at : at + step]).view(f">u{step}").reshape(-1)
            found = ((found << np.uint64(8 * step)) + part) % bound
        return found

    def add(self, first: Numbers, second: Numbers, modulus: int) -> Numbers:
        return (first + second) % np.uint64(modulus)

    def subtract(self, first: Numbers, second: Numbers, modulus: int) -> Numbers:
        bound = np.uint64(modulus)
        return (first + (bound - second)) % bound


class _Wide:
    """The same on halves of any size, as arrays of Python's integers."""

    def __init__(self, radix: int) -> None:
        self._radix = radix

    def number(self, digits: Matrix) -> Numbers:
        found = np.zeros(len(digits), object)
        for column in digits.T:
            found = found * self._radix + column.astype(object)
        return found

    def digits(self, numbers: Numbers, count: int) -> Matrix:
        found = np.empty((len(numbers), count), np.uint8)
        for at in range(count - 1, -1, -1):
            found[:, at] = numbers % self._radix
            numbers = numbers // self._radix
        return found

    def bytes(self, numbers: Numbers, count: int) -> Matrix:
        return np.frombuffer(b"".join(int(n).to_bytes(count, "big") for n in numbers), np.uint8).reshape(-1, count)

    def residue(self, big: Matrix, modulus: int) -> Numbers:
        found = np.empty(len(big), object)
        found[:] = [int.from_bytes(row.tobytes(), "big") % modulus for row in big]
        return found

    def add(self, first: Numbers, second: Numbers, modulus: int) -> Numbers:
        return (first + second) % modulus

    def subtract(self, first: Numbers, second: Numbers, modulus: int) -> Numbers:
        return (first - second) % modulus


class FF1:
    """FF1 of NIST SP 800-38G with AES, over matrices of numerals: a row a value, all of the same length.

    Rows whose domain (radix^length) is below a million are refused with ValueError, as revision 1 asks.
    """

    def __init__(self, key: bytes, radix: int, tweak: bytes = b"") -> None:
        self._aes = Blocks(algorithms.AES(key))
        self._radix = radix
        self._tweak = tweak

    def encrypt(self, numerals: Matrix) -> Matrix:
        """Return other numerals of the same length (algorithm 7)."""
        return self._sliced(numerals, decrypt=False)

    def decrypt(self, numerals: Matrix) -> Matrix:
        """Return the numerals that ``encrypt`` was given (algorithm 8)."""
        return self._sliced(numerals, decrypt=True)

    def _sliced(self, numerals: Matrix, *, decrypt: bool) -> Matrix:
        rows, length = numerals.shape
        if self._radix**length < LEAST or length > LONGEST:
            raise ValueError("the domain is too small, or a value too long")
        out = np.empty((rows, length), np.uint8)
        for at in range(0, rows, SLICE):
            out[at : at + SLICE] = self._rounds(numerals[at : at + SLICE], decrypt=decrypt)
        return out

    def _rounds(self, numerals: Matrix, *, decrypt: bool) -> Matrix:
        n, length = numerals.shape
        radix, tweak = self._radix, self._tweak
        u = length // 2
        v = length - u
        sizes = radix**u, radix**v
        arithmetic = _Narrow(radix) if sizes[1] < _Narrow.LIMIT else _Wide(radix)
        b = ((sizes[1] - 1).bit_length() + 7) // 8
        d = 4 * ((b + 3) // 4) + 4
        p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256])
        p += length.to_bytes(4, "big") + len(tweak).to_bytes(4, "big")
        start = self._aes.encrypt(np.frombuffer(p, np.uint8).reshape(1, 16))
        head = tweak + bytes((-len(tweak) - b - 1) % 16)
        q = np.zeros((n, len(head) + 1 + b), np.uint8)
        q[:, : len(head)] = np.frombuffer(head, np.uint8)
        left, right = arithmetic.number(numerals[:, :u]), arithmetic.number(numerals[:, u:])
        for i in reversed(range(ROUNDS)) if decrypt else range(ROUNDS):
            q[:, len(head)] = i
            q[:, len(head) + 1 :] = arithmetic.bytes(left if decrypt else right, b)
            mixed = self._stretched(start, q, d)
            modulus = sizes[i % 2]
            y = arithmetic.residue(mixed, modulus)
            if decrypt:
                left, right = arithmetic.subtract(right, y, modulus), left
            else:
                left, right = right, arithmetic.add(left, y, modulus)
        return np.concatenate([arithmetic.digits(left, u), arithmetic.digits(right, v)], axis=1)

    def _stretched(self, start: Matrix, q: Matrix, d: int) -> Matrix:
        """Return the first ``d`` bytes that the pseudorandom function makes of P and ``q`` (steps 6.ii and 6.iii)."""
        state = start
        for at in range(0, q.shape[1], 16):
            state = self._aes.encrypt(state ^ q[:, at : at + 16])
        parts = [state]
        for j in range(1, (d + 15) // 16):
            number = np.frombuffer(j.to_bytes(16, "big"), np.uint8)
            parts.append(self._aes.encrypt(state ^ number))
        whole: Matrix = np.concatenate(parts, axis=1)
        return whole[:, :d]


# -- permutations of numbers -----------------------------------------------------------------------------------------------


class Permutation:
    """For every group a permutation of the numbers below its size, under a key of 32 bytes."""

    #: sizes up to here are worked on as arrays
    LIMIT = 1 << 62

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._aes = Blocks(algorithms.AES(key))

    def apply(self, index: Numbers, size: Numbers, group: Numbers) -> Numbers:
        """Return where each ``index`` (int64, below its ``size``) goes. The group says which permutation, and its size."""
        out = np.empty(len(index), np.int64)
        for at in range(0, len(index), SLICE):
            part = slice(at, at + SLICE)
            out[part] = self._walk(index[part], size[part], group[part])
        return out

    def _walk(self, index: Numbers, size: Numbers, group: Numbers) -> Numbers:
        wide = size.astype(np.uint64)
        a = np.sqrt(size.astype(np.float64)).astype(np.uint64) + np.uint64(1)
        b = (wide + a - np.uint64(1)) // a
        value = index.astype(np.uint64)
        active = np.arange(len(index))
        while active.size:
            # a·b is a little more than the size: what falls outside goes on until it is inside
            value[active] = self._rounds(value[active], a[active], b[active], group[active])
            active = active[value[active] >= wide[active]]
        return value.astype(np.int64)

    def _rounds(self, value: Numbers, a: Numbers, b: Numbers, group: Numbers) -> Numbers:
        left = value // b
        right = value - left * b
        block = np.zeros((len(value), 2), ">u8")
        block[:, 1] = group.view(np.uint64)
        for i in range(ROUNDS):
            block[:, 0] = (right if i % 2 == 0 else left) | np.uint64(i << 32)
            y = self._aes.encrypt(block.view(np.uint8)).view(">u8")[:, 0].astype(np.uint64)
            if i % 2 == 0:
                left = (left + y % a) % a
            else:
                right = (right + y % b) % b
        mixed: Numbers = left * b + right
        return mixed

    def exact(self, index: int, size: int, group: bytes) -> int:
        """The same for one number of a size beyond ``LIMIT``, up to 2^256; its round function is HMAC-SHA512."""
        a = 1 << ((size.bit_length() + 1) // 2)
        b = (size + a - 1) // a
        while True:
            left, right = divmod(index, b)
            for i in range(ROUNDS):
                half = right if i % 2 == 0 else left
                y = int.from_bytes(hmac.digest(self._key, bytes([i]) + half.to_bytes(32, "big") + group, "sha512"), "big")
                if i % 2 == 0:
                    left = (left + y) % a
                else:
                    right = (right + y) % b
            index = left * b + right
            if index < size:
                return index


# -- SM4 ----------------------------------------------------------------------------------------------------------------------


class Sm4Siv:
    """Deterministic authenticated encryption of arrays with SM4 and HMAC-SM3, under a key of 48 bytes."""

    TAG = 16

    def __init__(self, key: bytes) -> None:
        self._mac = Hmac(key[:32], sm3=True)
        self._sm4 = Blocks(algorithms.SM4(key[32:]))

    def seal(self, values: pa.Array) -> pa.Array:
        """Return tag and ciphertext of every text (binary)."""
        tags = self._mac.digests(values)[:, : self.TAG]
        data, offsets, _ = buffers(values)
        sizes = np.diff(offsets)
        secret = self._counted(tags, data[int(offsets[0]) : int(offsets[-1])], sizes)
        ends = np.concatenate([[0], np.cumsum(sizes + self.TAG)])
        out = np.empty(int(ends[-1]), np.uint8)
        is_tag = np.zeros(out.size, bool)
        is_tag[(ends[:-1, None] + np.arange(self.TAG)).reshape(-1)] = True
        out[is_tag] = tags.reshape(-1)
        out[~is_tag] = secret
        return _binary(out, ends)

    def open(self, sealed: list[bytes]) -> tuple[pa.Array, Matrix]:
        """Return the texts (binary), and where a tag holds; what is shorter than a tag does not."""
        long = [item if len(item) >= self.TAG else bytes(self.TAG) for item in sealed]
        tags = np.frombuffer(b"".join(item[: self.TAG] for item in long), np.uint8).reshape(-1, self.TAG)
        sizes = np.array([len(item) - self.TAG for item in long], np.int64)
        clear = self._counted(tags, np.frombuffer(b"".join(item[self.TAG :] for item in long), np.uint8), sizes)
        texts = _binary(clear, np.concatenate([[0], np.cumsum(sizes)]))
        return texts, (self._mac.digests(texts)[:, : self.TAG] == tags).all(axis=1)

    def _counted(self, tags: Matrix, data: Numbers, sizes: Numbers) -> Numbers:
        """Return data under the key stream that starts at each value's tag."""
        blocks = (sizes + 15) // 16
        first = np.cumsum(blocks) - blocks
        # RFC 5297, clause 2.5: two bits are cleared, so that counting up carries nowhere
        start = tags.copy()
        start[:, 8] &= 0x7F
        start[:, 12] &= 0x7F
        counters = np.repeat(start, blocks, axis=0)
        low = np.ascontiguousarray(counters[:, 12:]).view(">u4")[:, 0].astype(np.uint32)
        low += (np.arange(int(blocks.sum())) - np.repeat(first, blocks)).astype(np.uint32)
        counters[:, 12:] = low.astype(">u4").view(np.uint8).reshape(-1, 4)
        stream = self._sm4.encrypt(counters).reshape(-1)
        starts = np.cumsum(sizes) - sizes
        changed: Numbers = data ^ stream[np.arange(data.size) + np.repeat(16 * first - starts, sizes)]
        return changed


def _binary(data: Numbers, offsets: Numbers) -> pa.Array:
    """Return a binary array over bytes and offsets."""
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OperatorError("one batch of values is too large to be encrypted at once")
    places = pa.py_buffer(offsets.astype(np.int32))
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, places, pa.py_buffer(np.ascontiguousarray(data))])
