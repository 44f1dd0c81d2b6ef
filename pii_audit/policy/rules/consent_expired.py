"""Nothing is kept past the period a person agreed to."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Choice, Many
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import LEGAL_BASES
from pii_audit.policy.interface import ROWS, Reads, Rule, World, lacking, param, place
from pii_audit.policy.rules._periods import PERSONAL, of_bases, over


@dataclass(frozen=True)
class ConsentExpired(Rule):
    """Asks whether data of a person are still there although the period of all consents in the register has passed.

    Why: personal information is not processed beyond the period the person agreed to. A consent given anew counts.
    Details name the legal basis of the dataset: one that rests on another basis than consent may have its own period.
    Example: valid until 2026-06-29, seen on 2026-06-30, and no other consent in force. The last day itself is inside.
    Remedy: delete the rows or obtain consent anew; where they rest on another basis, declare it and its period.
    """

    id = "consent-expired"
    title = "Data kept past the agreed period"
    title_zh = "同意期限届满后仍保存个人信息"
    remedy_zh = "删除相应数据或者重新取得同意；另有合法性基础的，在目录中声明该基础及保存期限。"
    example_zh = "同意有效期至2026-06-29，于2026-06-30检查，且无其他有效同意；到期当日仍在有效期内。"
    severity = Severity.MEDIUM
    law = ("RET-03",)
    reads = (
        Reads(ROWS, PERSONAL, needs=("borrower",)),
        Reads(ROWS, ("consents",), needs=("borrower", "expires_on")),
        Reads(ROWS, ("consents",), needs=("borrower",), uses=("expires_on", "withdrawn_on")),
    )

    bases: tuple[str, ...] = param(Many(Choice(LEGAL_BASES, "legal basis")), (), "legal bases of datasets to test; none: all", "检查哪些合法性基础的数据集；空表示全部")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        # of all consents: one whose last day cannot be read may be in force
        rows, _, consents = tables
        consents = consents.filter(consents.borrower.notnull())
        # withdrawals are the matter of another rule
        expired = over(consents.expires_on, world.as_of).fill_null(False) & consents.withdrawn_on.isnull()
        ended = consents.group_by("borrower").aggregate(every=expired.all())
        rows = of_bases(world, rows, self.bases).semi_join(ended.filter(ended.every), "borrower")
        return place(rows, aspect=rows.legal_basis)

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        rows, consents = of_bases(world, tables[0], self.bases), tables[1]
        nobodys = consents.filter(consents.borrower.isnull() & over(consents.expires_on, world.as_of).fill_null(False))
        return lacking(rows.filter(rows.borrower.isnull()), "borrower").union(lacking(nobodys, "borrower"))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return of_bases(world, tables[0], self.bases)
