"""A changed purpose needs a new consent."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, place


@dataclass(frozen=True)
class PurposeChanged(Rule):
    """Asks whether purpose, method or categories of data on consent changed, and consent was not obtained anew since.

    Consent of the same day counts.

    Why: consent covers the purpose, method and categories it was given for, and no others.
    Example: ``purpose_changed_on: 2026-03-01`` and ``consent_renewed_on: 2026-02-28``, or none.
    Remedy: return to the former purpose, or obtain consent anew and record the day.
    """

    id = "purpose-changed"
    title = "Purpose changed without new consent"
    title_zh = "变更处理目的未重新取得同意"
    remedy_zh = "恢复原处理目的；或重新取得同意并登记日期。"
    example_zh = "purpose_changed_on: 2026-03-01，而 consent_renewed_on 为2026-02-28或未填写。"
    severity = Severity.MEDIUM
    law = ("CON-02",)
    reads = (Reads(DATASETS, needs=("legal_basis",), only=lambda datasets: datasets.purpose_changed_on.notnull()),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (datasets,) = tables
        renewed = (datasets.consent_renewed_on >= datasets.purpose_changed_on).fill_null(False)
        return place(datasets.filter((datasets.legal_basis == "consent") & ~renewed))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
