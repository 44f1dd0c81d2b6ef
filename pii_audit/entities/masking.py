"""The customary way to show a value of an entity type without giving it away (model/entity.py, ``Mask``).

Every form hides enough to keep the value unknown: a value too short for its form is starred whole, and so is one that is not
what its form is for. A star counts as the character it hides, so a masked value stays as it is.
"""

from __future__ import annotations

import re

from pii_audit.model.entity import Mask

STAR = "*"
#: other signs that stand for a hidden character
_STARS = frozenset("＊•●×■█")
#: what is shown between letters and digits, first and last of each range; everything else beyond ASCII is hidden
SEPARATORS = (
    (0xA0, 0xA0), (0xB7, 0xB7), (0x2000, 0x200A), (0x2010, 0x2021), (0x2023, 0x2027), (0x202F, 0x202F), (0x3000, 0x3003),
    (0x3008, 0x3011), (0x3014, 0x301F), (0x30FB, 0x30FB), (0xFF01, 0xFF09), (0xFF0B, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF65),
)  # fmt: skip
_SHOWN = frozenset(chr(code) for code in range(128) if not (chr(code).isalnum() or chr(code) == STAR)) | frozenset(
    chr(code) for first, last in SEPARATORS for code in range(first, last + 1)
)
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
_BETWEEN = r"[\s,;，；()\[\]+-]"
_NUMBER = r"[0-9]{1,3}(?:[.][0-9*]*)?"
_COORDINATES = re.compile(rf"{_BETWEEN}*{_NUMBER}(?:{_BETWEEN}+{_NUMBER}){{0,2}}{_BETWEEN}*")
_DECIMAL = re.compile(r"([0-9]{1,3}[.][0-9]{2})([0-9*]+)")
_GROUP = re.compile(r"([.:-])")
_OCTET = re.compile(r"[0-9A-Fa-f*]{0,4}")
_DOMAIN = re.compile(r"(?:[^\W_]|-)+(?:[.](?:[^\W_]|-)+)*[.](?:[^\W\d_]|-)(?:[^\W_]|-)+[.]?")


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
    count = sum(char not in _SHOWN for char in text)
    hidden = count - head - tail
    if hidden < 3 or 3 * hidden < count:
        head = tail = 0
    shown = []
    at = 0
    for char in text:
        if char in _SHOWN:
            shown.append(char)
            continue
        shown.append(char if (at < head or at >= count - tail) and char not in _STARS else STAR)
        at += 1
    return "".join(shown)


def _email(text: str) -> str:
    local, at, domain = text.strip().rpartition("@")
    if not at or not _DOMAIN.fullmatch(domain):
        return _keep(text, 0, 0)
    return (local[0] if len(local) > 1 and local[0] not in _SHOWN | {STAR} else "") + OMITTED + at + domain


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
    if not _COORDINATES.fullmatch(text):
        return _keep(text, 0, 0)
    masked = _DECIMAL.sub(lambda match: match[1] + STAR * len(match[2]), text)
    return masked if STAR in masked else _keep(text, 0, 0)


def _octets(text: str) -> str:
    """Keep two of four or more groups, one of fewer, four characters of an address without separators."""
    parts = _GROUP.split(text)
    groups = len(parts) // 2 + 1
    if groups == 1:
        return _keep(text, 4, 0)
    shown = 3 if groups >= 4 else 1
    return "".join(part if i < shown and (i % 2 or _OCTET.fullmatch(part)) else _keep(part, 0, 0) for i, part in enumerate(parts))
