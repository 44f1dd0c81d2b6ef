"""What an export is still good for: figures against NumPy's, and against counting value by value."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit.anonymize.lattice import Hierarchy, reach
from pii_audit.anonymize.plan import Limits
from pii_audit.anonymize.risk import document
from pii_audit.anonymize.utility import Groups, Numbers, utility
from pii_audit.model.errors import UsageError


def apart(before: list[Any], after: list[Any]) -> float:
    one, two = Counter(before), Counter(after)
    return sum(abs(one[v] / len(before) - two[v] / len(after)) for v in one | two) / 2


WORDS = st.sampled_from(["a", "b", "c", "", None])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=40), st.integers(1, 40), st.integers(1, 40))
def test_values_are_compared_row_by_row_however_they_come(rows: list[tuple[str | None, str | None]], first: int, second: int) -> None:
    before, after = [row[0] for row in rows], [row[1] for row in rows]
    sides = [pa.table({"v": pa.array(side, pa.string())}).to_batches(cut) for side, cut in ((before, first), (after, second))]
    found = utility(*sides, ["v"]).columns[0]
    assert found.changed == pytest.approx(sum(a != b for a, b in rows) / len(rows))
    assert (found.distinct_before, found.distinct_after) == (len({*before}), len({*after}))
    assert found.distinct_lost == pytest.approx(len({*before} - {*after}) / len({*before}))
    assert found.distance == pytest.approx(apart(before, after))


def numbers(rows: int = 300) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    income = rng.lognormal(9, 0.6, rows) + 1e9  # large beside its spread
    return {"income": income, "debt": income * 0.4 + rng.normal(0, 900, rows), "age": rng.integers(18, 80, rows).astype(float), "same": np.full(rows, 7.0)}


def test_numbers_against_numpy() -> None:
    before = numbers()
    after = {**before, "debt": np.round(before["debt"], -3), "age": before["age"] // 10 * 10}
    found = utility(pa.table(before).to_batches(37), pa.table(after).to_batches(50), [*before])
    assert found.numeric == ("income", "debt", "age", "same")
    for item in found.columns:
        for side, columns in ((item.before, before), (item.after, after)):
            values = columns[item.column]
            assert side is not None and side.count == len(values)
            assert side.mean == pytest.approx(values.mean(), rel=1e-12)
            assert side.deviation == pytest.approx(values.std(ddof=1), rel=1e-6, abs=1e-6)
    for matrix, columns in ((found.correlation_before, before), (found.correlation_after, after)):
        expected = np.corrcoef([columns[name] for name in ("income", "debt", "age")])
        assert np.array([row[:3] for row in matrix[:3]], float) == pytest.approx(expected, abs=1e-6)
        assert matrix[3] == (None,) * 4 and all(row[3] is None for row in matrix)
    changes = np.abs(np.corrcoef([before[n] for n in ("income", "debt", "age")]) - np.corrcoef([after[n] for n in ("income", "debt", "age")]))
    assert found.correlation_change == pytest.approx(changes.max(), abs=1e-6)


def test_texts_that_are_numbers_count_as_numbers_until_they_are_bands() -> None:
    ages = [random.Random(5).randint(20, 60) for _ in range(50)]
    before = pa.table({"age": [str(age) for age in ages], "name": ["x"] * 50})
    after = pa.table({"age": [f"{age // 10 * 10}-" for age in ages], "name": [None] * 50})
    found = utility(before, after, ["age", "name"])
    assert found.numeric == () and found.correlation_change is None
    age, name = found.columns
    assert age.before == Numbers(50, float(np.mean(ages)), pytest.approx(float(np.std(ages, ddof=1)))) and age.after is None
    assert name.before is None and name.after is None
    assert (name.changed, name.distinct_lost, name.distance) == (1.0, 1.0, 1.0)


def test_correlations_are_of_rows_that_have_both() -> None:
    table = pa.table({"a": [1.0, 2.0, None, 4.0, 9.0], "b": [2.0, 1.0, 5.0, None, 7.0]})
    found = utility(table, table, ["a", "b"])
    expected = np.corrcoef([1, 2, 9], [2, 1, 7])[0, 1]
    assert found.correlation_before[0][1] == pytest.approx(expected, abs=1e-9)
    assert found.correlation_change == 0 and found.columns[0].changed == 0


def test_groups_are_compared_by_size() -> None:
    before = pa.table({"city": ["杭州"] * 6 + ["宁波"] * 3 + ["广州"], "sex": ["男"] * 10})
    after = pa.table({"city": ["浙江"] * 9 + ["广东"], "sex": ["男"] * 10})
    found = utility(before, after, ["city"], groups=[["city", "sex"], ["sex"], []]).groups
    assert found[0] == Groups(("city", "sex"), 3, 2, 1, 1, 6, 9, pytest.approx(0.3))  # 6, 3, 1 → 9, 1
    assert found[1] == Groups(("sex",), 1, 1, 10, 10, 10, 10, 0.0)
    assert found[2].before == found[2].after == 1


def test_rows_that_are_taken_out_are_left_aside() -> None:
    table = pa.table({"q": ["a"] * 5 + ["b"] + ["a"] * 4, "v": [str(number) for number in range(10)]})
    reached = reach(table, [Hierarchy("q")], Limits(k=2, suppress_at_most=0.1))
    after = table.filter(pa.array([True] * 5 + [False] + [True] * 4))
    found = utility(table.to_batches(3), after.to_batches(4), ["q", "v"], keeps=reached.keeps)
    assert (found.rows_before, found.rows_after) == (10, 9)
    assert [item.changed for item in found.columns] == [0.0, 0.0]
    assert [item.distinct_lost for item in found.columns] == [0.5, 0.1]


def test_no_rows() -> None:
    empty = pa.table({"v": pa.array([], pa.string())})
    found = utility(empty, [], ["v"], groups=[["v"]])
    assert (found.rows_before, found.rows_after) == (0, 0)
    assert found.columns[0].distance == 0 and found.groups[0] == Groups(("v",), 0, 0, None, None, None, None, 0.0)
    gone = utility(pa.table({"v": ["a"]}), [], ["v"], keeps=lambda batch: pa.array([False] * batch.num_rows))
    assert gone.columns[0].distinct_lost == 1 and gone.columns[0].distance == 1


def test_what_cannot_be_compared_is_said() -> None:
    table = pa.table({"v": ["a", "b"]})
    with pytest.raises(UsageError, match="differ in the number of rows"):
        utility(table, table.slice(0, 1), ["v"])
    with pytest.raises(UsageError, match="no column w"):
        utility(table, table, ["w"])
    with pytest.raises(UsageError, match="no column to compare"):
        utility(table, table, [])


def test_a_name_of_two_columns_means_the_first() -> None:
    table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["v", "v"])
    assert utility(table, pa.table({"v": ["a"]}), ["v"]).columns[0].changed == 0


def test_figures_are_json_without_values() -> None:
    secret = pa.table({"v": ["canary-1", "canary-2"], "n": [86000.5, 3.0]})
    shown = document(utility(secret, secret, ["v", "n"], groups=[["v"]]))
    assert json.loads(json.dumps(shown)) == shown
    assert "canary" not in json.dumps(shown)
