"""Postal address of a person (住址, 联系地址).

Issuer: the places office of a county names roads and numbers houses; people write addresses as they like.
Structure: province, city, county or district, township or street office, road and number or village and group,
community, building, unit, room; any part may be missing, and the province often is.
Look-alikes: names of branches (深圳分行南山支行), places without house (广东省深圳市), organisations named after a
place, headers such as IP地址 and 邮箱地址 whose values are no postal addresses.
Limits: addresses in columns only, free text is not searched; a community without number and place is not recognised.
Sources: GB/T 23705-2009 (address structure); JR/T 0171-2020 (class C2); regulations.md section 12.
"""

from __future__ import annotations

import re
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

MUNICIPALITIES = ("北京", "天津", "上海", "重庆", "香港", "澳门")
PROVINCES = (
    *"河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南".split(),
    *"四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆".split(),
)

#: characters that end a part of an address, so no name of a city runs across them
_STOP = "省市县区镇乡村路街道巷弄号栋幢楼室旗"
PART = f"[^\\W\\d_{_STOP}]"
_AUTONOMOUS = "(?:壮族|回族|维吾尔)?自治区"
_MUNICIPALITY = re.compile(f"(?P<name>{'|'.join(MUNICIPALITIES)})(?:特别行政区|市)?(?:(?P=name)市|市辖区)?")
_PROVINCE = re.compile(f"(?:{'|'.join(PROVINCES)})(?:省|{_AUTONOMOUS})?")
_CITY = re.compile(f"{PART}{{1,10}}?(?:自治州|地区|林区|盟|市(?![场民政区府]))(?:市辖区)?")

#: what stands behind the name of a province, of any other division, of a road, of a community, of a house number
STATE_ENDS = "省 市 自治区 壮族自治区 回族自治区 维吾尔自治区 特别行政区".split()
ADMIN_ENDS = "自治州 自治县 自治旗 地区 新区 开发区 省 市 区 县 旗 镇 乡 街道".split()
ROAD_ENDS = "大道 公路 胡同 路 街 巷 弄 道".split()
COMMUNITY_ENDS = "小区 花园 家园 公寓 社区 新村 苑 村 屯 组 队".split()
HOUSE_ENDS = "号楼 号院 单元 号 弄 栋 幢 座 室 层 楼 组 队".split()
NUMERAL = "[0-9〇零一二三四五六七八九十百]"
#: what an organisation ends with, and what no address holds
OFFICE_ENDS = "公司 集团 支行 分行 银行 部 厅 局 委员会 协会 法院 医院 学校 大学 工厂 商行 门店".split()
FOREIGN = (*":：?？!！。@", "http")
SEPARATOR = r"[\s,，、-]"

# 市场 is a market, no city
_ADMIN = re.compile(
    f"(?:{'|'.join((*MUNICIPALITIES, *PROVINCES))})(?:{'|'.join(STATE_ENDS)})?"
    f"|{PART}{{1,12}}?(?:{'|'.join(ADMIN_ENDS)})(?!(?<=市)场)"
)
_ROAD = re.compile(f"{PART}{{1,8}}(?:{'|'.join(ROAD_ENDS)})|\\w{{1,10}}(?:{'|'.join(COMMUNITY_ENDS)})")
_NUMBER = re.compile(f"{NUMERAL}+(?:-[0-9]+)*(?:{'|'.join(HOUSE_ENDS)})|[0-9A-Za-z]+-[0-9]+")
_ORGANISATION = re.compile(f"(?:{'|'.join(OFFICE_ENDS)})$")
_OTHER = re.compile("|".join(map(re.escape, FOREIGN)))
_SEPARATORS = re.compile(f"{SEPARATOR}+(?![0-9])")


def looks_like_address(text: str) -> bool:
    """Tell whether ``text`` reads like a postal address down to a road, village, community or house.

    A place of administration with a road or community, or a road with a house number.
    """
    text = _SEPARATORS.sub("", text.strip())
    if not 6 <= len(text) <= 100 or _OTHER.search(text) or _ORGANISATION.search(text):
        return False
    end = 0
    while place := _ADMIN.match(text, end):
        end = place.end()
    road = _ROAD.search(text, end)
    number = _NUMBER.search(text, road.end() if road else end)
    return bool(road and (end or number)) or bool(end and number)


def city_end(text: str) -> int:
    """Return the index behind province and city in ``text``, 0 if it starts with neither."""
    if municipality := _MUNICIPALITY.match(text):
        return municipality.end()
    province = _PROVINCE.match(text)
    start = province.end() if province else 0
    city = _CITY.match(text, start)
    return city.end() if city else start


_DISTRICTS = (
    ("北京市", "", "朝阳区 海淀区 丰台区 通州区"),
    ("上海市", "", "浦东新区 闵行区 宝山区 杨浦区"),
    ("重庆市", "", "渝北区 沙坪坝区 万州区"),
    ("广东省", "深圳市", "南山区 宝安区 龙岗区"),
    ("广东省", "广州市", "天河区 白云区 番禺区"),
    ("浙江省", "杭州市", "西湖区 余杭区 萧山区"),
    ("江苏省", "南京市", "鼓楼区 江宁区 浦口区"),
    ("江苏省", "苏州市", "吴中区 昆山市 常熟市"),
    ("四川省", "成都市", "武侯区 双流区 郫都区"),
    ("湖北省", "武汉市", "洪山区 江夏区 黄陂区"),
    ("湖南省", "长沙市", "岳麓区 雨花区 长沙县"),
    ("河南省", "郑州市", "金水区 中原区 新郑市"),
    ("山东省", "青岛市", "市南区 崂山区 即墨区"),
    ("陕西省", "西安市", "雁塔区 未央区 长安区"),
    ("福建省", "厦门市", "思明区 集美区 同安区"),
    ("安徽省", "合肥市", "蜀山区 包河区 肥东县"),
    ("辽宁省", "大连市", "沙河口区 甘井子区"),
    ("河北省", "石家庄市", "长安区 裕华区 正定县"),
    ("广西壮族自治区", "南宁市", "青秀区 西乡塘区"),
    ("云南省", "昆明市", "五华区 官渡区"),
    ("新疆维吾尔自治区", "乌鲁木齐市", "天山区 沙依巴克区"),
    ("吉林省", "延边朝鲜族自治州", "延吉市 敦化市"),
    ("内蒙古自治区", "锡林郭勒盟", "锡林浩特市"),
)
_ROADS = "人民路 中山路 解放路 建设大道 和平路 新华街 文化路 学府路 滨江大道 科技一路 长江路 东风街".split()
_COMMUNITIES = "阳光花园 翠苑小区 金色家园 锦绣苑 幸福小区 龙湖花园 江南新村 丽景公寓".split()
_VILLAGES = "李家村 石桥村 新民村 前进村 东沟村 大王庄村".split()


def sample(rng: Random) -> str:
    """Return an address from province to room, or to village and house; one in five without its province."""
    province, city, districts = rng.choice(_DISTRICTS)
    place = ("" if city and rng.random() < 0.2 else province) + city + rng.choice(districts.split())
    if rng.random() < 0.15:
        return f"{place}{rng.choice(_VILLAGES)}{rng.randint(1, 12)}组{rng.randint(1, 200)}号"
    road = f"{rng.choice(_ROADS)}{rng.randint(1, 999)}号"
    room = f"{rng.randint(1, 30)}栋{rng.randint(1, 4)}单元{rng.randint(1, 32)}{rng.randint(1, 4):02d}室"
    return f"{place}{road}{rng.choice(_COMMUNITIES)}{room}"


CN_ADDRESS = EntityType(
    name="CN_ADDRESS",
    title="Postal address",
    title_zh="住址",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("PI", "S"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask("address"),
    headers=(
        "地址", "住址", "住所", "住处", "户籍地", "户籍所在", "户口所在", "居住地", "现住", "居所", "收货地", "详细地",
        "address", "addr", "adress", "homeaddress", "homeaddr", "liveaddress", "liveaddr", "livingaddress",
        "residence", "residentaddress", "resideaddress", "familyaddress", "companyaddress", "companyaddr",
        "workaddress", "workaddr", "unitaddress", "idaddress", "idcardaddress", "mailingaddress", "postaddress",
        "contactaddress", "deliveryaddress", "receiveaddress", "regaddress", "detailaddress", "addressdetail",
        "fulladdress", "dz", "xxdz", "jtdz", "jtzz", "jzdz", "jzd", "xjzd", "xzz", "txdz", "lxdz", "gzdz", "dwdz",
        "gsdz", "hjdz", "hjd", "hjszd", "hkdz", "hkszd", "sfzdz", "khdz", "shdz", "dizhi", "zhuzhi",
    ),
    sample=sample,
    cites=("GB/T 23705-2009", "JR/T 0171-2020", "GB/T 35273-2020 Annex A"),
)
