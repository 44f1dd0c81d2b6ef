"""Spans replaced inside values, and marks by which originals are recognised."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_audit.anonymize.keys import Key
from pii_audit.anonymize.transform import Marks, Originals, _apart, _numbers, cut, splice

TEXTS = ["客户张伟，电话13812345678。", "", None, "𠮷野家", "plain", "１３８", "尾"]
Case = tuple[list[str | None], list[tuple[int, int, int]]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    values = draw(st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=6))
    spans = []
    for row, value in enumerate(values):
        at = 0
        while value and at < len(value) and draw(st.booleans()):
            start = draw(st.integers(at, len(value) - 1))
            end = draw(st.integers(start + 1, len(value)))
            spans.append((row, start, end))
            at = end
    return values, spans


def arrays(spans: list[tuple[int, int, int]]) -> list[np.ndarray]:
    return [np.array([span[part] for span in spans], np.int64) for part in range(3)]


@given(cases(), st.data())
def test_splice_is_what_python_does(case: Case, data: st.DataObject) -> None:
    values, spans = case
    new = [data.draw(st.text(st.characters(codec="utf-8"), max_size=4)) for _ in spans]
    expected = list(values)
    for (row, start, end), text in reversed(list(zip(spans, new, strict=True))):
        value = expected[row]
        assert value is not None
        expected[row] = value[:start] + text + value[end:]
    made = splice(pa.array(values, pa.string()), *arrays(spans), pa.array(new, pa.string()))
    made.validate(full=True)
    assert made.to_pylist() == expected


@given(cases())
def test_cut_is_what_python_does(case: Case) -> None:
    values, spans = case
    found = cut(pa.array(values, pa.string()), *arrays(spans))
    found.validate(full=True)
    assert found.to_pylist() == [(values[row] or "")[start:end] for row, start, end in spans]


def test_slices_of_arrays_are_read_where_they_begin() -> None:
    array = pa.array(TEXTS, pa.string()).slice(3)
    assert splice(array, *arrays([(0, 0, 1)]), pa.array(["吉"])).to_pylist() == ["吉野家", "plain", "１３８", "尾"]
    assert cut(array, *arrays([(2, 0, 2)])).to_pylist() == ["１３"]


def test_spans_that_overlap_become_one() -> None:
    value, start, end, entity = _apart(np.array([0, 0, 0, 1]), np.array([5, 0, 3, 3]), np.array([9, 4, 8, 8]), np.array([1, 2, 3, 4]))
    assert list(zip(value, start, end, entity, strict=True)) == [(0, 0, 9, 2), (1, 3, 8, 4)]


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("11010119900307123X", "11010119900307123x", True),
        ("6222 0212 3456", "6222-0212-3456", True),
        ("１３８１２３４５６７８", "13812345678", True),
        ("ｘ", "X", True),
        ("张伟", "张伟 ", True),
        ("张伟", "张玮", False),
        ("12", "21", False),
        ("1", "11", False),
        ("", "-", True),
    ],
)
def test_marks_see_through_spelling(one: str, two: str, same: bool) -> None:
    marks = Originals().marks(pa.array([one, two]))
    assert (marks[0] == marks[1]) is np.bool_(same)


def test_marks_of_another_run_are_others() -> None:
    value = pa.array(["13812345678"])
    assert Originals().marks(value)[0] != Originals().marks(value)[0]


def test_marks_are_remembered_in_any_order() -> None:
    originals, marks = Originals(), Marks()
    numbers = pa.array([str(n) for n in range(5000)])
    for part in (numbers[:100], numbers[4000:], numbers[50:150]):
        marks.add(originals.marks(part))
    expected = [n < 150 or n >= 4000 for n in range(5000)]
    assert marks.among(originals.marks(numbers)).tolist() == expected


def test_nothing_is_no_original() -> None:
    originals = Originals()
    originals.add(pa.array(["", None, " - "]), None)
    assert not originals.unique.among(originals.marks(pa.array(["", None, "--"]))).any()


def test_a_person_has_one_number_under_a_key() -> None:
    person = pa.array(["C-001", "c001", "C002", "", None])
    one, other = Key.of(b"k" * 32), Key.of(b"o" * 32)
    numbers = _numbers(person, one)
    assert numbers is not None and numbers.null_count == 2 and numbers.equals(_numbers(person, Key.of(b"k" * 32)))
    assert numbers[0] == numbers[1] != numbers[2]
    assert not numbers.equals(_numbers(person, other)) and not numbers.equals(_numbers(person, one.for_recipient("AG01")))
    assert _numbers(person, None) is None and _numbers(None, one) is None


@given(st.lists(st.none() | st.text("aZ09-号 １*", max_size=24), max_size=6))
def test_words_inside_values_have_the_marks_of_values(values: list[str | None]) -> None:
    originals = Originals()
    rows, marks = originals.words(pa.array(values, pa.string()))
    expected = []
    for row, value in enumerate(values):
        for word in re.findall("[0-9A-Za-z]+", value or ""):
            mixed = not word.isdigit() and not word.isalpha()
            if word != value and len(word) >= (6 if mixed else 9):
                expected.append((row, originals.marks(pa.array([word]))[0]))
    assert list(zip(rows, marks, strict=True)) == expected
