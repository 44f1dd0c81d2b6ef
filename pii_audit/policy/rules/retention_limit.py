"""Rows are deleted when their retention period is over."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD, Choice
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, ROWS, Reads, Rule, World, lacking, param, place
from pii_audit.policy.roles import DATE, ROLES, TIME
from pii_audit.policy.rules._periods import BEGINNINGS, PERSONAL, kept_until, over, with_periods

_DATES = Choice(tuple(name for name, role in ROLES.items() if role.kind in (DATE, TIME) and name != "kept_from"), "role of a date")


@dataclass(frozen=True)
class RetentionLimit(Rule):
    """Asks whether rows are still there although their retention period, and the minimum that a law sets, are over.

    Why: personal information is kept for the shortest time and deleted when the period ends; a statutory minimum wins,
    and after it the row goes. Identity data and transaction records of financial institutions are kept ten years even
    if the catalogue names no minimum. A row without a date of closing has not begun to run, unless its account is closed.
    Example: kept 5 years from settlement: a loan settled on 2021-06-30 is due on 2026-07-01, not on 2026-06-30.
    Remedy: run the deletion job, record it in the register of deletions, and check backups and exports too.
    """

    id = "retention-limit"
    title = "Rows kept past their retention period"
    title_zh = "超过保存期限仍未删除"
    remedy_zh = "执行到期删除并登记，同时检查备份与导出文件。"
    example_zh = "自结清起保存5年：2021-06-30结清的贷款自2026-07-01起应删除，2026-06-30尚不违规。"
    severity = Severity.MEDIUM
    law = ("RET-01", "RET-04")
    deletes = True
    reads = (Reads(ROWS, PERSONAL, needs=("kept_from",), uses=("borrower", "status")), Reads(DATASETS, PERSONAL, needs=("keep_months",)))

    keep: Period | None = param(PERIOD, None, "how long rows are kept; none: as the catalogue declares", "保存期限；空表示按目录声明")
    min: Period | None = param(PERIOD, None, "minimum that wins over keep; none: as the catalogue declares", "法定最短期限，优先于 keep；空表示按目录声明")
    dated_by: str | None = param(_DATES, None, "role of the date it runs from; none: as the catalogue declares, else closed_on", "起算日的角色；空表示按目录声明，否则为 closed_on")

    def __post_init__(self) -> None:
        rows, declared = type(self).reads
        reads = (Reads(ROWS, rows.kinds, (self.dated_by or "kept_from",), rows.uses), *([] if self.keep else [declared]))
        object.__setattr__(self, "reads", reads)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self.tested(world, *tables)
        return place(rows.filter(over(kept_until(rows, rows.begun, self.keep, self.min), world.as_of)))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self._declared(world, tables[0])
        return rows.filter(rows.begun.notnull())

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self._declared(world, tables[0])
        begins = ibis.literal(self.dated_by) if self.dated_by else rows.keep_until_from.fill_null("closed_on")
        ended = (begins == "closed_on") & rows.status.isin(["closed", "cancelled"]).fill_null(False)
        return lacking(rows.filter(rows.begun.isnull() & (ended | begins.isin(BEGINNINGS))), self.dated_by or "kept_from")

    def _declared(self, world: World, rows: ir.Table) -> ir.Table:
        rows = with_periods(world, rows)
        begun = rows[self.dated_by or "kept_from"]
        rows = rows.mutate(begun=begun.date() if begun.type().is_timestamp() else begun)
        return rows if self.keep else rows.filter(rows.keep_months.notnull())
