"""The incident plan is drilled."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, on_day, param, place


@dataclass(frozen=True)
class IncidentDrillOverdue(Rule):
    """Asks whether the last incident drill lies more than three years back.

    Why: there is a plan for incidents, and drills at least every three years.
    Example: a drill on 30 June 2023 still counts on 30 June 2026, and no longer a day later.
    Remedy: hold a drill and record it.
    """

    id = "incident-drill-overdue"
    title = "Incident drill overdue"
    title_zh = "安全事件应急演练逾期"
    remedy_zh = "开展应急演练并登记。"
    example_zh = "2023年6月30日演练：2026年6月30日仍有效，次日起逾期。"
    severity = Severity.MEDIUM
    law = ("INC-08",)
    reads = (Reads(ORGANISATION, needs=("last_drill",)),)

    every: Period = param(PERIOD, Period(months=36), "longest time between drills", "演练间隔上限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        return place(organisation.filter(self.every.end(organisation.last_drill) < on_day(world.as_of)))
