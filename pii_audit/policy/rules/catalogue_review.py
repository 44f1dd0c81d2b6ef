"""The catalogue of data is reviewed every year."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, on_day, param, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class CatalogueReview(Rule):
    """Asks whether the catalogue of data was reviewed within a year.

    Why: in fields of the PBC, the data catalogue is reviewed at least once a year; an old one hides new data.
    A review still to come is none.
    Example: reviewed on 2025-06-29, seen on 2026-06-30. The anniversary itself is in time.
    Remedy: review the catalogue against what the scan found, and enter the date as ``catalogue_reviewed_on``.
    """

    id = "catalogue-review"
    title = "Catalogue not reviewed within a year"
    title_zh = "数据目录未按年复核"
    remedy_zh = "对照扫描结果复核数据目录，并登记复核日期。"
    example_zh = "2025-06-29复核，于2026-06-30检查；周年当日不算逾期。"
    severity = Severity.LOW
    law = ("RET-07",)
    reads = (Reads(ORGANISATION, needs=("catalogue_reviewed_on",)),)

    interval: Period = param(PERIOD, Period(12), "longest time between reviews", "复核的最长间隔")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        reviewed = organisation.catalogue_reviewed_on
        return place(organisation.filter(over(self.interval.end(reviewed), world.as_of) | (reviewed > on_day(world.as_of))))
