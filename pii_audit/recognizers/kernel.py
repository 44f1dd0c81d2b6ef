"""The compiled pass over value buffers: bytes in, spans out.

One function, :func:`scan`, walks every value once. It collects digit-bearing runs and context words of a value
(:func:`_collect`), then decides run by run what they are (positional shapes, validators, groupings, small scanners
for open-length bodies, labelled values), and settles overlaps. Everything it knows comes as arrays in
:class:`Tables`, made by ``compile.py`` from the entity definitions; no entity type is named here, only scanners.

All compiled functions of this call tree stay in this file: Numba's on-disk cache does not notice a change in a
callee from another file. Integers that meet uint64 are cast by hand, since Numba would turn the mixture into floats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

# No function here allocates; without Numba's reference counting the pass is three times faster.
_compiled = njit(cache=True, nogil=True, _nrt=False)
_inlined = njit(cache=True, nogil=True, _nrt=False, inline="always")
_merged = njit(cache=True, nogil=True, _nrt=False, forceinline=True)

# -- byte classes -----------------------------------------------------------------------------------------------------
OTHER, DIGIT, LOWER, UPPER, HAN, AT, STAR, COLON, ESCAPE = range(9)

# -- kinds of bytes a short value is made of ---------------------------------------------------------------------------
K_DIGIT, K_LETTER, K_WIDE, K_GAP, K_SPECIAL = 1, 2, 4, 8, 16  # GAP: space - . / ,

# -- flags of a three-byte character (index: code point) ---------------------------------------------------------------
PROVINCE, PLATE_TAIL, SURNAME, MILITARY = 1, 2, 4, 8

# -- scanners: index into Tables.scanners, value: entity index or -1 ----------------------------------------------------
SCANNERS = (
    "email", "ipv4", "ipv6", "mac", "landline", "plate", "military", "geo", "date",
    "secret", "expiry", "biometric", "url", "datetime", "wxid", "uuid", "name-mask",
)  # fmt: skip
(
    S_EMAIL, S_IPV4, S_IPV6, S_MAC, S_LANDLINE, S_PLATE, S_MILITARY, S_GEO, S_DATE,
    S_SECRET, S_EXPIRY, S_BIOMETRIC, S_URL, S_DATETIME, S_WXID, S_UUID, S_NAME_MASK,
) = range(17)  # fmt: skip

# -- validator operations ------------------------------------------------------------------------------------------------
OP_END, OP_LUHN, OP_WEIGHTED, OP_DATE8, OP_DATE6, OP_CODE, OP_PREFIX = range(7)

# -- strengths and evidence (values of model.score.Evidence) -------------------------------------------------------------
WEAK, PATTERN, CHECKED = range(3)
E_PATTERN, E_CONTEXT, E_HEADER, E_MODEL, E_CHECKSUM, E_CHECKSUM_CONTEXT = range(6)

MAX_TOKEN = 32
FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)
ZERO = np.uint64(0)
ONE = np.uint64(1)
LOOKALIKE = np.uint64(1 << 63)  # context words of numbers that are nobody's (order, trace, amount)
VERSION = np.uint64(1 << 62)  # context words of version numbers
CONTEXT_BEFORE = 64  # bytes in which a context word raises a span that stands by itself
CONTEXT_AFTER = 24
QUICK = 40  # bytes of a value that is looked at whole before it is taken apart
LABEL_TOUCHES = 4  # bytes between a label and a value it touches («IMSI: 4600…»)
LABEL_GAP = 40  # bytes that may lie between a label and a weak value
TOKEN_BYTES = 8192  # bytes of a web token that are read


class Tables(NamedTuple):
    """Everything the pass knows, in three flat arrays. ``n[SLOT]`` says where a table starts (see below).

    Few arrays, because Numba hands every array of a tuple over by value at each call.
    """

    b: np.ndarray  # uint8
    n: np.ndarray  # int64
    q: np.ndarray  # uint64


# -- tables: slots of Tables.n that hold the start of a table in b, n or q ------------------------------------------------
# Entity index = position in the detector's entity tuple (< 60).
_SLOTS = (
    # in b
    "BYTE_CLASS",  # 256
    "BYTE_KIND",  # 256: K_ flags
    "CHAR_CODE",  # 256: 0-9 digits, 10-35 upper, 36-61 lower, 63 other
    "HAN_FLAGS",  # 65536
    "PHRASE_LENGTHS",  # 65536: bit n: a phrase of n + 1 characters starts with this character
    "WORD_BLOOM",  # 8192
    "AREA_DIGITS",  # 10000: digits of an area code without its 0 (0 = unknown)
    "GROUP_PAIRS",  # 32 * 32: a grouping starts with these two lengths
    "GROUP_PREFIXED",  # G: the grouping starts with an international prefix
    "CODE_BITS",  # bit sets of reference tables
    "PREFIX_CLASS",  # 10^6: class of a 6-digit issuer prefix
    "CHECK_TABLE",  # W * 64: code of the check character by remainder
    "LABELLED_CLASS",  # L * 256: 1 = allowed, 2 = allowed first
    # in n
    "BLOCK_OFFSET",  # MAX_TOKEN + 1: variants of that length in BLOCKS, -1 = none
    "VARIANT_BASE",  # MAX_TOKEN + 1: index of variant bit 0
    "VARIANT_ENTITY", "VARIANT_STRENGTH", "VARIANT_PROGRAM",  # V
    "VARIANT_PREFIX",  # V: characters of an international prefix (0, 2 or 4)
    "GROUP_SIGNATURES", "GROUP_LENGTHS", "GROUP_COUNTS",  # G: lengths in base 32, total length, number of groups
    "PROGRAMS",  # P * 5
    "WEIGHTED",  # W * 4: start, count, modulus, check_at
    "PRODUCTS",  # W * MAX_TOKEN * 64: weight times number by place and code, hugely negative where there is no number
    "CODE_OFFSET",  # where each bit set starts in CODE_BITS
    "PREFIX_MASK",  # by class: bit n: length n allowed
    "PREFIX_LONG",  # sorted: (prefix * 16 + digits of prefix) * 32 + length, prefixes of more than 6 digits
    "AREA_LENGTHS",  # 10000: area code without its 0 -> bit n: local numbers of n digits
    "LABELLED_ENTITY",  # L
    "LABELLED_LIMITS",  # L * 3: min, max, min digits
    "SCANNER",  # len(SCANNERS): entity index or -1
    "SCORE_RANK",  # by evidence
    "MASKED",  # entity index of resident ID, mobile, card, e-mail (-1 = not in scope)
    # in q
    "BLOCKS",  # block + position * 64 + code -> bit mask of variants
    "ALONE_BITS",  # MAX_TOKEN + 1: variants reported without context
    "WEAK_ENTITIES",  # MAX_TOKEN + 1: entities of weak variants of that length
    "GROUP_BITS",  # G: variants that may be written so
    "WORD_KEYS", "WORD_MASKS",  # open addressing, 0 = empty
    "PLACEHOLDERS",  # sorted hashes of values that stand for nothing
    "TLDS",  # sorted hashes of top-level domains
    # plain numbers
    "GROUP_COUNT", "LABELLED_COUNT", "LABELLED_BITS", "SPECIAL_BITS", "WORD_SIZE", "PREFIX_LONG_SIZE", "PLACEHOLDER_SIZE", "TLD_SIZE",
    "TODAY",  # yyyymmdd
)  # fmt: skip
SLOT = {name: slot for slot, name in enumerate(_SLOTS)}
(
    BYTE_CLASS, BYTE_KIND, CHAR_CODE, HAN_FLAGS, PHRASE_LENGTHS, WORD_BLOOM,
    AREA_DIGITS, GROUP_PAIRS, GROUP_PREFIXED, CODE_BITS, PREFIX_CLASS, CHECK_TABLE,
    LABELLED_CLASS, BLOCK_OFFSET, VARIANT_BASE, VARIANT_ENTITY, VARIANT_STRENGTH, VARIANT_PROGRAM,
    VARIANT_PREFIX, GROUP_SIGNATURES, GROUP_LENGTHS, GROUP_COUNTS, PROGRAMS, WEIGHTED,
    PRODUCTS, CODE_OFFSET, PREFIX_MASK, PREFIX_LONG, AREA_LENGTHS, LABELLED_ENTITY,
    LABELLED_LIMITS, SCANNER, SCORE_RANK, MASKED, BLOCKS, ALONE_BITS,
    WEAK_ENTITIES, GROUP_BITS, WORD_KEYS, WORD_MASKS, PLACEHOLDERS, TLDS,
    GROUP_COUNT, LABELLED_COUNT, LABELLED_BITS, SPECIAL_BITS, WORD_SIZE, PREFIX_LONG_SIZE,
    PLACEHOLDER_SIZE, TLD_SIZE, TODAY,
) = range(51)  # fmt: skip


class Work(NamedTuple):
    """Scratch for one value; sized by the longest value of a batch."""

    n: np.ndarray  # int32[4, size, 5]: planes RUN, HIT, MARK, CAND
    q: np.ndarray  # uint64[size]: masks of the hits
    b: np.ndarray  # uint8[2, size]: KEEP, BUF (codes of the token in hand)


#: RUN start, end, digits, leading letters · HIT start, end · MARK place, kind
#: CAND start, end, entity, evidence, where the value behind an international prefix starts
RUN, HIT, MARK, CAND = range(4)
KEEP, BUF = range(2)


class Frame(NamedTuple):
    """The value in hand: its bytes, its bytes without surrounding space, and what stands in it."""

    vs: int  # start and end of the value
    ve: int
    ts: int  # the same, trimmed
    te: int
    hits: int  # context words in Work.hit
    union: np.uint64  # entities they speak of
    header: np.uint64  # entities the column's header speaks of


class Out(NamedTuple):
    """Spans of a batch."""

    value: np.ndarray  # int32
    byte_start: np.ndarray  # int32, inside the (folded) value
    byte_end: np.ndarray
    start: np.ndarray  # int32 characters
    end: np.ndarray
    entity: np.ndarray  # uint8
    evidence: np.ndarray  # uint8
    whole: np.ndarray  # uint8: the span is the whole trimmed value
    hash: np.ndarray  # uint64 of the compact value


@_compiled
def _is_alnum(b):
    return 48 <= b <= 57 or 65 <= b <= 90 or 97 <= b <= 122


@_compiled
def _is_digit(b):
    return 48 <= b <= 57


@_compiled
def _is_hex(b):
    return 48 <= b <= 57 or 97 <= b <= 102 or 65 <= b <= 70


# -- words that scanners look for ---
_BEGIN = np.frombuffer(b"-----BEGIN", dtype=np.uint8)
_DASHES = np.frombuffer(b"-----", dtype=np.uint8)
_BEARER = np.frombuffer(b"Bearer ", dtype=np.uint8)
_IMAGE = np.frombuffer(b"data:image/", dtype=np.uint8)
_WXID = np.frombuffer(b"wxid_", dtype=np.uint8)
_AKIA = np.frombuffer(b"AKIA", dtype=np.uint8)
_LTAI = np.frombuffer(b"LTAI", dtype=np.uint8)
_EYJ = np.frombuffer(b"eyJ", dtype=np.uint8)
_GIT = np.frombuffer(b"git", dtype=np.uint8)


# -- folding ---------------------------------------------------------------------------------------------------------------


@_compiled
def needs_fold(data):
    """Tell whether any byte can begin a character that folding changes."""
    for b in data:
        if b >= 0xC2 and (b == 0xEF or b == 0xE3 or b == 0xE2 or b == 0xC2 or b == 0xC3):
            return True
    return False


@_compiled
def fold(data, offsets, out, out_offsets):
    """Write ``data`` with full-width and look-alike characters as their ASCII counterparts; one character stays one.

    Full-width forms (U+FF01…FF5E), ideographic and no-break space, dashes (U+2010…2015, U+2212), multiplication sign
    and black circle (both used as mask characters, become ``*``), corner and lenticular brackets, middle dots as is.
    """
    o = 0
    n = offsets.size - 1
    out_offsets[0] = 0
    for r in range(n):
        i = offsets[r]
        e = offsets[r + 1]
        while i < e:
            b = data[i]
            if b < 0xC2:
                out[o] = b
                o += 1
                i += 1
                continue
            if b == 0xEF and i + 2 < e:
                c = data[i + 1]
                d = data[i + 2]
                if c == 0xBC and d >= 0x81:
                    out[o] = d - 0x60
                    o += 1
                    i += 3
                    continue
                if c == 0xBD and d <= 0x9E:
                    out[o] = d - 0x20
                    o += 1
                    i += 3
                    continue
            elif b == 0xE3 and i + 2 < e:
                if data[i + 1] == 0x80:
                    d = data[i + 2]
                    a = 0
                    if d == 0x80:
                        a = 32
                    elif d == 0x90 or d == 0x8C or d == 0x8E or d == 0x94:
                        a = 91
                    elif d == 0x8A or d == 0x88:
                        a = 60
                    elif d == 0x8B or d == 0x89:
                        a = 62
                    elif d == 0x91 or d == 0x8D or d == 0x8F or d == 0x95:
                        a = 93
                    if a:
                        out[o] = a
                        o += 1
                        i += 3
                        continue
            elif b == 0xE2 and i + 2 < e:
                c = data[i + 1]
                d = data[i + 2]
                a = 0
                if c == 0x80 and 0x90 <= d <= 0x95:
                    a = 45
                elif c == 0x88 and d == 0x92:
                    a = 45
                elif c == 0x97 and d == 0x8F:
                    a = 42
                elif c == 0x80 and (d == 0x9C or d == 0x9D):
                    a = 34
                if a:
                    out[o] = a
                    o += 1
                    i += 3
                    continue
            elif b == 0xC2 and i + 1 < e and data[i + 1] == 0xA0:
                out[o] = 32
                o += 1
                i += 2
                continue
            elif b == 0xC3 and i + 1 < e and data[i + 1] == 0x97:
                out[o] = 42
                o += 1
                i += 2
                continue
            out[o] = b
            o += 1
            i += 1
        out_offsets[r + 1] = o
    return o


# -- words -----------------------------------------------------------------------------------------------------------------


@_inlined
def _lookup(t, h):
    """Return the mask of the word with this hash, 0 if there is none."""
    at = np.int64(h >> np.uint64(40)) & 0xFFFF
    if (t.b[t.n[WORD_BLOOM] + (at >> 3)] >> (at & 7)) & 1 == 0:
        return ZERO
    size = t.n[WORD_SIZE] - 1
    slot = np.int64(h >> np.uint64(20)) & size
    while True:
        key = t.q[t.n[WORD_KEYS] + slot]
        if key == h:
            return t.q[t.n[WORD_MASKS] + slot]
        if key == ZERO:
            return ZERO
        slot = (slot + 1) & size


@_compiled
def _in_sorted(table, lo, size, wanted):
    """Tell whether ``wanted`` is among the ``size`` sorted entries from ``lo`` on."""
    hi = lo + size
    end = hi
    while lo < hi:
        mid = (lo + hi) >> 1
        if table[mid] < wanted:
            lo = mid + 1
        else:
            hi = mid
    return lo < end and table[lo] == wanted


@_compiled
def _hash_lower(data, s, e):
    h = FNV_OFFSET
    for i in range(s, e):
        b = data[i]
        if 65 <= b <= 90:
            b |= 0x20
        h = (h ^ np.uint64(b)) * FNV_PRIME
    return h


@_inlined
def _code_point(data, i):
    return ((np.int64(data[i]) & 0xF) << 12) | ((np.int64(data[i + 1]) & 0x3F) << 6) | (np.int64(data[i + 2]) & 0x3F)


@_merged
def _collect(data, s, e, t, w):
    """Walk one value. Return (runs, hits, marks, union of hit masks); the lists are in ``w``."""
    classes = t.n[BYTE_CLASS]
    phrases = t.n[PHRASE_LENGTHS]
    runs = 0
    hits = 0
    marks = 0
    union = ZERO
    # the word before: its hash state and place, for words written apart (card_no, cardNo, card no)
    prev_hash = ZERO
    prev_start = -9
    prev_end = -9
    pair_hash = ZERO  # the two words before, joined
    pair_start = -1
    i = s
    while i < e:
        c = t.b[classes + data[i]]
        if c == OTHER:
            i += 1
            continue
        if c <= UPPER:
            start = i
            digits = 0
            lead = 0
            word = -1
            last = OTHER
            h1 = FNV_OFFSET
            h2 = ZERO
            h3 = ZERO
            joined = False
            inside = False
            while True:
                if i < e:
                    b = data[i]
                    c = t.b[classes + b]
                else:
                    b = np.uint8(0)
                    c = OTHER
                ended = c == OTHER or c > UPPER
                if word >= 0 and (ended or c == DIGIT or (c == UPPER and last == LOWER)):
                    # letters behind digits of the same run (…6SK68…) are no word
                    if inside:
                        joined = False
                    elif i - word >= 2:
                        m = _lookup(t, h1)
                        if m != ZERO:
                            w.n[HIT, hits, 0] = word
                            w.n[HIT, hits, 1] = i
                            w.q[hits] = m
                            hits += 1
                            union |= m
                    if joined:
                        m = _lookup(t, h2)
                        if m != ZERO:
                            w.n[HIT, hits, 0] = prev_start
                            w.n[HIT, hits, 1] = i
                            w.q[hits] = m
                            hits += 1
                            union |= m
                        if pair_start >= 0:
                            m = _lookup(t, h3)
                            if m != ZERO:
                                w.n[HIT, hits, 0] = pair_start
                                w.n[HIT, hits, 1] = i
                                w.q[hits] = m
                                hits += 1
                                union |= m
                        pair_hash = h2
                        pair_start = prev_start
                    else:
                        pair_start = -1
                    prev_hash = h1
                    prev_start = word
                    prev_end = -9 if inside else i
                    word = -1
                if ended:
                    break
                if c == DIGIT:
                    digits += 1
                else:
                    if word < 0:
                        word = i
                        inside = digits > 0
                        h1 = FNV_OFFSET
                        gap = i - prev_end
                        joined = gap == 0 or (
                            gap == 1 and (data[i - 1] == 95 or data[i - 1] == 32 or data[i - 1] == 45 or data[i - 1] == 46)
                        )
                        h2 = prev_hash
                        h3 = pair_hash
                    low = np.uint64(b | 0x20)
                    h1 = (h1 ^ low) * FNV_PRIME
                    h2 = (h2 ^ low) * FNV_PRIME
                    h3 = (h3 ^ low) * FNV_PRIME
                    if digits == 0:
                        lead += 1
                last = c
                i += 1
            if digits or (
                # bb-c1-…, afbfbbcd-…: the first group of an address or UUID may hold no digit
                (i - start == 2 or i - start == 8)
                and i < e
                and data[i] == 45
                and _is_hex(data[start])
                and _is_hex(data[i - 1])
            ):
                w.n[RUN, runs, 0] = start
                w.n[RUN, runs, 1] = i
                w.n[RUN, runs, 2] = digits
                w.n[RUN, runs, 3] = lead
                runs += 1
            continue
        if c == HAN:
            if i + 2 >= e:
                i += 1
                continue
            lengths = t.b[phrases + _code_point(data, i)]
            step = 3
            if lengths:
                h = FNV_OFFSET
                best = ZERO
                j = i
                n = 0
                while lengths >> n and j + 2 < e and t.b[classes + data[j]] == HAN:
                    h = (h ^ np.uint64(data[j])) * FNV_PRIME
                    h = (h ^ np.uint64(data[j + 1])) * FNV_PRIME
                    h = (h ^ np.uint64(data[j + 2])) * FNV_PRIME
                    j += 3
                    if (lengths >> n) & 1:
                        m = _lookup(t, h)
                        if m != ZERO:
                            best = m
                            step = j - i
                    n += 1
                if best != ZERO:
                    w.n[HIT, hits, 0] = i
                    w.n[HIT, hits, 1] = i + step
                    w.q[hits] = best
                    hits += 1
                    union |= best
            i += step
            continue
        if c == ESCAPE:
            # an escape of JSON or of a programming language: the letter behind the backslash is no part of a value
            if i + 1 < e and (data[i + 1] == 110 or data[i + 1] == 114 or data[i + 1] == 116):
                i += 2
            elif i + 5 < e and data[i + 1] == 117 and _is_hex(data[i + 2]) and _is_hex(data[i + 5]):
                i += 6
            else:
                i += 1
            continue
        if marks < w.n.shape[1]:
            w.n[MARK, marks, 0] = i
            w.n[MARK, marks, 1] = c
            marks += 1
        if c == STAR:
            while i < e and data[i] == 42:
                i += 1
            continue
        i += 1
    return runs, hits, marks, union


# -- context ---------------------------------------------------------------------------------------------------------------


@_compiled
def _near(w, hits, start, end, bit):
    """Tell whether a context word of the entity stands near the span (raises spans that stand by themselves)."""
    lo = 0
    hi = hits
    while lo < hi:
        mid = (lo + hi) >> 1
        if w.n[HIT, mid, 0] < start:
            lo = mid + 1
        else:
            hi = mid
    k = lo - 1
    if k >= 0 and start - w.n[HIT, k, 1] <= LABEL_TOUCHES:
        # a label that touches the value speaks for it, whatever stands further off
        stop = w.n[HIT, k, 1]
        while k >= 0 and w.n[HIT, k, 1] == stop:
            if w.q[k] & bit:
                return True
            k -= 1
        return False
    while k >= 0 and start - w.n[HIT, k, 1] <= CONTEXT_BEFORE:
        if w.q[k] & bit:
            return True
        k -= 1
    k = lo
    while k < hits and w.n[HIT, k, 0] - end <= CONTEXT_AFTER:
        if w.n[HIT, k, 0] >= start and w.q[k] & bit:
            return True
        k += 1
    return False


@_compiled
def _is_break(data, i):
    """Sentence ends between a label and a value: . followed by space, ; ! ? newline, 。"""
    b = data[i]
    if b == 10 or b == 59 or b == 33 or b == 63:
        return True
    return b == 0xE3 and data[i + 1] == 0x80 and data[i + 2] == 0x82


@_compiled
def _labelled_by(data, w, hits, vs, start, end, ve, bit):
    """Tell whether the nearest label says that the weak value ``start:end`` is of the entity.

    Before: at most LABEL_GAP bytes, no other number and no sentence end between; neighbouring labels count together.
    After: in brackets straight behind, or as «… is your <label>».
    """
    lo = 0
    hi = hits
    while lo < hi:
        mid = (lo + hi) >> 1
        if w.n[HIT, mid, 1] <= start:
            lo = mid + 1
        else:
            hi = mid
    k = lo - 1
    # hits are ordered by their end except joined words; look two further for a longer one with the same end
    limit = start
    while k >= 0:
        gap_end = w.n[HIT, k, 1]
        if start - gap_end > LABEL_GAP:
            break
        digits = 0
        broken = False
        j = gap_end
        while j < limit:
            b = data[j]
            if 48 <= b <= 57:
                # the 2 of CVV2 belongs to the label
                digits += 1
                if digits > 1 or j > gap_end:
                    broken = True
                    break
            else:
                digits = 0
                if b == 42 or _is_break(data, j):
                    broken = True
                    break
            j += 1
        if broken or (w.n[HIT, k, 0] > vs and data[w.n[HIT, k, 0] - 1] == 64):  # the qq of @qq.com labels nothing
            break
        if w.q[k] & bit:
            return True
        # only labels that stand beside the nearest one share its value: «QQ/微信:», «卡号(银行卡)»
        near = k - 1
        while near >= 0 and w.n[HIT, near, 1] > w.n[HIT, k, 0]:
            if w.q[near] & bit:
                return True
            near -= 1
        if near < 0 or w.n[HIT, k, 0] - w.n[HIT, near, 1] > 4:
            break
        limit = w.n[HIT, k, 0]
        k = near
    # after
    j = end
    while j < ve and data[j] == 32:
        j += 1
    bracket = j < ve and (data[j] == 40 or data[j] == 91)
    copula = j + 2 < ve and data[j] == 105 and data[j + 1] == 115 and data[j + 2] == 32
    if not copula and j + 2 < ve and data[j] == 0xE6 and data[j + 1] == 0x98 and data[j + 2] == 0xAF:
        copula = True
    if bracket or copula:
        reach = j + (4 if bracket else 36)
        k = lo
        while k < hits and w.n[HIT, k, 0] <= reach:
            if w.n[HIT, k, 0] >= j and w.q[k] & bit:
                return True
            k += 1
    return False


# -- validators --------------------------------------------------------------------------------------------------------------


@_compiled
def days_in_month(year, month):
    """Return the days of a month of the Gregorian calendar, 0 for an impossible month."""
    if month < 1 or month > 12:
        return 0
    if month == 2:
        if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0:
            return 29
        return 28
    if month == 4 or month == 6 or month == 9 or month == 11:
        return 30
    return 31


@_compiled
def _number(w, at, n):
    value = 0
    for i in range(at, at + n):
        if w.b[BUF, i] > 9:
            return -1
        value = value * 10 + w.b[BUF, i]
    return value


@_merged
def run_program(w, length, program, t):
    """Run a validator program over the upper-case codes in hand; True if every step holds."""
    at = program
    while True:
        op = t.n[t.n[PROGRAMS] + at * 5 + 0]
        if op == OP_END:
            return True
        if op == OP_LUHN:
            total = 0
            double = False
            for i in range(length - 1, -1, -1):
                d = np.int64(w.b[BUF, i])
                if d > 9:
                    return False
                if double:
                    d *= 2
                    if d > 9:
                        d -= 9
                double = not double
                total += d
            if total % 10:
                return False
        elif op == OP_WEIGHTED:
            k = t.n[t.n[PROGRAMS] + at * 5 + 1]
            start = t.n[t.n[WEIGHTED] + k * 4 + 0]
            count = t.n[t.n[WEIGHTED] + k * 4 + 1]
            check_at = t.n[t.n[WEIGHTED] + k * 4 + 3]
            if length < start + count or length <= check_at:
                return False
            total = 0
            products = t.n[PRODUCTS] + k * MAX_TOKEN * 64
            for i in range(count):
                total += t.n[products + i * 64 + w.b[BUF, start + i]]
            if total < 0:
                return False
            if t.b[t.n[CHECK_TABLE] + k * 64 + total % t.n[t.n[WEIGHTED] + k * 4 + 2]] != w.b[BUF, check_at]:
                return False
        elif op == OP_DATE8 or op == OP_DATE6:
            pos = t.n[t.n[PROGRAMS] + at * 5 + 1]
            if op == OP_DATE8:
                if length < pos + 8:
                    return False
                value = _number(w, pos, 8)
            else:
                if length < pos + 6:
                    return False
                value = _number(w, pos, 6)
                if value >= 0:
                    value += 19000000
            if value < 19000101 or value > t.n[TODAY]:
                return False
            day = value % 100
            if day < 1 or day > days_in_month(value // 10000, value // 100 % 100):
                return False
        elif op == OP_CODE:
            pos = t.n[t.n[PROGRAMS] + at * 5 + 2]
            n = t.n[t.n[PROGRAMS] + at * 5 + 3]
            if length < pos + n:
                return False
            value = _number(w, pos, n)
            if value < 0:
                return False
            bits = t.n[t.n[CODE_OFFSET] + t.n[t.n[PROGRAMS] + at * 5 + 1]]
            if (t.b[t.n[CODE_BITS] + bits + (value >> 3)] >> (value & 7)) & 1 == 0:
                return False
        elif op == OP_PREFIX:
            if length < 6:
                return False
            value = _number(w, 0, 6)
            if value < 0:
                return False
            if (t.n[t.n[PREFIX_MASK] + t.b[t.n[PREFIX_CLASS] + value]] >> length) & 1 == 0:
                found = False
                for n in range(7, min(length, 11)):
                    key = (np.int64(_number(w, 0, n)) * 16 + n) * 32 + length
                    if _in_sorted(t.n, t.n[PREFIX_LONG], t.n[PREFIX_LONG_SIZE], key):
                        found = True
                        break
                if not found:
                    return False
        at += 1


# -- candidates --------------------------------------------------------------------------------------------------------------


@_merged
def _spread(h):
    """Spread the entropy of a hash over all its bits: FNV leaves short inputs uneven, and sketches order by the whole."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@_compiled
def hash_span(data, s, e):
    """Hash of the compact value: letters and digits only, upper case; eight bytes at a time."""
    h = FNV_OFFSET
    word = ZERO
    shift = ZERO
    for i in range(s, e):
        b = data[i]
        if 97 <= b <= 122:
            b -= 32
        if b >= 128 or 48 <= b <= 57 or 65 <= b <= 90:
            word |= np.uint64(b) << shift
            shift += np.uint64(8)
            if shift == np.uint64(64):
                h = (h ^ word) * FNV_PRIME
                h ^= h >> np.uint64(29)
                word = ZERO
                shift = ZERO
    return _spread((h ^ word) * FNV_PRIME)


@_merged
def _push(w, n, start, end, entity, evidence, skip):
    """Append a candidate; ``skip`` leading bytes do not belong to the compact value (international prefix)."""
    if n < w.n.shape[1]:
        w.n[CAND, n, 0] = start
        w.n[CAND, n, 1] = end
        w.n[CAND, n, 2] = entity
        w.n[CAND, n, 3] = evidence
        w.n[CAND, n, 4] = start + skip
        n += 1
    return n


@_merged
def _match(w, length, t, allowed):
    """Return the bit mask of variants of this length that the codes fit."""
    block = t.n[t.n[BLOCK_OFFSET] + length]
    if block < 0:
        return ZERO
    mask = allowed
    for i in range(length):
        mask &= t.q[t.n[BLOCKS] + block + i * 64 + w.b[BUF, i]]
        if mask == ZERO:
            break
    return mask


@_merged
def _upper(w, length):
    for i in range(length):
        if 36 <= w.b[BUF, i] <= 61:
            w.b[BUF, i] -= 26


@_merged
def _judge(data, f, t, w, n, mask, length, start, end, plain, near_miss):
    """Run validators of the variants in ``mask`` over the codes in hand and append what holds. Return the new count."""
    _upper(w, length)
    base = t.n[t.n[VARIANT_BASE] + length]
    bit = 0
    while mask != ZERO:
        if mask & ONE:
            v = base + bit
            entity = t.n[t.n[VARIANT_ENTITY] + v]
            ebit = ONE << np.uint64(entity)
            strength = t.n[t.n[VARIANT_STRENGTH] + v]
            if strength == WEAK and not (f.header | f.union) & ebit:
                pass
            elif run_program(w, length, t.n[t.n[VARIANT_PROGRAM] + v], t):
                s = start
                prefix = t.n[t.n[VARIANT_PREFIX] + v]
                if prefix == 2 and s > f.vs and data[s - 1] == 43:
                    s -= 1
                whole = s == f.ts and end == f.te
                evidence = -1
                if strength == WEAK:
                    if f.header & ebit and whole:
                        evidence = E_HEADER
                    elif f.union & ebit and _labelled_by(data, w, f.hits, f.vs, s, end, f.ve, ebit):
                        evidence = E_CONTEXT
                elif plain:
                    raised = f.union & ebit and _near(w, f.hits, s, end, ebit)
                    if strength == CHECKED:
                        evidence = E_CHECKSUM_CONTEXT if (f.header & ebit or raised) else E_CHECKSUM
                        if whole and not f.header & ebit and f.header & np.uint64(t.n[LABELLED_BITS]):
                            # one in ten numbers of any kind has a right check digit; under the header of another
                            # kind of number that proves little
                            evidence = E_PATTERN
                    elif f.header & ebit:
                        evidence = E_HEADER
                    else:
                        evidence = E_CONTEXT if raised else E_PATTERN
                if evidence >= 0:
                    skip = 0
                    if prefix:
                        # the compact value starts behind the prefix and its separators
                        seen = 0
                        skip = 0
                        while seen < prefix:
                            if 48 <= data[s + skip] <= 57:
                                seen += 1
                            skip += 1
                    n = _push(w, n, s, end, entity, evidence, skip)
            elif start == f.ts and end == f.te:
                near_miss[entity] += 1
        mask >>= ONE
        bit += 1
    return n


@_compiled
def _part_of_decimal(data, vs, ve, s, e, ts, te):
    """Tell whether the digits ``s:e`` are a part of a number with a decimal point.

    ``13812345678.0`` is what a spreadsheet makes of a whole number, not a decimal; ``2.138…`` inside a sentence
    is an item of a list, unless it is all that the value holds.
    """
    if e + 1 < ve and data[e] == 46 and _is_digit(data[e + 1]):
        if not (data[e + 1] == 48 and (e + 2 >= ve or not _is_alnum(data[e + 2]) and data[e + 2] != 46)):
            return True
    if s - 2 >= vs and data[s - 1] == 46 and _is_digit(data[s - 2]):
        j = s - 2
        while j >= vs and _is_digit(data[j]):
            j -= 1
        item = e < ve and (data[e] <= 32 or data[e] >= 128)
        return s - 2 - j > 2 or data[j + 1] == 48 or not item or (j >= ts and data[j] != 10)
    return False


@_compiled
def _emit_alone(data, f, t, w, n, s, e, entity):
    """Append a span of a scanner whose structure is telling by itself."""
    ebit = ONE << np.uint64(entity)
    if f.header & ebit:
        evidence = E_HEADER
    elif f.union & ebit and _near(w, f.hits, s, e, ebit):
        evidence = E_CONTEXT
    else:
        evidence = E_PATTERN
    return _push(w, n, s, e, entity, evidence, 0)


@_compiled
def _emit_weak(data, f, t, w, n, s, e, entity):
    """Append a span of a scanner that needs a label or header."""
    ebit = ONE << np.uint64(entity)
    if f.header & ebit and s == f.ts and e == f.te:
        return _push(w, n, s, e, entity, E_HEADER, 0)
    if f.union & ebit and _labelled_by(data, w, f.hits, f.vs, s, e, f.ve, ebit):
        return _push(w, n, s, e, entity, E_CONTEXT, 0)
    return n


@_compiled
def _has(data, s, e, i, word):
    """Tell whether the ASCII bytes of ``word`` stand at ``i``."""
    if i < s or i + len(word) > e:
        return False
    for k in range(len(word)):
        if data[i + k] != word[k]:
            return False
    return True


# -- scanners for bodies of open length ------------------------------------------------------------------------------------------


@_compiled
def _email(data, vs, ve, at, t):
    """Return (start, end) of the address around the @ at ``at``, (-1, 0) if there is none, (-2, 0) if it is masked."""
    s = at
    while s > vs:
        b = data[s - 1]
        if _is_alnum(b) or b == 46 or b == 95 or b == 37 or b == 43 or b == 45:
            s -= 1
        else:
            break
    if s > vs and data[s - 1] == 42 or (at > vs and data[at - 1] == 42):
        return -2, 0
    if s > vs and data[s - 1] == 92 and (data[s] == 110 or data[s] == 114 or data[s] == 116):
        s += 1
    while s < at and not _is_alnum(data[s]) and data[s] != 95:
        s += 1
    if s == at or at - s > 64 or data[at - 1] == 46:
        return -1, 0
    e = at + 1
    label = e
    last_dot = -1
    while e < ve:
        b = data[e]
        if _is_alnum(b) or b == 45:
            e += 1
        elif b == 46 and e > label and e + 1 < ve and _is_alnum(data[e + 1]):
            last_dot = e
            e += 1
            label = e
        else:
            break
    if e < ve and data[e] == 42:
        return -2, 0
    while last_dot > 0:
        # the last label may run on into text (a@b.com_1 does not; a@b.com-x does): take the longest known domain
        h = _hash_lower(data, last_dot + 1, e)
        if _in_sorted(t.q, t.n[TLDS], t.n[TLD_SIZE], h):
            if e - at > 254 or (at - s == 3 and e < ve and data[e] == 58 and _has(data, vs, ve, s, _GIT)):
                return -1, 0
            return s, e
        cut = last_dot
        last_dot = -1
        j = cut - 1
        while j > at:
            if data[j] == 46:
                last_dot = j
                break
            j -= 1
        e = cut
    return -1, 0


@_compiled
def _octets(data, w, runs, k, vs, ve):
    """Return the end of the dotted quad that starts with run ``k``, -1 if there is none."""
    if k + 3 >= runs:
        return -1
    s = w.n[RUN, k, 0]
    if s > vs and (data[s - 1] == 46 or data[s - 1] == 45 and s - 1 > vs and _is_alnum(data[s - 2])):
        return -1
    if s - 3 >= vs and data[s - 3] == 0xE7 and data[s - 2] == 0xAC and data[s - 1] == 0xAC:  # 第1.2.3.4节
        return -1
    for j in range(k, k + 4):
        a = w.n[RUN, j, 0]
        b = w.n[RUN, j, 1]
        if b - a > 3 or w.n[RUN, j, 2] != b - a or (j > k and a != w.n[RUN, j - 1, 1] + 1):
            return -1
        if j < k + 3 and (b >= ve or data[b] != 46):
            return -1
        value = 0
        for i in range(a, b):
            value = value * 10 + (np.int64(data[i]) - 48)
        if value > 255 or (data[a] == 48 and b - a > 1):
            return -1
        if j == k and (value == 0 or value == 127 or value >= 224):
            return -1
    e = w.n[RUN, k + 3, 1]
    if e + 1 < ve and data[e] == 46 and _is_alnum(data[e + 1]):
        return -1
    if e + 1 < ve and data[e] == 45 and not _is_digit(data[e + 1]) and _is_alnum(data[e + 1]):
        return -1
    return e


@_compiled
def _address_at(data, vs, ve, s, colon):
    if colon - s > 4 or (s > vs and data[s - 1] == 46):
        return 0, 0, 0
    if s > vs and data[s - 1] == 58:
        # «mac:36:0c:…» begins behind its label; «1:36:0c:…» is a piece of something longer
        p = s - 1
        label = False
        while p > vs and _is_alnum(data[p - 1]):
            if not _is_hex(data[p - 1]):
                label = True
                break
            p -= 1
        if not label and (s - 1 - p > 0 or (p > vs and data[p - 1] == 58)):
            return 0, 0, 0
    if colon - s == 0 and not (colon + 1 < ve and data[colon + 1] == 58):
        return 0, 0, 0
    i = s
    groups = 0
    twos = 0
    digits = 0
    letters = 0
    double = 0
    nonzero = False
    allf = True
    while True:
        g = i
        while i < ve and _is_hex(data[i]):
            if _is_digit(data[i]):
                digits += 1
            else:
                letters += 1
            if data[i] != 48:
                nonzero = True
            if data[i] != 102 and data[i] != 70:
                allf = False
            i += 1
        if i - g > 4:
            return 0, 0, 0
        if i > g:
            groups += 1
            if i - g == 2:
                twos += 1
        if i + 1 < ve and data[i] == 58 and data[i + 1] == 58:
            double += 1
            i += 2
            continue
        if i + 1 < ve and data[i] == 58 and _is_hex(data[i + 1]):
            i += 1
            continue
        break
    if i < ve and (_is_alnum(data[i]) or data[i] == 58 or data[i] == 42):
        return 0, 0, 0
    if double == 0 and groups == 6 and twos == 6:
        if not nonzero or allf:
            return 0, 0, 0
        return s, i, 1
    if double == 0 and groups == 8:
        return s, i, 2
    if double == 1 and 2 <= groups <= 7 and nonzero and digits > 0 and digits + letters >= 5:
        return s, i, 2
    return 0, 0, 0


@_compiled
def _address(data, vs, ve, colon):
    """Return (start, end, kind) of a MAC (1) or IPv6 (2) address whose first colon is at ``colon``; kind 0: none."""
    s = colon
    while s > vs and _is_hex(data[s - 1]) and colon - s < 5:
        s -= 1
    if s > vs and _is_alnum(data[s - 1]):
        # letters glued in front (MACb4:2a:…, IP2408:…): the first group has two or four digits
        for size in (2, 4):
            a = colon - size
            if a > vs and s <= a and not _is_digit(data[a - 1]):
                start, end, kind = _address_at(data, vs, ve, a, colon)
                if kind == (1 if size == 2 else 2):
                    return start, end, kind
        return 0, 0, 0
    return _address_at(data, vs, ve, s, colon)


@_compiled
def _mac_dashed(data, vs, ve, s):
    """Return (end, letters among the digits) of ``hh-hh-hh-hh-hh-hh`` at ``s``, end -1 if there is none."""
    escaped = s - 2 >= vs and data[s - 2] == 92
    if s > vs and (_is_alnum(data[s - 1]) and not escaped or data[s - 1] == 45 or data[s - 1] == 46):
        return -1, 0
    if s + 17 <= ve and data[s + 2] == 45:
        letters = 0
        for i in range(17):
            b = data[s + i]
            if i % 3 == 2:
                if b != 45:
                    return -1, 0
            elif not _is_hex(b):
                return -1, 0
            elif not _is_digit(b):
                letters += 1
        e = s + 17
        if not (e < ve and (_is_alnum(data[e]) or data[e] == 45)):
            return e, letters
    return -1, 0


@_compiled
def _landline_gap(data, a, b):
    """Tell whether ``data[a:b]`` may separate area code and number: one hyphen or bracket, spaces around it."""
    if b - a < 1 or b - a > 3:
        return False
    marks = 0
    for i in range(a, b):
        if data[i] == 45 or data[i] == 41:
            marks += 1
        elif data[i] != 32:
            return False
    return marks <= 2


@_compiled
def _value_of(data, s, e):
    v = 0
    for i in range(s, e):
        v = v * 10 + (np.int64(data[i]) - 48)
    return v


@_compiled
def _local_number(data, w, runs, k, area, t):
    """Return the index of the last run of a local number of ``area`` starting at run ``k``, -1 if there is none."""
    if k >= runs or w.n[RUN, k, 2] != w.n[RUN, k, 1] - w.n[RUN, k, 0]:
        return -1
    a = w.n[RUN, k, 0]
    if data[a] == 48:
        return -1
    n = w.n[RUN, k, 1] - a
    lengths = t.n[t.n[AREA_LENGTHS] + area]
    if (n == 7 or n == 8) and (lengths >> n) & 1:
        return k
    if k + 1 < runs and (n == 3 or n == 4) and w.n[RUN, k + 1, 0] == w.n[RUN, k, 1] + 1:
        sep = data[w.n[RUN, k, 1]]
        if (sep == 45 or sep == 32) and w.n[RUN, k + 1, 1] - w.n[RUN, k + 1, 0] == 4 and w.n[RUN, k + 1, 2] == 4:
            if (lengths >> (n + 4)) & 1:
                return k + 1
    return -1


@_compiled
def _extension(data, w, runs, k, e, ve):
    """Return the end including an extension behind a landline number that ends at ``e`` with run ``k``."""
    if k + 1 >= runs:
        return e
    a = w.n[RUN, k + 1, 0]
    b = w.n[RUN, k + 1, 1]
    if w.n[RUN, k + 1, 2] != b - a and not (w.n[RUN, k + 1, 3] > 0):
        return e
    gap = a - e
    if gap == 1 and data[e] == 45 and b - a <= 6 and w.n[RUN, k + 1, 2] == b - a:
        if b < ve and data[b] == 45 and b + 1 < ve and _is_digit(data[b + 1]):
            return e
        return b
    # ext 8001, ext.8001, x8001, #8001, 转8001, 转分机8001, 分机8001
    i = e
    while i < a and (data[i] == 32 or data[i] == 44 or data[i] == 40 or data[i] == 45):
        i += 1
    marked = False
    if i + 2 < ve and data[i] == 0xE8 and data[i + 1] == 0xBD and data[i + 2] == 0xAC:
        i += 3
        marked = True
    if i + 5 < ve and data[i] == 0xE5 and data[i + 1] == 0x88 and data[i + 2] == 0x86 and data[i + 3] == 0xE6:
        i += 6
        marked = True
    if not marked and i < a and data[i] == 35:
        i += 1
        marked = True
    if not marked and i + 2 < ve and (data[i] | 32) == 101 and (data[i + 1] | 32) == 120 and (data[i + 2] | 32) == 116:
        i += 3
        marked = True
    if not marked and i < ve and (data[i] | 32) == 120:
        i += 1
        marked = True
    if not marked:
        return e
    while i < ve and (data[i] == 32 or data[i] == 46 or data[i] == 58):
        i += 1
    j = i
    while j < ve and _is_digit(data[j]):
        j += 1
    if 1 <= j - i <= 6 and not (j < ve and _is_alnum(data[j])):
        return j
    return e


@_compiled
def _landline(data, f, t, w, n, runs, k, entity):
    """Append the landline number that starts at run ``k``, if there is one."""
    s = w.n[RUN, k, 0]
    e = w.n[RUN, k, 1]
    size = e - s
    if w.n[RUN, k, 2] != size:
        return n
    first = s
    area = -1
    last = -1
    if data[s] == 48 and (size == 3 or size == 4):
        if s - 2 >= f.vs and (data[s - 1] == 45 or data[s - 1] == 46) and _is_digit(data[s - 2]):
            return n
        area = _value_of(data, s + 1, e)
        if t.b[t.n[AREA_DIGITS] + area] != size - 1:
            return n
        if k + 1 < runs and _landline_gap(data, e, w.n[RUN, k + 1, 0]):
            last = _local_number(data, w, runs, k + 1, area, t)
        if s > f.vs and data[s - 1] == 40 and e < f.ve and data[e] == 41:
            first = s - 1
    elif (size == 2 and data[s] == 56 and data[s + 1] == 54 and s > f.vs and data[s - 1] == 43) or (
        size == 4 and data[s] == 48 and data[s + 1] == 48 and data[s + 2] == 56 and data[s + 3] == 54
    ):
        # +86-10-12345678, +86 (10) 12345678, 0086-571-87654321
        if k + 2 < runs:
            a = w.n[RUN, k + 1, 0]
            b = w.n[RUN, k + 1, 1]
            if w.n[RUN, k + 1, 2] == b - a and 2 <= b - a <= 4 and 1 <= a - e <= 3:
                skip = 1 if data[a] == 48 else 0
                area = _value_of(data, a, b)
                if t.b[t.n[AREA_DIGITS] + area] == b - a - skip and _landline_gap(data, b, w.n[RUN, k + 2, 0]):
                    last = _local_number(data, w, runs, k + 2, area, t)
                    first = s - 1 if size == 2 else s
    elif data[s] == 48 and 10 <= size <= 12:
        # without any separator: only where a label or header says so
        for digits in range(2, 4):
            a = _value_of(data, s + 1, s + 1 + digits)
            if t.b[t.n[AREA_DIGITS] + a] == digits and (t.n[t.n[AREA_LENGTHS] + a] >> (size - digits - 1)) & 1:
                if 50 <= data[s + 1 + digits] <= 56:
                    return _emit_weak(data, f, t, w, n, s, e, entity)
        return n
    elif (size == 7 or size == 8) and 50 <= data[s] <= 56 and s == f.ts and e == f.te:
        if f.header & (ONE << np.uint64(entity)):
            return _push(w, n, s, e, entity, E_HEADER, 0)
        return n
    if last < 0:
        return n
    e = w.n[RUN, last, 1]
    if e < f.ve and data[e] == 42 or e + 1 < f.ve and data[e] == 46 and _is_digit(data[e + 1]):
        return n
    e = _extension(data, w, runs, last, e, f.ve)
    if e < f.ve and _is_alnum(data[e]):
        return n
    return _emit_alone(data, f, t, w, n, first, e, entity)


@_compiled
def _plate_body(data, s, e, letters_max):
    """Count what a plate body holds: return (digits, letters), (-1, 0) if a character may not stand in it."""
    digits = 0
    letters = 0
    for i in range(s, e):
        b = data[i]
        if _is_digit(b):
            digits += 1
        else:
            u = b & 0xDF
            if u < 65 or u > 90 or u == 73 or u == 79:
                return -1, 0
            letters += 1
    if letters > letters_max:
        return -1, 0
    return digits, letters


@_compiled
def _plate_end(data, s, e, ve, t):
    """Return the end of the plate whose characters behind the office letter are ``s:e``, -1 if it is none."""
    n = e - s
    if n == 5:
        digits, _letters = _plate_body(data, s, e, 3)
        if digits >= 2:
            return e
    elif n == 6:
        # new energy: small cars D/F… then five, large ones five digits then D/F
        digits, _letters = _plate_body(data, s, e, 2)
        if digits >= 4:
            first = data[s] & 0xDF
            last = data[e - 1] & 0xDF
            if not _is_digit(data[s]) and 65 <= first <= 75 and digits >= 4:
                return e
            if not _is_digit(data[e - 1]) and 65 <= last <= 75 and digits == 5:
                return e
    elif n == 4:
        digits, _letters = _plate_body(data, s, e, 1)
        if digits >= 3 and e + 2 < ve and t.b[t.n[BYTE_CLASS] + data[e]] == HAN:
            if t.b[t.n[HAN_FLAGS] + _code_point(data, e)] & PLATE_TAIL:
                return e + 3
    return -1


@_compiled
def _is_province(data, vs, i, t):
    return i - 3 >= vs and t.b[t.n[BYTE_CLASS] + data[i - 3]] == HAN and t.b[t.n[HAN_FLAGS] + _code_point(data, i - 3)] & PROVINCE


@_compiled
def _plate(data, vs, ve, s, e, t):
    """Return (start, end) of the plate whose last run is ``s:e``, (-1, 0) if there is none."""
    n = e - s
    if n < 4 or n > 7:
        return -1, 0
    if s - 3 < vs:
        return -1, 0
    # letter and number in one run: 京A12345
    if n >= 5 and not _is_digit(data[s]) and (data[s] & 0xDF) != 73 and _is_province(data, vs, s, t):
        end = _plate_end(data, s + 1, e, ve, t)
        if end > 0:
            if s - 5 >= vs and data[s - 5] == 87 and data[s - 4] == 74:
                return s - 5, end
            return s - 3, end
    if n == 5 and _is_province(data, vs, s, t) and s - 5 >= vs and data[s - 5] == 87 and data[s - 4] == 74:
        digits, _letters = _plate_body(data, s, e, 1)
        if digits >= 4:
            return s - 5, e
    # embassy: 使014578, consulate: 领014578
    if n == 6 and data[s - 3] == 0xE4 and data[s - 2] == 0xBD and data[s - 1] == 0xBF:
        digits, _letters = _plate_body(data, s, e, 0)
        if digits == 6:
            return s - 3, e
    # letter and number apart: 京A·12345, 京A-12345, 京A 12345
    p = s
    if data[p - 1] == 45 or data[p - 1] == 32 or data[p - 1] == 46:
        p -= 1
    elif data[p - 2] == 0xC2 and data[p - 1] == 0xB7:
        p -= 2
    elif data[p - 3] == 0xE2 and data[p - 2] == 0x80 and data[p - 1] == 0xA2:
        p -= 3
    elif data[p - 3] == 0xE3 and data[p - 2] == 0x83 and data[p - 1] == 0xBB:
        p -= 3
    if p < s and p - 4 >= vs:
        letter = data[p - 1] & 0xDF
        if 65 <= letter <= 90 and not _is_digit(data[p - 1]) and _is_province(data, vs, p - 1, t):
            end = _plate_end(data, s, e, ve, t)
            if end > 0:
                return p - 4, end
    return -1, 0


@_compiled
def _military(data, vs, ve, s, e, t):
    """Return (start, end, known body) of 军字第…号 around the digits ``s:e``; start -1 if there is none."""
    n = e - s
    if n < 6 or n > 8 or s - 6 < vs:
        return -1, 0, False
    p = s
    if data[p - 3] == 0xE7 and data[p - 2] == 0xAC and data[p - 1] == 0xAC:  # 第
        p -= 3
    if p - 6 < vs or not (data[p - 3] == 0xE5 and data[p - 2] == 0xAD and data[p - 1] == 0x97):  # 字
        return -1, 0, False
    p -= 6
    if t.b[t.n[BYTE_CLASS] + data[p]] != HAN:
        return -1, 0, False
    end = e
    if e + 2 < ve and data[e] == 0xE5 and data[e + 1] == 0x8F and data[e + 2] == 0xB7:  # 号
        end = e + 3
    return p, end, t.b[t.n[HAN_FLAGS] + _code_point(data, p)] & MILITARY != 0


@_compiled
def _decimal(data, w, runs, k, ve):
    """Return (value in 1e-6 degrees, decimals, next run) of the decimal number at run ``k``; decimals 0: none."""
    if k + 1 >= runs:
        return 0, 0, k
    a = w.n[RUN, k, 0]
    b = w.n[RUN, k, 1]
    c = w.n[RUN, k + 1, 0]
    d = w.n[RUN, k + 1, 1]
    if b - a > 3 or w.n[RUN, k, 2] != b - a or c != b + 1 or data[b] != 46:
        return 0, 0, k
    if w.n[RUN, k + 1, 2] != d - c or d - c > 15:
        return 0, 0, k
    value = _value_of(data, a, b) * 1000000
    scale = 100000
    for i in range(c, min(d, c + 6)):
        value += (np.int64(data[i]) - 48) * scale
        scale //= 10
    return value, d - c, k + 2


@_compiled
def _geo(data, w, runs, k, vs, ve, t):
    """Return the end of a coordinate pair inside China that starts at run ``k``, -1 if there is none."""
    s = w.n[RUN, k, 0]
    if s > vs and (data[s - 1] == 46 or _is_alnum(data[s - 1])):
        return -1
    one, decimals, nxt = _decimal(data, w, runs, k, ve)
    if decimals < 4 or nxt >= runs:
        return -1
    a = w.n[RUN, nxt - 1, 1]
    b = w.n[RUN, nxt, 0]
    if b - a < 1 or b - a > 3:
        return -1
    for i in range(a, b):
        if data[i] != 44 and data[i] != 32 and data[i] != 47 and data[i] != 59:
            return -1
    two, more, _n = _decimal(data, w, runs, nxt, ve)
    if more < 4:
        return -1
    lat = min(one, two)
    lng = max(one, two)
    if 18_000_000 <= lat <= 54_000_000 and 73_000_000 <= lng <= 136_000_000:
        e = w.n[RUN, nxt + 1, 1]
        if e + 1 < ve and data[e] == 46 and _is_digit(data[e + 1]):
            return -1
        return e
    return -1


@_compiled
def _date(data, w, runs, k, vs, ve, t):
    """Return the end of a calendar date (1990-01-02, 1990/1/2, 1990年1月2日) at run ``k``, -1 if there is none."""
    if k + 2 >= runs or w.n[RUN, k, 1] - w.n[RUN, k, 0] != 4:
        return -1
    parts = 0
    month = 0
    day = 0
    for j in range(1, 3):
        a = w.n[RUN, k + j, 0]
        b = w.n[RUN, k + j, 1]
        if b - a > 2 or w.n[RUN, k + j, 2] != b - a:
            return -1
        gap = a - w.n[RUN, k + j - 1, 1]
        c = data[a - 1]
        if not ((gap == 1 and (c == 45 or c == 47 or c == 46)) or (gap == 3 and data[a - 3] >= 0xE5)):
            return -1
        if j == 1:
            month = _value_of(data, a, b)
        else:
            day = _value_of(data, a, b)
        parts += 1
    year = _value_of(data, w.n[RUN, k, 0], w.n[RUN, k, 1])
    value = year * 10000 + month * 100 + day
    if year < 1900 or value > t.n[TODAY] or day < 1 or day > days_in_month(year, month):
        return -1
    e = w.n[RUN, k + 2, 1]
    if e + 2 < ve and data[e] == 0xE6 and data[e + 1] == 0x97 and data[e + 2] == 0xA5:  # 日
        e += 3
    return e


@_compiled
def _time_of_day(data, e, ve):
    """Return the end of ``hh:mm[:ss]`` behind the date that ends at ``e``; ``e`` if there is none."""
    i = e
    if i < ve and (data[i] == 32 or data[i] == 84):
        i += 1
    groups = 0
    end = e
    while i + 1 < ve and groups < 3 and _is_digit(data[i]) and _is_digit(data[i + 1]):
        i += 2
        groups += 1
        if groups > 1:
            end = i
        if i < ve and data[i] == 58:
            i += 1
        else:
            break
    return end


@_compiled
def _expiry(data, w, runs, k, vs, ve):
    """Return the end of MM/YY, MM/YYYY, MM-YY, YYYY-MM, YYYY/MM, YYYY年MM月 or MMYY at run ``k``, -1 if there is none."""
    a = w.n[RUN, k, 0]
    b = w.n[RUN, k, 1]
    if w.n[RUN, k, 2] != b - a:
        return -1
    n = b - a
    if k + 1 < runs:
        c = w.n[RUN, k + 1, 0]
        d = w.n[RUN, k + 1, 1]
        gap = c - b
        m = d - c
        if w.n[RUN, k + 1, 2] == m and not (d + 1 < ve and (data[d] == 47 or data[d] == 45) and _is_digit(data[d + 1])):
            if gap == 1 and (data[b] == 47 or data[b] == 45) and not (a - 1 > vs and data[a - 1] == data[b]):
                if n == 2 and (m == 2 or m == 4):
                    month = _value_of(data, a, b)
                    if 1 <= month <= 12:
                        return d
                if n == 4 and m == 2 and data[a] == 50 and data[a + 1] == 48:
                    month = _value_of(data, c, d)
                    if 1 <= month <= 12:
                        return d
            if gap == 3 and data[b] == 0xE5 and data[b + 1] == 0xB9 and (n == 4 or n == 2) and 1 <= m <= 2:  # 年
                month = _value_of(data, c, d)
                if 1 <= month <= 12 and d + 2 < ve and data[d] == 0xE6 and data[d + 1] == 0x9C:  # 月
                    return d + 3
    if n == 4 or n == 6:
        month = _value_of(data, a, a + 2)
        if n == 4 and 1 <= month <= 12:
            return b
        if n == 6 and data[a] == 50 and data[a + 1] == 48 and 1 <= _value_of(data, a + 4, b) <= 12:
            return b
    return -1


@_compiled
def _is_uuid(data, s, ve):
    if s + 36 > ve:
        return False
    for i in range(36):
        b = data[s + i]
        if i == 8 or i == 13 or i == 18 or i == 23:
            if b != 45:
                return False
        elif not _is_hex(b):
            return False
    return not (s + 36 < ve and (_is_alnum(data[s + 36]) or data[s + 36] == 45))


@_compiled
def _after_label(data, p, ve):
    """Skip what may stand between a label and its value; return (start of value, strength of the separator).

    2: a colon, equals sign, tag, 是 or 为; 1: a bracket or «is», which may mean anything; 0: nothing but space.
    """
    separator = 0
    i = p
    while i < ve and i - p < 2 and _is_digit(data[i]):  # faceBase64, token2
        i += 1
    if i < ve and _is_alnum(data[i]):
        i = p
    steps = 0
    while i < ve and steps < 12:
        b = data[i]
        if b == 92 and i + 1 < ve and (data[i + 1] == 110 or data[i + 1] == 114 or data[i + 1] == 116):
            i += 2
        elif b == 34 or b == 39 or b == 32 or b == 9 or b == 92 or b == 41 or b == 93:
            i += 1
        elif b == 61 and i + 1 < ve and data[i + 1] == 61:  # a comparison
            return i, 0
        elif b == 58 or b == 61 or (b == 62 and separator < 2):  # : = >
            separator = 2
            i += 1
        elif b == 91 or b == 40 or b == 60 or (b == 123 and not (i + 1 < ve and data[i + 1] == 123)):  # [ ( < {
            separator = max(separator, 1)
            i += 1
        elif b == 0xE6 and i + 2 < ve and data[i + 1] == 0x98 and data[i + 2] == 0xAF:  # 是
            separator = 2
            i += 3
        elif b == 0xE4 and i + 2 < ve and data[i + 1] == 0xB8 and data[i + 2] == 0xBA:  # 为
            separator = 2
            i += 3
        elif b == 0xE5 and i + 2 < ve and data[i + 1] == 0x8F and data[i + 2] == 0xB7:  # 号
            i += 3
        elif b == 0xE7 and i + 2 < ve and data[i + 1] == 0xA0 and data[i + 2] == 0x81:  # 码
            i += 3
        elif (b == 105 or b == 73) and i + 2 < ve and (data[i + 1] | 32) == 115 and data[i + 2] == 32 and i > p:
            separator = max(separator, 1)
            i += 3
        else:
            break
        steps += 1
    return i, separator


@_merged
def _labelled_end(data, s, limit, k, t):
    """Return the end of a value of labelled class ``k`` at ``s``, -1 if it does not fit."""
    cls = t.n[LABELLED_CLASS] + k * 256
    if s >= limit or t.b[cls + data[s]] != 2:
        return -1
    e = s
    digits = 0
    top = s + t.n[t.n[LABELLED_LIMITS] + k * 3 + 1] + 1
    while e < limit and e < top and t.b[cls + data[e]]:
        if _is_digit(data[e]):
            digits += 1
        e += 1
    if e == top:
        return -1
    while e > s and not _is_alnum(data[e - 1]) and data[e - 1] != 61 and data[e - 1] < 128:
        e -= 1
    if e - s < t.n[t.n[LABELLED_LIMITS] + k * 3 + 0] or digits < t.n[t.n[LABELLED_LIMITS] + k * 3 + 2]:
        return -1
    if e < limit and (_is_alnum(data[e]) or data[e] == 42 or data[e] == 64):
        return -1
    if e + 1 < limit and data[e] == 46 and _is_alnum(data[e + 1]):  # a member of something in a program
        return -1
    if digits == 0 and _in_sorted(t.q, t.n[PLACEHOLDERS], t.n[PLACEHOLDER_SIZE], _hash_lower(data, s, e)):
        return -1
    return e


@_compiled
def _mixed(data, s, e):
    """Tell whether letters and digits stand in ``s:e``, and nothing of a call or assignment."""
    digits = 0
    letters = 0
    for i in range(s, e):
        if data[i] == 40 or data[i] == 58 or data[i] == 61:
            return False
        if _is_digit(data[i]):
            digits += 1
        elif _is_alnum(data[i]):
            letters += 1
    return digits > 0 and letters > 0


@_compiled
def _is_code(data, s, e, ve):
    """Tell whether the unquoted ``s:e`` is a name of a program: a call, a member, words joined by _, an assignment."""
    if data[s - 1] == 34 or data[s - 1] == 39:
        return False
    joined = False
    i = s
    while i < ve and (_is_alnum(data[i]) or data[i] == 95 or data[i] == 46):
        if _is_digit(data[i]) and i < e:
            return False
        joined = joined or data[i] == 95 or data[i] == 46
        i += 1
    if i < ve and (data[i] == 40 or data[i] == 91):
        return True
    if i < e:
        return False
    while i < ve and data[i] == 32:
        i += 1
    return joined or (i < ve and data[i] == 61)


@_compiled
def _secret_end(data, s, ve, t):
    """Return the end of a secret value at ``s`` (printable, no quote, space or list separator), -1 if it stands for nothing."""
    e = s
    stars = 0
    while e < ve and e - s < 4096:
        b = data[e]
        if b <= 32 or b >= 127 or b == 34 or b == 39 or b == 44 or b == 59 or b == 38 or b == 60 or b == 62 or b == 92:
            break
        if b == 42 or b == 120 or b == 88 or b == 46:
            stars += 1
        e += 1
    while e > s:
        b = data[e - 1]
        # full-width punctuation was folded; before 汉字 it belongs to the sentence
        sentence = (b == 33 or b == 63) and e < ve and data[e] >= 128
        if not (sentence or b == 40 or b == 41 or b == 91 or b == 93 or b == 125 or b == 46 or b == 58):
            break
        e -= 1
    n = e - s
    if n < 4 or stars * 2 >= n:
        return -1
    b = data[s]
    if b == 47 or b == 126 or b == 46:  # a path
        return -1
    if b == 36 and s + 1 < e and data[s + 1] == 123 or b == 123 or b == 60 or b == 91 or b == 37 or b == 40:
        return -1
    for i in range(s, e):
        if data[i] == 42:
            return -1
    if _in_sorted(t.q, t.n[PLACEHOLDERS], t.n[PLACEHOLDER_SIZE], _hash_lower(data, s, e)):
        return -1
    return e


@_compiled
def _base64_end(data, s, ve):
    """Return the end of a base64 or hexadecimal blob of at least 64 characters at ``s``, -1 if there is none."""
    e = s
    while e < ve and (_is_alnum(data[e]) or data[e] == 43 or data[e] == 47 or data[e] == 45 or data[e] == 95):
        e += 1
    top = min(ve, e + 2)
    while e < top and data[e] == 61:
        e += 1
    return e if e - s >= 64 else -1


@_compiled
def _known_key(data, s, e, vs, ve):
    """Return the end of an access key or web token whose first run is ``s:e``, -1 if there is none."""
    n = e - s
    if n == 20 and _has(data, vs, ve, s, _AKIA):
        for i in range(s, e):
            if 97 <= data[i] <= 122:
                return -1
        return e
    if 16 <= n <= 24 and _has(data, vs, ve, s, _LTAI):
        return e
    if n >= 10 and _has(data, vs, ve, s, _EYJ):
        dots = 0
        i = s
        stop = min(ve, s + TOKEN_BYTES)
        while i < stop and (_is_alnum(data[i]) or data[i] == 45 or data[i] == 95 or data[i] == 46 or data[i] == 61):
            if data[i] == 46:
                dots += 1
                if dots > 2 and i + 1 < ve and _is_alnum(data[i + 1]):
                    return -1
            i += 1
        while i > s and data[i - 1] == 46:
            i -= 1
            dots -= 1
        if dots == 2 and i - s >= 30:
            return i
    return -1


# -- masked values -----------------------------------------------------------------------------------------------------------------


@_compiled
def _masked(data, f, t, w, p, masked):
    """Classify the masked value around the star run at ``p`` and count it; return its end."""
    left = p
    digits_left = 0
    stars = 0
    right_digits = 0
    while left > f.vs:
        b = data[left - 1]
        if _is_digit(b):
            left -= 1
            digits_left += 1
        elif (b == 32 or b == 45) and left - 1 > f.vs and _is_digit(data[left - 2]) and digits_left % 4 == 0:
            left -= 1
        else:
            break
    right = p
    while right < f.ve:
        b = data[right]
        if b == 42:
            if right_digits:
                break
            stars += 1
            right += 1
        elif _is_digit(b) or ((b | 32) == 120 and right + 1 <= f.ve):
            right_digits += 1
            right += 1
        elif (b == 32 or b == 45) and right + 1 < f.ve and (data[right + 1] == 42 or _is_digit(data[right + 1])):
            # 6222 **** **** 1234 goes on behind a space, 138****1234 is complete
            seen = digits_left + stars + right_digits
            if right_digits and (right_digits % 4 or seen == 11 or seen == 15 or seen == 18):
                break
            right += 1
        else:
            break
    total = digits_left + stars + right_digits
    entity = -1
    if right < f.ve and data[right] == 64 or (right + 1 < f.ve and _is_alnum(data[right]) and _masked_mail(data, right, f.ve)):
        entity = t.n[t.n[MASKED] + 3]
    elif stars >= 2 and digits_left + right_digits >= 2:
        if total == 18 or total == 15 and digits_left >= 4:
            entity = t.n[t.n[MASKED] + 0]
            card = t.n[t.n[MASKED] + 2]
            if total == 18 and digits_left == 6 and right_digits == 4 and card >= 0:
                # 6 + 8 + 4 is also how a card of 18 digits is shown: the header or label decides
                bit = ONE << np.uint64(card)
                mine = ZERO if entity < 0 else ONE << np.uint64(entity)
                if f.header & bit or (f.union & bit and _near(w, f.hits, left, right, bit)):
                    if not (f.header & mine or (f.union & mine and _near(w, f.hits, left, right, mine))):
                        entity = card
        elif digits_left >= 2 and data[left] == 49 and (total == 11 or digits_left == 3 and right_digits == 4):
            entity = t.n[t.n[MASKED] + 1]
        elif 12 <= total <= 19 and right_digits <= 4:
            entity = t.n[t.n[MASKED] + 2]
    elif stars >= 2 and left - 1 >= f.vs and _is_alnum(data[left - 1]) and _masked_mail(data, right, f.ve):
        entity = t.n[t.n[MASKED] + 3]
    if entity < 0 and stars <= 3 and digits_left == 0 and right_digits == 0 and p - 3 >= f.vs:
        name = t.n[t.n[SCANNER] + S_NAME_MASK]
        if name >= 0 and t.b[t.n[BYTE_CLASS] + data[p - 3]] == HAN and t.b[t.n[HAN_FLAGS] + _code_point(data, p - 3)] & SURNAME:
            entity = name
    if entity < 0 and f.header != ZERO and stars >= 2 and f.te - f.ts <= 64:
        for k in range(60):
            if (f.header >> np.uint64(k)) & ONE:
                entity = k
                break
    if entity >= 0:
        masked[entity] += 1
    return right


@_compiled
def _masked_mail(data, i, ve):
    while i < ve and (_is_alnum(data[i]) or data[i] == 46 or data[i] == 95):
        i += 1
    return i < ve and data[i] == 64


@_compiled
def _x_masked(data, s, e, digits, header, t, masked):
    """Count ``138xxxx1234`` and ``110101XXXXXXXX1234``: letters of the run are all x, in one block of at least three."""
    n = e - s
    xs = 0
    block = 0
    for i in range(s, e):
        if (data[i] | 32) == 120:
            block += 1
            xs = max(xs, block)
        elif _is_digit(data[i]):
            block = 0
        else:
            return False
    if xs < 3:
        return False
    entity = -1
    if n == 11 and data[s] == 49:
        entity = t.n[t.n[MASKED] + 1]
    elif n == 18 or n == 15:
        entity = t.n[t.n[MASKED] + 0]
    elif 16 <= n <= 19:
        entity = t.n[t.n[MASKED] + 2]
    if entity >= 0:
        masked[entity] += 1
    return True


# -- guards: small enough to stand in the loop over runs, so that the long functions are called when they may find something ---


@_inlined
def _wanted(length, labels, plain, t):
    """Return the variants of this length that could be reported here."""
    if length < 3 or length > MAX_TOKEN:
        return ZERO
    if labels & t.q[t.n[WEAK_ENTITIES] + length]:
        return ~ZERO
    return t.q[t.n[ALONE_BITS] + length] if plain else ZERO


@_inlined
def _may_group(data, w, runs, k, t):
    """Tell whether a grouping starts with the lengths of runs ``k`` and ``k + 1``, one separator between them."""
    if k + 1 >= runs or w.n[RUN, k + 1, 0] != w.n[RUN, k, 1] + 1:
        return False
    separator = data[w.n[RUN, k, 1]]
    second = w.n[RUN, k + 1, 1] - w.n[RUN, k + 1, 0]
    if (separator != 32 and separator != 45) or second > 31:
        return False
    return t.b[t.n[GROUP_PAIRS] + (w.n[RUN, k, 1] - w.n[RUN, k, 0]) * 32 + second] != 0


@_inlined
def _may_plate(data, vs, s):
    """Tell whether a province (and a letter, and a separator) may stand before ``s``."""
    if s - 3 < vs:
        return False
    b = data[s - 1]
    if b >= 128:
        return True
    return (b == 45 or b == 32 or b == 46) and _is_alnum(data[s - 2]) and data[s - 3] >= 128


@_compiled
def _may_address(data, colon, ve):
    """Tell whether five colons, or two in a row, follow in a run of hexadecimal digits (a time of day has two)."""
    colons = 0
    i = colon
    while i < ve:
        if data[i] == 58:
            colons += 1
            if colons == 5 or (i + 1 < ve and data[i + 1] == 58):
                return True
        elif not _is_hex(data[i]):
            return False
        i += 1
    return False


# -- one value ---------------------------------------------------------------------------------------------------------------------


@_compiled
def _groups(data, f, t, w, n, runs, k, near_miss):
    """Append what the runs from ``k`` on are when read as one number written in groups."""
    first = w.n[RUN, k, 1] - w.n[RUN, k, 0]
    second = w.n[RUN, k + 1, 1] - w.n[RUN, k + 1, 0]
    sep0 = data[w.n[RUN, k, 1]]
    s = w.n[RUN, k, 0]
    for g in range(t.n[GROUP_COUNT]):
        count = t.n[t.n[GROUP_COUNTS] + g]
        if k + count > runs:
            continue
        signature = np.int64(0)
        fits = True
        sep = sep0 if count == 2 else data[w.n[RUN, k + 1, 1]] if w.n[RUN, k + 1, 1] < f.ve else sep0
        if sep != sep0 and not (t.b[t.n[GROUP_PREFIXED] + g] and (sep == 32 or sep == 45)):
            continue
        for j in range(k, k + count):
            size = w.n[RUN, j, 1] - w.n[RUN, j, 0]
            if size > 31 or (j > k and w.n[RUN, j, 0] != w.n[RUN, j - 1, 1] + 1):
                fits = False
                break
            if j > k + 1 and data[w.n[RUN, j, 0] - 1] != sep:
                fits = False
                break
            signature = signature * 32 + size
        if not fits or signature != t.n[t.n[GROUP_SIGNATURES] + g]:
            continue
        e = w.n[RUN, k + count - 1, 1]
        # a grouping that goes on is another, longer number
        if k > 0 and w.n[RUN, k - 1, 1] == s - 1 and data[s - 1] == sep0:
            before = w.n[RUN, k - 1, 1] - w.n[RUN, k - 1, 0]
            if sep0 == 45 or before == first == 4:
                continue
        if k + count < runs and w.n[RUN, k + count, 0] == e + 1 and data[e] == sep:
            if sep == 45 or (first == 4 and second == 4 and w.n[RUN, k + count, 1] - w.n[RUN, k + count, 0] <= 4):
                continue
        if e < f.ve and data[e] == 42:
            continue
        length = t.n[t.n[GROUP_LENGTHS] + g]
        at = 0
        for j in range(k, k + count):
            for i in range(w.n[RUN, j, 0], w.n[RUN, j, 1]):
                w.b[BUF, at] = t.b[t.n[CHAR_CODE] + data[i]]
                at += 1
        mask = _match(w, length, t, t.q[t.n[GROUP_BITS] + g])
        if mask != ZERO:
            n = _judge(data, f, t, w, n, mask, length, s, e, True, near_miss)
    return n


@_merged
def _single(data, f, t, w, n, s, e, plain, near_miss):
    """Append what the token ``s:e`` is by its positional shapes."""
    length = e - s
    allowed = _wanted(length, f.union | f.header, plain, t)
    if allowed == ZERO:
        return n
    for i in range(length):
        w.b[BUF, i] = t.b[t.n[CHAR_CODE] + data[s + i]]
    mask = _match(w, length, t, allowed)
    if mask != ZERO:
        n = _judge(data, f, t, w, n, mask, length, s, e, plain, near_miss)
    return n


@_compiled
def _value(data, vs, ve, header, t, w, masked, near_miss):
    """Fill plane CAND with the candidates of one value; return their number."""
    n = 0
    runs, hits, marks, union = _collect(data, vs, ve, t, w)
    if runs == 0 and marks == 0 and header == ZERO and union == ZERO:
        return 0
    ts = vs
    te = ve
    if header != ZERO or runs:
        while ts < te and data[ts] <= 32:
            ts += 1
        while te > ts and data[te - 1] <= 32:
            te -= 1
    f = Frame(vs, ve, ts, te, hits, union, header)
    sc = t.n[t.n[SCANNER] : t.n[SCANNER] + len(SCANNERS)]
    use_ipv4 = sc[S_IPV4] >= 0
    label_union = union | header
    date_bit = ZERO if sc[S_DATE] < 0 else ONE << np.uint64(sc[S_DATE])
    expiry_bit = ZERO if sc[S_EXPIRY] < 0 else ONE << np.uint64(sc[S_EXPIRY])
    uuid_bit = ZERO if sc[S_UUID] < 0 else ONE << np.uint64(sc[S_UUID])

    for k in range(runs):
        s = w.n[RUN, k, 0]
        e = w.n[RUN, k, 1]
        digits = w.n[RUN, k, 2]
        lead = w.n[RUN, k, 3]
        size = e - s
        if (s > vs and data[s - 1] == 42) or (e < ve and data[e] == 42):
            continue
        if digits == size:
            # a plain number
            if size >= 3:
                if _wanted(size, label_union, True, t) != ZERO:
                    if size < 9 or not _part_of_decimal(data, vs, ve, s, e, ts, te):
                        n = _single(data, f, t, w, n, s, e, True, near_miss)
            if size <= 8 and _may_group(data, w, runs, k, t):
                n = _groups(data, f, t, w, n, runs, k, near_miss)
            if sc[S_LANDLINE] >= 0 and (
                (data[s] == 48 and size >= 3) or (size == 2 and data[s] == 56 and s > vs and data[s - 1] == 43) or header != ZERO
            ):
                n = _landline(data, f, t, w, n, runs, k, sc[S_LANDLINE])
            if size <= 3 and k + 1 < runs and data[e] == 46 and w.n[RUN, k + 1, 0] == e + 1:
                if use_ipv4 and not header & VERSION:
                    end = _octets(data, w, runs, k, vs, ve)
                    if end > 0 and not (union & VERSION and _labelled_by(data, w, hits, vs, s, end, ve, VERSION)):
                        n = _emit_alone(data, f, t, w, n, s, end, sc[S_IPV4])
                if sc[S_GEO] >= 0:
                    end = _geo(data, w, runs, k, vs, ve, t)
                    if end > 0:
                        n = _emit_alone(data, f, t, w, n, s, end, sc[S_GEO])
                    elif union & (ONE << np.uint64(sc[S_GEO])):
                        degrees, decimals, nxt = _decimal(data, w, runs, k, ve)
                        if decimals >= 3 and degrees <= 180_000_000:
                            n = _emit_weak(data, f, t, w, n, s, w.n[RUN, nxt - 1, 1], sc[S_GEO])
                    elif header & (ONE << np.uint64(sc[S_GEO])) and k + 1 < runs and w.n[RUN, k + 1, 1] == te:
                        if s == ts or (s == ts + 1 and data[ts] == 45):
                            degrees, decimals, _n = _decimal(data, w, runs, k, ve)
                            if decimals >= 3 and degrees <= 180_000_000:
                                n = _push(w, n, s, te, sc[S_GEO], E_HEADER, 0)
            if size == 4 and label_union & date_bit:
                end = _date(data, w, runs, k, vs, ve, t)
                if end > 0:
                    # a date column may carry a time of day behind the date
                    if header & date_bit and s == ts and (end == te or data[end] == 32 or data[end] == 84):
                        n = _push(w, n, s, end, sc[S_DATE], E_HEADER, 0)
                    else:
                        n = _emit_weak(data, f, t, w, n, s, end, sc[S_DATE])
            if size == 4 and sc[S_DATETIME] >= 0:
                end = _date(data, w, runs, k, vs, ve, t)
                if end + 1 < ve and data[end] == 46 and _is_digit(data[end + 1]):
                    end = -1
                if end > 0:
                    end = _time_of_day(data, end, ve)
                    n = _emit_alone(data, f, t, w, n, s, end, sc[S_DATETIME])
            if label_union & expiry_bit and (size == 2 or size == 4 or size == 6):
                end = _expiry(data, w, runs, k, vs, ve)
                if end > 0:
                    n = _emit_weak(data, f, t, w, n, s, end, sc[S_EXPIRY])
            if sc[S_MILITARY] >= 0 and 6 <= size <= 8 and s > vs and data[s - 1] >= 128:
                a, end, known = _military(data, vs, ve, s, e, t)
                if known:
                    n = _emit_alone(data, f, t, w, n, a, end, sc[S_MILITARY])
                elif a >= 0:
                    n = _emit_weak(data, f, t, w, n, a, end, sc[S_MILITARY])
        else:
            if size >= 11 and size - digits >= 3 and _x_masked(data, s, e, digits, header, t, masked):
                continue
            if size <= 8 and lead == 0 and _may_group(data, w, runs, k, t):
                n = _groups(data, f, t, w, n, runs, k, near_miss)
            # the whole run; behind letters glued in front (tel138…, passportE123…), unless they make a hexadecimal id
            others = size - lead - digits
            glued = lead > 0 and (others == 0 or (others == 1 and not _is_digit(data[e - 1])))
            if glued:
                hexadecimal = True
                for i in range(s, s + lead):
                    if not _is_hex(data[i]):
                        hexadecimal = False
                        break
                dashed = s - 2 >= vs and data[s - 1] == 45 and _is_hex(data[s - 2])
                glued = not (hexadecimal and (dashed or size % 4 == 0))
            for attempt in range(3):
                a = s
                if attempt:
                    if not glued or (attempt == 1 and lead < 2):
                        continue
                    a = s + lead - 2 + attempt
                plain = attempt != 1
                if _wanted(e - a, label_union, plain, t) == ZERO:
                    continue
                if attempt == 2 and _part_of_decimal(data, vs, ve, a, e, ts, te):
                    continue
                n = _single(data, f, t, w, n, a, e, plain, near_miss)
            if sc[S_SECRET] >= 0 and size >= 10 and (data[s] == 65 or data[s] == 76 or data[s] == 101):
                end = _known_key(data, s, e, vs, ve)
                if end > 0:
                    n = _emit_alone(data, f, t, w, n, s, end, sc[S_SECRET])
        if size == 2 and sc[S_MAC] >= 0 and e + 3 < ve and data[e] == 45 and data[e + 3] == 45:
            end, letters = _mac_dashed(data, vs, ve, s)
            if end > 0 and letters:
                n = _emit_alone(data, f, t, w, n, s, end, sc[S_MAC])
            elif end > 0:
                n = _emit_weak(data, f, t, w, n, s, end, sc[S_MAC])
        if sc[S_PLATE] >= 0 and 4 <= size <= 7 and _may_plate(data, vs, s):
            a, end = _plate(data, vs, ve, s, e, t)
            if a >= 0:
                n = _emit_alone(data, f, t, w, n, a, end, sc[S_PLATE])
        if size == 8 and label_union & uuid_bit and e < ve and data[e] == 45 and _is_uuid(data, s, ve):
            n = _emit_weak(data, f, t, w, n, s, s + 36, sc[S_UUID])
        if sc[S_WXID] >= 0 and 10 <= size <= 24 and s - 5 >= vs and data[s - 1] == 95 and _has(data, vs, ve, s - 5, _WXID):
            n = _emit_alone(data, f, t, w, n, s - 5, e, sc[S_WXID])

    guard = -1
    inside = -1  # end of the URL or image before: what it holds is a part of it
    for k in range(marks):
        p = w.n[MARK, k, 0]
        kind = w.n[MARK, k, 1]
        if kind == STAR:
            if p >= guard:
                guard = _masked(data, f, t, w, p, masked)
        elif kind == AT:
            if sc[S_SECRET] >= 0:
                a = _userinfo(data, vs, p)
                if a > 0:
                    n = _push(w, n, a, p, sc[S_SECRET], E_PATTERN, 0)
                    continue
            if sc[S_EMAIL] >= 0:
                a, end = _email(data, vs, ve, p, t)
                if a >= 0:
                    n = _emit_alone(data, f, t, w, n, a, end, sc[S_EMAIL])
        else:
            if p + 2 < ve and data[p + 1] == 47 and data[p + 2] == 47:
                if sc[S_URL] >= 0 and p >= inside:
                    a = p
                    while a > vs and (_is_alnum(data[a - 1]) or data[a - 1] == 43):
                        a -= 1
                    if a == p:
                        continue
                    end = p + 3
                    while end < ve and 33 <= data[end] < 127 and data[end] != 34 and data[end] != 39 and data[end] != 60:
                        end += 1
                    inside = end
                    while end > p + 3 and not _is_alnum(data[end - 1]) and data[end - 1] != 47 and data[end - 1] != 61:
                        end -= 1
                    if end > p + 4:
                        n = _emit_alone(data, f, t, w, n, a, end, sc[S_URL])
                continue
            if sc[S_BIOMETRIC] >= 0 and p >= inside and _has(data, vs, ve, p - 4, _IMAGE):
                end = p
                while end < ve and data[end] > 32 and data[end] != 34 and data[end] != 39 and data[end] < 127:
                    end += 1
                inside = end
                if end - p > 64:
                    n = _emit_weak(data, f, t, w, n, p - 4, end, sc[S_BIOMETRIC])
            if (sc[S_MAC] >= 0 or sc[S_IPV6] >= 0) and _may_address(data, p, ve):
                a, end, what = _address(data, vs, ve, p)
                if what == 1 and sc[S_MAC] >= 0:
                    n = _emit_alone(data, f, t, w, n, a, end, sc[S_MAC])
                elif what == 2 and sc[S_IPV6] >= 0:
                    n = _emit_alone(data, f, t, w, n, a, end, sc[S_IPV6])

    # values straight after a label
    labelled_bits = np.uint64(t.n[LABELLED_BITS])
    biometric_bit = ZERO if sc[S_BIOMETRIC] < 0 else ONE << np.uint64(sc[S_BIOMETRIC])
    secret_bit = ZERO if sc[S_SECRET] < 0 else ONE << np.uint64(sc[S_SECRET])
    for k in range(hits):
        mask = w.q[k]
        if w.n[HIT, k, 1] < ve and data[w.n[HIT, k, 1]] == 95:  # access_key of access_key_secret
            continue
        if mask & secret_bit and data[w.n[HIT, k, 0]] == 80:
            a, end = _private_key(data, vs, ve, w.n[HIT, k, 0], w.n[HIT, k, 1])
            if a >= 0:
                n = _push(w, n, a, end, sc[S_SECRET], E_PATTERN, 0)
                continue
        if mask & secret_bit:
            a, separator = _after_label(data, w.n[HIT, k, 1], ve)
            if _has(data, vs, ve, a, _BEARER):
                a += len(_BEARER)
                separator = 2
            end = _secret_end(data, a, ve, t)
            if end > 0 and separator == 2 and _is_code(data, a, end, ve):
                end = -1
            if end > 0 and separator < 2:
                # nothing that says «its value is»: only what mixes letters and digits
                least = 6 if data[w.n[HIT, k, 0]] >= 128 else 8
                if a - w.n[HIT, k, 1] > 7 or end - a < least or not _mixed(data, a, end):
                    end = -1
            if end > 0:
                n = _push(w, n, a, end, sc[S_SECRET], E_CONTEXT, 0)
        if mask & biometric_bit:
            a, separator = _after_label(data, w.n[HIT, k, 1], ve)
            if separator:
                end = _base64_end(data, a, ve)
                if end > 0:
                    n = _push(w, n, a, end, sc[S_BIOMETRIC], E_CONTEXT, 0)
        if mask & labelled_bits == ZERO:
            continue
        for j in range(t.n[LABELLED_COUNT]):
            entity = t.n[t.n[LABELLED_ENTITY] + j]
            if (mask >> np.uint64(entity)) & ONE:
                a, separator = _after_label(data, w.n[HIT, k, 1], ve)
                end = _labelled_end(data, a, ve, j, t)
                if end > 0 and separator < 2:
                    # nothing that says «its value is»: only what cannot be an ordinary word
                    han = data[w.n[HIT, k, 0]] >= 128
                    telling = a - w.n[HIT, k, 1] <= 7 and (han or _mixed(data, a, end))
                    if telling and han:
                        telling = False
                        for i in range(a, end):
                            if _is_digit(data[i]) or data[i] == 95:
                                telling = True
                                break
                    if not telling:
                        end = -1
                if end > 0:
                    n = _push(w, n, a, end, entity, E_CONTEXT, 0)
    if header != ZERO and te > ts:
        if header & secret_bit:
            end = _secret_end(data, ts, te, t)
            if end == te:
                n = _push(w, n, ts, te, sc[S_SECRET], E_HEADER, 0)
        if header & biometric_bit and _base64_end(data, ts, te) == te:
            n = _push(w, n, ts, te, sc[S_BIOMETRIC], E_HEADER, 0)
        for j in range(t.n[LABELLED_COUNT]):
            entity = t.n[t.n[LABELLED_ENTITY] + j]
            if (header >> np.uint64(entity)) & ONE and _labelled_end(data, ts, te, j, t) == te:
                n = _push(w, n, ts, te, entity, E_HEADER, 0)
    return n


@_merged
def _quick(data, vs, ve, header, t, w, near_miss):
    """Decide a short value that is one plain token or can hold nothing; return -1 where it must be taken apart.

    Most cells of a table are such: a number, a date, a word of 汉字. Not for headers that speak of open bodies.
    """
    kinds = 0
    digits = 0
    for i in range(ve - vs):
        b = data[vs + i]
        kind = t.b[t.n[BYTE_KIND] + b]
        w.b[BUF, i] = t.b[t.n[CHAR_CODE] + b]
        kinds |= kind
        digits += kind & K_DIGIT
    if kinds == K_DIGIT or (kinds == K_DIGIT | K_LETTER and digits == ve - vs - 1 and not _is_digit(data[ve - 1])):
        allowed = _wanted(ve - vs, header, True, t)
        mask = _match(w, ve - vs, t, allowed) if allowed != ZERO else ZERO
        if mask == ZERO:
            return 0
        f = Frame(vs, ve, vs, ve, 0, ZERO, header)
        return _judge(data, f, t, w, 0, mask, ve - vs, vs, ve, True, near_miss)
    if kinds & (K_DIGIT | K_SPECIAL) == 0:
        # words without numbers: only letters behind a Chinese word or behind another word could be labelled
        return -1 if kinds & K_LETTER and kinds & (K_WIDE | K_GAP) else 0
    if kinds & ~(K_DIGIT | K_GAP) == 0 and digits <= 9 and t.n[t.n[SCANNER] + S_DATETIME] < 0:
        dots = 0
        for i in range(vs, ve):
            dots += data[i] == 46
        return -1 if dots == 3 else 0
    if (
        ve - vs >= 16
        and data[vs + 4] == data[vs + 7]
        and (data[vs + 4] == 45 or data[vs + 4] == 47)
        and data[vs + 13] == 58
        and t.n[t.n[SCANNER] + S_DATETIME] < 0
    ):
        # a timestamp and nothing else: the rest is digits, colons, a fraction, a zone
        for i in range(vs, ve):
            b = data[i]
            if not (_is_digit(b) or (43 <= b <= 58 and b != 44) or b == 32 or b == 84 or b == 90):
                return -1
        return 0
    return -1


@_compiled
def _userinfo(data, vs, at):
    """Return the start of the password in ``scheme://user:password@``, -1 if there is none."""
    i = at - 1
    colon = -1
    while i > vs and at - i < 200:
        b = data[i]
        if b == 47:
            if data[i - 1] == 47 and i - 2 > vs and data[i - 2] == 58 and at - colon > 3 and colon > i:
                first = data[colon + 1]
                return -1 if first == 42 or first == 36 or first == 123 or first == 60 else colon + 1
            return -1
        if b == 58:
            colon = i
        elif b <= 32 or b == 34 or b == 39 or b >= 127 or b == 44 or b == 60 or b == 62 or b == 63 or b == 38:
            return -1
        i -= 1
    return -1


@_compiled
def _private_key(data, vs, ve, label, stop):
    """Return (start, end) of the private key whose words PRIVATE KEY are ``label:stop``, (-1, 0) if they head none."""
    if stop + 5 > ve or not _has(data, vs, ve, stop, _DASHES):
        return -1, 0
    start = label
    while start > vs and label - start < 30 and data[start - 1] != 10:
        start -= 1
        if _has(data, vs, ve, start, _BEGIN):
            break
    if not _has(data, vs, ve, start, _BEGIN):
        return -1, 0
    end = stop + 5
    i = end
    while i + 5 <= ve and not _has(data, vs, ve, i, _DASHES):
        i += 1
    if i + 5 <= ve:
        end = i
        while end < ve and data[end] > 32:
            end += 1
        # -----END … PRIVATE KEY-----
        while end < ve and end - i < 40 and (data[end] == 32 or _is_alnum(data[end]) or data[end] == 45):
            end += 1
    elif ve - stop > 5:
        end = ve
    while end > start and data[end - 1] <= 32:
        end -= 1
    return start, end


@_compiled
def _better(w, a, b, t):
    """Tell whether candidate ``a`` wins over ``b``: score, then length, then the order of the registry, then place."""
    ra = t.n[t.n[SCORE_RANK] + w.n[CAND, a, 3]]
    rb = t.n[t.n[SCORE_RANK] + w.n[CAND, b, 3]]
    if ra != rb:
        return ra > rb
    la = w.n[CAND, a, 1] - w.n[CAND, a, 0]
    lb = w.n[CAND, b, 1] - w.n[CAND, b, 0]
    if la != lb:
        return la > lb
    if w.n[CAND, a, 2] != w.n[CAND, b, 2]:
        return w.n[CAND, a, 2] < w.n[CAND, b, 2]
    return w.n[CAND, a, 0] < w.n[CAND, b, 0]


@_compiled
def _settle(w, n, t):
    """Sort the candidates by place and mark in plane KEEP those that survive overlaps (1; 0: fell, 2: undecided).

    A candidate stays if it is better than all that overlap it and are still there. From the first undecided one the
    way goes to ever better ones; that keeps the work proportional to the overlaps, also in long chains.
    """
    gap = 1
    while gap < n // 9:
        gap = 3 * gap + 1
    while gap:
        for i in range(gap, n):
            s0 = w.n[CAND, i, 0]
            e0 = w.n[CAND, i, 1]
            t0 = w.n[CAND, i, 2]
            v0 = w.n[CAND, i, 3]
            h0 = w.n[CAND, i, 4]
            j = i - gap
            while j >= 0 and (w.n[CAND, j, 0] > s0 or (w.n[CAND, j, 0] == s0 and w.n[CAND, j, 1] > e0)):
                for c in range(5):
                    w.n[CAND, j + gap, c] = w.n[CAND, j, c]
                j -= gap
            w.n[CAND, j + gap, 0] = s0
            w.n[CAND, j + gap, 1] = e0
            w.n[CAND, j + gap, 2] = t0
            w.n[CAND, j + gap, 3] = v0
            w.n[CAND, j + gap, 4] = h0
        gap //= 3
    for i in range(n):
        w.b[KEEP, i] = 2
    i = 0
    while i < n:
        if w.b[KEEP, i] != 2:
            i += 1
            continue
        a = i
        best = -1
        while best != a:
            if best >= 0:
                a = best
            best = a
            for b in range(i, a):
                if w.b[KEEP, b] == 2 and w.n[CAND, b, 1] > w.n[CAND, a, 0] and _better(w, b, best, t):
                    best = b
            b = a + 1
            while b < n and w.n[CAND, b, 0] < w.n[CAND, a, 1]:
                if w.b[KEEP, b] == 2 and _better(w, b, best, t):
                    best = b
                b += 1
        for b in range(i, a):
            if w.b[KEEP, b] == 2 and w.n[CAND, b, 1] > w.n[CAND, a, 0]:
                w.b[KEEP, b] = 0
        b = a + 1
        while b < n and w.n[CAND, b, 0] < w.n[CAND, a, 1]:
            if w.b[KEEP, b] == 2:
                w.b[KEEP, b] = 0
            b += 1
        w.b[KEEP, a] = 1


@_compiled
def scan(data, offsets, valid, header, first, t, w, out, masked, near_miss):
    """Scan values ``first …`` of a string array; return (next value, spans written).

    Stops early when ``out`` might not hold the next value's spans: call again with larger arrays.
    """
    n = 0
    rows = offsets.size - 1
    special = header & np.uint64(t.n[SPECIAL_BITS])
    for r in range(first, rows):
        if valid.size and not valid[r]:
            continue
        vs = offsets[r]
        ve = offsets[r + 1]
        if ve - vs < 3:
            continue
        if out.value.size - n < (ve - vs) // 3 + 4:
            return r, n
        plain = False
        if ve - vs <= QUICK and special == ZERO:
            found = _quick(data, vs, ve, header, t, w, near_miss)
            plain = found >= 0
        if not plain:
            found = _value(data, vs, ve, header, t, w, masked, near_miss)
        if found == 0:
            continue
        if found > 1:
            _settle(w, found, t)
        else:
            w.b[KEEP, 0] = 1
        ts = vs
        te = ve
        at = vs
        chars = 0
        if plain:
            # one token, ASCII, nothing around it
            at = ve
        else:
            while ts < te and data[ts] <= 32:
                ts += 1
            while te > ts and data[te - 1] <= 32:
                te -= 1
        for c in range(found):
            if w.b[KEEP, c] != 1:
                continue
            s = w.n[CAND, c, 0]
            e = w.n[CAND, c, 1]
            while at < s:
                chars += (data[at] & 0xC0) != 0x80
                at += 1
            start = chars
            while at < e:
                chars += (data[at] & 0xC0) != 0x80
                at += 1
            if plain:
                chars = e - vs
            out.value[n] = r
            out.byte_start[n] = s - vs
            out.byte_end[n] = e - vs
            out.start[n] = start
            out.end[n] = chars
            out.entity[n] = w.n[CAND, c, 2]
            out.evidence[n] = w.n[CAND, c, 3]
            out.whole[n] = s == ts and e == te
            out.hash[n] = hash_span(data, w.n[CAND, c, 4], e)
            n += 1
    return rows, n


@_compiled
def hash_values(data, offsets, out):
    """Write a hash of the letters and digits of every value, 0 where there are none."""
    empty = hash_span(data, 0, 0)
    for r in range(offsets.size - 1):
        h = hash_span(data, offsets[r], offsets[r + 1])
        out[r] = ZERO if h == empty else h


@_compiled
def whole(data, offsets, rows, out):
    """Write a span over the trimmed value of each of ``rows``, with the evidence of a header."""
    for n in range(rows.size):
        vs = offsets[rows[n]]
        ts = vs
        te = offsets[rows[n] + 1]
        while ts < te and data[ts] <= 32:
            ts += 1
        while te > ts and data[te - 1] <= 32:
            te -= 1
        chars = 0
        for i in range(ts, te):
            chars += (data[i] & 0xC0) != 0x80
        out.value[n] = rows[n]
        out.byte_start[n] = ts - vs
        out.byte_end[n] = te - vs
        out.start[n] = ts - vs
        out.end[n] = ts - vs + chars
        out.evidence[n] = E_HEADER
        out.whole[n] = 1
        out.hash[n] = hash_span(data, ts, te)


@_compiled
def mask_spans(data, starts, ends, head, tail, out, out_offsets):
    """Write the spans with all letters and digits but ``head`` first and ``tail`` last ones as stars.

    The compiled reading of ``entities.masking`` kind *keep*: at least three and a third of all stay hidden.
    """
    o = 0
    out_offsets[0] = 0
    for r in range(starts.size):
        s = starts[r]
        e = ends[r]
        count = 0
        for i in range(s, e):
            count += _is_alnum(data[i]) or data[i] >= 0xE3
        first = head
        last = tail
        hidden = count - head - tail
        if hidden < 3 or 3 * hidden < count:
            first = 0
            last = 0
        at = 0
        i = s
        while i < e:
            b = data[i]
            size = 1 if b < 0x80 else 2 if b < 0xE0 else 3 if b < 0xF0 else 4
            size = min(size, e - i)
            if (_is_alnum(b) or b >= 0xE3) and first <= at < count - last:
                out[o] = 42
                o += 1
            else:
                for k in range(size):
                    out[o + k] = data[i + k]
                o += size
            at += _is_alnum(b) or b >= 0xE3
            i += size
        out_offsets[r + 1] = o
    return o
