"""File number of a driving licence (驾驶证档案编号).

Issuer: traffic police of the place of issue.
Structure: 12 digits: province (2), city (2), file (8). The licence number itself equals the resident ID.
Look-alikes: any 12-digit number; no check digit, so a label or header is needed.
Limits: none besides that.
Sources: GA/T 946 (data of road-traffic management); GB/T 2260-2007.
"""

from __future__ import annotations

from random import Random

from pii_audit import tables
from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import CodeIn

_WORDS = (
    "档案编号", "档案号", "驾驶证档案编号", "驾驶证档案号", "驾照档案号", "驾驶证", "驾照", "驾驶证编号",
    "driverfileno", "drivingfileno", "drivingfilenumber", "driverfilenum", "driverfilenumber", "driverlicense", "driverlicenseno", "driverlicence",
    "driverlicenceno", "driverlicensefileno", "drivinglicense", "drivinglicence", "drivinglicenseno",
    "drivinglicenceno", "licensefileno", "dabh", "dah", "jszh", "jszhm", "jszdabh", "jsz", "jzh",
)


def sample(rng: Random) -> str:
    """Return province, city and file digits."""
    return f"{rng.choice(tables.codes('prefectures'))}{rng.randrange(10**8):08d}"


CN_DRIVER_FILE_NO = EntityType(
    name="CN_DRIVER_FILE_NO",
    title="Driving licence file number",
    title_zh="驾驶证档案编号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=4, tail=2),
    shapes=(Shape("12 digits", "[1-8][0-9]{11}", Strength.WEAK, CodeIn("prefectures", 0, 4)),),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("GA/T 946", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex B"),
)
