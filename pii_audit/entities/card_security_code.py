"""Card security code (卡安全码: CVV, CVV2, CVN2, CVC2).

Issuer: the bank that issued the card; printed on the back (UnionPay CVN2, Visa CVV2, Mastercard CVC2) or, with four
digits, on the front (American Express CID).
Structure: 3 or 4 digits, no check digit that anyone else can compute.
Look-alikes: every short number, so a label or header is required. A bare 后三位 is no label: lenders' notes use it
for the last digits of phones, cards and identity numbers.
Limits: a code without label, such as the third item of ``card|expiry|code`` lines, is not found.
Sources: JR/T 0171-2020 (class C3: authentication data, not to be stored); PCI DSS requirement 3.3.1.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength


def sample(rng: Random) -> str:
    """Return a code of three digits."""
    return f"{rng.randrange(1000):03d}"


_WORDS = (
    "cvv", "cvv2", "cvvcode", "cvvno", "cvc", "cvc2", "cvccode", "cvn", "cvn2", "cvncode", "cvnno", "cav2",
    "cardsecuritycode", "cardverificationcode", "cardverificationvalue", "cardcvv", "cardcvv2", "cardcvn2",
    "securitycode", "aqm", "kaqm",
)

CARD_SECURITY_CODE = EntityType(
    name="CARD_SECURITY_CODE",
    title="Card security code",
    title_zh="卡安全码",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C3", "S"),
        gbt35273=Classed("sensitive", "S"),
        gbt45574=Classed("yes", "S"),
        jrt0197=Classed("4", "S"),
    ),
    mask=Mask("omit"),
    shapes=(Shape("3 or 4 digits", "[0-9]{3,4}", Strength.WEAK),),
    context=(
        "安全码", "卡安全码", "信用卡安全码", "卡片安全码", "卡验证码", "卡背面三位", "背面三位", "背面后三位",
        "背面末三位", "背后三位", "卡后三位", "卡片后三位", "信用卡后三位", "签名栏后三位", "签名条后三位",
        "末三位安全码", *_WORDS,
    ),
    headers=("安全码", "卡验证码", "背面三位", "背面后三位", "卡后三位", *_WORDS),
    sample=sample,
    cites=("JR/T 0171-2020", "PCI DSS 3.3.1"),
)
