"""Data of closed accounts are deleted."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD, Choice, Many
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, lacking, param, place
from pii_audit.policy.roles import ROLES
from pii_audit.policy.rules._periods import least_until, over, with_periods

_STATES = Many(Choice(tuple(ROLES["status"].words or ()), "state of an account"), 1)


@dataclass(frozen=True)
class ClosedAccountData(Rule):
    """Asks whether rows of closed accounts are still there although no statutory minimum protects them any more.

    Why: when the purpose is achieved the data are deleted; while a law demands that they are kept, they are only stored.
    Identity data and transaction records of financial institutions are kept ten years even if the catalogue names no
    minimum. The grace is a policy value: no instrument gives a number of days.
    Example: settled on 2026-05-31 with 30 days of grace: due from 2026-07-01; with a minimum of 10 years, from 2036-06-01.
    Remedy: delete or anonymise the rows; where a law demands them, declare the minimum and take them out of use.
    """

    id = "closed-account-data"
    title = "Data of closed accounts still there"
    title_zh = "已结清账户的个人信息未删除"
    remedy_zh = "删除或匿名化；法律要求保存的，在目录中声明法定最短期限并停止使用。"
    example_zh = "2026-05-31结清，宽限30天：自2026-07-01起应已删除；法定最短期限为10年的，自2036-06-01起。"
    severity = Severity.MEDIUM
    law = ("RET-04",)
    deletes = True
    reads = (Reads(ROWS, ("loan_book", "borrower_master"), needs=("status", "closed_on"), uses=("borrower",)),)

    grace: Period = param(PERIOD, Period(days=30), "time to delete after closing (policy value)", "结清后的删除宽限期（政策值）")
    min: Period | None = param(PERIOD, None, "minimum that a law demands; none: as the catalogue declares", "法定最短保存期限；空表示按目录声明")
    states: tuple[str, ...] = param(_STATES, ("closed",), "states of an account that count", "视为已关闭的账户状态")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self.tested(world, *tables)
        until = ibis.greatest(self.grace.end(rows.closed_on), least_until(rows, rows.closed_on, self.min))
        return place(rows.filter(over(until, world.as_of)), aspect=rows.status)

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        undated = rows.filter(rows.status.isin(self.states) & rows.closed_on.isnull())
        return lacking(undated, "closed_on").union(lacking(rows.filter(rows.status.isnull()), "status"))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = with_periods(world, tables[0])
        return rows.filter(rows.status.isin(self.states) & rows.closed_on.notnull())
