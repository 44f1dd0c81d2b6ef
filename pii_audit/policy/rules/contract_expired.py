"""Sharing happens within the contract."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._sharing import LOG, parties


@dataclass(frozen=True)
class ContractExpired(Rule):
    """Asks whether data were shared before the contract with the recipient began or after it ended, by Beijing time.

    First and last day belong to the contract.

    Why: when the contract ends, the entrusted party returns or deletes the data; new data have no footing at all.
    Example: the contract ended on 31 December 2025, and data were sent on 1 January 2026.
    Remedy: have the data returned or destroyed with a record; tie the export job to the contract's last day.
    """

    id = "contract-expired"
    title = "Data shared outside the contract period"
    title_zh = "在合同期外提供个人信息"
    remedy_zh = "要求返还或销毁并留存记录；导出任务与合同期限挂钩。"
    example_zh = "合同于2025年12月31日到期，2026年1月1日仍提供数据。"
    severity = Severity.HIGH
    law = ("SHR-02", "SHR-03")
    reads = (
        Reads(ROWS, LOG, needs=("recipient", "shared_on")),
        Reads(RECIPIENTS, needs=("contract_until",)),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, _ = tables
        rows = log.inner_join(parties(world, "contract_from", "contract_until"), "recipient")
        early = (rows.shared_on < rows.contract_from).fill_null(False)
        late = (rows.shared_on > rows.contract_until).fill_null(False)
        return place(rows.filter(early | late), aspect=late.ifelse("after", "before"))
