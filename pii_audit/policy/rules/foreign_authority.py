"""Foreign authorities get nothing without approval."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, place

_NOT_FOREIGN = ("CN", "HK", "MO", "TW")


@dataclass(frozen=True)
class ForeignAuthority(Rule):
    """Asks whether a foreign authority is among the recipients.

    The law speaks of foreign bodies: those of Hong Kong, Macau and Taiwan are none, though exports go there as well.
    The catalogue has no place for an approval: an exemption that cites its number accepts what was approved.

    Why: foreign judicial and law-enforcement bodies get no data stored in China without approval.
    Example: ``type: regulator`` with ``country: US``.
    Remedy: refuse, or obtain the approval first and record it as an exemption with its number.
    """

    id = "foreign-authority"
    title = "A foreign authority among the recipients"
    title_zh = "接收方含外国机关"
    remedy_zh = "未经主管机关批准不得提供；经批准的，以豁免登记批准文号。"
    example_zh = "type: regulator 且 country: US。"
    severity = Severity.HIGH
    law = ("XBR-06",)
    reads = (Reads(RECIPIENTS, needs=("country",), only=lambda recipients: recipients.type == "regulator"),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        return place(recipients.filter(recipients.country.notin(_NOT_FOREIGN)), aspect=recipients.country)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
