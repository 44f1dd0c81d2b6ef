"""What is only stored is reviewed every year."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, on_day, param, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class ArchiveReview(Rule):
    """Asks whether datasets that are archived because they cannot be deleted yet were reviewed within a year.

    Why: what a law still demands, or what cannot be deleted, is only stored; in fields of the PBC it is reviewed yearly.
    A dataset that names no review has had none since it was archived.
    Example: archived on 2025-06-29 and never reviewed, on 2026-06-30. The anniversary itself is in time.
    Remedy: review whether the reason still holds, delete what may go, and enter the date as ``reviewed_on``.
    """

    id = "archive-review"
    title = "Archived data not reviewed within a year"
    title_zh = "仅存储数据未按年复核"
    remedy_zh = "复核继续保存的理由，删除可删除的数据，并登记复核日期。"
    example_zh = "2025-06-29归档，截至2026-06-30从未复核；周年当日复核不算逾期。"
    severity = Severity.LOW
    law = ("RET-05",)
    reads = (Reads(DATASETS),)

    interval: Period = param(PERIOD, Period(12), "longest time between reviews", "复核的最长间隔")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        archived = self.tested(world, *tables)
        # a review still to come is none
        reviewed = archived.reviewed_on.between(archived.archived_on, on_day(world.as_of))
        last = ibis.ifelse(reviewed.fill_null(False), archived.reviewed_on, archived.archived_on)
        late = archived.filter(over(self.interval.end(last), world.as_of))
        return place(late)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (datasets,) = tables
        return datasets.filter(datasets.archived_on.notnull())
