"""The register: exam before the first case."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, place
from pii_audit.policy.rules._collection import LogRule


@dataclass(frozen=True)
class StaffExamLate(LogRule):
    """Asks whether the register lets somebody start before the exam, or without one.

    Of several rows of a person the earliest exam and the earliest first case count.

    Why: collectors pass training and an exam before they start.
    Example: first case on 2 March, exam on 20 March; both on one day is well.
    Remedy: give cases to an agent only when the exam is recorded.
    """

    id = "staff-exam-late"
    title = "First case before the exam"
    title_zh = "上岗日期早于考核日期"
    remedy_zh = "考核合格并登记后方可分配案件。"
    example_zh = "3月2日首次接案，3月20日考核；同一天则合规。"
    severity = Severity.MEDIUM
    law = ("COL-STAFF-01",)
    reads = (Reads(ROWS, ("staff",), needs=("exam_on", "first_case_on"), uses=("agent",)),)

    def judged(self, log: ir.Table) -> ir.Table:
        """Return one row of each person with a first case; rows that name nobody are persons of their own."""
        first = log.exam_on.min().over(ibis.window(group_by=log.agent))
        log = log.mutate(exam=log.agent.isnull().ifelse(log.exam_on, first))
        log = log.filter(log.first_case_on.notnull())
        of_agent = ibis.window(group_by=log.agent, order_by=[log.first_case_on, log.source, log.row])
        log = log.mutate(nth=ibis.row_number().over(of_agent))
        return log.filter(log.agent.isnull() | (log.nth == 0))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        staff = self.judged(tables[0])
        found = staff.filter((staff.exam.isnull() & (staff.first_case_on <= world.as_of)) | (staff.first_case_on < staff.exam))
        return place(found, aspect=found.exam.isnull().ifelse("no-exam", "before-exam"))
