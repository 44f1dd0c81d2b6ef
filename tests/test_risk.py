"""Figures of risk, equal to those of pycanon and of definitions written out; values that reach no database."""

from __future__ import annotations

import json
import math
import pickle
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit import sample_data_dir
from pii_audit.anonymize import risk
from pii_audit.anonymize.hidden import Hidden
from pii_audit.anonymize.plan import Limits
from pii_audit.anonymize.risk import Risk, document, measure
from pii_audit.engines import tables as engine
from pii_audit.model.errors import UsageError

Columns = dict[str, list[Any]]


def adult(rows: int = 600, seed: int = 1994) -> Columns:
    """Return a table with the columns of the Adult census data, and values like its own."""
    rng = random.Random(seed)
    ages = [min(90, 17 + int(rng.gammavariate(3, 7))) for _ in range(rows)]
    return {
        "age": ages,
        "workclass": rng.choices(["Private", "Self-emp", "Gov", "Without-pay"], [75, 11, 13, 1], k=rows),
        "education": rng.choices(["HS-grad", "Some-college", "Bachelors", "Masters", "Doctorate"], [40, 28, 21, 8, 3], k=rows),
        "marital-status": [rng.choice(["Never-married", "Divorced"]) if age < 30 else rng.choice(["Married", "Divorced", "Widowed"]) for age in ages],
        "occupation": rng.choices(["Sales", "Craft-repair", "Exec-managerial", "Tech-support", "Farming-fishing"], k=rows),
        "race": rng.choices(["White", "Black", "Asian-Pac-Islander", "Other"], [85, 10, 4, 1], k=rows),
        "sex": rng.choices(["Male", "Female"], [67, 33], k=rows),
        "hours-per-week": rng.choices([20, 35, 40, 45, 50, 60], [8, 7, 55, 10, 12, 8], k=rows),
        "native-country": rng.choices(["United-States", "Mexico", "Philippines"], [92, 5, 3], k=rows),
        "income": [">50K" if rng.random() < (0.1 if age < 30 else 0.35) else "<=50K" for age in ages],
    }


def loan_book() -> Columns:
    """Return the loan book of the sample lender: city, year of opening, status, amount."""
    lines = [line.split(",") for line in (sample_data_dir() / "core" / "loan_book.csv").read_text(encoding="utf-8").splitlines()]
    books = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    return {
        "province": [row["dz"][:2] for row in books],
        "year": [row["opened_on"][:4] for row in books],
        "sex": ["FM"[int(row["zjhm"][-2]) % 2] if row["zjhm"][-2:-1].isdigit() else "?" for row in books],
        "status": [row["status"] for row in books],
        "amount": [int(row["amount"]) for row in books],
        "remark": [row["remark"] for row in books],
    }


def by_hand(table: Columns, quasi: Sequence[str], column: str, *, ordered: bool) -> tuple[int, int, float, float]:
    """Return k, l, entropy l and t as they are defined, counting value by value."""
    classes: defaultdict[tuple[Any, ...], Counter[Any]] = defaultdict(Counter)
    for at, value in enumerate(table[column]):
        classes[tuple(table[name][at] for name in quasi)][value] += 1
    whole = Counter(table[column])
    n, values = len(table[column]), sorted(whole, key=lambda value: (value is None, value))
    k = min(c.total() for c in classes.values())
    l = min(len(c) for c in classes.values())  # noqa: E741 - the name it has everywhere
    entropy = min(-sum(m / c.total() * math.log(m / c.total()) for m in c.values()) for c in classes.values())
    t = 0.0
    for c in classes.values():
        apart = [c[value] / c.total() - whole[value] / n for value in values]
        if ordered:
            t = max(t, sum(abs(x) for x in np.cumsum(apart)) / (len(values) - 1) if len(values) > 1 else 0.0)
        else:
            t = max(t, sum(map(abs, apart)) / 2)
    return k, l, math.exp(entropy), t


# --- pycanon --------------------------------------------------------------------------------------------------------


CASES = [
    ("adult", ["sex"], ["income", "hours-per-week", "occupation"]),
    ("adult", ["age", "sex", "race"], ["income", "occupation", "hours-per-week"]),
    ("adult", ["workclass", "education", "sex"], ["age", "income"]),
    ("adult", ["age", "education", "marital-status", "occupation", "race", "sex", "native-country"], ["income", "hours-per-week"]),
    ("loans", ["sex"], ["amount", "status"]),
    ("loans", ["year", "sex"], ["amount", "status", "remark"]),
    ("loans", ["province", "year"], ["status"]),
]


@pytest.mark.filterwarnings("ignore:In a future version, the keys of `groups`")  # pycanon groups by a list of one
@pytest.mark.parametrize(("data", "quasi", "sensitive"), CASES)
def test_figures_equal_those_of_pycanon(data: str, quasi: list[str], sensitive: list[str]) -> None:
    import pandas as pd
    from pycanon import anonymity

    columns = adult() if data == "adult" else loan_book()
    frame = pd.DataFrame(columns)
    found = measure(pa.table(columns), quasi, sensitive)
    assert found.k == anonymity.k_anonymity(frame, quasi)
    assert found.l == anonymity.l_diversity(frame, quasi, sensitive)
    assert found.t == pytest.approx(anonymity.t_closeness(frame, quasi, sensitive), abs=1e-9)
    for item in found.sensitive:
        assert item.l == anonymity.l_diversity(frame, quasi, [item.column])
        assert item.t == pytest.approx(anonymity.t_closeness(frame, quasi, [item.column]), abs=1e-9)
        # pycanon cuts to a whole number, and e to the logarithm of 3 may be a little less than 3
        whole = anonymity.entropy_l_diversity(frame, quasi, [item.column])
        assert item.entropy_l is not None and whole in {int(item.entropy_l - 1e-9), int(item.entropy_l + 1e-9)}


# --- definitions ----------------------------------------------------------------------------------------------------


@st.composite
def small(draw: st.DrawFn) -> Columns:
    n = draw(st.integers(1, 30))
    return {
        "a": draw(st.lists(st.sampled_from(["x", "y", "", None]), min_size=n, max_size=n)),
        "b": draw(st.lists(st.sampled_from([0, 1, None]), min_size=n, max_size=n)),
        "word": draw(st.lists(st.sampled_from(["p", "q", "r", None]), min_size=n, max_size=n)),
        "amount": draw(st.lists(st.sampled_from([-2.5, 0.0, 1.0, 7.0, 1e9, None]), min_size=n, max_size=n)),
    }


@settings(max_examples=12, deadline=None)
@given(small(), st.integers(1, 30))
def test_figures_are_those_of_their_definitions(columns: Columns, cut: int) -> None:
    """Null is a value; however rows come in batches, the figures are the same."""
    table = pa.table({"a": pa.array(columns["a"], pa.string()), "b": pa.array(columns["b"], pa.int64()), "word": pa.array(columns["word"], pa.string()), "amount": pa.array(columns["amount"], pa.float64())})
    found = measure(table, ["a", "b"], ["word", "amount"])
    for item, ordered in zip(found.sensitive, (False, True), strict=True):
        some = ordered and any(value is not None for value in columns["amount"])
        k, l, entropy, t = by_hand(columns, ["a", "b"], item.column, ordered=some)  # noqa: E741 - the name it has everywhere
        assert (found.k, item.l) == (k, l)
        assert item.entropy_l == pytest.approx(entropy)
        assert item.t == pytest.approx(t, abs=1e-9)
    assert measure(table.to_batches(cut), ["a", "b"], ["word", "amount"]) == found


def test_sorted_classes_may_end_within_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = adult(500)
    expected = by_hand(columns, ["sex", "race"], "age", ordered=True)[3]
    monkeypatch.setattr(risk, "_TOGETHER", 7)
    assert measure(pa.table(columns).to_batches(50), ["sex", "race"], ["age"]).t == pytest.approx(expected, abs=1e-9)


def test_texts_that_are_numbers_are_ordered_unless_it_is_said_otherwise() -> None:
    columns = adult(300)
    numbers = pa.table(columns)
    words = pa.table({"sex": columns["sex"], "age": [str(age) for age in columns["age"]]})
    found = measure(words, ["sex"], ["age"])
    assert found.sensitive == measure(numbers, ["sex"], ["age"]).sensitive and found.sensitive[0].ordered
    as_words = measure(words, ["sex"], ["age"], ordered={"age": False})
    assert as_words.t == pytest.approx(by_hand(columns, ["sex"], "age", ordered=False)[3]) and not as_words.sensitive[0].ordered
    # one word among them, also in a later batch, and they are words
    mixed = [*words.select(["sex", "age"]).to_batches(100), pa.record_batch({"sex": ["Male"], "age": ["unknown"]})]
    assert not measure(mixed, ["sex"], ["age"]).sensitive[0].ordered


# --- attackers ------------------------------------------------------------------------------------------------------


def sizes(*counts: int) -> pa.Table:
    return pa.table({"q": [f"class {number}" for number, count in enumerate(counts) for _ in range(count)]})


def test_prosecutor() -> None:
    found = measure(sizes(1, 1, 4, 5, 9), ["q"], k=5)
    assert (found.rows, found.classes, found.k, found.unique, found.below) == (20, 5, 1, 2, 6)
    assert (found.prosecutor.maximum, found.prosecutor.average, found.prosecutor.above) == (1, 0.25, 0.3)
    assert found.uniqueness == 2 / 20
    assert found.journalist == found.prosecutor and found.marketer == found.prosecutor.average and found.population is None


def test_journalist_and_marketer_with_a_population() -> None:
    found = measure(sizes(1, 2, 5), ["q"], population=sizes(4, 10, 5, 100))
    assert (found.population, found.k_map, found.outside) == (119, 4, 0)
    # per row 1/4, 2 × 1/10, 5 × 1/5
    assert found.marketer == pytest.approx((1 / 4 + 2 / 10 + 5 / 5) / 8)
    assert found.journalist.maximum == 1 / 4
    assert found.journalist.average == pytest.approx(max(3 / 19, (1 / 4 + 2 / 10 + 1) / 8))
    assert found.journalist.above == 1 / 8
    assert found.prosecutor.maximum == 1


def test_rows_that_the_population_lacks_count_as_they_are_here() -> None:
    found = measure(sizes(1, 2, 5), ["q"], population=sizes(4))
    assert (found.outside, found.k_map) == (7, 2)
    assert found.marketer == pytest.approx((1 / 4 + 1 + 1) / 8)


def test_a_population_in_other_types_is_the_same() -> None:
    here, there = pa.table({"age": [30, 31]}), pa.table({"age": ["30", "30", "31"]})
    assert measure(here, ["age"], population=there).k_map == 1
    assert measure(here, ["age"], population=there).outside == 0
    assert measure(pa.table({"age": [30.0, 31.0]}), ["age"], population=there).outside == 0


# --- edges ----------------------------------------------------------------------------------------------------------


def figures(found: Risk) -> tuple[Any, ...]:
    return found.rows, found.classes, found.k, found.l, found.t


@pytest.mark.parametrize("rows", [[], pa.table({"q": pa.array([], pa.string()), "s": pa.array([], pa.int64())})])
def test_no_rows(rows: Any) -> None:
    found = measure(rows, ["q"], ["s"], k=5)
    assert figures(found) == (0, 0, None, None, None) and found.below == 0
    assert found.missed(Limits(k=5, l=2, t=0.1)) == ()


def test_one_row() -> None:
    found = measure(pa.table({"q": ["a"], "s": [1], "w": ["x"]}), ["q"], ["s", "w"])
    assert figures(found) == (1, 1, 1, 1, 0.0)
    assert [item.entropy_l for item in found.sensitive] == [1.0, 1.0]


def test_null_is_a_value_of_its_own() -> None:
    found = measure(pa.table({"q": ["a", "a", None, None, None, ""], "n": pa.nulls(6)}), ["q", "n"])
    assert figures(found)[:3] == (6, 3, 1)


def test_all_alike() -> None:
    found = measure(pa.table({"q": ["a"] * 9, "s": ["x"] * 9}), ["q"], ["s"])
    assert figures(found) == (9, 1, 9, 1, 0.0) and found.uniqueness == 0


def test_no_sensitive_attribute_and_no_quasi_identifier() -> None:
    table = pa.table({"q": ["a", "b"], "s": ["x", "y"]})
    assert figures(measure(table, ["q"])) == (2, 2, 1, None, None)
    assert figures(measure(table, [], ["s"])) == (2, 1, 2, 2, 0.0)


def test_a_name_of_two_columns_means_both() -> None:
    table = pa.table([pa.array(["a", "a", "b"]), pa.array(["x", "y", "y"]), pa.array([1, 2, 2])], names=["q", "q", "s"])
    found = measure(table, ["q"], ["s"])
    assert found.quasi == ("q", "q") and found.classes == 3
    twice = table.rename_columns(["s", "q", "s"])
    assert [item.distinct for item in measure(twice, ["q"], ["s"]).sensitive] == [2, 2]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UsageError, match=r"there is no column Sexx; did you mean sex\?"):
        measure(pa.table({"sex": ["a"]}), ["Sexx"])
    with pytest.raises(UsageError, match="lists or records"):
        measure(pa.table({"q": [[1]]}), ["q"])


@pytest.mark.parametrize(
    "values",
    [
        pa.array([True, False, True]),
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.array(["a", "b", "a"], pa.large_string()),
        pa.array([b"\xff", b"b", b"\xff"]),
        pa.array([0, 1, 0], pa.timestamp("us", "Asia/Shanghai")),
        pa.array([0, 1, 0], pa.date32()),
        pa.array([1, 2, 1], pa.int64()).cast(pa.decimal128(30, 2)),
        pa.array([float("nan"), 0.5, float("nan")]),
        pa.array([-0.0, 0.5, 0.0]),
    ],
)
def test_columns_of_every_type(values: pa.Array) -> None:
    found = measure(pa.table({"q": values, "s": values}), ["q"], ["s"])
    assert (found.classes, found.k, found.unique) == (2, 1, 1)
    assert found.sensitive[0].distinct == 2


# --- limits, documents ----------------------------------------------------------------------------------------------


def test_what_is_missed_is_said_without_values() -> None:
    found = measure(pa.table({"q": ["a", "a", "b"], "s": ["x", "x", "y"]}), ["q"], ["s"])
    assert found.missed(Limits(k=1, l=1, t=1.0)) == ()
    assert found.missed(Limits(k=2, l=2, t=0.2)) == ("k is 1, 2 is required", "s: l is 1, 2 is required", "s: t is 0.6667, at most 0.2 is required")
    assert measure(pa.table({"q": ["a"]}), ["q"]).missed(Limits(l=2)) == ("l or t is required, but no column is a sensitive attribute",)


def test_figures_are_json() -> None:
    found = document(measure(pa.table(adult(50)), ["sex"], ["income"], k=5))
    assert json.loads(json.dumps(found)) == found
    assert found["prosecutor"]["maximum"] == pytest.approx(1 / found["k"]) and found["sensitive"][0]["column"] == "income"
    assert (found["l"], found["t"]) == (found["sensitive"][0]["l"], found["sensitive"][0]["t"])


# --- values stay hidden ---------------------------------------------------------------------------------------------


def test_numbers_come_back_by_the_key_alone() -> None:
    numbers = np.array([0.0, -1.5, 1e300, 22200.0, 5e-324])
    hidden = Hidden()
    covered = hidden.numbers(numbers)
    assert (hidden.shown(covered) == numbers).all()
    assert not set(covered.tolist()) & set(numbers.view(np.uint64).tolist())
    assert (pickle.loads(pickle.dumps(hidden)).numbers(numbers) == covered).all()
    assert (Hidden().numbers(numbers) != covered).all()
    assert hidden.key.hex() not in repr(hidden) and str(hidden.key) not in repr(hidden)


def test_equal_values_of_one_column_alone_are_alike() -> None:
    hidden = Hidden()
    first, second = hidden.equal(pa.array(["甲", "乙", "甲", None, ""]), 0), hidden.equal(pa.array(["甲"]), 1)
    assert first[0] == first[2] and len(set(first.tolist())) == 4 and first[3] == 0
    assert second[0] != first[0]
    assert Hidden().equal(pa.array(["甲"]), 0)[0] != first[0]


def test_no_value_reaches_the_database_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a database holds is looked at, and the files it spills to in so little memory that it must."""
    names = [f"canary-{number:06d}" for number in range(120_000)]
    amounts = [7_000_000.25 + number for number in range(120_000)]
    stored: list[pa.Table] = []
    append = engine.Tables.append
    monkeypatch.setattr(engine.Tables, "append", lambda self, name, table: stored.append(table) or append(self, name, table))
    measure(pa.table({"q": names, "s": names, "n": amounts}), ["q"], ["s", "n"])
    seen = b"".join(buffer.to_pybytes() for table in stored for column in table.columns for chunk in column.chunks for buffer in chunk.buffers() if buffer)
    assert sum(table.num_rows for table in stored) == 120_000
    assert b"canary" not in seen
    held = np.concatenate([column.to_numpy() for table in stored for column in table.columns]).astype(np.uint64)
    assert not np.isin(held, np.array(amounts).view(np.uint64)).any()
    assert not np.isin(held, np.array(amounts).astype(np.uint64)).any()


def test_what_a_database_spills_holds_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 400_000
    names, amounts = [f"canary-{number:06d}" for number in range(rows)], np.arange(rows) + 7_000_000.25
    spilt = 0
    found: list[str] = []

    class Watched(engine.Tables):
        def __init__(self) -> None:
            super().__init__("48MB", threads=1)

        def batches(self, expression: Any, size: int = engine.BATCH_ROWS) -> Any:
            nonlocal spilt
            for number, batch in enumerate(super().batches(expression, 1 << 14)):
                for path in self._folder.rglob("*") if number == 3 else ():
                    if path.is_file() and not found:
                        data = path.read_bytes()
                        spilt += len(data)
                        found.extend(word for word in ("canary", *amounts[:: rows // 50]) if (word.encode() if isinstance(word, str) else word.tobytes()) in data)
                yield batch

    monkeypatch.setattr(risk, "Tables", Watched)
    assert measure(pa.table({"q": names, "n": amounts}), ["q"], ["n"]).unique == rows
    assert spilt > 1 << 20
    assert found == []
