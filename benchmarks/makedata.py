"""Make input of a chosen size, fast: loan tables and collection logs with valid check digits.

    python -m benchmarks.makedata KIND OUT --size 1G [--seed 1] [--gz]

Kinds: ``log`` (every line exposes something), ``log-sparse`` (one line in twenty), ``one-line`` (the dense log without
line ends), ``csv`` (ten columns), ``parquet`` (the same table). Rows are drawn as byte matrices, one column of the
matrix per byte, padded with NUL; dropping the NULs gives the text.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import io
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks import facts

Bytes = NDArray[np.uint8]
Maker = Callable[[np.random.Generator, int], Bytes]

HEADER = ("loan_no", "name", "id_no", "mobile", "bank_card", "address", "amount", "opened_on", "status", "remark")
BLOCK_ROWS = 65_536
KINDS = ("log", "log-sparse", "one-line", "csv", "parquet")


def generator(seed: int) -> np.random.Generator:
    """Return the random generator of a seed."""
    return np.random.default_rng(seed)


def matrix(texts: Sequence[str]) -> Bytes:
    """Return the texts as rows of bytes, padded with NUL."""
    encoded = np.array([text.encode() for text in texts])
    return encoded.view(np.uint8).reshape(len(texts), encoded.itemsize)


def literal(text: str) -> Maker:
    """Return a maker of the same text in every row."""
    row = matrix([text])
    return lambda rng, rows: np.broadcast_to(row, (rows, row.shape[1]))


def one_of(texts: Sequence[str]) -> Maker:
    """Return a maker that picks one of the texts in every row."""
    table = matrix(texts)
    return lambda rng, rows: table[rng.integers(0, len(table), rows)]


def digits(count: int) -> Maker:
    """Return a maker of random digits."""
    return lambda rng, rows: rng.integers(48, 58, (rows, count), dtype=np.uint8)


def sometimes(share: float, *makers: Maker) -> Maker:
    """Return a maker whose text stands only in a share of the rows."""
    return lambda rng, rows: beside(rng, rows, makers) * (rng.random((rows, 1)) < share)


def beside(rng: np.random.Generator, rows: int, makers: Sequence[Maker]) -> Bytes:
    """Return the texts of several makers side by side."""
    return np.hstack([make(rng, rows) for make in makers])


def text_of(rows: Bytes) -> bytes:
    """Return the rows as text: the bytes without the padding."""
    flat = rows.ravel()
    text: bytes = flat[flat != 0].tobytes()
    return text


@cache
def _days(first: int, last: int, form: str) -> Maker:
    start, end = dt.date(first, 1, 1), dt.date(last, 12, 31)
    return one_of([(start + dt.timedelta(days=n)).strftime(form) for n in range((end - start).days + 1)])


def _resident_ids(rng: np.random.Generator, rows: int) -> Bytes:
    body = beside(rng, rows, (one_of(facts.counties()), _days(1945, 2006, "%Y%m%d"), digits(3)))
    weights = np.array([pow(2, 17 - i, 11) for i in range(17)], dtype=np.int16)
    total = (body - 48).astype(np.int16) @ weights
    check = np.frombuffer(b"10X98765432", dtype=np.uint8)[total % 11]
    return np.hstack([body, check[:, None]])


def _bank_cards(rng: np.random.Generator, rows: int) -> Bytes:
    cards = np.zeros((rows, 19), dtype=np.uint8)
    chosen = rng.integers(0, len(facts.BINS), rows)
    cards[:, :6] = matrix([prefix for prefix, _ in facts.BINS])[chosen]
    lengths = np.array([length for _, length in facts.BINS])[chosen]
    cards[:, 6:] = digits(13)(rng, rows)
    for length in np.unique(lengths):
        here = np.flatnonzero(lengths == length)
        body = (cards[here, : length - 1] - 48).astype(np.int16)
        doubled = 2 * body[:, ::-2]
        body[:, ::-2] = doubled // 10 + doubled % 10
        cards[here, length - 1] = -body.sum(axis=1) % 10 + 48
        cards[here, length:] = 0
    return cards


def _mobiles(rng: np.random.Generator, rows: int) -> Bytes:
    return beside(rng, rows, (one_of(facts.MOBILE_PREFIXES), digits(8)))


def _amounts(rng: np.random.Generator, rows: int) -> Bytes:
    whole = rng.integers(48, 58, (rows, 6), dtype=np.uint8)
    whole[:, 0] = rng.integers(49, 58, rows)
    width = rng.integers(3, 7, (rows, 1))
    whole *= (np.arange(6) < width).astype(np.uint8)
    return np.hstack([whole, beside(rng, rows, (literal("."), digits(2)))])


def _quads(rng: np.random.Generator, rows: int) -> Bytes:
    octets = one_of([str(n) for n in range(1, 255)])
    dot = literal(".")
    return beside(rng, rows, (one_of(("10", "36", "101", "119", "192", "223")), dot, octets, dot, octets, dot, octets))


_HEX = one_of([f"{n:02x}" for n in range(256)])
_GIVEN = "伟 芳 秀英 敏 静 强 磊 建国 志强 晓燕 文博 子涵 雨桐 浩然 欣怡"
_NAMES = one_of([family + given for family in "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗" for given in _GIVEN.split()])
_ADDRESSES = one_of(
    [
        f"{city}{district}{road}{number}号{number % 30 + 1}栋{number % 9 + 1}0{number % 4 + 1}室"
        for city in ("浙江省杭州市", "四川省成都市", "广东省深圳市", "湖北省武汉市", "北京市", "上海市")
        for district in ("西湖区", "新城区", "高新区", "江北区", "滨江区")
        for road in ("文三路", "人民路", "建设大道", "解放街", "和平里")
        for number in range(3, 400, 7)
    ]
)
_CLOCK = one_of([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)])
_STATUS = one_of(("正常", "逾期M1", "逾期M2", "结清", "核销"))
_NOTES = one_of(
    ("", "", "客户要求延期", "已电话提醒", "资料齐全", "还款账户余额不足，已短信通知", "二次跟进", "无异议")
)
_MAIL_DOMAINS = one_of(("@qq.com", "@163.com", "@126.com", "@sina.com.cn", "@example.org"))
_PLATES = one_of([p + c for p in facts.PROVINCES for c in "ABCDEFGH"])

_LOAN_ROW: tuple[Maker, ...] = (
    *(literal("JK"), _days(2019, 2024, "%Y%m%d"), digits(8), literal(",")),
    *(_NAMES, literal(","), _resident_ids, literal(","), _mobiles, literal(","), _bank_cards, literal(",")),
    *(_ADDRESSES, literal(","), _amounts, literal(","), _days(2019, 2024, "%Y-%m-%d"), literal(","), _STATUS),
    *(literal(","), _NOTES, sometimes(0.06, literal("紧急联系人"), _NAMES, _mobiles), literal("\n")),
)


def loan_rows(rng: np.random.Generator, rows: int) -> bytes:
    """Return rows of the loan table as CSV text, without header."""
    return text_of(beside(rng, rows, _LOAN_ROW))


def _template(text: str) -> tuple[Maker, ...]:
    """Return the makers of a line in which ``{name}`` stands for a field."""
    parts = re.split(r"\{([a-z]+)\}", text)
    return tuple(_FIELDS[part] if i % 2 else literal(part) for i, part in enumerate(parts) if part)


_FIELDS: dict[str, Maker] = {
    "day": _days(2023, 2024, "%Y-%m-%d"),
    "time": _CLOCK,
    "name": _NAMES,
    "id": _resident_ids,
    "mobile": _mobiles,
    "card": _bank_cards,
    "amount": _amounts,
    "ip": _quads,
    "mail": lambda rng, rows: beside(rng, rows, (one_of(("zhang", "li.", "wang_", "chen")), digits(5), _MAIL_DOMAINS)),
    "plate": lambda rng, rows: beside(rng, rows, (_PLATES, digits(5))),
    "hex": lambda rng, rows: beside(rng, rows, (_HEX,) * 16),
    "ms": lambda rng, rows: beside(rng, rows, (literal("17"), digits(11))),
    "n": digits(3),
    "six": digits(6),
    "snowflake": lambda rng, rows: beside(rng, rows, (literal("17"), digits(17))),
}

_EXPOSING = tuple(
    _template("{day} {time} " + text + "\n")
    for text in (
        "INFO  c.l.collect.CallService - 外呼借款人{name} 手机{mobile} 身份证{id} 逾期{n}天 应还{amount}元",
        "INFO  sms-gateway - traceId={hex} to={mobile} content=【安心贷】您本期应还{amount}元，请及时还款 cost={n}ms",
        'DEBUG RepayController - {"ts":{ms},"traceId":"{hex}","idNo":"{id}","bankCard":"{card}","amount":"{amount}"}',
        "WARN  RepayController - 扣款失败 卡号{card} 户名{name} 金额{amount} 流水号{snowflake} 原因=余额不足",
        "INFO  AuthFilter - login ip={ip} user={mail} requestId={hex} cost={n}ms",
        "INFO  c.l.collect.NoteService - 坐席{n}备注：{name}称车辆{plate}已抵押，联系人电话{mobile}，下周还",
        "INFO  sms-gateway - 【安心贷】验证码{six}，5分钟内有效 to={mobile}",
        "INFO  risk.rule-engine - order={snowflake} id_no={id} mobile={mobile} score={n} decision=REVIEW",
    )
)
_HARMLESS = tuple(
    _template("{day} {time} " + text + "\n")
    for text in (
        "INFO  o.s.w.Dispatcher - GET /api/v2/loan/list?page={n}&ts={ms} 200 cost={n}ms traceId={hex}",
        "DEBUG risk.rule-engine - order={snowflake} rule=R{n} amount={amount} decision=PASS traceId={hex}",
        "INFO  batch.Settlement - 批次{snowflake} 完成，共{six}笔，合计{amount}元，耗时{n}ms",
        "INFO  c.l.collect.CallService - 案件已分配至坐席{n}，逾期{n}天，剩余本金{amount}元，优先级中",
        "WARN  o.a.k.Consumer - lag={six} partition={n} offset={ms} group=collect-events",
    )
)


def log_lines(rng: np.random.Generator, rows: int, share: float = 1.0) -> bytes:
    """Return lines of a collection log; ``share`` of them expose something."""
    exposing = rng.random(rows) < share
    kind = np.where(
        exposing, rng.integers(0, len(_EXPOSING), rows), len(_EXPOSING) + rng.integers(0, len(_HARMLESS), rows)
    )
    made = []
    for number, makers in enumerate((*_EXPOSING, *_HARMLESS)):
        here = np.flatnonzero(kind == number)
        made.append((here, beside(rng, len(here), makers)))
    lines = np.zeros((rows, max(text.shape[1] for _, text in made)), dtype=np.uint8)
    for here, text in made:
        lines[here, : text.shape[1]] = text
    return text_of(lines)


def blocks(kind: str, seed: int) -> Iterator[bytes]:
    """Yield endless blocks of text of a kind (``parquet`` as the CSV rows it is made of)."""
    rng = generator(seed)
    while True:
        if kind in ("csv", "parquet"):
            yield loan_rows(rng, BLOCK_ROWS)
        else:
            block = log_lines(rng, BLOCK_ROWS, 0.05 if kind == "log-sparse" else 1.0)
            yield block.replace(b"\n", b" ") if kind == "one-line" else block


def make(kind: str, path: Path, size: int, seed: int = 1, gz: bool = False) -> None:
    """Write a file with at least ``size`` bytes of text (before compression), cut at the end of a row."""
    if kind == "parquet":
        _make_parquet(path, size, seed)
        return
    # level 1: the speed of making counts, the ratio does not
    with cast(BinaryIO, gzip.open(path, "wb", compresslevel=1)) if gz else path.open("wb") as out:
        if kind == "csv":
            out.write((",".join(HEADER) + "\n").encode())
        for block in _cut(blocks(kind, seed), size, b" " if kind == "one-line" else b"\n"):
            out.write(block)
        if kind == "one-line":
            out.write(b"\n")


def _cut(endless: Iterator[bytes], size: int, end: bytes) -> Iterator[bytes]:
    while size > 0:
        block = next(endless)
        if len(block) > size:
            at = block.find(end, size)
            block = block[: at + 1] if at >= 0 else block
        size -= len(block)
        yield block


def _make_parquet(path: Path, size: int, seed: int) -> None:
    import pyarrow as pa  # text files need no Arrow
    from pyarrow import csv, parquet

    schema = pa.schema([(name, pa.string()) for name in HEADER])
    options = csv.ConvertOptions(column_types=schema, strings_can_be_null=False)
    with parquet.ParquetWriter(path, schema) as writer:
        for block in _cut(blocks("csv", seed), size, b"\n"):
            read = csv.ReadOptions(column_names=list(HEADER))
            writer.write_table(csv.read_csv(io.BytesIO(block), read_options=read, convert_options=options))


def parse_size(text: str) -> int:
    """Return bytes of ``10M``, ``1G``, ``500000``."""
    units = {"K": 10**3, "M": 10**6, "G": 10**9}
    return int(float(text[:-1]) * units[text[-1].upper()]) if text[-1].upper() in units else int(text)


def main() -> None:
    """Make one file and say how fast."""
    parser = argparse.ArgumentParser(description="Make synthetic input of a chosen size.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=parse_size, default="100M")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gz", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    make(options.kind, options.out, options.size, options.seed, options.gz)
    seconds = time.perf_counter() - start
    print(f"{options.out}: {options.out.stat().st_size:,} bytes, {options.size / seconds / 1e6:.0f} MB/s of text")


if __name__ == "__main__":
    main()
