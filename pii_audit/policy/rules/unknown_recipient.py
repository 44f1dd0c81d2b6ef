"""Who receives data is in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._sharing import LOG


@dataclass(frozen=True)
class UnknownRecipient(Rule):
    """Asks whether the register names a recipient that the catalogue does not know by id or name.

    Why: a recipient is verified before it gets data, and what is not known cannot be supervised.
    Example: data sent to «AG09», and no recipient of that id or name in the catalogue.
    Remedy: find out who received the data; enter the recipient with its contract, or have the data destroyed.
    """

    id = "unknown-recipient"
    title = "Data shared with an unknown recipient"
    title_zh = "向未登记的接收方提供个人信息"
    remedy_zh = "查明接收方；补录接收方及合同，或要求销毁数据。"
    example_zh = "向“AG09”提供数据，而目录中没有此编号或名称的接收方。"
    severity = Severity.MEDIUM
    law = ("SHR-08", "SHR-02")
    reads = (Reads(ROWS, LOG, needs=("recipient",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        keys = world.relation("recipient_keys").select(recipient="key")
        return place(log.filter(log.recipient.notnull()).anti_join(keys, "recipient"))
