"""Logs of networks and programs are kept six months."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, FILES, Reads, Rule, World, param
from pii_audit.policy.rules._periods import begins_late

_KINDS = ("application_log",)


@dataclass(frozen=True)
class LogSpanShort(Rule):
    """Asks whether the oldest log file is younger than six months although the system has logged for longer.

    Why: network logs are kept at least six months. The date in the names of rotated files says how far they reach back.
    Example: logging since 2024, oldest file app-20260112.log on 2026-06-30; one of 2025-12-30 would do.
    Remedy: lengthen rotation and storage of logs to six calendar months, and mask personal data in them.
    """

    id = "log-span-short"
    title = "Logs reach back less than six months"
    title_zh = "网络日志留存不足六个月"
    remedy_zh = "将日志轮转与存储期延长至六个自然月，并对日志中的个人信息脱敏。"
    example_zh = "自2024年起记录，2026-06-30时最早的文件为 app-20260112.log；若为2025-12-30则合规。"
    severity = Severity.MEDIUM
    law = ("RET-14",)
    reads = (Reads(FILES, _KINDS, needs=("dated_from",), each=True), Reads(DATASETS, _KINDS, needs=("since",)))

    min: Period = param(PERIOD, Period(6), "how far logs must reach back", "日志应留存的最短期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        files, datasets = tables
        return begins_late(world, files, datasets, files.dated_from, self.min)
