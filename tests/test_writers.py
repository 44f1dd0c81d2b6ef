"""Writers: what is not changed stays to the byte, what is changed is read back, and nothing of an original is left."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "sources"))
from reading import blob, values

from pii_audit.anonymize.registry import writers
from pii_audit.anonymize.writers.delimited import DelimitedWriter
from pii_audit.anonymize.writers.interface import Changes
from pii_audit.anonymize.writers.json import JsonWriter
from pii_audit.anonymize.writers.jsonlines import JsonLinesWriter
from pii_audit.anonymize.writers.text import TextWriter
from pii_audit.sources import context_for, dialect, sniff
from pii_audit.sources.interface import Limits, Part

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030", "utf-32")  # big-endian with a mark, see ``encoded``
TEXTS = {"text": TextWriter, "delimited": DelimitedWriter, "jsonlines": JsonLinesWriter, "json": JsonWriter}
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
