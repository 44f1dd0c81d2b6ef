"""When a contract ends, the data come back."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import over
from pii_audit.policy.rules._sharing import entrusted, returned


@dataclass(frozen=True)
class DataNotReturned(Rule):
    """Asks whether an entrusted party's contract has ended, and no return or destruction of the data is recorded.

    The law names no days for it; the days of grace are a policy value.

    Why: an entrusted party returns or deletes the data when the contract ends; an agency's destruction is recorded.
    Example: the contract ended on 31 May 2026; with 30 days of grace, 30 June is the last day and 1 July too late.
    Remedy: demand a written record of return or destruction, check it, and set ``destroyed_on``.
    """

    id = "data-not-returned"
    title = "No record that an ended contract's data were returned"
    title_zh = "合同终止后无返还或销毁记录"
    remedy_zh = "要求受托方出具返还或销毁记录并核实，登记销毁日期。"
    example_zh = "合同于2026年5月31日到期，宽限30天：6月30日为最后一日，7月1日即逾期。"
    severity = Severity.MEDIUM
    law = ("SHR-03", "RET-19")
    reads = (
        Reads(RECIPIENTS, needs=("contract_until",), only=entrusted),
    )

    grace: Period = param(PERIOD, Period(days=30), "days of grace after the contract's last day", "合同到期后的宽限期")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        ended = over(self.grace.end(recipients.contract_until), world.as_of)
        return place(recipients.filter(ended & ~returned(recipients, world)), aspect=recipients.type)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
