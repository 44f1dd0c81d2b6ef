"""Logs of data processing are kept six months or longer."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, ROWS, Reads, Rule, World, param
from pii_audit.policy.rules._periods import begins_late

_KINDS = ("processing_log",)


@dataclass(frozen=True)
class ProcessingLogSpanShort(Rule):
    """Asks whether the oldest entry of a processing log is younger than the minimum although it has been kept for longer.

    Why: processing logs are kept at least 6 months, 1 year with important data, 3 years with core data (``min`` says).
    Example: kept since 2024, oldest entry of 2026-01-01 on 2026-06-30; one of 2025-12-30 would do.
    Remedy: lengthen the storage of the log, and keep an archive of what left the live system.
    """

    id = "processing-log-span-short"
    title = "Processing log reaches back too little"
    title_zh = "数据处理日志留存期限不足"
    remedy_zh = "延长日志保存期限，并归档已移出在线系统的日志。"
    example_zh = "自2024年起记录，2026-06-30时最早一条为2026-01-01；若为2025-12-30则合规。"
    severity = Severity.MEDIUM
    law = ("RET-13",)
    reads = (Reads(ROWS, _KINDS, needs=("event_time",)), Reads(DATASETS, _KINDS, needs=("since",)))

    min: Period = param(PERIOD, Period(6), "how far the log must reach back", "日志应留存的最短期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, datasets = tables
        return begins_late(world, log, datasets, log.event_time.date(), self.min)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].select("dataset").distinct()
