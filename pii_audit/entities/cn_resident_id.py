"""Resident identity number and residence permits built like it (居民身份证、居住证、永久居留身份证).

Issuer: public security organs (resident card, residence permits), National Immigration Administration (permanent
residence).
Structure: division code of the first registration (6), birth date (8), sequence (3, odd for men), check character
by ISO 7064 MOD 11-2, X for ten. Residence permits for Hong Kong, Macau and Taiwan residents use 810000, 820000 and
830000. Cards before 1999 have 15 digits: two-digit year, no check character. The permanent-residence card since
2023-12-01 is 9, province of application (2), nationality by ISO 3166-1 numeric (3), birth date (8), sequence (3),
the same check character; the card before it three letters of nationality, region (4), birth date (6) and two
digits.
Look-alikes: one in eleven 18-digit order numbers passes the check, few of them with a division and a date; an
18-digit bank card; a unified social credit code of digits only; the first 15 digits of a longer number.
Limits: the division is compared with every code that has ever existed, not with the year of birth, since the number
is given at registration; a 15-digit number has no check, so one random 15-digit number in some thousand is taken
for one; holders of the old permanent-residence card need a label.
Sources: GB 11643-1999; GB/T 2260; Guobanfa 2018 No. 81; notice of the National Immigration Administration on
adapting to the 2023 permanent-residence card, table 1.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from random import Random

from pii_audit import tables
from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import GB11643, AllOf, CodeIn, DateAt

_HEADERS = (
    "身份证", "身份证号", "身份证号码", "身份号码", "身份证件号", "公民身份", "公民身份号码", "居民身份", "证件号",
    "证件号码", "居住证号", "永居证号", "idcard", "idcardno", "idcardnum", "idcardnumber", "idcardcode", "idcardid",
    "idno", "idnum", "idnumber", "idnbr", "idcode", "idcertno", "certno", "certnum", "certnumber", "certcode",
    "certid", "certificateno", "certificatenum", "certificatenumber", "credentialno", "credentialnumber",
    "identityno", "identitynum", "identitynumber", "identitycard", "identitycardno", "identification",
    "identificationno", "identificationnumber", "citizenid", "residentid", "nationalid", "personalid", "sfz",
    "sfzh", "sfzhm", "sfzid", "sfzno", "sfzhao", "sfzjh", "sfzjhm", "sfhm", "sfid", "shenfenzheng",
    "shenfenzhenghao", "gmsfhm", "gmsfzh", "gmsfzhm", "zjh", "zjhm", "zjhao", "zjno", "zhengjianhao", "khsfz",
    "khsfzh", "khzjh", "khzjhm", "jkrsfz", "jkrsfzh", "jkrzjh", "jkrzjhm", "grsfzh",
)


@cache
def _counties() -> tuple[str, ...]:
    return tuple(code for code in tables.codes("divisions") if not code.endswith("00"))


def sample(rng: Random) -> str:
    """Return an 18-character number; one in ten is a residence permit or a permanent-residence number."""
    day = dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(365 * 55))
    kind = rng.randrange(20)
    if kind == 0:
        region = f"9{rng.choice(tables.codes('provinces')[:31])}{rng.choice(('124', '250', '410', '840'))}"
    elif kind == 1:
        region = rng.choice(("810000", "820000", "830000"))
    else:
        region = rng.choice(_counties())
    return GB11643.complete(f"{region}{day:%Y%m%d}{rng.randrange(1, 1000):03d}")


CN_RESIDENT_ID = EntityType(
    name="CN_RESIDENT_ID",
    title="Resident identity number",
    title_zh="居民身份证号码",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(head=6, tail=4),
    shapes=(
        Shape(
            "18 characters",
            "[1-8][0-9]{16}[0-9Xx]",
            Strength.CHECKED,
            AllOf((CodeIn("divisions", 0, 6), DateAt(6), GB11643)),
            groups=("6-8-4", "6-4-4-4"),
        ),
        Shape(
            "permanent-residence card of 2023",
            "9[0-9]{16}[0-9Xx]",
            Strength.CHECKED,
            AllOf((CodeIn("provinces", 1, 2), DateAt(6), GB11643)),
            groups=("6-8-4", "6-4-4-4"),
        ),
        Shape(
            "15 digits, before 1999",
            "[1-8][0-9]{14}",
            Strength.PATTERN,
            AllOf((CodeIn("divisions", 0, 6), DateAt(6, "yymmdd"))),
            groups=("6-6-3",),
        ),
        Shape("permanent-residence card before 2023", "[A-Z]{3}[0-9]{12}", Strength.WEAK, DateAt(7, "yymmdd")),
    ),
    context=(
        "身份证", "身份证号", "身份证号码", "身份证件", "身份号码", "公民身份号码", "居民身份证", "证件号",
        "证件号码", "居住证", "居住证号", "永居证", "永久居留", "idcard", "idno", "idnumber", "idnum", "certno",
        "certnumber", "certnum", "identitycard", "identityno", "identitynumber", "sfz", "sfzh", "sfzhm", "zjh",
        "zjhm", "gmsfhm", "khsfzh", "khzjhm",
    ),
    headers=_HEADERS,
    sample=sample,
    cites=(
        "GB 11643-1999", "GB/T 2260-2007", "国办发〔2018〕81号", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex B",
    ),
)
