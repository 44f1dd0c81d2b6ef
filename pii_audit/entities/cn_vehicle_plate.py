"""Vehicle licence plate (机动车号牌).

Issuer: traffic police; army and armed police for their own.
Structure: province character, office letter, five letters and digits without I and O; new-energy plates have six (D
or F and its neighbours first for small, last for large vehicles). 警, 学, 挂, 港, 澳 stand last on plates of
police, learners, trailers and cross-border cars; 使 and 领 mark embassies and consulates; WJ the armed police. A
dot, hyphen or space may follow the letter.
Look-alikes: 汉字 before a letter and digits that are no plate (川A12 高速, 鲁班A1…), hence two digits at least.
Limits: plates written without the province character are not found; provisional plates (临) are not covered.
Sources: GA 36-2018.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_OFFICES = "ABCDEFGHJKLMN"
_WORDS = (
    "车牌", "车牌号", "车牌号码", "号牌", "号牌号码", "车辆牌照", "牌照号", "车号", "plate", "plateno", "platenum",
    "platenumber", "carplate", "carno", "carnumber", "carnum", "carlicense", "carlicenseno", "vehicleno",
    "vehicleplate", "vehicleplateno", "vehiclenumber", "vehiclelicense", "licenseplate", "licenceplate",
    "licenseplateno", "licenseplatenumber", "cph", "cphm", "hphm", "chepai", "chepaihao", "clhp",
)


def sample(rng: Random) -> str:
    """Return an ordinary plate, or one in four times a new-energy plate of a small car."""
    head = rng.choice(PROVINCES) + rng.choice(_OFFICES)
    if rng.randrange(4) == 0:
        return f"{head}{rng.choice('DF')}{rng.randrange(10**5):05d}"
    return f"{head}{rng.choice('0123456789ABCDEFGHJKLMNPQRSTUVWXYZ')}{rng.randrange(10**4):04d}"


CN_VEHICLE_PLATE = EntityType(
    name="CN_VEHICLE_PLATE",
    title="Vehicle licence plate",
    title_zh="车牌号码",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("vehicle track only", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=2, tail=2),
    scanners=("plate",),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("GA 36-2018", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex A"),
)
