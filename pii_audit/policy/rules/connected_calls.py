"""No more than three conversations a day."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule, beyond, calls


@dataclass(frozen=True)
class ConnectedCalls(LogRule):
    """Asks whether a debtor had more connected calls on one day, by Beijing time, than the standard allows.

    Calls of all agencies and voices count together; calls to guarantors and contacts do not, nor those that came in.

    Why: the national guide and the internet-finance guide stop at three active connected calls per debtor and day.
    Example: two calls of one agency and two of another that were answered on 6 March: the fourth breaks the rule.
    Remedy: keep one counter per debtor and day for all agencies, and let the dialler ask it before each call.
    """

    id = "connected-calls"
    title = "Too many connected calls to a debtor in a day"
    title_zh = "对同一债务人当日有效通话超过上限"
    remedy_zh = "按债务人和自然日统一计数，合并计算本机构和所有受托机构的通话，外呼前先行校验。"
    example_zh = "3月6日两家机构各接通两次：第4次违规。"
    severity = Severity.MEDIUM
    law = ("COL-FREQ-01", "COL-FREQ-03")
    reads = (Reads(ROWS, LOG, needs=("event_time", "borrower", "answered"), uses=("channel", "direction", "target_role")),)

    most: int = param(WHOLE, 3, "connected calls per debtor and day that are allowed", "每名债务人每日允许的有效通话次数")

    def judged(self, log: ir.Table) -> ir.Table:
        debtor = log.target_role.fill_null("debtor") == "debtor"
        return log.filter(calls(log) & log.answered & debtor & log.borrower.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        found = beyond(log, self.most, log.borrower)
        return place(found, aspect=found.channel.fill_null("call"))
