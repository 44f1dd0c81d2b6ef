"""Employer or other organisation in a person's record (工作单位).

Issuer: the registration authority of a company or institution.
Structure: mostly place, trade name, line of business and legal form (有限公司, 股份有限公司, 合作社), or an institution
(学校, 医院, 局).
Look-alikes: the lender's own branches, merchants and agencies, which are nobody's employer; hence the headers name
employers only.
Limits: organisations in columns only, free text is not searched; trade names without a legal form are recognised by the
header alone.
Sources: 企业名称登记管理规定 (State Council 734) art. 6; regulations.md section 12 (employer).
"""

from __future__ import annotations

import re
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

ENDS = (
    "公司 集团 企业 合作社 事务所 商行 经营部 工作室 个体户 银行 信用社 支行 分行 医院 卫生院 诊所 学校 大学 学院 中学 小学 "
    "幼儿园 工厂 厂 店 局 院 所 站 委员会 管委会 居委会 村委会 派出所 街道办 办事处 政府 部队 酒店 超市 中心 协会 基金会 "
    "研究所 设计院 出版社"
).split()
SENTENCE = "[。？！?!：:]"
_ENDING = re.compile(f"(?:{'|'.join(ENDS)})(?:[（(].{{1,12}}[)）])?$")
_SENTENCE = re.compile(SENTENCE)


def looks_like_organization(text: str) -> bool:
    """Tell whether ``text`` is written like the name of a company or institution."""
    text = text.strip()
    return 4 <= len(text) <= 50 and _ENDING.search(text) is not None and not _SENTENCE.search(text)


_PLACES = "深圳市 杭州 北京 上海 成都市 武汉 南京市 苏州 西安 青岛市 长沙 合肥市".split()
_NAMES = "恒信 宏达 鑫源 华盛 博远 天成 瑞丰 联创 安泰 万通 德润 中锐".split()
_TRADES = "科技 商贸 建筑工程 物流 餐饮管理 电子 服饰 信息技术 机械制造 物业服务".split()
_FORMS = "有限公司 有限责任公司 股份有限公司".split()


def sample(rng: Random) -> str:
    """Return the name of a company."""
    return "".join(rng.choice(part) for part in (_PLACES, _NAMES, _TRADES, _FORMS))


ORGANIZATION = EntityType(
    name="ORGANIZATION",
    title="Employer or organisation",
    title_zh="工作单位",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("PI", "S"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=2),
    headers=(
        "工作单位", "单位名称", "就职单位", "任职单位", "所在单位", "现单位", "就职公司", "工作公司", "雇主",
        "公司名称", "employer", "employername", "company", "companyname", "workcompany", "workunit", "workplace",
        "unitname", "organization", "gzdw", "gzdwmc", "dwmc", "szdw", "jzdw", "rzdw", "gsmc", "gongzuodanwei",
        "danwei",
    ),
    sample=sample,
    cites=("State Council 734 art. 6", "GB/T 35273-2020 Annex A"),
)
