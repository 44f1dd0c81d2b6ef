"""Sharing is assessed."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._sharing import LOG


@dataclass(frozen=True)
class PipiaMissing(Rule):
    """Asks whether the register of sharing names no impact assessment.

    Why: entrusting, providing and export are assessed for their impact beforehand.
    Example: data sent with an empty ``pipia_id``.
    Remedy: make the assessment and enter its number; send no more before.
    """

    id = "pipia-missing"
    title = "Data shared without an impact assessment"
    title_zh = "对外提供未登记个人信息保护影响评估"
    remedy_zh = "开展影响评估并登记编号；评估前停止提供。"
    example_zh = "提供数据时 pipia_id 为空。"
    severity = Severity.MEDIUM
    law = ("SHR-05",)
    reads = (Reads(ROWS, LOG, needs=("pipia",), uses=("recipient",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        return place(log.filter(log.pipia.isnull()))
