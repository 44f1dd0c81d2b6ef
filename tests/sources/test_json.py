"""JSON: our leaves are those of a plain flattening in Python, whatever the chunks; nothing hostile breaks it."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import blob, by_parts, ends, problems, values, whole_file

from pii_audit.sources import context_for
from pii_audit.sources.interface import Column
from pii_audit.sources.json_tape import expand
from pii_audit.sources.jsonlines import JsonLinesSource, JsonSource, read_json, read_jsonlines
from pii_audit.sources.text import TextSource

CONTEXT = context_for()


def flatten(value, row, path="", into=None):
    """The plain reading of the contract, for values without data-like keys and without JSON in strings."""
    into = defaultdict(list) if into is None else into
    if isinstance(value, dict):
        for key, inner in value.items():
            flatten(inner, row, f"{path}.{key}" if path else key, into)
    elif isinstance(value, list):
        for inner in value:
            flatten(inner, row, path + "[]", into)
    else:
        text = {True: "true", False: "false", None: None}.get(value) if isinstance(value, (bool, type(None))) else value
        into[row, path or "[]"].append(text if text is None or isinstance(text, str) else json.dumps(value))
    return into


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda t: t.strip()[:1] not in "{[" or not t.strip())
KEY = st.text("abcx_名\"\\\n é", min_size=1, max_size=6)
TREE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(TREE, max_size=6), st.booleans(), st.integers(1, 30))
@settings(max_examples=300, deadline=None)
def test_leaves_of_documents(records, ascii, block):
    expected = defaultdict(list)
    for row, record in enumerate(records):
        flatten(record, row, "", expected)
    data = json.dumps(records, ensure_ascii=ascii, indent=block % 3 or None).encode()
    for events in (list(read_json(blob(data))), list(read_json(blob(data), block=block))):
        assert values(events) == dict(expected)
        assert problems(events) == []
        assert ends(events)[0].rows == len(records)


@given(st.lists(TREE, max_size=6), st.booleans(), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_leaves_of_lines(records, ascii, block):
    expected = defaultdict(list)
    for row, record in enumerate(records):
        flatten(record, row, "", expected)
    data = "\r\n\n".join(json.dumps(record, ensure_ascii=ascii) for record in records).encode()
    for events in (list(read_jsonlines(blob(data))), list(read_jsonlines(blob(data), block=block))):
        assert values(events) == dict(expected)
        assert problems(events) == []
        assert ends(events)[0].rows == len(records)


@given(st.text("{}[]\",:\\u0dDnul1e.- \n张", max_size=120), st.integers(1, 20))
@settings(max_examples=500, deadline=None)
def test_any_text_gives_the_same_in_any_chunks(text, block):
    for reader in (read_json, read_jsonlines):
        once, again = list(reader(blob(text.encode()))), list(reader(blob(text.encode()), block=block))
        assert values(once) == values(again)
        assert problems(once) == problems(again)
        assert ends(once)[0].rows == ends(again)[0].rows


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read(data):
    for reader in (read_json, read_jsonlines):
        assert ends(list(reader(blob(data))))


@pytest.mark.parametrize(
    ("text", "found", "said"),
    [
        # one object is row 0, items of an outermost array are rows, documents may follow each other
        ('{"a":{"b":1}}', {(0, "a.b"): ["1"]}, []),
        ('[{"a":1},{"a":"x"}]', {(0, "a"): ["1"], (1, "a"): ["x"]}, []),
        ('[1,[2,[3]],{"a":[{"b":4}]}]', {(0, "[]"): ["1"], (1, "[]"): ["2"], (1, "[][]"): ["3"], (2, "a[].b"): ["4"]}, []),
        ('{"a":1}{"a":2}\n[{"a":3}],5', {(0, "a"): ["1"], (1, "a"): ["2"], (2, "a"): ["3"], (3, "[]"): ["5"]}, []),
        # escapes (RFC 8259 section 7)
        (r'{"\u0061":"\u00e9\ud83d\ude00\n\"\\\/\t"}', {(0, "a"): ['é😀\n"\\/\t']}, []),
        (r'["\ud83d","\ude00x","\ud83d\n"]', {(0, "[]"): ["\ufffd"], (1, "[]"): ["\ufffdx"], (2, "[]"): ["\ufffd\n"]}, []),
        (r'["\x","\u12"]', {(0, "[]"): ["\\x"], (1, "[]"): ["\\u12"]}, []),
        ('[13812345678, 1.50, NaN, null]', {(0, "[]"): ["13812345678"], (1, "[]"): ["1.50"], (2, "[]"): ["NaN"], (3, "[]"): [None]}, []),
        # keys that are data
        ('{"c":{"13812345678":{"n":"x"}}}', {(0, "c.#key"): ["13812345678"], (0, "c.*.n"): ["x"]}, []),
        ('{"a@b.cn":1}', {(0, "#key"): ["a@b.cn"], (0, "*"): ["1"]}, []),
        # cut off
        ('[{"a":1},{"a":"2', {(0, "a"): ["1"], (1, "#text"): ['"2']}, [("Note", "malformed"), ("Skipped", "truncated")]),
        ('[{"a":1},{"a":2', {(0, "a"): ["1"], (1, "a"): ["2"]}, [("Skipped", "truncated")]),
        ('[{"a":1}', {(0, "a"): ["1"]}, [("Skipped", "truncated")]),
        # no JSON from somewhere on
        ('[{"a":1} oops 138]', {(0, "a"): ["1"], (1, "#text"): ["oops 138]"]}, [("Note", "malformed")]),
        # nothing at all between documents
        ('1""' * 3, {(k, "[]"): ["" if k % 2 else "1"] for k in range(6)}, []),
        ("", {}, []),
    ],
)  # fmt: skip
def test_documents(text, found, said):
    events = list(read_json(blob(text.encode())))
    assert values(events) == found
    assert problems(events) == said


@pytest.mark.parametrize(
    ("text", "found", "said"),
    [
        ('{"a":1}\n\n{"a":2},\r\n', {(0, "a"): ["1"], (1, "a"): ["2"]}, []),
        ('{"a":1}\n{"a":[2,\n{"a":3}\n', {(0, "a"): ["1"], (1, "#text"): ['{"a":[2,'], (2, "a"): ["3"]}, [("Note", "malformed")]),
        ('{"a":1} x\n{"a":1}{"b":1}\n', {(0, "#text"): ['{"a":1} x'], (1, "#text"): ['{"a":1}{"b":1}']}, [("Note", "malformed")]),
        ('[1,2]\n5\n', {(0, "[]"): ["1", "2"], (1, "[]"): ["5"]}, []),
    ],
)  # fmt: skip
def test_lines(text, found, said):
    events = list(read_jsonlines(blob(text.encode())))
    assert values(events) == found
    assert problems(events) == said


@pytest.mark.parametrize("depth", [511, 10_000, 1_000_000])
def test_depth(depth):
    deep = "[" * depth + "13812345678" + "]" * depth
    events = list(read_json(blob(f'[1,{deep},{{"a":2}}]'.encode())))
    found = values(events)
    assert found[0, "[]"] == ["1"]
    assert found[2, "a"] == ["2"]
    if depth < 512:
        assert found[1, "[]" * depth] == ["13812345678"]
        assert problems(events) == []
    else:
        assert "13812345678" in found[1, "#text"][0]
        assert problems(events) == [("Skipped", "too-deep")]
    lines = list(read_jsonlines(blob(f'{{"a":1}}\n{deep}\n{{"a":2}}'.encode())))
    assert ("13812345678" in values(lines)[1, "[]" * depth if depth < 512 else "#text"][0]) is True
    assert problems(lines) == ([] if depth < 512 else [("Skipped", "too-deep")])
    # an object in an object
    deep = '{"k":' * depth + "1" + "}" * depth
    assert ends(list(read_json(blob(deep.encode()))))[0].rows == 1


@pytest.mark.parametrize("block", [500_000, 4 << 20])
def test_strings_longer_than_anything_held(block):
    text = "张\n" * 4_000_000
    data = json.dumps({"a": text, "b": [1, "z"], "k": "x" * 1_500_000}, ensure_ascii=False).encode()
    events = list(read_json(blob(data), block=block))
    assert values(events) == {(0, "a"): [text], (0, "b[]"): ["1", "z"], (0, "k"): ["x" * 1_500_000]}
    assert problems(events) == []
    events = list(read_jsonlines(blob(data + b'\n{"a":1}\n'), block=block))
    assert values(events) == {(0, "#text"): [data.decode() + "\n"], (1, "a"): ["1"]}
    assert problems(events) == [("Note", "long-record")]


def test_very_many_keys_become_data():
    data = json.dumps({f"k{k}x": k for k in range(3000)}).encode()
    found = values(list(read_json(blob(data))))
    assert len(found) == 1002
    assert len(found[0, "#key"]) == len(found[0, "*"]) == 2000


@pytest.mark.parametrize("part_bytes", [1, 50, 1000, 10**7])
def test_parts_hold_every_line_once(tmp_path, part_bytes):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"n": k, "名": ["张三"] * (k % 5)}) + "\n" for k in range(200)))
    source = JsonLinesSource()
    found, count = by_parts(source, path, part_bytes, CONTEXT)
    assert found == values(whole_file(source, path, CONTEXT))
    assert (count > 1) == (part_bytes <= 1000)


def test_expand():
    cells = ['{"a":[{"p":"1"}]}', "plain", None, "[1, 2]", "{broken", ' {"b":"{\\"c\\":3}"} ', "[]"]
    rows = np.array([5, 6, 7, 8, 9, 10, 11])
    for kind in (pa.string(), pa.large_string()):
        made = {c.name: c for c in expand(Column("col", pa.array(["x", *cells], kind)[1:], rows))}
        assert {name: (c.values.to_pylist(), c.rows.tolist()) for name, c in made.items()} == {
            "col": ([None, "plain", None, None, "{broken", None, None], rows.tolist()),
            "col.a[].p": (["1"], [5]),
            "col[]": (["1", "2"], [8, 8]),
            "col.b": ([None], [10]),
            "col.b.c": (["3"], [10]),
        }
    same = Column("c", pa.array(["{", "x"]))
    assert expand(same) == (same,)


def test_json_in_json_is_followed_three_levels():
    value = '{"v":1}'
    for _ in range(5):
        value = json.dumps({"v": value})
    found = values(list(read_json(blob(value.encode()))))
    assert [name for _, name in found] == ["v", "v.v", "v.v.v", "v.v.v.v"]
    assert found[0, "v.v.v.v"][0].startswith("{")


@pytest.mark.parametrize(
    ("text", "winner"),
    [
        ('[{"a":1},\n{"a":2}]', "json"),
        ('{\n "a": 1\n}\n', "json"),
        ('{"a":1}', "json"),
        ('[\n{"a":1},\n{"a":2}\n]', "json"),
        ('{"a":1}\n{"a":2}\n', "jsonlines"),
        ('{"a":1}\n{"a":2}\nbroken\n', "jsonlines"),
        ("[INFO] started\n[INFO] x\n", "text"),
        ("[2024-01-01 10:00:00] x\n", "text"),
        ("{thread} hello\n", "text"),
        ("12\n13\n", "text"),
        ("", "text"),
    ],
)
def test_recognises(text, winner):
    head = text.encode()
    sure = {source.name: source.recognises(head, "x") for source in (JsonSource(), JsonLinesSource(), TextSource())}
    assert max(sure, key=sure.__getitem__) == winner
    assert JsonSource().recognises(text.encode("utf-16"), "x") == sure["json"]
