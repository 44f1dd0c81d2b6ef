"""Impact assessments are kept three years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place


@dataclass(frozen=True)
class PipiaDestroyed(Rule):
    """Asks whether impact assessments were, or are to be, destroyed before three years have passed.

    Why: reports of impact assessments and records of processing are kept at least three years.
    Example: assessed on 2023-06-01, kept until 2026-05-31. Until 2026-06-01, the three years are kept.
    Remedy: restore the report or repeat the assessment, and correct the dates in the register.
    """

    id = "pipia-destroyed"
    title = "Impact assessment destroyed early"
    title_zh = "个人信息保护影响评估报告未满三年即销毁"
    remedy_zh = "恢复报告或重新评估，并更正登记中的保存日期。"
    example_zh = "2023-06-01评估，只保存至2026-05-31：违规；保存至2026-06-01则已满三年。"
    severity = Severity.MEDIUM
    law = ("RET-11",)
    reads = (Reads(ROWS, ("pipia",), needs=("assessed_on", "destroyed_on")),)

    min: Period = param(PERIOD, Period(36), "minimum from the assessment", "自评估日起的最短保存期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (assessments,) = tables
        return place(assessments.filter(assessments.destroyed_on < self.min.end(assessments.assessed_on)))
