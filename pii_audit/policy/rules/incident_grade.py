"""How grave the leak of a dataset would be."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param, place
from pii_audit.policy.rules._clear import personal

CREDIT_OR_PROPERTY = ("CN_BANK_CARD", "CN_CREDIT_REPORT", "CN_HOUSING_FUND", "CN_LOAN_CONTRACT")


@dataclass(frozen=True)
class IncidentGrade(Rule):
    """Asks which grade an incident would have in which a dataset leaks as it is.

    Why: this is arithmetic, for those who decide what to protect first and how fast to report. The grades are those of
    the central bank, for its fields; they count records, not persons. A record here is a row or line that holds values
    in clear: of a file, those of its fullest column. Sensitive is what GB/T 45574 lists.
    Example: 500 rows with bank card numbers make a larger incident, 499 a general one.
    Remedy: mask, encrypt or delete what does not need to be there in clear.
    """

    id = "incident-grade"
    title = "Grade of an incident if the dataset leaks"
    title_zh = "数据集泄露时的事件等级"
    remedy_zh = "对无需明文留存的数据脱敏、加密或删除。"
    example_zh = "含银行卡号的数据达到500条为较大事件，499条为一般事件。"
    severity = Severity.INFO
    law = ("INC-03", "INC-04")
    reads = (Reads(FINDINGS),)

    credit_or_property: tuple[str, ...] = param(ENTITY_TYPES, CREDIT_OR_PROPERTY, "entity types of credit or property records", "征信或财产信息的实体类型")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        found = found.filter(personal(found))
        nothing = ibis.literal(0)
        files = found.group_by("dataset", "source").aggregate(
            records=found.cells.max(),
            sensitive=found.sensitive_pi.ifelse(found.cells, nothing).max(),
            credit=found.entity_type.isin(self.credit_or_property).ifelse(found.cells, nothing).max(),
        )
        sums = files.group_by("dataset").aggregate(n=files.records.sum(), sensitive=files.sensitive.sum(), credit=files.credit.sum())
        grade = ibis.cases(
            ((sums.sensitive >= 10_000_000) | (sums.n >= 100_000_000), "extraordinary"),
            ((sums.sensitive >= 1_000_000) | (sums.n >= 10_000_000), "major"),
            ((sums.credit >= 500) | (sums.n >= 50_000), "larger"),
            else_="general",
        )
        return place(sums, aspect=grade, n=sums.n)
