"""The compiled passes over buffers of values: spelling them alike, and HMAC with SHA-256 or SM3.

Eight values are hashed side by side: every word of the state is a vector of eight 32-bit lanes, so a round costs what it
costs for one value. Which values stand together changes no result.

Sources: FIPS 180-4 clauses 4.1.2, 5.3.3, 6.2 (SHA-256); GB/T 32905-2016 clauses 4 and 5 (SM3); RFC 2104 (HMAC).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

#: nothing in here allocates, so arrays need not be counted
compiled = numba.njit(cache=True, nogil=True, _nrt=False)

LANES = 8
BLOCK = 64
WORDS = 16
STATE = 8

SHA256_START = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
SM3_START = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip


def _roots() -> list[int]:
    """Return the constants of SHA-256: the first 32 bits behind the point of the cube roots of the first 64 primes."""
    primes = [n for n in range(2, 312) if all(n % d for d in range(2, int(n**0.5) + 1))]
    found = []
    for prime in primes:
        scaled, root = prime << 96, 1 << 35
        while (better := (2 * root + scaled // root**2) // 3) < root:
            root = better
        found.append(root & 0xFFFFFFFF)
    return found


SHA256_ROUNDS = _roots()

# -- rounds, written as machine code over vectors --------------------------------------------------------------------------

_LANE = ir.IntType(32)
_VECTOR = ir.VectorType(_LANE, LANES)


class _Code:
    """Writes operations on vectors of lanes."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        self._b = builder
        self._state, self._block = (
            context.make_array(kind)(context, builder, value).data for kind, value in zip(signature.args, args, strict=True)
        )

    def _place(self, data: Any, index: int) -> Any:
        at = self._b.gep(data, [ir.Constant(ir.IntType(64), index * LANES)])
        return self._b.bitcast(at, _VECTOR.as_pointer())

    def load(self, of_state: bool, index: int) -> Any:
        value = self._b.load(self._place(self._state if of_state else self._block, index))
        value.align = 4
        return value

    def store(self, value: Any, index: int) -> None:
        self._b.store(value, self._place(self._state, index), align=4)

    def constant(self, number: int) -> Any:
        return ir.Constant(_VECTOR, [number & 0xFFFFFFFF] * LANES)

    def add(self, first: Any, *more: Any) -> Any:
        for value in more:
            first = self._b.add(first, value)
        return first

    def xor(self, first: Any, *more: Any) -> Any:
        for value in more:
            first = self._b.xor(first, value)
        return first

    def both(self, first: Any, second: Any) -> Any:
        return self._b.and_(first, second)

    def either(self, first: Any, second: Any) -> Any:
        return self._b.or_(first, second)

    def choose(self, mask: Any, first: Any, second: Any) -> Any:
        """Return the bits of ``first`` where ``mask`` is set, of ``second`` elsewhere."""
        return self.xor(second, self.both(mask, self.xor(first, second)))

    def most(self, a: Any, b: Any, c: Any) -> Any:
        """Return the bits that two of three have."""
        return self.either(self.both(a, b), self.both(c, self.either(a, b)))

    def right(self, value: Any, bits: int) -> Any:
        return self._b.lshr(value, self.constant(bits))

    def rotl(self, value: Any, bits: int) -> Any:
        bits %= 32
        if not bits:
            return value
        return self.either(self._b.shl(value, self.constant(bits)), self.right(value, 32 - bits))

    def rotr(self, value: Any, bits: int) -> Any:
        return self.rotl(value, 32 - bits)


def _sha256_code(c: _Code) -> None:
    """FIPS 180-4, clause 6.2.2."""
    w = [c.load(False, i) for i in range(WORDS)]
    for t in range(16, 64):
        low, high = w[t - 15], w[t - 2]
        small0 = c.xor(c.rotr(low, 7), c.rotr(low, 18), c.right(low, 3))
        small1 = c.xor(c.rotr(high, 17), c.rotr(high, 19), c.right(high, 10))
        w.append(c.add(small1, w[t - 7], small0, w[t - 16]))
    before = [c.load(True, i) for i in range(STATE)]
    a, b, cc, d, e, f, g, h = before
    for t in range(64):
        big1 = c.xor(c.rotr(e, 6), c.rotr(e, 11), c.rotr(e, 25))
        first = c.add(h, big1, c.choose(e, f, g), c.constant(SHA256_ROUNDS[t]), w[t])
        big0 = c.xor(c.rotr(a, 2), c.rotr(a, 13), c.rotr(a, 22))
        second = c.add(big0, c.most(a, b, cc))
        a, b, cc, d, e, f, g, h = c.add(first, second), a, b, cc, c.add(d, first), e, f, g
    for i, (old, new) in enumerate(zip(before, (a, b, cc, d, e, f, g, h), strict=True)):
        c.store(c.add(old, new), i)


def _sm3_code(c: _Code) -> None:
    """GB/T 32905-2016, clause 5.3."""
    w = [c.load(False, i) for i in range(WORDS)]
    for t in range(16, 68):
        x = c.xor(w[t - 16], w[t - 9], c.rotl(w[t - 3], 15))
        w.append(c.xor(x, c.rotl(x, 15), c.rotl(x, 23), c.rotl(w[t - 13], 7), w[t - 6]))
    before = [c.load(True, i) for i in range(STATE)]
    a, b, cc, d, e, f, g, h = before
    for t in range(64):
        number = 0x79CC4519 if t < 16 else 0x7A879D8A
        turned = ((number << (t % 32)) | (number >> (32 - t % 32))) & 0xFFFFFFFF
        a12 = c.rotl(a, 12)
        ss1 = c.rotl(c.add(a12, e, c.constant(turned)), 7)
        ss2 = c.xor(ss1, a12)
        ff = c.xor(a, b, cc) if t < 16 else c.most(a, b, cc)
        gg = c.xor(e, f, g) if t < 16 else c.choose(e, f, g)
        tt1 = c.add(ff, d, ss2, c.xor(w[t], w[t + 4]))
        tt2 = c.add(gg, h, ss1, w[t])
        turned_tt2 = c.xor(tt2, c.rotl(tt2, 9), c.rotl(tt2, 17))
        a, b, cc, d, e, f, g, h = tt1, a, c.rotl(b, 9), cc, turned_tt2, e, c.rotl(f, 19), g
    for i, (old, new) in enumerate(zip(before, (a, b, cc, d, e, f, g, h), strict=True)):
        c.store(c.xor(old, new), i)


def _compression(write: Callable[[_Code], None]) -> Any:
    """Return the function that mixes a block (uint32[16, lanes]) into a state (uint32[8, lanes])."""

    def function(typing: Any, state: Any, block: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            write(_Code(context, builder, signature, args))
            return context.get_dummy_value()

        return types.void(state, block), code

    return intrinsic(function)


_mix_sha256 = _compression(_sha256_code)
_mix_sm3 = _compression(_sm3_code)


@compiled
def _compress(sm3, state, block):
    if sm3:
        _mix_sm3(state, block)
    else:
        _mix_sha256(state, block)


@compiled
def _fill(data, start, size, before, number, block, lane):
    """Write block ``number`` of a padded message into a lane; ``before`` bytes were hashed ahead of the message."""
    low = start + number * BLOCK
    end = start + size
    if low + BLOCK <= end:
        for i in range(WORDS):
            at = low + 4 * i
            block[i, lane] = (
                (np.uint32(data[at]) << np.uint32(24))
                | (np.uint32(data[at + 1]) << np.uint32(16))
                | (np.uint32(data[at + 2]) << np.uint32(8))
                | np.uint32(data[at + 3])
            )
        return
    for i in range(WORDS):
        word = np.uint32(0)
        at = low + 4 * i
        if at <= end:
            for k in range(4):
                byte = np.uint32(0)
                if at + k < end:
                    byte = np.uint32(data[at + k])
                elif at + k == end:
                    byte = np.uint32(0x80)
                word |= byte << np.uint32(24 - 8 * k)
        block[i, lane] = word
    if (number + 1) * BLOCK - size >= 9:
        bits = np.uint64(before + size) * np.uint64(8)
        block[14, lane] = np.uint32(bits >> np.uint64(32))
        block[15, lane] = np.uint32(bits & np.uint64(0xFFFFFFFF))


@compiled
def hmac_values(sm3, inner, outer, data, offsets, order, state, kept, block, out):
    """HMAC every value into ``out``.

    Args:
        sm3: False for SHA-256.
        inner: uint32[8], the state behind the inner block of the key.
        outer: the same of the outer block.
        data: uint8, the values one behind the other.
        offsets: int64, where each value starts, and the end of the last.
        order: int64, the values by their number of blocks, so that lanes end together.
        state: uint32[8, lanes], room to work in.
        kept: the same once more.
        block: uint32[16, lanes], room for a block.
        out: uint32[values, 8], the digests.
    """
    for first in range(0, order.size, LANES):
        lanes = min(LANES, order.size - first)
        for i in range(STATE):
            for lane in range(LANES):
                state[i, lane] = inner[i]
        last = order[first + lanes - 1]
        blocks = (offsets[last + 1] - offsets[last] + 8) // BLOCK + 1
        for number in range(blocks):
            ended = False
            for lane in range(lanes):
                which = order[first + lane]
                size = offsets[which + 1] - offsets[which]
                if number > (size + 8) // BLOCK:
                    ended = True
                    for i in range(STATE):
                        kept[i, lane] = state[i, lane]
                else:
                    _fill(data, offsets[which], size, BLOCK, number, block, lane)
            _compress(sm3, state, block)
            if ended:
                for lane in range(lanes):
                    which = order[first + lane]
                    if number > (offsets[which + 1] - offsets[which] + 8) // BLOCK:
                        for i in range(STATE):
                            state[i, lane] = kept[i, lane]
        for lane in range(LANES):
            for i in range(STATE):
                block[i, lane] = state[i, lane]
                state[i, lane] = outer[i]
            block[8, lane] = np.uint32(0x80000000)
            for i in range(9, 15):
                block[i, lane] = np.uint32(0)
            block[15, lane] = np.uint32((BLOCK + 32) * 8)
        _compress(sm3, state, block)
        for lane in range(lanes):
            for i in range(STATE):
                out[order[first + lane], i] = state[i, lane]


@compiled
def mix_block(sm3, state, block):
    """Mix one block into a state, in every lane."""
    _compress(sm3, state, block)


@compiled
def hash_message(sm3, start, data, state, block):
    """Leave the plain hash of ``data`` in every lane of ``state``."""
    for i in range(STATE):
        for lane in range(LANES):
            state[i, lane] = start[i]
    for number in range((data.size + 8) // BLOCK + 1):
        for lane in range(LANES):
            _fill(data, 0, data.size, 0, number, block, lane)
        _compress(sm3, state, block)


# -- spelling ----------------------------------------------------------------------------------------------------------------

#: what is kept of a value: letters and digits in upper case; everything; everything in lower case
COMPACT, TEXT, LOWER = range(3)


@compiled
def _is_mobile(out, at, end):
    return end - at == 11 and out[at] == 49 and 51 <= out[at + 1] <= 57


@compiled
def _is_blank(b):
    return b == 32 or 9 <= b <= 13 or 28 <= b <= 31


@compiled
def spell(mode, data, offsets, out, out_offsets, hard):
    """Spell values alike: half width, and as ``mode`` says. Returns nothing; ``out`` is at least as long as ``data``.

    ASCII, full-width forms of it and 汉字 are done here; a value with anything else is left empty and marked ``hard``.
    """
    written = 0
    out_offsets[0] = 0
    for v in range(offsets.size - 1):
        begin = written
        digits = True
        i = offsets[v]
        end = offsets[v + 1]
        while i < end:
            b = data[i]
            if b == 0xEF and i + 2 < end and (data[i + 1] == 0xBC or data[i + 1] == 0xBD):
                # U+FF01 to U+FF5E are ! to ~
                b = np.uint8(data[i + 2] - 0x60 if data[i + 1] == 0xBC else data[i + 2] - 0x20)
                if b < 0x21 or b > 0x7E or (data[i + 1] == 0xBC) != (b < 0x60):
                    hard[v] = 1
                    break
                i += 3
            elif b == 0xE3 and i + 2 < end and data[i + 1] == 0x80 and data[i + 2] == 0x80:
                b = np.uint8(32)
                i += 3
            elif (0xE5 <= b <= 0xE9 or (b == 0xE4 and i + 1 < end and data[i + 1] >= 0xB8)) and i + 2 < end:
                if b == 0xE9 and (data[i + 1] > 0xBE or (data[i + 1] == 0xBE and data[i + 2] > 0xA5)):
                    hard[v] = 1
                    break
                out[written] = b
                out[written + 1] = data[i + 1]
                out[written + 2] = data[i + 2]
                written += 3
                i += 3
                digits = False
                continue
            elif b >= 0x80:
                hard[v] = 1
                break
            else:
                i += 1
            if 48 <= b <= 57:
                pass
            elif 65 <= b <= 90:
                digits = False
                if mode == LOWER:
                    b = np.uint8(b + 32)
            elif 97 <= b <= 122:
                digits = False
                if mode == COMPACT:
                    b = np.uint8(b - 32)
            else:
                digits = False if mode != COMPACT else digits
                if mode == COMPACT:
                    continue
            out[written] = b
            written += 1
        if hard[v]:
            written = begin
        elif mode == COMPACT:
            if digits:
                skip = 0
                if written - begin == 13 and out[begin] == 56 and out[begin + 1] == 54:
                    skip = 2
                elif (
                    written - begin == 15
                    and out[begin] == 48
                    and out[begin + 1] == 48
                    and out[begin + 2] == 56
                    and out[begin + 3] == 54
                ):
                    skip = 4
                if skip and _is_mobile(out, begin + skip, written):
                    for k in range(begin, written - skip):
                        out[k] = out[k + skip]
                    written -= skip
        else:
            while written > begin and _is_blank(out[written - 1]):
                written -= 1
            lead = 0
            while begin + lead < written and _is_blank(out[begin + lead]):
                lead += 1
            if lead:
                for k in range(begin, written - lead):
                    out[k] = out[k + lead]
                written -= lead
        out_offsets[v + 1] = written
