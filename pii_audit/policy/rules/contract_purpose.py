"""Data are shared for the purposes of the contract."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._sharing import LOG, parties


@dataclass(frozen=True)
class ContractPurpose(Rule):
    """Asks whether the register names a purpose that the contract with the recipient does not cover.

    Purposes are compared as they are written; case, spaces and hyphens do not matter.

    Why: the recipient stays within the purpose that contract and notice name.
    Example: ``purposes: [collection]`` in the catalogue, and «marketing» in the register.
    Remedy: stop that use, or change the contract, tell the persons and obtain consent anew.
    """

    id = "contract-purpose"
    title = "Data shared for a purpose outside the contract"
    title_zh = "提供目的超出合同约定"
    remedy_zh = "停止超目的提供；确需变更的，修订合同、告知个人并重新取得同意。"
    example_zh = "目录中 purposes: [collection]，登记册中目的却为“marketing”。"
    severity = Severity.MEDIUM
    law = ("SHR-02", "SHR-04")
    reads = (
        Reads(ROWS, LOG, needs=("recipient", "purpose")),
        Reads(RECIPIENTS, needs=("purposes",)),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, recipients = tables
        rows = log.filter(log.purpose.notnull()).inner_join(parties(world).semi_join(recipients, [("party", "recipient")]), "recipient")
        agreed = world.relation("purposes")
        return place(rows.anti_join(agreed, [("party", "recipient"), "purpose"]))
