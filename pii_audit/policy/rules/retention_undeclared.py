"""Personal data have a purpose and a retention period."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, place


@dataclass(frozen=True)
class RetentionUndeclared(Rule):
    """Asks whether the catalogue states purpose and retention period of every dataset in which personal data were found.

    Why: the notice to borrowers states both; data without them cannot be shown to be kept for the shortest time.
    Example: a call list with names and phones, about which the catalogue says neither purpose nor retention.
    Remedy: state purpose and retention in the catalogue and in the notice, or delete what serves no purpose.
    """

    id = "retention-undeclared"
    title = "Personal data without stated purpose or retention period"
    title_zh = "个人信息未声明处理目的或保存期限"
    remedy_zh = "在数据目录和告知文本中明确处理目的与保存期限；无目的的数据予以删除。"
    example_zh = "含姓名与手机号的名单，目录既未说明目的，也未说明保存期限。"
    severity = Severity.MEDIUM
    law = ("RET-01", "RET-02", "RET-07")
    reads = (Reads(DATASETS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        found = self.tested(world, *tables)
        without = found.filter(found.keep_months.isnull()), found.filter(found.purpose.isnull())
        return place(without[0], aspect="no retention period").union(place(without[1], aspect="no purpose"))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (datasets,) = tables
        return datasets.filter(datasets.exposed + datasets.masked > 0)
