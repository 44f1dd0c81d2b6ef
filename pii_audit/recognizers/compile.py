"""Entity definitions → the arrays the kernel runs on (:class:`~pii_audit.recognizers.kernel.Tables`)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from pii_audit import tables
from pii_audit import validators as v
from pii_audit.model.entity import EntityType, Strength
from pii_audit.model.errors import DefinitionError
from pii_audit.model.score import SCORES, Evidence
from pii_audit.recognizers import kernel as k
from pii_audit.recognizers.lookalikes import LOOKALIKE_WORDS, VERSION_WORDS

MAX_ENTITIES = 60
#: outweighs every sum of products
_NO_NUMBER = -(1 << 40)
_STRENGTH = {Strength.WEAK: k.WEAK, Strength.PATTERN: k.PATTERN, Strength.CHECKED: k.CHECKED}
#: province characters of plates (GA 36), the characters a plate may end with, and embassy
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE_TAILS = "学警挂港澳领试超"
#: what stands before 字第 on papers of soldiers and armed police
_SERVICES = "军士文兵干职武警海空离退参政后装沈北兰济南广成"
_PLACEHOLDERS = (
    "null", "none", "nil", "true", "false", "undefined", "empty", "n/a", "nan", "redacted", "hidden", "masked", "required",
    "invalid", "incorrect", "error", "expired", "wrong", "reset", "missing", "failed", "failure", "success", "yes", "string",
    "password", "passwd", "secret", "token", "changed", "updated", "unknown", "default", "filtered", "protected", "xxxx", "xxxxxx",
    "enabled", "disabled", "timeout", "login", "logout", "offline", "online", "denied", "refused", "connected", "disconnected",
    "service", "server", "client", "official", "payment", "pending", "active", "inactive", "closed", "opened", "started", "stopped",
    "str", "bytes", "int", "bool", "self", "object", "any", "none,", "optional", "your_password", "yourpassword", "not", "type", "text", "input", "varchar", "bearer", "basic", "refresh", "access",
)  # fmt: skip


def code_of(char: str) -> int:
    """Return the kernel's code of an ASCII letter or digit (0-9, 10-35 upper, 36-61 lower), 63 for anything else."""
    if char.isascii():
        if char.isdigit():
            return int(char)
        if "A" <= char <= "Z":
            return ord(char) - 55
        if "a" <= char <= "z":
            return ord(char) - 61
    return 63


_ITEM = re.compile(r"\[([^\]\\^]+)\]|([A-Za-z0-9])")
_COUNT = re.compile(r"\{(\d+)(?:,(\d+))?\}")


def expand_class(body: str) -> frozenset[str]:
    """Return the characters of an explicit class body such as ``A-HJ-NP-Z0-9``. A hyphen first or last is itself."""
    chars: set[str] = set()
    i = 0
    while i < len(body):
        if i + 2 < len(body) and body[i + 1] == "-":
            lo, hi = ord(body[i]), ord(body[i + 2])
            if lo > hi:
                raise DefinitionError(f"class [{body}] has a range that runs backwards")
            chars.update(map(chr, range(lo, hi + 1)))
            i += 3
        else:
            chars.add(body[i])
            i += 1
    return frozenset(chars)


def parse_body(body: str) -> list[tuple[frozenset[str], int, int]]:
    """Return (characters, least, most) per item of a shape body; anything outside the subset is a DefinitionError."""
    items = []
    at = 0
    while at < len(body):
        match = _ITEM.match(body, at)
        if not match:
            raise DefinitionError(f"shape {body!r} leaves the permitted subset at position {at}")
        chars = expand_class(match[1]) if match[1] else frozenset(match[2])
        if any(code_of(char) == 63 for char in chars):
            raise DefinitionError(f"shape {body!r} names a character other than ASCII letters and digits")
        at = match.end()
        least = most = 1
        if count := _COUNT.match(body, at):
            least = int(count[1])
            most = int(count[2]) if count[2] else least
            at = count.end()
        items.append((chars, least, most))
    return items


def positions(body: str) -> list[list[frozenset[str]]]:
    """Return every fixed-length reading of a body: a list of character sets, one per position."""
    items = parse_body(body)
    readings = []
    for counts in product(*(range(least, most + 1) for _, least, most in items)):
        reading = [chars for (chars, _, _), n in zip(items, counts, strict=True) for _ in range(n)]
        if not 0 < len(reading) <= k.MAX_TOKEN:
            raise DefinitionError(f"shape {body!r} is longer than {k.MAX_TOKEN} characters")
        readings.append(reading)
    return readings


_M64 = (1 << 64) - 1


def word_hash(word: str) -> int:
    """Return the kernel's hash of a normalised word or phrase."""
    h = int(k.FNV_OFFSET)
    for byte in word.encode():
        h = ((h ^ byte) * int(k.FNV_PRIME)) & _M64
    return h


def normalise_word(word: str) -> str:
    """Return a context word as the kernel compares it: lower case, no space, hyphen, underscore or dot."""
    return re.sub(r"[\s_.\-]+", "", word.lower())


@dataclass(frozen=True, slots=True)
class _Variant:
    reading: list[frozenset[str]]
    entity: int
    strength: int
    program: int
    prefix: int
    groups: tuple[str, ...]


class _Programs:
    """Collects validator programs and their tables."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int, int]] = [(k.OP_END, 0, 0, 0, 0)]
        self.weighted: list[v.WeightedSum] = []
        self.codes: list[tuple[str, int]] = []
        self.prefix_table: str | None = None
        self._known: dict[object, int] = {None: 0}

    def add(self, validator: object) -> int:
        if validator in self._known:
            return self._known[validator]
        rows = [self._row(check) for check in (validator.checks if isinstance(validator, v.AllOf) else (validator,))]
        at = len(self.rows)
        self.rows += [*rows, (k.OP_END, 0, 0, 0, 0)]
        self._known[validator] = at
        return at

    def _row(self, check: object) -> tuple[int, int, int, int, int]:
        match check:
            case v.Luhn():
                return (k.OP_LUHN, 0, 0, 0, 0)
            case v.WeightedSum():
                if check not in self.weighted:
                    self.weighted.append(check)
                return (k.OP_WEIGHTED, self.weighted.index(check), 0, 0, 0)
            case v.DateAt(position, form):
                return (k.OP_DATE8 if form == "yyyymmdd" else k.OP_DATE6, position, 0, 0, 0)
            case v.CodeIn(table, position, length):
                key = (table, length)
                if key not in self.codes:
                    self.codes.append(key)
                return (k.OP_CODE, self.codes.index(key), position, length, 0)
            case v.PrefixLength(table):
                if self.prefix_table not in (None, table):
                    raise DefinitionError("only one prefix table can be compiled")
                self.prefix_table = table
                return (k.OP_PREFIX, 0, 0, 0, 0)
        raise DefinitionError(f"validator {type(check).__name__} has no compiled reading")


def compile_tables(entities: Sequence[EntityType], today: dt.date | None = None) -> k.Tables:
    """Return the kernel's arrays for these entity types, in this order (the order settles overlaps)."""
    if len(entities) > MAX_ENTITIES:
        raise DefinitionError(f"at most {MAX_ENTITIES} entity types can be scanned together")
    programs = _Programs()
    variants = _variants(entities, programs)
    by_length: dict[int, list[_Variant]] = {}
    for variant in variants:
        by_length.setdefault(len(variant.reading), []).append(variant)

    block_offset = np.full(k.MAX_TOKEN + 1, -1, np.int64)
    blocks: list[np.ndarray] = []
    alone = np.zeros(k.MAX_TOKEN + 1, np.uint64)
    weak_entities = np.zeros(k.MAX_TOKEN + 1, np.uint64)
    base = np.zeros(k.MAX_TOKEN + 1, np.int32)
    ordered: list[_Variant] = []
    signatures: dict[tuple[int, ...], int] = {}
    size = 0
    for length, group in sorted(by_length.items()):
        if len(group) > 64:
            raise DefinitionError(f"more than 64 shapes of length {length}")
        block = np.zeros((length, 64), np.uint64)
        base[length] = len(ordered)
        for bit, variant in enumerate(group):
            flag = np.uint64(1 << bit)
            for position, chars in enumerate(variant.reading):
                for char in chars:
                    block[position, code_of(char)] |= flag
            if variant.strength == k.WEAK:
                weak_entities[length] |= np.uint64(1 << variant.entity)
            else:
                alone[length] |= flag
            for text in variant.groups:
                parts = tuple(map(int, text.split("-")))
                if sum(parts) == length:
                    signatures[parts] = signatures.get(parts, 0) | (1 << bit)
        block_offset[length] = size
        blocks.append(block.ravel())
        size += block.size
        ordered += group

    # the longest grouping first: +86 138 1234 5678 before 138 1234 5678
    groups = sorted(signatures, key=lambda parts: (-len(parts), parts))
    pairs = np.zeros(32 * 32, np.uint8)
    for parts in groups:
        pairs[parts[0] * 32 + parts[1]] = 1

    keys, masks, bloom = _words(entities)
    placeholders = _hashes(_PLACEHOLDERS)
    tlds = _hashes(tables.codes("tlds"))
    names = {entity.name: index for index, entity in enumerate(entities)}
    day = today or dt.date.today()
    prefixes = _prefixes(programs.prefix_table)
    labelled = _labelled(entities)
    area_lengths, area_digits = _areas()
    return _flat(
        {
            "BYTE_CLASS": _byte_classes(),
            "BYTE_KIND": _byte_kinds(),
            "CHAR_CODE": np.array([code_of(chr(b)) if b < 128 else 63 for b in range(256)], np.uint8),
            "HAN_FLAGS": _han_flags(),
            "PHRASE_LENGTHS": _phrase_lengths(entities),
            "WORD_BLOOM": bloom,
            "WORD_KEYS": keys,
            "WORD_MASKS": masks,
            "BLOCK_OFFSET": block_offset,
            "BLOCKS": np.concatenate(blocks) if blocks else np.zeros(1, np.uint64),
            "ALONE_BITS": alone,
            "WEAK_ENTITIES": weak_entities,
            "VARIANT_BASE": base,
            "VARIANT_ENTITY": np.array([x.entity for x in ordered]),
            "VARIANT_STRENGTH": np.array([x.strength for x in ordered]),
            "VARIANT_PROGRAM": np.array([x.program for x in ordered]),
            "VARIANT_PREFIX": np.array([x.prefix for x in ordered]),
            "GROUP_SIGNATURES": np.array([_signature(parts) for parts in groups]),
            "GROUP_LENGTHS": np.array([sum(parts) for parts in groups]),
            "GROUP_COUNTS": np.array([len(parts) for parts in groups]),
            "GROUP_BITS": np.array([signatures[parts] for parts in groups], np.uint64),
            "GROUP_PREFIXED": np.array(
                [all(x.prefix for x in ordered if "-".join(map(str, parts)) in x.groups) for parts in groups], np.uint8
            ),
            "GROUP_PAIRS": pairs,
            "PROGRAMS": np.array(programs.rows).ravel(),
            "AREA_LENGTHS": area_lengths,
            "AREA_DIGITS": area_digits,
            "PLACEHOLDERS": placeholders,
            "TLDS": tlds,
            "SCANNER": _scanners(entities),
            "SCORE_RANK": np.array([round(SCORES[evidence] * 100) for evidence in Evidence]),
            "MASKED": np.array(
                [names.get(n, -1) for n in ("CN_RESIDENT_ID", "CN_MOBILE_PHONE", "CN_BANK_CARD", "EMAIL_ADDRESS")]
            ),
            **_weighted(programs.weighted),
            **_codes(programs.codes),
            **prefixes,
            **labelled,
        },
        {
            "GROUP_COUNT": len(groups),
            "LABELLED_COUNT": len(labelled["LABELLED_ENTITY"]),
            "LABELLED_BITS": sum({1 << int(entity) for entity in labelled["LABELLED_ENTITY"]}),
            "SPECIAL_BITS": _special(entities),
            "WORD_SIZE": len(keys),
            "PREFIX_LONG_SIZE": len(prefixes["PREFIX_LONG"]),
            "PLACEHOLDER_SIZE": len(placeholders),
            "TLD_SIZE": len(tlds),
            "TODAY": day.year * 10000 + day.month * 100 + day.day,
        },
    )


def _flat(arrays: Mapping[str, np.ndarray], numbers: Mapping[str, int]) -> k.Tables:
    """Lay the tables one behind the other by kind of number and note where each starts."""
    head = np.zeros(len(k.SLOT), np.int64)
    kinds: dict[str, list[np.ndarray]] = {"b": [], "n": [head], "q": []}
    sizes = {"b": 0, "n": head.size, "q": 0}
    for name, array in arrays.items():
        kind = {np.dtype(np.uint8): "b", np.dtype(np.uint64): "q"}.get(array.dtype, "n")
        head[k.SLOT[name]] = sizes[kind]
        kinds[kind].append(array.astype(np.int64) if kind == "n" else array)
        sizes[kind] += array.size
    for name, number in numbers.items():
        head[k.SLOT[name]] = number
    return k.Tables(*(np.concatenate(kinds[kind]) for kind in "bnq"))


def _variants(entities: Sequence[EntityType], programs: _Programs) -> list[_Variant]:
    found = []
    for index, entity in enumerate(entities):
        for shape in entity.shapes:
            program = programs.add(shape.validator)
            prefix = 4 if shape.body.startswith("0086") else 2 if shape.body.startswith("86") else 0
            found += [
                _Variant(reading, index, _STRENGTH[shape.strength], program, prefix, shape.groups)
                for reading in positions(shape.body)
            ]
    return found


def _signature(parts: Iterable[int]) -> int:
    value = 0
    for part in parts:
        value = value * 32 + part
    return value


def _byte_classes() -> np.ndarray:
    classes = np.zeros(256, np.uint8)
    classes[48:58] = k.DIGIT
    classes[65:91] = k.UPPER
    classes[97:123] = k.LOWER
    classes[0xE4:0xEA] = k.HAN
    for char, byte_class in (("@", k.AT), ("*", k.STAR), (":", k.COLON), ("\\", k.ESCAPE)):
        classes[ord(char)] = byte_class
    return classes


def _byte_kinds() -> np.ndarray:
    kinds = np.full(256, k.K_SPECIAL, np.uint8)
    kinds[128:] = k.K_WIDE
    for char in range(128):
        if chr(char).isdigit():
            kinds[char] = k.K_DIGIT
        elif chr(char).isalpha():
            kinds[char] = k.K_LETTER
    kinds[[ord(char) for char in " -./,"]] = k.K_GAP
    return kinds


def _special(entities: Sequence[EntityType]) -> int:
    """Bits of the entity types whose headers announce bodies of open length; they are always read in full."""
    return sum(1 << index for index, entity in enumerate(entities) if entity.labelled or entity.scanners)


def _han_flags() -> np.ndarray:
    from pii_audit.entities.person import SURNAMES

    flags = np.zeros(65536, np.uint8)
    for char in _PROVINCES:
        flags[ord(char)] |= k.PROVINCE
    for char in _PLATE_TAILS:
        flags[ord(char)] |= k.PLATE_TAIL
    for char in _SERVICES:
        flags[ord(char)] |= k.MILITARY
    for name in SURNAMES:
        flags[ord(name[-1])] |= k.SURNAME
    return flags


def _context_words(entities: Sequence[EntityType]) -> dict[str, int]:
    words: dict[str, int] = {}
    for index, entity in enumerate(entities):
        # a column header written into a line of text is a label too: {"sfzh": …}, cardNo=…
        for word in (*entity.context, *(h for h in entity.headers if h.isascii())):
            key = normalise_word(word)
            if key:
                words[key] = words.get(key, 0) | (1 << index)
    for word in LOOKALIKE_WORDS:
        words[word] = words.get(word, 0) | int(k.LOOKALIKE)
    for word in VERSION_WORDS:
        words[word] = words.get(word, 0) | int(k.VERSION)
    return words


def _is_han(word: str) -> bool:
    return all(0x4E00 <= ord(char) <= 0x9FFF for char in word)


def _words(entities: Sequence[EntityType]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    words: dict[str, int] = {}
    for word, mask in _context_words(entities).items():
        # the kernel's words end at digits; mixed ones («微信id») name columns only
        key = word if _is_han(word) else "".join(re.findall("[a-z]+", word)) if word.isascii() else ""
        if len(key) >= 2:
            words[key] = words.get(key, 0) | mask
    size = 1 << max(8, (4 * len(words)).bit_length())
    keys = np.zeros(size, np.uint64)
    masks = np.zeros(size, np.uint64)
    bloom = np.zeros(8192, np.uint8)
    for word, mask in words.items():
        h = word_hash(word)
        bit = (h >> 40) & 0xFFFF
        bloom[bit >> 3] |= 1 << (bit & 7)
        slot = (h >> 20) & (size - 1)
        while keys[slot]:
            slot = (slot + 1) & (size - 1)
        keys[slot] = h
        masks[slot] = mask
    return keys, masks, bloom


def _phrase_lengths(entities: Sequence[EntityType]) -> np.ndarray:
    """Bit n: a phrase of n + 1 characters starts with this one. Phrases of more than 8 name columns only."""
    lengths = np.zeros(65536, np.uint8)
    for word in _context_words(entities):
        if 1 < len(word) <= 8 and _is_han(word):
            lengths[ord(word[0])] |= 1 << (len(word) - 1)
    return lengths


def _hashes(words: Iterable[str]) -> np.ndarray:
    return np.array(sorted({word_hash(word) for word in words}), np.uint64)


def _weighted(schemes: Sequence[v.WeightedSum]) -> dict[str, np.ndarray]:
    n = max(1, len(schemes))
    weighted = np.zeros((n, 4), np.int64)
    products = np.zeros((n, k.MAX_TOKEN, 64), np.int64)
    check = np.full((n, 64), 255, np.uint8)
    for i, scheme in enumerate(schemes):
        weighted[i] = scheme.start, len(scheme.weights), scheme.modulus, scheme.check_at
        check[i, : len(scheme.table)] = [code_of(char) for char in scheme.table]
        for place, weight in enumerate(scheme.weights):
            if weight:
                products[i, place] = _NO_NUMBER
                for char in v.ALPHANUMERIC:
                    if (number := scheme.number(char)) >= 0:
                        products[i, place, code_of(char)] = weight * number
    return {"WEIGHTED": weighted.ravel(), "PRODUCTS": products.ravel(), "CHECK_TABLE": check.ravel()}


def _codes(wanted: Sequence[tuple[str, int]]) -> dict[str, np.ndarray]:
    offsets = np.zeros(max(1, len(wanted)), np.int64)
    bits = [np.zeros(1, np.uint8)]
    for i, (table, length) in enumerate(wanted):
        block = np.zeros((10**length + 7) // 8, np.uint8)
        for code in tables.codes(table):
            if len(code) == length and code.isdigit():
                block[int(code) >> 3] |= 1 << (int(code) & 7)
        offsets[i] = sum(part.size for part in bits)
        bits.append(block)
    return {"CODE_BITS": np.concatenate(bits), "CODE_OFFSET": offsets}


def _prefixes(table: str | None) -> dict[str, np.ndarray]:
    first = np.zeros(10**6, np.int64)
    long: set[int] = set()
    for prefix, length in tables.prefix_lengths(table) if table else ():
        if len(prefix) <= 6:
            low = int(prefix) * 10 ** (6 - len(prefix))
            first[low : low + 10 ** (6 - len(prefix))] |= 1 << length
        else:
            long.add((int(prefix) * 16 + len(prefix)) * 32 + length)
    used = np.flatnonzero(first)
    masks, inverse = np.unique(first[used], return_inverse=True)
    if masks.size > 255:
        raise DefinitionError(f"{table} has more than 255 different sets of lengths")
    classes = np.zeros(10**6, np.uint8)
    classes[used] = inverse + 1
    return {
        "PREFIX_CLASS": classes,
        "PREFIX_MASK": np.concatenate(([0], masks)),
        "PREFIX_LONG": np.array(sorted(long), np.int64),
    }


def _areas() -> tuple[np.ndarray, np.ndarray]:
    lengths = np.zeros(10000, np.int64)
    digits = np.zeros(10000, np.uint8)
    for area, length in tables.prefix_lengths("area_codes"):
        lengths[int(area)] |= 1 << length
        digits[int(area)] = len(area) - 1
    return lengths, digits


def _labelled(entities: Sequence[EntityType]) -> dict[str, np.ndarray]:
    rows = [(index, item) for index, entity in enumerate(entities) for item in entity.labelled]
    classes = np.zeros((len(rows), 256), np.uint8)
    limits = np.zeros((len(rows), 3), np.int64)
    for i, (_, item) in enumerate(rows):
        allowed = expand_class(item.chars)
        first = expand_class(item.first) if item.first else allowed
        for char in allowed | first:
            classes[i, ord(char)] = 2 if char in first else 1
        limits[i] = item.min_length, item.max_length, item.min_digits
    return {
        "LABELLED_ENTITY": np.array([index for index, _ in rows], np.int64),
        "LABELLED_CLASS": classes.ravel(),
        "LABELLED_LIMITS": limits.ravel(),
    }


def _scanners(entities: Sequence[EntityType]) -> np.ndarray:
    scanners = np.full(len(k.SCANNERS), -1, np.int64)
    for index, entity in enumerate(entities):
        for name in entity.scanners:
            if name not in k.SCANNERS:
                raise DefinitionError(f"{entity.name} names an unknown scanner {name!r}; known: {', '.join(k.SCANNERS)}")
            scanners[k.SCANNERS.index(name)] = index
        if entity.name == "PERSON":
            scanners[k.S_NAME_MASK] = index
    return scanners
