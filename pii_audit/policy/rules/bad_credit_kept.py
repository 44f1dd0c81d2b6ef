"""Credit bureaus delete bad credit information after five years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class BadCreditKept(Rule):
    """Asks whether a credit bureau still holds bad credit information five years after the bad act or event ended.

    Why: bureaus keep bad credit information five years from the end of the act or event, then delete it. The loan file
    of a lender is another matter, so only policies of credit bureaus apply this.
    Example: overdue until 2021-06-30: deleted by the end of 2026-06-30, a breach on 2026-07-01.
    Remedy: delete the rows from service and use, and anonymise samples that models were trained on.
    """

    id = "bad-credit-kept"
    title = "Bad credit information kept past five years"
    title_zh = "不良信息超过五年仍保存"
    remedy_zh = "从服务和应用中删除，样本数据作匿名化处理。"
    example_zh = "不良信息于2021-06-30终止：2026-06-30日终前删除合规，2026-07-01仍在则违规。"
    severity = Severity.HIGH
    law = ("RET-20", "RET-21")
    deletes = True
    enabled = False
    reads = (Reads(ROWS, ("credit_reports",), needs=("ended_on",), uses=("borrower",)),)

    keep: Period = param(PERIOD, Period(60), "how long bad information is kept after its end", "不良信息自终止之日起的保存期限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (reports,) = tables
        return place(reports.filter(over(self.keep.end(reports.ended_on), world.as_of)))
