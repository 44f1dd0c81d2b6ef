"""Automated decisions are assessed."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import REGISTERS
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, place
from pii_audit.policy.rules._clear import kinds_but


@dataclass(frozen=True)
class AutomatedDecisionWithoutPipia(Rule):
    """Asks whether a dataset feeds automated decisions, and the catalogue names no impact assessment of it.

    Why: decisions by machine are assessed for their impact beforehand, and have to be transparent and fair.
    Example: ``automated_decision: true`` without ``pipia``.
    Remedy: make the assessment and record its number; offer explanation and review by a person.
    """

    id = "automated-decision-without-pipia"
    title = "Automated decisions without an impact assessment"
    title_zh = "自动化决策未开展影响评估"
    remedy_zh = "开展影响评估并登记编号；提供说明和人工复核渠道。"
    example_zh = "automated_decision: true，但未填写 pipia。"
    severity = Severity.MEDIUM
    law = ("SHR-05", "CON-12")
    reads = (Reads(DATASETS, kinds_but(*REGISTERS), needs=("automated_decision",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        fed = self.tested(world, *tables)
        return place(fed.filter(fed.pipia.isnull()), aspect=fed.kind)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (datasets,) = tables
        return datasets.filter(datasets.automated_decision)
