"""Consent is an act of the person."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place


@dataclass(frozen=True)
class DefaultTickedConsent(Rule):
    """Asks whether the register holds consents that were ticked by default.

    Why: online authorisation is not obtained by a box that is ticked already.
    Example: a row with «default_ticked» 1.
    Remedy: clear the box in the form, and obtain the consents anew.
    """

    id = "default-ticked-consent"
    title = "Consents that were ticked by default"
    title_zh = "以默认勾选方式取得同意"
    remedy_zh = "取消默认勾选，并重新取得同意。"
    example_zh = "某行 default_ticked 为1。"
    severity = Severity.MEDIUM
    law = ("CON-08",)
    reads = (Reads(ROWS, ("consents",), needs=("default_ticked",), uses=("borrower",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (consents,) = tables
        return place(consents.filter(consents.default_ticked))
