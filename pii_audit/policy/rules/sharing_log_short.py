"""Records of sharing are kept for three years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, ROWS, Reads, Rule, World, param
from pii_audit.policy.rules._periods import begins_late
from pii_audit.policy.rules._sharing import LOG


@dataclass(frozen=True)
class SharingLogShort(Rule):
    """Asks whether the register of sharing begins less than three years ago although it has been kept for longer.

    Why: records of providing and entrusting are kept at least three years. Where nothing was shared in the beginning, an
    exemption says so.
    Example: ``since: 2020-01-01``, judged as of 2026-06-30, and the first row is of 2023-07-01.
    Remedy: restore the older rows from archive or backup; let no job delete rows younger than three years.
    """

    id = "sharing-log-short"
    title = "Register of sharing does not reach back three years"
    title_zh = "对外提供记录保存不足三年"
    remedy_zh = "从归档或备份恢复；清理任务不得删除三年内的记录。"
    example_zh = "since: 2020-01-01，截至2026-06-30，最早一行却为2023-07-01。"
    severity = Severity.MEDIUM
    law = ("RET-12",)
    reads = (Reads(ROWS, LOG, needs=("shared_on",)), Reads(DATASETS, LOG, needs=("since",)))

    min: Period = param(PERIOD, Period(36), "how far the register must reach back", "登记记录最短保存期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, datasets = tables
        return begins_late(world, log, datasets, log.shared_on, self.min)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].select("dataset").distinct()
