"""What a column is, and how sure that is: small columns of files of real formats, scanned, and what must be said."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import lender
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pii_audit import audit
from pii_audit.engines.fold import Folded, Folder, FoldOptions
from pii_audit.entities import entity_type, select
from pii_audit.model.finding import Confidence, Finding, MaskedCount
from pii_audit.model.profile import ColumnProfile
from pii_audit.model.result import AuditResult
from pii_audit.model.score import Evidence
from pii_audit.recognizers.batch import Detector, Hit
from pii_audit.recognizers.cells import WHOLE_CELL
from pii_audit.recognizers.columns import classify
from pii_audit.settings import ScanSettings
from pii_audit.sources.interface import Batch, Column
from pii_audit.validators import Luhn

RNG = random.Random(20240229)
#: what numbers of other kinds are drawn with: some of them are values by chance, the same ones every time
CHANCE = random.Random(1)
#: a header that says nothing
SILENT = "x"


def samples(name: str, count: int = 1, rng: random.Random = RNG) -> list[str]:
    """Return so many different values of a type."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[lender.sample(entity_type(name), rng)] = None
    return list(found)


def digits(count: int) -> str:
    return "".join(CHANCE.choices("0123456789", k=count))


def many(make: Callable[[], str], count: int = 1000) -> list[str]:
    return [make() for _ in range(count)]


def card_like(passing: bool | None = None) -> str:
    """Return a number with an issuer's prefix and length, which passes Luhn, does not, or is left to chance."""
    number = f"622202{digits(13)}"
    if passing is None:
        return number
    good = Luhn().complete(number[:-1])
    return good if passing else good[:-1] + str((int(good[-1]) + CHANCE.randint(1, 9)) % 10)


def order_id() -> str:
    """Return an 18-digit order id: date, time, serial number."""
    return f"2024{CHANCE.randint(1, 12):02}{CHANCE.randint(1, 28):02}{CHANCE.randint(0, 23):02}{CHANCE.randint(0, 59):02}{digits(6)}"


def snowflake() -> str:
    milliseconds = 1_700_000_000_000 + CHANCE.randrange(10**10) - 1_288_834_974_657
    return str(milliseconds << 22 | CHANCE.randrange(1 << 22))


# -- columns and what is said of them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """``verdicts``: entity type, pattern, evidence, confidence; all findings there are. ``masked``: types counted."""

    title: str
    header: str
    values: Sequence[str]
    verdicts: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()


PHONES, LANDLINES = samples("CN_MOBILE_PHONE", 200), samples("CN_LANDLINE_PHONE", 100)
CARDS, IDS, PASSPORTS = samples("CN_BANK_CARD", 100), samples("CN_RESIDENT_ID", 100), samples("CN_PASSPORT", 100)
PEOPLE = samples("PERSON", 100)
NOTES = ["已还款", "客户满意", "稍后再联系", "无人接听", "承诺周五处理"]
PRODUCTS = ["现金贷", "消费贷", "安心借", "钱包", "金条", "高级会员"]
CITIES = ["北京", "上海", "广州", "黄山", "高平", "温江"]
STATES = ["已结清", "逾期", "正常", "关闭", "成功", "方案"]

CASES = [
    # a header and values that agree, and each alone
    Case("phones under their header", "手机号", PHONES, ("CN_MOBILE_PHONE column header certain",)),
    Case("phones without a header", SILENT, PHONES, ("CN_MOBILE_PHONE column pattern likely",)),
    Case("cards under their header", "银行卡号", CARDS, ("CN_BANK_CARD column checksum+context certain",)),
    Case("cards without a header", SILENT, CARDS, ("CN_BANK_CARD column checksum certain",)),
    Case("ids without a header", SILENT, IDS, ("CN_RESIDENT_ID column checksum certain",)),
    Case("passports under their header", "护照号", PASSPORTS, ("CN_PASSPORT column header certain",)),
    Case("passports without a header prove nothing", SILENT, PASSPORTS),
    *(
        Case(f"header alone: {header}", header, NOTES * 20)
        for header in ("手机号", "身份证号", "银行卡号", "护照号", "姓名", "家庭住址", "邮箱", "车牌号", "email", "name")
    ),
    # a header that contradicts the values: what is there is said, the header is not believed
    Case("ids called phones", "手机号", IDS, ("CN_RESIDENT_ID column checksum certain",)),
    Case("phones called ids", "身份证号", PHONES, ("CN_MOBILE_PHONE column pattern likely",)),
    Case("phones called names", "姓名", PHONES, ("CN_MOBILE_PHONE column pattern likely",)),
    Case("ids called orders", "order_no", IDS, ("CN_RESIDENT_ID column checksum certain",)),
    # mixed columns
    Case(
        "phones and landlines", "联系电话", PHONES[:100] + LANDLINES,
        ("CN_LANDLINE_PHONE column header certain", "CN_MOBILE_PHONE column header certain"),
    ),
    Case(
        "phones and landlines without a header", SILENT, PHONES[:100] + LANDLINES,
        ("CN_LANDLINE_PHONE column pattern likely", "CN_MOBILE_PHONE column pattern likely"),
    ),
    Case(
        "ids and passports", "证件号码", IDS + PASSPORTS,
        ("CN_PASSPORT column header certain", "CN_RESIDENT_ID column checksum+context certain"),
    ),
    Case("ids and passports without a header", SILENT, IDS + PASSPORTS, ("CN_RESIDENT_ID column checksum certain",)),
    Case("one phone in three", "手机号", PHONES[:30] + NOTES * 12, ("CN_MOBILE_PHONE embedded header likely",)),
    Case(
        "phones in sentences", "备注", [f"请回电{phone}，谢谢" for phone in PHONES],
        ("CN_MOBILE_PHONE embedded pattern likely",),
    ),
    Case(
        "labelled phones in sentences", "备注", [f"手机号：{phone}，请核实" for phone in PHONES],
        ("CN_MOBILE_PHONE embedded context likely",),
    ),
    # how sure: the ladder, step by step
    Case("one phone", SILENT, PHONES[:1], ("CN_MOBILE_PHONE column pattern possible",)),
    Case("two phones", SILENT, PHONES[:2], ("CN_MOBILE_PHONE column pattern likely",)),
    Case("one labelled phone", SILENT, [f"手机：{PHONES[0]}"], ("CN_MOBILE_PHONE embedded context likely",)),
    Case("two phones under a header", "手机号", PHONES[:2], ("CN_MOBILE_PHONE column header likely",)),
    Case("three phones under a header", "手机号", PHONES[:3], ("CN_MOBILE_PHONE column header certain",)),
    Case("one card", SILENT, CARDS[:1], ("CN_BANK_CARD column checksum likely",)),
    Case("two cards", SILENT, CARDS[:2], ("CN_BANK_CARD column checksum certain",)),
    Case("one card under its header", "卡号", CARDS[:1], ("CN_BANK_CARD column checksum+context certain",)),
    Case("one labelled card", SILENT, [f"卡号：{CARDS[0]}"], ("CN_BANK_CARD embedded checksum+context certain",)),
    # one guess, however often it is repeated
    Case("one phone again and again", SILENT, PHONES[:1] * 10_000, ("CN_MOBILE_PHONE column pattern possible",)),
    Case("one card again and again", SILENT, CARDS[:1] * 10_000, ("CN_BANK_CARD column checksum likely",)),
    Case("one phone under its header", "手机号", PHONES[:1] * 10_000, ("CN_MOBILE_PHONE column header likely",)),
    # few in much
    Case("one in 10,000", "备注", [*NOTES * 2000, f"电话{PHONES[0]}"], ("CN_MOBILE_PHONE rare context likely",)),
    Case("one unlabelled in 10,000", "备注", [f"打{PHONES[0]}", *NOTES * 2000], ("CN_MOBILE_PHONE rare pattern possible",)),
    Case("one in 101", "备注", [*NOTES * 20, f"打{PHONES[0]}"], ("CN_MOBILE_PHONE rare pattern possible",)),
    Case("one in a hundred", "备注", [*NOTES * 20, f"打{PHONES[0]}"][1:], ("CN_MOBILE_PHONE embedded pattern possible",)),
    Case("one in fifty", "备注", [*NOTES * 10, f"打{PHONES[0]}"], ("CN_MOBILE_PHONE embedded pattern possible",)),
    # numbers of other kinds
    Case("18-digit order ids", SILENT, many(order_id, 3000)),
    Case("18-digit order ids under a header", "订单号", many(order_id, 3000)),
    Case("any 18 digits", "serial", many(lambda: digits(18), 3000)),
    Case("snowflake ids", "id", many(snowflake, 3000)),
    Case("seconds", "ts", many(lambda: str(1_300_000_000 + CHANCE.randrange(10**8)), 3000)),
    Case("milliseconds", "ts", many(lambda: str(1_300_000_000_000 + CHANCE.randrange(10**11)), 3000)),
    Case("microseconds", "ts", many(lambda: str(1_300_000_000_000_000 + CHANCE.randrange(10**14)), 3000)),
    Case("trace ids", "trace_id", many(lambda: f"{CHANCE.getrandbits(128):032x}", 3000)),
    Case("span ids", "span_id", many(lambda: f"{CHANCE.getrandbits(64):016x}", 3000)),
    Case("uuids", "request_id", many(lambda: "-".join(digits(n) for n in (8, 4, 4, 4, 12)), 3000)),
    Case("amounts", "金额", many(lambda: f"{CHANCE.randrange(10**11)}.{digits(2)}", 3000)),
    Case("dates without a header", SILENT, many(lambda: f"19{CHANCE.randint(50, 99)}-0{CHANCE.randint(1, 9)}-1{digits(1)}")),
    # order numbers with the prefix of a card: one in ten passes Luhn
    Case("card-like order numbers", "order_no", many(card_like), ("CN_BANK_CARD embedded checksum possible",)),
    Case("card-like numbers, none passes", SILENT, many(lambda: card_like(passing=False))),
    Case("cards and as many that fail", SILENT, [*CARDS, *many(lambda: card_like(passing=False), 100)],
         ("CN_BANK_CARD column checksum certain",)),
    Case("under a header they are cards, made up or not", "银行卡号", many(card_like), ("CN_BANK_CARD embedded checksum+context certain",)),
    Case("notes with cards, and one order number", "备注", [card_like(passing=False), *(f"扣款{card}失败" for card in CARDS)],
         ("CN_BANK_CARD embedded checksum certain",)),
    # masked
    Case("masked phones", "手机号", [f"138****{digits(4)}" for _ in range(100)], masked=("CN_MOBILE_PHONE 100",)),
    Case("masked ids", "身份证号", [f"110101********{digits(4)}" for _ in range(100)], masked=("CN_RESIDENT_ID 100",)),
    Case("one left unmasked", "手机号", [*(f"138****{digits(4)}" for _ in range(150)), PHONES[0]],
         ("CN_MOBILE_PHONE rare header likely",), ("CN_MOBILE_PHONE 150",)),
    # nothing
    Case("empty", "手机号", [""] * 50),
    Case("blanks", "手机号", ["  ", " "] * 50),
    Case("words for nothing", "身份证号", ["无", "NULL", "N/A", "-", "\\N", "none", "0"] * 20),
    Case("phones among empty cells", "手机号", [part for phone in PHONES for part in (phone, "", "")],
         ("CN_MOBILE_PHONE column header certain",)),
    # names: only a header tells them, of a column of names
    Case("names", "姓名", PEOPLE, ("PERSON column header certain",)),
    Case("two names", "姓名", PEOPLE[:2] * 50, ("PERSON column header likely",)),
    Case("one name", "姓名", PEOPLE[:1] * 100),
    Case("names without a header", SILENT, PEOPLE),
    Case("names, half of them", "姓名", PEOPLE[:50] + NOTES * 10, ("PERSON column header certain",)),
    Case("names, a third of them", "姓名", PEOPLE[:50] + NOTES * 20),
    Case("addresses", "家庭住址", samples("CN_ADDRESS", 50), ("CN_ADDRESS column header certain",)),
    Case("one address", "家庭住址", samples("CN_ADDRESS") * 50),
    *(
        Case(f"{what} called {header}", header, values * 20)
        for what, values, headers in (
            ("products", PRODUCTS, ("name", "product_name", "产品名称", "姓名")),
            ("cities", CITIES, ("name", "city", "city_name", "城市名称")),
            ("states", STATES, ("name", "status", "status_name", "状态", "客户状态")),
        )
        for header in headers
    ),
]  # fmt: skip
FORMATS: dict[str, Callable[[lender.Table], bytes]] = {
    name: lender.FORMATS[f"t.{name}"] for name in ("csv", "parquet", "jsonl")
}


def scanned(*targets: Path, **options: Any) -> AuditResult:
    result = audit.scan(ScanSettings(targets=tuple(map(str, targets)), workers=1, **options))
    assert result.skipped == ()
    return result


def write(path: Path, header: str, values: Sequence[str]) -> Path:
    """Write a column, beside some that hold no personal data, in the format that the name says."""
    rows = len(values)
    table = {"编号": [f"L{row:06}" for row in range(rows)], "类型": ["A"] * rows, "期数": ["12"] * rows, header: list(values)}
    path.write_bytes(FORMATS[path.suffix[1:]](table))
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[Finding], list[MaskedCount]]]:
    """Return what is said of each case in each format, by the name of its file."""
    folder = tmp_path_factory.mktemp("cases")
    for number, case in enumerate(CASES):
        for suffix in FORMATS:
            write(folder / f"{number}.{suffix}", case.header, case.values)
    result = scanned(folder)
    said: dict[str, tuple[list[Finding], list[MaskedCount]]] = {path.name: ([], []) for path in folder.iterdir()}
    for finding in result.findings:
        said[Path(finding.source).name][0].append(finding)
    for count in result.masked:
        said[Path(count.source).name][1].append(count)
    return said


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.title for case in CASES])
def test_verdict(results: dict[str, tuple[list[Finding], list[MaskedCount]]], number: int, suffix: str) -> None:
    case = CASES[number]
    findings, masked = results[f"{number}.{suffix}"]
    told = (f"{f.entity_type} {f.pattern} {f.evidence} {f.confidence.value}" for f in findings)
    assert tuple(told) == case.verdicts
    assert tuple(f"{count.entity_type} {count.count}" for count in masked) == case.masked
    filled = sum(1 for value in case.values if value)
    for finding in findings:
        assert finding.column == case.header
        assert finding.sensitivity is entity_type(finding.entity_type).sensitivity
        assert finding.score == next(e.score for e in Evidence if e.label == finding.evidence)
        assert finding.values == filled
        assert 1 <= finding.distinct <= finding.count and finding.cells <= min(finding.count, finding.values)
        assert 0 < finding.share <= 1
        rows = [place.row for place in finding.first_locations]
        assert rows == sorted(rows) and 1 <= len(rows) <= finding.count
        for place in finding.first_locations:
            assert place.line is None and 0 <= place.start < place.end <= len(case.values[place.row - 1])
        assert 1 <= len(finding.masked_samples) <= 3
        assert not any(sample in case.values for sample in finding.masked_samples)


def test_nothing_but_nulls(tmp_path: Path) -> None:
    """Columns of nulls, of no rows and of no type are read and are nothing."""
    for name, values in (("nulls", pa.nulls(50, pa.string())), ("none", pa.nulls(0, pa.string())), ("untyped", pa.nulls(9))):
        table = pa.table({"手机号": values, "no": pa.array(range(len(values)), pa.int64())})
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    result = scanned(tmp_path)
    assert (result.findings, result.masked) == ((), ())
    assert {source.rows for source in result.sources} == {50, 0, 9}


@pytest.mark.parametrize("row", [1, 7_777, 10_000])
@pytest.mark.parametrize("suffix", ["csv", "log"])
def test_a_rare_leak_is_never_lost(tmp_path: Path, row: int, suffix: str) -> None:
    """One id number among 10,000 clean notes is told with its place, wherever it stands."""
    values = NOTES * 2000
    values[row - 1] = f"客户 {IDS[0]} 已还款"
    path = tmp_path / f"t.{suffix}"
    if suffix == "csv":
        write(path, "备注", values)
    else:
        path.write_text("".join(value + "\n" for value in values), encoding="utf-8")
    (finding,) = scanned(path).findings
    assert (finding.entity_type, finding.pattern, finding.count, finding.distinct) == ("CN_RESIDENT_ID", "rare", 1, 1)
    assert (finding.cells, finding.values) == (1, 10_000)
    (place,) = finding.first_locations
    assert (place.row or place.line, place.start, place.end) == (row, 3, 3 + len(IDS[0]))
    assert finding.confidence is Confidence.LIKELY


def test_lines_are_no_column(tmp_path: Path) -> None:
    """A text has no columns, even where every line is nothing but a value."""
    (tmp_path / "t.log").write_text("".join(f"{phone}\n" for phone in PHONES), encoding="utf-8")
    (finding,) = scanned(tmp_path).findings
    assert (finding.column, finding.pattern, finding.confidence) == (None, "embedded", Confidence.LIKELY)
    assert (finding.cells, finding.values) == (len(PHONES), len(PHONES))


def test_one_guess_repeated_is_one_guess(tmp_path: Path) -> None:
    """For every type, with its header and without: a thousand copies of a value make it no surer than one."""
    rng = random.Random(3)
    columns = [
        (header, lender.sample(entity, rng))
        for entity in lender.TYPES
        if entity.default
        for header in (SILENT, lender.header(entity))
    ]
    for number, (header, value) in enumerate(columns):
        for copies in (1, 1000):
            write(tmp_path / f"{number}x{copies}.csv", header, [value] * copies)
    said: dict[str, dict[tuple[str, str], list[object]]] = {"1": {}, "1000": {}}
    for finding in scanned(tmp_path).findings:
        number, copies = Path(finding.source).stem.split("x")
        once = [finding.count // int(copies), finding.distinct, finding.score, finding.confidence, finding.pattern]
        said[copies][number, finding.entity_type] = once
    assert len(said["1"]) > len(columns) / 2
    assert said["1"] == said["1000"]


def test_distinct_values_are_counted(tmp_path: Path) -> None:
    """However they are written; repeated and spaced values are not new ones."""
    written = [*PHONES, *PHONES, *(f"{p[:3]} {p[3:7]} {p[7:]}" for p in PHONES), *(f"{p[:3]}-{p[3:7]}-{p[7:]}" for p in PHONES)]
    (finding,) = scanned(write(tmp_path / "t.csv", "手机号", written)).findings
    assert (finding.count, finding.distinct, finding.distinct_exact) == (4 * len(PHONES), len(PHONES), True)


def test_many_distinct_values_are_estimated(tmp_path: Path) -> None:
    phones = [f"138{number:08}" for number in range(20_000)]
    (finding,) = scanned(write(tmp_path / "t.csv", "手机号", phones)).findings
    assert (finding.count, finding.distinct_exact) == (20_000, False)
    assert abs(finding.distinct - 20_000) < 2_000
    assert finding.confidence is Confidence.CERTAIN


# -- the minimum score -----------------------------------------------------------------------------------------------

MIXED = [
    *PHONES[:40],  # pattern
    *(f"手机：{phone}" for phone in PHONES[40:60]),  # context
    *CARDS[:30],  # check digit
    *(f"卡号：{card}" for card in CARDS[30:50]),  # check digit and context
]  # fmt: skip


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (0.0, {"CN_MOBILE_PHONE": 60, "CN_BANK_CARD": 50}),
        (0.60, {"CN_MOBILE_PHONE": 60, "CN_BANK_CARD": 50}),
        (0.61, {"CN_MOBILE_PHONE": 20, "CN_BANK_CARD": 50}),
        (0.75, {"CN_MOBILE_PHONE": 20, "CN_BANK_CARD": 50}),
        (0.80, {"CN_BANK_CARD": 50}),
        (0.90, {"CN_BANK_CARD": 20}),
        (1.0, {}),
    ],
)
def test_min_score(tmp_path: Path, least: float, expected: dict[str, int]) -> None:
    result = scanned(write(tmp_path / "t.csv", SILENT, MIXED), min_score=least)
    assert {finding.entity_type: finding.count for finding in result.findings} == expected
    for finding in result.findings:
        assert finding.score >= least
        assert finding.values == len(MIXED)


@pytest.mark.parametrize("header", ["手机号", "姓名"])
def test_min_score_and_headers(tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "t.csv", header, PHONES if header == "手机号" else PEOPLE)
    assert len(scanned(path, min_score=0.75).findings) == 1
    assert scanned(path, min_score=0.76).findings == ()


# -- recognizers of others -------------------------------------------------------------------------------------------


class Namer:
    """Knows some names, as a language model would."""

    def __init__(self, known: Sequence[str]) -> None:
        self.entities = (entity_type("PERSON"),)
        self._known = known

    def detect(self, values: pa.Array, header: str | None, failed: Callable[[str], None]) -> list[Hit]:
        return [
            Hit(i, text.index(name), text.index(name) + len(name), 0, Evidence.MODEL)
            for i, text in enumerate(values.to_pylist())
            for name in self._known
            if text and name in text
        ]


@pytest.mark.parametrize(
    ("header", "values", "expected"),
    [
        (None, [f"客户{PEOPLE[0]}来电", "无人接听"], [("embedded", Confidence.LIKELY, 1)]),
        (SILENT, [f"客户{name}来电" for name in PEOPLE[:2]], [("embedded", Confidence.LIKELY, 2)]),
        (SILENT, PEOPLE[:1] * 100, [("column", Confidence.LIKELY, 100)]),
        (SILENT, [*NOTES * 200, f"{PEOPLE[0]}来电"], [("rare", Confidence.LIKELY, 1)]),
        (SILENT, NOTES, []),
        ("姓名", PEOPLE[2:3] * 100, []),  # unknown to the model: the header alone does not suffice
        ("姓名", [*PEOPLE[2:3] * 99, f"{PEOPLE[0]}（代）"], [("column", Confidence.LIKELY, 100)]),
    ],
)
def test_names_that_a_model_tells(header: str | None, values: list[str], expected: list[tuple[str, Confidence, int]]) -> None:
    """What needs a header to be told by us needs none when a mounted recognizer tells it, in text above all."""
    folder = Folder(DETECTOR, (Namer(PEOPLE[:2]),), FoldOptions())
    into = Folded()
    folder.take(batch([Column(header, pa.array(values, pa.string()))], 0, text=header is None), into)
    said = verdicts(into.profiles.values())
    assert [(f.pattern, f.confidence, f.count) for f in said if isinstance(f, Finding)] == expected


# -- batches ---------------------------------------------------------------------------------------------------------

DETECTOR = Detector(select(None))
ENTITIES = {entity.name: entity for entity in DETECTOR.entities}
COLUMNS = {
    "手机号": PHONES[:30] + PHONES[:30],
    "姓名": PEOPLE[:35] + NOTES * 5,
    "备注": [*NOTES * 11, *(f"卡号{card}，电话{phone}" for card, phone in zip(CARDS[:5], PHONES[:5], strict=True))],
    "order_no": many(card_like, 60),
    "masked": ["138****5678", PHONES[0], ""] * 20,
}


def batch(columns: Sequence[Column], first_row: int, *, text: bool = False) -> Batch:
    rows = len(columns[0].values)
    return Batch("t", "text" if text else "delimited", text, tuple(columns), first_row, rows, 0)


def verdicts(profiles: Sequence[ColumnProfile] | Any) -> list[Finding | MaskedCount]:
    found = [verdict for profile in profiles for verdict in classify(profile, ENTITIES)]
    return sorted(found, key=lambda v: (v.column or "", v.entity_type, isinstance(v, Finding)))


def in_batches(cuts: Sequence[int], order: Callable[[list[Batch]], list[Batch]]) -> list[Finding | MaskedCount]:
    edges = sorted({0, 60, *cuts})
    cut = [
        batch([Column(name, pa.array(values[a:b], pa.string())) for name, values in COLUMNS.items()], a)
        for a, b in pairwise(edges)
    ]
    total: dict[object, ColumnProfile] = {}
    for part in order(cut):
        into = Folded()
        Folder(DETECTOR, (), FoldOptions()).take(part, into)
        for key, profile in into.profiles.items():
            total.setdefault(key, replace(profile, values=0, characters=0, tallies={})).merge(profile)
    return verdicts(total.values())


ONE_BATCH = in_batches([], list)


def test_one_batch_says_something_of_every_column() -> None:
    assert {verdict.column for verdict in ONE_BATCH} == set(COLUMNS)


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(1, 59), max_size=8), data=st.data())
def test_batches_change_no_verdict(cuts: list[int], data: st.DataObject) -> None:
    assert in_batches(cuts, lambda batches: data.draw(st.permutations(batches))) == ONE_BATCH


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_row_groups_change_no_verdict(tmp_path: Path, size: int) -> None:
    """Nor do parts, where two columns have one name."""
    arrays = [pa.array(values, pa.string()) for values in (*COLUMNS.values(), COLUMNS["手机号"][::-1])]
    table = pa.Table.from_arrays(arrays, [*COLUMNS, "手机号"])
    path = tmp_path / "t.parquet"
    said = []
    for rows, part in ((10_000, None), (size, None), (size, 500)):
        parquet.write_table(table, path, row_group_size=rows)
        result = audit.scan(ScanSettings(targets=(str(path),), workers=1), part_bytes=part)
        said.append((result.findings, result.masked))
    assert said[0][0]
    assert said[0] == said[1] == said[2]


def test_order_of_rows_changes_places_only(tmp_path: Path) -> None:
    said = []
    for seed in range(3):
        rows = list(zip(*COLUMNS.values(), strict=True))
        random.Random(seed).shuffle(rows)
        table = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        (tmp_path / "t.csv").write_text(lender.csv_text(table), encoding="utf-8")
        result = scanned(tmp_path / "t.csv")
        said.append([replace(f, first_locations=(), masked_samples=()) for f in result.findings])
    assert said[0] and said[0] == said[1] == said[2]


def test_every_header_only_type_needs_two_values() -> None:
    """For each type that our detector knows by the header alone."""
    for name in WHOLE_CELL:
        entity = entity_type(name)
        one, two = samples(name, 2, random.Random(name))
        for values, found in (([one] * 10, False), ([one, two] * 5, True)):
            into = Folded()
            column = Column(lender.header(entity), pa.array(values, pa.string()))
            Folder(Detector([entity]), (), FoldOptions()).take(batch([column], 0), into)
            (tally,) = (p.tallies[name] for p in into.profiles.values())
            assert tally.count == 10 and int(np.sum(tally.evidence)) == 10
            (profile,) = into.profiles.values()
            assert bool(list(classify(profile, {name: entity}))) is found, name
