"""Fixed-line phone number of mainland China (固定电话).

Issuer: fixed-line carriers, in areas allotted by the Ministry of Industry and Information Technology.
Structure: area code with leading 0 (3 or 4 digits), local number of 7 or 8 digits as usual in that area, not
beginning with 0 or 9, and perhaps an extension (-123, 转123); from abroad +86 and the area code without its 0.
Look-alikes: dates (2023-10-01), part and invoice numbers with a hyphen, service numbers (95xxx, 400-xxx-xxxx,
800-xxx-xxxx).
Limits: without a separator between area and number a label or header is needed; a local number alone is found only
under a header; numbers of companies are found like those of people.
Sources: numbering plan for telecommunication networks (MIIT 2017); pii_audit/tables/area_codes.txt.
"""

from __future__ import annotations

from random import Random

from pii_audit import tables
from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

_WORDS = (
    "固定电话", "固话", "座机", "座机号", "座机号码", "电话", "电话号码", "联系电话", "联系方式", "家庭电话",
    "住宅电话", "宅电", "单位电话", "公司电话", "办公电话", "传真", "总机", "tel", "telno", "telnum", "telnumber",
    "telephone", "telephoneno", "phone", "phoneno", "phonenumber", "landline", "landlineno", "fixedphone",
    "fixedline", "hometel", "homephone", "homephoneno", "homenumber", "officetel", "officephone", "companytel",
    "companyphone", "comptel", "unittel", "unitphone", "workphone", "worktel", "fax", "faxno", "gddh", "zzdh",
    "jtdh", "dwdh", "gsdh", "bgdh", "lxdh", "dhhm", "zuoji",
)


def sample(rng: Random) -> str:
    """Return area code, hyphen and local number."""
    area, length = rng.choice(tables.prefix_lengths("area_codes"))
    return f"{area}-{rng.randrange(2, 9)}{rng.randrange(10 ** (length - 1)):0{length - 1}d}"


CN_LANDLINE_PHONE = EntityType(
    name="CN_LANDLINE_PHONE",
    title="Fixed-line phone number",
    title_zh="固定电话号码",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(head=3, tail=2),
    scanners=("landline",),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("工信部 电信网编号计划（2017年版）", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex A"),
)
