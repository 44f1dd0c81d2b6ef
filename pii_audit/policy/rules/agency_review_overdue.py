"""Agencies are evaluated every year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, on_day, param, place
from pii_audit.policy.rules._collection import LogRule

#: day from which GB/T 45251 applies; contracts that ended before it are not asked about
_SINCE = dt.date(2025, 2, 28)


@dataclass(frozen=True)
class AgencyReviewOverdue(LogRule):
    """Asks whether an agency on the register was evaluated within the last year, or within the last of its contract.

    Judged as of the audit, or as of the last day of the contract where that is earlier. An agency that was never
    evaluated has a year from the beginning of its contract, or until that ends. Agencies that are off the list and
    name no contract are left out.

    Why: the national guide asks for an evaluation at least once a year and before the contract expires.
    Example: evaluated on 2 June 2025: as of 2 June 2026 that is well, as of 3 June 2026 it is overdue.
    Remedy: evaluate the agency, and suspend it until that is done.
    """

    id = "agency-review-overdue"
    title = "Evaluation of an agency overdue"
    title_zh = "催收机构评估逾期"
    remedy_zh = "立即开展评估，完成前暂停派案。"
    example_zh = "2025年6月2日评估：截至2026年6月2日合规，2026年6月3日起逾期。"
    severity = Severity.MEDIUM
    law = ("COL-OUT-02",)
    reads = (
        Reads(ROWS, ("agencies",), needs=("agency",), uses=("contract_from", "contract_until", "on_list")),
        Reads(ROWS, ("agency_reviews",), needs=("agency", "reviewed_on")),
    )

    every: Period = param(PERIOD, Period(12), "longest time between evaluations", "评估间隔上限")

    def judged(self, log: ir.Table) -> ir.Table:
        bound = log.contract_until.isnull() | (log.contract_until >= on_day(_SINCE))
        return log.filter(log.agency.notnull() & bound & (log.on_list.fill_null(True) | log.contract_until.notnull()))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        register, reviews = self.judged(tables[0]), tables[1]
        today = on_day(world.as_of)
        # least ignores or keeps nulls, depending on the engine
        ended = (register.contract_until < today).fill_null(False)
        register = register.mutate(day=ended.ifelse(register.contract_until, today), ended=ended)
        reviews = reviews.filter(reviews.agency.notnull()).select("agency", "reviewed_on").distinct()
        # who was evaluated before works for longer than this contract
        known = register.agency.isin(reviews.filter(reviews.reviewed_on <= today).agency)
        young = ~register.ended & ~known & (self.every.end(register.contract_from) >= register.day).fill_null(False)
        due = register.filter(~young)
        timely = [
            due.agency == reviews.agency,
            reviews.reviewed_on <= due.day,
            self.every.end(reviews.reviewed_on) >= due.day,
        ]
        found = due.anti_join(reviews, timely)
        return place(found, aspect=found.agency.isin(reviews.agency).ifelse("overdue", "never"))
