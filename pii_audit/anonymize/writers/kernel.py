"""The compiled passes of the writers, over byte buffers: where cells lie, how new values are spelt, and the splicing.

One file and one call tree: Numba's cache does not see a change in another file. Nothing here allocates or raises.
Sources: RFC 4180 section 2 (quoting), RFC 8259 sections 2 to 7 (JSON).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from pii_audit.sources.text_kernel import _copy16

compiled = njit(cache=True, nogil=True)

#: how a JSON value is written in the input, as ``text_kernel`` marks it
STRING, ESCAPED, LITERAL, NULL = 0, 1, 2, 3
#: besides these: a key
KEY = 4

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_NULL = np.frombuffer(b"null", np.uint8)


@compiled
def _put(out, o, buf, start, end):
    """Copy ``buf[start:end]`` to ``out`` from ``o`` on; return where it ends."""
    i = start
    while i + 16 <= end:
        _copy16(out, o, buf, i)
        o += 16
        i += 16
    while i < end:
        out[o] = buf[i]
        o += 1
        i += 1
    return o


@compiled
def splice(buf, begins, stops, starts, ends, values, offsets, data, out, out_offsets):
    """Write the segments ``buf[begins[s]:stops[s]]`` one after the other, with their edits made.

    Edit k puts value ``values[k]`` (-1: nothing) in the place of ``buf[starts[k]:ends[k]]``; edits are in order, apart,
    and each inside one segment. Returns the bytes written; ``out_offsets`` gets where each segment begins.
    """
    o = 0
    k = 0
    for s in range(begins.size):
        out_offsets[s] = o
        at = begins[s]
        while k < starts.size and starts[k] < begins[s]:
            k += 1
        while k < starts.size and (starts[k] < stops[s] or (starts[k] == stops[s] and ends[k] == stops[s])):
            o = _put(out, o, buf, at, starts[k])
            if values[k] >= 0:
                o = _put(out, o, data, offsets[values[k]], offsets[values[k] + 1])
            at = ends[k]
            k += 1
        o = _put(out, o, buf, at, stops[s])
    out_offsets[begins.size] = o
    return o


@compiled
def line_ends(buf, offsets, ends):
    """Write where the content of each line ends, before its LF, CR LF or nothing."""
    for k in range(ends.size):
        end = offsets[k + 1]
        if end > offsets[k] and buf[end - 1] == 10:
            end -= 1
            if end > offsets[k] and buf[end - 1] == 13:
                end -= 1
        ends[k] = end


@compiled
def one_line(data, offsets, out):
    """Copy values with a blank for every line feed."""
    for i in range(offsets[0], offsets[offsets.size - 1]):
        c = data[i]
        out[i - offsets[0]] = 32 if c == 10 else c


# ------------------------------------------------------------------------------------------------ delimited text


@compiled
def _plain_number(data, start, end):
    """Tell whether a text is a sign, digits and at most one point or comma between them: ``-12.5``, ``+8613812345678``."""
    i = start
    if i < end and (data[i] == 43 or data[i] == 45):
        i += 1
    digits = 0
    marks = 0
    while i < end:
        if 48 <= data[i] <= 57:
            digits += 1
        elif data[i] == 46 or data[i] == 44:
            marks += 1
        else:
            return False
        i += 1
    return digits > 0 and marks <= 1


@compiled
def _is_formula(data, start, end):
    """Tell whether a spreadsheet would take a text for a formula: it begins with ``= + - @``, also in full width, or a control."""
    if end <= start:
        return False
    c = data[start]
    if c == 61 or c == 64 or c == 9 or c == 10 or c == 13:
        return True
    if c == 43 or c == 45:
        return not _plain_number(data, start, end)
    if c == 0xEF and end - start >= 3:
        second = data[start + 1]
        third = data[start + 2]
        return (second == 0xBC and (third == 0x9D or third == 0x8B or third == 0x8D)) or (second == 0xBC and third == 0xA0)
    return False


@compiled
def csv_values(data, offsets, quoted, exact, delimiter, quote, out, out_offsets):
    """Write values as cells: quoted where the cell was or where they need it, formulas behind an apostrophe.

    ``out`` holds twice the values and three bytes more for each. Returns the bytes written.
    """
    o = 0
    for k in range(quoted.size):
        out_offsets[k] = o
        start = offsets[k]
        end = offsets[k + 1]
        tame = not exact[k] and _is_formula(data, start, end)
        needs = quoted[k] != 0 or (tame and quote == 39)
        if not needs:
            for i in range(start, end):
                c = data[i]
                if c == delimiter or c == quote or c == 10 or c == 13:
                    needs = True
                    break
        if not needs:
            if tame:
                out[o] = 39
                o += 1
            o = _put(out, o, data, start, end)
            continue
        out[o] = quote
        o += 1
        if tame:
            out[o] = 39
            o += 1
            if quote == 39:
                out[o] = 39
                o += 1
        for i in range(start, end):
            out[o] = data[i]
            o += 1
            if data[i] == quote:
                out[o] = quote
                o += 1
        out[o] = quote
        o += 1
    out_offsets[quoted.size] = o
    return o


@compiled
def _cell_start(buf, begin, starts, k, quote):
    """Return where a field begins with its quote, as ``text_kernel.fields`` found it."""
    start = starts[k]
    if start < 0:
        return ~start
    return start - 1 if start > begin and buf[start - 1] == quote else start


@compiled
def _cell_end(buf, begin, starts, ends, k, quote):
    """Return where a field ends with its quote."""
    start = starts[k]
    return ends[k] + 1 if start > begin and buf[start - 1] == quote else ends[k]


@compiled
def are_quoted(buf, begin, starts, cells, quote, quoted):
    """Mark the listed fields that are written in quotes."""
    for k in range(cells.size):
        start = starts[cells[k]]
        quoted[k] = start < 0 or (start > begin and buf[start - 1] == quote)


@compiled
def csv_edits(
    buf, begin, stop, starts, ends, records, count, first, quote, value_of, drop, keep, offsets, empty, out_starts, out_ends,
    out_values,
):  # fmt: skip
    """List the edits that records ``0`` to ``count`` need; return how many they are.

    ``value_of[k]``: the new value of field k, -1 for none. ``drop``: one flag per position, the last one for all beyond.
    ``keep``: one flag per record from ``first`` on (none: all stay). A record that would be left without a character,
    and so be no record any more, gets the value ``empty``.
    """
    n = 0
    dropping = False
    for c in range(drop.size):
        dropping |= drop[c] != 0
    for r in range(count):
        a = records[r]
        b = records[r + 1]
        if r >= first and keep.size and not keep[r - first]:
            end = _cell_end(buf, begin, starts, ends, b - 1, quote)
            if end < stop and buf[end] == 13:
                end += 1
            if end < stop and buf[end] == 10:
                end += 1
            out_starts[n] = _cell_start(buf, begin, starts, a, quote)
            out_ends[n] = end
            out_values[n] = -1
            n += 1
            continue
        if not dropping:
            for k in range(a, b):
                if value_of[k] >= 0:
                    value = value_of[k]
                    out_starts[n] = _cell_start(buf, begin, starts, k, quote)
                    out_ends[n] = _cell_end(buf, begin, starts, ends, k, quote)
                    out_values[n] = empty if b - a == 1 and offsets[value] == offsets[value + 1] else value
                    n += 1
            continue
        left = 0
        for k in range(a, b):
            left += drop[min(k - a, drop.size - 1)] == 0
        kept = 0
        for k in range(a, b):
            start = _cell_start(buf, begin, starts, k, quote)
            end = _cell_end(buf, begin, starts, ends, k, quote)
            if drop[min(k - a, drop.size - 1)]:
                out_starts[n] = start - 1 if kept else start
                out_ends[n] = end if kept or k == b - 1 else end + 1
                out_values[n] = empty if left == 0 and k == b - 1 else -1
                n += 1
                continue
            kept += 1
            value = value_of[k]
            if value >= 0:
                out_starts[n] = start
                out_ends[n] = end
                out_values[n] = empty if left == 1 and offsets[value] == offsets[value + 1] else value
                n += 1
            elif left == 1 and start == end:
                out_starts[n] = start
                out_ends[n] = end
                out_values[n] = empty
                n += 1
    return n


# ------------------------------------------------------------------------------------------------ JSON


@compiled
def _is_space(c):
    return c == 32 or c == 10 or c == 13 or c == 9


@compiled
def _is_number(data, start, end):
    """Tell whether a text is a number by the grammar of RFC 8259 section 6."""
    i = start
    if i < end and data[i] == 45:
        i += 1
    if i >= end:
        return False
    if data[i] == 48:
        i += 1
    elif 49 <= data[i] <= 57:
        while i < end and 48 <= data[i] <= 57:
            i += 1
    else:
        return False
    if i < end and data[i] == 46:
        i += 1
        if i >= end or not 48 <= data[i] <= 57:
            return False
        while i < end and 48 <= data[i] <= 57:
            i += 1
    if i < end and (data[i] == 69 or data[i] == 101):
        i += 1
        if i < end and (data[i] == 43 or data[i] == 45):
            i += 1
        if i >= end or not 48 <= data[i] <= 57:
            return False
        while i < end and 48 <= data[i] <= 57:
            i += 1
    return i == end


@compiled
def _is_word(data, start, end):
    """Tell whether a text is ``true`` or ``false``."""
    length = end - start
    if length == 4:
        return data[start] == 116 and data[start + 1] == 114 and data[start + 2] == 117 and data[start + 3] == 101
    return (
        length == 5 and data[start] == 102 and data[start + 1] == 97 and data[start + 2] == 108 and data[start + 3] == 115
        and data[start + 4] == 101
    )  # fmt: skip


@compiled
def _put_hex(out, o, code):
    out[o] = 92
    out[o + 1] = 117
    for k in range(4):
        out[o + 2 + k] = _HEX[(code >> (12 - 4 * k)) & 15]
    return o + 6


@compiled
def _put_string(out, o, data, start, end, ascii_only):
    """Write a JSON string with the escapes it cannot do without (RFC 8259 section 7)."""
    out[o] = 34
    o += 1
    i = start
    while i < end:
        c = int(data[i])
        if c == 34 or c == 92:
            out[o] = 92
            out[o + 1] = c
            o += 2
        elif c < 32:
            short = 0
            if c == 10:
                short = 110
            elif c == 13:
                short = 114
            elif c == 9:
                short = 116
            elif c == 8:
                short = 98
            elif c == 12:
                short = 102
            if short:
                out[o] = 92
                out[o + 1] = short
                o += 2
            else:
                o = _put_hex(out, o, c)
        elif c < 128 or not ascii_only:
            out[o] = c
            o += 1
        else:
            length = 2 if c < 0xE0 else 3 if c < 0xF0 else 4
            code = c & (0x1F if length == 2 else 0x0F if length == 3 else 0x07)
            for k in range(1, length):
                code = code << 6 | (int(data[i + k]) & 0x3F)
            if code < 0x10000:
                o = _put_hex(out, o, code)
            else:
                o = _put_hex(out, o, 0xD800 + ((code - 0x10000) >> 10))
                o = _put_hex(out, o, 0xDC00 + ((code - 0x10000) & 0x3FF))
            i += length - 1
        i += 1
    out[o] = 34
    return o + 1


@compiled
def json_values(data, offsets, present, marks, ascii_only, out, out_offsets):
    """Write values as JSON: what was a number or a truth value stays one if the new text is one.

    ``out`` holds six times the values and four bytes more for each. Returns the bytes written.
    """
    o = 0
    for k in range(marks.size):
        out_offsets[k] = o
        start = offsets[k]
        end = offsets[k + 1]
        if not present[k] and marks[k] != KEY:
            o = _put(out, o, _NULL, 0, 4)
        elif present[k] and marks[k] == LITERAL and (_is_number(data, start, end) or _is_word(data, start, end)):
            o = _put(out, o, data, start, end)
        else:
            o = _put_string(out, o, data, start, end if present[k] else start, ascii_only)
    out_offsets[marks.size] = o
    return o


@compiled
def _string_begin(buf, low, closing):
    """Return where the string opens whose closing quote is at ``closing``: its first quote not behind a backslash."""
    i = closing - 1
    while i >= low:
        if buf[i] == 34:
            slashes = 0
            while i - 1 - slashes >= low and buf[i - 1 - slashes] == 92:
                slashes += 1
            if slashes % 2 == 0:
                return i
        i -= 1
    return low


@compiled
def members(buf, low, starts):
    """Move the start of each value back to that of its member: of its key, if it has one."""
    for k in range(starts.size):
        i = starts[k] - 1
        while i >= low and _is_space(buf[i]):
            i -= 1
        if i < low or buf[i] != 58:
            continue
        i -= 1
        while i >= low and _is_space(buf[i]):
            i -= 1
        starts[k] = _string_begin(buf, low, i)


@compiled
def removals(buf, start, high, starts, ends, eat, out_starts, out_ends):
    """Turn members and items that go into stretches to be cut, with the commas that go with them.

    In order and apart. Text before ``start`` is there to be looked at only. ``eat``: a comma at ``start`` goes too.
    Returns how many stretches there are, and whether a comma that comes after ``high`` has to go.
    """
    n = 0
    k = 0
    pending = False
    if eat:
        i = start
        while i < high and _is_space(buf[i]):
            i += 1
        pending = i >= high
        if i < high and buf[i] == 44:
            i += 1
            while i < high and _is_space(buf[i]):
                i += 1
            out_starts[0] = start
            out_ends[0] = i
            n = 1
    while k < starts.size:
        begin = starts[k]
        end = ends[k]
        k += 1
        while True:  # take neighbours together
            while k < starts.size and starts[k] < end:
                end = max(end, ends[k])
                k += 1
            i = end
            while i < high and _is_space(buf[i]):
                i += 1
            after = i < high and buf[i] == 44
            while after:
                i += 1
                if i >= high or not _is_space(buf[i]):
                    break
            if not (after and k < starts.size and starts[k] == i):
                break
            end = ends[k]
            k += 1
        joined = n > 0 and out_ends[n - 1] >= begin
        before = begin - 1
        while before >= 0 and _is_space(buf[before]):
            before -= 1
        if not joined and before >= 0 and buf[before] == 44:
            out_starts[n] = before
            out_ends[n] = end
            n += 1
            continue
        pending = not after and i >= high
        if joined:
            n -= 1
        else:
            out_starts[n] = begin
        out_ends[n] = i if after else end
        n += 1
    return n, pending


@compiled
def tail(buf, low, high):
    """Return from where on the text before ``high`` has to be seen by what cuts out the next member.

    That is the comma or bracket before it, and its key if that is there already.
    """
    i = high - 1
    while i >= low and _is_space(buf[i]):
        i -= 1
    if i < low:
        return low
    if buf[i] == 44 or buf[i] == 123 or buf[i] == 91:
        return i
    if buf[i] != 58:
        return high
    i -= 1
    while i >= low and _is_space(buf[i]):
        i -= 1
    i = _string_begin(buf, low, i) - 1
    while i > low and _is_space(buf[i]):
        i -= 1
    return max(i, low)


@compiled
def _value_end(buf, start, n, final):
    """Return where the value at ``start`` ends, -1 if that is not to be seen yet."""
    c = buf[start]
    i = start
    depth = 0
    if c == 34 or c == 123 or c == 91:
        while i < n:
            c = buf[i]
            if c == 34:
                i += 1
                while i < n and buf[i] != 34:
                    i += 2 if buf[i] == 92 else 1
            elif c == 123 or c == 91:
                depth += 1
            elif c == 125 or c == 93:
                depth -= 1
            i += 1
            if depth == 0:
                return i if i <= n else -1
        return -1
    while i < n:
        c = buf[i]
        if _is_space(c) or c == 44 or c == 93 or c == 125 or c == 91 or c == 123 or c == 34:
            return i
        i += 1
    return n if final else -1


@compiled
def json_rows(buf, start, n, final, rooted, starts, ends):
    """Find the rows of documents from ``start`` on, which lies between two rows: items of outermost arrays, other documents.

    ``rooted``: inside an outermost array. Returns the number of rows, the position before the first row that is not
    complete, and whether that lies inside an outermost array. That the rows are JSON is for others to see.
    """
    count = 0
    i = start
    while True:
        while i < n and (_is_space(buf[i]) or buf[i] == 44):
            i += 1
        if i >= n:
            return count, n, rooted
        c = buf[i]
        if (c == 91) != rooted and (c == 91 or c == 93):
            rooted = not rooted
            i += 1
            continue
        end = _value_end(buf, i, n, final)
        if end <= i:
            return count, i, rooted
        starts[count] = i
        ends[count] = end
        count += 1
        i = end
