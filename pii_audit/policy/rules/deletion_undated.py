"""Deletions follow a date."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place


@dataclass(frozen=True)
class DeletionUndated(Rule):
    """Asks whether entries of the register of deletions lack the date on which the deletion was due.

    Why: without a due date nobody can show that a statutory minimum was kept, or that the period was over.
    Example: recordings deleted «to free space», with a date of deletion and no due date.
    Remedy: enter the due date that follows from retention period and beginning; stop deletions that follow no period.
    """

    id = "deletion-undated"
    title = "Deletion without a due date"
    title_zh = "删除登记缺少应删除日期"
    remedy_zh = "按保存期限和起算日补登应删除日期；停止没有期限依据的删除。"
    example_zh = "为“腾出空间”删除录音，有删除日期而无应删除日期。"
    severity = Severity.LOW
    law = ("RET-07",)
    reads = (Reads(ROWS, ("deletion_records",), needs=("due_on",), uses=("borrower",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (records,) = tables
        return place(records.filter(records.due_on.isnull()))
