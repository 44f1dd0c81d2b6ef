"""Credit scores come from licensed bureaus."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, place


@dataclass(frozen=True)
class UnlicensedScore(Rule):
    """Asks whether a bureau or scoring service among the recipients has no licence for credit-information services.

    Why: no unlicensed body provides credit-information services, and a credit score counts as one.
    Example: ``type: bureau`` with ``licensed: false``.
    Remedy: end the cooperation, or go through a licensed bureau.
    """

    id = "unlicensed-score"
    title = "Credit-information service without a licence"
    title_zh = "与无征信业务资质的机构合作"
    remedy_zh = "终止合作，或通过持牌征信机构开展。"
    example_zh = "type: bureau 且 licensed: false。"
    severity = Severity.HIGH
    law = ("SHR-13",)
    reads = (Reads(RECIPIENTS, needs=("licensed",), only=lambda recipients: recipients.type == "bureau"),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        return place(recipients.filter(~recipients.licensed), aspect=recipients.type)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
