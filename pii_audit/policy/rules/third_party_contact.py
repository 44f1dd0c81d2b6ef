"""No contact with others while the debtor can be reached."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule, calls, in_order, outward, to_third_person


@dataclass(frozen=True)
class ThirdPartyContact(LogRule):
    """Asks whether somebody who does not owe the debt was contacted although the debtor was not out of reach.

    Out of reach means that the row notes the reason (invalid number, death, incapacity), or that the last calls to
    the debtor, as many as ``failed`` says, were in vain, and he neither answered nor called or wrote himself since.
    Guarantors and joint debtors owe too.

    Why: collection is for those who owe; contacts may be asked for the debtor's whereabouts only once he is lost.
    Example: a call to an emergency contact with no reason noted and no vain call to the debtor before it.
    Remedy: let the system release contacts only when the loss of contact is recorded, and record its reason.
    """

    id = "third-party-contact"
    title = "Third person contacted without loss of contact"
    title_zh = "债务人未失联即联系第三人"
    remedy_zh = "仅在系统登记失联依据后方可调用联系人信息，并留存依据。"
    example_zh = "未登记失联依据、此前也没有呼叫债务人未果，即致电紧急联系人。"
    severity = Severity.HIGH
    law = ("COL-THIRD-01", "COL-THIRD-02", "COL-THIRD-03")
    reads = (
        Reads(
            ROWS, LOG, needs=("event_time", "borrower", "target_role", "loss_of_contact", "answered"), uses=("channel", "direction")
        ),
    )  # fmt: skip

    failed: int = param(WHOLE, 3, "vain calls in a row that count as loss of contact; 0: only a noted reason counts", "连续联系未果多少次视为失联；0表示仅认登记的依据")

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(to_third_person(log))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        others = log.filter(to_third_person(log) & ~log.loss_of_contact.fill_null(False))
        if not self.failed:
            return place(others, aspect=others.target_role)
        # the log of a debtor is followed only where somebody else was asked for him
        asked_for = others.select(debtor=others.borrower.fill_null(0)).distinct()
        log = log.semi_join(asked_for, log.borrower.fill_null(0) == asked_for.debtor)
        debtor = log.target_role.fill_null("debtor") == "debtor"
        # whatever reaches the debtor or comes from him begins a new spell, in which vain calls are counted
        spell = (debtor & (log.answered.fill_null(False) | ~outward(log))).cast("int64").sum()
        vain = (debtor & calls(log) & ~log.answered.fill_null(True)).cast("int64")
        log = log.mutate(vain=vain, spell=spell.over(in_order(log, log.borrower, rows=(None, 0))))
        log = log.mutate(failures=log.vain.sum().over(in_order(log, log.borrower, log.spell, rows=(None, 0))))
        lost = log.loss_of_contact.fill_null(False) | (log.borrower.notnull() & (log.failures >= self.failed))
        found = log.filter(to_third_person(log) & ~lost)
        return place(found, aspect=found.target_role)
