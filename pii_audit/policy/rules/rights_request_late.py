"""Requests of data subjects are answered."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._deadlines import overdue


@dataclass(frozen=True)
class RightsRequestLate(Rule):
    """Asks whether a request of a data subject (to see, correct, delete, …) was answered late or not at all.

    Why: requests are accepted and acted on by a convenient mechanism. The law read gives no number of days: 30 days are
    a policy value.
    Example: received on 3 April and answered on 3 May is in time, answered on 4 May is late.
    Remedy: answer now; give every request a day by which it is due.
    """

    id = "rights-request-late"
    title = "Requests of data subjects answered late or not at all"
    title_zh = "个人信息权利请求逾期未答复"
    remedy_zh = "立即答复；为每项请求设定办理期限。"
    example_zh = "4月3日收到：5月3日答复按期，5月4日答复逾期。"
    severity = Severity.MEDIUM
    law = ("COL-CMP-04",)
    reads = (Reads(ROWS, ("rights_requests",), needs=("received_on", "answered_on"), uses=("borrower",)),)
    policy_only = True

    within: Period = param(PERIOD, Period(days=30), "time to answer (policy value)", "答复期限（内部规定）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (rows,) = tables
        return place(rows.filter(overdue(rows.answered_on, self.within.end(rows.received_on), world)))
