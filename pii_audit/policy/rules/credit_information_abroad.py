"""Credit information stays at home."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World
from pii_audit.policy.rules._clear import places


@dataclass(frozen=True)
class CreditInformationAbroad(Rule):
    """Asks whether credit reports lie in a dataset that is stored abroad.

    Why: credit information collected in China is stored and processed in China, whatever its amount.
    Example: numbers of credit reports in a dataset with ``region: SG``.
    Remedy: move the data to China, delete the copy abroad, and find out what was done with it there.
    """

    id = "credit-information-abroad"
    title = "Credit information stored abroad"
    title_zh = "征信信息存储于境外"
    remedy_zh = "迁回境内并删除境外副本，查明境外处理情况。"
    example_zh = "region: SG 的数据集含征信报告编号。"
    severity = Severity.HIGH
    law = ("XBR-07",)
    reads = (Reads(FINDINGS, needs=("region",), only=lambda found: found.entity_type == "CN_CREDIT_REPORT"),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(found.filter(found.region != "CN"))
