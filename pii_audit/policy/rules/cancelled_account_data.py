"""Data of cancelled accounts are deleted or anonymised."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import param
from pii_audit.policy.rules.closed_account_data import _STATES, ClosedAccountData


@dataclass(frozen=True)
class CancelledAccountData(ClosedAccountData):
    """Asks whether rows of cancelled accounts are still there although no statutory minimum protects them any more.

    Why: personal information of a cancelled account is deleted or anonymised, unless a law demands that it is kept.
    The grace is a policy value: no instrument gives a number of days.
    Example: cancelled on 2026-05-31 with 30 days of grace: due from 2026-07-01.
    Remedy: delete or anonymise with the cancellation; where a law demands the rows, declare the minimum and stop using them.
    """

    id = "cancelled-account-data"
    title = "Data of cancelled accounts still there"
    title_zh = "已注销账号的个人信息未删除"
    remedy_zh = "注销时删除或匿名化；法律要求保存的，声明法定最短期限并停止使用。"
    example_zh = "2026-05-31注销，宽限30天：自2026-07-01起应已删除。"
    severity = Severity.MEDIUM
    law = ("RET-06",)

    states: tuple[str, ...] = param(_STATES, ("cancelled",), "states of an account that count", "视为已注销的账户状态")
