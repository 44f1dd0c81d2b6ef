"""Incidents whose time to report is running."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._deadlines import hours_after, passed


@dataclass(frozen=True)
class IncidentReportDeadline(Rule):
    """Asks whether incidents wait to be reported while their 72 hours are running or end on the day of the audit.

    Why: this is arithmetic, so that none of them becomes late.
    Example: discovered yesterday and not reported; one that was reported is not named.
    Remedy: report before the hours end; larger incidents have 1 hour for a brief report and 24 for the whole.
    """

    id = "incident-report-deadline"
    title = "Incidents to be reported within 72 hours"
    title_zh = "待报告的安全事件（72小时内）"
    remedy_zh = "在期限届满前报告；较大及以上事件一小时内简要报告、二十四小时内书面报告。"
    example_zh = "昨日发现、尚未报告的事件；已报告的不列出。"
    severity = Severity.INFO
    law = ("INC-02", "INC-04")
    reads = (Reads(ROWS, ("incidents",), needs=("discovered_at", "reported_at")),)

    hours: int = param(WHOLE, 72, "hours after the discovery", "自发现起的小时数")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        return place(rows.filter(rows.reported_at.isnull() & ~passed(hours_after(rows.discovered_at, self.hours), world)))
