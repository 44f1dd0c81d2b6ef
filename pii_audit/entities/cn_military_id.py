"""Number of an officer's, civil cadre's or soldier's card (军官证、文职干部证、士兵证).

Issuer: People's Liberation Army and Armed Police.
Structure: a character or two for the issuing body, 字第, 6 to 8 digits, 号 (军字第…号, 士字第…号).
Look-alikes: numbers of court cases and official documents (民初字第…号, 文字第…号); bare digits need a label or
header.
Limits: the issuing bodies changed in 2016; characters of bodies not known to have issued cards need a label.
Sources: identity documents listed by Regulation on real names of deposit accounts (2000), article 5, and JR/T
0171-2020 C2.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength

_WORDS = (
    "军官证", "军官证号", "军官证号码", "军官", "士兵证", "士兵证号", "警官证", "警官证号", "文职干部证", "军人证",
    "军人证件", "军人证号", "军人身份证件", "部队证件", "militaryid", "militaryno", "militarycard",
    "militarycardno", "officerid", "officercard", "officercardno", "soldierid", "jgz", "jgzh", "jgzhm", "sbz",
    "sbzh", "sbzhm", "junguanzheng",
)


def sample(rng: Random) -> str:
    """Return 军字第…号 or 士字第…号 with 7 or 8 digits."""
    length = rng.choice((7, 8))
    return f"{rng.choice('军士')}字第{rng.randrange(10**length):0{length}d}号"


CN_MILITARY_ID = EntityType(
    name="CN_MILITARY_ID",
    title="Military card number",
    title_zh="军官证号码",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("may apply", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(tail=2),
    shapes=(Shape("digits beside a label", "[0-9]{6,8}", Strength.WEAK),),
    scanners=("military",),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("个人存款账户实名制规定 第五条", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex B"),
)
