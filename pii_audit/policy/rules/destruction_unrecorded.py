"""Agencies destroy data when the cooperation ends, and record it."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class DestructionUnrecorded(Rule):
    """Asks whether the catalogue says of agencies whose contract is over when they destroyed the data.

    Why: a collection agency destroys borrowers' data when the cooperation ends, and the destruction is recorded.
    The grace is a policy value: no instrument gives a number of days.
    Example: contract until 2026-05-31 with 30 days of grace, no date of destruction: reported from 2026-07-01.
    Remedy: obtain the record of destruction and enter its date as ``destroyed_on`` of the recipient.
    """

    id = "destruction-unrecorded"
    title = "No record that an agency destroyed the data"
    title_zh = "合作终止后无销毁记录"
    remedy_zh = "取得销毁证明，并在接收方登记销毁日期。"
    severity = Severity.MEDIUM
    law = ("RET-19",)
    reads = (Reads(RECIPIENTS, needs=("contract_until",)),)

    grace: Period = param(PERIOD, Period(days=30), "time to destroy after the contract (policy value)", "合同终止后的销毁宽限期（政策值）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        agencies = self.tested(world, *tables)
        ended = over(self.grace.end(agencies.contract_until), world.as_of)
        return place(agencies.filter(ended & agencies.destroyed_on.isnull()))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        return recipients.filter(recipients.type == "agency")
