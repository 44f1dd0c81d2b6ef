"""Assessments come before the transfer."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._sharing import LOG


@dataclass(frozen=True)
class PipiaLate(Rule):
    """Asks whether the impact assessment that a sharing names was made after it, or is not on the register at all.

    An assessment of the same day is in time; of several with one number the first counts.

    Why: the assessment is made beforehand, or it cannot change anything.
    Example: shared on 8 April, assessed on 30 April.
    Remedy: assess before sending; let the export job ask for a number that the register knows.
    """

    id = "pipia-late"
    title = "Impact assessment after the transfer"
    title_zh = "影响评估晚于对外提供"
    remedy_zh = "先评估后提供；导出任务校验评估编号及日期。"
    example_zh = "4月8日提供，4月30日才评估。"
    severity = Severity.MEDIUM
    law = ("SHR-05",)
    reads = (
        Reads(ROWS, LOG, needs=("pipia", "shared_on")),
        Reads(ROWS, ("pipia",), needs=("pipia", "assessed_on")),
        # all numbers, those with a date that cannot be read as well
        Reads(ROWS, ("pipia",), needs=("pipia",)),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, register, numbers = tables
        first = register.group_by("pipia").aggregate(assessed_on=register.assessed_on.min())
        rows = log.filter(log.pipia.notnull())
        dated = rows.inner_join(first, "pipia")
        late = place(dated.filter(dated.assessed_on > dated.shared_on), aspect=ibis.literal("late"))
        return late.union(place(rows.anti_join(numbers, "pipia"), aspect=ibis.literal("unknown")))
