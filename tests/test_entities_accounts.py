"""Definitions of accounts, devices, secrets, names, places and structures hold together."""

from __future__ import annotations

import pickle
import re
from importlib import import_module
from pathlib import Path
from random import Random

import pytest
import yaml

from pii_audit.entities.call_history import CALL_TIME_HEADERS, CALLEE_HEADERS, CALLER_HEADERS, DURATION_HEADERS
from pii_audit.entities.cn_address import city_end, looks_like_address
from pii_audit.entities.contact_list import (
    CONTACT_NAME_HEADERS,
    CONTACT_PHONE_HEADERS,
    KEY_HEADERS,
    PATH_WORDS,
    RELATION_HEADERS,
    RELATION_VALUES,
)
from pii_audit.entities.location import looks_like_place
from pii_audit.entities.organization import looks_like_organization
from pii_audit.entities.person import SURNAMES, looks_like_name
from pii_audit.model.entity import EntityType, Labelled, Sensitivity, Shape, Strength

NAMES = (
    "CN_WECHAT_ID CN_QQ CN_ALIPAY CN_SOCIAL_SECURITY CN_HOUSING_FUND CN_LOAN_CONTRACT CN_CREDIT_REPORT DEVICE_ID "
    "CARD_SECURITY_CODE CARD_EXPIRY CREDENTIAL ONE_TIME_CODE BIOMETRIC CONTACT_LIST CALL_HISTORY PERSON CN_ADDRESS "
    "ORGANIZATION LOCATION URL DATE_TIME"
).split()
MODULES = {name: import_module(f"pii_audit.entities.{name.lower()}") for name in NAMES}
TYPES: dict[str, EntityType] = {name: getattr(module, name) for name, module in MODULES.items()}

#: what a scanner finds, written once more as an expression (the scanners themselves are compiled code)
SCANNED = {
    "secret": r"[A-Za-z0-9!@#_+-]{6,20}",
    "expiry": r"(0[1-9]|1[0-2])/[0-9]{2}",
    "biometric": r"[A-Za-z0-9+/]{64,}={0,2}",
    "url": r"https://[a-z.]+/\S+",
    "datetime": r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
    "wxid": r"wxid_[0-9a-z]{12,20}",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
COLUMNS = {
    "PERSON": looks_like_name,
    "CN_ADDRESS": looks_like_address,
    "ORGANIZATION": looks_like_organization,
    "LOCATION": looks_like_place,
}
BODY = re.compile(r"(?:(?:\[[A-Za-z0-9-]+\]|[A-Za-z0-9])(?:\{[0-9]+(?:,[0-9]+)?\})?)+")
PARTS = ("Issuer:", "Structure:", "Look-alikes:", "Limits:", "Sources:")


def fits_shape(shape: Shape, text: str) -> bool:
    """Tell whether the compact value matches the body and passes the validator."""
    if re.fullmatch(shape.body, text) is None:
        return False
    return shape.validator is None or shape.validator.check(text.upper())


def fits_labelled(labelled: Labelled, text: str) -> bool:
    """Tell whether a value of open length fits its class, first character, length and digits."""
    return (
        re.fullmatch(f"[{labelled.chars}]{{{labelled.min_length},{labelled.max_length}}}", text) is not None
        and (labelled.first is None or re.match(f"[{labelled.first}]", text) is not None)
        and sum(char.isdigit() for char in text) >= labelled.min_digits
    )


def longest(body: str) -> int:
    """Return the greatest length a body matches."""
    counts = re.findall(r"(?:\[[^]]+\]|[A-Za-z0-9])(?:\{(?:[0-9]+,)?([0-9]+)\})?", body)
    return sum(int(count or 1) for count in counts)


@pytest.mark.parametrize("name", NAMES)
def test_definition_is_complete(name: str) -> None:
    entity = TYPES[name]
    assert entity.name == name
    assert entity.title and entity.title_zh and entity.cites
    assert entity.category.jrt0171 is not None
    assert entity.structural == (name in {"CONTACT_LIST", "CALL_HISTORY"})
    assert entity.default == (name not in {"URL", "DATE_TIME"})
    assert (entity.sample is None) == entity.structural
    assert pickle.loads(pickle.dumps(entity)) == entity


@pytest.mark.parametrize("name", NAMES)
def test_docstring_has_its_parts(name: str) -> None:
    doc = MODULES[name].__doc__ or ""
    assert doc.splitlines()[0].endswith(".")
    positions = [doc.find(f"\n{part} ") for part in PARTS]
    assert -1 not in positions and positions == sorted(positions)


@pytest.mark.parametrize("name", [name for name in NAMES if not TYPES[name].structural])
def test_samples_fit_their_definition(name: str) -> None:
    entity = TYPES[name]
    assert entity.sample is not None
    rng = Random(20240501)
    samples = [entity.sample(rng) for _ in range(300)]
    for text in samples:
        assert (
            any(fits_shape(shape, text) for shape in entity.shapes)
            or any(fits_labelled(labelled, text) for labelled in entity.labelled)
            or any(re.fullmatch(SCANNED[scanner], text) for scanner in entity.scanners)
            or (name in COLUMNS and COLUMNS[name](text))
        )
    again = Random(20240501)
    assert samples == [entity.sample(again) for _ in range(300)]


@pytest.mark.parametrize("name", NAMES)
def test_bodies_stay_in_the_subset(name: str) -> None:
    for shape in TYPES[name].shapes:
        assert BODY.fullmatch(shape.body), shape.body
        assert longest(shape.body) <= 32
        assert shape.strength is Strength.WEAK  # none of these speaks for itself
        for grouping in shape.groups:
            assert sum(map(int, grouping.split("-"))) == longest(shape.body)


@pytest.mark.parametrize("name", NAMES)
def test_words_are_normalised(name: str) -> None:
    entity = TYPES[name]
    for words in (entity.context, entity.headers):
        assert len(set(words)) == len(words)
        assert all(word == re.sub(r"[_\-. ]", "", word.lower()) and word for word in words)
    if entity.shapes or entity.labelled or entity.scanners:
        assert entity.context and entity.headers


def test_structure_words_are_normalised() -> None:
    for words in (
        KEY_HEADERS, RELATION_HEADERS, CONTACT_PHONE_HEADERS, CONTACT_NAME_HEADERS, PATH_WORDS, RELATION_VALUES,
        CALLER_HEADERS, CALLEE_HEADERS, DURATION_HEADERS, CALL_TIME_HEADERS,
    ):  # fmt: skip
        assert len(set(words)) == len(words)
        assert all(word == re.sub(r"[_\-. ]", "", word.lower()) and word for word in words)
    roles = (*CALLER_HEADERS, *CALLEE_HEADERS, *DURATION_HEADERS, *CALL_TIME_HEADERS)
    assert len(set(roles)) == len(roles)


def test_a_header_names_one_type() -> None:
    owners: dict[str, str] = {}
    for name, entity in TYPES.items():
        for header in entity.headers:
            assert owners.setdefault(header, name) == name, header


def test_authentication_data_is_high_and_never_shown() -> None:
    for entity in TYPES.values():
        level = entity.category.jrt0171
        if level is not None and level.value.endswith("C3"):
            assert entity.sensitivity is Sensitivity.HIGH
            assert entity.mask.kind == "omit"


@pytest.mark.parametrize("name", NAMES)
def test_table_is_well_formed(name: str) -> None:
    rows = yaml.safe_load((Path(__file__).parent / "entities" / f"{name.lower()}.yml").read_text(encoding="utf-8"))
    assert len(rows) >= 5
    for row in rows:
        assert row["why"]
        if TYPES[name].structural:
            assert set(row) <= {"headers", "rows", "text", "header", "found", "subjects", "third_persons", "why"}
            assert ("rows" in row) != ("text" in row) and isinstance(row["found"], bool)
            assert all(len(cells) == len(row["headers"]) for cells in row.get("rows", ()))
        else:
            assert set(row) <= {"text", "span", "header", "why"} and {"text", "span"} <= set(row)
            spans = row["span"] if isinstance(row["span"], list) else [row["span"]]
            assert all(span is None or span in row["text"] for span in spans)


# -- names ------------------------------------------------------------------------------------------------------------

# invented, in the forms that real names take
NAME_FORMS = """
王伟 李娜 张敏 刘洋 陈静 杨帆 黄磊 赵雪 吴昊 周涛 徐慧 孙悦 马超 朱琳 胡斌 郭峰 何洁 林峰 高翔 罗文 王秀英 李建国
张桂兰 刘志强 陈丽华 杨秀珍 黄国荣 赵玉兰 吴俊杰 周建华 徐文博 孙雨涵 马晓东 朱思远 胡婷婷 郭子轩 何佳怡 林诗涵 高子墨
罗海燕 郑成业 梁静宜 谢廷峰 宋佳宁 唐国梁 许嘉文 韩梅梅 冯雪峰 邓丽云 曹雪晴 彭德明 曾志远 肖建国 田小月 董文华 潘晓婷
袁隆兴 蔡明亮 余秋生 于千 任正平 方志敏 金宇彬 安以宁 成龙飞 和志强 明道远 江一凡 白雪晴 石小龙 翟天宇 仝卓 佘诗雨
逯长明 闫妮 岑宁 欧阳修文 欧阳雪 司马文 诸葛明 上官婉婷 慕容晓 令狐文 皇甫嵩 尉迟敬 东方晓 夏侯建 长孙无忌 李王梓涵
陈林晓月 阿依古丽·买买提 买买提·艾则孜 热依汗古丽·吐尔逊江 卓玛·次仁 巴特尔·乌力吉 曲比·阿乌
""".split()

NOT_NAMES = """
任何 高峰期 黄金 张江高科 和平路 马上消费 正常 已还清 男 女 本科 大专 未婚 已婚 离异 单身 高中 初中 成功 失败 处理中
审核中 申请中 申请人 申请表 江苏 江西 安徽 温州 苏州 郑州 武汉 石家庄 连云港 马鞍山 秦皇岛 张家界 景德镇 常州市 温州市
黄浦区 余杭区 邵东县 南京路 解放路 金融街 龙湖村 金额 利率 费用 余额 时间 明细 单位 项目 管理员 程序员 查询员 董事长
应收款 应还款 应付账 高风险 高级经理 安全中心 商品房 商户号 万达广场 万科物业 平安银行 华夏银行 农业银行 农商行 银联卡
金卡 白金卡 白条 花呗 车贷 房贷 信用贷 储蓄卡 毛利率 关系人 程序错 常用卡 常住址 全额 全部 左右 司机 师傅 顾客 任务一
强制执行 温馨提示 方便面 白色 黄色 蓝色 金色 路由器 包装费 连接超时 解除绑定 解冻 查询中 马路边 石材厂 水果店 成都
王先生您好 张三李四王五 A王伟 李 王1 李* 王** 张某某的 Zhang 13800138000 汽车金融 东方财富 万里长城保险 李宁专卖店
金山软件 方正证券 时代广场 华为技术 严重逾期 钱包余额 来源渠道
""".split()


def test_enough_names() -> None:
    assert len(NAME_FORMS) >= 60 and len(NOT_NAMES) >= 60
    assert len(SURNAMES) >= 420 and len(set(SURNAMES)) == len(SURNAMES)
    assert {len(surname) for surname in SURNAMES} == {1, 2}


@pytest.mark.parametrize("text", NAME_FORMS)
def test_names_look_like_names(text: str) -> None:
    assert looks_like_name(text)


@pytest.mark.parametrize("text", NOT_NAMES)
def test_other_words_do_not_look_like_names(text: str) -> None:
    assert not looks_like_name(text)


def test_blanks_around_a_name_do_not_matter() -> None:
    assert looks_like_name(" 王伟 ")
    assert not looks_like_name("") and not looks_like_name("  ")


# -- addresses --------------------------------------------------------------------------------------------------------

ADDRESSES = """
广东省深圳市南山区科技路12号 北京市朝阳区建国路88号 上海市浦东新区世纪大道100号 浙江省杭州市西湖区文三路199号5楼
江苏省南京市鼓楼区中山北路30号 四川省成都市武侯区人民南路四段27号 湖北省武汉市洪山区珞喻路1037号
湖南省长沙市岳麓区麓山南路2号 河南省郑州市金水区花园路59号 山东省青岛市市南区香港中路10号
陕西省西安市雁塔区长安南路300号 福建省厦门市思明区湖滨南路80号 安徽省合肥市蜀山区黄山路601号
辽宁省大连市沙河口区中山路572号 河北省石家庄市长安区中山东路11号 广西壮族自治区南宁市青秀区民族大道100号
云南省昆明市五华区翠湖北路2号 新疆维吾尔自治区乌鲁木齐市天山区胜利路666号 内蒙古自治区呼和浩特市赛罕区大学西街235号
吉林省延边朝鲜族自治州延吉市公园路977号 黑龙江省哈尔滨市南岗区学府路74号 贵州省贵阳市云岩区宝山北路116号
甘肃省兰州市城关区天水南路222号 海南省海口市美兰区人民大道58号 宁夏回族自治区银川市西夏区贺兰山西路489号
青海省西宁市城中区昆仑中路147号 西藏自治区拉萨市城关区江苏路36号 重庆市渝北区龙溪街道红锦大道1号
天津市南开区卫津路94号 北京市海淀区中关村大街27号院3号楼502室 上海市闵行区东川路800弄12号601室
深圳市福田区深南大道1006号 广州市天河区体育西路103号 杭州市余杭区文一西路969号3幢 苏州市吴中区星湖街328号
成都市双流区东升街道棠湖西路一段1号 河南省固始县城关镇红苏路15号 江苏省昆山市玉山镇前进西路20号
浙江省义乌市福田街道商城大道88号 湖南省衡阳县西渡镇新正街8号 四川省仁寿县文林镇仁寿大道一段9号
河南省周口市淮阳区王店乡李家村 山东省菏泽市曹县庄寨镇张庄村3组 安徽省阜阳市临泉县杨桥镇刘寨村12号
广西桂林市阳朔县白沙镇旧县村5号 贵州省毕节市织金县以那镇大寨村二组 河北省邯郸市大名县西付集乡前屯村 中山路12号
建设大道568号新世界中心 人民南路3号阳光花园2栋1单元301室 文化路9号院 南山区科技园南区路8号
朝阳区望京街10号望京小区1号楼2单元303 天河区珠江新城华夏路10号 雁塔区小寨东路126号 丰台区方庄路芳群园一区5号楼
广东省东莞市长安镇锦厦社区河南工业区5栋 浦东新区张江镇祖冲之路899号 武昌区中南路街道宏城花园B座1203室
洪山区关山街道保利花园12栋2单元 北京市昌平区回龙观镇龙腾苑四区3号楼
""".split()

NOT_ADDRESSES = """
广东省 广东省深圳市 深圳市南山区 北京市 上海浦东新区 内蒙古自治区呼和浩特市 朝阳区 中国 亚洲 江苏省常熟市虞山镇
重庆市万州区五桥街道 中国银行深圳分行南山支行 招商银行股份有限公司深圳分行 深圳市腾讯计算机系统有限公司
北京市朝阳区人民法院 上海市第一人民医院 杭州市西湖区教育局 广东省深圳市公安局 国家税务总局深圳市税务局 北京大学
清华大学 武汉大学医院 南京市鼓楼区人民政府办公厅 四川省成都市武侯区市场监督管理局 192.168.1.1 10.0.0.1:8080
user@example.com https://example.com/a/b 00:1A:2B:3C:4D:5E 13800138000 2024-05-01 110101 张三 欧阳娜娜 未提供 无 不详
正常 已还清 逾期30天 待核实 请联系客户 客户拒接电话 电话无人接听 号码是空号 已转律师部 三号线 二号员工 第3期 5号还款
每月10号还款 还款日15号 1号店 七天连锁酒店 如家酒店 三室一厅 两栋别墅 本人名下有房 租房 自有住房 按揭房 农村自建房
小区保安 大道至简 丝绸之路 成长之路 一带一路 网络道路安全 胡同 组长 队长 楼层经理 室内设计 村官 路演 街拍 借款合同编号
HT-2023-00012 产品A-1 批次2024-01 版本1.2.3 区块链 县级市 市场部 省级代理 地区经理 开发区 新区 客户说在深圳市工作？
地址:不详 是否有住房！ 催收员：已告知 深圳市社保局 深圳市 南山区 分公司 大客户部 华南大区 一区 二区 东区3组 催收一组
风控二组 小组 营销5组
""".split()


def test_enough_addresses() -> None:
    assert len(ADDRESSES) >= 60 and len(NOT_ADDRESSES) >= 60


@pytest.mark.parametrize("text", [*ADDRESSES, "广东 深圳 宝安区 西乡街道 盐田街 25号", "江苏省 常熟市 方塔街66号"])
def test_addresses_look_like_addresses(text: str) -> None:
    assert looks_like_address(text)


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_other_texts_do_not_look_like_addresses(text: str) -> None:
    assert not looks_like_address(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("广东省深圳市南山区科技路1号", "广东省深圳市"),
        ("北京市朝阳区建国路1号", "北京市"),
        ("北京市北京市朝阳区建国路1号", "北京市北京市"),
        ("重庆市市辖区渝中区中山路1号", "重庆市市辖区"),
        ("上海浦东新区世纪大道1号", "上海"),
        ("河南省固始县城关镇市场路3号", "河南省"),
        ("内蒙古自治区锡林郭勒盟锡林浩特市团结路1号", "内蒙古自治区锡林郭勒盟"),
        ("新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放路1号", "新疆维吾尔自治区伊犁哈萨克自治州"),
        ("黑龙江省大兴安岭地区漠河市中华路1号", "黑龙江省大兴安岭地区"),
        ("湖北省荆州市沙市区北京路1号", "湖北省荆州市"),
        ("湖北省神农架林区松柏镇神农大道1号", "湖北省神农架林区"),
        ("吉林省吉林市船营区北京路1号", "吉林省吉林市"),
        ("香港特别行政区九龙弥敦道1号", "香港特别行政区"),
        ("深圳市南山区科技路1号", "深圳市"),
        ("广东深圳市南山区科技路1号", "广东深圳市"),
        ("广东深圳南山区科技路1号", "广东"),
        ("南山区科技路1号", ""),
        ("中山路12号", ""),
        ("", ""),
    ],
)
def test_city_end_keeps_province_and_city(text: str, kept: str) -> None:
    assert text[: city_end(text)] == kept


# -- organisations and places -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", "深圳市恒信科技有限公司 某某集团 北京大学 第三人民医院 杭州市公安局 红旗小学 建设银行深圳分行".split()
)
def test_organisations(text: str) -> None:
    assert looks_like_organization(text)


@pytest.mark.parametrize("text", "张三 无业 自由职业 2024-05-01 13800138000 已还清 请到公司核实。 广东省深圳市".split())
def test_no_organisations(text: str) -> None:
    assert not looks_like_organization(text)


@pytest.mark.parametrize("text", "广东省 广东省深圳市 广东深圳 北京 上海浦东新区 南山区 固始县 锡林郭勒盟".split())
def test_places(text: str) -> None:
    assert looks_like_place(text)


@pytest.mark.parametrize("text", "张三 本科 A区 深圳 中山路12号 2024 已还清 深圳市南山区科技路1号".split())
def test_no_places(text: str) -> None:
    assert not looks_like_place(text)
