"""The register: training within a year."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, on_day, param, place


@dataclass(frozen=True)
class StaffTrainingOverdue(Rule):
    """Asks whether somebody on the register had no training or exam for more than a year.

    Of several rows of a person the latest counts, of dates those that have come. The year of somebody never trained runs
    from the first case or the hire. Who left is not asked, unless a later date shows that the person came back.

    Why: collectors are trained and examined at least once a year.
    Example: last trained on 9 March 2025 breaks the rule from 10 March 2026 on.
    Remedy: train the person, and stop giving cases until then.
    """

    id = "staff-training-overdue"
    title = "Training out of date"
    title_zh = "催收人员培训过期"
    remedy_zh = "补训并考核；完成前停止派案。"
    example_zh = "最近一次培训为2025年3月9日，自2026年3月10日起违规。"
    severity = Severity.MEDIUM
    law = ("COL-STAFF-02",)
    reads = (
        Reads(ROWS, ("staff",), needs=("agent", "trained_on"), uses=("exam_on", "first_case_on", "hired_on", "left_on")),
    )

    every: Period = param(PERIOD, Period(12), "longest time between trainings", "培训间隔上限")

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        """Return the latest row of each person."""
        (staff,) = tables
        trained, exam = (_past(staff[name], world) for name in ("trained_on", "exam_on"))
        date = ibis.coalesce(ibis.greatest(trained, exam), trained, exam)
        staff = staff.mutate(date=date, left=staff.left_on.max().over(ibis.window(group_by=staff.agent)))
        order = [staff.date.desc(nulls_first=False), staff.source, staff.row]
        staff = staff.mutate(nth=ibis.row_number().over(ibis.window(group_by=staff.agent, order_by=order)))
        return staff.filter(staff.agent.notnull() & (staff.nth == 0))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        staff = self.tested(world, *tables)
        today = on_day(world.as_of)
        since = ibis.coalesce(staff.date, staff.first_case_on, staff.hired_on)
        here = staff.left.isnull() | (staff.left >= today) | (since > staff.left).fill_null(False)
        found = staff.filter(here & (since.isnull() | (self.every.end(since) < today)))
        return place(found, aspect=found.date.isnull().ifelse("never", "overdue"))


def _past(date: ir.DateValue, world: World) -> ir.DateValue:
    """Return a date that has come by the day of the audit, null for one that is only planned."""
    return (date <= on_day(world.as_of)).ifelse(date, ibis.null("date"))
