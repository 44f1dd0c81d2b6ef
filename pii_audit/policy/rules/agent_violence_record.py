"""Nobody with a record of violence collects."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._collection import LOG


@dataclass(frozen=True)
class AgentViolenceRecord(Rule):
    """Asks whether somebody with a record of violence on the register worked a case.

    Why: the national guide keeps persons with a record of violence out of collection.
    Example: a call by agent A010, whose violence_record is yes.
    Remedy: take the person off all cases at once, and review what was done.
    """

    id = "agent-violence-record"
    title = "Collection by a person with a record of violence"
    title_zh = "有暴力记录的人员从事催收"
    remedy_zh = "立即停止其催收工作，并复核其经办案件。"
    example_zh = "催收员A010的 violence_record 为“是”，仍拨打催收电话。"
    severity = Severity.HIGH
    law = ("COL-STAFF-03",)
    reads = (
        Reads(ROWS, LOG, needs=("agent",), uses=("borrower",)),
        Reads(ROWS, ("staff",), needs=("agent", "violence_record")),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, staff = tables
        return place(log.semi_join(staff.filter(staff.violence_record), "agent"))
