"""How a delimited text is written, found from its first lines: delimiter, quote, header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

import numpy as np

from pii_audit.sources.encoding import padded
from pii_audit.sources.pieces import Ints

DELIMITERS = ",\t|;\x01"
_ROWS = 200                                #: records looked at
#: share of lines with a delimiter below which it separates nothing, even where quoted cells run over several lines
_SEPARATED = 0.2

_LEVEL = re.compile(r"\W?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\W?", re.IGNORECASE)
_STAMP = re.compile(r"\W?(?:\d{4}[-/]\d\d?[-/]\d\d?|\d\d[:/]\d\d|[A-Z][a-z]{2} +\d\d? )")
_LOG_LINE = re.compile(_STAMP.pattern + r".{0,60}?\b" + _LEVEL.pattern + r"\b", re.IGNORECASE)
_STAMPED_TEXT = re.compile(
    r"\W?\d{4}[-/.]\d\d?[-/.]\d\d?(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?\W*\s+\W*[^\W\d]"
)
_PAIR = re.compile(r"\s*[\w.-]+\s*[=:]")
_STATEMENT = re.compile(r"\s*(?:INSERT INTO|VALUES|SELECT|CREATE|UPDATE|import |from |#include|<[?!a-zA-Z/])", re.IGNORECASE)
#: words of header cells, Chinese and otherwise; any of them inside a short cell speaks for a header
_HEADER_WORD = re.compile(
    "姓名|名称|号码|编号|序号|证件|手机|电话|地址|日期|时间|金额|余额|状态|类型|类别|备注|性别|年龄|银行|单位|联系|账号|卡号|"
    "机构|客户|合同|产品|利率|期数|期限|逾期|渠道|城市|省份|邮箱|描述|内容|说明|关系|用户|代码|级别|等级|次数|总额|本金|利息|"
    "住址|住所|籍贯|民族|学历|婚姻|职业|收入|车牌|车架|护照|微信|支付宝|密码|生日|出生|行业|部门|工号|账户|借据|放款|还款|亲属|紧急|"
    "(?:^|[_ -])(?:id|no|num|name|code|date|time|type|status|amt|amount|phone|mobile|tel|email|mail|addr|address|"
    "sex|gender|age|remark|note|desc|bank|card|cert|user|city|sfzh|sjh|lxdh|khxm|xm|dz|rq|je|bz|zt|lx|dh|zh|sj|xb|"
    "key|value|count|url|ip|flag|level|channel|relation|contact)s?(?:$|[_ -])|[a-z](?:Id|No|Name|Code|Date|Time|Type)$",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.\- #/()]*$")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+%?$")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What was found; ``names`` None: no header. ``sure`` is 0 where the text is better read as lines."""

    delimiter: str
    quote: str
    columns: int
    names: tuple[str, ...] | None
    sure: float


def records(text: bytes, delimiter: str, quote: str, limit: int = _ROWS) -> list[list[str]]:
    """Return the first records of a text that is complete or ends with a line end."""
    from pii_audit.sources import text_kernel as kernel

    buffer, size = padded(text), len(text)
    starts, ends, index = work_space(size)
    mark = np.uint8(ord(quote))
    count, _, _ = kernel.fields(buffer, 0, size, True, np.uint8(ord(delimiter)), mark, starts, ends, index)
    found = min(count, limit)
    total = int(index[found])
    out = np.empty(size + kernel.PAD, np.uint8)
    offsets = np.empty(total + 1, np.int64)
    kernel.gather_list(buffer, starts, ends, total, mark, out, offsets)
    cells = [out[a:b].tobytes().decode("utf-8", "replace") for a, b in pairwise(offsets)]
    return [cells[index[r] : index[r + 1]] for r in range(found)]


def work_space(size: int) -> tuple[Ints, Ints, Ints]:
    """Return room for the fields and records of ``size`` bytes; pages that stay unused cost nothing."""
    return np.empty(size + 2, np.int32), np.empty(size + 2, np.int32), np.empty(size // 2 + 4, np.int32)


def find(text: bytes) -> Dialect | None:
    """Return the dialect of a text, None if no delimiter splits most of its first lines alike."""
    if text.lstrip()[:1] in (b"{", b"[", b"<"):
        return None
    best: Dialect | None = None
    lines = text.splitlines()[:_ROWS]
    for delimiter in DELIMITERS:
        # cheap before thorough: most files of a folder are no tables
        mark = delimiter.encode()
        if mark not in text or sum(mark in line for line in lines) < _SEPARATED * len(lines):
            continue
        quote = _quote(text, delimiter)
        rows = records(text, delimiter, quote)
        dialect = _judge(rows, delimiter, quote)
        if dialect is not None and (best is None or (dialect.sure, dialect.columns) > (best.sure, best.columns)):
            best = dialect
    return best


def _quote(text: bytes, delimiter: str) -> str:
    """Return the character that most often both opens and closes fields; the double quote if in doubt."""
    d = delimiter.encode()
    e = re.escape(d)
    counts = {
        mark: len(re.findall(rb"(?:^|%s)%s[^%s\n]*%s(?=%s|\r?$)" % (e, mark, mark, mark, e), text, re.MULTILINE))
        for mark in (b'"', b"'")
        if text.startswith(mark) or d + mark in text or b"\n" + mark in text
    }
    return "'" if counts.get(b"'", 0) > 2 * counts.get(b'"', 0) else '"'


def _judge(rows: list[list[str]], delimiter: str, quote: str) -> Dialect | None:
    widths = Counter(len(row) for row in rows)
    columns, alike = max(widths.items(), key=lambda item: (item[1], item[0]))
    if columns < 2:
        wide = {width: count for width, count in widths.items() if width > 1}
        columns, alike = max(wide.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    share = alike / len(rows)
    if columns < 2 or share < 0.5:
        return None
    body = [row for row in rows if len(row) == columns]
    if _is_log(rows, body, delimiter):
        return None
    names = header(rows[0], body[1:]) if len(rows[0]) == columns else None
    if share < 0.8 and (names is None or columns < 3):
        return None
    if len(body) == 1:
        sure = 0.45 if names is None else 0.55
    else:
        cells = [cell for row in body[:100] for cell in row]
        prose = mean(len(cell) > 60 or cell.count(" ") > 5 or "，" in cell or "。" in cell for cell in cells)
        sure = 0.5 + 0.2 * share + 0.05 * min(columns - 2, 3) - 0.5 * max(0.0, prose - 0.2)
        sure += 0.1 if names is not None else 0.0
        if columns == 2 and names is None:
            # two columns without names: sentences with one comma look like that
            short = mean(len(cell) <= 24 for cell in cells)
            sure -= 0.0 if short > 0.95 and delimiter != "," and share == 1 and len(body) > 2 else 0.3
    return Dialect(delimiter, quote, columns, names, max(0.0, min(sure, 0.85)))


def _is_log(rows: list[list[str]], body: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Lines with a time stamp and a level, pairs of key and value, or statements of a language are no table."""
    lines = [delimiter.join(row) for row in rows]
    if mean(bool(_LOG_LINE.match(line)) for line in lines) > 0.5:
        return True
    if mean(bool(_STAMPED_TEXT.match(row[0])) for row in rows) > 0.5:
        return True
    if mean(bool(_STATEMENT.match(line)) for line in lines) > 0.5:
        return True
    cells = [cell for row in body[:50] for cell in row if cell]
    if cells and mean(bool(_PAIR.match(cell)) and not _STAMP.match(cell) for cell in cells) > 0.5:
        return True
    # a stamp, then the milliseconds after a comma
    return delimiter == "," and mean(
        bool(_STAMP.match(row[0])) and bool(re.match(r"\d{3}\b(?=.)", row[1])) for row in body
    ) > 0.5


def header(first: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """Return the names in the first record, None if it is data.

    A value taken for a name would be shown in reports, so doubt means data: no cell may be empty (but a first one),
    hold digits mostly or seven of them, an @ or a mask, or occur again below; and most cells must be told from values
    by a word that is usual in headers or by values of another kind below them, or all by being identifiers above
    Chinese values.
    """
    cells = [cell.strip() for cell in first]
    if any(not cell for cell in cells[1:]) or len(set(cells)) < max(2, 0.8 * len(cells)):
        return None
    for cell in cells:
        digits = sum(char.isdigit() for char in cell)
        if digits > len(cell) / 2 or digits >= 7 or "@" in cell or "*" in cell or len(cell) > 64 or "\n" in cell:
            return None
    words = told = 0
    for k, cell in enumerate(cells):
        below = [row[k].strip() for row in body if len(row) > k and row[k].strip()]
        if cell in below:
            return None
        word = bool(_HEADER_WORD.search(cell)) and len(cell) <= 32
        words += word
        unlike = bool(below) and _kind(cell) == "word" and mean(_kind(value) != "word" for value in below) > 0.8
        told += word or unlike
    if words >= 0.75 * len(cells) or (words < told and told >= 0.6 * len(cells)):
        return tuple(cells)
    chinese = any(not cell.isascii() for row in body[:50] for cell in row)
    return tuple(cells) if chinese and all(_IDENTIFIER.match(cell) for cell in cells if cell) else None


def _kind(value: str) -> str:
    if _NUMBER.match(value):
        return "number"
    digits = sum(char.isdigit() for char in value)
    return "coded" if digits > len(value) / 3 or "@" in value or "*" in value else "word"


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return column names without repetition: the second ``name`` becomes ``name#2``; blanks become ``#3``."""
    seen: dict[str, int] = {}
    result = []
    for k, name in enumerate(names, 1):
        name = name or f"#{k}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(result)
