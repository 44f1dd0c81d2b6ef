"""A rule in YAML alone: a condition over roles, in the SQL that every engine reads.

Only an expression over the columns of one relation is let through: no sub-query, no table, no function that could
read a file or the settings. It is tried on made-up rows first, so that what cannot be computed is a mistake of the
policy, with its line, and not a failure in the middle of an audit whose message might quote a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import sqlglot
from sqlglot import exp

from pii_audit.documents.fields import short, unknown
from pii_audit.engines.tables import Tables
from pii_audit.model.violation import Severity
from pii_audit.model.visible import visible
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.roles import ROLES, Manner, columns, typed

_ALLOWED = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between,
    exp.Like, exp.ILike, exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Neg, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.Mod, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast, exp.TryCast, exp.DataType, exp.Interval,
    exp.Var, exp.Abs, exp.Length, exp.Lower, exp.Upper, exp.Extract, exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.DateDiff, exp.Tuple,
    exp.IntervalSpan, exp.DataTypeParam,
)  # fmt: skip


def _parsed(condition: str) -> exp.Expression | str:
    """Return the condition, or why it is refused."""
    try:
        # a comment could hide a part of the condition from whoever reads the policy
        if any(token.comments for token in sqlglot.tokenize(condition, read="duckdb")):
            return "must not hold a comment"
        trees = sqlglot.parse(f"SELECT 1 FROM rows WHERE {condition}\n", read="duckdb")
    except (sqlglot.errors.SqlglotError, ValueError, RecursionError):
        return "is not a condition in SQL"
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Select):
        return "must be one condition"
    whole = {name for name, value in tree.args.items() if value}
    if "where" not in whole or whole - {"expressions", "from", "from_", "where", "kind"}:
        return "must be one condition"
    found: exp.Expression = tree.args["where"].this
    known = {column for role in ROLES for column in columns(role)}
    for node in found.walk():
        if not isinstance(node, _ALLOWED):
            what = node.name if isinstance(node, exp.Anonymous) else type(node).__name__
            return f"{short(what.lower())} is not allowed in a condition"
        if isinstance(node, exp.Column) and (node.table or node.name not in known):
            return unknown("role", f"{node.table}.{node.name}" if node.table else node.name, known)
    return found if found.find(exp.Column) else "must name a role"


def refused(condition: str) -> str | None:
    """Return why a condition is not let through, None if it is."""
    found = _parsed(condition)
    if isinstance(found, str):
        return found
    written = [*_WRITTEN, *(word for role in _used(found) for word in ROLES[role].words or ())]
    with Tables(threads=1) as tables:
        rows = tables.put("written", pa.table({"value": pa.array(written, pa.string())}))
        made = {name: value for role in _used(found) for name, value in typed(ROLES[role], rows.value, Manner("")).items()}
        rows = tables.put("tried", tables.fetch(rows.select(**made)))
        tables.lock()
        try:
            tables.fetch(_broken(rows, found, "trial").count())
        except duckdb.Error as error:  # its message quotes the condition and made-up values only
            return f"cannot be computed: {short(str(error).splitlines()[0])}"
    return None


#: values of every kind, the extreme ones too
_WRITTEN = (None, "", "x", "是", "否", "0", "0.5", "-1e300", "1e300", "1900-01-01", "2024-02-29 23:59:59", "9999-12-31 00:00:00")


def _used(condition: exp.Expression) -> tuple[str, ...]:
    by_column = {column: role for role in ROLES for column in columns(role)}
    return tuple(dict.fromkeys(by_column[node.name] for node in condition.find_all(exp.Column)))


def _broken(rows: ir.Table, condition: exp.Expression, name: str) -> ir.Table:
    """Return the rows for which a condition holds. ``name`` is given to the relation and must be free."""
    sql = f'SELECT * FROM "{name}" WHERE {condition.sql(dialect="duckdb")}'
    # not rows.sql(): it would ask the database for the schema, which is that of the rows
    return ops.SQLStringView(rows.alias(name).op(), sql, rows.schema()).to_expr()


def rule(identity: str, values: Mapping[str, Any]) -> Rule:
    """Return the rule that an entry of a policy describes. The condition was checked by :func:`refused`."""
    found = _parsed(values["where"])
    if isinstance(found, str):
        raise ValueError(found)
    condition = found
    used = _used(condition)
    # free: relations of rows and of the catalogue have no hyphen at the end of their names
    relation = f"{identity}-"

    class Where(Rule):
        id = identity
        title = visible(values["title"])
        title_zh = visible(values.get("title_zh", values["title"]))
        remedy_zh = visible(values.get("remedy_zh", values.get("remedy", "")))
        severity = Severity.MEDIUM
        law = tuple(values.get("law", ()))
        policy_only = not values.get("law")
        reads = (Reads(ROWS, (values["kind"],), needs=used, uses=() if "borrower" in used else ("borrower",)),)

        def query(self, world: World, *tables: ir.Table) -> ir.Table:
            return place(_broken(tables[0], condition, relation))

    Where.__doc__ = f"Asks {visible(values['title'])}.\n\nRemedy: {visible(values.get('remedy', ''))}"
    return Where()
