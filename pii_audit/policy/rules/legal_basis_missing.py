"""Every processing has a legal basis."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, place
from pii_audit.policy.rules._clear import personal


@dataclass(frozen=True)
class LegalBasisMissing(Rule):
    """Asks whether a dataset in which personal data were found has no legal basis in the catalogue.

    Why: personal information is handled on one of seven legal bases, and who handles it has to know which.
    Example: names and phones in a dataset without ``legal_basis``.
    Remedy: decide on the basis and record it; if there is none, delete the data.
    """

    id = "legal-basis-missing"
    title = "Personal data without a legal basis"
    title_zh = "个人信息处理未登记合法性基础"
    remedy_zh = "确定并登记合法性基础；没有的应删除数据。"
    example_zh = "数据集含姓名与手机号，但未填写 legal_basis。"
    severity = Severity.MEDIUM
    law = ("CON-01",)
    reads = (Reads(DATASETS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        held = self.tested(world, *tables)
        return place(held.filter(held.legal_basis.isnull()), aspect=held.kind)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (datasets,) = tables
        found, masked = world.relation("findings"), world.relation("masked")
        return datasets.semi_join(found.filter(personal(found)).select("dataset").union(masked.select("dataset")), "dataset")
