"""Auditors change."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Whole
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, param, place


@dataclass(frozen=True)
class SameAuditor(Rule):
    """Asks whether the same body or lead made the last three compliance audits, or more.

    Why: one audit body, or lead, does not audit the same handler three times in a row.
    Example: the last three audits by the same firm. Two in a row are allowed.
    Remedy: have the next audit made by another body and lead.
    """

    id = "same-auditor"
    title = "Same auditor three times in a row"
    title_zh = "同一审计方连续三次以上开展审计"
    remedy_zh = "下一次审计更换专业机构和审计负责人。"
    example_zh = "最近三次审计由同一机构开展；连续两次是允许的。"
    severity = Severity.LOW
    law = ("AUD-05",)
    reads = (Reads(ORGANISATION, needs=("same_auditor",)),)

    most: int = param(Whole(1), 2, "audits in a row that are allowed", "允许的连续次数")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        return place(organisation.filter(organisation.same_auditor > self.most))
