"""Consumer finance companies leave unrelated persons alone."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, place
from pii_audit.policy.rules._collection import LOG, LogRule, outward


@dataclass(frozen=True)
class ThirdPartyConsumerFinance(LogRule):
    """Asks whether a consumer finance company, or an agency for it, contacted a person unrelated to the debt.

    It holds for organisations of the kind consumer_finance; for others nothing breaks it.

    Why: the measures for consumer finance companies forbid collection from third persons unrelated to the debt, and
    know no exception for debtors who are lost.
    Example: a collection call to a neighbour, even with a loss of contact on record.
    Remedy: take numbers of unrelated persons out of dialling lists.
    """

    id = "third-party-consumer-finance"
    title = "Consumer finance: unrelated third person contacted"
    title_zh = "消费金融公司向与债务无关的第三人催收"
    remedy_zh = "将与债务无关人员的号码移出外呼名单。"
    example_zh = "向邻居拨打催收电话，即使已登记失联也违规。"
    severity = Severity.HIGH
    law = ("COL-THIRD-06",)
    reads = (Reads(ROWS, LOG, needs=("target_role",), uses=("direction", "channel", "borrower")),)

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(outward(log) & log.target_role.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        bound = ibis.literal(world.organisation.get("kind") == "consumer_finance")
        return place(log.filter(bound & (log.target_role == "third")), aspect=log.channel.fill_null("unknown"))
