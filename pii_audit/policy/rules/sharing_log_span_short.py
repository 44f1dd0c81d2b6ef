"""The register of sharing reaches back three years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, ROWS, Reads, Rule, World, param
from pii_audit.policy.rules._periods import begins_late

_KINDS = ("sharing_log",)


@dataclass(frozen=True)
class SharingLogSpanShort(Rule):
    """Asks whether the register of sharing begins later than three years ago although it has been kept for longer.

    Why: records of providing or entrusting personal information are kept at least three years. Where nothing was shared
    in the beginning, an exemption says so.
    Example: kept since 2022, first entry of 2026-02-03 on 2026-06-30; one of 2023-06-30 would do.
    Remedy: restore the older entries from backup, and take the register out of every deletion job.
    """

    id = "sharing-log-span-short"
    title = "Register of sharing reaches back too little"
    title_zh = "对外提供、委托处理记录保存不足三年"
    remedy_zh = "从备份恢复早期记录，并将登记移出清理任务。"
    severity = Severity.LOW
    law = ("RET-12",)
    reads = (Reads(ROWS, _KINDS, needs=("shared_on",)), Reads(DATASETS, _KINDS, needs=("since",)))

    min: Period = param(PERIOD, Period(36), "how far the register must reach back", "登记应保存的最短期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, datasets = tables
        return begins_late(world, log, datasets, log.shared_on, self.min)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].select("dataset").distinct()
