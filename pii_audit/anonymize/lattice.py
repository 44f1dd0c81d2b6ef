"""The least generalisation that reaches k, l and t: the best node of a lattice of levels, not merely a good one.

Every quasi-identifier has a hierarchy: level 0 is the value as it is, every level puts together values that the level below kept
apart. A node names one level for each; one node is above another if no level is lower (L. Sweeney, "Achieving k-anonymity privacy
protection using generalization and suppression", 2002). Rows of classes that fail are taken out, as many as are allowed.

The search is that of OLA (K. El Emam et al., "A globally optimal k-anonymity method for the de-identification of health data", 2009)
with the paths of Flash (F. Kohlmayer et al., "Flash: efficient, stable and optimal k-anonymity", 2012): a path upwards from the
cheapest node left is searched by halves. A class that fails k or distinct l is made of classes that fail below, so rows that fail there
become no fewer further down: a node where they are too many rules out all below it. For t that holds only if no row may be taken out
(the distance of a union is at most the larger one); otherwise a node that fails t rules out itself alone. A node that is reached
rules out all that lose more. So nothing better than what is returned was left unlooked at.

The loss that decides depends on the node alone: ``levels`` (the mean of level by height, Sweeney's 1 - Prec) or ``entropy`` (non-uniform
entropy, A. Gionis and T. Tassa, "k-anonymization with minimal loss of information", 2009: bits lost of those there were). Of nodes
that lose the same the one of less discernibility is taken (R. Bayardo and R. Agrawal, "Data privacy through optimal k-anonymization", 2005:
rows times the rows each cannot be told from; a row taken out counts as one that cannot be told from any).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.hidden import Hidden, texts
from pii_audit.anonymize.interface import Operator, Outcome, Use
from pii_audit.anonymize.plan import Limits
from pii_audit.anonymize.risk import CLOSE, Counted, Rows, chosen, equal_distances, keyed, ordered_distances, summed
from pii_audit.engines.tables import Tables
from pii_audit.model.errors import UsageError
from pii_audit.model.visible import visible

#: texts in, coarser texts out
Level: TypeAlias = Operator | Callable[[pa.Array], Any]
Loss: TypeAlias = Literal["levels", "entropy"]

#: a lattice of more nodes is refused
NODES = 1 << 21
#: values of a column whose levels are remembered; others are read again when they come again
_KNOWN = 1 << 21
#: entropies are compared in such parts
_PARTS = 10**9
#: the salt of values that a level refuses, beside those of columns
_REFUSED = 1 << 16


@dataclass(frozen=True)
class Lookup:
    """A level from a table: ``coarser`` beside ``values``. A value that is not there is refused."""

    values: pa.Array
    coarser: pa.Array

    def __call__(self, values: pa.Array) -> Outcome:
        at = pc.index_in(values, value_set=self.values)
        return Outcome(self.coarser.take(at), pc.and_(at.is_null(), values.is_valid()))


@dataclass(frozen=True)
class Hierarchy:
    """The levels of a column above the value as it is, each from that value (not from the level below).

    A level is an operator, or a function from texts to texts (or to an Outcome). What it refuses becomes one value, as the fallback of
    a plan makes it. To be sent to other processes, functions must be picklable. ``entity_type``: what operators are told the values are.
    """

    column: str
    levels: tuple[Level, ...] = ()
    entity_type: str | None = None

    @classmethod
    def of(cls, column: str, table: Mapping[str, Sequence[str]]) -> Hierarchy:
        """Return the hierarchy of a table: value → what it becomes at level 1, 2 …"""
        heights = {len(row) for row in table.values()}
        if len(heights) > 1:
            raise UsageError(f"{visible(column)}: its values have {min(heights)} to {max(heights)} levels")
        values = pa.array(table, pa.string())
        columns = zip(*table.values(), strict=True)
        return cls(column, tuple(Lookup(values, pa.array(column, pa.string())) for column in columns))


@dataclass(frozen=True)
class Reached:
    """The best node, and what it costs; ``node`` None: there is none, and nothing below it says anything.

    ``loss`` is what decided (``decided_by``), from 0 to 1; ``levels``, ``entropy`` and ``discernibility`` are all three losses, from 0 to 1.
    ``classes`` and ``k`` are those of the rows that stay. ``nodes`` are in the lattice, ``examined`` were counted.
    """

    columns: tuple[str, ...]
    heights: tuple[int, ...]
    rows: int
    nodes: int
    examined: int
    decided_by: Loss
    node: tuple[int, ...] | None = None
    loss: float | None = None
    levels: float | None = None
    entropy: float | None = None
    discernibility: float | None = None
    classes: int | None = None
    suppressed: int | None = None
    k: int | None = None
    hierarchies: tuple[Hierarchy, ...] = field(default=(), repr=False, compare=False, metadata={"shown": False})
    hidden: Hidden | None = field(default=None, repr=False, compare=False, metadata={"shown": False})
    #: the numbers of the classes that are taken out, in order
    failing: Any = field(default=None, repr=False, compare=False, metadata={"shown": False})

    def chosen(self) -> Mapping[str, Level | None]:
        """Return what becomes of each column: its level, None for as it is."""
        assert self.node is not None
        found = zip(self.columns, self.hierarchies, self.node, strict=True)
        return {name: hierarchy.levels[level - 1] if level else None for name, hierarchy, level in found}

    def keeps(self, batch: pa.RecordBatch) -> pa.Array:
        """Return which rows of a batch, with its columns as they were, stay."""
        assert self.node is not None and self.hidden is not None
        columns, _ = chosen(batch, tuple(dict.fromkeys(self.columns)))
        key = np.zeros(batch.num_rows, np.uint64)
        for number, (values, hierarchy, level) in enumerate(zip(columns, self.hierarchies, self.node, strict=True)):
            distinct, which = _distinct(values)
            key ^= _level(hierarchy, level, distinct, self.hidden, number)[which]
        at = np.minimum(np.searchsorted(self.failing, key), max(0, len(self.failing) - 1))
        return pa.array(self.failing[at] != key if len(self.failing) else np.ones(len(key), bool))


def reach(
    rows: Rows,
    hierarchies: Sequence[Hierarchy],
    limits: Limits,
    sensitive: Sequence[str] = (),
    *,
    decide: Loss = "levels",
    ordered: Mapping[str, bool] | None = None,
    hidden: Hidden | None = None,
) -> Reached:
    """Return the node of least loss at which the rows that stay hold k, l and t, no more of them being taken out than the limits allow.

    Only the different combinations of values and how often they come are kept. The rows that stay are measured among themselves: t is
    their distance from the table that leaves, so what is taken out may make others fail, which are taken out too.

    Args:
        rows: the table as it is.
        hierarchies: one for each quasi-identifier, without levels if it stays as it is.
        limits: k, l, t and the share of rows that may be taken out.
        sensitive: columns that l and t are of.
        decide: the loss that decides.
        ordered: as for ``risk.measure``.
        hidden: how values are hidden; by a key of its own if none is given.

    Raises UsageError if a column is missing, if a level keeps apart what the level below it has put together, or if there are too many nodes.
    """
    if (limits.l is not None or limits.t is not None) and not sensitive:
        raise UsageError("l or t is to be reached, but no column is a sensitive attribute")
    if len({hierarchy.column for hierarchy in hierarchies}) < len(hierarchies):
        raise UsageError("a column has two hierarchies")
    _few(len(hierarchy.levels) for hierarchy in hierarchies)
    needed = sensitive if limits.l is not None or limits.t is not None else ()
    with Tables() as tables:
        counted = _Levelled(tables, hidden or Hidden(), hierarchies, needed, ordered or {})
        counted.take(rows)
        _few(counted.heights)
        counted.settle()
        judge = _Judge(counted, limits)
        entropies = counted.entropies()
        costs = {"levels": level_costs(counted.heights), "entropy": [[round(x * _PARTS) for x in column] for column in entropies]}
        best, examined = search(costs[decide], judge)
        shared: dict[str, Any] = {
            "columns": counted.quasi,
            "heights": counted.heights,
            "rows": judge.rows,
            "nodes": math.prod(height + 1 for height in counted.heights),
            "examined": examined,
            "decided_by": decide,
        }
        if best is None:
            return Reached(**shared)
        verdict = judge(best)
        mean = max(1, len(best))
        losses: dict[str, float] = {
            "levels": sum(level / height for level, height in zip(best, counted.heights, strict=True) if height) / mean,
            "entropy": sum(column[level] for column, level in zip(entropies, best, strict=True)) / mean,
        }
        return Reached(
            **shared,
            node=best,
            loss=losses[decide],
            levels=losses["levels"],
            entropy=losses["entropy"],
            discernibility=verdict.discernibility / judge.rows**2 if judge.rows else 0.0,
            classes=verdict.classes,
            suppressed=verdict.suppressed,
            k=verdict.k,
            hierarchies=counted.hierarchies,
            hidden=counted.hidden,
            failing=judge.failing(),
        )


def _few(heights: Iterable[int]) -> None:
    if math.prod(height + 1 for height in heights) > NODES:
        raise UsageError(f"the levels make more than {NODES} combinations; give some columns fewer")


@dataclass(frozen=True)
class Verdict:
    """What a node is. ``hopeless``: neither it nor any below it is enough."""

    reached: bool
    hopeless: bool
    suppressed: int = 0
    classes: int = 0
    k: int | None = None
    discernibility: int = 0


def level_costs(heights: Sequence[int]) -> list[list[int]]:
    """Return for each column what its levels cost, as whole numbers whose sums compare as the sums of level by height do."""
    whole = math.lcm(*(height for height in heights if height))
    return [[level * whole // height if height else 0 for level in range(height + 1)] for height in heights]


def search(costs: Sequence[Sequence[int]], judge: Callable[[tuple[int, ...]], Verdict]) -> tuple[tuple[int, ...] | None, int]:
    """Return the best node and how many were judged. ``costs`` of a column never fall from a level to the next."""
    shape = tuple(len(column) for column in costs)
    nodes = np.indices(shape, np.int16).reshape(len(shape), math.prod(shape)).T
    cost = sum((np.array(column, np.int64)[nodes[:, number]] for number, column in enumerate(costs)), np.zeros(len(nodes), np.int64))
    steps = [math.prod(shape[number + 1 :]) for number in range(len(shape))]
    left = np.ones(len(nodes), bool)
    best: tuple[int, int, int, tuple[int, ...]] | None = None
    examined = 0

    def look(at: int) -> Verdict:
        nonlocal best, examined, left
        node = tuple(nodes[at].tolist())
        verdict = judge(node)
        examined += 1
        left[at] = False
        if verdict.reached:
            found = (int(cost[at]), verdict.discernibility, verdict.suppressed, node)
            best = found if best is None else min(best, found)
            left &= cost <= best[0]  # those that cost the same may be better otherwise
        elif verdict.hopeless:
            left &= (nodes > nodes[at]).any(axis=1)
        return verdict

    def upwards(at: int) -> list[int]:
        return [at + step for number, step in enumerate(steps) if nodes[at, number] + 1 < shape[number] and left[at + step]]

    look(len(nodes) - 1)  # where all is lost, if it is
    while left.any():
        waiting = np.flatnonzero(left)
        path = [int(waiting[np.argmin(cost[waiting])])]
        while above := upwards(path[-1]):
            path.append(min(above, key=lambda at: (cost[at], at)))
        low, high = 0, len(path) - 1
        while low <= high:
            middle = (low + high) // 2
            if look(path[middle]).reached:
                high = middle - 1
            else:
                low = middle + 1
    return (best[3] if best else None), examined


class _Levelled(Counted):
    """Counts combinations as they are, and keeps what their values become at each level."""

    def __init__(self, tables: Tables, hidden: Hidden, hierarchies: Sequence[Hierarchy], sensitive: Sequence[str], ordered: Mapping[str, bool]) -> None:
        by_name = {hierarchy.column: hierarchy for hierarchy in hierarchies}
        super().__init__(tables, hidden, tuple(by_name), sensitive, ordered)
        self._by_name = by_name
        self.apart = True
        self._known: list[np.ndarray[Any, Any]] = []
        self.levels: list[ir.Table | None] = []

    @property
    def hierarchies(self) -> tuple[Hierarchy, ...]:
        """One for each column that is counted."""
        return tuple(self._by_name[name] for name in self.quasi)

    @property
    def heights(self) -> tuple[int, ...]:
        return tuple(len(hierarchy.levels) for hierarchy in self.hierarchies)

    def seen(self, batch: pa.RecordBatch, quasi: list[pa.Array]) -> None:
        self._known = self._known or [np.empty(0, np.uint64)] * len(quasi)
        for number, (values, hierarchy) in enumerate(zip(quasi, self.hierarchies, strict=True)):
            if not hierarchy.levels:
                continue
            distinct, _ = _distinct(values)
            numbers = self.hidden.equal(distinct, number)
            fresh = ~np.isin(numbers, self._known[number])
            if not fresh.any():
                continue
            numbers, distinct = numbers[fresh], distinct.filter(pa.array(fresh))
            self._known[number] = _sorted(self._known[number], numbers) if len(self._known[number]) < _KNOWN else _sorted(numbers)
            columns = [numbers, *(_level(hierarchy, level, distinct, self.hidden, number) for level in range(1, len(hierarchy.levels) + 1))]
            self.tables.append(f"seen{number}", pa.table(columns, names=[f"h{level}" for level in range(len(columns))]))

    def settle(self) -> None:
        """Keep what was seen once, and look whether every level puts together what the one below has put together."""
        for number, hierarchy in enumerate(self.hierarchies):
            if not hierarchy.levels or not self._known:
                self.levels.append(None)
                continue
            table = self.tables.keep(f"levels{number}", self.tables.backend.table(f"seen{number}").distinct())
            self.tables.drop(f"seen{number}")
            for level in range(1, len(hierarchy.levels) + 1):
                pairs = table.select(low=table[f"h{level - 1}"], high=table[f"h{level}"]).distinct()
                if self.tables.fetch(pairs.count()) != self.tables.fetch(pairs.low.nunique()):
                    raise UsageError(f"{visible(hierarchy.column)}: level {level} keeps apart values that level {level - 1} has put together")
            self.levels.append(table)

    def at(self, node: Sequence[int]) -> ir.Table:
        """Return the combinations with the number of their class (``key``)."""
        joined, keys = self.base, []
        for number, (table, level) in enumerate(zip(self.levels, node, strict=True)):
            keys.append(f"g{number}" if level and table is not None else f"q{number}")
            if level and table is not None:
                joined = joined.join(table.select(**{f"q{number}": table.h0, f"g{number}": table[f"h{level}"]}), f"q{number}")
        rest = [name for name in self.base.columns if name[0] != "q"]
        return joined.select(*rest, key=keyed([joined[name] for name in keys]) if keys else ibis.literal(0, "uint64"))

    def entropies(self) -> list[list[float]]:
        """Return for each column and level the share of the bits of its values that is lost."""
        found = []
        for number, table in enumerate(self.levels):
            base = self.base.group_by(h0=self.base[f"q{number}"]).agg(n=self.base.n.sum().cast("float64"))
            if table is None:
                found.append([0.0] * (self.heights[number] + 1))
                continue
            joined = base.join(table, "h0")
            bits = []
            for level in range(self.heights[number] + 1):
                parts = joined.group_by(joined[f"h{level}"]).agg(n=joined.n.sum())
                bits.append(float(self.tables.fetch((parts.n * parts.n.log2()).sum()) or 0.0))
            total = float(self.tables.fetch(base.n.sum()) or 0)
            most = total * math.log2(total) - bits[0] if total else 0.0
            found.append([min(1.0, round(max(0.0, bit - bits[0]) / most, 9)) if most > CLOSE else 0.0 for bit in bits])
        return found


class _Judge:
    """Says what a node is. After a call ``failing`` says which classes of it are taken out."""

    def __init__(self, counted: _Levelled, limits: Limits) -> None:
        self._counted, self._tables, self._limits = counted, counted.tables, limits
        self.rows = int(self._tables.fetch(counted.base.n.sum()) or 0)
        self._allowed = math.floor(self.rows * limits.suppress_at_most + CLOSE)

    def __call__(self, node: tuple[int, ...]) -> Verdict:
        for name in ("placed", "classes", "kept"):
            self._tables.drop(name)
        placed = self._counted.at(node)
        if self._counted.sensitive:
            placed = self._tables.keep("placed", placed)
        classes = self._tables.keep("classes", placed.group_by("key").agg(n=summed(placed.n)))
        enough = classes.filter(classes.n >= (self._limits.k or 1))
        if self._limits.l is not None:
            for number in range(len(self._counted.sensitive)):
                cells = self._cells(placed, number)
                each = cells.group_by("key").agg(l=cells.count())
                enough = enough.semi_join(each.filter(each.l >= self._limits.l), "key")
        kept = self._tables.keep("kept", enough)
        if self._suppressed(kept) > self._allowed:
            return Verdict(reached=False, hopeless=True)
        while self._limits.t is not None and len(far := self._far(placed, kept)):
            if not self._allowed:
                return Verdict(reached=False, hopeless=True)
            self._tables.drop("far")
            self._tables.drop("still")
            still = self._tables.keep("still", kept.anti_join(self._tables.put("far", pa.table({"key": far})), "key"))
            self._tables.drop("kept")
            kept = self._tables.keep("kept", still)
            if self._suppressed(kept) > self._allowed:
                return Verdict(reached=False, hopeless=False)
        suppressed = self._suppressed(kept)
        found = self._tables.fetch(kept.agg(classes=kept.count(), k=kept.n.min(), squares=summed(kept.n * kept.n))).to_pylist()[0]
        return Verdict(True, False, suppressed, found["classes"], found["k"], int(found["squares"] or 0) + suppressed * self.rows)

    def failing(self) -> np.ndarray[Any, Any]:
        """Return the numbers of the classes that the node judged last takes out, in order."""
        classes, kept = self._tables.backend.table("classes"), self._tables.backend.table("kept")
        found: np.ndarray[Any, Any] = np.sort(self._tables.fetch(classes.anti_join(kept, "key").select("key"))["key"].to_numpy())
        return found

    def _suppressed(self, kept: ir.Table) -> int:
        return self.rows - int(self._tables.fetch(kept.n.sum()) or 0)

    def _cells(self, placed: ir.Table, number: int) -> ir.Table:
        value = placed[f"x{number}" if self._counted.ordered(number) else f"s{number}"]
        return placed.group_by("key", v=value).agg(n=summed(placed.n))

    def _far(self, placed: ir.Table, kept: ir.Table) -> np.ndarray[Any, Any]:
        """Return the classes that are too far from all that stay."""
        most = (self._limits.t or 0.0) + CLOSE
        found = [np.empty(0, np.uint64)]
        for number in range(len(self._counted.sensitive)):
            cells = self._cells(placed, number).semi_join(kept, "key")
            if self._counted.ordered(number):
                found += [keys[apart > most] for keys, apart in ordered_distances(self._tables, self._counted.hidden, cells)]
            else:
                each = equal_distances(cells, kept)
                found.append(self._tables.fetch(each.filter(each.d > most).select("key"))["key"].to_numpy())
        return _sorted(*found)


def _sorted(*numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return every number once, in order; by sorting, since numpy.unique hashes, and takes a hundred times as long on such."""
    found, _ = np.unique(np.concatenate(numbers), return_index=True)
    return found


def _distinct(values: pa.Array) -> tuple[pa.Array, np.ndarray[Any, Any]]:
    """Return the different values as text, and which of them each is; null is one of them, the last."""
    coded = pc.dictionary_encode(texts(values))
    words = pa.concat_arrays([coded.dictionary, pa.nulls(1, coded.dictionary.type)])
    return words, pc.fill_null(coded.indices.cast(pa.int64()), len(words) - 1).to_numpy()


def _level(hierarchy: Hierarchy, number: int, values: pa.Array, hidden: Hidden, column: int) -> np.ndarray[Any, Any]:
    """Return the numbers of what values become at a level."""
    if not number:
        return hidden.equal(values, column)
    level, words = hierarchy.levels[number - 1], values.cast(pa.string())
    found = level.apply(words, Use(hierarchy.entity_type)) if isinstance(level, Operator) else level(words)
    if not isinstance(found, Outcome):
        found = Outcome(found)
    if len(found.values) != len(values):
        raise UsageError(f"{visible(hierarchy.column)}: level {number} returns other rows than it was given")
    numbers = hidden.equal(found.values, column)
    if found.refused is not None:
        refused = pc.fill_null(found.refused, False).to_numpy(zero_copy_only=False)
        numbers = np.where(refused, hidden.equal(pa.array(["refused"]), column + _REFUSED)[0], numbers)
    return numbers
