"""The register: nobody with a record of violence."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, on_day, place


@dataclass(frozen=True)
class StaffViolenceRecord(Rule):
    """Asks whether the register of collectors holds somebody with a record of violence who has not left.

    Why: the national guide keeps persons with a record of violence out of collection.
    Example: a row whose violence_record is yes and whose last day of service is not over.
    Remedy: take the person out of collection and record it.
    """

    id = "staff-violence-record"
    title = "Collector with a record of violence"
    title_zh = "催收人员有暴力记录"
    remedy_zh = "将其调离催收岗位并记录。"
    example_zh = "某行 violence_record 为“是”，且尚未离职。"
    severity = Severity.HIGH
    law = ("COL-STAFF-03",)
    reads = (Reads(ROWS, ("staff",), needs=("violence_record",), uses=("left_on",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (staff,) = tables
        here = staff.left_on.isnull() | (staff.left_on >= on_day(world.as_of))
        return place(staff.filter(staff.violence_record.fill_null(False) & here))
