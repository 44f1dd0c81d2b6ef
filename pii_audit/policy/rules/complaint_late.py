"""Complaints are answered in time."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._deadlines import overdue


@dataclass(frozen=True)
class ComplaintLate(Rule):
    """Asks whether a complaint that a branch of the central bank forwarded was not answered within 15 days of receipt.

    Why: 15 days are given, 60 at most where the time was extended. Complaints made directly are not covered: for them a
    period may be set as a policy value.
    Example: received on 1 April and answered on 16 April is in time, answered on 17 April is late.
    Remedy: answer now; record extensions; watch the days that are left.
    """

    id = "complaint-late"
    title = "Complaints answered late or not at all"
    title_zh = "投诉逾期未答复"
    remedy_zh = "立即答复；延期的须登记；监控剩余办理期限。"
    example_zh = "4月1日收到：4月16日答复按期，4月17日答复逾期。"
    severity = Severity.MEDIUM
    law = ("COL-CMP-02",)
    reads = (Reads(ROWS, ("complaints",), needs=("complaint_source", "received_on", "answered_on"), uses=("extended", "borrower")),)

    forwarded: Period = param(PERIOD, Period(days=15), "time for complaints that the central bank forwards", "人民银行转办投诉的答复期限")
    extended: Period = param(PERIOD, Period(days=60), "the same where it was extended", "延期后的答复期限")
    direct: Period | None = param(PERIOD, None, "time for complaints made directly (policy value)", "直接投诉的答复期限（内部规定）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self.tested(world, *tables)
        plain = self.forwarded.end(rows.received_on)
        if self.direct:
            plain = (rows.complaint_source == "direct").ifelse(self.direct.end(rows.received_on), plain)
        due = rows.extended.fill_null(False).ifelse(self.extended.end(rows.received_on), plain)
        return place(rows.filter(overdue(rows.answered_on, due, world)), aspect=rows.complaint_source)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        return rows.filter(rows.complaint_source.isin(("pbc", "direct") if self.direct else ("pbc",)))
