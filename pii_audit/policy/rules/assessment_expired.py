"""Assessments of export hold for three years."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, Reads, Rule, World, on_day, param, place


@dataclass(frozen=True)
class AssessmentExpired(Rule):
    """Asks whether the security assessment of an export passed more than three years ago.

    The day three years later is the last one. That an extension is due 60 working days before, this rule does not ask.

    Why: the result of an assessment is valid for three years.
    Example: passed on 2023-06-29 and judged as of 2026-06-30.
    Remedy: stop the export until it is assessed again; apply for the extension 60 working days before the last day.
    """

    id = "assessment-expired"
    title = "Security assessment of an export has expired"
    title_zh = "数据出境安全评估结果已过有效期"
    remedy_zh = "重新申报评估前暂停出境；应在有效期届满六十个工作日前申请延长。"
    example_zh = "2023-06-29通过评估，于2026-06-30检查。"
    severity = Severity.HIGH
    law = ("XBR-05",)
    reads = (Reads(RECIPIENTS, needs=("route_on",), only=lambda recipients: (recipients.route == "assessment").fill_null(False)),)

    valid: Period = param(PERIOD, Period(36), "how long an assessment holds", "评估结果有效期")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (recipients,) = tables
        return place(recipients.filter(self.valid.end(recipients.route_on) < on_day(world.as_of)), aspect=recipients.country)

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
