"""Laws of what merges: any order, any cut, an empty start, and never a raw value."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from random import Random
from typing import Any

import lender
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit.engines.fold import Folded, Folder, FoldOptions
from pii_audit.entities import entity_type, select
from pii_audit.model.finding import Location
from pii_audit.model.profile import FIRST_LOCATIONS, SAMPLES, SKETCH_SIZE, ColumnProfile, Sketch, Tally
from pii_audit.model.score import Evidence
from pii_audit.recognizers.batch import Detector
from pii_audit.sources.interface import Batch, Column

#: standard errors that an estimate may be off: once in some hundred million
SIGMAS = 6


def plain(value: Any) -> Any:
    """Return everything an object holds, comparable."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def merged(parts: list[Any], empty: Any) -> Any:
    """Return ``empty`` with all parts merged in, in this order; nothing given is changed."""
    total = copy.deepcopy(empty)
    for part in parts:
        total.merge(part)
    return total


def in_pairs(parts: list[Any], empty: Any) -> Any:
    """Return the same merged as a tree."""
    if len(parts) < 2:
        return merged(parts, empty)
    half = len(parts) // 2
    return merged([in_pairs(parts[:half], empty), in_pairs(parts[half:], empty)], empty)


# -- distinct values -------------------------------------------------------------------------------------------------


def numbers(size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, size, np.uint64)


def sketch(hashes: np.ndarray) -> Sketch:
    made = Sketch()
    made.add(hashes)
    return made


@settings(max_examples=60)
@given(data=st.data(), size=st.integers(0, 3 * SKETCH_SIZE), seed=st.integers(0, 2**32))
def test_sketches_of_parts(data: st.DataObject, size: int, seed: int) -> None:
    """Any cut and order, with values in several parts and several times in one."""
    whole = numbers(size, seed)
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=5)))
    parts = [sketch(np.concatenate((part, part[: len(part) // 2], whole[: size // 7]))) for part in np.split(whole, cuts)]
    before = plain(parts)
    order = data.draw(st.permutations(parts))
    expected = plain(sketch(whole))
    assert plain(merged(order, Sketch())) == plain(in_pairs(order, Sketch())) == expected
    assert plain(merged([Sketch(), *order, Sketch(), *order], Sketch())) == expected
    assert plain(parts) == before


@settings(max_examples=40)
@given(values=st.lists(st.integers(0, 2**64 - 1), max_size=200))
def test_few_values_are_counted(values: list[int]) -> None:
    counted = sketch(np.array(values, np.uint64))
    assert counted.exact
    assert counted.count == len(set(values))


def test_exact_below_the_size() -> None:
    assert (sketch(numbers(SKETCH_SIZE - 1, 1)).exact, sketch(numbers(SKETCH_SIZE - 1, 1)).count) == (True, SKETCH_SIZE - 1)
    for seed in range(50):
        full = sketch(numbers(SKETCH_SIZE, seed))
        assert not full.exact
        # so many were seen, whatever the estimate says
        assert full.count >= SKETCH_SIZE


@pytest.mark.parametrize("size", [SKETCH_SIZE + 1, 5_000, 20_000, 100_000])
def test_error_of_an_estimate(size: int) -> None:
    """The error that SKETCH_SIZE states: none beyond six, and about one on average."""
    stated = 1 / np.sqrt(SKETCH_SIZE - 2)
    errors = np.array([sketch(numbers(size, seed)).count / size - 1 for seed in range(30)])
    assert np.abs(errors).max() < SIGMAS * stated
    assert np.sqrt((errors**2).mean()) < 1.5 * stated
    assert abs(errors.mean()) < SIGMAS * stated / np.sqrt(errors.size)


@pytest.mark.parametrize(
    ("name", "form"),
    [("CN_MOBILE_PHONE", "138{:08}"), ("CN_MOBILE_PHONE", "13{:05}8000"), ("EMAIL_ADDRESS", "kehu{}@xd.cn")],
    ids=["last digits vary", "first digits vary", "open length"],
)
def test_hashes_of_values_spread_evenly(name: str, form: str) -> None:
    """An estimate is as good as the hash: numbered values are what lenders have."""
    values = [form.format(number) for number in range(60_000)]
    spans = Detector(select([name])).detect(pa.array(values, pa.string()))
    seen = len({spans.text(i) for i in range(len(spans))})
    assert seen > SKETCH_SIZE
    assert abs(sketch(spans.hash).count / seen - 1) < SIGMAS / np.sqrt(SKETCH_SIZE - 2)


def test_a_sketch_stays_small() -> None:
    big = sketch(numbers(500_000, 3))
    big.add(numbers(500_000, 4))
    assert big.hashes.base is None  # no view of something larger
    assert big.hashes.nbytes == 8 * SKETCH_SIZE
    assert len(pickle.dumps(big)) < 8 * SKETCH_SIZE + 1_000


# -- tallies and profiles --------------------------------------------------------------------------------------------

NAMES = ("CN_MOBILE_PHONE", "CN_RESIDENT_ID", "PERSON")
Places = dict[str, list[tuple[Location, str]]]


@st.composite
def parts_of_a_column(draw: st.DrawFn) -> tuple[list[ColumnProfile], Places]:
    """Return profiles of parts of one column or text, in order, and all places that were seen, by type, in order."""
    text = draw(st.booleans())
    number = st.integers(0, 1_000)
    profiles: list[ColumnProfile] = []
    seen: Places = {}
    row = 1
    for _ in range(draw(st.integers(1, 5))):
        profile = ColumnProfile("a.csv", None if text else "x", text, draw(number), draw(number))
        ends = [row]
        row += draw(st.integers(0 if text else 1, 3))
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
            places = []
            line = row
            for _ in range(draw(st.integers(0, FIRST_LOCATIONS + 2))):
                line += draw(st.integers(0, 2))
                # a long line goes on in the next part; the cells of one row (an array) are all in one
                before = max((p.end for p, _ in seen.get(name, ()) if p.line == line), default=0)
                before = max([before, *(p.end for p, _ in places if p.line == line)])
                start = before + draw(st.integers(0, 9)) if text else draw(st.integers(0, 9))
                place = Location(line if text else None, None if text else line, start, start + 4)
                places.append((place, draw(st.sampled_from(("1**", "2**", "3**", "4**")))))
            ends.append(line)
            seen.setdefault(name, []).extend(places)
            tally = Tally(draw(number), draw(number), draw(number), [draw(number) for _ in Evidence])
            tally.distinct.add(np.array(draw(st.lists(number, max_size=5)), np.uint64))
            tally.masked, tally.near_misses = draw(number), draw(number)
            tally.note(places[:FIRST_LOCATIONS])
            profile.tallies[name] = tally
        row = max(row, *ends)
        profiles.append(profile)
    return profiles, seen


def nothing(like: ColumnProfile) -> ColumnProfile:
    return ColumnProfile(like.source, like.column, like.text)


@settings(max_examples=150)
@given(given_parts=parts_of_a_column(), data=st.data())
def test_profiles_of_parts(given_parts: tuple[list[ColumnProfile], Places], data: st.DataObject) -> None:
    parts, seen = given_parts
    before = plain(parts)
    order = data.draw(st.permutations(parts))
    total = merged(parts, nothing(parts[0]))
    assert plain(merged(order, nothing(parts[0]))) == plain(in_pairs(order, nothing(parts[0]))) == plain(total)
    # the empty start, on either side; and what was merged is as it was, to be merged again elsewhere
    assert plain(merged([nothing(parts[0])], total)) == plain(total)
    assert plain(parts) == before
    # sums, counted apart
    assert total.values == sum(part.values for part in parts)
    assert total.characters == sum(part.characters for part in parts)
    assert set(total.tallies) == {name for part in parts for name in part.tallies}
    for name, tally in total.tallies.items():
        mine = [part.tallies[name] for part in parts if name in part.tallies]
        for field in ("count", "cells", "whole", "masked", "near_misses"):
            assert getattr(tally, field) == sum(getattr(part, field) for part in mine)
        assert tally.evidence == [sum(column) for column in zip(*(part.evidence for part in mine), strict=True)]
        assert tally.distinct.count == len({h for part in mine for h in part.distinct.hashes.tolist()})
        assert tally.first == seen[name][:FIRST_LOCATIONS]
        assert tally.samples == tuple(dict.fromkeys(sample for _, sample in tally.first))[:SAMPLES]


@given(given_parts=parts_of_a_column())
def test_profiles_pickle(given_parts: tuple[list[ColumnProfile], Places]) -> None:
    for part in given_parts[0]:
        assert plain(pickle.loads(pickle.dumps(part))) == plain(part)


def test_tallies_share_nothing() -> None:
    """Two totals of the same parts: what is merged into one does not show in the other."""
    part = ColumnProfile("a.csv", "x", text=False, tallies={"PERSON": Tally(count=1)})
    one, two = merged([part], nothing(part)), merged([part], nothing(part))
    one.merge(part)
    assert (one.tallies["PERSON"].count, two.tallies["PERSON"].count, part.tallies["PERSON"].count) == (2, 1, 1)


@pytest.mark.parametrize(
    ("evidence", "best"),
    [
        ({Evidence.PATTERN}, Evidence.PATTERN),
        ({Evidence.CONTEXT, Evidence.MODEL}, Evidence.CONTEXT),  # by score, not by rank
        ({Evidence.CONTEXT, Evidence.HEADER}, Evidence.HEADER),
        (set(Evidence), Evidence.CHECKSUM_CONTEXT),
    ],
)
def test_best_evidence(evidence: set[Evidence], best: Evidence) -> None:
    assert Tally(evidence=[int(e in evidence) for e in Evidence]).best is best


# -- what a worker keeps ---------------------------------------------------------------------------------------------

TYPES = tuple(entity for entity in lender.TYPES if entity.default)
DETECTOR = Detector(TYPES)


def batches(table: lender.Table, cuts: list[int], text: bool = False) -> Iterator[Batch]:
    rows = len(next(iter(table.values())))
    edges = sorted({0, rows, *cuts})
    for start, end in pairwise(edges):
        columns = (Column(None if text else name, pa.array(values[start:end], pa.string())) for name, values in table.items())
        yield Batch("a.csv", "text" if text else "delimited", text, tuple(columns), start, end - start, 0)


def folded(parts: list[list[Batch]], options: FoldOptions | None = None) -> Folded:
    """Return parts folded one by one, by a worker each, and merged in this order."""
    total = Folded()
    for part in parts:
        mine = Folded()
        folder = Folder(DETECTOR, (), options or FoldOptions())
        for batch in part:
            folder.take(batch, mine)
        for key, profile in mine.profiles.items():
            total.profiles.setdefault(key, nothing(profile)).merge(profile)
    return total


TABLE = lender.lender(60, seed=11, types=TYPES)
TABLE["masked"] = ["138****5678"] * 60
ONE_PASS = {text: plain(folded([list(batches(TABLE, [], text))]).profiles) for text in (False, True)}


@settings(max_examples=25)
@given(data=st.data(), text=st.booleans())
def test_batches_in_any_order(data: st.DataObject, text: bool) -> None:
    """Any cut into batches, dealt to any workers, in any order, is one pass."""
    cut = list(batches(TABLE, data.draw(st.lists(st.integers(1, 59), max_size=8)), text))
    dealt: list[list[Batch]] = [[] for _ in range(data.draw(st.integers(1, 3)))]
    for batch in data.draw(st.permutations(cut)):
        dealt[data.draw(st.integers(0, len(dealt) - 1))].append(batch)
    assert plain(folded(dealt).profiles) == ONE_PASS[text]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
    else:
        yield str(value)


@pytest.mark.parametrize("text", [False, True], ids=["table", "text"])
def test_no_raw_value_is_held(text: bool) -> None:
    """Neither as text nor as a number nor in the bytes that travel between processes."""
    named = {lender.header(entity): TABLE[lender.header(entity)] for entity in TYPES}
    named.pop(lender.header(entity_type("LOCATION")), None)  # a masked address shows its city
    raw = {value for values in named.values() for value in values if len(value) >= 9}
    raw |= set(named[lender.header(entity_type("PERSON"))]) - {""}
    total = folded([list(batches(TABLE, [30], text))])
    assert sum(tally.count for profile in total.profiles.values() for tally in profile.tallies.values()) > 500
    held = list(strings(plain(total)))
    assert {value for value in raw if any(value in text for text in held)} == set()
    travelling = pickle.dumps(total)
    assert {value for value in raw if value.encode() in travelling} == set()
    digits = {int(value) for value in raw if value.isascii() and value.isdigit()}
    assert len(digits) > 100
    assert not digits & {int(text) for text in held if text.isdigit()}


def test_clear_samples_only_on_request() -> None:
    phone = lender.sample(entity_type("CN_MOBILE_PHONE"), Random(1))
    part = list(batches({"手机": [phone]}, []))
    for shown in (False, True):
        (profile,) = folded([part], FoldOptions(show_values=shown)).profiles.values()
        assert (phone in profile.tallies["CN_MOBILE_PHONE"].samples) is shown
