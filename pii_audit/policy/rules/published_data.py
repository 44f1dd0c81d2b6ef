"""Nothing highly sensitive is public."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class PublishedData(ClearValues):
    """Asks whether something public shows highly sensitive items that are not masked.

    Why: what was public once cannot be called back; authentication items are never published.
    Example: identity numbers of debtors in a notice on a website.
    Remedy: take it down, have caches cleared, grade the incident, and mask what has to be published.
    """

    id = "published-data"
    title = "Highly sensitive items in public"
    title_zh = "公开内容含未脱敏的高敏感信息"
    remedy_zh = "立即下线并清除缓存，按安全事件定级处置；确需公开的应脱敏。"
    example_zh = "网站公告中含债务人的身份证号。"
    severity = Severity.HIGH
    law = ("EXP-06",)
    reads = (Reads(FINDINGS, needs=("environment",)),)

    def where(self, found: ir.Table) -> ir.BooleanValue:
        return (found.kind == "published") | (found.environment == "public")
