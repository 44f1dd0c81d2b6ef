"""How hard a rule binds, how well that is known, and how both are cited.

A recommended standard is never called a law, and what is only remembered says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Force(Enum):
    """Who made an instrument, and so how hard it binds (效力层级)."""

    L = "L"
    R = "R"
    D = "D"
    N = "N"
    J = "J"
    T = "T"
    I = "I"  # noqa: E741  the reference's code

    @property
    def title(self) -> str:
        return _FORCES[self.value][0]

    @property
    def title_zh(self) -> str:
        return _FORCES[self.value][1]

    @property
    def is_binding(self) -> bool:
        """Whether it binds by itself: a recommended standard and industry self-discipline do not."""
        return self not in (Force.T, Force.I)


_FORCES = {
    "L": ("law", "法律"),
    "R": ("administrative regulation", "行政法规"),
    "D": ("departmental rule", "部门规章"),
    "N": ("normative document", "规范性文件"),
    "J": ("judicial interpretation", "司法解释"),
    "T": ("recommended standard", "推荐性标准"),
    "I": ("industry self-discipline", "行业自律规范"),
}


class Mark(Enum):
    """How well a statement is supported (核实程度)."""

    V = "V"
    S = "S"
    S1 = "S1"
    M_H = "M-h"
    M_M = "M-m"
    M_L = "M-l"

    @property
    def title(self) -> str:
        return _MARKS[self.value][0]

    @property
    def title_zh(self) -> str:
        return _MARKS[self.value][1]

    @property
    def is_from_memory(self) -> bool:
        """Whether nothing but memory stands behind it: such a statement is never an enabled default."""
        return self in (Mark.M_H, Mark.M_M, Mark.M_L)


_MARKS = {
    "V": ("read in the text", "已核原文"),
    "S": ("known from secondary texts", "据二手资料"),
    "S1": ("known from a single secondary text", "据单一二手资料"),
    "M-h": ("from memory, confidence high, unchecked", "凭记忆，把握较高，未核实"),
    "M-m": ("from memory, confidence medium, unchecked", "凭记忆，把握中等，未核实"),
    "M-l": ("from memory, confidence low, unchecked", "凭记忆，把握较低，未核实"),
}


@dataclass(frozen=True, slots=True)
class Basis:
    """One place of one instrument that a rule rests on.

    ``article`` is written as the reference writes it: ``19``, ``28-30``, ``13, 17, 4``, ``17(1)(3)``, ``47 para 2``,
    ``293之一``, ``annex 15``; None where the place is unknown or the instrument as a whole is meant.
    """

    instrument: str       #: key in ``rules/law.yml``
    article: str | None
    force: Force
    mark: Mark
    name: str             #: as printed in English
    name_zh: str          #: as printed in Chinese, with book-title marks where it has a formal title

    @property
    def is_from_memory(self) -> bool:
        """Whether it may not stand behind an enabled default."""
        return self.mark.is_from_memory

    def cite(self, lang: str = "en") -> str:
        """Return the citation with force and mark, in ``en`` or ``zh``.

        ``PIPL Art. 19 (law, read in the text)``, ``《个人信息保护法》第19条（法律，已核原文）``.
        """
        if lang == "zh":
            return f"{self.name_zh}{self._place_zh()}（{self.force.title_zh}，{self.mark.title_zh}）"
        place = self._place()
        return f"{self.name}{' ' if place else ''}{place} ({self.force.title}, {self.mark.title})"

    def _place(self) -> str:
        if self.article is None:
            return ""
        if not self.article[0].isdigit():
            return self.article
        article = self.article.replace("之一", "-1").replace(" para ", " para. ")
        if self.force is Force.T:
            return f"cl. {article}"
        return f"{'Arts.' if re.search('[-,]', self.article) else 'Art.'} {article}"

    def _place_zh(self) -> str:
        return "、".join(_item_zh(item, self.force) for item in self.article.split(", ")) if self.article else ""


_ITEM = re.compile(r"(?P<first>[\d.]+)(?:-(?P<last>[\d.]+))?(?P<one>之一)?(?P<parts>(?:\(\d+\))*)(?: para (?P<para>\d+))?")


def _item_zh(item: str, force: Force) -> str:
    """Return one article in Chinese. Bracketed numbers stay as they are: the reference does not say 款 or 项."""
    if item.startswith("annex "):
        return f"附录{item[6:]}" if force is Force.T else f"附件第{item[6:]}点"
    match = _ITEM.fullmatch(item)
    if match is None:
        return f"（{item}）"
    last = f"至{match['last']}" if match["last"] else ""
    paragraph = f"第{match['para']}款" if match["para"] else ""
    return f"第{match['first']}{last}条{match['one'] or ''}{match['parts']}{paragraph}"
