"""Known onward recipients are agreed to."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, place


@dataclass(frozen=True)
class OnwardUnapproved(Rule):
    """Asks whether a recipient passes data on, as the catalogue says, and the lender's consent to that is not recorded.

    Why: an entrusted party entrusts nobody else without consent; the contract limits onward provision.
    Example: ``onward: [AG05]`` without ``onward_consent: true``.
    Remedy: agree in writing and record it, or forbid the onward recipient and have the data destroyed there.
    """

    id = "onward-unapproved"
    title = "Onward recipients without consent"
    title_zh = "转委托方未经同意"
    remedy_zh = "书面同意并登记；不同意的，终止转委托并要求销毁数据。"
    example_zh = "onward: [AG05]，但没有 onward_consent: true。"
    severity = Severity.MEDIUM
    law = ("SHR-03", "SHR-08")
    reads = (Reads(RECIPIENTS, needs=("onward",), only=lambda recipients: recipients.type != "regulator"),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        unapproved = (recipients.onward > 0) & ~recipients.onward_consent.fill_null(False)
        return place(recipients.filter(unapproved), n=recipients.onward)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
