"""Writers: what is not changed stays to the byte, what is changed is read back, and nothing of an original is left."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sqlite3
import sys
import tempfile
import tracemalloc
import zipfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula

sys.path.insert(0, str(Path(__file__).parent / "sources"))
from reading import blob, values

from pii_audit.anonymize.registry import writers
from pii_audit.anonymize.writers.interface import Changes, WriteError
from pii_audit.sources import context_for, dialect, sniff
from pii_audit.sources.interface import Limits, Part

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030", "utf-32")  # big-endian with a mark, see ``encoded``
#: an original: if it is met in an output, in whatever place, a test fails
CANARY = "13812345678"


def encoded(text, encoding):
    return ("\ufeff" * (encoding == "utf-16-be") + text).encode(encoding)


def decoded(data, encoding):
    return data.decode(encoding).removeprefix("\ufeff")


def same(chunk):
    return Changes({at: column.values for at, column in enumerate(chunk.columns)})


def nothing(chunk):
    return Changes()


def marked(chunk):
    """Put a mark behind every value."""
    return Changes(
        {at: pc.binary_join_element_wise(column.values, "～", "") for at, column in enumerate(chunk.columns)}
    )


def replaced(**new):
    """Give all values of the named columns a new text (None: none)."""

    def change(chunk):
        return Changes(
            {
                at: pa.array([None if value is None else new[column.name] for value in column.values.to_pylist()], pa.string())
                for at, column in enumerate(chunk.columns)
                if column.name in new
            }
        )

    return change


def without(*names, rows=None):
    """Drop columns by name, and rows whose number in the table ``rows`` does not accept."""

    def change(chunk):
        drop = frozenset(at for at, column in enumerate(chunk.columns) if column.name in names)
        if rows is None:
            return Changes(drop=drop)
        return Changes(drop=drop, keep=pa.array([rows(chunk.first_row + row) for row in range(chunk.num_rows)], pa.bool_()))

    return change


def rewritten(format, data, change=same, block=None, limits=None):
    """Return the bytes written and what the writer said."""
    writer = writers()[format]
    if block is not None:
        kind = type(writer)
        writer = type(kind.__name__, (kind,), {"block": block})()
    out = io.BytesIO()
    said = writer.rewrite(blob(data.encode() if isinstance(data, str) else data), out, change, limits or Limits())
    return out.getvalue(), said


def events(data, name="f"):
    source = sniff.choose(data[: sniff.HEAD_BYTES], name)
    return source.name, list(source.read(blob(data), Part(), context_for()))


def cells(data, name="f"):
    """Return column → values, as a scan reads them."""
    found = {}
    for (_, column), texts in sorted(values(events(data, name)[1]).items(), key=lambda item: item[0][0]):
        found.setdefault(column, []).extend(texts)
    return found


# -- what every text format keeps ---------------------------------------------------------------------------------------

LINES = ["", "a", "  x ", "借款人 张伟", "a,b;c|d\te", '"q"', "2024-01-01 INFO ok", "abcdefghijklmnopqrstuvwxyz\x00abcdefghijklmnopqrstuvwxyz", "𠮷", "'", "\x85 \x0b", "{"]
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(LINES), ENDS)), st.booleans(), st.sampled_from(ENCODINGS), st.integers(5, 60))
def test_text_is_kept(lines, last, encoding, block):
    text = "".join(line + end for line, end in lines)
    data = encoded(text if last else text.rstrip("\r\n"), encoding)
    encoding = "utf-8" if encoding == "gb18030" and data.isascii() else encoding
    for change in (same, nothing):
        assert rewritten("text", data, change, block)[0] == data
    out, (said,) = rewritten("text", data, marked, block)
    plain = decoded(data, encoding)
    expected = "".join(
        line[: len(line) - len(end)] + "～" + end
        for line in plain.split("\n")[:-1]
        for end in ["\r\n" if line.endswith("\r") else "\n"]
        for line in [line + "\n"]
    )
    rest = plain.split("\n")[-1]
    assert decoded(out, encoding) == expected + (rest + "～" if rest else "")
    assert said.rows_in == said.rows_out == said.cells_changed == decoded(out, encoding).count("～")


FIELDS = st.sampled_from(
    ["", "a", "张伟", 'x"y', "1,2", "a\nb", "a\r\nb", " ", "13800000000", "=1+1", "-5", "'", "a;b|c\td", "𠮷", '"', "{", "[1]", '{"a":"b"}']
)


@settings(max_examples=200)
@given(
    st.lists(st.lists(FIELDS, min_size=1, max_size=5), min_size=0, max_size=12),
    st.sampled_from(",\t|;\x01"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from('"\''),
    st.booleans(),
    st.sampled_from(ENCODINGS),
    st.integers(5, 90),
)
@example([['"', 'x"y'], ["a\nb"]], ",", "\r\n", csv.QUOTE_MINIMAL, '"', True, "gb18030", 5)
def test_delimited_is_kept(rows, delimiter, end, quoting, quote, last, encoding, block):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting, quotechar=quote)
    writer.writerows([["编号", "姓名", "手机号"], ["1", "2", "3"], *rows])
    text = stream.getvalue()
    found = dialect.find(text.encode())
    assume(found is not None and found.names is not None and (found.delimiter, found.quote) == (delimiter, quote))
    data = encoded(text if last else text.removesuffix(end), encoding)
    for change in (same, nothing):
        assert rewritten("delimited", data, change, block)[0] == data
    before = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote))
    out, (said,) = rewritten("delimited", data, marked, block)
    after = list(csv.reader(io.StringIO(decoded(out, encoding), newline=""), delimiter=delimiter, quotechar=quote))
    named = before[0]
    assert after[0] == named
    assert [len(row) for row in after] == [len(row) for row in before]
    for row, old in zip(after[1:], before[1:], strict=True):
        for cell, was in zip(row, old, strict=True):
            if was == '{"a":"b"}':
                assert cell == '{"a":"b～"}'
            elif was == "[1]":
                assert cell == '["1～"]'
            else:
                assert cell == ("'" if was[:1] in ("=", "-") else "") + was + "～"
    assert said.cells_changed == sum(len(row) for row in before[1:] if row)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**18) | st.sampled_from(["", "张伟", 'a"b\\', "\n\t\x01", "𠮷", "/", '{"k": ["v"]}', "x" * 50]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c d", "13812345678", "é\"\\"]), inner, max_size=3),
    max_leaves=8,
)


def deep(value, change):
    """Return a value with every scalar in it, and what is JSON inside a text, changed."""
    if isinstance(value, dict):
        return {change(key) if key == CANARY else key: deep(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [deep(item, change) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(deep(json.loads(value), change), ensure_ascii=False)
    if value is None:
        return None
    return change(json.dumps(value) if not isinstance(value, str) else value)


@settings(max_examples=200)
@given(
    st.lists(JSON, max_size=6), st.booleans(), st.sampled_from([None, 1]), st.sampled_from(ENCODINGS), st.integers(5, 90),
    st.booleans(),
)  # fmt: skip
def test_json_is_kept(records, ascii_only, indent, encoding, block, lines):
    if lines:
        text = "".join(json.dumps(record, ensure_ascii=ascii_only) + "\r\n" for record in records) + "\n"
    else:
        text = json.dumps(records, ensure_ascii=ascii_only, indent=indent) + "\n"
    data = encoded(text, encoding)
    encoding = "utf-8" if encoding == "gb18030" and data.isascii() else encoding
    format = "jsonlines" if lines else "json"
    for change in (same, nothing):
        assert rewritten(format, data, change, block)[0] == data
    out, (said,) = rewritten(format, data, marked, block)
    written = decoded(out, encoding)
    assert not ascii_only or encoding != "utf-8" or written.isascii()
    made = [json.loads(line) for line in written.split("\n") if line.strip()] if lines else json.loads(written)
    assert made == [deep(record, lambda value: value + "～") for record in records]
    assert said.rows_in == len(records)


@settings(max_examples=200)
@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1]), st.integers(5, 60), st.booleans(), st.randoms(use_true_random=False))
def test_keys_and_rows_are_taken_out(records, indent, block, lines, chance):
    """What remains is JSON without the keys, whatever is taken out where."""
    text = "".join(json.dumps(record) + "\n" for record in records) if lines else json.dumps(records, indent=indent)
    gone = chance.sample(["a", "b", "c d"], 2)
    stays = [chance.random() < 0.6 for _ in records]

    def rows(at):
        return stays[at]

    paths = {column.name for _, column in _chunks("jsonlines" if lines else "json", text)}
    drop = [path for path in paths if path.rpartition(".")[2] in gone and "{" not in path]
    out, (said,) = rewritten("jsonlines" if lines else "json", text, without(*drop, rows=rows), block)
    made = [json.loads(line) for line in out.decode().splitlines()] if lines else json.loads(out)
    assert made == [_pruned(record, "", set(drop)) for record, kept in zip(records, stays, strict=True) if kept]
    assert (said.rows_in, said.rows_out) == (len(records), sum(stays))


@settings(max_examples=150)
@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1]), st.integers(1, 60), st.randoms(use_true_random=False))
def test_rows_in_several_chunks(records, indent, block, chance):
    """As if every row were too large to be taken as a whole."""
    text = json.dumps(records, indent=indent)
    gone = chance.sample(["a", "b", "c d"], 2)
    drop = {column.name for _, column in _chunks("json", text) if column.name.rpartition(".")[2] in gone}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pii_audit.anonymize.writers.json.LINE_BYTES", 3)
        assert rewritten("json", text, same, block)[0].decode() == text
        changed, _ = rewritten("json", text, marked, block)
        pruned, (said,) = rewritten("json", text, without(*drop), block)
    assert json.loads(changed) == [deep(record, lambda value: value + "～") for record in records]
    assert json.loads(pruned) == [_pruned(record, "", drop) for record in records]
    assert said.rows_in == said.rows_out == len(records)


def _chunks(format, text):
    found = []

    def change(chunk):
        found.extend((chunk, column) for column in chunk.columns)
        return Changes()

    rewritten(format, text, change)
    return found


def _pruned(value, path, drop):
    if isinstance(value, dict):
        made = {}
        for key, item in value.items():
            name = "*" if key == CANARY else key
            inner = f"{path}.{name}" if path else name
            scalar = not isinstance(item, (dict, list))
            if not (scalar and inner in drop):
                made[key] = _pruned(item, inner, drop)
        return made
    if isinstance(value, list):
        return [_pruned(item, path + "[]", drop) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        return _TextOf(_pruned(json.loads(value), path, drop))
    return value


class _TextOf:
    """Equal to a text that is JSON of a value."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, str) and json.loads(other) == self.value

    __hash__ = None


# -- delimited text -----------------------------------------------------------------------------------------------------

HEAD = "编号,姓名,手机号\n1,张伟,13812345678\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("+86 138", "'+86 138"),
        ("-x", "'-x"),
        ("\tx", "'\tx"),
        ("\rx", "\"'\rx\""),
        ("＝1", "'＝1"),
        ("-12.5", "-12.5"),  # plain numbers
        ("+8613812345678", "+8613812345678"),
        ("a=1", "a=1"),
        ("a,b", '"a,b"'),
        ('a"b', '"a""b"'),
        ("=a,b", "\"'=a,b\""),
        ("", ""),
        (None, ""),
    ],
)
def test_formulas_and_quotes(value, written):
    change = replaced(姓名=value)
    assert rewritten("delimited", HEAD, change)[0].decode() == HEAD.replace("张伟", written)
    assert rewritten("delimited", HEAD.replace("张伟", "=张伟"))[0].decode() == HEAD.replace("张伟", "=张伟")

    def exact(chunk):
        made = change(chunk)
        return Changes(made.values, exact=frozenset(made.values))

    plain_text = written.replace("'", "")
    assert rewritten("delimited", HEAD, exact)[0].decode() == HEAD.replace("张伟", plain_text)


def test_single_quotes_and_apostrophes():
    text = "编号;姓名;手机号\n1;'张;伟';13812345678\n2;'李;四';13912345678\n"
    out = rewritten("delimited", text, replaced(姓名="=it's"))[0].decode()
    assert out == text.replace("'张;伟'", "'''=it''s'").replace("'李;四'", "'''=it''s'")
    rows = list(csv.reader(io.StringIO(out), delimiter=";", quotechar="'"))
    assert rows[1][1] == rows[2][1] == "'=it's"


@pytest.mark.parametrize(
    ("gone", "rows", "expected"),
    [
        (["编号"], None, '姓名,手机号\n"张,伟",13812345678\r\n\n李\n王,2,3,4\n'),
        (["手机号"], None, '编号,姓名\n1,"张,伟"\r\n\n2,李\n3,王,3,4'),
        (["编号", "姓名", "手机号"], None, '""\n""\r\n\n""\n3,4'),
        (["#4"], None, '编号,姓名,手机号\n1,"张,伟",13812345678\r\n\n2,李\n3,王,2,4'),
        ([], lambda row: row == 1, "编号,姓名,手机号\n\n2,李\n"),
        ([], lambda row: row != 2, '编号,姓名,手机号\n1,"张,伟",13812345678\r\n\n2,李\n'),
        (["姓名"], lambda row: row == 1, "编号,手机号\n\n2\n"),
    ],
)
def test_columns_and_rows_are_left_out(gone, rows, expected):
    text = '编号,姓名,手机号\n1,"张,伟",13812345678\r\n\n2,李\n3,王,2,3,4'
    out, (said,) = rewritten("delimited", text, without(*gone, rows=rows))
    assert out.decode() == expected.replace("王,2,3,4\n", "王,2,3,4")
    assert (said.columns_in, said.columns_out) == (5, 5 - len(gone))
    assert (said.rows_in, said.rows_out) == (3, 3 if rows is None else sum(map(rows, range(3))))


def test_row_of_one_cell_stays_a_row():
    text = HEAD + "2\n"
    assert rewritten("delimited", text, replaced(编号=""))[0].decode() == HEAD.replace("\n1,", "\n,") + '""\n'


def test_rows_and_names_are_those_of_a_scan():
    """Duplicate and missing headers, ragged rows, JSON in cells, JSON in JSON in cells."""
    inner = json.dumps({"contacts": [{"phone": CANARY, "more": json.dumps({"mail": "a@b.cn"})}], "n": 1}, ensure_ascii=False)
    stream = io.StringIO(newline="")
    usual = ["1", "张", "a", "", "李", inner]
    rows = [["编号", "姓名", "城市", "金额", "姓名", "备注"], *[usual] * 6, ["2", "王"], [*usual[:5], "[1,2]", "x", "y"], usual]
    csv.writer(stream).writerows(rows)
    data = stream.getvalue().encode()
    name, read = events(data)
    assert name == "delimited"
    expected = values(read)
    got = {}

    def change(chunk):
        for column in chunk.columns:
            rows = range(len(column.values)) if column.rows is None else column.rows.tolist()
            for row, value in zip(rows, column.values.to_pylist(), strict=True):
                got.setdefault((chunk.first_row + row, column.name), []).append(value)
        return Changes()

    assert rewritten("delimited", data, change, 40)[0] == data
    assert {key: texts for key, texts in got.items() if texts != [None]} == {
        key: texts for key, texts in expected.items() if texts != [None]
    }
    path = "备注.contacts[].phone"
    out, _ = rewritten("delimited", data, replaced(**{path: 'x"y', "备注.contacts[].more.mail": "q"}), 40)
    assert CANARY.encode() not in out
    after = cells(out)
    assert set(after[path]) == {'x"y'} and set(after["备注.contacts[].more.mail"]) == {"q"} and set(after["备注.n"]) == {"1"}


@pytest.mark.parametrize("data", ["", HEAD, HEAD.splitlines()[0], "编号,姓名,手机号\r\n", "\n\n", "﻿" + HEAD])
@pytest.mark.parametrize("format", ["delimited", "text"])
def test_empty_or_header_only(format, data):
    out, (said,) = rewritten(format, data)
    assert out == data.encode()
    assert said.cells_changed == 0


def test_header_only_loses_its_column():
    out, (said,) = rewritten("delimited", "编号,姓名,手机号\n", without("手机号"))
    options = dialect.find("编号,姓名,手机号\n".encode())
    assert options.names is not None
    assert (out.decode(), said.columns_in, said.columns_out) == ("编号,姓名\n", 3, 2)


def test_encodings_may_change_half_way():
    old = "1,张伟,13812345678\n2,李四,13912345678\n"
    data = HEAD.encode() + old.encode("gb18030") + b"3,plain,x\n" + "4,王五赵六钱七孙八,13712345678\n".encode()
    assert rewritten("delimited", data)[0] == data
    out = rewritten("delimited", data, replaced(手机号="某号"))[0]
    assert out.count("某号".encode("gb18030")) == 3 and out.count("某号".encode()) == 2
    assert cells(out)["姓名"] == cells(data)["姓名"]


@pytest.mark.parametrize("format", ["delimited", "text", "jsonlines"])
def test_bytes_in_no_encoding_are_refused(format):
    data = b'{"a":"' + "张伟张伟张伟".encode() + b'"}\n' + HEAD.encode() + b"2,\xff\xfe\xff,13812345678\n"
    with pytest.raises(WriteError, match="no known encoding") as refused:
        rewritten(format, data)
    assert CANARY not in str(refused.value)


def test_long_lines_are_one_text():
    long = "x" * (5 << 20) + CANARY
    data = (HEAD + long + "\r\n2,b,c\n").encode()
    seen = []

    def change(chunk):
        seen.append((chunk.first_row, chunk.num_rows, [column.name for column in chunk.columns]))
        return Changes(
            {
                at: pa.array([value.replace(CANARY, "***") for value in column.values.to_pylist()])
                for at, column in enumerate(chunk.columns)
            }
        )

    out, (said,) = rewritten("delimited", data, change)
    assert out == data.replace(CANARY.encode(), b"***")
    assert seen == [(0, 1, ["编号", "姓名", "手机号"]), (1, 1, ["#text"]), (2, 1, ["编号", "姓名", "手机号"])]
    assert said.rows_in == 3
    for format in ("text", "jsonlines"):
        assert rewritten(format, long + "\n{}\n", change)[0] == (long + "\n{}\n").replace(CANARY, "***").encode()


def test_a_line_beyond_all_measure_is_refused():
    with pytest.raises(WriteError, match="longer than"):
        rewritten("text", b"x" * (65 << 20))


# -- JSON ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ('{"a": 13812345678}', "138****5678", '{"a": "138****5678"}'),
        ('{"a": 13812345678}', "13900000000", '{"a": 13900000000}'),
        ('{"a": 1}', "007", '{"a": "007"}'),
        ('{"a": 1}', "1.", '{"a": "1."}'),
        ('{"a": 1}', "-0.5e+3", '{"a": -0.5e+3}'),
        ('{"a": true}', "false", '{"a": false}'),
        ('{"a": true}', "maybe", '{"a": "maybe"}'),
        ('{"a": "1"}', "2", '{"a": "2"}'),
        ('{"a": "x"}', None, '{"a": null}'),
        ('{"a": 1}', None, '{"a": null}'),
        ('{"a": "张"}', 'q"\\\n\x00é', '{"a": "q\\"\\\\\\n\\u0000é"}'),
        ('{"a": "x"}', "é𠮷", '{"a": "\\u00e9\\ud842\\udfb7"}'),  # a document in ASCII stays in ASCII
    ],
)
@pytest.mark.parametrize("format", ["json", "jsonlines"])
def test_how_values_are_written(format, text, value, expected):
    assert rewritten(format, text, replaced(a=value))[0].decode() == expected


def test_lines_that_are_no_json():
    text = '{"a": "x"}\n\n  broken {13812345678\t\n{"a":"y"}'
    change = replaced(**{"#text": "gone\nhere", "a": "z"})
    assert rewritten("jsonlines", text, change)[0].decode() == '{"a": "z"}\n\n  gone here\t\n{"a":"z"}'
    out, (said,) = rewritten("jsonlines", text, without("#text", rows=lambda row: row < 2))
    assert out.decode() == '{"a": "x"}\n\n  null\t\n'
    assert (said.rows_in, said.rows_out) == (3, 2)


@pytest.mark.parametrize("text", ['{"a": 1', '[{"a": 1}, {"b"', '{"a": 1} x', "[1, 2}", '{"a": "x', '[{"a" 1}]', "[" * 600 + "]" * 600])
@pytest.mark.parametrize("block", [5, 1 << 20])
def test_documents_that_are_not_whole_are_refused(text, block):
    with pytest.raises(WriteError):
        rewritten("json", text, block=block)


@pytest.mark.parametrize("text", ["", "[]", " [ ] \n", '{"a": 1} {"a": 2}\n', '[{"a": 1}], [{"a": 2}]', "[1, [2], {}]", '"x"'])
@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_unusual_documents_are_kept(text, block):
    assert rewritten("json", text, same, block)[0].decode() == text


def test_one_row_of_many_megabytes():
    """A record larger than what is taken as a whole: values and keys go, its neighbours are filtered, it is not."""
    contacts = [{"name": f"n{k}", "phone": CANARY, "pad": "x" * 3000} for k in range(6000)]
    document = [{"id": 1}, {"id": 2, "contacts": contacts, "last": CANARY}, {"id": 3, "last": CANARY}]
    text = json.dumps(document)
    seen = []

    def change(chunk):
        seen.append((chunk.first_row, chunk.num_rows, sum(column.values.nbytes for column in chunk.columns)))
        drop = frozenset(at for at, column in enumerate(chunk.columns) if column.name == "contacts[].phone")
        made = replaced(last="0", **{"contacts[].name": "N"})(chunk)
        keep = pa.array([row != 2 for row in range(chunk.first_row, chunk.first_row + chunk.num_rows)])
        return Changes(made.values, drop, keep)

    out, (said,) = rewritten("json", text, change)
    assert len(seen) > 3 and max(size for _, _, size in seen) < 20 << 20
    pruned = [{"name": "N", "pad": contact["pad"]} for contact in contacts]
    assert json.loads(out) == [{"id": 1}, {"id": 2, "contacts": pruned, "last": "0"}]
    assert (said.rows_in, said.rows_out) == (3, 2)
    with pytest.raises(WriteError, match="too large to be filtered"):
        rewritten("json", text, without(rows=lambda row: row != 1))


# -- all formats at once ------------------------------------------------------------------------------------------------


def test_many_rows_in_bounded_chunks():
    rows = "".join(f'{k},张{k % 90},138{k:08d},"北京市朝阳区{k}号, 2单元"\r\n' for k in range(200_000))
    data = ("编号,姓名,手机号,地址\r\n" + rows).encode()
    seen = []

    def change(chunk):
        seen.append((chunk.first_row, chunk.num_rows))
        return Changes({2: pc.binary_join_element_wise("*", pc.utf8_slice_codeunits(chunk.columns[2].values, 3), "")})

    rewritten("delimited", data[:100_000])  # compiles
    sink = Sink()
    tracemalloc.start()
    (said,) = writers()["delimited"].rewrite(blob(data), sink, change, Limits())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sink.size == len(data) - 2 * 200_000
    assert peak < 120 << 20
    assert max(count for _, count in seen) < 100_000
    assert [first for first, _ in seen] == [sum(count for _, count in seen[:k]) for k in range(len(seen))]
    assert (said.rows_in, said.rows_out, said.cells_changed) == (200_000, 200_000, 200_000)


class Sink(io.RawIOBase):
    size = 0

    def writable(self):
        return True

    def write(self, data):
        self.size += len(data)
        return len(data)


def test_change_must_fit_its_chunk():
    for changes in (Changes({7: pa.array(["x"])}), Changes({0: pa.array(["x", "y"])}), Changes(keep=pa.array([True] * 9)), Changes(drop=frozenset([9]))):
        with pytest.raises(ValueError, match=r"names a column|new values for|marks of rows for"):
            rewritten("delimited", HEAD, lambda _, made=changes: made)


def test_what_a_change_raises_is_not_said_to_be_the_file():
    def change(chunk):
        raise ZeroDivisionError

    for format, data in FILES.items():
        with pytest.raises(ZeroDivisionError):
            rewritten(format, data(), change)


# -- binary formats -----------------------------------------------------------------------------------------------------


def sqlite_file(script="", rows=3):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        with closing(sqlite3.connect(path)) as db:
            db.executescript(script or SCHEMA)
            if not script:
                for k in range(rows):
                    values = (f"张{k}", f"138123456{k:02d}" if k else CANARY, 20 + k, 1.5, b"\xff\x00\x01", json.dumps({"p": CANARY}))
                    db.execute("INSERT INTO people (name, phone, age, balance, photo, memo) VALUES (?,?,?,?,?,?)", values)
                db.execute("INSERT INTO people (name, phone) VALUES ('gone', ?)", (CANARY + "9",))
                db.execute("DELETE FROM people WHERE name = 'gone'")
                db.execute("DELETE FROM log")
                db.execute("INSERT INTO log VALUES (CAST(? AS TEXT))", ("张三".encode("gb18030"),))
                db.execute("INSERT INTO numbered (oid, rowid, a) VALUES (77, 5, 'q')")
                db.execute("INSERT INTO pairs VALUES ('k', 1), ('', NULL)")
                db.execute("ANALYZE")
            db.commit()
        return path.read_bytes()


SCHEMA = """
PRAGMA page_size = 1024; PRAGMA user_version = 7;
CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, phone TEXT UNIQUE, age INT, balance REAL, photo BLOB,
  greeting TEXT GENERATED ALWAYS AS (name || '!'), memo);
CREATE INDEX by_name ON people (name); CREATE INDEX by_memo ON people (memo);
CREATE TABLE log (x); CREATE TABLE numbered (rowid, a); CREATE TABLE pairs (k TEXT PRIMARY KEY, v) WITHOUT ROWID; CREATE TABLE empty (a, b);
CREATE VIEW names AS SELECT name FROM people;
CREATE TRIGGER told AFTER INSERT ON people BEGIN INSERT INTO log VALUES ('fired'); END;
"""


def rows_of(data, query):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "b.sqlite"
        path.write_bytes(data)
        with closing(sqlite3.connect(path)) as db:
            db.text_factory = bytes
            return db.execute(query).fetchall()


def test_sqlite_is_copied():
    data = sqlite_file()
    out, said = rewritten("sqlite", data)
    for table in ("people", "log", "numbered", "pairs", "empty", "sqlite_sequence", "names"):
        assert rows_of(out, f"SELECT * FROM {table}") == rows_of(data, f"SELECT * FROM {table}")
    assert rows_of(out, "SELECT oid FROM numbered") == [(77,)]
    assert rows_of(out, "SELECT typeof(x), x FROM log") == [(b"text", "张三".encode("gb18030"))]
    assert rows_of(out, "PRAGMA user_version") == [(7,)] and rows_of(out, "PRAGMA page_size") == [(1024,)]
    assert rows_of(out, "PRAGMA integrity_check") == [(b"ok",)]
    definitions = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name"
    assert rows_of(out, definitions) == rows_of(data, definitions)
    assert b"gone" not in out
    assert [(one.source, one.rows_in) for one in said] == [("f!people", 3), ("f!log", 1), ("f!numbered", 1), ("f!pairs", 2), ("f!empty", 0)]


def test_sqlite_with_other_values():
    data = sqlite_file()
    change = replaced(**{"age": "7", "balance": "2.25", "memo.p": "x", "name": "某"})

    def each(chunk):
        made = dict(change(chunk).values)
        for at, column in enumerate(chunk.columns):
            if column.name == "phone":
                made[at] = pa.array([f"P{k}" for k in range(len(column.values))])
        return Changes(made)

    out, said = rewritten("sqlite", data, each)
    assert rows_of(out, "SELECT id, name, phone, age, balance, photo, greeting, memo FROM people")[1] == (
        2, "某".encode(), b"P1", 7, 2.25, b"\xff\x00\x01", "某!".encode(), b'{"p": "x"}',
    )  # fmt: skip
    assert b"1381234" not in out and "张0".encode() not in out
    assert said[0].cells_changed == 15
    out, said = rewritten("sqlite", data, without("memo", "photo", rows=lambda row: row != 1))
    assert rows_of(out, "SELECT * FROM people")[1][:3] == (3, "张2".encode(), b"13812345602")
    assert b"\xff\x00\x01" not in out and b'"p"' not in out
    assert said[0].notes == ("the index by_memo was left out, it needs a column that was dropped",)
    assert (said[0].rows_in, said[0].rows_out) == (3, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced(phone="same"), "breaks a rule of the table"),
        (replaced(greeting="x"), "column greeting is computed"),
        (without("phone"), "column phone cannot be dropped"),
    ],
)
def test_sqlite_that_cannot_be_written(change, reason):
    with pytest.raises(WriteError, match=reason) as refused:
        rewritten("sqlite", sqlite_file(), change)
    assert CANARY not in str(refused.value)


def test_sqlite_with_copies_is_refused():
    with pytest.raises(WriteError, match="virtual table"):
        rewritten("sqlite", sqlite_file("CREATE VIRTUAL TABLE found USING fts5(x); INSERT INTO found VALUES ('13812345678');"))
    with pytest.raises(WriteError):
        rewritten("sqlite", sqlite_file()[:3000])


def parquet_table():
    nested = pa.list_(pa.struct([("name", pa.string()), ("phone", pa.string())]))
    day = dt.datetime(2024, 1, 2, 3, 4, 5)
    return pa.table(
        {
            "name": pa.array(["张伟", None, "李四", ""]),
            "phone": pa.array([int(CANARY), None, 13912345678, 0]),
            "age": pa.array([20, 30, None, 40], pa.int16()),
            "amount": pa.array([1.5, None, 2.0, 1e20]),
            "day": pa.array([day.date(), None, day.date(), day.date()]),
            "at": pa.array([day, None, day, day], pa.timestamp("us", tz="Asia/Shanghai")),
            "price": pa.array([Decimal("1.20"), None, Decimal("3.00"), Decimal("0.05")]),
            "kind": pa.array([CANARY, "b", CANARY, None]).dictionary_encode(),
            "raw": pa.array([b"\xff", CANARY.encode(), None, b""]),
            "contacts": pa.array([[{"name": "x", "phone": CANARY}, {"name": "y", "phone": None}], None, [], [None, {"name": None, "phone": "1"}]], nested),
            "who": pa.array([{"n": {"phone": CANARY}}, None, {"n": None}, {"n": {"phone": "2"}}]),
            "tags": pa.array([[1, 2], None, [], [None]]),
            "pairs": pa.array([[("k", CANARY)], None, [], [("a", None), ("b", "c")]], pa.map_(pa.string(), pa.string())),
            "memo": pa.array([json.dumps({"p": CANARY})] * 4),
            "yes": pa.array([True, None, False, True]),
        }
    ).replace_schema_metadata({"owner": "risk"})


def parquet_file(table=None, **how):
    out = io.BytesIO()
    pq.write_table(parquet_table() if table is None else table, out, **how)
    return out.getvalue()


@pytest.mark.parametrize("how", [{}, {"compression": "zstd", "row_group_size": 2}, {"use_dictionary": False, "write_statistics": False, "version": "1.0"}])
def test_parquet_is_kept(how):
    data = parquet_file(**how)
    for change in (same, nothing):
        out, (said,) = rewritten("parquet", data, change)
        before, after = pq.ParquetFile(io.BytesIO(data)), pq.ParquetFile(io.BytesIO(out))
        assert after.read().equals(before.read())
        assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
        for group in range(before.num_row_groups):
            a, b = before.metadata.row_group(group), after.metadata.row_group(group)
            assert (a.num_rows, a.column(0).compression, a.column(0).encodings) == (b.num_rows, b.column(0).compression, b.column(0).encodings)
            assert a.column(0).is_stats_set == b.column(0).is_stats_set
        assert said.notes == () and said.rows_in == 4


def test_parquet_with_other_values():
    data = parquet_file(row_group_size=3)
    out, (said,) = rewritten("parquet", data, marked)
    assert CANARY.encode() in data
    expected = {name: [None if text is None else text + "～" for text in texts] for name, texts in cells(data).items()}
    after = cells(out)
    assert {name: texts for name, texts in after.items() if set(texts) != {None}} == {
        name: texts for name, texts in expected.items() if set(texts) != {None}
    }
    assert "column phone was int64 and is text now" in said.notes
    types = {"age": "7", "amount": "0.5", "day": "2020-02-29", "phone": "13900000000", "price": "9.99", "tags[]": "5", "yes": "true"}
    types |= {"at": "2020-02-29 00:00:00+0800"}
    types |= dict.fromkeys(["kind", "raw", "who.n.phone", "contacts[].phone", "pairs[].value", "memo.p", "name"], "x")
    out, (said,) = rewritten("parquet", data, replaced(**types))
    made = pq.read_table(io.BytesIO(out))
    assert said.notes == ()
    assert made.schema.equals(pq.read_table(io.BytesIO(data)).schema, check_metadata=True)
    assert CANARY.encode() not in out and "张伟".encode() not in out
    assert made.column("contacts").to_pylist() == [[{"name": "x", "phone": "x"}, {"name": "y", "phone": None}], None, [], [None, {"name": None, "phone": "x"}]]
    assert made.column("who").to_pylist() == [{"n": {"phone": "x"}}, None, {"n": None}, {"n": {"phone": "x"}}]
    assert made.column("raw").to_pylist()[:3] == [b"\xff", b"x", None]
    assert made.column("pairs").to_pylist()[3] == [("a", None), ("b", "x")]
    assert made.column("kind").to_pylist() == ["x", "x", "x", None]


def test_parquet_without_rows_and_columns():
    data = parquet_file()
    out, (said,) = rewritten("parquet", data, without("phone", "contacts[].phone", "tags[]", "memo.p", "raw", rows=lambda row: row in (1, 3)))
    made = pq.read_table(io.BytesIO(out))
    assert made.num_rows == 2 and "phone" not in made.schema.names and "tags" not in made.schema.names
    assert made.column("contacts").to_pylist() == [None, [None, {"name": None}]]
    assert made.column("memo").to_pylist() == ["{}", "{}"]
    assert CANARY.encode() not in out  # nor in a dictionary of which the rows left need nothing
    assert made.column("kind").to_pylist() == ["b", None]
    assert said.rows_out == 2
    with pytest.raises(WriteError, match="column pairs: one half of a map"):
        rewritten("parquet", data, without("pairs[].key"))
    empty = parquet_file(parquet_table().slice(0, 0))
    assert pq.read_table(io.BytesIO(rewritten("parquet", empty, without("phone"))[0])).schema.names[:2] == ["name", "age"]
    with pytest.raises(WriteError):
        rewritten("parquet", data[:-40] + b"x" * 40)


def test_parquet_description_by_pandas():
    described = {
        "index_columns": [{"kind": "range", "name": None, "start": 0, "stop": 4, "step": 1}],
        "columns": [
            {"name": "phone", "field_name": "phone", "pandas_type": "int64", "numpy_type": "int64", "metadata": None},
            {"name": "name", "field_name": "name", "pandas_type": "unicode", "numpy_type": "object", "metadata": None},
        ],
        "attributes": {"note": CANARY},
        "column_indexes": [],
    }
    table = parquet_table().select(["name", "phone"]).replace_schema_metadata({"pandas": json.dumps(described), "avro.schema": "{}"})
    out, _ = rewritten("parquet", parquet_file(table), lambda chunk: Changes(replaced(phone="x")(chunk).values, keep=pa.array([True, False, True, True])))
    metadata = pq.read_schema(io.BytesIO(out)).metadata
    made = json.loads(metadata[b"pandas"])
    assert made["index_columns"][0]["stop"] == 3
    assert made["columns"][0]["pandas_type"] == "unicode"
    assert "attributes" not in made and b"avro.schema" not in metadata


def workbook(change=None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "客户"
    sheet.append(["借款人名单"])
    sheet.append(["编号", "姓名", "手机号", "金额", "日期", "公式"])
    for k in range(5):
        phone = CANARY if k % 2 else int(CANARY)
        sheet.append([k + 1, f"张{k}", phone, 1000.5 + k, dt.date(2024, 1, k + 1), f'=C{k + 3}&"x"'])
    sheet["C3"].comment = Comment("call " + CANARY, "王经理")
    sheet["B4"].comment = Comment("note " + CANARY, "王经理")
    sheet["C4"].hyperlink = "tel:" + CANARY
    sheet.column_dimensions["C"].width = 33
    sheet["B3"].font = Font(bold=True)
    permitted = DataValidation(type="list", formula1=f'"{CANARY},x"')
    permitted.add("C3:C9")
    sheet.add_data_validation(permitted)
    sheet.conditional_formatting.add("C3:C9", CellIsRule(operator="equal", formula=[f'"{CANARY}"']))
    sheet.auto_filter.ref = "A2:F7"
    sheet.auto_filter.add_filter_column(2, [CANARY])
    hidden = book.create_sheet("hidden")
    hidden.sheet_state = "hidden"
    hidden.append(["姓名", "手机号"])
    hidden.append(["李四", CANARY])
    book.create_sheet("空")
    book.defined_names["secret"] = DefinedName("secret", attr_text=f'"{CANARY}"')
    book.properties.creator = book.properties.lastModifiedBy = "王经理"
    book.properties.title = CANARY
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_excel_is_kept():
    data = workbook()
    out, said = rewritten("excel", data)
    assert cells(out, "f.xlsx") == cells(data, "f.xlsx")
    before, after = openpyxl.load_workbook(io.BytesIO(data)), openpyxl.load_workbook(io.BytesIO(out))
    assert after.sheetnames == before.sheetnames and after["hidden"].sheet_state == "hidden"
    for sheet in before:
        for row in sheet.iter_rows():
            for cell in row:
                other = after[sheet.title][cell.coordinate]
                assert (other.value, other.data_type, other.number_format, other.font.b) == (cell.value, cell.data_type, cell.number_format, cell.font.b)
    assert after["客户"].column_dimensions["C"].width == 33
    assert "王经理" not in "".join(map(str, members(out).values()))
    assert after["客户"]["B4"].comment.text == "note " + CANARY
    assert [(one.source, one.rows_in) for one in said] == [("f!客户", 5), ("f!hidden", 1), ("f!空", 0)]
    assert "formulas have no results until they are calculated again" in said[0].notes


def test_excel_with_other_values():
    change = replaced(手机号="13900000000", 日期="2020-02-29", 姓名="=x", **{"#comments": "gone"})
    out, said = rewritten("excel", workbook(), change)
    for name, content in members(out).items():
        assert CANARY.encode() not in content, name
        assert "王经理".encode() not in content and "张0".encode() not in content, name
    sheet = openpyxl.load_workbook(io.BytesIO(out))["客户"]
    assert [sheet["C3"].value, sheet["C4"].value] == [13900000000, "13900000000"]  # a number and a text, as they were
    assert sheet["E3"].value == dt.datetime(2020, 2, 29)
    assert (sheet["B3"].value, sheet["B3"].data_type, sheet["B3"].quotePrefix, sheet["B3"].font.b) == ("=x", "s", True, True)
    assert sheet["F3"].value == '=C3&"x"'
    assert sheet["C3"].comment is None and sheet["B4"].comment is None and sheet["C4"].hyperlink is None
    assert said[0].cells_changed == 17


def test_excel_without_rows_and_columns():
    out, said = rewritten("excel", workbook(), without("手机号", "#comments", rows=lambda row: row % 2 == 0))
    for name, content in members(out).items():
        assert CANARY.encode() not in content and "张1".encode() not in content, name
    sheet = openpyxl.load_workbook(io.BytesIO(out))["客户"]
    assert [cell.value for cell in sheet[2]] == ["编号", "姓名", "金额", "日期", "公式"]
    assert [cell.value for cell in sheet[4]] == [3, "张2", 1002.5, dt.datetime(2024, 1, 3), None]
    assert sheet.max_row == 5 and sheet["B3"].font.b
    assert any("formulas" in note and "left out" in note for note in said[0].notes)
    assert (said[0].rows_in, said[0].rows_out) == (5, 3)


def test_excel_results_of_formulas_do_not_stay():
    """An array formula over phones: what it showed in other cells goes, and so do charts with their copies."""

    def change(book):
        sheet = book["客户"]
        sheet["H3"] = ArrayFormula("H3:H7", "=C3:C7")
        for row in range(4, 8):
            sheet[f"H{row}"] = CANARY
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=3, min_row=3, max_row=7))
        sheet.add_chart(chart, "K2")

    out, said = rewritten("excel", workbook(change), replaced(手机号="x", **{"#comments": "x"}))
    for name, content in members(out).items():
        assert CANARY.encode() not in content, name
        assert not name.startswith("xl/charts"), name
    assert "1 charts of the workbook were left out" in said[0].notes


def test_excel_under_merged_cells():
    """What lies under a merged cell, seen by a scan and by nobody else, goes."""

    def change(book):
        book["客户"].merge_cells("A10:C10")
        book["客户"]["A10"] = "备注"

    content = members(workbook(change))
    sheet = content["xl/worksheets/sheet1.xml"].decode()
    content["xl/worksheets/sheet1.xml"] = re.sub(
        r'(<c r="A10".*?</c>)(<c r="B10" ?/>)?(<c r="C10" ?/>)?', rf'\1<c r="C10"><v>{CANARY}</v></c>', sheet
    ).encode()
    data = _zipped(content)
    assert cells(data, "f.xlsx")["手机号"].count(CANARY) == 7
    out, _ = rewritten("excel", data, replaced(手机号="x", **{"#comments": "x"}))
    assert not [name for name, part in members(out).items() if CANARY.encode() in part]


@pytest.mark.parametrize("format", ["sqlite", "parquet"])
def test_nothing_waits_outside_of_the_folder_of_the_output(tmp_path, monkeypatch, format):
    data = FILES[format]()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / "new").open("wb") as stream:
        writers()[format].rewrite(blob(data), stream, same, Limits())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as xlsx"),
        (lambda: _zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}), "save it as xlsx"),
        (lambda: _zipped({**members(workbook()), "xl/vbaProject.bin": b"x"}), "macros"),
        (lambda: workbook()[:-300], "damaged"),
    ],
)
def test_workbooks_that_are_refused(data, reason):
    with pytest.raises(WriteError, match=reason):
        rewritten("excel", data())


def _zipped(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_missing_library_names_its_extra(monkeypatch):
    data = workbook()
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(WriteError, match=r"pii-audit\[excel\]"):
        rewritten("excel", data)


FILES = {
    "text": f"call {CANARY}\n".encode,
    "delimited": HEAD.encode,
    "jsonlines": lambda: 2 * (json.dumps({"phone": CANARY}) + "\n").encode(),
    "json": lambda: json.dumps([{"phone": CANARY}]).encode(),
    "sqlite": sqlite_file,
    "parquet": parquet_file,
    "excel": workbook,
}


def test_every_writer_is_tested():
    assert set(writers()) == set(FILES)


@pytest.mark.parametrize("format", FILES)
def test_nothing_of_an_original_is_left(format):
    """Every value that holds the original gets another; then it occurs nowhere in the bytes, unpacked or not."""

    def change(chunk):
        made = {}
        for at, column in enumerate(chunk.columns):
            texts = column.values.to_pylist()
            if any(text and CANARY in text for text in texts):
                made[at] = pa.array([text and text.replace(CANARY, f"<{chunk.first_row + k}>") for k, text in enumerate(texts)], pa.string())
        return Changes(made)

    data = FILES[format]()
    out, _ = rewritten(format, data, change)
    unpacked = members(out) if format == "excel" else {"": out}
    assert any(CANARY.encode() in content for content in (members(data) if format == "excel" else {"": data}).values())
    assert not [name for name, content in unpacked.items() if CANARY.encode() in content or CANARY.encode("utf-16-le") in content]
    assert events(out, "f.xlsx" if format == "excel" else "f")[0] == format
