"""Joint handlers have an agreement."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, place


@dataclass(frozen=True)
class JointAgreement(Rule):
    """Asks whether a joint handler has no agreement in the catalogue.

    Why: who decides together on purpose and method agrees on the rights and duties of each, and is liable with the other.
    Example: a facilitation platform with ``relation: joint`` and no ``agreement``.
    Remedy: conclude the agreement and record its number; persons may still turn to either side.
    """

    id = "joint-agreement"
    title = "Joint handlers without an agreement"
    title_zh = "共同处理未登记权利义务约定"
    remedy_zh = "订立共同处理协议并登记编号。"
    example_zh = "助贷平台 relation: joint，但未填写 agreement。"
    severity = Severity.MEDIUM
    law = ("SHR-01",)
    reads = (Reads(RECIPIENTS, needs=("relation",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        joint = self.tested(world, *tables)
        return place(joint.filter(joint.agreement.isnull()), aspect=joint.type)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        return recipients.filter(recipients.relation == "joint")
