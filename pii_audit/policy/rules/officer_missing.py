"""Large handlers have a protection officer."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, param, place


@dataclass(frozen=True)
class OfficerMissing(Rule):
    """Asks whether a handler of 1,000,000 persons or more names its personal information protection officer.

    Why: from that number on, an officer is appointed, who also answers for compliance audits.
    Example: 1,000,000 persons, and the catalogue names no officer. With 999,999 none is demanded.
    Remedy: appoint the officer and name him as ``officer`` of the organisation.
    """

    id = "officer-missing"
    title = "No personal information protection officer"
    title_zh = "未指定个人信息保护负责人"
    remedy_zh = "指定个人信息保护负责人，并在目录中登记。"
    example_zh = "处理100万人的信息而目录未指定负责人；999,999人则不要求。"
    severity = Severity.MEDIUM
    law = ("AUD-03",)
    reads = (Reads(ORGANISATION, needs=("persons",)),)

    persons: int = param(WHOLE, 1_000_000, "persons from which on it holds", "适用的人数下限（含）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        return place(organisation.filter((organisation.persons >= self.persons) & organisation.officer.isnull()))
