"""The compiled passes of the text-like sources, over byte buffers.

One file on purpose: numba's cache on disk does not notice a change in a callee that lives elsewhere.
Every buffer handed in must be readable (and every output writable) for ``PAD`` bytes past its logical end, because
bytes are compared and copied in blocks. Nothing here allocates per value and nothing here raises.

Sources: RFC 3629 (UTF-8), GB 18030-2005 chapter 4 (two- and four-byte code space), RFC 4180 section 2 (quoting),
RFC 8259 sections 2 to 7 (JSON).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

PAD = 128

#: a quote not closed within this many bytes, or lines, is an ordinary character
QUOTE_BYTES = 1 << 20
QUOTE_LINES = 1000

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Return ``function`` compiled on first use, without the interpreter lock, cached on disk.

    Nothing here allocates, so arrays need not be counted (``_nrt``): that would cost more than most of the calls.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "boundscheck": False, "_nrt": False}
    return cast(_F, numba.njit(**options)(function))


# ------------------------------------------------------------------------------------------------ blocks of bytes



def primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that compiled code may call and whose machine code ``function`` writes."""
    return cast(Callable[..., Any], intrinsic(function))


_BYTE = ir.IntType(8)
_LANE = ir.IntType(32)


def _address(context: Any, builder: Any, kind: Any, array: Any, index: Any, pointee: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), pointee.as_pointer())


def _load(context: Any, builder: Any, kind: Any, array: Any, index: Any, width: int) -> Any:
    value = builder.load(_address(context, builder, kind, array, index, ir.VectorType(_BYTE, width)))
    value.align = 1
    return value


@primitive
def _equal64(typing: Any, array: Any, index: Any, byte: Any) -> Any:
    """Bit k is set where ``array[index + k] == byte``, k from 0 to 63."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(_BYTE, 64)
        block = _load(context, builder, signature.args[0], args[0], args[1], 64)
        nothing = ir.Constant(vector, ir.Undefined)
        first = builder.insert_element(nothing, args[2], ir.Constant(_LANE, 0))
        lanes = ir.Constant(ir.VectorType(_LANE, 64), [0] * 64)
        wanted = builder.shuffle_vector(first, nothing, lanes)
        return builder.bitcast(builder.icmp_unsigned("==", block, wanted), ir.IntType(64))

    return types.uint64(array, types.int64, types.uint8), code


@primitive
def _high64(typing: Any, array: Any, index: Any) -> Any:
    """Bit k is set where ``array[index + k]`` is not ASCII."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature.args[0], args[0], args[1], 64)
        zero = ir.Constant(ir.VectorType(_BYTE, 64), [0] * 64)
        return builder.bitcast(builder.icmp_signed("<", block, zero), ir.IntType(64))

    return types.uint64(array, types.int64), code


@primitive
def _copy16(typing: Any, target: Any, at: Any, source: Any, index: Any) -> Any:
    """Copy 16 bytes."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature.args[2], args[2], args[3], 16)
        place = _address(context, builder, signature.args[0], args[0], args[1], ir.VectorType(_BYTE, 16))
        builder.store(block, place, align=1)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), code


@primitive
def _word64(typing: Any, array: Any, index: Any) -> Any:
    """Return eight bytes as a number."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, signature.args[0], args[0], args[1], ir.IntType(64))
        value = builder.load(place)
        value.align = 1
        return value

    return types.uint64(array, types.int64), code


@primitive
def _lowest(typing: Any, mask: Any) -> Any:
    """Return the position of the lowest set bit; the mask must not be 0."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code


@primitive
def _bits(typing: Any, mask: Any) -> Any:
    """Return the number of set bits."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), code


_ONE = np.uint64(1)
_NONE = np.uint64(0)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@compiled
def _first(length: int) -> Any:
    """Return a mask of the ``length`` lowest bits, all 64 for more."""
    return _ALL if length >= 64 else (_ONE << np.uint64(length)) - _ONE


@compiled
def _copy(target: Any, at: int, source: Any, start: int, length: int) -> None:
    for k in range(0, length, 16):
        _copy16(target, at + k, source, start + k)


@compiled
def find_byte(buf: Any, start: int, end: int, byte: Any) -> int:
    """Return the first position of ``byte`` in ``buf[start:end]``, ``end`` if there is none."""
    i = start
    while i < end:
        mask = _equal64(buf, i, byte)
        if mask != _NONE:
            return int(min(i + _lowest(mask), end))
        i += 64
    return end


@compiled
def count_byte(buf: Any, start: int, end: int, byte: Any) -> int:
    """Return how often ``byte`` occurs in ``buf[start:end]``."""
    total = 0
    for i in range(start, end, 64):
        total += _bits(_equal64(buf, i, byte) & _first(end - i))
    return total


@compiled
def rfind_newline(buf: Any, start: int, end: int) -> int:
    """Return the position after the last line feed of ``buf[start:end]``, ``start`` if there is none."""
    i = end
    while i > start:
        if buf[i - 1] == 10:
            return i
        i -= 1
    return start


@compiled
def line_starts(buf: Any, n: int, starts: Any) -> int:
    """Write the start of every line of ``buf[:n]`` and a final ``n`` to ``starts``; return the number of lines."""
    lines = 0
    begin = 0
    for i in range(0, n, 64):
        mask = _equal64(buf, i, np.uint8(10)) & _first(n - i)
        while mask != _NONE:
            starts[lines] = begin
            lines += 1
            begin = i + _lowest(mask) + 1
            mask &= mask - _ONE
    if begin < n:
        starts[lines] = begin
        lines += 1
    starts[lines] = n
    return lines


# ------------------------------------------------------------------------------------------------ encodings


@compiled
def _utf8_length(buf: Any, i: int, n: int) -> int:
    """Return the length of the well-formed multi-byte sequence at ``i``, 0 if there is none (RFC 3629 section 4)."""
    c = buf[i]
    if c < 0xC2 or c > 0xF4 or i + 1 >= n:
        return 0
    c1 = buf[i + 1]
    if c < 0xE0:
        return 2 if c1 & 0xC0 == 0x80 else 0
    if i + 2 >= n or buf[i + 2] & 0xC0 != 0x80:
        return 0
    if c < 0xF0:
        low = 0xA0 if c == 0xE0 else 0x80
        high = 0x9F if c == 0xED else 0xBF
        return 3 if low <= c1 <= high else 0
    if i + 3 >= n or buf[i + 3] & 0xC0 != 0x80:
        return 0
    low = 0x90 if c == 0xF0 else 0x80
    high = 0x8F if c == 0xF4 else 0xBF
    return 4 if low <= c1 <= high else 0


_TWO_OF_THREE = np.uint64(0xC0C0F0C0C0F0)
_TWO_LEADS = np.uint64(0x8080E08080E0)
_LEAD, _SHIFT, _E0, _ED = np.uint64(0xFF), np.uint64(24), np.uint64(0xE0), np.uint64(0xED)


@compiled
def utf8_check(buf: Any, start: int, n: int) -> tuple[int, bool]:
    """Return where the first malformed sequence of ``buf[start:n]`` begins (``n``: none), and if any is not ASCII."""
    i = start
    wide = False
    while i < n:
        mask = _high64(buf, i)
        if mask == _NONE:
            i += 64
            continue
        i += _lowest(mask)
        while i < n and buf[i] >= 0x80:
            wide = True
            # two characters of three bytes at once, the usual case; leads E0 and ED have exceptions
            word = _word64(buf, i)
            while word & _TWO_OF_THREE == _TWO_LEADS and i + 6 <= n:
                lead = word & _LEAD
                lead2 = (word >> _SHIFT) & _LEAD
                if lead == _E0 or lead == _ED or lead2 == _E0 or lead2 == _ED:
                    break
                i += 6
                word = _word64(buf, i)
            if i < n and buf[i] >= 0x80:
                length = _utf8_length(buf, i, n)
                if length == 0:
                    return i, wide
                i += length
    return n, wide


@compiled
def has_wide(buf: Any, start: int, n: int) -> bool:
    """Return whether a byte of ``buf[start:n]`` is not ASCII."""
    for i in range(start, n, 64):
        if _high64(buf, i) & _first(n - i) != _NONE:
            return True
    return False


@compiled
def utf8_repair(buf: Any, start: int, n: int, out: Any, at: int) -> tuple[int, int, int]:
    """Copy ``buf[start:n]`` with U+FFFD for every byte that belongs to no well-formed sequence to ``out``.

    Returns the end in ``out``, bytes replaced and the position of the first one. ``out`` needs three bytes for each.
    """
    o = at
    bad = 0
    first = -1
    i = start
    while i < n:
        length = 1 if buf[i] < 0x80 else _utf8_length(buf, i, n)
        if length == 0:
            out[o], out[o + 1], out[o + 2] = 0xEF, 0xBF, 0xBD
            o += 3
            i += 1
            bad += 1
            if first < 0:
                first = i - 1
        else:
            for k in range(length):
                out[o + k] = buf[i + k]
            o += length
            i += length
    return o, bad, first


@compiled
def utf8_line(buf: Any, start: int, n: int) -> int:
    """Return the start of the first line of ``buf[start:n]`` that can only sensibly be UTF-8, ``n`` if there is none.

    Four well-formed sequences of three bytes or more, hardly any of two: lines of GB18030 do not look like that.
    """
    i = start
    while i < n:
        mask = _high64(buf, i)
        if mask == _NONE:
            i += 64
            continue
        i += _lowest(mask)
        if i >= n:
            break
        begin = rfind_newline(buf, start, i)
        end = find_byte(buf, i, n, np.uint8(10))
        wide = 0
        narrow = 0
        while i < end:
            if buf[i] < 0x80:
                i += 1
                continue
            length = _utf8_length(buf, i, end)
            if length == 0:
                break
            if length == 2:
                narrow += 1
            else:
                wide += 1
            i += length
        if i >= end and wide >= 4 and narrow * 4 <= wide:
            return begin
        i = end + 1
    return n


@compiled
def gb18030_to_utf8(
    buf: Any, start: int, n: int, out: Any, at: int, two: Any, four: Any, strict: bool
) -> tuple[int, int, int, int]:
    """Write ``buf[start:n]`` as UTF-8 to ``out`` from ``at`` on; GB 18030-2005 clause 4.

    ``two`` and ``four`` hold the code points of the two- and four-byte code space (0: none). Stops at the first
    malformed byte if ``strict``, else replaces each by U+FFFD. Returns the end in ``out``, the position reached,
    bytes replaced and the position of the first one. ``out`` needs three bytes for every input byte that is
    malformed, one and a half for others.
    """
    o = at
    bad = 0
    first = -1
    i = start
    while i < n:
        mask = _high64(buf, i)
        plain = min(64 if mask == _NONE else _lowest(mask), n - i)
        if plain:
            _copy(out, o, buf, i, plain)
            o += plain
            i += plain
            continue
        code = 0
        length = 0
        c = int(buf[i])
        if 0x81 <= c <= 0xFE and i + 1 < n:
            c1 = int(buf[i + 1])
            if 0x40 <= c1 <= 0xFE:
                code = int(two[(c - 0x81) * 191 + c1 - 0x40])
                length = 2
            elif 0x30 <= c1 <= 0x39 and i + 3 < n:
                c2 = int(buf[i + 2])
                c3 = int(buf[i + 3])
                if 0x81 <= c2 <= 0xFE and 0x30 <= c3 <= 0x39:
                    linear = (((c - 0x81) * 10 + c1 - 0x30) * 126 + c2 - 0x81) * 10 + c3 - 0x30
                    length = 4
                    if linear < four.size:
                        code = int(four[linear])
                    elif 189000 <= linear <= 189000 + 0xFFFFF:
                        code = linear - 189000 + 0x10000
        if code == 0:
            if strict:
                return o, i, 0, i
            if first < 0:
                first = i
            bad += 1
            code = 0xFFFD
            length = 1
        o = _put_utf8(out, o, code)
        i += length
    return o, n, bad, first


@compiled
def gb18030_boundary(buf: Any, n: int) -> int:
    """Return where the last character of ``buf[:n]`` begins if it is cut off there, else ``n``."""
    i = 0
    while i < n:
        if buf[i] < 0x81:
            i += 1
            continue
        length = 2
        if i + 1 < n and 0x30 <= buf[i + 1] <= 0x39:
            length = 4
        if i + length > n:
            return i
        i += length
    return n


@compiled
def _put_utf8(out: Any, o: int, code: int) -> int:
    if code < 0x80:
        out[o] = code
        return o + 1
    if code < 0x800:
        out[o] = 0xC0 | code >> 6
        out[o + 1] = 0x80 | code & 0x3F
        return o + 2
    if code < 0x10000:
        out[o] = 0xE0 | code >> 12
        out[o + 1] = 0x80 | code >> 6 & 0x3F
        out[o + 2] = 0x80 | code & 0x3F
        return o + 3
    out[o] = 0xF0 | code >> 18
    out[o + 1] = 0x80 | code >> 12 & 0x3F
    out[o + 2] = 0x80 | code >> 6 & 0x3F
    out[o + 3] = 0x80 | code & 0x3F
    return o + 4


# ------------------------------------------------------------------------------------------------ delimited text


@compiled
def closing_quote(buf: Any, opening: int, n: int, final: bool, quote: Any) -> tuple[int, bool]:
    """Return where the quote opened at ``opening`` closes, and if quotes inside it are doubled.

    -1: it never does (see QUOTE_BYTES, QUOTE_LINES), the character is literal; -2: more input is needed to know.
    """
    limit = opening + QUOTE_BYTES + 1
    i = opening + 1
    doubled = False
    while True:
        i = find_byte(buf, i, min(n, limit), quote)
        if i >= limit:
            return -1, False
        if i >= n:
            if final or (i - opening > QUOTE_LINES and count_byte(buf, opening, i, np.uint8(10)) > QUOTE_LINES):
                return -1, False
            return -2, False
        if i + 1 == n and not final:
            return -2, False
        if i + 1 < n and buf[i + 1] == quote:
            doubled = True
            i += 2
            continue
        if i - opening > QUOTE_LINES and count_byte(buf, opening, i, np.uint8(10)) > QUOTE_LINES:
            return -1, False
        return i, doubled


@compiled
def fields(
    buf: Any,
    start: int,
    n: int,
    final: bool,
    delimiter: Any,
    quote: Any,
    starts: Any,
    ends: Any,
    records: Any,
) -> tuple[int, int, int]:
    """Find the fields of the complete records in ``buf[start:n]``; never fails.

    Field k is ``buf[starts[k]:ends[k]]``; a field that needs unquoting has ``~start`` and includes its quotes.
    Record r begins with field ``records[r]``. Lines without any content are no records. A quote is special only as
    the first character of a field. ``starts`` and ``ends`` hold ``n - start + 2`` entries, ``records`` half as many
    and two more. Returns the number of records, the position reached and how many quotes turned out to be literal.
    """
    count = 0
    rows = 0
    strays = 0
    record = start  # where the record began
    record_strays = 0
    begin = start  # where the field began
    scan = start
    complex_field = False
    records[0] = 0
    while scan < n:
        if scan == begin and buf[scan] == quote:
            closing, doubled = closing_quote(buf, scan, n, final, quote)
            if closing == -2:
                break
            if closing >= 0:
                after = closing + 1
                if not doubled and (
                    after == n
                    or buf[after] == delimiter
                    or buf[after] == 10
                    or (buf[after] == 13 and after + 1 < n and buf[after + 1] == 10)
                ):
                    # the common case: what lies between the quotes is the value
                    starts[count] = begin + 1
                    ends[count] = closing
                    count += 1
                    if after < n and buf[after] == delimiter:
                        begin = scan = after + 1
                        continue
                    rows += 1
                    records[rows] = count
                    if after < n and buf[after] == 13:
                        after += 1
                    begin = scan = record = min(after + 1, n)
                    record_strays = strays
                    continue
                complex_field = True
                scan = after
                if scan >= n:
                    break
            else:
                strays += 1
                scan += 1
                if scan >= n:
                    break
        mask = (_equal64(buf, scan, delimiter) | _equal64(buf, scan, np.uint8(10))) & _first(n - scan)
        restart = False
        while mask != _NONE:
            k = scan + _lowest(mask)
            end = k
            newline = buf[k] == 10
            if newline and end > begin and buf[end - 1] == 13:
                end -= 1
            starts[count] = ~begin if complex_field else begin
            ends[count] = end
            complex_field = False
            if newline:
                if end > begin or count > records[rows]:
                    count += 1
                    rows += 1
                    records[rows] = count
                record = k + 1
                record_strays = strays
            else:
                count += 1
            begin = k + 1
            if begin < n and buf[begin] == quote:
                scan = begin
                restart = True
                break
            mask &= mask - _ONE
        if not restart:
            scan += 64
    if final and record < n:
        # the last line has no line feed
        end = n
        if end > begin and buf[end - 1] == 13:
            end -= 1
        starts[count] = ~begin if complex_field else begin
        ends[count] = end
        if end > begin or count > records[rows]:
            count += 1
            rows += 1
            records[rows] = count
        return rows, n, strays
    return rows, record, record_strays


@compiled
def _unquote(buf: Any, start: int, end: int, quote: Any, out: Any, at: int) -> int:
    """Write a field without its quotes, doubled ones once; return the end in ``out``."""
    o = at
    i = start + 1
    while i < end:
        if buf[i] == quote:
            if i + 1 < end and buf[i + 1] == quote:
                i += 1
            else:
                i += 1
                break
        out[o] = buf[i]
        o += 1
        i += 1
    while i < end:
        out[o] = buf[i]
        o += 1
        i += 1
    return o


@compiled
def gather_columns(
    buf: Any,
    starts: Any,
    ends: Any,
    records: Any,
    first: int,
    rows: int,
    columns: int,
    quote: Any,
    out: Any,
    regions: Any,
    place: Any,
    offsets: Any,
    present: Any,
) -> tuple[int, int]:
    """Copy the fields of records ``first`` to ``rows`` into one contiguous region of ``out`` per column.

    ``out`` holds the input and PAD bytes per column. ``regions[c]`` is where column c begins, ``offsets[c]`` its
    Arrow offsets relative to that, ``present[c]`` which rows have it (written only where one does not); ``place`` is
    room to work in. Returns how
    many records are short and how many fields are beyond ``columns``.
    """
    place[:] = 0
    for r in range(first, rows):
        base = records[r]
        for c in range(min(columns, records[r + 1] - base)):
            begin = starts[base + c]
            place[c] += ends[base + c] - (begin if begin >= 0 else ~begin)
    at = 0
    for c in range(columns):
        total = place[c]
        regions[c] = at
        place[c] = at
        offsets[c, 0] = 0
        at += (total + 63 & ~63) + 64
    short = 0
    beyond = 0
    for r in range(first, rows):
        base = records[r]
        width = records[r + 1] - base
        for c in range(min(columns, width)):
            begin = starts[base + c]
            end = ends[base + c]
            o = place[c]
            if begin >= 0:
                _copy(out, o, buf, begin, end - begin)
                o += end - begin
            else:
                o = _unquote(buf, ~begin, end, quote, out, o)
            place[c] = o
            offsets[c, r - first + 1] = o - regions[c]
        if width < columns:
            short += 1
            for c in range(width, columns):
                offsets[c, r - first + 1] = place[c] - regions[c]
                present[c, r - first] = 0
        beyond += max(0, width - columns)
    return short, beyond


@compiled
def gather_list(buf: Any, starts: Any, ends: Any, count: int, quote: Any, out: Any, offsets: Any) -> int:
    """Copy the listed fields one behind the other into ``out``; write their offsets; return the bytes written."""
    o = 0
    for k in range(count):
        offsets[k] = o
        begin = starts[k]
        if begin >= 0:
            _copy(out, o, buf, begin, ends[k] - begin)
            o += ends[k] - begin
        else:
            o = _unquote(buf, ~begin, ends[k], quote, out, o)
    offsets[count] = o
    return o


@compiled
def record_start(
    buf: Any, start: int, n: int, final: bool, delimiter: Any, quote: Any, previous: int, target: int
) -> tuple[int, int]:
    """Find the first record that starts at ``target`` or later, walking from ``start``, which lies outside quotes.

    ``previous`` is the byte before ``start`` (10 at the beginning of the file). Returns the position of that record,
    -1 if it is not in the buffer, and the position from which to go on with more input.
    """
    i = start
    while i < n:
        opening = find_byte(buf, i, n, quote)
        if target <= opening:
            newline = find_byte(buf, max(i, target - 1), opening, np.uint8(10))
            if newline < opening:
                return newline + 1, newline + 1
        if opening >= n:
            return -1, n
        before = previous if opening == start else buf[opening - 1]
        if before != 10 and before != delimiter:
            i = opening + 1
            continue
        closing, _ = closing_quote(buf, opening, n, final, quote)
        if closing == -2:
            return -1, opening
        i = opening + 1 if closing == -1 else closing + 1
    return -1, n


# ------------------------------------------------------------------------------------------------ JSON

STRING, ESCAPED, LITERAL, NULL = 0, 1, 2, 3
MORE, DONE, GROW, BROKEN, DEEP = 0, 1, 2, 3, 4

# what may come next
_VALUE, _KEY_OR_END, _COLON, _COMMA_OR_END, _KEY, _VALUE_OR_END, RECORD = 0, 1, 2, 3, 4, 5, 6
_OBJECT, _ARRAY, _ROOT = 1, 2, 3

# fields of the state
S_DEPTH, S_EXPECT, S_ROW, S_NODES, S_POOL, S_NODE, S_LEAVES = 0, 1, 2, 3, 4, 5, 6
STATE_SIZE = 8

#: children of a path node besides the named ones
N_PARENT, N_KEY, N_LENGTH, N_ARRAY, N_ANY, N_ANY_KEY, N_CHILDREN = 0, 1, 2, 3, 4, 5, 6
NODE_SIZE = 8
K_ARRAY, K_ANY, K_ANY_KEY = -1, -2, -3

#: an object with more distinct keys than this has data for keys
MAX_KEYS = 1000
MAX_KEY_BYTES = 128


@compiled
def _hash(buf: Any, start: int, length: int, parent: int) -> int:
    value = np.uint64(parent) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(length)
    for k in range(0, length, 8):
        word = _word64(buf, start + k)
        if length - k < 8:
            word &= (_ONE << np.uint64(8 * (length - k))) - _ONE
        value = (value ^ word) * np.uint64(0xFF51AFD7ED558CCD)
        value ^= value >> np.uint64(32)
    return int(np.int64(value >> np.uint64(1)))


@compiled
def _same(a: Any, i: int, b: Any, k: int, length: int) -> bool:
    for at in range(0, length, 8):
        difference = _word64(a, i + at) ^ _word64(b, k + at)
        if length - at < 8:
            difference &= (_ONE << np.uint64(8 * (length - at))) - _ONE
        if difference != _NONE:
            return False
    return True


@compiled
def _is_data(buf: Any, start: int, length: int) -> bool:
    """Return whether a key looks like a value (a phone number, an address of mail) and not like a name of one."""
    if length > MAX_KEY_BYTES:
        return True
    digits = 0
    for i in range(start, start + length):
        c = buf[i]
        if 48 <= c <= 57:
            digits += 1
        elif c == 64:
            return True
    return digits >= 6


@compiled
def _special_child(state: Any, nodes: Any, parent: int, kind: int) -> int:
    """Return the node of ``parent`` for array items, keys that are data, or their values; -1 if there is no room."""
    slot = N_ARRAY if kind == K_ARRAY else N_ANY if kind == K_ANY else N_ANY_KEY
    child = nodes[parent, slot]
    if child == 0:
        child = state[S_NODES]
        if child >= nodes.shape[0]:
            return -1
        state[S_NODES] += 1
        nodes[parent, slot] = child
        nodes[child, N_PARENT] = parent
        nodes[child, N_LENGTH] = kind
        for k in (N_ARRAY, N_ANY, N_ANY_KEY, N_CHILDREN):
            nodes[child, k] = 0
    return int(child)


@compiled
def _named_child(
    state: Any, nodes: Any, slots: Any, pool: Any, parent: int, buf: Any, start: int, length: int, limit: int
) -> int:
    """Return the node for a key below ``parent``; -1 if there is no room, -2 if the key is data."""
    mask = slots.size - 1
    at = _hash(buf, start, length, parent) & mask
    while slots[at] != 0:
        node = slots[at]
        if (
            nodes[node, N_PARENT] == parent
            and nodes[node, N_LENGTH] == length
            and _same(buf, start, pool, nodes[node, N_KEY], length)
        ):
            return int(node)
        at = (at + 1) & mask
    if nodes[parent, N_CHILDREN] >= MAX_KEYS or state[S_NODES] >= limit or _is_data(buf, start, length):
        return -2
    child = state[S_NODES]
    if child >= nodes.shape[0] or state[S_POOL] + length + PAD > pool.size:
        return -1
    state[S_NODES] += 1
    nodes[parent, N_CHILDREN] += 1
    nodes[child, N_PARENT] = parent
    nodes[child, N_KEY] = state[S_POOL]
    nodes[child, N_LENGTH] = length
    for k in (N_ARRAY, N_ANY, N_ANY_KEY, N_CHILDREN):
        nodes[child, k] = 0
    for k in range(length):
        pool[state[S_POOL] + k] = buf[start + k]
    state[S_POOL] += length
    slots[at] = child
    return int(child)


@compiled
def rehash(state: Any, nodes: Any, slots: Any, pool: Any) -> None:
    """Fill an empty, larger slot table with the named nodes."""
    mask = slots.size - 1
    for node in range(1, state[S_NODES]):
        if nodes[node, N_LENGTH] >= 0:
            at = _hash(pool, nodes[node, N_KEY], nodes[node, N_LENGTH], nodes[node, N_PARENT]) & mask
            while slots[at] != 0:
                at = (at + 1) & mask
            slots[at] = node


@compiled
def _string_end(buf: Any, start: int, n: int) -> tuple[int, bool]:
    """Return the position of the closing quote of the string whose content begins at ``start``, -1 if not there."""
    escaped = False
    i = start
    while i < n:
        mask = _equal64(buf, i, np.uint8(34)) | _equal64(buf, i, np.uint8(92))
        if mask == _NONE:
            i += 64
            continue
        i += _lowest(mask)
        if i >= n:
            break
        if buf[i] == 34:
            return i, escaped
        escaped = True
        i += 2
    return -1, escaped


@compiled
def _hex4(buf: Any, i: int, end: int) -> int:
    if i + 4 > end:
        return -1
    value = 0
    for k in range(i, i + 4):
        c = int(buf[k])
        if 48 <= c <= 57:
            c -= 48
        elif 65 <= c <= 70:
            c -= 55
        elif 97 <= c <= 102:
            c -= 87
        else:
            return -1
        value = value * 16 + c
    return value


@compiled
def unescape(buf: Any, start: int, end: int, out: Any, at: int) -> int:
    """Write the content of a JSON string without escapes (RFC 8259 section 7); return the end in ``out``.

    A lone surrogate becomes U+FFFD; an escape that RFC 8259 does not know is kept as it is written.
    """
    o = at
    i = start
    while i < end:
        c = buf[i]
        if c != 92 or i + 1 >= end:
            out[o] = c
            o += 1
            i += 1
            continue
        c = buf[i + 1]
        if c == 117:
            code = _hex4(buf, i + 2, end)
            if code < 0:
                out[o] = 92
                o += 1
                i += 1
                continue
            i += 6
            if 0xD800 <= code < 0xDC00 and i + 1 < end and buf[i] == 92 and buf[i + 1] == 117:
                low = _hex4(buf, i + 2, end)
                if 0xDC00 <= low < 0xE000:
                    code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
                    i += 6
            if 0xD800 <= code < 0xE000:
                code = 0xFFFD
            o = _put_utf8(out, o, code)
            continue
        plain = 0
        if c == 110:
            plain = 10
        elif c == 116:
            plain = 9
        elif c == 114:
            plain = 13
        elif c == 98:
            plain = 8
        elif c == 102:
            plain = 12
        elif c == 34 or c == 92 or c == 47:
            plain = int(c)
        if plain == 0:
            out[o] = 92
            o += 1
            i += 1
        else:
            out[o] = plain
            o += 1
            i += 2
    return o


@compiled
def _is_literal(buf: Any, start: int, end: int) -> int:
    """Return LITERAL for a number, true or false, NULL for null, -1 for anything else.

    NaN and Infinity are no JSON, but common writers emit them.
    """
    length = end - start
    c = buf[start]
    if (length == 3 and c == 78 and buf[start + 1] == 97 and buf[start + 2] == 78) or (
        8 <= length <= 9 and buf[end - 8] == 73 and buf[end - 7] == 110 and buf[end - 1] == 121
    ):
        return LITERAL
    if 48 <= c <= 57 or c == 45:
        for i in range(start + 1, end):
            c = buf[i]
            if not (48 <= c <= 57 or c == 46 or c == 43 or c == 45 or c == 69 or c == 101):
                return -1
        return LITERAL if buf[end - 1] >= 48 and buf[end - 1] <= 57 else -1
    if length == 4 and c == 116 and buf[start + 1] == 114 and buf[start + 2] == 117 and buf[start + 3] == 101:
        return LITERAL
    if length == 4 and c == 110 and buf[start + 1] == 117 and buf[start + 2] == 108 and buf[start + 3] == 108:
        return NULL
    if (
        length == 5
        and c == 102
        and buf[start + 1] == 97
        and buf[start + 2] == 108
        and buf[start + 3] == 115
        and buf[start + 4] == 101
    ):
        return LITERAL
    return -1


@compiled
def parse(
    buf: Any,
    start: int,
    n: int,
    final: bool,
    stop: bool,
    roots: bool,
    limit_depth: int,
    limit_nodes: int,
    state: Any,
    stack: Any,
    kinds: Any,
    nodes: Any,
    slots: Any,
    pool: Any,
    scratch: Any,
    rows: Any,
    paths: Any,
    begins: Any,
    ends: Any,
    marks: Any,
) -> tuple[int, int]:
    """Walk JSON from ``start``, emitting one leaf per scalar; resumable at the position it returns.

    Returns (what happened, position): MORE input needed, DONE (``stop``: one record ended), GROW (no room for
    paths), BROKEN or DEEP at that position. ``roots``: the items of an outermost array are records of their own.
    Leaf k lies at ``buf[begins[k]:ends[k]]``; ``marks`` says how to read it. There is room for ``n - start`` leaves.
    """
    i = start
    depth = state[S_DEPTH]
    expect = state[S_EXPECT]
    node = state[S_NODE]  # of the value that comes next
    leaves = state[S_LEAVES]
    result = MORE
    while True:
        while i < n and (buf[i] == 32 or buf[i] == 10 or buf[i] == 13 or buf[i] == 9):
            i += 1
        if i >= n:
            break
        c = buf[i]
        finished = False  # a value ended here
        if expect == RECORD:
            if c == 44:  # documents set apart by commas
                i += 1
                continue
            node = 0
            if c == 91 and roots and depth == 0:
                stack[0] = 0
                kinds[0] = _ROOT
                depth = 1
                expect = _VALUE_OR_END
                i += 1
                continue
            expect = _VALUE
        if c == 34:
            if expect == _COLON or expect == _COMMA_OR_END:
                result = BROKEN
                break
            closing, escaped = _string_end(buf, i + 1, n)
            if closing < 0:
                result = BROKEN if final else MORE
                break
            if expect == _KEY or expect == _KEY_OR_END:
                parent = stack[depth - 1]
                at = i + 1
                length = closing - at
                child = -2
                if not escaped:
                    child = _named_child(state, nodes, slots, pool, parent, buf, at, length, limit_nodes)
                elif length <= scratch.size - PAD:
                    length = unescape(buf, at, closing, scratch, 0)
                    child = _named_child(state, nodes, slots, pool, parent, scratch, 0, length, limit_nodes)
                if child == -2:  # the key itself is a value
                    child = _special_child(state, nodes, parent, K_ANY)
                    key = _special_child(state, nodes, parent, K_ANY_KEY)
                    if child >= 0 and key >= 0:
                        rows[leaves] = state[S_ROW]
                        paths[leaves] = key
                        begins[leaves] = i + 1
                        ends[leaves] = closing
                        marks[leaves] = ESCAPED if escaped else STRING
                        leaves += 1
                    else:
                        child = -1
                if child < 0:
                    result = GROW
                    break
                node = child
                expect = _COLON
                i = closing + 1
                continue
            if expect == _VALUE_OR_END or (expect == _VALUE and depth == 0):
                # an item of an array, or a record that is a scalar
                node = _special_child(state, nodes, stack[depth - 1] if depth else 0, K_ARRAY)
                if node < 0:
                    result = GROW
                    break
            rows[leaves] = state[S_ROW]
            paths[leaves] = node
            begins[leaves] = i + 1
            ends[leaves] = closing
            marks[leaves] = ESCAPED if escaped else STRING
            leaves += 1
            i = closing + 1
            finished = True
        elif c == 123 or c == 91:
            if expect != _VALUE and expect != _VALUE_OR_END:
                result = BROKEN
                break
            if depth >= limit_depth:
                result = DEEP
                break
            inside = 0
            if depth > 0 and kinds[depth - 1] == _OBJECT:
                inside = node
            elif depth > 0 and kinds[depth - 1] == _ARRAY:
                inside = _special_child(state, nodes, stack[depth - 1], K_ARRAY)
                if inside < 0:
                    result = GROW
                    break
            stack[depth] = inside
            kinds[depth] = _OBJECT if c == 123 else _ARRAY
            depth += 1
            expect = _KEY_OR_END if c == 123 else _VALUE_OR_END
            i += 1
        elif c == 125 or c == 93:
            if depth == 0 or not (
                expect == _COMMA_OR_END or expect == (_KEY_OR_END if c == 125 else _VALUE_OR_END)
            ):
                result = BROKEN
                break
            kind = kinds[depth - 1]
            if (kind == _OBJECT) != (c == 125):
                result = BROKEN
                break
            depth -= 1
            i += 1
            if kind == _ROOT:
                expect = RECORD
            else:
                finished = True
        elif c == 44:
            if expect != _COMMA_OR_END or depth == 0:
                result = BROKEN
                break
            # a closing bracket after a comma is forgiven
            expect = _KEY if kinds[depth - 1] == _OBJECT else _VALUE_OR_END
            i += 1
        elif c == 58:
            if expect != _COLON:
                result = BROKEN
                break
            expect = _VALUE
            i += 1
        else:
            if expect != _VALUE and expect != _VALUE_OR_END:
                result = BROKEN
                break
            end = i
            while end < n and (
                48 <= buf[end] <= 57 or 97 <= buf[end] <= 122 or 65 <= buf[end] <= 90
                or buf[end] == 46 or buf[end] == 43 or buf[end] == 45
            ):
                end += 1
            if end >= n and not final and end - i < 4096:
                result = MORE
                break
            mark = -1 if end == i else _is_literal(buf, i, end)
            if mark < 0:
                result = BROKEN
                break
            if expect == _VALUE_OR_END or depth == 0:
                node = _special_child(state, nodes, stack[depth - 1] if depth else 0, K_ARRAY)
                if node < 0:
                    result = GROW
                    break
            rows[leaves] = state[S_ROW]
            paths[leaves] = node
            begins[leaves] = i
            ends[leaves] = end
            marks[leaves] = mark
            leaves += 1
            i = end
            finished = True
        if finished:
            if depth == 0 or kinds[depth - 1] == _ROOT:
                state[S_ROW] += 1
                if stop:
                    expect = RECORD
                    result = DONE
                    break
            expect = RECORD if depth == 0 else _COMMA_OR_END
    state[S_DEPTH] = depth
    state[S_EXPECT] = expect
    state[S_NODE] = node
    state[S_LEAVES] = leaves
    return result, i


@compiled
def parse_records(
    buf: Any,
    starts: Any,
    stops: Any,
    outcome: Any,
    first: int,
    limit_depth: int,
    limit_nodes: int,
    state: Any,
    stack: Any,
    kinds: Any,
    nodes: Any,
    slots: Any,
    pool: Any,
    scratch: Any,
    rows: Any,
    paths: Any,
    begins: Any,
    ends: Any,
    marks: Any,
) -> tuple[int, int]:
    """Parse each ``buf[starts[r]:stops[r]]`` as one JSON text, from record ``first`` on.

    ``outcome[r]`` becomes DONE, or BROKEN or DEEP, and then none of its leaves is kept. Returns MORE when all are
    parsed, else GROW, and the record to go on with (none of whose leaves is kept either).
    """
    for r in range(first, starts.size):
        kept = state[S_LEAVES]
        state[S_DEPTH] = 0
        state[S_EXPECT] = RECORD
        state[S_ROW] = r
        result, at = parse(
            buf, starts[r], stops[r], True, True, False, limit_depth, limit_nodes,
            state, stack, kinds, nodes, slots, pool, scratch, rows, paths, begins, ends, marks,
        )  # fmt: skip
        if result == DONE:
            while at < stops[r] and (buf[at] == 32 or buf[at] == 10 or buf[at] == 13 or buf[at] == 9 or buf[at] == 44):
                at += 1
            if at < stops[r]:
                result = BROKEN
        if result == GROW:
            state[S_LEAVES] = kept
            return result, r
        if result != DONE:
            state[S_LEAVES] = kept
            if result == MORE:
                result = BROKEN
        outcome[r] = result
    return MORE, starts.size


@compiled
def trim_lines(buf: Any, offsets: Any, count: int, starts: Any, stops: Any) -> int:
    """Write where the content of each line that has any begins and ends; return how many those are."""
    found = 0
    for k in range(count):
        begin = offsets[k]
        end = offsets[k + 1]
        while begin < end and (buf[begin] == 32 or buf[begin] == 10 or buf[begin] == 13 or buf[begin] == 9):
            begin += 1
        while end > begin and (buf[end - 1] == 32 or buf[end - 1] == 10 or buf[end - 1] == 13 or buf[end - 1] == 9):
            end -= 1
        if end > begin:
            starts[found] = begin
            stops[found] = end
            found += 1
    return found


@compiled
def string_node(state: Any, stack: Any, nodes: Any) -> int:
    """Return the node of the value that comes next; -1 if there is no room, -2 if no value may come."""
    expect = state[S_EXPECT]
    depth = state[S_DEPTH]
    if expect == _VALUE_OR_END or expect == RECORD or (expect == _VALUE and depth == 0):
        return _special_child(state, nodes, int(stack[depth - 1]) if depth else 0, K_ARRAY)
    return int(state[S_NODE]) if expect == _VALUE else -2


@compiled
def close_value(state: Any, kinds: Any) -> None:
    """Say that the value that was to come is over."""
    depth = state[S_DEPTH]
    if depth == 0 or kinds[depth - 1] == _ROOT:
        state[S_ROW] += 1
    state[S_EXPECT] = RECORD if depth == 0 else _COMMA_OR_END


@compiled
def unfinished(state: Any) -> bool:
    """Return whether a document has begun and not ended."""
    return bool(state[S_DEPTH] > 0 or state[S_EXPECT] != RECORD)


@compiled
def skip_json(buf: Any, start: int, n: int, state: Any) -> int:
    """Return the position after a JSON value of any depth, or ``n`` with ``state[0] > 0``.

    ``state`` is (depth, inside a string).
    """
    i = start
    while i < n:
        c = buf[i]
        if state[1]:
            if c == 92:
                if i + 1 >= n:
                    return i
                i += 1
            elif c == 34:
                state[1] = 0
        elif c == 34:
            state[1] = 1
        elif c == 123 or c == 91:
            state[0] += 1
        elif c == 125 or c == 93:
            state[0] -= 1
            if state[0] == 0:
                return i + 1
        i += 1
    return n


@compiled
def string_part(buf: Any, start: int, n: int) -> tuple[int, bool]:
    """Return how far ``buf[start:n]`` can be unescaped without more input, and whether the string closes there."""
    closing, _ = _string_end(buf, start, n)
    if closing >= 0:
        return closing, True
    # not inside an escape, and not between the two halves of a surrogate pair
    i = start
    safe = start
    while i < n:
        if buf[i] == 92:
            length = 6 if i + 1 < n and buf[i + 1] == 117 else 2
            if i + length > n:
                break
            if length == 6 and (buf[i + 2] == 68 or buf[i + 2] == 100) and i + 12 > n:
                break
            if length == 6 and (buf[i + 2] == 68 or buf[i + 2] == 100) and buf[i + 6] == 92:
                length = 12 if buf[i + 7] == 117 else 6
            i += length
        else:
            i += 1
        safe = i
    return safe, False


@compiled
def gather_leaves(
    buf: Any,
    count: int,
    columns: int,
    of_path: Any,
    rows: Any,
    paths: Any,
    begins: Any,
    ends: Any,
    marks: Any,
    out: Any,
    regions: Any,
    lists: Any,
    place: Any,
    item: Any,
    offsets: Any,
    out_rows: Any,
    present: Any,
) -> int:
    """Copy leaves into one contiguous region of ``out`` per column, in order.

    Column c has its bytes from ``regions[c]`` on, its rows and presence from ``lists[c]`` to ``lists[c + 1]`` and its
    offsets, relative to the region, from ``lists[c] + c`` on; ``place`` and ``item`` are room to work in. Returns the
    number of nulls.
    """
    place[:] = 0
    item[:] = 0
    for k in range(count):
        c = of_path[paths[k]]
        place[c] += ends[k] - begins[k]
        item[c] += 1
    at = 0
    listed = 0
    for c in range(columns):
        total = place[c]
        number = item[c]
        regions[c] = at
        place[c] = at
        lists[c] = listed
        item[c] = listed
        offsets[listed + c] = 0
        at += (total + 63 & ~63) + 64
        listed += number
    lists[columns] = listed
    nulls = 0
    for k in range(count):
        c = of_path[paths[k]]
        o = place[c]
        mark = marks[k]
        at = item[c]
        present[at] = mark != NULL
        if mark == NULL:
            nulls += 1
        elif mark == ESCAPED:
            o = unescape(buf, begins[k], ends[k], out, o)
        else:
            _copy(out, o, buf, begins[k], ends[k] - begins[k])
            o += ends[k] - begins[k]
        out_rows[at] = rows[k]
        item[c] = at + 1
        place[c] = o
        offsets[at + c + 1] = o - regions[c]
    return nulls


@compiled
def json_like(buf: Any, offsets: Any, count: int, found: Any) -> int:
    """List the values of a string array that begin and end like a JSON object or array; return how many."""
    total = 0
    for k in range(count):
        begin = offsets[k]
        end = offsets[k + 1]
        if end - begin < 2:
            continue
        while begin < end and (buf[begin] == 32 or buf[begin] == 10 or buf[begin] == 13 or buf[begin] == 9):
            begin += 1
        if begin >= end or (buf[begin] != 123 and buf[begin] != 91):
            continue
        while buf[end - 1] == 32 or buf[end - 1] == 10 or buf[end - 1] == 13 or buf[end - 1] == 9:
            end -= 1
        if end - begin >= 2 and buf[end - 1] == buf[begin] + 2:
            found[total] = k
            total += 1
    return total
