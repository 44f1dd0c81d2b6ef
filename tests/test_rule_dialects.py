"""Every rule, and the reading of every role, compiles for DuckDB and for Spark; nothing here runs on either."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pytest
import sqlglot
from ibis.backends.sql import compilers
from ibis.config import Config
from ibis.expr.schema import Schema
from sqlglot import exp

from pii_audit.documents import fields
from pii_audit.documents.period import Period
from pii_audit.policy import evaluate, relations, roles, where
from pii_audit.policy.interface import ROWS, Reads, Rule, World
from pii_audit.policy.registry import rules
from pii_audit.policy.roles import ROLES, Manner, typed

DIALECTS = ("duckdb", "pyspark")
#: functions that a dialect has and sqlglot knows only by name; Spark's HASH has 32 bits, which an engine there has to mend
FUNCTIONS = {"duckdb": {"HASH", "SUFFIX", "TO_DAYS", "TO_HOURS", "TO_MICROSECONDS", "TO_MINUTES", "TO_MONTHS", "TO_SECONDS"}, "pyspark": {"HASH", "MAKE_DATE"}}
#: types in which columns of Parquet reach a role (see ``engines/tables.py``)
TYPES = ("string", "int64", "float64", "boolean", "date", "timestamp(6)")
ONE_OF_A_KIND = {role.kind: role for role in reversed(ROLES.values())}
#: relations of keys that an evaluation makes beside those of ``relations.py``
KEYS = {
    "recipient_keys": ibis.schema({"recipient": "string", "key": "int64"}),
    "purposes": ibis.schema({"recipient": "string", "purpose": "int64"}),
    "onward": ibis.schema({"recipient": "string", "key": "int64"}),
}


class Options(Config):
    """What the compiler for Spark asks for; Ibis brings it once Spark is there."""

    treat_nan_as_null: bool = False


@pytest.fixture(autouse=True)
def options_of_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    if ibis.options.pyspark is None:
        monkeypatch.setattr(ibis.options, "pyspark", Options())


def relation(name: str) -> ir.Table:
    """Return a relation made from catalogue and scan, without rows."""
    return ibis.table(KEYS[name] if name in KEYS else Schema.from_pyarrow(relations.SCHEMAS[name]), name=name)


@cache
def read(role: str, kind: str = "string") -> ir.Table:
    """Return what a column of this type becomes."""
    column = ibis.table({role: kind}, name="columns")[role]
    return ibis.table({role: kind}, name="columns").select(**typed(ROLES[role], column, Manner("salt", words={role: {"写法": next(iter(ROLES[role].words or ""), "")}})))


def table(reads: Reads, number: int) -> ir.Table:
    """Return a relation as a rule gets it, in the types that reading gives."""
    if reads.relation != ROWS:
        return relation(reads.relation)
    made = {column: read(role).schema()[column] for role in dict.fromkeys((*reads.needs, *reads.uses)) for column in roles.columns(role)}
    return ibis.table({"dataset": "string", "source": "int32", "row": "int64", **made}, name=f"rows_{number}")


def some(kind: fields.Kind) -> Any:
    """Return a value for a parameter."""
    if isinstance(kind, fields.Mapped):
        return {"loan_book": some(kind.of)}
    if isinstance(kind, fields.Many):
        return (some(kind.of),)
    return kind.known()[0] if isinstance(kind, fields.Choice) else Period(18) if isinstance(kind, fields.PeriodKind) else 3


def ways(kind: type[Rule]) -> Iterator[Rule]:
    """Yield a rule as it is, and once with every parameter set that may be left open."""
    values = {name: some(item.metadata["kind"]) for name, item in kind.parameters().items() if item.default in (None, (), dataclasses.MISSING)}
    required = {name: value for name, value in values.items() if kind.parameters()[name].default is dataclasses.MISSING}
    yield kind(**required)
    left_open = values.keys() - required
    if left_open:
        yield kind(**values)


def compiled(expression: ir.Table, dialect: str) -> str:
    compiler = getattr(compilers, dialect).compiler
    return compiler.to_sqlglot(expression).sql(compiler.dialect)


def check(expression: ir.Table, dialect: str) -> None:
    """Compile, and read again what was written."""
    tree = sqlglot.parse_one(compiled(expression, dialect), read=getattr(compilers, dialect).compiler.dialect)
    assert tree.named_selects == list(expression.columns)
    assert {node.name for node in tree.find_all(exp.Anonymous)} <= FUNCTIONS[dialect]


WORLD = World(dt.date(2026, 6, 30), {"name": "安信贷", "kind": "consumer_finance"}, relation, len)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", rules())
def test_every_rule_compiles(name: str, dialect: str) -> None:
    for rule in ways(rules()[name]):
        tables = [table(reads, number) for number, reads in enumerate(rule.reads)]
        expressions = [rule.query(WORLD, *tables), rule.tested(WORLD, *tables)]
        check(evaluate._complete(expressions[0]), dialect)
        if expressions[1] is not None:
            check(expressions[1].group_by("dataset").aggregate(n=expressions[1].count()), dialect)
        if (lacking := rule.undecided(WORLD, *tables)) is not None:
            check(lacking.group_by(["dataset", "lacks"]).aggregate(n=lacking.count()), dialect)


def test_some_rules_leave_parameters_open() -> None:
    assert {name for name, rule in rules().items() if len(list(ways(rule))) == 2} >= {"declared-retention-short", "retention-limit", "clear-in-logs"}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("role", ROLES)
def test_the_reading_of_every_role_compiles(role: str, dialect: str) -> None:
    assert compiled(read(role), dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("role", ONE_OF_A_KIND.values(), ids=list(ONE_OF_A_KIND))
def test_the_reading_of_every_type_compiles(role: roles.Role, kind: str, dialect: str) -> None:
    if kind == "string":
        check(read(role.name), dialect)
    else:
        assert compiled(read(role.name, kind), dialect)


def test_a_rule_in_yaml_compiles() -> None:
    condition = "staff_count < 2 AND event_time >= TIMESTAMP '2026-01-01 08:00:00' AND coalesce(channel, 'call') IN ('visit') AND NOT entry_consent"
    rule = where.rule("own", {"title": "Visits by one", "kind": "collection_log", "where": condition})
    for dialect in DIALECTS:
        check(evaluate._complete(rule.query(WORLD, table(rule.reads[0], 0))), dialect)


BY_GROUP = pytest.mark.xfail(reason="the engine for Spark has to write groups anew: camelCase cannot be cut without them", strict=True)


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=BY_GROUP if kind == roles.FIELDS else ()) for kind in ONE_OF_A_KIND])
def test_replacements_mean_the_same_everywhere(kind: str) -> None:
    """DuckDB writes a group that was found as \\1, Spark as $1: no replacement may hold one."""
    replaced = read(ONE_OF_A_KIND[kind].name).op().find(ops.RegexReplace)
    assert not [node.replacement.value for node in replaced if re.search(r"[\\$]", node.replacement.value)]
