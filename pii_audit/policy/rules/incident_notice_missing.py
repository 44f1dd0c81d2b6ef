"""Persons are told of a leak."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place


@dataclass(frozen=True)
class IncidentNoticeMissing(Rule):
    """Asks whether an incident is in the register without a day on which the persons were told.

    Why: persons are told of types, cause, harm, remedies and a contact, unless measures effectively avoided harm.
    Example: an incident with an empty ``notified_on``; with ``harm_avoided`` yes it would be well.
    Remedy: tell the persons, or record why harm was avoided.
    """

    id = "incident-notice-missing"
    title = "Incidents of which persons were not told"
    title_zh = "安全事件未告知个人"
    remedy_zh = "告知受影响的个人；或登记已有效避免危害的依据。"
    example_zh = "事件的 notified_on 为空；若 harm_avoided 为“是”则合规。"
    severity = Severity.MEDIUM
    law = ("INC-01", "INC-02")
    reads = (Reads(ROWS, ("incidents",), needs=("notified_on",), uses=("harm_avoided",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        return place(rows.filter(rows.notified_on.isnull() & ~rows.harm_avoided.fill_null(False)))
