"""Sensitive data on consent need separate consent."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World
from pii_audit.policy.rules._clear import places


@dataclass(frozen=True)
class SensitiveWithoutConsent(Rule):
    """Asks whether a dataset that rests on consent holds sensitive personal information without separate consent.

    What is sensitive follows GB/T 45574; it lists bank accounts and biometrics, not the identity number.

    Why: sensitive personal information needs a specific purpose, strict protection and separate consent.
    Example: bank card numbers, ``legal_basis: consent`` and no ``separate_consent: true``.
    Remedy: obtain separate consent and record it, or delete the sensitive items.
    """

    id = "sensitive-without-consent"
    title = "Sensitive personal information without separate consent"
    title_zh = "处理敏感个人信息未取得单独同意"
    remedy_zh = "取得单独同意并登记，或删除敏感个人信息。"
    example_zh = "数据集含银行卡号，legal_basis: consent，但没有 separate_consent: true。"
    severity = Severity.HIGH
    law = ("CON-04",)
    reads = (Reads(FINDINGS, needs=("legal_basis",), only=lambda found: found.sensitive_pi),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(found.filter((found.legal_basis == "consent") & ~found.separate_consent.fill_null(False)))
