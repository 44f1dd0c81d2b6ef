"""Business data in fields of the PBC are audited every three years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class BusinessDataAudit(Rule):
    """Asks whether the last compliance audit lies more than three years back.

    Why: in fields of the PBC, business data are audited at least every 3 years, every year with important data (``interval`` says).
    Example: last audit on 2023-06-29, seen on 2026-06-30. The anniversary itself is in time.
    Remedy: have the audit made, and enter its date as ``last_audit``.
    """

    id = "business-data-audit"
    title = "No compliance audit within three years"
    title_zh = "业务数据合规审计超过三年"
    remedy_zh = "开展业务数据合规审计并登记日期。"
    example_zh = "上次审计为2023-06-29，于2026-06-30检查；周年当日不算逾期。"
    severity = Severity.MEDIUM
    law = ("AUD-06",)
    reads = (Reads(ORGANISATION, needs=("last_audit",)),)

    interval: Period = param(PERIOD, Period(36), "longest time between audits", "审计的最长间隔")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        return place(organisation.filter(over(self.interval.end(organisation.last_audit), world.as_of)))
