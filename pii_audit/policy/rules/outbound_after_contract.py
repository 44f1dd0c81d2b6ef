"""No files for those whose contract has ended."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FILES, RECIPIENTS, Reads, Rule, World, place


@dataclass(frozen=True)
class OutboundAfterContract(Rule):
    """Asks whether files for a recipient are of a day, by their names, after its contract ended.

    Why: when the contract ends, the entrusted party returns or deletes the data, and nothing more is sent.
    Example: the contract ended on 31 December 2025, and ``outbox/AG03_20260318`` was made.
    Remedy: stop the export job, find out whether the file was sent, and have it destroyed with a record.
    """

    id = "outbound-after-contract"
    title = "Files made for a recipient after its contract"
    title_zh = "合同到期后仍生成对外提供文件"
    remedy_zh = "停止导出任务，查明是否已提供，要求销毁并留存记录。"
    example_zh = "合同于2025年12月31日到期，却生成了 outbox/AG03_20260318。"
    severity = Severity.HIGH
    law = ("SHR-02", "SHR-03")
    reads = (
        Reads(FILES, ("outbound",), needs=("recipient", "dated_from")),
        Reads(RECIPIENTS, needs=("contract_until",), only=lambda recipients: recipients.datasets > 0),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        files, recipients = tables
        joined = files.inner_join(recipients.select("recipient", "contract_until"), "recipient")
        return place(joined.filter(joined.dated_from > joined.contract_until))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].semi_join(tables[1], "recipient")
