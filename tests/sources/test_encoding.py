"""Encodings: what is proposed, what is read, where it changes, what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import blob, ends, problems, values

from pii_audit.model.dataset import Note, Skipped
from pii_audit.sources.encoding import TextReader, propose
from pii_audit.sources.text import read_text

CHINESE = "借款人张三，逾期十二天。\n"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"plain\n", None),
        ("张三".encode(), "utf-8"),
        ("张三".encode("utf-8-sig"), "utf-8-bom"),
        ("张三".encode("gbk"), "gb18030"),
        (("张三\n" * 9999).encode()[: 1 << 16], "utf-8"),  # the head may end inside a character
        (("a" + "张三\n" * 30_000).encode("gbk")[: 1 << 16], "gb18030"),
        (b"ok \xe4\xb8", "gb18030"),  # a file should not
        ("a,b\n1,2\n".encode("utf-16"), "utf-16-le"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-16-le"),
        ("a,b\n1,2\n".encode("utf-16-be"), "utf-16-be"),
        ("a".encode("utf-32"), "utf-32-le"),
        (b"\x84\x31\x95\x33abc", "gb18030"),
        (b"a\0b\0\0c" * 9, None),  # zero bytes on both sides: not UTF-16
        (b"\xff\x00\xff\xff\x80" * 20, "undecodable"),
    ],
)
def test_proposal(head, encoding):
    assert propose(head) == encoding


@pytest.mark.parametrize(
    ("data", "encoding", "lines", "said"),
    [
        (b"", "utf-8", [], []),
        (b"\n", "utf-8", ["\n"], []),
        ("张\r\nb\rc\0d".encode(), "utf-8", ["张\r\n", "b\rc\0d"], []),
        ("张\n".encode("utf-8-sig"), "utf-8-bom", ["张\n"], []),
        (("a\n" + CHINESE).encode("gb18030"), "gb18030", ["a\n", CHINESE], []),
        ("𠀀ḿ€😀\n".encode("gb18030"), "gb18030", ["𠀀ḿ€😀\n"], []),
        (CHINESE.encode("utf-16"), "utf-16-le", [CHINESE], []),
        (CHINESE.encode("utf-32-le"), "utf-8", None, None),  # without mark: not recognised, but no crash
        # UTF-8, then GB18030, and the other way round
        (CHINESE.encode() + CHINESE.encode("gbk"), "utf-8", [CHINESE] * 2, [("Note", "encoding-change")]),
        (CHINESE.encode("gbk") + CHINESE.encode(), "gb18030", [CHINESE] * 2, [("Note", "encoding-change")]),
        # in neither
        (b"ab\xff\xffc\n" + CHINESE.encode(), "utf-8", ["ab\ufffd\ufffdc\n", CHINESE], [("Skipped", "undecodable")]),
        (
            CHINESE.encode("gbk") + b"ab\xffc\n",
            "gb18030",
            [CHINESE, "ab\ufffdc\n"],
            [("Skipped", "undecodable")],
        ),
        # a lone surrogate
        (b"\xff\xfe" + b"a\0\0\xd8\n\0" * 4, "utf-16-le", ["a\ufffd\n"] * 4, [("Skipped", "undecodable")]),
    ],
)
def test_reading(data, encoding, lines, said):
    events = list(read_text(blob(data)))
    if lines is not None:
        assert [value for (value,) in values(events).values()] == lines
        assert problems(events) == said
        assert ends(events)[0].encoding == encoding
    assert ends(events)[0].bytes == len(data)


def test_change_names_the_byte_of_the_first_foreign_line():
    data = CHINESE.encode() + b"ascii\n" + CHINESE.encode("gbk") * 3 + CHINESE.encode()
    (note,) = [e for e in read_text(blob(data, "x.log")) if isinstance(e, Note)]
    assert note.what == f"x.log: byte {len(CHINESE.encode()) + 6}"
    assert "from utf-8 to gb18030" in note.reason


def test_undecodable_bytes_are_counted_once():
    data = b"ok\n" + b"\xff\xfe\xff\n" * 10
    (skipped,) = [e for e in read_text(blob(data, "x")) if isinstance(e, Skipped)]
    assert (skipped.what, skipped.code) == ("x: byte 3", "undecodable")
    assert skipped.reason.startswith("30 bytes")


def test_ascii_then_gb18030_is_no_change():
    data = b"ascii only\n" * 20_000 + CHINESE.encode("gbk")
    events = list(read_text(blob(data)))
    assert problems(events) == []
    assert ends(events)[0].encoding == "gb18030"


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda t: not t.startswith("\ufeff")))
@settings(max_examples=200, deadline=None)
def test_gb18030_reads_what_python_writes(text):
    try:
        data = text.encode("gb18030")
        expected = data.decode("gb18030")
    except UnicodeError:
        return
    reader = TextReader(blob(data).open(), "x", encoding="gb18030")
    got = b"".join(bytes(chunk.buffer[: chunk.size]) for chunk in reader).decode()
    if not reader.problems():  # a line may by chance be UTF-8 as well
        assert got == expected


@given(st.binary(max_size=400), st.integers(1, 9))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_alike_in_any_blocks(data, block):
    once = list(read_text(blob(data)))
    again = list(read_text(blob(data), None, block))
    assert values(once) == values(again)
    assert problems(once) == problems(again)
    assert ends(once) == ends(again)


def test_stray_nuls_do_not_make_utf_16() -> None:
    assert propose(b"a,mobile\n1,138\x0012345678\n2,13812345678\n") is None
    assert propose("名称,a\x00b\n张三,c\x00d\n".encode()) == "utf-8"


def test_utf_8_that_turns_into_gb18030_is_utf_8_first() -> None:
    head = "客户手机13812345678\n".encode() * 5 + "客户手机13912345678\n".encode("gb18030") * 5
    assert propose(head) == "utf-8"
    assert propose("客户手机13912345678\n".encode("gb18030") * 5) == "gb18030"
