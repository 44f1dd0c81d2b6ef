"""Recordings of credit-card collection are kept two years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place


@dataclass(frozen=True)
class RecordingDestroyed(Rule):
    """Asks whether recordings of calls were destroyed before two years had passed since the call.

    Why: banks that issue credit cards keep recordings of collection at least two years.
    Example: recorded on 2023-07-01, destroyed on 2025-06-30. Destroyed on 2025-07-01, the two years were kept.
    Remedy: stop the job that frees space, and let the recording system keep calls for the statutory period.
    """

    id = "recording-destroyed"
    title = "Call recording destroyed early"
    title_zh = "催收录音未满最短保存期限即销毁"
    remedy_zh = "停止清理空间的任务，由录音系统按法定期限保存。"
    example_zh = "2023-07-01录音，2025-06-30销毁：违规；2025-07-01销毁则已满两年。"
    severity = Severity.MEDIUM
    law = ("RET-17",)
    reads = (Reads(ROWS, ("recording_index",), needs=("event_time", "destroyed_on"), uses=("borrower",)),)

    min: Period = param(PERIOD, Period(24), "minimum from the call", "自通话日起的最短保存期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (index,) = tables
        return place(index.filter(index.destroyed_on < self.min.end(index.event_time.date())))
