"""Leaks are reported within three days."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._deadlines import hours_after, manner, missed


@dataclass(frozen=True)
class IncidentLate(Rule):
    """Asks whether an incident was reported later than 72 hours after it was discovered, or not at all.

    Why: a leak of consumers' financial information is reported to the local branch of the central bank within 72 hours;
    at once where persons or property are in danger, which a register cannot show.
    Example: discovered on 1 March at 09:00 and reported on 4 March at 09:00 is in time, a second later is late.
    Remedy: report now; keep the report ready as a form, and the duty roster with it.
    """

    id = "incident-late"
    title = "Incidents reported late or not at all"
    title_zh = "安全事件逾期未报告"
    remedy_zh = "立即报告；预备报告模板与值班联系人。"
    example_zh = "3月1日09:00发现：3月4日09:00报告按期，晚一秒即逾期。"
    severity = Severity.HIGH
    law = ("INC-02",)
    reads = (Reads(ROWS, ("incidents",), needs=("discovered_at", "reported_at")),)

    hours: int = param(WHOLE, 72, "hours after the discovery", "自发现起的小时数")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        late = missed(rows.reported_at, hours_after(rows.discovered_at, self.hours), world)
        return place(rows.filter(late), aspect=manner(rows.reported_at))
