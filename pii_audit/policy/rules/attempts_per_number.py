"""No more than six vain attempts a day at one number."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule, calls, in_order


@dataclass(frozen=True)
class AttemptsPerNumber(LogRule):
    """Asks whether one number was called again on a day after as many vain attempts as the pact allows.

    Read as: every outbound call to a number that follows six of one day, by Beijing time, that nobody answered, whoever
    called and whether or not it is answered itself. An answered call frees nothing: the vain ones of the whole day
    count. Calls the debtor agreed to do not.

    Why: the pact of the banking association allows six attempts a day at the same number while nobody answers.
    Example: unanswered calls from 9:20 to 15:20, one each hour: the seventh breaks the rule.
    Remedy: let the dialler drop a number for the day after the sixth vain attempt, for all agencies together.
    """

    id = "attempts-per-number"
    title = "Too many unanswered attempts at one number in a day"
    title_zh = "同一号码当日未接通呼叫超过上限"
    remedy_zh = "同一号码当日第六次未接通后停止外呼，本机构与所有受托机构合并计数。"
    example_zh = "9:20至15:20每小时呼叫一次均未接通：第7次违规。"
    severity = Severity.MEDIUM
    law = ("COL-FREQ-02",)
    reads = (Reads(ROWS, LOG, needs=("event_time", "target_number", "answered"), uses=("channel", "direction", "agreed_time", "borrower")),)

    most: int = param(WHOLE, 6, "unanswered attempts per number and day that are allowed", "每个号码每日允许的未接通呼叫次数")

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(calls(log) & log.target_number.notnull() & ~log.agreed_time.fill_null(False))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        day = log.event_time.date()
        before = in_order(log, log.target_number, day, rows=(None, -1))
        counted = log.mutate(vain=(~log.answered).cast("int64").sum().over(before).fill_null(0))
        found = counted.filter(counted.vain >= self.most)
        return place(found, aspect=found.channel.fill_null("call"))
