"""Exam first, cases after."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._collection import LOG


@dataclass(frozen=True)
class AgentBeforeExam(Rule):
    """Asks whether somebody worked a case before the day of the first exam, or without any exam on the register.

    Why: collectors pass training and an exam before they start.
    Example: a call on 11 March by an agent whose exam was on 20 March; on 20 March itself it is well.
    Remedy: give cases to an agent only when the exam is recorded.
    """

    id = "agent-before-exam"
    title = "Collection before the exam"
    title_zh = "考核合格前上岗催收"
    remedy_zh = "考核合格并登记后方可分配案件。"
    example_zh = "3月20日考核，3月11日即已拨打电话；3月20日当天拨打则合规。"
    severity = Severity.MEDIUM
    law = ("COL-STAFF-01",)
    reads = (
        Reads(ROWS, LOG, needs=("event_time", "agent"), uses=("borrower",)),
        Reads(ROWS, ("staff",), needs=("agent", "exam_on")),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, staff = tables
        exams = staff.group_by("agent").aggregate(first_exam=staff.exam_on.min())
        found = log.inner_join(exams, "agent")
        found = found.filter(found.first_exam.isnull() | (found.event_time.date() < found.first_exam))
        return place(found, aspect=found.first_exam.isnull().ifelse("no-exam", "before-exam"))
