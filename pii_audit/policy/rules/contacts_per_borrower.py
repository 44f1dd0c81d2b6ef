"""Few contacts per borrower."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place


@dataclass(frozen=True)
class ContactsPerBorrower(Rule):
    """Asks whether a borrower has more contacts than are needed: different phone numbers in one dataset.

    Why: contacts are other people, and the least number of them is kept. No instrument says how many: 2 is a policy value.
    Example: a third number for a borrower breaks the rule; one number in three spellings does not.
    Remedy: keep as many contacts as the policy says, and delete the rest.
    """

    id = "contacts-per-borrower"
    title = "More contacts per borrower than the policy allows"
    title_zh = "借款人联系人数量超出内部规定"
    remedy_zh = "按内部规定保留联系人，删除多余联系人。"
    example_zh = "内部规定为两个时，同一借款人的第三个联系号码违规；同一号码的三种写法只算一个。"
    severity = Severity.MEDIUM
    law = ("MIN-04",)
    reads = (Reads(ROWS, ("contacts", "borrower_master"), needs=("borrower", "contact_number")),)
    policy_only = True

    most: int = param(WHOLE, 2, "contacts that a borrower may have (policy value)", "每名借款人联系人上限（内部规定）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        rows = rows.filter(rows.borrower.notnull())
        numbers = rows.group_by("dataset", "borrower").aggregate(numbers=rows.contact_number.nunique())
        many = rows.semi_join(numbers.filter(numbers.numbers > self.most), ["dataset", "borrower"])
        # one entry per borrower, where the borrower first stands
        of_borrower = ibis.window(group_by=[many.dataset, many.borrower], order_by=[many.source, many.row])
        numbered = many.mutate(nth=ibis.row_number().over(of_borrower))
        return place(numbered.filter(numbered.nth == 0))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].filter(tables[0].borrower.notnull()).select("dataset", "borrower").distinct()
