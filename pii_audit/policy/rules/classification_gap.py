"""The catalogue knows what its datasets hold."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World
from pii_audit.policy.rules._clear import personal, places


@dataclass(frozen=True)
class ClassificationGap(Rule):
    """Asks whether a dataset holds personal data of types that the catalogue does not list for it.

    Why: data nobody knows of are neither protected nor deleted; the catalogue marks personal information.
    Example: identity numbers in a remark column of a dataset whose ``entities`` names phones only.
    Remedy: add the types to the catalogue, or remove the data.
    """

    id = "classification-gap"
    title = "Personal data that the catalogue does not list"
    title_zh = "台账未登记的个人信息类型"
    remedy_zh = "在台账中补登该类型并定级，或清除相关数据。"
    example_zh = "数据集的 entities 只列手机号，备注列中却有身份证号。"
    severity = Severity.MEDIUM
    law = ("CLS-01",)
    reads = (Reads(FINDINGS, needs=("declared",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(found.filter(personal(found) & ~found.declared))
