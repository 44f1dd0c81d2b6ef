"""Leaks after which an audit may be ordered."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param, place
from pii_audit.policy.rules._clear import identifying


@dataclass(frozen=True)
class OrderedAudit(Rule):
    """Asks whether the leak of a dataset would touch so many persons that the regulator may order an audit.

    Why: this is arithmetic: 1,000,000 persons, or 100,000 persons' sensitive information. Persons are counted as distinct
    values of the most frequent direct identifier of a dataset, or of the most frequent sensitive type in it.
    Example: 100,000 different bank card numbers reach the number, 99,999 do not.
    Remedy: split, mask or delete what need not lie together in clear.
    """

    id = "ordered-audit"
    title = "A leak would allow an ordered audit"
    title_zh = "数据集泄露将达到监管要求审计的规模"
    remedy_zh = "对无需集中明文留存的数据拆分、脱敏或删除。"
    example_zh = "10万个不同的银行卡号达到数量，99,999个未达到。"
    severity = Severity.INFO
    law = ("INC-05",)
    reads = (Reads(FINDINGS),)

    persons: int = param(WHOLE, 1_000_000, "persons", "人数")
    sensitive: int = param(WHOLE, 100_000, "persons with sensitive information", "敏感个人信息涉及人数")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        direct, sensitive = (
            found.filter(meant).group_by("dataset").aggregate(n=found.distinct_hits.max()) for meant in (identifying(found), found.sensitive_pi)
        )
        persons = direct.filter(direct.n >= self.persons)
        of_them = sensitive.filter(sensitive.n >= self.sensitive)
        return place(persons, aspect="persons", n=persons.n).union(place(of_them, aspect="sensitive", n=of_them.n))
