"""Numbers of items from which unlawful provision is a crime."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param, place
from pii_audit.policy.rules._clear import personal
from pii_audit.policy.rules.incident_grade import CREDIT_OR_PROPERTY

WHEREABOUTS = ("GEO_COORDINATE",)


@dataclass(frozen=True)
class CriminalCount(Rule):
    """Asks whether a dataset holds so many items in clear that obtaining, selling or providing them unlawfully is serious.

    Why: this is arithmetic and alleges nothing. The steps are 50 items of whereabouts, credit or property, 500 of
    communication records, 5,000 of other personal information; half of each for those who have the data from their
    duties or services (``insider``). Items are distinct values.
    Example: 25 bank card numbers reach the step for insiders, 50 that for everybody.
    Remedy: the more steps a dataset reaches, the fewer should hold it: mask, split, or delete.
    """

    id = "criminal-count"
    title = "Items in clear reach a step of the criminal law"
    title_zh = "明文信息条数达到刑事司法解释的数量标准"
    remedy_zh = "达到标准的数据集应脱敏、拆分或删除，缩小持有范围。"
    example_zh = "25个银行卡号达到内部人员标准，50个达到一般标准。"
    severity = Severity.INFO
    law = ("CRM-03", "CRM-04", "CRM-02")
    reads = (Reads(FINDINGS),)

    gravest: tuple[str, ...] = param(ENTITY_TYPES, WHEREABOUTS + CREDIT_OR_PROPERTY, "entity types of the first step", "第一档的实体类型")
    grave: tuple[str, ...] = param(ENTITY_TYPES, ("CALL_HISTORY",), "entity types of the second step", "第二档的实体类型")
    first: int = param(WHOLE, 50, "items of the first step", "第一档条数")
    second: int = param(WHOLE, 500, "items of the second step", "第二档条数")
    third: int = param(WHOLE, 5_000, "items of the third step", "第三档条数")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        found = found.filter(personal(found))
        steps = {"whereabouts-credit-property": (self.gravest, self.first), "communication-records": (self.grave, self.second)}
        step = ibis.cases(*((found.entity_type.isin(types), name) for name, (types, _) in steps.items()), else_="other")
        counts = found.mutate(step=step).group_by("dataset", "step").aggregate(n=found.distinct_hits.sum())
        counts = counts.mutate(least=ibis.cases(*((counts.step == name, items) for name, (_, items) in steps.items()), else_=self.third))
        reached = counts.filter(2 * counts.n >= counts.least)
        return place(reached, aspect=(reached.n >= reached.least).ifelse(reached.step, reached.step + "-insider"), n=reached.n)
