"""Data of minors are audited every year."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class MinorsAudit(Rule):
    """Asks whether the processing of minors' personal information was audited within a year.

    Why: who processes personal information of minors audits it every year and reports it.
    Example: last audit on 2025-06-29, seen on 2026-06-30. The anniversary itself is in time.
    Remedy: audit the processing of minors' data, report it, and enter the date as ``last_minors_audit``.
    """

    id = "minors-audit"
    title = "Minors' data not audited within a year"
    title_zh = "未成年人个人信息未按年审计"
    remedy_zh = "开展未成年人个人信息保护合规审计并报告，登记审计日期。"
    example_zh = "上次审计为2025-06-29，于2026-06-30检查；周年当日不算逾期。"
    severity = Severity.MEDIUM
    law = ("MNR-03",)
    reads = (Reads(ORGANISATION, needs=("last_minors_audit",)),)

    interval: Period = param(PERIOD, Period(12), "longest time between audits", "审计的最长间隔")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        return place(organisation.filter(over(self.interval.end(organisation.last_minors_audit), world.as_of)))
