"""Larger incidents are reported in brief within an hour."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._deadlines import GRADED, hours_after, manner, missed


@dataclass(frozen=True)
class IncidentBriefLate(Rule):
    """Asks whether an incident of the larger grade or above was not reported in brief within 1 hour of its discovery.

    Why: from the larger grade up the central bank wants to know within the hour.
    Example: discovered at 09:00 and reported in brief at 10:00 is in time, at 10:01 is late.
    Remedy: report in brief by phone or system first, and grade again later if need be.
    """

    id = "incident-brief-late"
    title = "Larger incidents not reported in brief within the hour"
    title_zh = "较大及以上安全事件未在一小时内简要报告"
    remedy_zh = "先行简要报告，后续可调整等级。"
    example_zh = "09:00发现：10:00简要报告按期，10:01逾期。"
    severity = Severity.MEDIUM
    law = ("INC-04",)
    reads = (Reads(ROWS, ("incidents",), needs=("grade", "discovered_at", "brief_at")),)

    hours: int = param(WHOLE, 1, "hours after the discovery", "自发现起的小时数")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self.tested(world, *tables)
        late = missed(rows.brief_at, hours_after(rows.discovered_at, self.hours), world)
        return place(rows.filter(late), aspect=manner(rows.brief_at))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].filter(tables[0].grade.isin(GRADED))
