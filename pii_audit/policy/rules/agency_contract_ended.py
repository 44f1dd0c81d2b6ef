"""Agencies act within their contract."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._collection import LOG


@dataclass(frozen=True)
class AgencyContractEnded(Rule):
    """Asks whether an agency acted on a day, by Beijing time, that none of its contracts on the register covers.

    First and last day belong to a contract; one without a last day has not ended. Agencies that are not on the
    register are another rule's (agency-unlisted).

    Why: without a contract in force the agency handles personal information with no legal basis.
    Example: the contract ended on 31 December 2025, and the agency called on 10 March 2026.
    Remedy: withdraw the cases, have the data returned or destroyed, and tie access to the contract's last day.
    """

    id = "agency-contract-ended"
    title = "Collection outside the agency's contract"
    title_zh = "受托机构在合同期外催收"
    remedy_zh = "收回案件，要求返还或销毁数据，系统权限与合同期限挂钩。"
    example_zh = "合同于2025年12月31日到期，机构于2026年3月10日仍拨打催收电话。"
    severity = Severity.HIGH
    law = ("COL-OUT-05", "SHR-02")
    reads = (
        Reads(ROWS, LOG, needs=("event_time", "agency"), uses=("borrower", "channel")),
        Reads(ROWS, ("agencies",), needs=("agency", "contract_until"), uses=("contract_from",)),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, register = tables
        log = log.mutate(day=log.event_time.date())
        covered = [
            log.agency == register.agency,
            register.contract_from.isnull() | (register.contract_from <= log.day),
            register.contract_until.isnull() | (register.contract_until >= log.day),
        ]
        return place(log.anti_join(register, covered).semi_join(register.view(), "agency"))
