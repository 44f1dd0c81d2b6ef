"""Deletions happen when they are due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, lacking, on_day, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class DeletionOverdue(Rule):
    """Asks whether the register of deletions holds entries whose due date has passed and that were not carried out.

    Why: when the period is over, the handler deletes on its own motion.
    Example: due on 2026-03-01, no date of deletion, seen on 2026-06-30. On the due date itself it is in time.
    Remedy: carry out the deletion and enter its date; if a law demands the data, enter the new due date and its basis.
    """

    id = "deletion-overdue"
    title = "Deletion overdue"
    title_zh = "到期未删除"
    remedy_zh = "立即执行删除并登记日期；法律要求继续保存的，登记新的到期日和依据。"
    example_zh = "应删除日期为2026-03-01，至2026-06-30仍无删除日期；当日不算逾期。"
    severity = Severity.MEDIUM
    law = ("RET-04",)
    reads = (Reads(ROWS, ("deletion_records",), needs=("due_on", "deleted_on"), uses=("borrower",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (records,) = tables
        return place(records.filter(_outstanding(records, world) & over(records.due_on, world.as_of)))

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        (records,) = tables
        return lacking(records.filter(_outstanding(records, world) & records.due_on.isnull()), "due_on")


def _outstanding(records: ir.Table, world: World) -> ir.BooleanValue:
    # a day still to come is a plan
    return records.deleted_on.fill_null(dt.date.max) > on_day(world.as_of)
