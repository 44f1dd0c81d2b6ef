"""Travel permits between the mainland, Hong Kong, Macau and Taiwan (回乡证、台胞证、港澳通行证、往来台湾通行证).

Issuer: National Immigration Administration.
Structure: Hong Kong and Macau residents H or M and 8 digits, older cards with 2 more digits for the issue; Taiwan
residents 8 digits, before 2015 10 digits; mainland residents to Hong Kong and Macau C (older W) and 8 digits or C,
a letter but I and O, and 7 digits; to Taiwan L (older T) and 8 digits.
Look-alikes: dates, phone and order numbers of 8 or 10 digits; no check digit, so a label or header is needed.
Limits: residence permits 81/82/83 are CN_RESIDENT_ID.
Sources: rules on travel permits of Hong Kong and Macau residents (2010); notices of the Exit and Entry
Administration 2013 to 2015.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength

_WORDS = (
    "回乡证", "回乡证号", "台胞证", "台胞证号", "通行证", "通行证号", "通行证号码", "来往内地通行证",
    "来往大陆通行证", "往来港澳通行证", "往来台湾通行证", "港澳通行证", "港澳台通行证", "hkmtpermit",
    "travelpermit", "macaupermit", "hkmacaupermit", "compatriotpermit", "taiwancompatriotpermit", "travelpermitno", "permitno", "hkpermit", "mtp", "homereturnpermit", "taiwanpermit", "hxz",
    "hxzh", "tbz", "tbzh", "gatxz", "gatxzh", "txz", "txzh", "txzhm",
)


def sample(rng: Random) -> str:
    """Return a permit number of one of the current forms."""
    return f"{rng.choice('HMCL')}{rng.randrange(10**8):08d}"


CN_HKMT_PERMIT = EntityType(
    name="CN_HKMT_PERMIT",
    title="Travel permit (Hong Kong, Macau, Taiwan)",
    title_zh="港澳台通行证号码",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=1, tail=2),
    shapes=(
        Shape("letter and 8 digits", "[HMCWLThmcwlt][0-9]{8}", Strength.WEAK),
        Shape("Hong Kong, Macau with issue", "[HMhm][0-9]{10}", Strength.WEAK),
        Shape("C, letter and 7 digits", "[Cc][A-HJ-NP-Za-hj-np-z][0-9]{7}", Strength.WEAK),
        Shape("Taiwan residents", "[0-9]{8}", Strength.WEAK),
        Shape("Taiwan residents before 2015", "[0-9]{10}", Strength.WEAK),
    ),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("港澳居民来往内地通行证 号码规则", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex B"),
)
