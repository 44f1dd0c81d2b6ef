"""Passport number of the People's Republic of China and its special administrative regions (护照号码).

Issuer: National Immigration Administration (ordinary), Ministry of Foreign Affairs (diplomatic, service, public
affairs), immigration departments of Hong Kong and Macau.
Structure: E and 8 digits, since 2019 also E, a letter but I and O, and 7 digits; before that G and 8 digits, 14 or
15 and 7 digits; D, S, P and 8 digits, later DE, SE, PE and 7 digits; Hong Kong K and 8 digits, KJ and 7; Macau M
and 8, MA and 7.
Look-alikes: order, batch and part numbers of a letter and 8 digits; no check digit, so a label or header is needed.
Limits: passports of other countries are not covered.
Sources: Passport Law of 2006; notices of the National Immigration Administration on numbering.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength

_SECOND_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def sample(rng: Random) -> str:
    """Return E and 8 digits, or E, a letter and 7 digits."""
    if rng.randrange(2):
        return f"E{rng.randrange(10**8):08d}"
    return f"E{rng.choice(_SECOND_LETTERS)}{rng.randrange(10**7):07d}"


CN_PASSPORT = EntityType(
    name="CN_PASSPORT",
    title="Passport number",
    title_zh="护照号码",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=1, tail=2),
    shapes=(
        Shape("letter and 8 digits", "[DEGKMPSdegkmps][0-9]{8}", Strength.WEAK),
        Shape("E, letter and 7 digits", "[Ee][A-HJ-NP-Za-hj-np-z][0-9]{7}", Strength.WEAK),
        Shape("diplomatic, service, public affairs", "[DPSdps][Ee][0-9]{7}", Strength.WEAK),
        Shape("special administrative regions", "[KMkm][AJaj][0-9]{7}", Strength.WEAK),
        Shape("9 digits, before 2007", "1[45][0-9]{7}", Strength.WEAK),
    ),
    context=(
        "护照", "护照号", "护照号码", "因私护照", "证件号", "证件号码", "passport", "passportno", "passportnum",
        "passportnumber", "hzh", "hzhm", "huzhao",
    ),
    headers=(
        "护照", "护照号", "护照号码", "证件号", "证件号码", "passport", "passportno", "passportnum",
        "passportnumber", "passportid", "hzh", "hzhm", "hzhao", "huzhao", "huzhaohao", "certno", "idno", "zjh",
        "zjhm",
    ),
    sample=sample,
    cites=("中华人民共和国护照法", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex B"),
)
