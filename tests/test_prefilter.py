"""The expression handed to RE2 matches wherever the ``regex`` package, as Presidio uses it, matches."""

from __future__ import annotations

import re
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pii_audit.recognizers.prefilter import matching, necessary

PRESIDIO = int(re.DOTALL | re.MULTILINE | re.IGNORECASE)
FLAGS = [0, *map(int, (re.IGNORECASE, re.MULTILINE, re.DOTALL, re.IGNORECASE | re.MULTILINE)), PRESIDIO]
#: letters whose case folding is no plain matter, digits and spaces beyond ASCII, what RE2 and others treat apart
ODD = "aAbBkKsSiI019_-. \t\n\r\x0b\x1c\x1f\x85\xa0\u2028ſKKİıßẞéÉΣςσ汉号０９٣²Ⅷª\u0345\u200d\U0001d7d8𐐀\0{}[]\\"


def found(expression: str, flags: int, text: str) -> bool:
    return regex.search(expression, text, flags=flags, timeout=5) is not None


def possible(expression: str, flags: int, text: str) -> bool:
    """Return whether the filter lets a text through."""
    return matching(pa.array([None, text]), [(expression, flags)]).tolist() == [1]


def check(expression: str, flags: int, texts: list[str]) -> int:
    """Return how many of the texts match; all of these have to pass."""
    count = 0
    for text in texts:
        if found(expression, flags, text):
            count += 1
            assert possible(expression, flags, text), (expression, necessary(expression, flags), text)
    return count


# -- generated -------------------------------------------------------------------------------------------------------

_LITERALS = st.sampled_from(["a", "k", "S", "1", "-", "ab", "汉", "ss", "身份证", *ODD.rstrip("{}[]\\"), "{"]).map(re.escape)
_TEXTS = st.lists(st.one_of(st.sampled_from("aAbkKsS1- ſK汉\n"), st.sampled_from([*ODD, "身份证", "ss"])), max_size=20).map("".join)
_CLASSES = st.sampled_from([
    r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", "[a-z]", "[^a-z]", "[A-Z0-9]", "[k-s]", r"[\d_]", r"[^\d\s]", r"[\w-]",
    "[ſ-ƀ]", "[K]", "[İı]", r"[\S]", "[0-９]", "[^K]", r"\x41", r"\u212a", r"\t", "[!-~]", "[é汉]", "[]a]", "[a-]",
])  # fmt: skip
_ASSERTIONS = st.sampled_from([
    r"\b", r"\B", "^", "$", r"\A", r"\Z", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"(?<=\d)", r"(?<![0-9])", "(?=.*1)", "(?:)",
])  # fmt: skip
_COUNTS = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{2,}", "{1,3}?", "*+", "++", "?+", "{1,2}+"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"({part})"),
        inner.map(lambda part: f"(?>{part})"),
        inner.map(lambda part: rf"({part})-?\1"),
        inner.map(lambda part: f"(?:{part}|)"),
        inner.map(lambda part: f"(?P<name>{part})"),
        st.builds("(?:{0}){1}".format, inner, _COUNTS),
    )


EXPRESSIONS = st.recursive(st.one_of(_LITERALS, _CLASSES, _ASSERTIONS), _grown, max_leaves=7)


@settings(max_examples=1500)
@given(
    expression=EXPRESSIONS,
    flags=st.sampled_from(FLAGS),
    texts=st.lists(_TEXTS, min_size=3, max_size=8),
)
@example("K", PRESIDIO, ["k", "K", "K"])
@example(r"\w", 0, ["٣", "汉", "²"])
def test_what_matches_passes(expression: str, flags: int, texts: list[str]) -> None:
    try:
        regex.compile(expression, flags)
    except regex.error:
        return
    check(expression, flags, texts)


# -- a list of traps: expression, flags, texts of which all match ----------------------------------------------------

TRAPS = [
    (r"(?<=号)\d{6}(?!\d)", 0, ["号123456"]),
    (r"(?<![0-9])1[3-9]\d{9}(?![0-9])", PRESIDIO, ["电话13812345678。", "１３８" + "13812345678"]),
    (r"(?<=(?:id|身份证)[:：]{0,3})\d+", PRESIDIO, ["ID:1", "身份证：：２"]),
    (r"(?=.*1)(?=.*2)a", re.DOTALL, ["a\n12", "a21"]),
    (r"\bpass\b", PRESIDIO, ["paſs", "PASS", "a pAſS"]),
    (r"\bK\b", PRESIDIO, ["k", "K"]),
    ("straße", PRESIDIO, ["STRAßE", "straẞe"]),
    ("i", PRESIDIO, ["I", "i"]),
    ("İ", PRESIDIO, ["İ"]),
    ("ı", PRESIDIO, ["ı"]),
    ("[h-l]", PRESIDIO, ["K", "K", "I"]),
    ("[^a]", PRESIDIO, ["b", "\n", "K"]),
    ("σ", PRESIDIO, ["ς", "Σ"]),
    (r"(\d)(\d)\2\1", 0, ["1221", "x0330"]),
    (r"(?P<q>['\"])a(?P=q)", 0, ["'a'", '"a"']),
    (r"(a)?b(?(1)c|d)", 0, ["abc", "bd"]),
    (r"a++b", 0, ["aab"]),
    (r"(?>a|ab)c", 0, ["ac"]),
    (r"(?:ab){1001}", 0, ["ab" * 1001]),
    (r"a{1001,2000}b", 0, ["a" * 1001 + "b"]),
    (r"(?:a{300}){4}", 0, ["a" * 1200]),
    (r"(?:(?:a{50}){50}){2}", 0, ["a" * 5000]),
    (r"(?i)abc", 0, ["ABC"]),
    (r"(?i:k)b", 0, ["Kb"]),
    (r"(?s)a.b", 0, ["a\nb"]),
    (r"(?-i:a)", re.IGNORECASE, ["a"]),
    (r"(?x) a b # c", 0, ["ab"]),
    (r"(?m)^b", 0, ["a\nb"]),
    (r"a(?i)b", 0, ["aB"]),
    (r"[[a-z]--[b]]", regex.V1, ["c"]),
    (r"[[a]b]", 0, ["ab]", "[b]"]),
    (r"[a&&b]", 0, ["&"]),
    (r"[a||b]", 0, ["|"]),
    (r"[[:alpha:]]", 0, ["a", "é", "汉"]),
    (r"[[:digit:]x]+", 0, ["x1"]),
    (r"\p{Han}+", 0, ["汉"]),
    (r"\p{L}{2}", PRESIDIO, ["ab", "号汉"]),
    (r"\P{L}", 0, ["1"]),
    (r"\h", 0, ["\t"]),
    (r"\R", 0, ["\r\n"]),
    (r"\X", 0, ["a"]),
    (r"a\Kb", 0, ["ab"]),
    (r"\G?a", 0, ["a"]),
    (r"\ma\M", 0, ["a"]),
    (r"(?|(a)|(b))\1", 0, ["aa", "bb"]),
    (r"(?:abc){e<=1}", 0, ["abd", "ab"]),
    (r"(?:abc){e}", 0, ["xyz"]),
    (r"(?:cats|dog){i<=1,d<=1}", 0, ["cat"]),
    (r"a{,2}b", 0, ["b", "aab"]),
    (r"\N{LATIN SMALL LETTER A}", 0, ["a"]),
    (r"(\((?:[^()]|(?1))*\))", 0, ["(a(b))"]),
    (r"(?<a>x)(?&a)", 0, ["xx"]),
    (r"(?P<a>x)\g<a>", 0, ["xx"]),
    (r"(a)\g<1>", 0, ["aa"]),
    (r"(*FAIL)|a", 0, ["a"]),
    (r"a(*SKIP)b", 0, ["ab"]),
    (r"(?r)ab", 0, ["ab"]),
    (r"(?b)(?:ab){e<=1}", 0, ["ac"]),
    (r"(?e)(?:ab){e<=1}", 0, ["ac"]),
    (r"(?f)ss", PRESIDIO, ["ß"]),
    (r"(?V1)ss", PRESIDIO, ["ß"]),
    (r"(?a)\w", 0, ["a"]),
    (r"(?w)\b a", 0, ["b a"]),
    ("", 0, ["", "a"]),
    ("a|", 0, ["b"]),
    ("$", 0, ["", "a\n"]),
    (r"^$", PRESIDIO, ["a\n\nb"]),
    (".", 0, ["\r", "\x85", "\u2028", "\0"]),
    (".", PRESIDIO, ["\n"]),
    (r"\s", 0, ["\x0b", "\x85", "\xa0", "\u3000"]),
    (r"\d", 0, ["٣", "０", "\U0001d7d8"]),
    (r"[\d]", 0, ["٣"]),
    (r"\0", 0, ["\0"]),
    (r"\012\x0a", 0, ["\n\n"]),
    (r"\U0001F600", 0, ["😀"]),
    (r"\\", 0, ["\\"]),
    (r"(?:^|(?<=\W))(甲乙|a\.b)(?:(?=\W)|$)", PRESIDIO, ["甲乙", "x A.B y"]),
    ("(?#comment)a", 0, ["a"]),
    ("(?:" * 60 + "a" + ")" * 60, 0, ["a"]),
    ("".join(map(str, range(3500))), 0, ["".join(map(str, range(3600)))]),
    ("(?:" + "|".join(f"w{i}" for i in range(4000)) + ")", PRESIDIO, ["W3999"]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "flags", "texts"), TRAPS, ids=[repr(row[0][:40]) for row in TRAPS])
def test_traps(expression: str, flags: int, texts: list[str]) -> None:
    assert check(expression, int(flags), texts) == len(texts)


def test_every_letter_in_every_case() -> None:
    """Whatever the regex package takes for one letter in another case passes."""
    cased = [c for c in map(chr, range(sys.maxunicode + 1)) if {c.lower(), c.upper(), c.title(), c.casefold()} != {c}]
    everything = "".join(cased)
    for letter in filter(str.isalpha, map(chr, range(0x250))):
        for expression in (letter, f"[{letter}]"):
            same = {letter, *regex.findall(expression, everything, flags=PRESIDIO)}
            wanted = necessary(expression, PRESIDIO)
            assert wanted is not None
            assert all(pc.match_substring_regex(pa.array(sorted(same)), wanted).to_pylist()), letter


def test_han_has_no_case() -> None:
    """What the filter takes for granted of the characters that it does not loosen."""
    everything = "".join(chr(code) for code in range(0x80, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    for first, last in [("\u2e80", "\u9fff"), ("\uff00", "\uff20")]:
        found = regex.findall(f"[{first}-{last}]", everything, flags=PRESIDIO | regex.FULLCASE)
        assert found == [c for c in everything if first <= c <= last]


def test_every_class() -> None:
    others = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    for flags in (0, PRESIDIO):
        for expression in (r"\d", r"\w", r"\s", r"\W", r"[\d\s]"):
            same = regex.findall(expression, "".join(others), flags=flags)
            wanted = necessary(expression, flags)
            assert wanted is not None
            assert pc.all(pc.match_substring_regex(pa.array(same), wanted)).as_py(), expression


# -- it is of use ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "yes", "no"),
    [
        (r"(?<![A-Z])C#\d+\b", ["c#1", "C#٣"], ["C#", "C1", "nothing"]),
        (r"(?<![0-9])1[3-9]\d{9}(?![0-9])", ["13812345678"], ["1381234567", "12812345678"]),
        (r"(?:^|(?<=\W))(甲乙|abc)(?:(?=\W)|$)", ["abc", "ABC"], ["bc", "1"]),
        (r"(?:a{300}){4}", ["a" * 1200], ["b"]),
        (r"[^\s@]+@[\w.-]+", ["a@b"], ["@", "a.b"]),
    ],
)
def test_what_cannot_match_is_left_out(expression: str, yes: list[str], no: list[str]) -> None:
    values = pa.array([None, *yes, *no])
    assert matching(values, [(expression, PRESIDIO)]).tolist() == list(range(1, len(yes) + 1))


def test_any_of_several() -> None:
    values = pa.array(["a", None, "b", "c", ""], pa.large_string())
    assert matching(values, [("a", 0), ("c", 0)]).tolist() == [0, 3]
    assert matching(values, []).tolist() == []
    # one without a filter: everything is looked at
    assert matching(values, [("a", 0), (r"\p{Han}", 0)]).tolist() == [0, 2, 3, 4]
    assert matching(values[2:], [("c", 0)]).tolist() == [1]


@pytest.mark.parametrize("flags", [re.ASCII, re.VERBOSE, regex.V1, regex.BESTMATCH, regex.FULLCASE])
def test_other_flags_are_not_filtered(flags: int) -> None:
    assert necessary("a", int(flags)) is None
