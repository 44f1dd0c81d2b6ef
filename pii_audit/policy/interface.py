"""The contract of a rule: what it reads, its parameters, and one expression that returns what breaks it.

A rule never sees Python rows or raw values. Its expression runs in DuckDB, on Spark or inside a database.
"""

from __future__ import annotations

import datetime as dt
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import Kind
from pii_audit.model.violation import Severity

#: rows of datasets and registers of some kinds, with the roles asked for (see ``roles.py``)
ROWS = "rows"
#: relations made from the catalogue and the scan; their columns stand in ``relations.py``
DATASETS, FINDINGS, MASKED, FILES, RECIPIENTS, PERMITTED, ORGANISATION = (
    "datasets", "findings", "masked", "files", "recipients", "permitted", "organisation",
)  # fmt: skip


@dataclass(frozen=True)
class Reads:
    """One relation a rule reads.

    ``needs``: roles (for rows) or columns without which nothing can be tested: a dataset that lacks one is reported
    as not testable and left out. ``uses``: roles that are null where a dataset has none.
    ``kinds``: kinds of datasets; None for all. ``only``: which rows of a relation concern the rule at all (not for rows
    of datasets); the others need nothing. ``each``: a dataset of these kinds without any file is not testable.
    """

    relation: str
    kinds: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    only: Callable[[ir.Table], ir.BooleanValue] | None = None
    each: bool = False


@dataclass(frozen=True)
class World:
    """What every rule may ask for beside the relations it reads."""

    as_of: dt.date
    organisation: Mapping[str, Any]
    relation: Callable[[str], ir.Table]      #: a relation made from the catalogue, unfiltered
    key: Callable[[str], int | None]         #: the key that a text (a purpose, a country) has among rows


def param(kind: Kind, default: Any, doc: str, doc_zh: str) -> Any:
    """Declare a parameter of a rule. A default of None means that the rule needs it, or that there is no limit."""
    return field(default=default, metadata={"kind": kind, "doc": doc, "doc_zh": doc_zh})


@dataclass(frozen=True)
class Rule(ABC):
    """One rule. The docstring of a subclass says what it asks, why, an example and the remedy::

        Asks whether …

        Why: …
        Example: …
        Remedy: …

    ``query`` returns what breaks the rule, one row each, with these columns: ``dataset`` always (a recipient or ``-``
    where no dataset is concerned), and where they mean something ``source``, ``row`` (1-based), ``column``,
    ``subject`` (key of the data subject), ``aspect`` (a word: entity type, class, route; never a value) and ``n``
    (how many values the row stands for, default 1).
    """

    id: ClassVar[str]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    remedy_zh: ClassVar[str]
    #: the example of the docstring, in Chinese
    example_zh: ClassVar[str] = ""
    severity: ClassVar[Severity]
    #: rows of rules/law.yml; a rule that rests on facts from memory alone is no enabled default
    law: ClassVar[tuple[str, ...]]
    #: the first is where violations lie
    reads: ClassVar[tuple[Reads, ...]]
    enabled: ClassVar[bool] = True
    #: True: rests on a value of the organisation's own policy, on no law; the report says so
    policy_only: ClassVar[bool] = False
    #: True: what lies in its places is to be deleted, statutory minimum included
    deletes: ClassVar[bool] = False

    @abstractmethod
    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        """Return what breaks the rule; ``tables`` are the relations of ``reads`` in their order."""

    def tested(self, world: World, *tables: ir.Table) -> ir.Table | None:
        """Return the rows (or entries) that were tested; None if that is not to be counted."""
        return tables[0] if self.reads[0].relation == ROWS else None

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table | None:
        """Return rows that the rule is about, and that lack a value without which it cannot say (see ``lacking``)."""
        return None

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return name → dataclass field of every parameter."""
        return {item.name: item for item in fields(cls) if "kind" in item.metadata}

    @classmethod
    def prose(cls) -> Mapping[str, str]:
        """Return ``asks``, ``why``, ``example`` and ``remedy`` from the docstring."""
        found: dict[str, list[str]] = {"asks": []}
        part = "asks"
        for line in inspect.cleandoc(cls.__doc__ or "").splitlines():
            head, colon, rest = line.partition(": ")
            if colon and head in ("Why", "Example", "Remedy"):
                part, line = head.lower(), rest
                found[part] = []
            found[part].append(line.strip())
        return {name: " ".join(filter(None, lines)) for name, lines in found.items()}


# -- pieces that many queries share -----------------------------------------------------------------------------------


def on_day(date: dt.date) -> ir.DateScalar:
    """Return a date as an expression."""
    return ibis.date(date.year, date.month, date.day)


def lacking(table: ir.Table, role: str) -> ir.Table:
    """Return rows as those that lack a value: they are not testable."""
    return table.select("dataset", lacks=ibis.literal(role))


def place(table: ir.Table, **more: ir.Value | str) -> ir.Table:
    """Return the columns that say where a row lies, and ``more`` (``aspect``, ``n``, ``subject``)."""
    names = [name for name in ("dataset", "source", "row", "column") if name in table.columns]
    extra = dict(more)
    if "subject" not in extra and "borrower" in table.columns:
        extra["subject"] = table.borrower
    return table.select(*names, **{name: ibis.literal(value) if isinstance(value, str) else value for name, value in extra.items()})
