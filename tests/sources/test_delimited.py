"""Delimited text: what Python's writer writes is what we read; what breaks the rules is read all the same."""

from __future__ import annotations

import csv
import io
import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import blob, by_parts, ends, problems, values, whole_file

from pii_audit.sources import context_for, dialect
from pii_audit.sources.delimited import DelimitedSource, read_delimited
from pii_audit.sources.interface import Batch, Limits, Part
from pii_audit.sources.text import TextSource

CONTEXT = context_for()
HEADER = "loan_id,姓名,手机号\n"


def plain(width, delimiter=",", quote='"', names=None):
    """Options of a part: nothing left to be found out."""
    return Part(options={"encoding": "utf-8", "delimiter": delimiter, "quote": quote, "columns": width, "names": names})


def read(data: bytes | str, part=None, **more):
    return list(read_delimited(blob(data.encode() if isinstance(data, str) else data), part, **more))


def table(events):
    """Rows as lists of cells."""
    found = values(events)
    rows = {}
    for (row, name), cells in found.items():
        rows.setdefault(row, {})[name] = cells[0] if len(cells) == 1 else cells
    return [rows[row] for row in sorted(rows)]


@pytest.mark.parametrize(
    ("text", "rows", "said"),
    [
        # quotes as RFC 4180 section 2 has them
        ('1,"a""b,\nc",x\n', [["1", 'a"b,\nc', "x"]], []),
        ('1,"",""\n', [["1", "", ""]], []),
        ("1,,\n", [["1", "", ""]], []),
        ("1,2,3", [["1", "2", "3"]], []),
        ("1,2,", [["1", "2", ""]], []),
        ('1,2,"3"', [["1", "2", "3"]], []),
        ('1,"2","3"\r\n4,5,6\r\n', [["1", "2", "3"], ["4", "5", "6"]], []),
        # a quote inside a field is a character; what follows a closing quote belongs to the field
        ('1,a"b,c\n', [["1", 'a"b', "c"]], []),
        ('1,"a"b,"c" \n', [["1", "ab", "c "]], []),
        # lines without content are no rows
        ("\n1,2,3\n\n\r\n4,5,6\n\n", [["1", "2", "3"], ["4", "5", "6"]], []),
        (" \n1,2,3\n", [[" ", None, None], ["1", "2", "3"]], [("Note", "ragged")]),
        # never closed
        ('1,"2,3\n4,5,6\n', [["1", '"2', "3"], ["4", "5", "6"]], [("Note", "quote")]),
        ('1,2,"3\n4,5,6\n', [["1", "2", '"3'], ["4", "5", "6"]], [("Note", "quote")]),
        ('1,2,"', [["1", "2", '"']], [("Note", "quote")]),
        # too few, too many
        ("1\n1,2\n1,2,3,4,5\n", None, [("Note", "ragged")]),
        ("1,\0,张\r3\n", [["1", "\0", "张\r3"]], []),
        ("", [], []),
    ],
)
def test_fields(text, rows, said):
    events = read(text, plain(3))
    if rows is not None:
        assert [[row.get(f"#{k}") for k in (1, 2, 3)] for row in table(events)] == rows
        assert ends(events)[0].rows == len(rows)
    assert problems(events) == said


def test_ragged_rows_lose_nothing():
    events = read("a1\nb1,b2\nc1,c2,c3,c4,c5\nd1,d2,d3,d4\n", plain(3))
    assert values(events) == {
        (0, "#1"): ["a1"], (1, "#1"): ["b1"], (2, "#1"): ["c1"], (3, "#1"): ["d1"],
        (0, "#2"): [None], (1, "#2"): ["b2"], (2, "#2"): ["c2"], (3, "#2"): ["d2"],
        (0, "#3"): [None], (1, "#3"): [None], (2, "#3"): ["c3"], (3, "#3"): ["d3"],
        (2, "#4"): ["c4"], (3, "#4"): ["d4"], (2, "#5"): ["c5"],
    }  # fmt: skip
    assert [e.reason for e in events if getattr(e, "code", "") == "ragged"] == ["4 rows do not have 3 fields"]


def test_ten_thousand_columns_and_more_than_allowed():
    row = ",".join(str(k) for k in range(10_000)) + "\n"
    events = read(row * 2, plain(10_000))
    assert values(events)[1, "#10000"] == ["9999"]
    assert problems(events) == []
    events = read(row, plain(10_000), limits=Limits(columns=50))
    assert len(values(events)) == 51
    assert len(values(events)[0, "#51"]) == 9950
    assert problems(events) == [("Note", "columns")]


def test_wide_table_of_short_rows_stays_small():
    names = tuple(f"c{k}" for k in range(20_000))
    tracemalloc.start()
    events = read("a,b\n" * 500_000, plain(20_000, names=names))
    assert tracemalloc.get_traced_memory()[1] < 200 << 20
    tracemalloc.stop()
    found = [c for e in events if isinstance(e, Batch) for c in e.columns]
    assert {c.name for c in found} == {"c0", "c1"}
    assert sum(len(c.values) for c in found) == 999_998
    assert ends(events)[0].rows == 499_999


def test_quote_that_is_closed_too_late_is_a_character():
    lines = "x,y,z\n" * 1001
    events = read('1,"2,3\n' + lines + 'a,b",c\n', plain(3))
    assert ends(events)[0].rows == 1003
    assert problems(events) == [("Note", "quote")]
    # a quoted cell of nearly 1000 lines is one
    events = read('1,"' + "x,y,z\n" * 999 + '",c\n', plain(3))
    assert ends(events)[0].rows == 1
    long = "z" * (1 << 20)
    assert ends(read(f'1,"{long}\n",3\n', plain(3)))[0].rows == 2
    assert ends(read(f'1,"{long[9:]}\n",3\n', plain(3)))[0].rows == 1


def test_many_unclosed_quotes_are_read_in_linear_time():
    data = ('"' + "x" * 50 + "\n" + "y,z\n" * 1200) * 200
    begin = time.perf_counter()
    events = read(data, plain(2))
    assert time.perf_counter() - begin < 5
    assert ends(events)[0].rows == 200 * 1201


@pytest.mark.parametrize("block", [1000, 4 << 20])
def test_long_cells_and_long_lines(block):
    cell = "张三" * 300_000
    wide = "x," * (3 << 20)
    events = read(f"1,{cell},3\n4,5,6\n{wide}\n7,8,9\n", plain(3), block=block)
    found = values(events)
    assert found[0, "#2"] == [cell]
    assert found[1, "#2"] == ["5"]
    assert found[2, "#text"] == [wide + "\n"]
    assert found[3, "#3"] == ["9"]
    assert ends(events)[0].rows == 4
    assert problems(events) == [("Note", "long-record")]


def test_json_in_cells_is_taken_apart():
    data = HEADER + '1,"[{""phone"": ""13900000000""}]",x\n2,[broken,"{""a"":{""b"":""{\\""c\\"":1}""}}"\n'
    found = values(read(data, plain(3, names=("loan_id", "姓名", "手机号"))))
    assert found[0, "姓名[].phone"] == ["13900000000"]
    assert found[0, "姓名"] == [None]
    assert found[1, "姓名"] == ["[broken"]
    assert found[1, "手机号.a.b.c"] == ["1"]
    assert found[1, "手机号.a.b"] == [None]


CELL = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\",\n\r';\t|{[ 张"), max_size=8)


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12),
    delimiter=st.sampled_from(",\t|;"),
    quote=st.sampled_from("\"'"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(1, 40),
)
@settings(max_examples=400, deadline=None)
def test_what_the_csv_module_writes(rows, delimiter, quote, quoting, end, block):
    # JSON in cells is another test's subject; an unquoted carriage return before a line feed is part of the line end
    rows = [[cell.replace("{", "(").replace("[", "(") for cell in row] for row in rows]
    rows = [[first, second, third.rstrip("\r")] for first, second, third in rows]
    rows = [row for row in rows if not row[0].startswith("\ufeff")]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quotechar=quote, quoting=quoting, lineterminator=end).writerows(rows)
    data = buffer.getvalue().encode()
    for events in (read(data, plain(3, delimiter, quote)), read(data, plain(3, delimiter, quote), block=block)):
        assert [[row[f"#{k}"] for k in (1, 2, 3)] for row in table(events)] == rows
        assert problems(events) == []


@given(st.text("ab,\"\n\r'1张", max_size=200), st.integers(1, 50))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_the_same_rows_in_any_blocks(text, block):
    once, again = read(text, plain(3)), read(text, plain(3), block=block)
    assert values(once) == values(again)
    assert problems(once) == problems(again)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read(data):
    assert ends(read(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("part_bytes", [40, 300, 5000, 10**7])
def test_parts_hold_every_row_once(tmp_path, encoding, quoted, part_bytes):
    rnd = random.Random(3)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["loan_id", "姓名", "备注"])
    for k in range(300):
        note = 'he said ""x"",\n\nnext, line\n' if quoted and k % 7 == 0 else "正常"
        writer.writerow([f"L{k:05d}", rnd.choice(["张三", "李四"]), note])
    path = tmp_path / "a.csv"
    path.write_bytes(buffer.getvalue().encode(encoding))
    source = DelimitedSource()
    found, count = by_parts(source, path, part_bytes, CONTEXT)
    assert found == values(whole_file(source, path, CONTEXT))
    assert len({row for row, _ in found}) == 300
    assert (count > 1) == (part_bytes < 10**6)


@given(st.text("a,\"\n1", max_size=80), st.integers(1, 30))
@settings(max_examples=150, deadline=None)
def test_any_parts_of_any_text(tmp_path_factory, text, part_bytes):
    path = tmp_path_factory.mktemp("parts") / "a.csv"
    path.write_bytes((HEADER + "1,张三,x\n" * 4 + text).encode())
    source = DelimitedSource()
    assert by_parts(source, path, part_bytes, CONTEXT)[0] == values(whole_file(source, path, CONTEXT))


def test_record_starts_far_into_a_file(tmp_path):
    """Beyond what is looked at around a boundary, and where that cannot tell records from what is inside quotes."""
    rnd = random.Random(1)
    plain_rows = [f"{k},张三,x\n" for k in range(20_000)]
    quoted = [f'"{k}","张""三\n\n, x","x"\n' for k in range(20_000)]
    tricky = [f'{k},"\n"",""\n"",""\n,",x\n' for k in range(20_000)]
    source = DelimitedSource()
    for rows in (plain_rows, quoted, tricky, [rnd.choice(pair) for pair in zip(quoted, tricky, strict=True)]):
        path = tmp_path / "a.csv"
        path.write_text(HEADER + "1,张三,x\n" * 3000 + "".join(rows))
        found, count = by_parts(source, path, 99_991, CONTEXT)
        assert count > 1
        assert found == values(whole_file(source, path, CONTEXT))


@pytest.mark.parametrize(
    ("text", "delimiter", "names"),
    [
        ("no,家庭住址\n" + "".join(f"{k},杭州市西湖区文三路{k}号\n" for k in range(1, 40)), ",", ("no", "家庭住址")),
        (HEADER + "1,张三,13812345678\n" * 3, ",", ("loan_id", "姓名", "手机号")),
        ("id|name|phone\n1|张三|138\n2|李四|139\n", "|", ("id", "name", "phone")),
        ("name\tphone\nzhang\t13812345678\nli\t13912345678\n", "\t", ("name", "phone")),
        ("'a;b';'x''y'\n'c';'d;e'\n'k';'l'\n", ";", None),
        ("a\x01b\x0113812345678\nc\x01d\x0113912345678\n", "\x01", None),
        ("Name,City\n张三,北京\n李四,上海\n王五,广州\n", ",", ("Name", "City")),
        ("khxm,sfzh,lxdh\n张三,110101199001011234,13812345678\n", ",", ("khxm", "sfzh", "lxdh")),
        ('"姓名","手机号"\r\n"张三","13812345678"\r\n"李四","13912345678"\r\n', ",", ("姓名", "手机号")),
        # data from the first row on: a value must not become a name
        ("张三,13812345678,北京\n李四,13912345678,上海\n", ",", None),
        ("张三,李四,王五\n赵六,钱七,孙八\n", ",", None),
        ("2024-01-01,张三,100.00\n2024-01-02,李四,30.00\n", ",", None),
        ("张三,男,北京市,已婚\n李四,男,上海市,未婚\n", ",", None),
        ("姓名,备注,13812345678\n张三,无,13912345678\n", ",", None),
        ("张三,客户经理,中国银行,北京\n李四,风控经理,工商银行,上海\n", ",", None),
        ("张三,未知,正常\n李四,13912345678,正常吗\n王五,13912345679,否\n", ",", None),
        ("张三,138****5678,x\n李四,139****5678,y\n", ",", None),
        # ragged, but a table
        ("姓名,手机号,备注\n张三,138,x\n李四,139,x,more\n王五\n赵六,137,x\n", ",", ("姓名", "手机号", "备注")),
    ],
)
def test_dialect(text, delimiter, names):
    found = dialect.find(text.encode())
    assert (found.delimiter, found.names) == (delimiter, names)
    assert DelimitedSource().recognises(text.encode(), "x") > TextSource().recognises(text.encode(), "x")


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01 12:00:00,123 INFO 张三, ok\n" * 5,
        "2024-01-01 12:00:00 [催收] 张三, 13812345678, 已还款\n" * 5,
        "ts=2024,level=info,msg=x\n" * 5,
        "2024-01-01 12:00:00|INFO|trace|msg here\n" * 5,
        "12:00:01.233 INFO  c.x.Y - 用户登录, 手机号 13812345678\n" * 5,
        "INSERT INTO t VALUES (1,'张三','138');\n" * 5,
        "今天天气不错, 我们去公园吧\n明天下雨, 我们在家\n后天, 再说\n",
        "催收记录：张三,李四\n催收记录：王五,李四\n",
        "Jan 12 10:00:01 host sshd[1]: Accepted password for root, port 22\n" * 4,
        '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326\n' * 4,
        "张三,13812345678\n",
        "hello\nworld\n",
        '{"a":1,"b":2}\n{"a":1,"b":2}\n',
        "",
    ],
)
def test_not_a_table(text):
    assert DelimitedSource().recognises(text.encode(), "a.log") < TextSource().recognises(text.encode(), "a.log")


def test_names():
    assert dialect.unique(["a", "", "a", "a"]) == ("a", "#2", "a#2", "a#3")
    events = read(HEADER + "1,张三,13812345678\n")
    assert values(events)[0, "手机号"] == ["13812345678"]
    assert ends(events)[0].columns == 3


def test_gb18030_and_utf16_equal_utf8():
    text = HEADER + '1,张三,"a\nb"\n2,李四,13912345678\n' * 50
    expected = values(read(text))
    for encoding in ("gb18030", "utf-16", "utf-8-sig"):
        assert values(read(text.encode(encoding))) == expected
