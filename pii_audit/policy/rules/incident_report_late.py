"""Larger incidents are reported within a day."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._deadlines import GRADED, hours_after, manner, missed


@dataclass(frozen=True)
class IncidentReportLate(Rule):
    """Asks whether an incident of the larger grade or above was not reported within 24 hours of its discovery.

    Why: from the larger grade up the report is due within 24 hours; progress and closing follow.
    Example: discovered at 09:00 and reported at 09:00 of the next day is in time, a second later is late.
    Remedy: report now; from the major grade up report progress every 2 hours.
    """

    id = "incident-report-late"
    title = "Larger incidents not reported within 24 hours"
    title_zh = "较大及以上安全事件未在二十四小时内报告"
    remedy_zh = "立即报告；重大及以上事件每两小时报告进展。"
    example_zh = "09:00发现：次日09:00报告按期，晚一秒即逾期。"
    severity = Severity.HIGH
    law = ("INC-04",)
    reads = (Reads(ROWS, ("incidents",), needs=("grade", "discovered_at", "reported_at")),)

    hours: int = param(WHOLE, 24, "hours after the discovery", "自发现起的小时数")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self.tested(world, *tables)
        late = missed(rows.reported_at, hours_after(rows.discovered_at, self.hours), world)
        return place(rows.filter(late), aspect=manner(rows.reported_at))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].filter(tables[0].grade.isin(GRADED))
