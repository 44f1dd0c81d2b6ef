"""Personal information is made public with separate consent only."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World
from pii_audit.policy.rules._clear import personal, places


@dataclass(frozen=True)
class PublishedWithoutConsent(Rule):
    """Asks whether something public names persons although the catalogue says that they gave no separate consent.

    Why: personal information is not disclosed to the public without separate consent.
    Example: names and phones in a public folder, ``separate_consent: false``.
    Remedy: take it down, or obtain separate consent first and record it.
    """

    id = "published-without-consent"
    title = "Personal data in public without separate consent"
    title_zh = "未取得单独同意公开个人信息"
    remedy_zh = "下线相关内容；或先取得单独同意并登记。"
    example_zh = "公开文件夹中有姓名与手机号，separate_consent: false。"
    severity = Severity.HIGH
    law = ("CON-06",)
    reads = (Reads(FINDINGS, ("published",), needs=("separate_consent",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(found.filter(personal(found) & ~found.separate_consent))
