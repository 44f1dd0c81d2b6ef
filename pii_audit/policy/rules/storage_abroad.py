"""Large handlers store at home."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, ORGANISATION, Reads, Rule, World, param, place


@dataclass(frozen=True)
class StorageAbroad(Rule):
    """Asks whether personal data lie abroad although the organisation has to store them in China.

    Bound are operators of critical infrastructure, and handlers above a number of persons that the law leaves to the
    cyberspace administration; the number here is a policy value. Datasets in which nothing was found do not count.

    Why: who is bound stores personal information in China, and exports only after an assessment.
    Example: ``critical: true`` and a loan book with ``region: SG``.
    Remedy: move the data to China, and treat what went abroad as an export that needs an assessment.
    """

    id = "storage-abroad"
    title = "Personal data stored abroad"
    title_zh = "个人信息存储于境外"
    remedy_zh = "将数据迁回境内；已在境外的，按数据出境履行安全评估。"
    example_zh = "critical: true，而贷款台账 region: SG。"
    severity = Severity.HIGH
    law = ("XBR-01",)
    reads = (
        Reads(DATASETS, needs=("region",), only=lambda datasets: (datasets.exposed > 0) | (datasets.masked > 0)),
        Reads(ORGANISATION, needs=("persons",), only=lambda organisation: ~organisation.critical.fill_null(False)),
    )

    persons: int = param(WHOLE, 1_000_000, "persons above which a handler is bound", "须境内存储的人数门槛（超过）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        datasets, _ = tables
        bound = bool(world.organisation.get("critical")) or world.organisation.get("persons", 0) > self.persons
        return place(datasets.filter((datasets.region != "CN") & ibis.literal(bound)), aspect=datasets.region)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
