"""Contracts state what they must."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import Choice, Many
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, param, place

_STATES = Many(Choice(("purpose", "period", "method", "types", "measures", "duties", "storage_period", "onward"), "particular"))


@dataclass(frozen=True)
class ContractParticulars(Rule):
    """Asks whether the contract with a recipient leaves out a particular that it must state.

    Why: a contract with an entrusted party states purpose, period, method, types, measures and duties; one with another
    handler the storage period and limits on onward provision.
    Example: ``relation: entrusted`` and ``contract_states: [purpose, period, types]``.
    Remedy: add what is missing by a supplement, and correct ``contract_states``.
    """

    id = "contract-particulars"
    title = "Contracts without required particulars"
    title_zh = "合同缺少法定约定事项"
    remedy_zh = "以补充协议补齐缺失事项，并更新登记。"
    example_zh = "relation: entrusted，而 contract_states 仅有 [purpose, period, types]。"
    severity = Severity.MEDIUM
    law = ("SHR-02", "SHR-08")
    reads = (
        Reads(
            RECIPIENTS, needs=("relation", "contract_states"),
            only=lambda recipients: (recipients.type != "regulator") & (recipients.relation.fill_null("") != "joint"),
        ),
    )  # fmt: skip

    entrusted: tuple[str, ...] = param(
        _STATES, ("purpose", "period", "method", "types", "measures", "duties"), "what a contract of entrusting states", "委托处理合同应载明事项"
    )
    provided: tuple[str, ...] = param(_STATES, ("storage_period", "onward"), "what a contract with another handler states", "对外提供合同应载明事项")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        lacking = (
            place(recipients.filter((recipients.relation == relation) & ~recipients.contract_states.contains(name)), aspect=name)
            for relation, names in (("entrusted", self.entrusted), ("handler", self.provided))
            for name in names
        )
        nothing = place(recipients.filter(ibis.literal(False)), aspect="-")
        return reduce(ir.Table.union, lacking, nothing)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
