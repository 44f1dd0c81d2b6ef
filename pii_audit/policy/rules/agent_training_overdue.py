"""Trained within a year."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._collection import LOG


@dataclass(frozen=True)
class AgentTrainingOverdue(Rule):
    """Asks whether somebody worked a case more than a year after the last training or exam before it.

    A register may hold one row per training. Work before every date on the register says nothing of training and is
    left out (see agent-before-exam).

    Why: collectors are trained and examined at least once a year.
    Example: trained on 9 March 2025: a call on 9 March 2026 is well, one on 10 March 2026 breaks the rule.
    Remedy: train the agent, and stop giving cases when the year is over.
    """

    id = "agent-training-overdue"
    title = "Collection with training out of date"
    title_zh = "培训过期仍从事催收"
    remedy_zh = "补训并考核；培训到期自动停止派案。"
    example_zh = "2025年3月9日培训：2026年3月9日催收合规，2026年3月10日违规。"
    severity = Severity.MEDIUM
    law = ("COL-STAFF-02",)
    reads = (
        Reads(ROWS, LOG, needs=("event_time", "agent"), uses=("borrower",)),
        Reads(ROWS, ("staff",), needs=("agent", "trained_on"), uses=("exam_on",)),
    )

    every: Period = param(PERIOD, Period(12), "longest time between trainings", "培训间隔上限")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, staff = tables
        dates = staff.select("agent", date="trained_on").union(staff.select("agent", date="exam_on"))
        dates = dates.filter(dates.date.notnull()).distinct()
        following = dates.date.lead().over(ibis.window(group_by=dates.agent, order_by=dates.date))
        dates = dates.select("agent", "date", following=following)
        log = log.mutate(day=log.event_time.date())
        found = log.inner_join(
            dates, [log.agent == dates.agent, log.day >= dates.date, dates.following.isnull() | (log.day < dates.following)]
        )
        return place(found.filter(found.day > self.every.end(found.date)))
