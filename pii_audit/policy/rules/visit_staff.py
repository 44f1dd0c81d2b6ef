"""Visits are made by two."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule


@dataclass(frozen=True)
class VisitStaff(LogRule):
    """Asks whether a visit was made by fewer collectors than the pact asks for.

    Why: two collectors witness for each other and for the debtor.
    Example: a visit with staff_count 1.
    Remedy: plan visits for two, and let the system refuse others.
    """

    id = "visit-staff"
    title = "Visit by too few collectors"
    title_zh = "外访人数不足"
    remedy_zh = "外访须由两名以上人员执行，系统校验派单人数。"
    example_zh = "外访记录的 staff_count 为1。"
    severity = Severity.MEDIUM
    law = ("COL-VISIT-01",)
    reads = (Reads(ROWS, LOG, needs=("channel", "staff_count"), uses=("borrower",)),)

    least: int = param(WHOLE, 2, "collectors per visit that are needed", "每次外访最少人数")

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter((log.channel == "visit") & log.staff_count.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        return place(log.filter(log.staff_count < self.least))
