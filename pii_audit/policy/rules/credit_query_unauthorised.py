"""Credit data are queried with written consent."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place


@dataclass(frozen=True)
class CreditQueryUnauthorised(Rule):
    """Asks whether credit reports were queried, and no authorisation is recorded with the query.

    Why: a query of credit data needs the person's written consent, which names what it is for.
    Example: a row of the query log with an empty «authorisation_id».
    Remedy: refuse queries without an authorisation in the system; find the missing ones or delete the reports.
    """

    id = "credit-query-unauthorised"
    title = "Credit reports queried without authorisation"
    title_zh = "未经授权查询征信报告"
    remedy_zh = "系统拦截无授权查询；补查授权，无授权的删除报告。"
    example_zh = "查询登记中某行 authorisation_id 为空。"
    severity = Severity.HIGH
    law = ("CON-09",)
    reads = (Reads(ROWS, ("credit_reports",), needs=("authorisation",), uses=("borrower",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (reports,) = tables
        return place(reports.filter(reports.authorisation.isnull()))
