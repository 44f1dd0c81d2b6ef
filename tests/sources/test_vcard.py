"""Phone books."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import blob, ends, problems, values

from pii_audit.sources.text import TextSource
from pii_audit.sources.vcard import VCardSource, read_vcard

CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0;=E4=B8=
=89;;;
TEL;CELL:138-0000-5678
TEL;TYPE="x:y,z":010-12345678
item1.EMAIL;TYPE=INTERNET:a@b.cn
NOTE:one
  two\\, three\\nfour
PHOTO;ENCODING=BASE64;JPEG:AAAA
 BBBB

END:VCARD
BEGIN:VCARD
FN:李四
NOTE;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=C4=E3=BA=C3
ADR:;;中关村大街1号;北京;;100080;中国
END:VCARD
"""
FOUND = {
    (0, "N"): ["张;三;;;"],
    (0, "TEL[]"): ["138-0000-5678", "010-12345678"],
    (0, "EMAIL"): ["a@b.cn"],
    (0, "NOTE"): ["one two, three\nfour"],
    (0, "PHOTO"): ["AAAABBBB"],
    (1, "FN"): ["李四"],
    (1, "NOTE"): ["你好"],
    (1, "ADR"): [";;中关村大街1号;北京;;100080;中国"],
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [1, 4 << 20])
def test_cards(encoding, end, block):
    events = list(read_vcard(blob(CARDS.replace("\n", end).encode(encoding)), block))
    assert values(events) == FOUND
    assert problems(events) == []
    assert ends(events)[0].rows == 2


@pytest.mark.parametrize(
    ("text", "found", "said"),
    [
        # no end, no beginning, no property
        ("BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nFN:b\n", {(0, "FN"): ["a"], (1, "FN"): ["b"]}, []),
        ("FN:a\nEND:VCARD\nTEL:1\n", {(0, "FN"): ["a"], (1, "TEL[]"): ["1"]}, []),
        ("BEGIN:VCARD\nFN:a\n13800001234\nEND:VCARD\n", {(0, "FN"): ["a"], (0, "#text"): ["13800001234"]}, [("Note", "malformed")]),
        # a character set that is not known, or not true
        ("N;CHARSET=nope;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0\n", {(0, "N"): ["张"]}, []),
        ("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=FF=FF\n", {(0, "N"): ["\ufffd\ufffd"]}, [("Skipped", "undecodable")]),
    ],
)  # fmt: skip
def test_broken_cards_lose_nothing(text, found, said):
    events = list(read_vcard(blob(text.encode())))
    assert values(events) == found
    assert problems(events) == said


def test_very_long_lines_are_text_beside_their_card():
    long = "NOTE:" + "x" * (5 << 20)
    events = list(read_vcard(blob(f"BEGIN:VCARD\nFN:a\n{long}\nTEL:1\nEND:VCARD\nBEGIN:VCARD\nFN:b\nEND:VCARD".encode())))
    assert values(events) == {(0, "FN"): ["a"], (0, "#text"): [long + "\n"], (0, "TEL[]"): ["1"], (1, "FN"): ["b"]}
    assert problems(events) == [("Note", "long-record")]
    assert ends(events)[0].rows == 2


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read(data):
    assert ends(list(read_vcard(blob(b"BEGIN:VCARD\n" + data))))


def test_recognises():
    assert VCardSource().recognises(b"\xef\xbb\xbfBEGIN:VCARD\r\n", "x") > 0.9
    assert VCardSource().recognises(CARDS.encode("utf-16"), "x") > 0.9
    assert VCardSource().recognises(b"BEGIN:VCARDS", "a.vcf") < TextSource().recognises(b"BEGIN:VCARDS", "a.vcf")
