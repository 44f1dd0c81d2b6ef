"""Operators that mask, take out, coarsen, move and invent; and what holds for all of them."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit import catalog
from pii_audit.anonymize import mask_kernel
from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use
from pii_audit.anonymize.keys import Key
from pii_audit.anonymize.operators.generalize import Generalize
from pii_audit.anonymize.operators.keep import Keep
from pii_audit.anonymize.operators.mask import Mask
from pii_audit.anonymize.operators.noise import Noise
from pii_audit.anonymize.operators.redact import Redact
from pii_audit.anonymize.operators.replace import Replace
from pii_audit.anonymize.operators.shift_date import LONGEST, ShiftDate
from pii_audit.anonymize.operators.shuffle import Shuffle
from pii_audit.anonymize.operators.synthetic import Synthetic
from pii_audit.anonymize.plan import load_plan
from pii_audit.anonymize.registry import operators
from pii_audit.documents.fields import PolicyError
from pii_audit.entities import installed
from pii_audit.entities.masking import STAR, mask_value
from pii_audit.model.entity import EntityType
from pii_audit.model.entity import Mask as Form
from pii_audit.recognizers.batch import Detector

KEY = Key.of(bytes(range(32)))
TYPES = [entity for entity in installed() if entity.sample is not None]
VALUE_WISE: tuple[Operator, ...] = (
    Keep(), Redact(), Redact("[removed]"), Replace(), Replace("个人信息"), Mask(), Mask(head=1, tail=1),
    *(Generalize(to=unit) for unit in ("month", "quarter", "year", "decade")),
    Generalize(bands=(Decimal(18), Decimal(60))), Generalize(width=Decimal("0.5")), Generalize(division="2"), Generalize(division="4"), Generalize(division="6"),
)  # fmt: skip
PER_ROW: tuple[Operator, ...] = (
    ShiftDate(), Shuffle(), Noise(share=Decimal("0.1")), Noise(scale=Decimal(100), law="normal"), Synthetic(),
)  # fmt: skip
MEGABYTE = "1" * (1 << 20)
#: what columns hold beside the values they are named after
HOSTILE: list[str | None] = [
    None, "", " ", "\t\n", "\u3000", "１３８１２３４５６７８", "138-1234-5678", "+86 138 1234 5678", "138****5678", "***", "＊＊＊", "👩‍👩‍👧", "x", "张", "*", "e\u0301\u0301",
    "\x00", "\u202e13812345678", "=1+1", "-", "- -", "+", ".", "NaN", "inf", "1e999", "0", "-0", "00", "١٢٣", "½", "2026-02-30", "0000-00-00", "99999999", MEGABYTE, "张" * 1000,
    "2026-03-01\n", "a@b@c", "@", "://", "𠮷野家", "\ufeff1", "null", "1" * 19, "-" + "9" * 15, "9" * 15 + ".999999999999999999",
]  # fmt: skip


def use(kind: str | None = None, people: Sequence[int | None] | None = None, key: Key = KEY, draw: int = 0, domain: str = "") -> Use:
    return Use(kind, domain or kind or "", key, None if people is None else pa.array(people, pa.uint64()), draw=draw)


def outcome(operator: Operator, values: Sequence[str | None], about: Use) -> Outcome:
    """Return what values become; that nothing is lost but what is refused is checked on the way."""
    found = operator.apply(pa.array(values, pa.string()), about)
    found.values.validate(full=True)
    assert found.values.type == pa.string() and len(found.values) == len(values)
    refused = [False] * len(values) if found.refused is None else found.refused.to_pylist()
    assert len(refused) == len(values)
    for value, made, no in zip(values, found.values.to_pylist(), refused, strict=True):
        assert no is (value is not None and made is None)
    return found


def applied(operator: Operator, values: Sequence[str | None], about: Use | None = None) -> list[str | None]:
    made: list[str | None] = outcome(operator, values, about or use()).values.to_pylist()
    return made


# -- what holds for all ------------------------------------------------------------------------------------------------------

ANY = st.lists(
    st.one_of(
        st.none(),
        st.text(max_size=20),
        st.text("0123456789-/年月日*.,: ¥", max_size=20),
        st.text("０１２３＊・，。*•张伟x1- ", max_size=12),
        st.dates().map(str),
        st.decimals(-(10**9), 10**9, places=2).map(str),
        st.sampled_from([sample for entity in TYPES for sample in (entity.sample(random.Random(1)),) if entity.sample]),
    ),
    max_size=12,
)
KINDS = st.sampled_from([None, "UNHEARD_OF", *(entity.name for entity in TYPES)])


@pytest.mark.parametrize("operator", VALUE_WISE, ids=repr)
@settings(max_examples=60)
@given(values=ANY, kind=KINDS)
def test_an_array_is_its_elements_and_null_stays_null(operator: Operator, values: list[str | None], kind: str | None) -> None:
    made = applied(operator, values, use(kind))
    for value, result in zip(values, made, strict=True):
        assert value is not None or result is None
        assert applied(operator, [value], use(kind)) == [result]
    sliced = operator.apply(pa.array(["x", *values, "y"], pa.string())[1:-1], use(kind))
    assert sliced.values.to_pylist() == made


@pytest.mark.parametrize("operator", PER_ROW, ids=repr)
@settings(max_examples=60)
@given(values=ANY, kind=KINDS, data=st.data())
def test_rows_are_as_many_and_the_same_again(operator: Operator, values: list[str | None], kind: str | None, data: st.DataObject) -> None:
    people = data.draw(st.lists(st.none() | st.integers(0, 3), min_size=len(values), max_size=len(values)))
    made = applied(operator, values, use(kind, people))
    assert all((value is not None or result is None) for value, result in zip(values, made, strict=True))
    assert applied(operator, values, use(kind, people)) == made
    sliced = operator.apply(pa.array(["x", *values, "y"], pa.string())[1:-1], use(kind, people))
    assert sliced.values.to_pylist() == made


@pytest.mark.parametrize("kind", [None, "PERSON", "CN_MOBILE_PHONE", "DATE_OF_BIRTH", "CN_ADDRESS", "GEO_COORDINATE"])
@pytest.mark.parametrize("operator", [*VALUE_WISE, *PER_ROW], ids=repr)
def test_hostile_values(operator: Operator, kind: str | None) -> None:
    made = applied(operator, HOSTILE, use(kind, range(len(HOSTILE))))
    if not operator.per_row:
        assert [applied(operator, [value], use(kind))[0] for value in HOSTILE] == made
    assert applied(operator, [], use(kind, [])) == []
    assert applied(operator, [None, None], use(kind, [None, None])) == [None, None]


LARGE = ["a@" + "a." * (1 << 19), "a@" + "-" * (1 << 20), " " * (1 << 20) + "x", "1 " * (1 << 19), "1." * (1 << 19), "." * (1 << 20), "年" * (1 << 19), "1," * (1 << 19), "市" * (1 << 19)]


@pytest.mark.timeout(120)
def test_large_values_take_no_longer_than_their_length() -> None:
    for name in {entity.mask.kind: entity.name for entity in TYPES}.values():
        applied(Mask(), LARGE, use(name))
    for operator in [*VALUE_WISE, *PER_ROW]:
        applied(operator, LARGE, use("CN_ADDRESS" if operator == Generalize(division="6") else None, range(len(LARGE))))


@pytest.mark.parametrize("operator", [*VALUE_WISE, *PER_ROW], ids=repr)
def test_what_operators_say_of_themselves(operator: Operator) -> None:
    assert operators()[operator.name] is type(operator)
    assert operator.title and any("\u4e00" <= char <= "\u9fff" for char in operator.title_zh)
    assert not operator.reversible and operator.needs_key is operator.per_row
    with pytest.raises(OperatorError, match="cannot be reversed"):
        operator.restore(pa.array(["x"]), use())
    if operator.needs_key:
        with pytest.raises(OperatorError, match="needs a key"):
            operator.apply(pa.array(["2026-03-01"]), Use("DATE_TIME", people=pa.array([1], pa.uint64())))


def test_only_what_says_nothing_of_a_value_counts_as_anonymised() -> None:
    degrees = {name: operator.degree for name, operator in operators().items()}
    assert {name for name, degree in degrees.items() if degree is Degree.ANONYMISED} == {"redact", "replace", "synthetic"}
    assert {name for name, degree in degrees.items() if degree is Degree.CLEAR} == {"keep"}


@pytest.mark.parametrize("operator", [Keep(), Redact(), Replace(), Mask(), Generalize(to="year")], ids=repr)
def test_the_example_of_the_docstring_is_true(operator: Operator) -> None:
    found = re.search(r"Example: (\S+) → (\S+)", operator.__doc__ or "")
    assert found is not None
    expected = "" if found[2] == "(empty)" else found[2]
    assert applied(operator, [found[1]], use("CN_MOBILE_PHONE")) == [expected]


@pytest.mark.parametrize("name", sorted(operators()))
def test_every_operator_is_described(name: str) -> None:
    operator = operators()[name]
    english, chinese = catalog.explain(name, "en"), catalog.explain(name, "zh")
    assert english.startswith(f"Operator {name} · {operator.title}\n") and chinese.startswith(f"处理方式 {name} · {operator.title_zh}\n")
    assert "Example: " in english and "{" not in english
    for parameter, item in operator.parameters().items():
        assert f"\n  {parameter}: {item.metadata['doc']} (" in english
        assert f"\n  {parameter}: {item.metadata['doc_zh']} (" in chinese
    (row,) = (row for row in catalog.rows("operators") if row["name"] == name)
    assert row["degree"] == operator.degree.value and row["parameters"] == list(operator.parameters())


# -- redact, replace, keep -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "kind", "values", "made", "why"),
    [
        (Redact(), "PERSON", ["张三", "", "  ", None], ["", "", "", None], "nothing is left, of blanks neither"),
        (Redact("[removed]"), "PERSON", ["张三", "", "  ", None], ["[removed]", "", "", None], "what was missing is not marked"),
        (Replace(), "PERSON", ["张三", "", "  ", None], ["<PERSON>", "", "  ", None], "as Presidio's placeholder"),
        (Replace(), None, ["张三"], ["<REDACTED>"], "a column of no type"),
        (Replace("某人"), "PERSON", ["张三"], ["某人"], "own text"),
        (Replace(""), "PERSON", ["张三"], [""], "nothing is a text too"),
        (Keep(), "PERSON", ["张三", "", None], ["张三", "", None], "as it is"),
    ],
)
def test_taken_out(operator: Operator, kind: str | None, values: list[str | None], made: list[str | None], why: str) -> None:
    assert applied(operator, values, use(kind)) == made, why


@given(ANY)
def test_all_values_become_one_text(values: list[str | None]) -> None:
    for operator in (Redact(), Redact("x"), Replace("x")):
        assert {made for made in applied(operator, values, use("PERSON")) if made and made.strip()} <= {"x"}


# -- mask ----------------------------------------------------------------------------------------------------------------------

MASKED = [
    ("CN_MOBILE_PHONE", "13812341234", "138****1234", "customary"),
    ("CN_MOBILE_PHONE", "138****1234", "138****1234", "masked already"),
    ("CN_MOBILE_PHONE", "138••••1234", "138****1234", "masked with other signs"),
    ("CN_MOBILE_PHONE", "138＊＊＊＊1234", "138****1234", "masked with full-width stars"),
    ("CN_MOBILE_PHONE", "138 1234 1234", "138 **** 1234", "separators stay"),
    ("CN_MOBILE_PHONE", "１３８１２３４１２３４", "１３８****１２３４", "full width"),
    ("CN_MOBILE_PHONE", "1381234", "*******", "too short"),
    ("CN_MOBILE_PHONE", "", "", "nothing to hide"),
    ("CN_RESIDENT_ID", "11010119900307123X", "110101********123X", "customary"),
    ("CN_BANK_CARD", "6222 0212 3456 1234", "6222 02** **** 1234", "issuer and last four"),
    ("PERSON", "张三丰", "张**", "surname"),
    ("PERSON", "张**", "张**", "masked already"),
    ("PERSON", "张👍", "张*", "an emoji is no separator"),
    ("PERSON", "欧阳娜娜", "欧阳**", "surname of two characters"),
    ("CN_ADDRESS", "广东省深圳市南山区科技路1号", "广东省深圳市***", "province and city"),
    ("CN_ADDRESS", "广东省深圳市***", "广东省深圳市***", "masked already"),
    ("EMAIL_ADDRESS", "zhangsan@example.com", "z***@example.com", "first letter and domain"),
    ("EMAIL_ADDRESS", "***@example.com", "***@example.com", "masked already"),
    ("EMAIL_ADDRESS", "z@example.com", "***@example.com", "one letter is the whole name"),
    ("EMAIL_ADDRESS", "a@example.com,13812345678", "*@*******.***,***********", "what follows a domain is none"),
    ("EMAIL_ADDRESS", "a@13812345678", "*@***********", "a number is no domain"),
    ("GEO_COORDINATE", "39.90****,116.39****", "39.90****,116.39****", "masked already"),
    ("GEO_COORDINATE", "39.908722 13812345678", "**.****** ***********", "a number that is no coordinate"),
    ("IP_ADDRESS", "203.0.***.*", "203.0.***.*", "masked already"),
    ("IP_ADDRESS", "13812345678.1.1.1", "***********.1.*.*", "a number that is no octet"),
    ("CREDENTIAL", "hunter2", "***", "nothing, not even the length"),
    (None, "13812341234", "***********", "a column of no type"),
    (None, "a-1 张", "*-* *", "separators stay"),
    (None, "x", "*", "one character"),
]


@pytest.mark.parametrize(("kind", "value", "made", "why"), MASKED)
def test_masks(kind: str | None, value: str, made: str, why: str) -> None:
    assert applied(Mask(), [value], use(kind)) == [made], why


@pytest.mark.parametrize("entity", TYPES, ids=lambda entity: entity.name)
def test_masks_are_those_of_the_definitions(entity: EntityType) -> None:
    assert entity.sample is not None
    rng = random.Random(3)
    values = [entity.sample(rng) for _ in range(100)]
    made = applied(Mask(), values, use(entity.name))
    assert made == [mask_value(entity.mask, value) for value in values]
    assert all(STAR in (text or "") and value not in (text or "") for value, text in zip(values, made, strict=True))


@pytest.mark.parametrize("kind", [None, *(entity.name for entity in TYPES)])
@given(values=ANY)
@settings(max_examples=40)
def test_masked_twice_is_masked_once(kind: str | None, values: list[str | None]) -> None:
    once = applied(Mask(), values, use(kind))
    assert applied(Mask(), once, use(kind)) == once


@settings(max_examples=300)
@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("*＊•●×■█·・，。-1a１张é")), max_size=30), st.integers(0, 8), st.integers(0, 8))
def test_the_compiled_mask_equals_the_plain_one(text: str, head: int, tail: int) -> None:
    (made,) = applied(Mask(head=head, tail=tail), [text])
    assert made == mask_value(Form(head=head, tail=tail), text)
    shown = [char for char in made or "" if char.isalnum()]
    assert len(shown) <= head + tail


@pytest.mark.parametrize("kind", ["PERSON", "EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS"])
@settings(max_examples=300)
@given(data=st.data())
def test_columns_are_masked_as_single_values_are(kind: str, data: st.DataObject) -> None:
    entity = next(entity for entity in TYPES if entity.name == kind)
    assert entity.sample is not None
    value = data.draw(st.text(st.sampled_from("欧阳张伟·ab0f9.:-@*_ +１é"), min_size=1, max_size=20) | st.randoms().map(entity.sample))
    at = data.draw(st.integers(0, len(value)))
    value = value[:at] + data.draw(st.sampled_from(["", "@", ".", "*", " ", "欧阳", "\n", "13812345678"])) + value[at:]
    if value.strip():
        assert applied(Mask(), [value], use(kind)) == [mask_value(entity.mask, value)]


def test_classes_of_bytes_are_those_of_utf8() -> None:
    for code in (0, 0x30, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF):
        lead, *rest = chr(code).encode()
        assert mask_kernel._CLASS[lead] == (1 + len(rest) if rest else chr(code).isalnum())


def test_own_ends() -> None:
    assert applied(Mask(head=2), ["13812345678", "张三"], use("PERSON")) == ["13*********", "**"]
    assert applied(Mask(tail=1), ["合同2026001"], use()) == ["********1"]


# -- generalize: dates -----------------------------------------------------------------------------------------------------------

DATES = [
    ("2026-03-01", "2026-03", "2026-Q1", "2026", "2020s", "ISO 8601"),
    ("2026/3/1", "2026-03", "2026-Q1", "2026", "2020s", "slashes"),
    ("2026.12.31", "2026-12", "2026-Q4", "2026", "2020s", "last day"),
    ("20260401", "2026-04", "2026-Q2", "2026", "2020s", "compact; first day of a quarter"),
    ("2026年3月1日", "2026-03", "2026-Q1", "2026", "2020s", "Chinese"),
    ("2026年9月30号", "2026-09", "2026-Q3", "2026", "2020s", "as spoken; last day of a quarter"),
    ("２０２６－０３－０１", "2026-03", "2026-Q1", "2026", "2020s", "full width"),
    (" 2026-03-01 ", "2026-03", "2026-Q1", "2026", "2020s", "blanks"),
    ("2026-03-01 23:59:59.999", "2026-03", "2026-Q1", "2026", "2020s", "time of day is gone"),
    ("2026-03-01T08:00:00+08:00", "2026-03", "2026-Q1", "2026", "2020s", "zone"),
    ("20260301235959", "2026-03", "2026-Q1", "2026", "2020s", "compact with time"),
    ("2026年3月1日 9时5分", "2026-03", "2026-Q1", "2026", "2020s", "Chinese time"),
    ("1999-12-31", "1999-12", "1999-Q4", "1999", "1990s", "decade ends"),
    ("2000-01-01", "2000-01", "2000-Q1", "2000", "2000s", "decade begins"),
    ("2024-02-29", "2024-02", "2024-Q1", "2024", "2020s", "leap day"),
    ("2023-02-29", None, None, None, None, "no such day"),
    ("1900-02-29", None, None, None, None, "1900 was no leap year"),
    ("2026-04-31", None, None, None, None, "no such day"),
    ("2026-13-01", None, None, None, None, "no such month"),
    ("2026-00-10", None, None, None, None, "no month"),
    ("2026-3/1", None, None, None, None, "two separators"),
    ("1/3/2026", None, None, None, None, "which is the month?"),
    ("26-03-01", None, None, None, None, "which century?"),
    ("1767225600", None, None, None, None, "seconds since 1970"),
    ("2026031", None, None, None, None, "a digit is missing"),
    ("三月一日", None, None, None, None, "words"),
    ("2026-03", "2026-03", "2026-Q1", "2026", "2020s", "a month"),
    ("2026年3月", "2026-03", "2026-Q1", "2026", "2020s", "a month"),
    ("2026-Q1", "2026-Q1", "2026-Q1", "2026", "2020s", "coarser already"),
    ("2026", "2026", "2026", "2026", "2020s", "coarser already"),
    ("2020s", "2020s", "2020s", "2020s", "2020s", "coarser already"),
    ("", "", "", "", "", "blank"),
]


@pytest.mark.parametrize(("value", "month", "quarter", "year", "decade", "why"), DATES)
def test_dates_become_coarser(value: str, month: str | None, quarter: str | None, year: str | None, decade: str | None, why: str) -> None:
    found = [applied(Generalize(to=unit), [value])[0] for unit in ("month", "quarter", "year", "decade")]
    assert found == [month, quarter, year, decade], why


@given(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(2999, 12, 31)), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%dT%H:%M:%SZ"]))
def test_every_day_has_its_month_quarter_and_year(day: dt.datetime, form: str) -> None:
    value = day.strftime(form).replace(day.strftime("%Y"), f"{day.year:04}", 1)
    assert applied(Generalize(to="month"), [value]) == [f"{day.year}-{day.month:02}"]
    assert applied(Generalize(to="quarter"), [value]) == [f"{day.year}-Q{(day.month + 2) // 3}"]
    assert applied(Generalize(to="year"), [value]) == [str(day.year)]
    assert applied(Generalize(to="decade"), [value]) == [f"{day.year // 10}0s"]


@given(ANY)
def test_coarse_twice_is_coarse_once(values: list[str | None]) -> None:
    for operator in (*(Generalize(to=unit) for unit in ("month", "quarter", "year", "decade")), Generalize(division="4")):
        once = applied(operator, values)
        assert applied(operator, once) == once


# -- generalize: numbers ---------------------------------------------------------------------------------------------------------

AGES = Generalize(bands=(Decimal(18), Decimal(30), Decimal(45), Decimal(60)))
AMOUNTS = Generalize(width=Decimal(10000))
NUMBERS = [
    (AGES, "17", "<18", "below"),
    (AGES, "18", "18-29", "a boundary belongs to the band above"),
    (AGES, "29", "18-29", "last of the band"),
    (AGES, "29.999999999999999999999", "18-29", "rounded down, exactly"),
    (AGES, "30", "30-44", "boundary"),
    (AGES, "60", "60+", "boundary"),
    (AGES, "120", "60+", "above"),
    (AGES, "-1", "<18", "negative"),
    (AGES, "３５", "30-44", "full width"),
    (AGES, "35岁", "30-44", "with unit"),
    (AGES, "035", "30-44", "zero in front"),
    (AGES, "三十五", None, "words"),
    (AGES, "35 or 36", None, "two numbers"),
    (AGES, "18-29", None, "a band is no number"),
    (AMOUNTS, "0", "0-9999", "zero"),
    (AMOUNTS, "-0.00", "0-9999", "zero"),
    (AMOUNTS, "9999.99", "0-9999", "below a boundary"),
    (AMOUNTS, "10000", "10000-19999", "boundary"),
    (AMOUNTS, "10000.00", "10000-19999", "boundary with decimals"),
    (AMOUNTS, "19999.99", "10000-19999", "the cents belong to it"),
    (AMOUNTS, "12,345.60", "10000-19999", "commas"),
    (AMOUNTS, "1,23", None, "comma that divides no thousands"),
    (AMOUNTS, "￥12345", "10000-19999", "yuan sign"),
    (AMOUNTS, "12345元", "10000-19999", "yuan"),
    (AMOUNTS, "-0.01", "-10000 to -1", "just below zero"),
    (AMOUNTS, "-10000", "-10000 to -1", "boundary below zero"),
    (AMOUNTS, "-10000.01", "-20000 to -10001", "just below the boundary"),
    (AMOUNTS, "−5", "-10000 to -1", "minus sign of mathematics"),
    (AMOUNTS, "1.5e+04", "10000-19999", "as floats are written"),
    (AMOUNTS, "999999999999999", "999999999990000-999999999999999", "15 digits"),
    (AMOUNTS, "1000000000000000", None, "16 digits"),
    (AMOUNTS, "NaN", None, "no number"),
    (AMOUNTS, "(100)", None, "bookkeeper's minus is not read"),
    (Generalize(width=Decimal("0.5")), "0.49", "0.0-0.4", "bands of decimals"),
    (Generalize(width=Decimal("0.5")), "0.5", "0.5-0.9", "boundary"),
    (Generalize(width=Decimal("0.5")), "-0.1", "-0.5 to -0.1", "below zero"),
    (Generalize(width=Decimal(1)), "7.9", "7", "a band of one number"),
    (Generalize(bands=(Decimal("0.25"),)), "0.2499999999999999999", "<0.25", "not rounded up"),
    (Generalize(bands=(Decimal(-10), Decimal(10))), "-10", "-10 to 9", "a band around zero"),
]


@pytest.mark.parametrize(("operator", "value", "made", "why"), NUMBERS)
def test_numbers_become_bands(operator: Operator, value: str, made: str | None, why: str) -> None:
    assert applied(operator, [value]) == [made], why


@given(st.decimals(-(10**14), 10**14, places=4), st.decimals("0.001", 10**6, places=3), st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=5, unique=True).map(sorted))
def test_a_number_lies_in_its_band(number: Decimal, width: Decimal, edges: list[int]) -> None:
    (band,) = applied(Generalize(width=width), [format(number, "f")])
    low = (number / width).to_integral_value(ROUND_FLOOR) * width
    unit = Decimal(1).scaleb(-max(0, -int(width.normalize().as_tuple().exponent)))
    assert band is not None
    first, *last = (Decimal(part) for part in (band.split(" to ") if " to " in band else re.split(r"(?<=\d)-", band)))
    assert first == low and (last or [first]) == [low + width - unit]
    (band,) = applied(Generalize(bands=tuple(map(Decimal, edges))), [format(number, "f")])
    below = [edge for edge in edges if edge <= number]
    above = [edge for edge in edges if edge > number]
    assert band is not None
    if not below:
        assert band == f"<{edges[0]}"
    elif not above:
        assert band == f"{edges[-1]}+"
    else:
        assert re.match(rf"{below[-1]}(?:$| to |-)", band) and (band == str(below[-1]) or band.endswith(str(above[0] - 1)))


# -- generalize: places and hierarchies --------------------------------------------------------------------------------------------

PLACES = [
    ("CN_RESIDENT_ID", "11010119900307123X", "11****************", "1101**************", "110101************", "resident number"),
    ("CN_RESIDENT_ID", "１１０１０１１９９００３０７１２３Ｘ", "11****************", "1101**************", "110101************", "full width"),
    (None, "440305", "44****", "4403**", "440305", "a code"),
    (None, "4403", "44**", "4403", None, "too short for a district"),
    (None, "44****", "44****", None, None, "coarse already"),
    (None, "0101", None, None, None, "no province"),
    ("CN_ADDRESS", "广东省深圳市南山区科技路1号", "广东省", "广东省深圳市", "广东省深圳市南山区", "address"),
    ("CN_ADDRESS", "上海市浦东新区世纪大道100号", "上海市", "上海市", "上海市浦东新区", "province and city at once"),
    ("CN_ADDRESS", "内蒙古自治区锡林郭勒盟多伦县", "内蒙古自治区", "内蒙古自治区锡林郭勒盟", "内蒙古自治区锡林郭勒盟多伦县", "league"),
    ("CN_ADDRESS", "深圳市南山区科技路1号", None, "深圳市", "深圳市南山区", "no province is named"),
    ("CN_ADDRESS", "世纪大道100号", None, None, None, "a road only"),
    ("CN_ADDRESS", "13812345678", None, None, None, "no address"),
    (None, "广东省深圳市", "广东省", "广东省深圳市", None, "a column of no type"),
    ("PERSON", "张三", None, None, None, "neither code nor address"),
]


@pytest.mark.parametrize(("kind", "value", "province", "city", "district", "why"), PLACES)
def test_places_become_coarser(kind: str | None, value: str, province: str | None, city: str | None, district: str | None, why: str) -> None:
    found = [applied(Generalize(division=digits), [value], use(kind))[0] for digits in ("2", "4", "6")]
    assert found == [province, city, district], why


HIERARCHY = """\
程序员: [信息技术, 服务业]
护士: 卫生
卫生: 服务业
"1": 低
"""


def generalized(folder: Path, parameters: str, hierarchy: str = HIERARCHY) -> Operator:
    (folder / "jobs.yml").write_text(hierarchy, encoding="utf-8")
    plan = folder / "plan.yaml"
    plan.write_text(f"datasets: {{a: {{tables: ['*'], columns: {{job: {{operator: generalize, {parameters}}}}}}}}}\n", encoding="utf-8")
    operator = load_plan(plan).datasets["a"].columns["job"].operator
    assert operator is not None
    return operator


def test_a_hierarchy_is_climbed(tmp_path: Path) -> None:
    values = ["程序员", "护士", "卫生", " 护士 ", "１", "教师", "", None]
    assert applied(generalized(tmp_path, "hierarchy: jobs.yml"), values) == ["信息技术", "卫生", "服务业", "卫生", "低", None, "", None]
    assert applied(generalized(tmp_path, "hierarchy: jobs.yml, level: 2"), values) == ["服务业", "服务业", "服务业", "服务业", "低", None, "", None]


@pytest.mark.parametrize(
    ("parameters", "hierarchy", "reason"),
    [
        ("hierarchy: jobs.yaml", HIERARCHY, "cannot be read"),
        ("hierarchy: jobs.yml", "a: b\na: c\n", "jobs.yml:2: a: is given twice"),
        ("hierarchy: jobs.yml", "a: b\nb: a\n", "is broader than itself"),
        ("hierarchy: jobs.yml", "a: a\n", "is broader than itself"),
        ("hierarchy: jobs.yml", "- a\n", "must be a mapping"),
        ("hierarchy: jobs.yml, level: 0", HIERARCHY, "1 or more"),
        ("hierarchy: jobs.yml, to: year", HIERARCHY, "needs one of"),
        ("level: 2, to: year", HIERARCHY, "level is of a hierarchy"),
        ("bands: []", HIERARCHY, "needs one of"),
        ("bands: [18, 18]", HIERARCHY, "must ascend"),
        ("bands: [18, x]", HIERARCHY, "a number such as"),
        ("bands: [0.0001]", HIERARCHY, "at most 3 decimals"),
        ("width: 0", HIERARCHY, "above 0"),
        ("width: -5", HIERARCHY, "above 0"),
        ("width: 1e4", HIERARCHY, "a number such as"),
        ("division: 3", HIERARCHY, "unknown number of digits 3"),
        ("to: fortnight", HIERARCHY, "unknown unit fortnight"),
        ("by: year", HIERARCHY, "unknown parameter"),
    ],
)
def test_mistakes_of_a_plan_are_named(tmp_path: Path, parameters: str, hierarchy: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(reason)):
        generalized(tmp_path, parameters, hierarchy)


def test_parameters_of_a_plan(tmp_path: Path) -> None:
    assert generalized(tmp_path, "bands: [18, 30.5]") == Generalize(bands=(Decimal(18), Decimal("30.5")))
    assert generalized(tmp_path, "width: 10_000") == Generalize(width=Decimal(10000))
    assert generalized(tmp_path, "division: 2") == Generalize(division="2")


# -- shift-date ------------------------------------------------------------------------------------------------------------------


def day_of(text: str | None) -> dt.date:
    return dt.date.fromisoformat(text or "")


def test_dates_of_a_person_move_alike_everywhere() -> None:
    dates = [str(dt.date(2020, 1, 1) + dt.timedelta(days=17 * i)) for i in range(200)]
    people = [i % 40 for i in range(200)]
    births = applied(ShiftDate(), dates, use("DATE_OF_BIRTH", people))
    paid = applied(ShiftDate(), [f"{date} 09:30" for date in dates], use("DATE_TIME", people, domain="payments", draw=9))
    moved = [day_of(new) - day_of(old) for old, new in zip(dates, births, strict=True)]
    assert [f"{date} 09:30" for date in births] == paid
    by_person = {person: {move for move, who in zip(moved, people, strict=True) if who == person} for person in people}
    assert all(len(moves) == 1 for moves in by_person.values())
    assert len({move for moves in by_person.values() for move in moves}) > 20
    assert applied(ShiftDate(), dates, use("DATE_OF_BIRTH", people, KEY.for_recipient("other"))) != births


@pytest.mark.parametrize("days", [1, 2, 180])
def test_shifts_are_never_nothing_and_never_more(days: int) -> None:
    count = 20_000
    made = applied(ShiftDate(days), ["2026-03-01"] * count, use(people=range(count)))
    moves = [(day_of(date) - dt.date(2026, 3, 1)).days for date in made]
    expected = {move for move in range(-days, days + 1) if move}
    assert set(moves) == expected
    counts = np.bincount(np.array(moves) + days)
    assert counts[counts > 0].max() < 3 * count / len(expected)


@pytest.mark.parametrize(
    ("value", "form", "why"),
    [
        ("2026-06-15", r"\d{4}-\d\d-\d\d", "ISO 8601"),
        ("2026-6-5", r"\d{4}-[1-9]\d?-[1-9]\d?", "no zeros in front"),
        ("2026/06/05", r"\d{4}/\d\d/\d\d", "slashes"),
        ("20260615", r"\d{8}", "compact"),
        ("20260615235959", r"\d{8}235959", "compact with time"),
        ("2026年6月5日", r"\d{4}年[1-9]\d?月[1-9]\d?日", "Chinese"),
        ("2026年06月05日", r"\d{4}年\d\d月\d\d日", "Chinese with zeros"),
        ("2026-06-15 23:59:59.5", r"\d{4}-\d\d-\d\d 23:59:59\.5", "time of day"),
        ("2026-06-15T08:00:00+08:00", r"\d{4}-\d\d-\d\dT08:00:00\+08:00", "zone"),
        ("２０２６－０６－１５", r"[０-９]{4}－[０-９]{2}－[０-９]{2}", "full width"),
    ],
)
def test_the_form_of_a_date_stays(value: str, form: str, why: str) -> None:
    for person in range(30):
        (made,) = applied(ShiftDate(), [value], use(people=[person]))
        assert re.fullmatch(form, made or ""), why
        assert made != value


@given(st.dates(dt.date(1001, 1, 1), dt.date(2998, 12, 31)), st.integers(0, 2**64 - 1))
def test_what_is_moved_is_a_date(day: dt.date, person: int) -> None:
    (made,) = applied(ShiftDate(LONGEST), [str(day)], use(people=[person]))
    assert made is None or 1 <= abs((day_of(made) - day).days) <= LONGEST


def test_dates_of_nobody_are_refused() -> None:
    assert applied(ShiftDate(), ["2026-03-01", "2026-03-01", "", None, "2026-03"], use(people=[None, 1, None, 1, 1]))[::2] == [None, "", None]
    assert applied(ShiftDate(), ["2026-03-01", ""], use()) == [None, ""]


@pytest.mark.parametrize("days", [0, LONGEST + 1])
def test_days_have_bounds(days: int) -> None:
    with pytest.raises(OperatorError, match="days must be"):
        ShiftDate(days)


# -- shuffle ---------------------------------------------------------------------------------------------------------------------


@given(ANY, st.integers(0, 5))
def test_shuffled_values_are_the_same_values(values: list[str | None], draw: int) -> None:
    found = outcome(Shuffle(), values, use(draw=draw))
    made = found.values.to_pylist()
    if len(values) - values.count(None) == 1:
        assert found.refused is not None and set(made) == {None}
        return
    assert sorted(filter(None, made)) == sorted(filter(None, values))
    assert [value is None for value in made] == [value is None for value in values]


def test_shuffling_depends_on_key_draw_and_column() -> None:
    values = [str(number) for number in range(1000)]
    other = [f"x{number}" for number in range(1000)]
    orders = [applied(Shuffle(), values, use()), applied(Shuffle(), values, use(draw=1)), applied(Shuffle(), values, use(key=Key.of(bytes(32))))]
    orders.append([(text or "")[1:] for text in applied(Shuffle(), other, use())])
    assert len({tuple(order) for order in orders}) == 4
    for order in orders:
        assert sum(a == b for a, b in zip(order, values, strict=True)) < 12


# -- noise -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("law", "spread"), [("laplace", 2**0.5), ("normal", 1.0)])
def test_noise_has_the_spread_that_is_asked_for(law: str, spread: float) -> None:
    count = 40_000
    added = np.array([float(text or 0) - 5000 for text in applied(Noise(scale=Decimal(100), law=law), ["5000.00"] * count, use())])
    assert abs(added.mean()) < 4 * spread * 100 / count**0.5
    assert abs(added.std() / (100 * spread) - 1) < 0.05
    if law == "laplace":
        assert abs(np.abs(added).mean() / 100 - 1) < 0.05
    shares = np.array([float(text or 0) / 5000 - 1 for text in applied(Noise(share=Decimal("0.1"), law=law), ["5000.00"] * count, use())])
    assert abs(shares.std() / (0.1 * spread) - 1) < 0.05


@pytest.mark.parametrize(
    ("value", "form", "why"),
    [
        ("12000", r"-?\d+", "whole numbers stay whole"),
        ("12000.00", r"-?\d+\.\d\d", "two decimals"),
        ("0.00001", r"-?\d+\.\d{5}", "five decimals"),
        ("1,234,567.5", r"-?\d{1,3}(,\d{3})*\.\d", "commas"),
        ("¥3000", r"¥-?\d+", "sign of the currency"),
        ("3000元", r"-?\d+元", "currency"),
        ("１２０００", r"-?\d+", "full width becomes plain"),
        ("-5.0", r"-?\d+\.\d", "negative"),
    ],
)
def test_the_form_of_a_number_stays(value: str, form: str, why: str) -> None:
    for draw in range(20):
        for operator in (Noise(scale=Decimal(50)), Noise(share=Decimal("0.2"), law="normal")):
            (made,) = applied(operator, [value], use(draw=draw))
            assert re.fullmatch(form, made or ""), why


def test_noise_is_exact_beyond_the_noise() -> None:
    (made,) = applied(Noise(scale=Decimal("0.001")), ["999999999999999"], use())
    assert made == "999999999999999"
    assert applied(Noise(share=Decimal(1)), ["0", "0.00", "-0"], use()) == ["0", "0.00", "0"]
    assert applied(Noise(share=Decimal(1)), ["abc", "1" * 16, "123456789012345.12345", "", None], use()) == [None, None, None, "", None]
    assert applied(Noise(scale=Decimal("9" * 18)), ["1.000000"], use()) == [None]


def test_noise_differs_by_draw_and_column() -> None:
    values = ["5000.00"] * 50
    found = {tuple(applied(Noise(scale=Decimal(9)), values, about)) for about in (use(), use(draw=1), use(key=Key.of(bytes(32))), use(domain="x"))}
    found.add(tuple(applied(Noise(scale=Decimal(9)), ["5000.00"] * 49 + ["5001.00"], use())))
    assert len({made[:40] for made in found}) == 5


@pytest.mark.parametrize("parameters", [{}, {"share": Decimal("0.1"), "scale": Decimal(1)}, {"share": Decimal(2)}, {"scale": Decimal(0)}, {"scale": Decimal(-1)}, {"scale": Decimal(1), "law": "cauchy"}])
def test_noise_refuses_other_parameters(parameters: dict[str, object]) -> None:
    with pytest.raises(OperatorError, match="noise: "):
        Noise(**parameters)  # type: ignore[arg-type]


# -- synthetic -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["CN_RESIDENT_ID", "CN_MOBILE_PHONE", "CN_BANK_CARD", "EMAIL_ADDRESS", "CN_USCC"])
def test_invented_values_are_of_their_type(kind: str) -> None:
    entity = next(entity for entity in TYPES if entity.name == kind)
    assert entity.sample is not None
    values = [entity.sample(random.Random(9))] * 50
    made = applied(Synthetic(), values, use(kind))
    assert len(set(made)) > 45 and not set(made) & set(values)
    spans = Detector((entity,)).detect(pa.array(made), entity.headers[0])
    assert set(spans.value.tolist()) == set(range(50))


def test_invented_values_differ_by_draw_and_column() -> None:
    made = [applied(Synthetic(), ["13800138000", other], about)[0] for other, about in (("1", use("CN_MOBILE_PHONE")), ("1", use("CN_MOBILE_PHONE", draw=1)), ("2", use("CN_MOBILE_PHONE")))]
    assert len(set(made)) == 3
    assert applied(Synthetic(), ["x", "", None], use("UNHEARD_OF")) == [None, "", None]
    assert applied(Synthetic(), ["x", "", None], use()) == [None, "", None]
