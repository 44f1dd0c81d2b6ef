"""Data of children are not among those of borrowers."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Whole
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, on_day, param, place


@dataclass(frozen=True)
class Minors(Rule):
    """Asks whether rows of borrowers belong to a child under 14, by its date of birth or identity number.

    Why: personal information of a child under 14 is sensitive and needs the guardian's consent and special rules.
    Example: born on 2012-07-01, seen on 2026-06-30. On the 14th birthday the person is no child under 14 any more.
    Remedy: check the identity, obtain the guardian's consent or delete the data, and restrict who may read them.
    """

    id = "minors"
    title = "Data of children under 14"
    title_zh = "存在不满十四周岁未成年人的个人信息"
    remedy_zh = "核验身份，取得监护人同意或删除，并限制访问。"
    example_zh = "2012-07-01出生，于2026-06-30检查；满14周岁生日当天起不再属于此类。"
    severity = Severity.HIGH
    law = ("MNR-01",)
    reads = (Reads(ROWS, ("borrower_master", "loan_book"), needs=("born",), uses=("borrower",)),)

    below: int = param(Whole(1), 14, "age in years below which it is reported", "年龄（周岁），低于该值即报告")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        return place(rows.filter(Period(12 * self.below).end(rows.born) > on_day(world.as_of)))
