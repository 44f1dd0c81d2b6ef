"""Alipay user number (支付宝用户号).

Issuer: Alipay (China) Network Technology, for every account; interfaces call it user_id or buyer_id.
Structure: 16 digits, the first four ``2088``; no published check digit.
Look-alikes: order numbers of 16 digits, so a label or header is required; the 28-digit trade number starts with a date.
Limits: merchants (``partner``, ``seller_id``) hold numbers of the same form; an account written as mobile number or
e-mail address is found as that type.
Sources: Alipay open platform, field user_id (16 digits, starts with 2088); JR/T 0171-2020 (login name, class C2).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength


def sample(rng: Random) -> str:
    """Return a user number."""
    return f"2088{rng.randrange(10**12):012d}"


_WORDS = (
    "alipay", "alipayid", "alipayno", "alipayuid", "alipayuserid", "alipayaccount", "zhifubao", "zfb", "zfbzh",
    "zfbid", "zfbuid", "zfbh", "zfbzhanghao", "buyerid", "buyeruserid", "payeeuserid", "payeruserid",
)

CN_ALIPAY = EntityType(
    name="CN_ALIPAY",
    title="Alipay user number",
    title_zh="支付宝用户号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("PI", "S"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=4, tail=2),
    shapes=(Shape("2088 and 12 digits", "2088[0-9]{12}", Strength.WEAK),),
    context=("支付宝", "支付宝账号", "支付宝帐号", "支付宝账户", "支付宝用户号", *_WORDS),
    headers=("支付宝", *_WORDS),
    sample=sample,
    cites=("JR/T 0171-2020",),
)
