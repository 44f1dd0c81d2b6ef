"""How far people can be recognised in a table: k-anonymity, l-diversity, t-closeness, and the risks of three attackers.

Rows alike in all quasi-identifiers are an equivalence class. Null is a value like any other.

- k: the smallest class (L. Sweeney, "k-anonymity: a model for protecting privacy", 2002).
- l: in every class at least so many different values of a sensitive attribute; entropy l: e to the smallest entropy of a class
  (A. Machanavajjhala et al., "l-diversity: privacy beyond k-anonymity", 2007; definitions 3.1 and 4.1 there).
- t: the largest distance between the values of a class and those of the table (N. Li, T. Li, S. Venkatasubramanian, "t-closeness:
  privacy beyond k-anonymity and l-diversity", 2007): of categories half the sum of differences (equal distance), of numbers the
  ordered distance, the earth mover's over ranks.
- prosecutor (knows that somebody is in the table), journalist (knows a population that the table was drawn from), marketer (wants many,
  not one): K. El Emam, "Guide to the de-identification of personal health information", 2013; in these figures as ARX has them.

Everything is counted by groups in a private database of bounded memory, and there values are keyed numbers, see ``hidden.py``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from pii_audit.anonymize.hidden import NULL, Hidden, floats
from pii_audit.anonymize.plan import Limits
from pii_audit.engines.tables import Tables
from pii_audit.model.errors import UsageError
from pii_audit.model.near import near
from pii_audit.model.visible import visible

#: rows, however they come: an Arrow table, a batch, or an iterable of batches (a reader too)
Rows: TypeAlias = Any
#: a risk above this is counted (a class of less than five)
THRESHOLD = 0.2
#: distances that differ by less are equal
CLOSE = 1e-9
#: rows that are counted together before they reach the database
_TOGETHER = 1 << 18


@dataclass(frozen=True)
class Threat:
    """What an attacker can expect: the largest risk of a row, the average, and the share of rows above the threshold."""

    maximum: float
    average: float
    above: float


@dataclass(frozen=True)
class Diversity:
    """How far the classes hide one sensitive attribute. None where there are no rows. ``ordered``: taken for numbers."""

    column: str
    ordered: bool
    distinct: int
    l: int | None  # noqa: E741 - the name it has everywhere
    entropy_l: float | None
    t: float | None


@dataclass(frozen=True)
class Risk:
    """The figures of one table. ``k`` is None where there are no rows.

    ``population``: rows of the population that the journalist knows; None: there was none, and the journalist's figures are the
    prosecutor's. ``k_map``: the smallest class there of those that occur here. ``outside``: rows that the population lacks,
    though it should hold them; their class counts as it is here. ``below``: rows in classes smaller than ``asked``.
    """

    quasi: tuple[str, ...]
    rows: int
    classes: int
    k: int | None
    unique: int
    uniqueness: float
    threshold: float
    prosecutor: Threat
    journalist: Threat
    marketer: float
    sensitive: tuple[Diversity, ...] = ()
    population: int | None = None
    k_map: int | None = None
    outside: int | None = None
    asked: int | None = None
    below: int | None = None

    @property
    def l(self) -> int | None:  # noqa: E743 - the name it has everywhere
        """The smallest of all sensitive attributes."""
        return min((item.l for item in self.sensitive if item.l is not None), default=None)

    @property
    def t(self) -> float | None:
        """The largest of all sensitive attributes."""
        return max((item.t for item in self.sensitive if item.t is not None), default=None)

    def missed(self, limits: Limits) -> tuple[str, ...]:
        """Return in a line each which limits are not held. A table without rows holds all of them."""
        if not self.rows:
            return ()
        found = []
        if limits.k is not None and self.k is not None and self.k < limits.k:
            found.append(f"k is {self.k}, {limits.k} is required")
        if (limits.l is not None or limits.t is not None) and not self.sensitive:
            found.append("l or t is required, but no column is a sensitive attribute")
        for item in self.sensitive:
            if limits.l is not None and item.l is not None and item.l < limits.l:
                found.append(f"{visible(item.column)}: l is {item.l}, {limits.l} is required")
            if limits.t is not None and item.t is not None and item.t > limits.t + CLOSE:
                found.append(f"{visible(item.column)}: t is {item.t:.4f}, at most {limits.t:g} is required")
        return tuple(found)


def measure(
    rows: Rows,
    quasi: Sequence[str],
    sensitive: Sequence[str] = (),
    *,
    k: int | None = None,
    population: Rows | None = None,
    ordered: Mapping[str, bool] | None = None,
    threshold: float = THRESHOLD,
    hidden: Hidden | None = None,
) -> Risk:
    """Return the figures of a table. Raises UsageError if a column is not there.

    Args:
        rows: the table; a name that several of its columns have means all of them.
        quasi: columns by which somebody could be recognised; without any, all rows are one class.
        sensitive: columns that must not become known of somebody.
        k: classes smaller than this are counted.
        population: rows with the same quasi-identifiers, of everybody the table was drawn from.
        ordered: sensitive columns that are numbers (True) or categories (False) whatever they look like; else columns of numbers, and
            of texts that all are numbers, are numbers. Blank or null stands behind the greatest.
        threshold: risks above it are counted.
        hidden: how values are hidden; by a key of its own if none is given.
    """
    with Tables() as tables:
        counted = Counted(tables, hidden or Hidden(), quasi, sensitive, ordered or {}).take(rows)
        key = counted.key()
        classes = tables.keep("classes", counted.base.group_by(key=key).agg(n=summed(counted.base.n)))
        frame = {"f": classes.n}
        outside = people = None
        if population is not None:
            known = Counted(tables, counted.hidden, quasi, (), {}, "population").take(population)
            everybody = tables.keep("everybody", known.base.group_by(other=known.key()).agg(m=summed(known.base.n)))
            people = int(tables.fetch(everybody.m.sum()) or 0)
            joined = classes.left_join(everybody, classes.key == everybody.other)
            classes = tables.keep("placed", joined.select("key", "n", f=ibis.greatest(joined.n, joined.m.fill_null(0)), out=joined.m.isnull()))
            outside = int(tables.fetch(classes.n.sum(where=classes.out)) or 0)
            frame = {"f": classes.f}
        n, f = classes.n, frame["f"]
        figures = classes.agg(
            rows=n.sum(), classes=classes.count(), k=n.min(), unique=(n == 1).sum(), below=n.sum(where=n < (k or 0)),
            above=n.sum(where=1.0 / n > threshold), k_map=f.min(), f=f.sum(), apart=(n / f).sum(), f_above=n.sum(where=1.0 / f > threshold),
        )  # fmt: skip
        found = tables.fetch(figures).to_pylist()[0]
        total = int(found["rows"] or 0)
        return Risk(
            quasi=counted.quasi,
            rows=total,
            classes=found["classes"],
            k=found["k"],
            unique=int(found["unique"] or 0),
            uniqueness=_share(found["unique"], total),
            threshold=threshold,
            prosecutor=Threat(_share(1, found["k"]), _share(found["classes"], total), _share(found["above"], total)),
            journalist=Threat(
                _share(1, found["k_map"]),
                max(_share(found["classes"], found["f"]), _share(found["apart"], total)),
                _share(found["f_above"], total),
            ),
            marketer=_share(found["apart"], total),
            sensitive=tuple(_diversity(counted, tables.backend.table("classes"), number) for number in range(len(counted.sensitive))),
            population=people,
            k_map=found["k_map"] if population is not None else None,
            outside=outside,
            asked=k,
            below=None if k is None else int(found["below"] or 0),
        )


def document(figures: Any) -> Any:
    """Return figures of this layer (Risk, Reached, Utility) as JSON has them: no value, no key."""
    if dataclasses.is_dataclass(figures) and not isinstance(figures, type):
        shown = (item for item in dataclasses.fields(figures) if item.metadata.get("shown", True))
        plain = {item.name: document(getattr(figures, item.name)) for item in shown}
        return plain | {"l": figures.l, "t": figures.t} if isinstance(figures, Risk) else plain
    if isinstance(figures, Mapping):
        return {str(name): document(value) for name, value in figures.items()}
    if isinstance(figures, (tuple, list)):
        return [document(item) for item in figures]
    if isinstance(figures, float) and not math.isfinite(figures):
        return None
    return figures


def _share(part: Any, whole: Any) -> float:
    return _settled(float(part) / float(whole)) if part and whole else 0.0


def _settled(figure: float) -> float:
    """Return a sum without the digits that depend on the order it was summed in."""
    return round(figure, 10)


def _diversity(counted: Counted, classes: ir.Table, number: int) -> Diversity:
    tables, name = counted.tables, f"cells{number}"
    cells = tables.keep(name, counted.cells(number, counted.key()))
    ordered = counted.ordered(number)
    distinct = int(tables.fetch(cells.v.nunique()))
    if not distinct:
        return Diversity(counted.sensitive[number], ordered, 0, None, None, None)
    each = diverse(cells, classes)
    found = tables.fetch(each.agg(l=each.l.min(), entropy=each.entropy.min())).to_pylist()[0]
    if ordered:
        t = max((float(apart.max()) for _, apart in ordered_distances(tables, counted.hidden, cells)), default=0.0)
    else:
        t = float(tables.fetch(equal_distances(cells, classes).d.max()))
    tables.drop(name)
    return Diversity(counted.sensitive[number], ordered, distinct, int(found["l"]), _settled(math.exp(max(0.0, found["entropy"]))), _settled(t))


class Counted:
    """Rows counted by their quasi-identifiers (``q0`` …) and sensitive values, in a database. ``base`` is there after ``take``."""

    base: ir.Table

    def __init__(
        self, tables: Tables, hidden: Hidden, quasi: Sequence[str], sensitive: Sequence[str], ordered: Mapping[str, bool], name: str = "base"
    ) -> None:
        self.tables, self.hidden, self._name = tables, hidden, name
        self._names = tuple(dict.fromkeys(quasi)), tuple(dict.fromkeys(sensitive))
        #: names as often as columns have them
        self.quasi, self.sensitive = self._names
        self._said = ordered
        self._types: list[bool | None] = []
        self._waiting: list[pa.Table] = []
        self._started = False
        self.apart = False  #: whether quasi-identifiers stay one column each

    def take(self, rows: Rows) -> Counted:
        """Count rows. Returns itself."""
        size = 0
        for batch in batches(rows):
            counted = self._counted(batch)
            self._waiting.append(counted)
            size += counted.num_rows
            if size >= _TOGETHER:
                self._flush()
                size = 0
        if not self._started:
            self._start(len(self.quasi), len(self.sensitive))
        self._flush()
        stored = self.tables.append(f"{self._name}_", self._empty())
        by = [name for name in stored.columns if name != "n"]
        self.base = self.tables.keep(self._name, stored.group_by(by).agg(n=summed(stored.n)))
        self.tables.drop(f"{self._name}_")
        return self

    def seen(self, batch: pa.RecordBatch, quasi: list[pa.Array]) -> None:
        """Called with each batch and its quasi-identifiers before they are counted."""

    def key(self) -> ir.Value:
        """Return the number of a row's class."""
        return keyed([self.base[name] for name in self.base.columns if name[0] == "q"])

    def ordered(self, number: int) -> bool:
        """Return whether a sensitive attribute is one of numbers."""
        said = self._said.get(self.sensitive[number])
        return bool(self._types[number]) if said is None else said

    def cells(self, number: int, key: ir.Value) -> ir.Table:
        """Return ``key``, ``v`` (a sensitive value) and how often they meet."""
        value = self.base[f"x{number}" if self.ordered(number) else f"s{number}"]
        return self.base.group_by(key=key, v=value).agg(n=summed(self.base.n))

    def _start(self, quasi: int, sensitive: int) -> None:
        self._started = True
        self._types = [None] * sensitive
        self._widths = quasi, sensitive

    def _empty(self) -> pa.Table:
        quasi, sensitive = self._widths
        names = [f"q{i}" for i in range(quasi)] if self.apart and quasi else ["q"]
        names += [f"{letter}{i}" for i in range(sensitive) for letter in "sx"]
        return pa.schema([*((name, pa.uint64()) for name in names), ("n", pa.int64())]).empty_table()

    def _counted(self, batch: pa.RecordBatch) -> pa.Table:
        quasi, self.quasi = chosen(batch, self._names[0])
        sensitive, self.sensitive = chosen(batch, self._names[1])
        if not self._started:
            self._start(len(quasi), len(sensitive))
        if (len(quasi), len(sensitive)) != self._widths:
            raise UsageError("the batches of a table differ in their columns")
        self.seen(batch, quasi)
        keys = [self.hidden.equal(values, number) for number, values in enumerate(quasi)]
        if not (self.apart and keys):
            keys = [np.bitwise_xor.reduce(keys, axis=0) if keys else np.zeros(batch.num_rows, np.uint64)]
        columns = keys
        for number, values in enumerate(sensitive):
            numbers, whole = floats(values)
            some = numbers.null_count < len(numbers)
            if not whole or some:
                self._types[number] = whole and self._types[number] is not False
            valid = numbers.is_valid().to_numpy(zero_copy_only=False)
            read = self.hidden.numbers(np.where(valid, numbers.fill_null(0.0).to_numpy(), 0.0))
            columns = [*columns, self.hidden.equal(values, len(quasi) + number), np.where(valid, read, NULL)]
        table = pa.table(columns, names=self._empty().column_names[:-1])
        return table.group_by(table.column_names).aggregate([([], "count_all")]).rename_columns(self._empty().column_names)

    def _flush(self) -> None:
        if self._waiting:
            table = pa.concat_tables(self._waiting)
            self._waiting = []
            self.tables.append(f"{self._name}_", table.cast(self._empty().schema))


def batches(rows: Rows) -> Iterator[pa.RecordBatch]:
    """Yield the batches of rows, however they come."""
    if isinstance(rows, pa.RecordBatch):
        yield rows
    elif isinstance(rows, pa.Table):
        yield from rows.to_batches()
    else:
        yield from rows


def chosen(batch: pa.RecordBatch, names: Sequence[str]) -> tuple[list[pa.Array], tuple[str, ...]]:
    """Return the columns of these names, and the name of each; a name may be that of several."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(batch.schema.names):
        places.setdefault(name, []).append(place)
    for name in names:
        if name not in places:
            raise UsageError(f"there is no column {visible(name)}{near(name, places)}")
    found = [(batch.column(place), name) for name in names for place in places[name]]
    return [values for values, _ in found], tuple(name for _, name in found)


def summed(counts: ir.Value, where: ir.Value | None = None) -> ir.Value:
    """Return a sum as int64: DuckDB's has 16 bytes, and Ibis, which does not know, leaves out a cast to int64 alone."""
    return counts.sum(where=where).cast("float64").cast("int64")


def keyed(columns: Sequence[ir.Value]) -> ir.Value:
    """Return one number of several columns of keyed numbers."""
    key = columns[0]
    for column in columns[1:]:
        key = key ^ column
    return key


def diverse(cells: ir.Table, classes: ir.Table) -> ir.Table:
    """Return for each class how many values it has (``l``), and their entropy."""
    joined = cells.join(classes.select("key", of=classes.n), "key")
    share = joined.n / joined.of
    return joined.group_by("key").agg(l=joined.count(), entropy=-(share * share.ln()).sum())


def equal_distances(cells: ir.Table, classes: ir.Table) -> ir.Table:
    """Return for each class the distance (``d``) of its values from those of all, every two values being equally far apart."""
    total = classes.n.sum().as_scalar()
    whole = cells.group_by("v").agg(p=cells.n.sum() / total)
    joined = cells.join(whole, "v").join(classes.select("key", of=classes.n), "key")
    return joined.group_by("key").agg(d=ibis.greatest(joined.n / joined.of - joined.p, 0.0).sum())


def ordered_distances(tables: Tables, hidden: Hidden, cells: ir.Table) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield classes and the distance of their numbers from those of all: the earth mover's, over ranks.

    With m different numbers it is 1/(m-1) times the sum over all of them of how far the share up to there in the class is from that in
    the whole. A class with few of them is summed by stretches between two of its own, where its share stays: so the work does
    not grow with m.
    """
    whole = tables.fetch(cells.group_by("v").agg(n=summed(cells.n)))
    v, counts = whole["v"].to_numpy(), whole["n"].to_numpy()
    if len(v) < 2:
        each = tables.fetch(cells.select("key").distinct())["key"].to_numpy()
        yield each, np.zeros(len(each))
        return
    order = np.argsort(np.where(v == NULL, np.inf, hidden.shown(v)), kind="stable")
    ranks = np.empty(len(v), np.int64)
    ranks[order] = np.arange(len(v))
    tables.drop("ranks")
    placed = cells.join(tables.put("ranks", pa.table({"v": v, "rank": ranks})), "v")
    shares = np.cumsum(counts[order]) / counts.sum()
    sums = np.concatenate([[0.0], np.cumsum(shares)])
    held: list[np.ndarray[Any, Any]] = [np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64)]
    for batch in tables.batches(placed.select("key", "rank", "n").order_by("key", "rank"), _TOGETHER):
        held = [np.concatenate([before, batch.column(name).to_numpy()]) for before, name in zip(held, ("key", "rank", "n"), strict=True)]
        stop = int(np.searchsorted(held[0], held[0][-1])) if len(held[0]) else 0  # the last class may go on
        if stop:
            yield _apart([part[:stop] for part in held], shares, sums)
            held = [part[stop:] for part in held]
    if len(held[0]):
        yield _apart(held, shares, sums)


def _apart(
    cells: Sequence[np.ndarray[Any, Any]], shares: np.ndarray[Any, Any], sums: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return classes and their ordered distances from classes, ranks and counts, sorted by both."""
    keys, ranks, counts = cells
    m = len(shares)
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    length = np.diff(np.append(first, len(keys)))
    running = np.cumsum(counts)
    before = np.repeat(running[first] - counts[first], length)
    size = np.repeat(np.add.reduceat(counts, first), length)
    share = (running - before) / size
    following = np.append(ranks[1:], m)
    following[first[1:] - 1] = m
    # in a stretch the share of the whole is below that of the class up to ``turn``, above it from there
    turn = np.clip(np.searchsorted(shares, share, side="right"), ranks, following)
    stretch = share * (turn - ranks) - (sums[turn] - sums[ranks]) + (sums[following] - sums[turn]) - share * (following - turn)
    return keys[first], (np.add.reduceat(stretch, first) + sums[ranks[first]]) / (m - 1)
