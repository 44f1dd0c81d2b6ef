"""No collection at night."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import TIME
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place


@dataclass(frozen=True)
class QuietHours(Rule):
    """Asks whether a debtor was called, written to or visited at night, by Beijing time, without having agreed to it.

    Why: the national guide and both associations keep 22:00 to 08:00 free of collection.
    Example: an outbound call at 22:00:00 breaks the rule, one at 08:00:00 does not.
    Remedy: stop dialling lists and message queues before the window; record agreed times with the case.
    """

    id = "quiet-hours"
    title = "Collection during quiet hours"
    title_zh = "在禁止时段催收"
    remedy_zh = "在时段开始前停止外呼与消息队列；将债务人约定的时间记录在案。"
    example_zh = "22:00:00外呼违规，08:00:00外呼不违规。"
    severity = Severity.HIGH
    law = ("COL-TIME-01", "COL-TIME-02", "COL-TIME-03", "COL-VISIT-03")
    reads = (Reads(ROWS, ("collection_log",), needs=("event_time",), uses=("direction", "agreed_time", "channel", "borrower")),)

    start: dt.time = param(TIME, dt.time(22), "beginning, itself inside", "开始时间（含）")
    end: dt.time = param(TIME, dt.time(8), "end, itself outside", "结束时间（不含）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        clock, start, end = log.event_time.hour(), self.start.hour, self.end.hour
        if any(time.minute or time.second for time in (self.start, self.end)):
            clock = clock * 3600 + log.event_time.minute() * 60 + log.event_time.second()
            start, end = (time.hour * 3600 + time.minute * 60 + time.second for time in (self.start, self.end))
        inside = (clock >= start) & (clock < end) if start <= end else (clock >= start) | (clock < end)
        outward = log.direction.fill_null("out") != "in"
        return place(log.filter(inside & outward & ~log.agreed_time.fill_null(False)), aspect=log.channel.fill_null("unknown"))
