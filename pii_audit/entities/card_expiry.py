"""Expiry date of a payment card (卡有效期).

Issuer: the bank that issued the card, printed on its front.
Structure: month and year: ``MM/YY``, ``MM/YYYY``, ``YYYY-MM``, or ``MMYY`` and ``YYMM`` in records of payment systems.
Look-alikes: every month, date and four-digit number, so a label or header is required; full dates (validity of an
identity card) are no card expiry, and the maturity of a loan (到期日) is no label.
Limits: a month and year after a bare 有效期 is taken for a card, though coupons use the same words.
Sources: JR/T 0171-2020 (class C3); ISO/IEC 7813 (track data: expiry as YYMM).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity


def sample(rng: Random) -> str:
    """Return an expiry as ``MM/YY``."""
    return f"{rng.randint(1, 12):02d}/{rng.randint(25, 34)}"


_WORDS = (
    "yxq", "kyxq", "kpyxq", "xykyxq", "youxiaoqi", "expiry", "expirydate", "expdate", "expirationdate", "expiredate",
    "expiremonth", "expmonthyear", "expyymm", "expmmyy", "validthru", "validthrough", "validtill", "goodthru",
    "cardexp", "cardexpdate", "cardexpire", "cardexpiry", "cardexpirydate", "cardexpiration", "cardvaliddate",
    "cardvalidity", "cardvalidthru",
)

CARD_EXPIRY = EntityType(
    name="CARD_EXPIRY",
    title="Card expiry date",
    title_zh="卡有效期",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C3", "S"),
        gbt35273=Classed("sensitive", "S"),
        gbt45574=Classed("yes", "S"),
        jrt0197=Classed("4", "S"),
    ),
    mask=Mask("omit"),
    scanners=("expiry",),
    context=(
        "有效期", "有效期至", "卡有效期", "卡片有效期", "信用卡有效期", "银行卡有效期", "卡有效期至", "卡片到期",
        *_WORDS,
    ),
    headers=("有效期", *_WORDS),
    sample=sample,
    cites=("JR/T 0171-2020", "ISO/IEC 7813"),
)
