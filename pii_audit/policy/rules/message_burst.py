"""No flood of messages."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule, beyond, outward


@dataclass(frozen=True)
class MessageBurst(LogRule):
    """Asks whether more messages went out because of one borrower on a day, by Beijing time, than the policy allows.

    The number is a policy value: the law forbids messages that disturb private peace and counts none.

    Why: messages that disturb private peace are forbidden by the Civil Code, and a flood of them is hard to defend.
    Example: with a policy value of 5, the sixth short or instant message of a day breaks the rule.
    Remedy: limit messages per borrower and day in the gateway, and merge reminders.
    """

    id = "message-burst"
    title = "Too many messages about a borrower in a day"
    title_zh = "同一借款人当日短信和即时消息超过内部上限"
    remedy_zh = "在短信网关按借款人和自然日设置内部上限，合并提醒内容。"
    example_zh = "内部上限为5条时，当日第6条短信或即时消息违规。"
    severity = Severity.LOW
    law = ("COL-FREQ-04",)
    reads = (Reads(ROWS, LOG, needs=("event_time", "borrower", "channel"), uses=("direction",)),)
    enabled = False
    policy_only = True

    most: int = param(WHOLE, 5, "messages per borrower and day that are allowed: policy value", "每名借款人每日允许的消息条数（内部政策值）")

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(outward(log) & log.channel.isin(("sms", "im")) & log.borrower.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        found = beyond(log, self.most, log.borrower)
        return place(found, aspect=found.channel)
