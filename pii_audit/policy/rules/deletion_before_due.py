"""Nothing is deleted before the date the register sets."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, lacking, place


@dataclass(frozen=True)
class DeletionBeforeDue(Rule):
    """Asks whether the register of deletions records data that were deleted before their own due date.

    Why: the due date stands for the period for which the data must be kept. Which law sets it, the register says; the
    comparison with the register's own date is a policy value.
    Example: due on 2026-03-01, deleted on 2026-02-28. Deleted on the due date itself is in time.
    Remedy: check whether a law demanded the data until then, restore them if so, and stop jobs that ignore the register.
    """

    id = "deletion-before-due"
    title = "Deleted before the due date"
    title_zh = "早于应删除日期删除"
    remedy_zh = "核查该期间是否有法定保存要求，必要时恢复；停止不按登记执行的删除任务。"
    example_zh = "应删除日期为2026-03-01，却于2026-02-28删除；当日删除则合规。"
    severity = Severity.LOW
    law = ()
    policy_only = True
    reads = (Reads(ROWS, ("deletion_records",), needs=("due_on", "deleted_on"), uses=("borrower",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (records,) = tables
        return place(records.filter(records.deleted_on < records.due_on))

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        (records,) = tables
        return lacking(records.filter(records.deleted_on.notnull() & records.due_on.isnull()), "due_on")
