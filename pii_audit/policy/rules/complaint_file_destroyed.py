"""Complaint files are kept three years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place


@dataclass(frozen=True)
class ComplaintFileDestroyed(Rule):
    """Asks whether complaint files were destroyed before three years had passed since the complaint was closed.

    Why: complaint files are kept at least three years from the day the complaint is closed.
    Example: closed on 2022-05-12, destroyed on 2025-05-11. Destroyed on 2025-05-12, the three years were kept.
    Remedy: restore what can be restored, record the loss, and let the archive compute the date from the day of closing.
    """

    id = "complaint-file-destroyed"
    title = "Complaint file destroyed early"
    title_zh = "投诉档案未满三年即销毁"
    remedy_zh = "恢复可恢复的档案并登记缺失；由档案系统按办结日计算销毁日期。"
    example_zh = "2022-05-12办结，2025-05-11销毁：违规；2025-05-12销毁则已满三年。"
    severity = Severity.MEDIUM
    law = ("RET-16",)
    reads = (Reads(ROWS, ("complaints",), needs=("ended_on", "destroyed_on"), uses=("borrower",)),)

    min: Period = param(PERIOD, Period(36), "minimum from the day of closing", "自办结日起的最短保存期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (complaints,) = tables
        open_ = complaints.ended_on.isnull() & complaints.destroyed_on.notnull()
        early = complaints.filter(open_ | (complaints.destroyed_on < self.min.end(complaints.ended_on)))
        return place(early, aspect=ibis.ifelse(early.ended_on.isnull(), "not closed", "closed"))
