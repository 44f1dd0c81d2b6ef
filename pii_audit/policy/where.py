"""A rule in YAML alone: a condition over roles, in the SQL that every engine reads.

Only an expression over the columns of one relation is let through: no sub-query, no table, no function that could
read a file or the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir
import sqlglot
from sqlglot import exp

from pii_audit.model.near import near
from pii_audit.model.violation import Severity
from pii_audit.model.visible import visible
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.roles import ROLES, columns

_ALLOWED = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between,
    exp.Like, exp.ILike, exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Neg, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.Mod, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast, exp.TryCast, exp.DataType, exp.Interval,
    exp.Var, exp.Abs, exp.Length, exp.Lower, exp.Upper, exp.Extract, exp.Year, exp.Month, exp.Day, exp.DateDiff, exp.Tuple,
    exp.IntervalSpan, exp.DataTypeParam,
)  # fmt: skip


def _parsed(condition: str) -> exp.Expression | str:
    """Return the condition, or why it is refused."""
    try:
        (tree,) = sqlglot.parse(f"SELECT 1 FROM rows WHERE {condition}", read="duckdb")
        if not isinstance(tree, exp.Select) or not tree.args.get("where"):
            return "is more than one condition"
        found: exp.Expression = tree.args["where"].this
        if {name for name, value in tree.args.items() if value} - {"expressions", "from", "from_", "where", "kind"}:
            return "is more than one condition"
    except (sqlglot.errors.SqlglotError, ValueError, RecursionError):
        return "is not a condition in SQL"
    known = {column for role in ROLES for column in columns(role)}
    for node in found.walk():
        if not isinstance(node, _ALLOWED):
            return f"{visible(type(node).__name__.lower())} is not allowed in a condition"
        if isinstance(node, exp.Column) and (node.table or node.name not in known):
            return f"unknown role {visible(node.name)}{near(node.name, known)}"
    return found


def refused(condition: str) -> str | None:
    """Return why a condition is not let through, None if it is."""
    found = _parsed(condition)
    return found if isinstance(found, str) else None


def rule(identity: str, values: Mapping[str, Any]) -> Rule:
    """Return the rule that an entry of a policy describes. The condition was checked by :func:`refused`."""
    found = _parsed(values["where"])
    if isinstance(found, str):
        raise ValueError(found)
    by_column = {column: role for role in ROLES for column in columns(role)}
    used = tuple(dict.fromkeys(by_column[node.name] for node in found.find_all(exp.Column)))
    condition = found.sql(dialect="duckdb")

    class Where(Rule):
        id = identity
        title = values["title"]
        title_zh = values.get("title_zh", values["title"])
        remedy_zh = values.get("remedy_zh", values.get("remedy", ""))
        severity = Severity.MEDIUM
        law = tuple(values.get("law", ()))
        reads = (Reads(ROWS, (values["kind"],), needs=used, uses=() if "borrower" in used else ("borrower",)),)

        def query(self, world: World, *tables: ir.Table) -> ir.Table:
            rows = tables[0].alias(f"rows_{identity.replace('-', '_')}")
            broken = rows.sql(f'SELECT * FROM "rows_{identity.replace("-", "_")}" WHERE {condition}', dialect="duckdb")
            return place(broken)

    Where.__doc__ = f"Asks {values['title']}.\n\nRemedy: {values.get('remedy', '')}"
    return Where()
