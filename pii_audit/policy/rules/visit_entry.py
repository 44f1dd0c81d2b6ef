"""Nobody enters unasked."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, place
from pii_audit.policy.rules._collection import LOG, LogRule


@dataclass(frozen=True)
class VisitEntry(LogRule):
    """Asks whether a home or office was entered on a visit without consent.

    A log writes no where collectors went in unasked; where nobody went in, the field stays empty.

    Why: entering without consent is forbidden, and entering homes to collect unlawful debts is a crime.
    Example: a visit with entry_consent no.
    Remedy: have the visit reviewed; collectors ask at the door and record the answer.
    """

    id = "visit-entry"
    title = "Entry without consent"
    title_zh = "未经同意进入住所或办公场所"
    remedy_zh = "复核该次外访；上门前征得同意并记录。"
    example_zh = "外访记录的 entry_consent 为“否”。"
    severity = Severity.HIGH
    law = ("COL-VISIT-02",)
    reads = (Reads(ROWS, LOG, needs=("channel", "entry_consent"), uses=("borrower",)),)

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter((log.channel == "visit") & log.entry_consent.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        return place(log.filter(~log.entry_consent))
