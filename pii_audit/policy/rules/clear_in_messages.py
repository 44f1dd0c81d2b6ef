"""Messages and notes hold no personal data in clear."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class ClearInMessages(ClearValues):
    """Asks whether the words of messages and collection notes hold highly sensitive items that are not masked.

    Why: what was written is read by agents, agencies and whoever holds the phone. Showing a person his own data is
    allowed; where a message needs that, accept it as an exemption.
    Example: ``您尾号…的卡 622202…`` with the whole card number in a text message.
    Remedy: put masked values into templates; keep identifiers out of notes, the case number is enough.
    """

    id = "clear-in-messages"
    title = "Unmasked personal data in messages or collection notes"
    title_zh = "短信或催收记录文本中存在未脱敏的个人信息"
    remedy_zh = "消息模板使用脱敏值；催收备注不写证件号、卡号等，仅以案件编号关联。"
    example_zh = "短信“您尾号…的卡 622202…”中写出完整卡号。"
    severity = Severity.MEDIUM
    law = ("EXP-01",)
    reads = (Reads(FINDINGS, ("message_log", "collection_log")),)

    def where(self, found: ir.Table) -> ir.BooleanValue:
        # a column of one type is a field of the record, a structure is the record itself: neither was written
        return ~found.pattern.isin(("column", "structure"))
