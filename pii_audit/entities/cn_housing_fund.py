"""Housing provident fund account (住房公积金账号).

Issuer: the housing fund centre of a city, one numbering each.
Structure: mostly 9 to 20 digits, in some cities with leading letters; no check digit. Many cities use the resident
identity number itself.
Look-alikes: other account numbers, balances and dates; a label or header is required. The account of the employer
(单位公积金账号) has the same form and is not told apart.
Limits: a number equal to the resident identity number is reported as CN_RESIDENT_ID; shorter local numbers (below 8
characters) are not found.
Sources: Housing Provident Fund Regulations (State Council 350) art. 13 (one account for each employee);
regulations.md section 12.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Labelled, Mask, Role, Sensitivity, Shape, Strength


def sample(rng: Random) -> str:
    """Return an account number of 12 digits."""
    return f"{rng.randrange(10**11, 10**12)}"


_WORDS = (
    "gjjzh", "gjjzhh", "gjjh", "gjjkh", "gjjbh", "gjjgrzh", "grgjjzh", "gongjijinzhanghao", "gjjaccount", "gjjno",
    "housingfund", "housingfundno", "housingfundaccount", "housingfundid", "housefundno", "hpfaccount", "hpfno",
    "providentfund", "providentfundno", "providentfundaccount", "providentfundid",
)

CN_HOUSING_FUND = EntityType(
    name="CN_HOUSING_FUND",
    title="Housing provident fund account",
    title_zh="住房公积金账号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=1, tail=1),
    shapes=(Shape("9 to 20 digits", "[0-9]{9,20}", Strength.WEAK),),
    labelled=(Labelled("account number", "A-Za-z0-9", 8, 20, min_digits=6),),
    context=(
        "公积金账号", "公积金帐号", "公积金账户", "公积金帐户", "公积金账户号", "公积金号", "公积金号码",
        "公积金编号", "公积金个人账号", "公积金个人账户", "公积金个人编号", "个人公积金账号", "公积金卡号",
        "公积金客户号", "住房公积金账号", *_WORDS,
    ),
    headers=(
        "公积金账", "公积金帐", "公积金号", "公积金编号", "公积金个人账", "公积金个人编号", "公积金卡号",
        "公积金客户号", *_WORDS,
    ),
    sample=sample,
    cites=("State Council 350 art. 13", "GB/T 35273-2020 Annex B", "JR/T 0171-2020"),
)
