"""Place tied to a person without street and house (籍贯, 出生地, 居住城市).

Issuer: the Ministry of Civil Affairs keeps the list of administrative divisions.
Structure: province, city, county or township, in full (广东省深圳市) or short (广东深圳).
Look-alikes: cities of branches, shops and partners; hence the headers name places of persons only.
Limits: places in columns only, free text is not searched; short names below the province are recognised by the header
alone. An address down to the road is CN_ADDRESS, a pair of coordinates GEO_COORDINATE.
Sources: GB/T 2260-2007 (division codes and names); JR/T 0171-2020; regulations.md section 12.
"""

from __future__ import annotations

import re
from random import Random

from pii_audit.entities.cn_address import MUNICIPALITIES, PROVINCES
from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

ENDS = "省 市 区 县 旗 盟 州 镇 乡 自治区 自治州 自治县 地区".split()
IDEOGRAPH = "[\u4e00-\u9fff]"
_PLACE = re.compile(
    f"(?:{'|'.join((*MUNICIPALITIES, *PROVINCES))}){IDEOGRAPH}{{0,16}}|{IDEOGRAPH}{{1,20}}(?:{'|'.join(ENDS)})"
)


def looks_like_place(text: str) -> bool:
    """Tell whether ``text`` is a place of administration in China, with or without its province."""
    return _PLACE.fullmatch(text.strip()) is not None


def sample(rng: Random) -> str:
    """Return a province and a city."""
    places = (
        *"广东省深圳市 浙江省杭州市 江苏省苏州市 四川省成都市 湖北省武汉市 湖南省长沙市 河南省郑州市".split(),
        *"北京市 上海市 重庆市 广西壮族自治区南宁市 内蒙古自治区包头市 吉林省延边朝鲜族自治州".split(),
    )
    return rng.choice(places)


LOCATION = EntityType(
    name="LOCATION",
    title="Place of a person",
    title_zh="籍贯或所在地",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(
        jrt0171=Classed("C2", "M-l"),
        gbt35273=Classed("PI", "M-m"),
        gbt45574=Classed("no", "M-m"),
        jrt0197=Classed("3", "M-l"),
    ),
    mask=Mask(head=2),
    headers=(
        "籍贯", "出生地", "居住城市", "居住省份", "所在城市", "所在省份", "常住城市", "工作城市", "手机归属地",
        "号码归属地", "jiguan", "csd", "gsd", "szcs", "jzcs", "birthplace", "placeofbirth", "nativeplace", "hometown",
        "homecity", "homeprovince", "livecity", "liveprovince", "residencecity", "residenceprovince", "workcity",
        "custcity", "customercity", "usercity",
    ),
    sample=sample,
    cites=("GB/T 2260-2007",),
)
