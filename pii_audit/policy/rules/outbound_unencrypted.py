"""Files for others are encrypted."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class OutboundUnencrypted(ClearValues):
    """Asks whether files that go to a recipient hold highly sensitive items and are not encrypted.

    Why: what is sent to another handler or data centre is encrypted; a plain file stays plain wherever it is copied.
    Example: a list of cases with identity numbers for an agency, ``encryption: none``.
    Remedy: encrypt the file for its recipient, and hand over the key on another way.
    """

    id = "outbound-unencrypted"
    title = "Highly sensitive items go out without encryption"
    title_zh = "对外提供的高敏感信息未加密"
    remedy_zh = "以接收方密钥加密文件，密钥经其他途径交付。"
    example_zh = "提供给机构的案件清单含身份证号，encryption: none。"
    severity = Severity.MEDIUM
    law = ("STO-02", "STO-01")
    reads = (Reads(FINDINGS, ("outbound",), needs=("encryption",)),)

    def where(self, found: ir.Table) -> ir.BooleanValue:
        return found.encryption == "none"
