"""The customary way to show a value of an entity type without giving it away (model/entity.py, ``Mask``).

Every form hides enough to keep the value unknown: a value too short for its form is starred whole.
"""

from __future__ import annotations

import re

from pii_audit.model.entity import Mask

STAR = "*"
#: what stands for a value (or a part of it) whose very length would say something
OMITTED = STAR * 3

#: two-character surnames that are still borne (the surname is what a masked name keeps)
COMPOUND_SURNAMES = frozenset(
    {
        "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒",
        "司空", "夏侯", "轩辕", "端木", "独孤", "南宫", "西门", "呼延", "申屠", "太史", "闻人", "澹台", "公冶",
        "濮阳", "淳于", "单于", "钟离", "鲜于", "闾丘", "亓官", "拓跋", "完颜", "百里", "东郭", "南门", "赫连",
        "万俟", "第五", "仲孙", "公羊", "宗政", "贺兰", "纳兰",
    }
)

_PROVINCE_CITY = re.compile(
    r"\s*(?:[\u4e00-\u9fff]{2,7}?(?:省|自治区|特别行政区))?"
    r"(?:[\u4e00-\u9fff]{2,10}?(?:自治州|地区)|(?:(?![区县路街道镇乡村])[\u4e00-\u9fff]){2,6}?[市盟])?"
)
_DECIMAL = re.compile(r"([0-9]+[.][0-9]{2})([0-9]+)")
_GROUP = re.compile(r"([.:-])")


def mask_value(mask: Mask, text: str) -> str:
    """Return ``text`` in the customary masked form of ``mask``."""
    match mask.kind:
        case "keep":
            return _keep(text, mask.head, mask.tail)
        case "email":
            return _email(text)
        case "name":
            return _name(text)
        case "address":
            return _address(text)
        case "omit":
            return OMITTED
        case "coordinate":
            return _coordinate(text)
        case "octets":
            return _octets(text)
    raise ValueError(f"unknown mask {mask.kind}")


def _keep(text: str, head: int, tail: int) -> str:
    """Keep ``head`` and ``tail`` letters and digits; at least three and a third of all of them stay hidden."""
    count = sum(map(str.isalnum, text))
    hidden = count - head - tail
    if hidden < 3 or 3 * hidden < count:
        head = tail = 0
    shown = []
    at = 0
    for char in text:
        if not char.isalnum():
            shown.append(char)
            continue
        shown.append(char if at < head or at >= count - tail else STAR)
        at += 1
    return "".join(shown)


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at:
        return _keep(text, 0, 0)
    return (local[0] if len(local) > 1 else "") + OMITTED + at + domain


def _name(text: str) -> str:
    return _keep_first(text, 2 if text[:2] in COMPOUND_SURNAMES and len(text) > 2 else 1)


def _keep_first(text: str, head: int) -> str:
    """Keep ``head`` characters (none of a single one), star every other letter and digit."""
    if len(text) <= head:
        return _keep(text, 0, 0)
    return text[:head] + _keep(text[head:], 0, 0)


def _address(text: str) -> str:
    match = _PROVINCE_CITY.match(text)
    return (match[0] if match else "") + OMITTED


def _coordinate(text: str) -> str:
    masked = _DECIMAL.sub(lambda match: match[1] + STAR * len(match[2]), text)
    return masked if masked != text else _keep(text, 0, 0)


def _octets(text: str) -> str:
    """Keep two of four or more groups, one of fewer, four characters of an address without separators."""
    parts = _GROUP.split(text)
    groups = len(parts) // 2 + 1
    if groups == 1:
        return _keep(text, 4, 0)
    shown = 3 if groups >= 4 else 1
    return "".join(part if i < shown else _keep(part, 0, 0) for i, part in enumerate(parts))
