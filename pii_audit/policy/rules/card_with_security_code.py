"""A card number does not lie beside what authorises a payment with it."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World
from pii_audit.policy.rules._clear import beside, places


@dataclass(frozen=True)
class CardWithSecurityCode(Rule):
    """Asks whether a file or table holds bank card numbers together with security codes or expiry dates.

    Why: together they are enough to pay with the card.
    Example: columns ``card_no`` and ``cvv2`` in one table; each alone does not break this rule.
    Remedy: delete security codes and expiry dates at once; pay by token.
    """

    id = "card-with-security-code"
    title = "Card numbers beside security codes or expiry dates"
    title_zh = "银行卡号与验证码或有效期同存"
    remedy_zh = "立即删除卡片验证码与有效期，改用支付标记。"
    example_zh = "同一张表含 card_no 与 cvv2 两列；仅有其一不违反本规则。"
    severity = Severity.HIGH
    law = ("STO-01", "STO-06")
    reads = (Reads(FINDINGS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        codes = found.filter(found.entity_type.isin(("CARD_SECURITY_CODE", "CARD_EXPIRY")))
        return places(beside(codes, found.filter(found.entity_type == "CN_BANK_CARD")))
