"""Data go when consent is withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD, Choice, Many
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import LEGAL_BASES
from pii_audit.policy.interface import ROWS, Reads, Rule, World, lacking, param, place
from pii_audit.policy.rules._periods import PERSONAL, of_bases, over


@dataclass(frozen=True)
class ConsentWithdrawn(Rule):
    """Asks whether data of a person are still there who has withdrawn consent and has no other in force.

    Why: withdrawal takes effect: the handler stops and deletes on its own motion. What was done before stays lawful.
    Details name the legal basis of the dataset: one that rests on another basis than consent may go on.
    The grace is a policy value: no instrument gives a number of days.
    Example: withdrawn on 2026-02-14, and the row of the borrower master is there on 2026-06-30.
    Remedy: delete the rows, tell processors to do the same; where they rest on another basis, declare it.
    """

    id = "consent-withdrawn"
    title = "Data kept after consent was withdrawn"
    title_zh = "撤回同意后仍保存个人信息"
    remedy_zh = "删除相应数据并通知受托方一并删除；另有合法性基础的，在目录中声明。"
    example_zh = "2026-02-14撤回同意，2026-06-30客户主档中仍有该行。"
    severity = Severity.HIGH
    law = ("RET-04", "CON-03")
    reads = (
        Reads(ROWS, PERSONAL, needs=("borrower",)),
        Reads(ROWS, ("consents",), needs=("borrower", "withdrawn_on"), uses=("expires_on",)),
    )

    grace: Period = param(PERIOD, Period(), "time to delete after withdrawal (policy value)", "撤回后的删除宽限期（政策值）")
    bases: tuple[str, ...] = param(Many(Choice(LEGAL_BASES, "legal basis")), (), "legal bases of datasets to test; none: all", "检查哪些合法性基础的数据集；空表示全部")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows, consents = tables
        consents = consents.filter(consents.borrower.notnull())
        withdrawn = over(self.grace.end(consents.withdrawn_on), world.as_of).fill_null(False)
        # within the grace, it is no longer a consent, but not yet a breach
        lasting = consents.withdrawn_on.isnull() & ~over(consents.expires_on, world.as_of).fill_null(False)
        waiting = consents.withdrawn_on.notnull() & ~withdrawn
        ended = consents.group_by("borrower").aggregate(gone=withdrawn.any() & ~(lasting | waiting).any())
        rows = of_bases(world, rows, self.bases).semi_join(ended.filter(ended.gone), "borrower")
        return place(rows, aspect=rows.legal_basis)

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        rows, consents = of_bases(world, tables[0], self.bases), tables[1]
        nobodys = consents.filter(consents.borrower.isnull() & consents.withdrawn_on.notnull())
        return lacking(rows.filter(rows.borrower.isnull()), "borrower").union(lacking(nobodys, "borrower"))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return of_bases(world, tables[0], self.bases)
