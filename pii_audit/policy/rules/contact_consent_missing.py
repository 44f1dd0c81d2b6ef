"""Contacts were told and agreed."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place


@dataclass(frozen=True)
class ContactConsentMissing(Rule):
    """Asks whether phones of contacts are kept although the contact was not told, or did not agree.

    Why: contacts need a notice and a basis of their own; the borrower cannot agree for them.
    Example: a contact's number with ``contact_consent`` no or empty; a row without a number is well.
    Remedy: tell the contact and record the answer, or delete the number.
    """

    id = "contact-consent-missing"
    title = "Contacts who were not told or did not agree"
    title_zh = "联系人未被告知或未同意"
    remedy_zh = "告知联系人并记录其意见；否则删除其号码。"
    example_zh = "有联系人号码而 contact_consent 为“否”或空；没有号码的行不违规。"
    severity = Severity.MEDIUM
    law = ("MIN-04",)
    reads = (Reads(ROWS, ("contacts", "borrower_master"), needs=("contact_number", "contact_consent"), uses=("borrower",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = self.tested(world, *tables)
        return place(rows.filter(~rows.contact_consent.fill_null(False)))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].filter(tables[0].contact_number.notnull())
