"""The debt is no business of others."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, place
from pii_audit.policy.rules._collection import LOG, THIRD_PERSONS, LogRule
from pii_audit.policy.rules._language import by_collector


@dataclass(frozen=True)
class DebtDisclosed(LogRule):
    """Asks whether what was said or written to a contact or third person speaks of the debt.

    The lexicon class ``debt-disclosure`` finds amounts owed, days overdue and the like. What others wrote does not
    count. A hit is for a person to read: a transcript may quote the other side.

    Why: telling a third person of the debt is forbidden even where the contact itself is allowed.
    Example: a message to a friend that says a loan is overdue.
    Remedy: give fixed wording for third persons that asks for a call back and nothing else; stop templates with amounts.
    """

    id = "debt-disclosed"
    title = "Debt disclosed to a third person"
    title_zh = "向第三人透露债务信息"
    remedy_zh = "对第三人仅使用请转告回电的固定话术；停用含金额、逾期信息的模板。"
    example_zh = "发给朋友的短信称其借款已逾期。"
    severity = Severity.HIGH
    law = ("COL-THIRD-05",)
    reads = (Reads(ROWS, LOG, needs=("target_role", "text"), uses=("direction", "channel", "borrower")),)

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(by_collector(log) & log.target_role.isin(THIRD_PERSONS))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        return place(log.filter(log.text_debt_disclosure), aspect=log.channel.fill_null("unknown"))
