"""The best node of a lattice: never worse than looking at all of them."""

from __future__ import annotations

import itertools
import json
import pickle
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit.anonymize.interface import Degree, Operator, Outcome, Use
from pii_audit.anonymize.lattice import Hierarchy, Lookup, Reached, Verdict, level_costs, reach, search
from pii_audit.anonymize.operators.generalize import Generalize
from pii_audit.anonymize.plan import Limits
from pii_audit.anonymize.risk import document, measure
from pii_audit.model.errors import UsageError

Table = dict[str, list[Any]]
Levels = Mapping[str, Mapping[Any, Sequence[Any]]]

AGES = {str(age): [f"{age // 5 * 5}-", f"{age // 10 * 10}-", "*"] for age in range(20, 60)}
CITIES = {"杭州": ["浙江", "*"], "宁波": ["浙江", "*"], "广州": ["广东", "*"], "深圳": ["广东", "*"]}
SEXES = {"男": ["*"], "女": ["*"]}


def people(rows: int = 120, seed: int = 7) -> pa.Table:
    rng = random.Random(seed)
    return pa.table(
        {
            "age": [str(rng.randint(20, 59)) for _ in range(rows)],
            "city": rng.choices([*CITIES], [60, 20, 15, 5], k=rows),
            "sex": rng.choices([*SEXES], k=rows),
            "status": rng.choices(["正常", "逾期", "核销"], [70, 25, 5], k=rows),
            "amount": [rng.choice([1000, 2000, 5000, 20000]) for _ in range(rows)],
        }
    )


def hierarchies() -> list[Hierarchy]:
    return [Hierarchy.of("age", AGES), Hierarchy.of("city", CITIES), Hierarchy.of("sex", SEXES)]


def generalised(table: pa.Table, levels: Levels, node: Sequence[int]) -> pa.Table:
    """Return the table at a node, value by value."""
    for (name, rows), level in zip(levels.items(), node, strict=True):
        if level:
            at = table.schema.names.index(name)
            table = table.set_column(at, name, pa.array([None if v is None else rows[v][level - 1] for v in table[name].to_pylist()], pa.string()))
    return table


# --- the search alone -----------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_search_is_never_worse_than_looking_at_all(data: st.DataObject) -> None:
    """Nodes fail as classes do: those below a hopeless one are hopeless, and what is not is reached or fails by itself."""
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    nodes = list(itertools.product(*map(range, shape)))
    roots = data.draw(st.lists(st.sampled_from(nodes), max_size=4))
    alone = set(data.draw(st.lists(st.sampled_from(nodes), max_size=6)))
    ties = data.draw(st.lists(st.integers(0, 3), min_size=len(nodes), max_size=len(nodes)))
    costs = [list(itertools.accumulate(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))) for size in shape]
    judged: Counter[tuple[int, ...]] = Counter()

    def judge(node: tuple[int, ...]) -> Verdict:
        judged[node] += 1
        hopeless = any(all(a <= b for a, b in zip(node, root, strict=True)) for root in roots)
        return Verdict(not hopeless and node not in alone, hopeless, discernibility=ties[nodes.index(node)])

    def order(node: tuple[int, ...]) -> tuple[Any, ...]:
        return sum(column[level] for column, level in zip(costs, node, strict=True)), ties[nodes.index(node)], 0, node

    best, examined = search(costs, judge)
    assert examined == len(judged) and max(judged.values()) == 1
    assert best == min((node for node in nodes if judge(node).reached), key=order, default=None)


def test_the_search_leaves_most_of_a_lattice_unlooked_at() -> None:
    costs = level_costs([5, 5, 5, 5])

    def judge(node: tuple[int, ...]) -> Verdict:
        return Verdict(node[0] >= 3 and node[2] >= 2, not (node[0] >= 3 and node[2] >= 2))

    best, examined = search(costs, judge)
    assert best == (3, 0, 2, 0)
    assert examined < 60 < 6**4


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.data())
def test_costs_compare_as_sums_of_level_by_height(heights: list[int], data: st.DataObject) -> None:
    costs = level_costs(heights)
    pair = [[data.draw(st.integers(0, height)) for height in heights] for _ in range(2)]
    exact = [sum(Fraction(level, height) for level, height in zip(node, heights, strict=True) if height) for node in pair]
    whole = [sum(column[level] for column, level in zip(costs, node, strict=True)) for node in pair]
    assert (exact[0] < exact[1]) == (whole[0] < whole[1]) and (exact[0] == exact[1]) == (whole[0] == whole[1])


# --- whole tables ---------------------------------------------------------------------------------------------------


def failing(table: pa.Table, quasi: Sequence[str], limits: Limits) -> set[int] | None:
    """Return the rows that are taken out for k and l of ``s`` and t of ``s`` (categories), None if that is too many."""
    rows = table.to_pylist()
    classes: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        classes[tuple(row[name] for name in quasi)].append(at)
    kept = [c for c in classes.values() if len(c) >= (limits.k or 1) and len({rows[at]["s"] for at in c}) >= (limits.l or 1)]
    while limits.t is not None:
        whole = Counter(rows[at]["s"] for c in kept for at in c)
        near = [c for c in kept if distance([rows[at]["s"] for at in c], whole) <= limits.t + 1e-9]
        if near == kept:
            break
        kept = near
    out = set(range(len(rows))) - {at for c in kept for at in c}
    return out if len(out) <= int(len(rows) * limits.suppress_at_most + 1e-9) else None


def distance(values: list[Any], whole: Counter[Any]) -> float:
    own = Counter(values)
    return sum(abs(own[value] / len(values) - count / whole.total()) for value, count in whole.items()) / 2


def everywhere(table: pa.Table, levels: Levels, limits: Limits) -> tuple[Any, ...] | None:
    """Return the best node by looking at all: its loss, discernibility, number of rows taken out, and itself."""
    heights = [len(next(iter(rows.values()))) for rows in levels.values()]
    found = []
    for node in itertools.product(*(range(height + 1) for height in heights)):
        at = generalised(table, levels, node)
        out = failing(at, [*levels], limits)
        if out is None:
            continue
        sizes = Counter(tuple(row[name] for name in levels) for number, row in enumerate(at.to_pylist()) if number not in out)
        loss = sum(Fraction(level, height) for level, height in zip(node, heights, strict=True) if height) / len(heights)
        found.append((loss, sum(n * n for n in sizes.values()) + len(out) * table.num_rows, len(out), node))
    return min(found, default=None)


@st.composite
def lattices(draw: st.DrawFn) -> tuple[pa.Table, Levels]:
    """Return a small table and levels of which each puts together what the one below has put together."""
    rows = draw(st.integers(1, 24))
    levels: dict[str, dict[str, list[str]]] = {}
    columns: Table = {}
    for name in "ab"[: draw(st.integers(1, 2))]:
        values = ["v0", "v1", "v2", "v3", "v4"]
        steps: dict[str, list[str]] = {value: [] for value in values}
        now = dict(zip(values, values, strict=True))
        for level in range(draw(st.integers(0, 2))):
            into = {group: f"{level}:{draw(st.integers(0, 2))}" for group in sorted(set(now.values()))}
            now = {value: into[group] for value, group in now.items()}
            for value in values:
                steps[value].append(now[value])
        levels[name] = steps
        columns[name] = draw(st.lists(st.sampled_from([*values, None]), min_size=rows, max_size=rows))
    columns["s"] = draw(st.lists(st.sampled_from("xyz"), min_size=rows, max_size=rows))
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), levels


LIMITS = st.builds(
    Limits,
    k=st.none() | st.integers(2, 6),
    l=st.none() | st.integers(2, 3),
    t=st.none() | st.sampled_from([0.1, 0.3, 0.5]),
    suppress_at_most=st.sampled_from([0.0, 0.1, 0.3, 0.6]),
)


@settings(max_examples=30, deadline=None)
@given(lattices(), LIMITS)
def test_reached_is_never_worse_than_looking_at_all(case: tuple[pa.Table, Levels], limits: Limits) -> None:
    table, levels = case
    best = everywhere(table, levels, limits)
    found = reach(table, [Hierarchy.of(name, rows) for name, rows in levels.items()], limits, ["s"])
    if best is None:
        assert found.node is None and found.loss is None
        return
    loss, discernibility, suppressed, node = best
    assert found.node == node and found.suppressed == suppressed
    assert found.loss == pytest.approx(float(loss)) and found.discernibility == pytest.approx(discernibility / table.num_rows**2)
    # what leaves holds what was asked for, by the figures that are published of it
    kept = generalised(table, levels, node).filter(found.keeps(table.combine_chunks().to_batches()[0]))
    after = measure(kept, [*levels], ["s"])
    assert after.missed(limits) == ()
    assert (after.rows, after.classes, after.k) == (table.num_rows - suppressed, found.classes, found.k)


@pytest.mark.parametrize(
    "limits",
    [Limits(k=5), Limits(k=5, suppress_at_most=0.05), Limits(k=4, l=2, suppress_at_most=0.1), Limits(k=3, t=0.3, suppress_at_most=0.1), Limits(l=3, t=0.25)],
    ids=["k", "k, some taken out", "k and l", "k and t", "l and t"],
)
def test_a_table_of_people(limits: Limits) -> None:
    table = people()
    renamed = table.rename_columns(["age", "city", "sex", "s", "amount"])
    levels = {"age": AGES, "city": CITIES, "sex": SEXES}
    best = everywhere(renamed, levels, limits)
    found = reach(table, hierarchies(), limits, ["status"])
    assert best is not None and found.node == best[3] and found.loss == pytest.approx(float(best[0]))
    assert found.nodes == 4 * 3 * 2 and found.examined <= found.nodes
    kept = generalised(table, levels, found.node).filter(pa.chunked_array([found.keeps(batch) for batch in table.to_batches()]))
    assert measure(kept, [*levels], ["status"]).missed(limits) == ()


def test_numbers_are_far_by_their_order() -> None:
    table, levels = people(), {"age": AGES, "city": CITIES, "sex": SEXES}
    limits = Limits(t=0.12, suppress_at_most=0.2)
    found = reach(table, hierarchies(), limits, ["amount"])
    reached = []
    for node in itertools.product(range(4), range(3), range(2)):
        risk = measure(generalised(table, levels, node), [*levels], ["amount"])
        if risk.missed(limits) == ():
            reached.append(sum(a / b for a, b in zip(node, (3, 2, 1), strict=True)) / 3)
    assert found.node is not None and found.loss is not None and found.loss <= min(reached)
    kept = generalised(table, levels, found.node).filter(pa.chunked_array([found.keeps(batch) for batch in table.to_batches()]))
    assert measure(kept, [*levels], ["amount"]).missed(limits) == ()


def test_entropy_may_decide() -> None:
    table = people(400)
    by_levels, by_entropy = (reach(table, hierarchies(), Limits(k=8, suppress_at_most=0.02), decide=loss) for loss in ("levels", "entropy"))
    assert by_levels.decided_by == "levels" and by_levels.loss == by_levels.levels
    assert by_entropy.decided_by == "entropy" and by_entropy.loss == by_entropy.entropy
    assert by_entropy.entropy is not None and by_entropy.entropy <= (by_levels.entropy or 0)
    assert (by_levels.levels or 0) <= (by_entropy.levels or 0)


def test_entropy_is_the_share_of_bits_lost() -> None:
    table = pa.table({"v": ["a", "a", "b", "c", "c", "c", "c", "d"]})
    found = reach(table, [Hierarchy.of("v", {"a": ["1"], "b": ["1"], "c": ["2"], "d": ["2"]})], Limits(k=3))
    # bits of all: a 2 of 8, b 1 of 8, c 4 of 8, d 1 of 8; of level 1: 3 and 5 of 8
    before = 2 * 2 + 1 * 3 + 4 * 1 + 1 * 3
    after = 3 * (3 - 1.584962500721156) + 5 * (3 - 2.321928094887362)
    assert found.node == (1,) and found.entropy == pytest.approx((before - after) / before, abs=1e-8)


# --- edges ----------------------------------------------------------------------------------------------------------


def test_no_rows_and_one_row() -> None:
    table = people(5)
    empty = reach(table.slice(0, 0), hierarchies(), Limits(k=5))
    assert empty.node == (0, 0, 0) and (empty.rows, empty.suppressed, empty.classes, empty.k) == (0, 0, 0, None)
    assert reach([], hierarchies(), Limits(k=5)).node == (0, 0, 0)
    one = reach(table.slice(0, 1), hierarchies(), Limits(k=2))
    assert one.node is None and one.examined == 1
    assert reach(table.slice(0, 1), hierarchies(), Limits(k=2, suppress_at_most=1.0)).suppressed == 1


def test_without_levels_rows_are_all_that_can_be_given_up() -> None:
    table = pa.table({"q": ["a"] * 98 + ["b", None]})
    found = reach(table, [Hierarchy("q")], Limits(k=2, suppress_at_most=0.02))
    assert found.node == (0,) and found.suppressed == 2 and found.loss == 0 and found.chosen() == {"q": None}
    assert found.keeps(table.to_batches()[0]).to_pylist() == [True] * 98 + [False, False]
    assert reach(table, [Hierarchy("q")], Limits(k=2, suppress_at_most=0.01)).node is None


def test_without_quasi_identifiers_all_rows_are_one_class() -> None:
    table = people(9)
    found = reach(table, [], Limits(k=9))
    assert found.node == () and found.k == 9
    assert found.keeps(table.to_batches()[0]).to_pylist() == [True] * 9
    assert reach(table, [], Limits(k=10)).node is None


def test_null_stays_null() -> None:
    table = pa.table({"q": ["a", "b", None, None]})
    found = reach(table, [Hierarchy.of("q", {"a": ["*"], "b": ["*"]})], Limits(k=2))
    assert found.node == (1,) and found.classes == 2


def test_what_a_level_refuses_becomes_one_value() -> None:
    table = pa.table({"q": ["a", "b", "no", "other", None]})
    found = reach(table, [Hierarchy("q", (Lookup(pa.array(["a", "b"]), pa.array(["*", "*"])),))], Limits(k=2, suppress_at_most=0.2))
    assert found.classes == 2 and found.suppressed == 1
    assert found.keeps(table.to_batches()[0]).to_pylist() == [True, True, True, True, False]


class Shorter(Operator):
    """The first character."""

    name, title, title_zh, degree = "shorter", "Shorter", "更短", Degree.DE_IDENTIFIED

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        return Outcome(pc.utf8_slice_codeunits(values, 0, 1))


def test_a_level_may_be_an_operator_or_a_function() -> None:
    table = pa.table({"age": [21, 22, 35, 36], "v": ["x", "x", "x", "y"]})
    found = reach(table, [Hierarchy("age", (Shorter(),)), Hierarchy("v", (lambda values: pa.array(["*"] * len(values)),))], Limits(k=2))
    assert found.node == (1, 1) and isinstance(found.chosen()["age"], Shorter)


def test_levels_of_generalize() -> None:
    table = pa.table({"born": [f"19{year}-0{month}-15" for year in (80, 84, 85, 91) for month in (1, 2, 7)], "home": ["浙江省杭州市西湖区文三路9号", "浙江省宁波市海曙区中山路1号"] * 6})
    levels = [
        Hierarchy("born", tuple(Generalize(to=unit) for unit in ("month", "quarter", "year", "decade"))),
        Hierarchy("home", tuple(Generalize(division=digits) for digits in ("6", "4", "2")), "CN_ADDRESS"),
    ]
    found = reach(table, levels, Limits(k=3))
    assert found.node == (3, 3) and found.classes == 4
    assert found.chosen() == {"born": Generalize(to="year"), "home": Generalize(division="2")}
    # without the three of the nineties, two homes in one decade are five and four
    fewer = reach(table, levels, Limits(k=3, suppress_at_most=0.25))
    assert (fewer.node, fewer.suppressed, fewer.classes, fewer.k) == ((4, 0), 3, 2, 4)


def test_a_name_of_two_columns_means_both() -> None:
    table = pa.table([pa.array(["a", "a", "b", "b"]), pa.array(["a", "b", "a", "b"])], names=["q", "q"])
    found = reach(table, [Hierarchy.of("q", {"a": ["*"], "b": ["*"]})], Limits(k=2))
    assert found.columns == ("q", "q") and sorted(found.node or ()) == [0, 1]
    assert found.keeps(table.to_batches()[0]).to_pylist() == [True] * 4


Made = Callable[[], Reached]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: reach(people(9), [Hierarchy("agee")], Limits(k=2)), "there is no column agee; did you mean age"),
        (lambda: reach(people(9), [Hierarchy("age")], Limits(l=2)), "no column is a sensitive attribute"),
        (lambda: reach(people(9), [Hierarchy("age"), Hierarchy("age")], Limits(k=2)), "two hierarchies"),
        (lambda: reach(people(9), [Hierarchy("age", (Shorter(),) * 2**22)], Limits(k=2)), "give some columns fewer"),
        (lambda: reach(people(9), [Hierarchy("age", (lambda values: values[:1],))], Limits(k=2)), "age: level 1 returns other rows"),
        (lambda: reach(pa.table({"q": ["a", "b"]}), [Hierarchy.of("q", {"a": ["1", "2"], "b": ["1", "3"]})], Limits(k=2)), "q: level 2 keeps apart"),
        (lambda: Hierarchy.of("q", {"a": ["1"], "b": []}), "q: its values have 0 to 1 levels"),
    ],
)
def test_what_cannot_be_done_is_said(make: Made, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


def test_what_was_reached_is_json_and_goes_to_other_processes() -> None:
    table = people()
    found = reach(table, hierarchies(), Limits(k=5, suppress_at_most=0.05))
    shown = document(found)
    assert json.loads(json.dumps(shown)) == shown
    assert set(shown) >= {"node", "loss", "suppressed", "classes"} and not {"hidden", "failing", "hierarchies"} & set(shown)
    again = pickle.loads(pickle.dumps(found))
    assert again.keeps(table.to_batches()[0]) == found.keeps(table.to_batches()[0])
    assert "b'" not in repr(found)


def test_batches_make_no_difference() -> None:
    table = people()
    limits = Limits(k=4, l=2, suppress_at_most=0.1)
    assert reach(table.to_batches(7), hierarchies(), limits, ["status"]) == reach(table, hierarchies(), limits, ["status"])
