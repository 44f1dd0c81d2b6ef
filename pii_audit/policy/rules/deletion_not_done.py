"""What is recorded as deleted is gone."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, lacking, on_day, place


@dataclass(frozen=True)
class DeletionNotDone(Rule):
    """Asks whether loans that the register of deletions records as deleted are still in a loan book.

    Why: a record of a deletion that did not happen hides data that had to go, and misleads auditors and borrowers.
    Example: the register says that a loan was deleted on 2026-02-01; its row is still there.
    Remedy: delete the rows, find out why the job reported success, and compare register and data after every run.
    """

    id = "deletion-not-done"
    title = "Recorded as deleted, still there"
    title_zh = "登记为已删除但数据仍在"
    remedy_zh = "删除仍在的数据，查明删除任务误报成功的原因，每次删除后核对登记与数据。"
    example_zh = "登记称某笔贷款已于2026-02-01删除，但该行仍在。"
    severity = Severity.HIGH
    law = ("RET-04",)
    deletes = True
    reads = (Reads(ROWS, ("loan_book",), needs=("loan",), uses=("borrower",)), Reads(ROWS, ("deletion_records",), needs=("loan", "deleted_on")))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        book, records = tables
        gone = records.filter(records.deleted_on <= on_day(world.as_of))
        return place(book.semi_join(gone, "loan"))

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        book, records = tables
        return lacking(book.filter(book.loan.isnull()), "loan").union(
            lacking(records.filter(records.loan.isnull() & records.deleted_on.notnull()), "loan")
        )
