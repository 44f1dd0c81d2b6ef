"""Who may read highly sensitive data is laid down."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, place


@dataclass(frozen=True)
class AccessUndeclared(Rule):
    """Asks whether a dataset holds highly sensitive items and the catalogue names no role that may read it.

    Why: staff get access in grades and by approval; where no role is named, nobody can show that.
    Example: a borrower master with identity numbers and no ``access_roles``.
    Remedy: decide which roles need the data, name them in ``access_roles``, and take access from the rest.
    """

    id = "access-undeclared"
    title = "Highly sensitive data without declared access roles"
    title_zh = "高敏感数据未登记访问角色"
    remedy_zh = "确定需要访问的岗位角色并登记 access_roles，收回其余权限。"
    example_zh = "客户主档含身份证号，但未填写 access_roles。"
    severity = Severity.MEDIUM
    law = ("ACC-01",)
    reads = (Reads(DATASETS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        datasets = self.tested(world, *tables)
        return place(datasets.filter(datasets.access_roles.fill_null(0) == 0))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].filter(tables[0].sensitive_found)
