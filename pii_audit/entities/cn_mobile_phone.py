"""Mobile phone number of mainland China (手机号码).

Issuer: carriers and virtual operators, in ranges allotted by the Ministry of Industry and Information Technology.
Structure: 11 digits: network (3), area of registration (4), subscriber (4); from abroad behind +86, 86 or 0086.
Look-alikes: 13-digit timestamps; 11 digits inside a longer number; amounts; machine-to-machine cards (140, 141,
144, 146, 148; 13 digits 10647… and 10648…); service numbers (95xxx, 10086, 12378, 400-xxx-xxxx), which are
nobody's.
Limits: no check digit; an 11-digit order number in an allotted range cannot be told from a phone. 1349 and 1740 to
1745 (satellite handsets) and 1610 count as people's phones.
Sources: numbering plan for telecommunication networks (MIIT 2017) and later allotments;
pii_audit/tables/mobile_prefixes.txt.
"""

from __future__ import annotations

from random import Random

from pii_audit import tables
from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import CodeIn

_WORDS = (
    "手机", "手机号", "手机号码", "移动电话", "电话", "电话号码", "联系电话", "联系方式", "联系号码", "本人电话",
    "预留手机", "注册手机", "机主", "主叫", "被叫", "mobile", "mobileno", "mobilenumber", "mobilenum",
    "mobilephone", "mobiletel", "phone", "phoneno", "phonenum", "phonenumber", "phonenbr", "cellphone", "cellno",
    "cellnumber", "handphone", "telephone", "telphone", "tel", "telno", "telnum", "telnumber", "telephoneno",
    "contactphone", "contactno", "contactnumber", "contactmobile", "contacttel", "callphone", "msisdn",
    "callernumber", "calleenumber", "callerno", "calleeno", "smsphone", "sjh", "sjhm", "sjhao", "shoujihao",
    "shouji", "yddh", "lxdh", "lxfs", "dhhm", "khsjh", "khsjhm", "khdh", "jkrsjh", "jkrsjhm", "jkrdh", "lxrsjh",
    "lxrdh", "bdsjh", "ylsjh", "yhsjh",
)


def sample(rng: Random) -> str:
    """Return 11 digits in an allotted range."""
    return f"{rng.choice(tables.codes('mobile_prefixes'))}{rng.randrange(10**8):08d}"


CN_MOBILE_PHONE = EntityType(
    name="CN_MOBILE_PHONE",
    title="Mobile phone number",
    title_zh="手机号码",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(head=3, tail=4),
    shapes=(
        Shape(
            "11 digits",
            "1[3-9][0-9]{9}",
            Strength.PATTERN,
            CodeIn("mobile_prefixes", 0, 3),
            groups=("3-4-4",),
        ),
        Shape(
            "behind 86",
            "861[3-9][0-9]{9}",
            Strength.PATTERN,
            CodeIn("mobile_prefixes", 2, 3),
            groups=("2-11", "2-3-4-4", "5-4-4"),
        ),
        Shape(
            "behind 0086",
            "00861[3-9][0-9]{9}",
            Strength.PATTERN,
            CodeIn("mobile_prefixes", 4, 3),
            groups=("4-11", "4-3-4-4", "7-4-4"),
        ),
        Shape("1610 (China Broadnet)", "1610[0-9]{7}", Strength.PATTERN, groups=("3-4-4",)),
        Shape("1740 (satellite)", "1740[0-5][0-9]{6}", Strength.PATTERN, groups=("3-4-4",)),
    ),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("工信部 电信网编号计划（2017年版）", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex A"),
)
