"""Every recipient has a contract."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, on_day, place


@dataclass(frozen=True)
class ContractMissing(Rule):
    """Asks whether the catalogue names no contract of a recipient.

    Regulators need none, joint handlers have an agreement (joint-agreement), and where the catalogue says that a
    contract has ended, other rules look at what still goes there.

    Why: entrusting rests on a contract, and providing on one that states storage period and onward provision.
    Example: a vendor among the recipients without ``contract``.
    Remedy: conclude the contract before anything is sent, and record its number; or stop sending.
    """

    id = "contract-missing"
    title = "Recipients without a contract"
    title_zh = "接收方未登记合同"
    remedy_zh = "提供前签订合同并登记编号；未签订的停止提供。"
    example_zh = "接收方中的供应商未填写 contract。"
    severity = Severity.MEDIUM
    law = ("SHR-02", "SHR-08")
    reads = (Reads(RECIPIENTS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        bound = self.tested(world, *tables)
        return place(bound.filter(bound.contract.isnull()), aspect=bound.type)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        ended = (recipients.contract_until < on_day(world.as_of)).fill_null(False)
        return recipients.filter((recipients.type != "regulator") & (recipients.relation.fill_null("") != "joint") & ~ended)
