"""Laws of the compiled pass: it reads as the plain definitions do, whatever the batch, and in linear time."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit

from pii_audit import tables
from pii_audit import validators as v
from pii_audit.entities import installed
from pii_audit.model.entity import Category, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.recognizers import kernel as k
from pii_audit.recognizers.batch import Detector, Spans
from pii_audit.recognizers.compile import compile_tables, positions

SEED = 20240229
ALL = Detector(installed())
HEADERS = [
    None,
    "mobile",
    "password",
    "备注",
    "face_image",
    "微信号",
    "ip",
    "sfzh",
    "卡号",
    "xm",
    "birthday",
    "expiry",
    "gps",
]


def found(text: str, header: str | None = None, detector: Detector = ALL) -> list[tuple[str, str]]:
    """Return (entity type, characters) of every span."""
    return [
        (name, text[start:end]) for _, start, end, name, _ in rows(detector.detect(pa.array([text]), header), detector)
    ]


def rows(spans: Spans, detector: Detector = ALL, first: int = 0) -> list[tuple[int, int, int, str, int]]:
    columns = (spans.value, spans.start, spans.end, spans.entity, spans.evidence)
    return [
        (a + first, b, c, detector.entities[d].name, e)
        for a, b, c, d, e in zip(*(x.tolist() for x in columns), strict=True)
    ]


# -- validators --------------------------------------------------------------------------------------------------------------


@njit
def _read(texts: Any, length: int, program: int, t: Any, w: Any, out: Any) -> None:  # type: ignore[no-untyped-def]
    for r in range(texts.shape[0]):
        for i in range(length):
            w.b[k.BUF, i] = t.b[t.n[k.CHAR_CODE] + texts[r, i]]
        k._upper(w, length)
        out[r] = k.run_program(w, length, program, t)


def compiled_reading(validator: Any, texts: list[str]) -> list[bool]:
    """Return what the compiled program says of texts of equal length."""
    shape = Shape("any", f"[0-9A-Za-z]{{{len(texts[0])}}}", Strength.CHECKED, validator)
    entity = EntityType(
        "TEST", "Test", "试", Role.DIRECT_IDENTIFIER, Sensitivity.LOW, Category(), Mask(), shapes=(shape,)
    )
    compiled = compile_tables((entity,))
    work = k.Work(np.zeros((4, 64, 5), np.int32), np.zeros(64, np.uint64), np.zeros((2, 64), np.uint8))
    matrix = np.frombuffer("".join(texts).encode(), np.uint8).reshape(len(texts), -1)
    out = np.zeros(len(texts), np.bool_)
    _read(matrix, len(texts[0]), int(compiled.n[compiled.n[k.VARIANT_PROGRAM]]), compiled, work, out)
    return [bool(x) for x in out]


def _schemes() -> Iterator[Any]:
    """Every validator of a definition with the bodies it stands for, and the plain ones by themselves."""
    seen = set()
    for entity in installed():
        for shape in entity.shapes:
            if shape.validator is not None and (shape.validator, shape.body) not in seen:
                seen.add((shape.validator, shape.body))
                yield pytest.param(shape.validator, shape.body, entity, id=f"{entity.name}-{shape.title}")
    for name, validator, body in (
        ("luhn", v.Luhn(), "[0-9]{11,19}"),
        ("resident", v.GB11643, "[0-9]{17}[0-9X]"),
        ("credit code", v.GB32100, "[0-9A-Z]{18}"),
        ("organisation", v.GB11714, "[0-9A-Z]{18}"),
        ("vin", v.GB16735, "[0-9A-Z]{17}"),
        ("date", v.DateAt(2), "[0-9]{2}[12][09][0-9]{2}[01][0-9][0-3][0-9]"),
        ("short date", v.DateAt(1, "yymmdd"), "[0-9]{3}[01][0-9][0-3][0-9]"),
        ("code", v.CodeIn("divisions", 1, 6), "[0-9][1-6][0-5][0-3][0-9][0-3][0-9]"),
        ("prefix", v.PrefixLength("card_prefixes"), "[3-6][0-9]{14,18}"),
    ):
        yield pytest.param(validator, body, None, id=name)


def towards(part: Any, text: str, rng: random.Random) -> str:
    """Return ``text`` changed so that one check may hold."""
    match part:
        case v.Luhn():
            return part.complete(text[:-1])
        case v.WeightedSum():
            return text if part.check_character(text.upper()) is None else part.complete(text.upper())
        case v.CodeIn(table, at, length):
            return (
                text[:at]
                + rng.choice([code for code in tables.codes(table) if len(code) == length])
                + text[at + length :]
            )
        case v.DateAt(at, form):
            day = f"{rng.randrange(1895, 2030)}{rng.randrange(1, 13):02}{rng.randrange(1, 32):02}"[-len(form) :]
            return text[:at] + day + text[at + len(form) :]
        case v.PrefixLength(table):
            prefix = rng.choice(
                [prefix for prefix, length in tables.prefix_lengths(table) if length == len(text)] or [""]
            )
            return prefix + text[len(prefix) :]
    raise AssertionError(part)


@pytest.mark.parametrize(("validator", "body", "entity"), list(_schemes()))
def test_compiled_validators_read_as_plain_ones(validator: Any, body: str, entity: EntityType | None) -> None:
    rng = random.Random(SEED)
    readings = positions(body)
    pools = [[sorted(chars) for chars in reading] for reading in readings]
    by_length: dict[int, set[str]] = {len(pool): set() for pool in pools}
    wanted = 20_000 // len(pools) + 1
    known = sorted({char for pool in pools for chars in pool for char in chars})
    samples: dict[int, list[str]] = {}
    for _ in range(4000 if entity and entity.sample else 0):
        text = entity.sample(rng)  # type: ignore[union-attr, misc]
        if text.isalnum() and text.isascii():
            samples.setdefault(len(text), []).append(text)
    for pool in pools:
        texts = by_length[len(pool)]
        texts.update(samples.get(len(pool), ()))
        while len(texts) < wanted:
            text = "".join(map(rng.choice, pool))
            for part in getattr(validator, "checks", (validator,)):
                text = text if rng.random() < 0.2 else towards(part, text, rng)
            texts.add(text)
            at = rng.randrange(len(text))  # one character changed, to any that the body knows
            texts.add(text[:at] + rng.choice(known) + text[at + 1 :])
    held = 0
    for texts in by_length.values():
        ordered = sorted(texts)
        plain = [validator.check(text.upper()) for text in ordered]
        assert compiled_reading(validator, ordered) == plain
        held += sum(plain)
    assert sum(map(len, by_length.values())) >= 20_000
    assert held > 20, "the comparison should meet values that hold"


# -- samples -------------------------------------------------------------------------------------------------------------------

SAMPLED = [pytest.param(entity, id=entity.name) for entity in ALL.entities if entity.sample]
#: what may take the place of a sample, by chance: eleven contract numbers in a hundred pass a check by eleven
RIVALS = {"CN_LOAN_CONTRACT": "CN_VIN"}
#: where one changed digit is always told, whatever stands beside it
CHECKED = ("CN_RESIDENT_ID", "CN_USCC", "CN_VIN", "CN_BANK_CARD")


@pytest.mark.parametrize("entity", SAMPLED)
def test_samples_are_found(entity: EntityType) -> None:
    rng = random.Random(SEED)
    # a word of letters and 汉字 names columns only; a word behind a digit is a piece of an identifier
    words = [w for w in entity.context if (w.isascii() or not any(c.isascii() for c in w)) and not w[0].isdigit()]
    for _ in range(400):
        sample = entity.sample(rng)  # type: ignore[misc]
        readings = [found(sample, rng.choice(entity.headers))] if entity.headers else []
        if words:
            readings += [found(f"{rng.choice(words)}：{sample}。"), found(f"x=1, {rng.choice(words)}: {sample}\n")]
        for reading in readings:
            assert reading in ([(entity.name, sample)], [(RIVALS.get(entity.name), sample)])


@pytest.mark.parametrize("name", CHECKED)
def test_one_changed_digit_is_not_found(name: str) -> None:
    rng = random.Random(SEED)
    entity = next(entity for entity in ALL.entities if entity.name == name)
    for _ in range(400):
        sample = entity.sample(rng)  # type: ignore[misc]
        if name == "CN_RESIDENT_ID" and len(sample) == 15:
            continue  # the legacy number has no check digit
        at = rng.choice([i for i, char in enumerate(sample) if char.isdigit()])
        changed = sample[:at] + str((int(sample[at]) + rng.randrange(1, 10)) % 10) + sample[at + 1 :]
        for text, header in ((changed, None), (changed, entity.headers[0]), (f"{entity.context[0]}：{changed}", None)):
            assert name not in [kind for kind, _ in found(text, header)], text


# -- folding -----------------------------------------------------------------------------------------------------------------------

_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HALF |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212), ord("-"))
_HALF |= {0x3000: 32, 0xA0: 32, 0xD7: ord("*"), 0x25CF: ord("*"), 0x201C: ord('"'), 0x201D: ord('"')}
_HALF |= {ord(a): ord(b) for a, b in zip("【「『〔〈《》〉】」』〕", "[[[[<<>>]]]]", strict=True)}
FULL = {0x30 + i: 0xFF10 + i for i in range(10)} | {0x41 + i: 0xFF21 + i for i in range(26)} | {32: 0x3000, 45: 0x2013}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.text(st.one_of(st.characters(exclude_categories=("Cs",)), st.sampled_from([chr(c) for c in _HALF]))),
        max_size=6,
    )
)
def test_folding_changes_single_characters_only(texts: list[str]) -> None:
    data = np.frombuffer("".join(texts).encode() + b"\0", np.uint8)[:-1]
    offsets = np.cumsum([0, *(len(text.encode()) for text in texts)])
    out, ends = np.empty(data.size + 1, np.uint8), np.empty(offsets.size, np.int64)
    k.fold(data, offsets, out, ends)
    folded = [bytes(out[a:b]).decode() for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    assert folded == [text.translate(_HALF) for text in texts]
    assert k.needs_fold(data) or folded == texts


_NOISE = st.text(st.sampled_from("客户，。é\u0301ö𠀀😀（）「」 ：\u200b\n中"), max_size=12)


@settings(max_examples=300, deadline=None)
@given(_NOISE, _NOISE, st.integers(0, 10**6), st.data())
def test_offsets_count_characters(before: str, behind: str, seed: int, data: Any) -> None:
    """Full-width, astral and combining characters around and inside a value move nothing."""
    rng = random.Random(seed)
    entity = data.draw(st.sampled_from([e for e in ALL.entities if e.name in (*CHECKED, "CN_MOBILE_PHONE")]))
    sample = entity.sample(rng)
    wide = "".join(char.translate(FULL) if rng.random() < 0.5 else char for char in sample)
    assert (entity.name, wide) in found(f"{before}{wide}{behind}")


# -- batches ---------------------------------------------------------------------------------------------------------------------------

_PARTS = (
    "13812345678", "1381234", "5678", "110101199003078515", "11010119900307", "6222020200000000006", "6222 0202 0000 0000 006",
    "+86", "(010)", "010-62345678", "京A12345", "京A·", "a@b.com", "x@y", "手机", "手机：", "身份证号", "卡号", "微信号", "password=", "Passw0rd!9",
    "密码", "Bearer ", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln", "data:image/png;base64,", "A" * 70, "-----BEGIN PRIVATE KEY-----",
    "http://u:secret9@h/p", "1.2.3.4", "::1", "11:22:33:44:55:66", "aa-bb-cc-dd-ee-ff", "2024-01-02", "12/25", "116.3974,39.9093", "wxid_a1b2c3d4e5f6",
    "138****5678", "张**", "*", "@", ":", "/", ".", "-", " ", "_", "\\n", '"', "是", "第", "军字第", "号", "ext", "转", "x", "0", "1", "a", "\n", "１", "＊", "𠀀",
)  # fmt: skip
_VALUE = st.lists(st.sampled_from(_PARTS), max_size=12).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), _VALUE), max_size=12), st.sampled_from(HEADERS), st.data())
def test_any_cut_of_a_batch_gives_the_same(values: list[str | None], header: str | None, data: Any) -> None:
    array = pa.array(values, pa.string())
    whole = ALL.detect(array, header)
    cut = data.draw(st.integers(0, len(values)))
    first, second = ALL.detect(array.slice(0, cut), header), ALL.detect(array.slice(cut), header)
    assert rows(first) + rows(second, first=cut) == rows(whole)
    assert (first.masked + second.masked == whole.masked).all()
    assert (first.near_misses + second.near_misses == whole.near_misses).all()
    assert rows(ALL.detect(array.cast(pa.large_string()), header)) == rows(whole)
    for value, start, end, *_ in rows(whole):
        assert 0 <= start < end <= len(values[value] or "")


@settings(max_examples=300, deadline=None)
@given(_VALUE, st.sampled_from(HEADERS))
def test_spans_do_not_overlap(text: str, header: str | None) -> None:
    spans = rows(ALL.detect(pa.array([text]), header))
    assert all(a[2] <= b[1] for a, b in itertools.pairwise(spans))


# -- anything -----------------------------------------------------------------------------------------------------------------------------

_ALPHABETS = (
    "0123456789",
    "0123456789 -",
    "1*",
    "@.a",
    ":0f",
    "\"'\\:,{}",
    "手机号：1",
    "京A1·- ",
    "xX1*",
    "eyJ.a1_-",
    "password=:1 ",
    "\n\t\0 ",
)


def raw(values: list[bytes]) -> pa.Array:
    """Return bytes as a string array without a look at them."""
    offsets = np.cumsum([0, *map(len, values)]).astype(np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(values))]
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8), st.sampled_from(HEADERS))
def test_any_bytes_are_read(values: list[bytes], header: str | None) -> None:
    spans = ALL.detect(raw(values), header)
    assert all(spans.text(i) for i in range(len(spans)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_ALPHABETS), st.integers(1, 5000), st.integers(0, 2**32), st.sampled_from(HEADERS))
@example("@", 5000, 0, None)
@example("\"'\\:,{}", 5000, 0, "password")
def test_hostile_alphabets_are_read(alphabet: str, size: int, seed: int, header: str | None) -> None:
    text = "".join(random.Random(seed).choices(alphabet, k=size))
    spans = rows(ALL.detect(pa.array([text]), header))
    assert all(a[2] <= b[1] for a, b in itertools.pairwise(spans))


# -- time ----------------------------------------------------------------------------------------------------------------------------------------

_REPEATED = (
    "1 ", "*", "@", ":", "a_", "手机", "1", "a", "1-", "1.", "a@", "@a", "a@b.c", "a@b.com ", "手机1", "手机：", "password=", "token: ",
    "密码", "1*", "* ", "1 *", "::", "a:", "f:", "1:2:", "://", "http://", "http://a ", "user:a@", "\\n", '"', "13812345678 ", "6222 ",
    "2024-01-01 ", "cvv 1", "xxxx1", "010-", "010-1", "+86 ", "京A", "军字第1", "data:image/", "data:image/:", "-----BEGIN PRIVATE KEY-----",
    "PRIVATE KEY-----", "eyJaaaaaaaa1.", "eyJaaaaaaaa1_", "AKIA", "wxid_", "1.1.1.1.", "12.1234,", "手机*", "*@", "x@*", "a-b", "𠀀", "１",
    "face=", "身份证 1", "qq is ", "手机是", "经纬度 1.123 ", "有效期 12/", "aa-", "faceBase64:", "a@b.com password=x1y2z3 ", "Bearer ", "=", "/",
)  # fmt: skip


@pytest.mark.parametrize("header", [None, "password"])
def test_time_grows_with_length_only(header: str | None) -> None:
    """200 kB of anything repeated take a fraction of a second: nothing walks back over what was read."""
    ALL.detect(pa.array(["手机 13812345678"]), header)
    slow = []
    for unit in _REPEATED:
        text = (unit * (200_000 // len(unit.encode()) + 1)).encode()[:200_000].decode("utf-8", "ignore")
        began = time.perf_counter()
        ALL.detect(pa.array([text]), header)
        if (seconds := time.perf_counter() - began) > 1:
            slow.append((unit, seconds))
    assert not slow


# -- overlaps -----------------------------------------------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 4), st.integers(0, 5)), max_size=25))
def test_overlaps_are_settled_greedily(spans: list[tuple[int, int, int, int]]) -> None:
    """The best of all stays, then the best of what does not overlap it, and so on."""
    compiled = ALL.tables
    candidates = sorted({(start, start + size, entity, evidence) for start, size, entity, evidence in spans})
    work = k.Work(np.zeros((4, 64, 5), np.int32), np.zeros(64, np.uint64), np.zeros((2, 64), np.uint8))
    shuffled = random.Random(SEED).sample(candidates, len(candidates))
    for i, candidate in enumerate(shuffled):
        work.n[k.CAND, i, :4] = candidate
    k._settle(work, len(candidates), compiled)
    kept = sorted(tuple(work.n[k.CAND, i, :4].tolist()) for i in range(len(candidates)) if work.b[k.KEEP, i] == 1)
    rank = compiled.n[compiled.n[k.SCORE_RANK] :]
    expected: list[tuple[int, ...]] = []
    for one in sorted(candidates, key=lambda c: (-rank[c[3]], c[0] - c[1], c[2], c[0], c)):
        if all(one[1] <= other[0] or other[1] <= one[0] for other in expected):
            expected.append(one)
    places = [(start, end, entity, rank[evidence]) for start, end, entity, evidence in kept]
    assert places == sorted((start, end, entity, rank[evidence]) for start, end, entity, evidence in expected)
