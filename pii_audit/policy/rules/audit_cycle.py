"""Large handlers are audited every two years."""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD, WHOLE
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, on_day, param, place
from pii_audit.policy.rules._periods import over


@dataclass(frozen=True)
class AuditCycle(Rule):
    """Asks whether a handler of more than 10,000,000 persons was audited within two years.

    Why: such a handler audits its processing of personal information at least once every two years. An audit still to
    come is none.
    Example: 10,000,001 persons and the last audit on 2024-06-29, seen on 2026-06-30. The anniversary itself is in time.
    Remedy: have the audit made, and enter its date as ``last_audit``.
    """

    id = "audit-cycle"
    title = "No compliance audit within two years"
    title_zh = "合规审计间隔超过两年"
    remedy_zh = "开展个人信息保护合规审计并登记日期。"
    example_zh = "处理1000万零1人的信息，上次审计为2024-06-29，于2026-06-30检查；周年当日不算逾期。"
    severity = Severity.MEDIUM
    law = ("AUD-01", "AUD-02")
    reads = (Reads(ORGANISATION, needs=("persons", "last_audit")),)

    above: int = param(WHOLE, 10_000_000, "persons above which it holds", "适用的人数下限（不含）")
    interval: Period = param(PERIOD, Period(24), "longest time between audits", "审计的最长间隔")

    def __post_init__(self) -> None:
        (reads,) = type(self).reads
        # below the threshold nothing needs to be known
        object.__setattr__(self, "reads", (replace(reads, only=self._concerns),))

    def _concerns(self, organisation: ir.Table) -> ir.BooleanValue:
        return organisation.persons.isnull() | (organisation.persons > self.above)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        last = organisation.last_audit
        return place(organisation.filter(over(self.interval.end(last), world.as_of) | (last > on_day(world.as_of))))
