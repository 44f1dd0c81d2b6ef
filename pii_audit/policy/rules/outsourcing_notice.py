"""The debtor hears of an agency before it calls."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import TEXTS
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule, by_others, in_order, outward


@dataclass(frozen=True)
class OutsourcingNotice(LogRule):
    """Asks whether the debtor was told of the outsourcing by the day of the first contact by an agency.

    The notice is the earliest ``notified_on`` among the rows of the borrower; the first contact is marked where it is
    later or there is none. A notice on the same day is taken to be in time, for a date has no hour.

    Why: the lender tells the borrower before it hands collection to others.
    Example: first call of an agency on 4 March, notice on 5 March.
    Remedy: send the notice before the case is handed over, and record its date with the case.
    """

    id = "outsourcing-notice"
    title = "Agency acted before the debtor was told"
    title_zh = "委外催收前未告知债务人"
    remedy_zh = "委外前发送告知并在案件中登记告知日期。"
    example_zh = "机构3月4日首次致电，3月5日才告知债务人。"
    severity = Severity.MEDIUM
    law = ("COL-OUT-01",)
    reads = (
        Reads(ROWS, LOG, needs=("event_time", "borrower", "agency", "notified_on"), uses=("direction", "channel")),
    )

    own: tuple[str, ...] = param(TEXTS, ("SELF",), "how the log names the audited organisation", "日志中本机构的编号")

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(log.borrower.notnull() & log.agency.notnull() & outward(log))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = tables[0].mutate(told=tables[0].notified_on.min().over(ibis.window(group_by=tables[0].borrower)))
        log = self.judged(log)
        log = log.filter(by_others(log, world, self.own))
        log = log.mutate(nth=ibis.row_number().over(in_order(log, log.borrower)))
        found = log.filter((log.nth == 0) & (log.told.isnull() | (log.event_time.date() < log.told)))
        return place(found, aspect=found.told.isnull().ifelse("no-notice", "late-notice"))
