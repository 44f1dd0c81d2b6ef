"""Recipients pass nothing on without the lender's consent."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.roles import PASSED_ON
from pii_audit.policy.rules._sharing import LOG, parties


@dataclass(frozen=True)
class OnwardSharing(Rule):
    """Asks whether the register shows that a recipient passed data on to a party the lender did not agree to.

    It shows so in a column of its own, or by a chain in the column of recipients («AG01→AG05»). The lender agreed where
    the catalogue lists that party under ``onward``, by id or name, and says ``onward_consent: true``.

    Why: an entrusted party entrusts nobody else without consent; the contract limits onward provision.
    Example: «AG01→AG05» in the register, and no ``onward`` of AG01.
    Remedy: stop the chain, have the data destroyed at its end, or agree to that party in writing and record it.
    """

    id = "onward-sharing"
    title = "Recipients passed data on without consent"
    title_zh = "受托方未经同意转委托或再提供"
    remedy_zh = "停止转委托并要求末端销毁数据；或书面同意并登记转委托方。"
    example_zh = "登记册中为“AG01→AG05”，而 AG01 未填写 onward。"
    severity = Severity.HIGH
    law = ("SHR-03", "SHR-08")
    reads = (Reads(ROWS, LOG, needs=("recipient",), uses=("onward",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        third = ibis.coalesce(log.onward, log[PASSED_ON])
        agreed = parties(world, "onward_consent").filter(lambda known: known.onward_consent)
        agreed = agreed.inner_join(_onward(world), "party")
        rows = log.mutate(third=third).filter(third.notnull())
        return place(rows.anti_join(agreed, ["recipient", "third"]))


def _onward(world: World) -> ir.Table:
    """Return ``party`` and the keys of those to whom it passes data on: as they are listed, and their other names."""
    listed = world.relation("onward").rename(party="recipient", third="key")
    keys = world.relation("recipient_keys")
    known = listed.inner_join(keys, [("third", "key")]).select("party", also="recipient")
    return listed.union(known.inner_join(keys, [("also", "recipient")]).select("party", third="key"))
