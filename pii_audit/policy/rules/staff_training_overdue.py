"""The register: training within a year."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.fields import PERIOD
from pii_audit.policy.interface import ROWS, Reads, World, on_day, param, place
from pii_audit.policy.period import Period
from pii_audit.policy.rules._collection import LogRule


@dataclass(frozen=True)
class StaffTrainingOverdue(LogRule):
    """Asks whether somebody on the register had no training or exam for more than a year.

    Of several rows of a person the latest counts. The year of somebody never trained runs from the first case or the
    hire; who left is not asked.

    Why: collectors are trained and examined at least once a year.
    Example: last trained on 9 March 2025 breaks the rule from 10 March 2026 on.
    Remedy: train the person, and stop giving cases until then.
    """

    id = "staff-training-overdue"
    title = "Training out of date"
    title_zh = "催收人员培训过期"
    remedy_zh = "补训并考核；完成前停止派案。"
    severity = Severity.MEDIUM
    law = ("COL-STAFF-02",)
    reads = (
        Reads(ROWS, ("staff",), needs=("agent", "trained_on"), uses=("exam_on", "first_case_on", "hired_on", "left_on")),
    )

    every: Period = param(PERIOD, Period(12), "longest time between trainings", "培训间隔上限")

    def judged(self, log: ir.Table) -> ir.Table:
        """Return the latest row of each person."""
        date = ibis.coalesce(ibis.greatest(log.trained_on, log.exam_on), log.trained_on, log.exam_on)
        log = log.mutate(date=date, left=log.left_on.max().over(ibis.window(group_by=log.agent)))
        order = [log.date.desc(nulls_first=False), log.source, log.row]
        log = log.mutate(nth=ibis.row_number().over(ibis.window(group_by=log.agent, order_by=order)))
        return log.filter(log.agent.notnull() & (log.nth == 0))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        staff = self.judged(tables[0])
        today = on_day(world.as_of)
        since = ibis.coalesce(staff.date, staff.first_case_on, staff.hired_on)
        found = staff.filter((staff.left.isnull() | (staff.left >= today)) & (since.isnull() | (self.every.end(since) < today)))
        return place(found, aspect=found.date.isnull().ifelse("never", "overdue"))
