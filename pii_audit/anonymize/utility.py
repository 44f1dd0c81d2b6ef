"""What an export is still good for: values, distributions, correlations and groups before and after.

Columns are compared by name. Rows are compared in their order, those that were taken out left aside. Values are counted as keyed
numbers in a database (``hidden.py``), so columns of any number of values take bounded memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from pii_audit.anonymize.hidden import Hidden, floats
from pii_audit.anonymize.risk import Rows, batches, chosen, summed
from pii_audit.engines.tables import BATCH_ROWS, Tables
from pii_audit.model.errors import UsageError

_Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Numbers:
    """Of the numbers of a column."""

    count: int
    mean: float
    deviation: float | None  #: of a sample, with n - 1; None of a single one


@dataclass(frozen=True)
class ColumnChange:
    """What became of one column.

    ``changed``: share of the values of rows that stay which are others now. ``distinct_lost``: share of the different values
    that are there no longer. ``distance``: total variation between how often values came and come (0 alike, 1 nothing in common).
    ``before`` and ``after`` are there where all values were numbers, or are.
    """

    column: str
    changed: float
    distinct_before: int
    distinct_after: int
    distinct_lost: float
    distance: float
    before: Numbers | None = None
    after: Numbers | None = None


@dataclass(frozen=True)
class Groups:
    """Rows by some columns: how many groups there were and are, the smallest and the largest, and the distance between their sizes in order."""

    columns: tuple[str, ...]
    before: int
    after: int
    smallest_before: int | None
    smallest_after: int | None
    largest_before: int | None
    largest_after: int | None
    distance: float


@dataclass(frozen=True)
class Utility:
    """What an export is still good for. Correlations are Pearson's, of the columns in ``numeric``, None where one does not vary."""

    rows_before: int
    rows_after: int
    columns: tuple[ColumnChange, ...]
    numeric: tuple[str, ...]
    correlation_before: tuple[tuple[float | None, ...], ...]
    correlation_after: tuple[tuple[float | None, ...], ...]
    correlation_change: float | None  #: the largest difference
    groups: tuple[Groups, ...] = ()


def utility(
    before: Rows,
    after: Rows,
    columns: Sequence[str],
    *,
    groups: Sequence[Sequence[str]] = (),
    keeps: Callable[[pa.RecordBatch], pa.Array] | None = None,
    hidden: Hidden | None = None,
) -> Utility:
    """Return what became of columns, row by row.

    Args:
        before: the table as it was.
        after: the table that leaves, its rows in the same order.
        columns: the columns that both have; a name that several columns have means the first of them.
        groups: columns by which rows are counted together.
        keeps: which rows of ``before`` stay (``Reached.keeps``); all of them if it is not given.
        hidden: how values are hidden; by a key of its own if none is given.

    Raises UsageError if a column is missing, or if the tables differ in the number of rows that stay.
    """
    names = tuple(dict.fromkeys([*columns, *(name for group in groups for name in group)]))
    columns = tuple(dict.fromkeys(columns))
    if not names:
        raise UsageError("there is no column to compare")
    moments = Moments(len(columns)), Moments(len(columns))
    changed = np.zeros(len(columns), np.int64)
    rows = [0, 0]
    staying = 0
    with Tables() as tables:
        counts = _Counts(tables, hidden or Hidden(), names, columns, groups)
        for whole, old, new in _paired(before, after, names, keeps):
            if whole is not None:
                rows[0] += whole.num_rows
                moments[0].add(whole, len(columns))
                counts.add(whole, 0)
            if new is not None:
                rows[1] += new.num_rows
                moments[1].add(new, len(columns))
                counts.add(new, 1)
            if old is not None and new is not None:
                staying += old.num_rows
                for number in range(len(columns)):
                    changed[number] += np.count_nonzero(counts.hidden.equal(old.column(number), number) != counts.hidden.equal(new.column(number), number))
        sides = [[side.numbers(number) for number in range(len(columns))] for side in moments]
        numeric = [number for number in range(len(columns)) if all(side[number] is not None for side in sides)]
        found = []
        for number, name in enumerate(columns):
            figures = counts.column(number, rows)
            found.append(ColumnChange(name, int(changed[number]) / staying if staying else 0.0, *figures, sides[0][number], sides[1][number]))
        matrices = [side.correlation(numeric) for side in moments]
        apart = [abs(a - b) for pair in zip(*matrices, strict=True) for a, b in zip(*pair, strict=True) if a is not None and b is not None]
        return Utility(
            rows_before=rows[0],
            rows_after=rows[1],
            columns=tuple(found),
            numeric=tuple(columns[number] for number in numeric),
            correlation_before=matrices[0],
            correlation_after=matrices[1],
            correlation_change=max(apart, default=None),
            groups=tuple(counts.group(number, tuple(group), rows) for number, group in enumerate(groups)),
        )


def _paired(
    before: Rows, after: Rows, names: Sequence[str], keeps: Callable[[pa.RecordBatch], pa.Array] | None
) -> Iterator[tuple[pa.RecordBatch | None, pa.RecordBatch | None, pa.RecordBatch | None]]:
    """Yield batches of the rows before, and of the rows that stay as they were and as they are, the latter two alike in length."""
    old, new = _Rows(), _Rows()
    left, right = iter(batches(before)), iter(batches(after))
    for whole, changed in itertools.zip_longest(_small(left), _small(right)):
        whole_named = None
        if whole is not None:
            whole_named = _named(whole, names)
            old.add(whole_named if keeps is None else whole_named.filter(keeps(whole)))
        if changed is not None:
            new.add(_named(changed, names))
        yield whole_named, None, None
        if size := min(old.rows, new.rows):
            yield None, old.take(size), new.take(size)
    if old.rows or new.rows:
        raise UsageError("the tables before and after differ in the number of rows that stay, so they cannot be compared row by row")


class _Rows:
    """Rows that wait for their partners."""

    def __init__(self) -> None:
        self._waiting: list[pa.RecordBatch] = []
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self.rows += batch.num_rows

    def take(self, size: int) -> pa.RecordBatch:
        whole = pa.Table.from_batches(self._waiting).combine_chunks()
        self._waiting = whole.slice(size).to_batches()
        self.rows -= size
        return whole.slice(0, size).to_batches()[0]


def _small(rows: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in rows:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            yield batch.slice(start, BATCH_ROWS)


def _named(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """Return the columns of these names, in their order; of a name that several have the first."""
    found, have = chosen(batch, names)
    first = [found[have.index(name)] for name in names]
    return pa.RecordBatch.from_arrays(first, [f"c{number}" for number in range(len(names))])


class _Counts:
    """How often values and groups come, before (side 0) and after (1)."""

    def __init__(self, tables: Tables, hidden: Hidden, names: Sequence[str], columns: Sequence[str], groups: Sequence[Sequence[str]]) -> None:
        self._tables, self.hidden = tables, hidden
        self._columns = len(columns)
        self._groups = [[names.index(name) for name in dict.fromkeys(group)] for group in groups]
        for number in range(len(columns) + len(groups)):
            self._store(number, 0, np.empty(0, np.uint64))

    def add(self, batch: pa.RecordBatch, side: int) -> None:
        keys = [self.hidden.equal(batch.column(number), number) for number in range(batch.num_columns)]
        for number in range(self._columns):
            self._store(number, side, keys[number])
        for number, group in enumerate(self._groups):
            together = [keys[place] for place in group] or [np.zeros(batch.num_rows, np.uint64)]
            self._store(self._columns + number, side, np.bitwise_xor.reduce(together, axis=0))

    def _store(self, number: int, side: int, keys: _Matrix) -> None:
        values, counts = np.unique(keys, return_counts=True)
        self._tables.append(f"counts{number}", pa.table({"v": values, "side": np.full(len(values), side, np.int8), "n": counts.astype(np.int64)}))

    def column(self, number: int, rows: Sequence[int]) -> tuple[int, int, float, float]:
        """Return the different values before and after, the share of them that is lost, and the distance of their counts."""
        found = self._sides(number)
        table = found.agg(
            before=(found.a > 0).sum(), after=(found.b > 0).sum(), lost=((found.a > 0) & (found.b == 0)).sum(),
            apart=(found.a / max(1, rows[0]) - found.b / max(1, rows[1])).abs().sum(),
        )  # fmt: skip
        said = self._tables.fetch(table).to_pylist()[0]
        before, after = int(said["before"] or 0), int(said["after"] or 0)
        return before, after, int(said["lost"] or 0) / before if before else 0.0, _distance(said["apart"], rows)

    def group(self, number: int, columns: tuple[str, ...], rows: Sequence[int]) -> Groups:
        """Return what became of groups: their sizes are compared from the largest down."""
        found = self._sides(self._columns + number)
        sizes = []
        for side in ("a", "b"):
            own = found.filter(found[side] > 0)
            ranked = own.select(n=own[side], at=ibis.row_number().over(order_by=ibis.desc(own[side])))
            sizes.append(self._tables.keep(f"sizes{side}", ranked))
        said = [self._tables.fetch(side.agg(count=side.count(), low=side.n.min(), high=side.n.max())).to_pylist()[0] for side in sizes]
        joined = sizes[0].outer_join(sizes[1].rename(m="n", to="at"), [("at", "to")])
        apart = (joined.n.fill_null(0) / max(1, rows[0]) - joined.m.fill_null(0) / max(1, rows[1])).abs().sum()
        distance = _distance(self._tables.fetch(apart), rows)
        for side in ("a", "b"):
            self._tables.drop(f"sizes{side}")
        return Groups(columns, said[0]["count"], said[1]["count"], said[0]["low"], said[1]["low"], said[0]["high"], said[1]["high"], distance)

    def _sides(self, number: int) -> ibis.Table:
        table = self._tables.backend.table(f"counts{number}")
        by_side = {name: summed(table.n, table.side == side).fill_null(0) for side, name in enumerate("ab")}
        return table.group_by("v").agg(**by_side)


def _distance(apart: Any, rows: Sequence[int]) -> float:
    if not rows[0] or not rows[1]:
        return 0.0 if rows[0] == rows[1] else 1.0
    return round(float(apart or 0.0) / 2, 10)


class Moments:
    """Means, deviations and correlations of the columns of batches that are numbers throughout, pair by pair where both are there."""

    def __init__(self, columns: int) -> None:
        self.numeric = [True] * columns
        self._columns = columns
        self._shift: _Matrix | None = None
        self._n, self._sum, self._square, self._product = (np.zeros((columns, columns)) for _ in range(4))
        self._any = np.zeros(columns, bool)

    def add(self, batch: pa.RecordBatch, columns: int) -> None:
        """Take the first columns of a batch."""
        values = np.zeros((batch.num_rows, columns))
        there = np.zeros((batch.num_rows, columns), bool)
        for number in range(columns):
            if not self.numeric[number]:
                continue
            read, whole = floats(batch.column(number))
            self.numeric[number] = whole
            valid = read.is_valid().to_numpy(zero_copy_only=False)
            values[valid, number] = read.drop_null().to_numpy()
            there[:, number] = valid
        there &= np.isfinite(values)
        if self._shift is None:
            self._shift = np.zeros(columns)
        # near the first values that are seen, so that squares of large numbers lose nothing
        fresh = there.any(axis=0) & ~self._any
        if fresh.any():
            self._shift = np.where(fresh, np.where(there, values, 0).sum(axis=0) / np.maximum(1, there.sum(axis=0)), self._shift)
            self._any |= fresh
        moved, mask = np.where(there, values - self._shift, 0.0), there.astype(float)
        self._n += mask.T @ mask
        self._sum += moved.T @ mask
        self._square += (moved * moved).T @ mask
        self._product += moved.T @ moved

    def numbers(self, number: int) -> Numbers | None:
        """Return count, mean and deviation of a column, None if it holds anything but numbers, or nothing."""
        n = self._n[number, number]
        if not n or not self.numeric[number] or self._shift is None:
            return None
        mean = self._sum[number, number] / n
        spread = max(0.0, self._square[number, number] - n * mean * mean)
        return Numbers(int(n), float(mean + self._shift[number]), float(np.sqrt(spread / (n - 1))) if n > 1 else None)

    def correlation(self, numbers: Sequence[int]) -> tuple[tuple[float | None, ...], ...]:
        """Return the matrix of some columns."""
        return tuple(tuple(self._correlated(a, b) for b in numbers) for a in numbers)

    def _correlated(self, a: int, b: int) -> float | None:
        n = self._n[a, b]
        if n < 2:
            return None
        across = self._product[a, b] - self._sum[a, b] * self._sum[b, a] / n
        spread = [self._square[i, j] - self._sum[i, j] ** 2 / n for i, j in ((a, b), (b, a))]
        least = [1e-12 * max(1.0, self._square[i, j]) for i, j in ((a, b), (b, a))]
        if spread[0] <= least[0] or spread[1] <= least[1]:
            return None
        return float(min(1.0, max(-1.0, round(across / float(np.sqrt(spread[0]) * np.sqrt(spread[1])), 10))))
