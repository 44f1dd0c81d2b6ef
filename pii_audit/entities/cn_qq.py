"""QQ number (QQ号).

Issuer: Tencent.
Structure: 5 to 11 digits, the first not zero, no check digit.
Look-alikes: amounts, order numbers, mobiles and every other short number, so a label or header is required.
Limits: the number of a QQ group (QQ群) reads like that of a person; ``12345678@qq.com`` is found as an e-mail address.
Sources: regulations.md section 12 (mark M-h for the format); JR/T 0171-2020 (login name, class C2).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength


def sample(rng: Random) -> str:
    """Return a number of 6 to 10 digits, the lengths that most people hold."""
    length = rng.choice((6, 7, 8, 9, 9, 9, 10, 10))
    return str(rng.randrange(10 ** (length - 1), 10**length))


_WORDS = ("qq", "oicq", "qqh", "qqhm", "qqhao", "qqno", "qqnum", "qqnumber", "qqid", "qqaccount")

CN_QQ = EntityType(
    name="CN_QQ",
    title="QQ number",
    title_zh="QQ号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("PI", "S"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=2, tail=1),
    shapes=(Shape("5 to 11 digits", "[1-9][0-9]{4,10}", Strength.WEAK),),
    context=("qq号", "qq号码", "qq账号", "qq帐号", "qq账户", "扣扣", "扣扣号", "企鹅号", "腾讯qq", *_WORDS),
    headers=("扣扣", *_WORDS),
    sample=sample,
    cites=("JR/T 0171-2020",),
)
