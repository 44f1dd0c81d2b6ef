"""Highly sensitive items are encrypted where they lie."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues, kinds_but


@dataclass(frozen=True)
class SensitiveUnencrypted(ClearValues):
    """Asks whether highly sensitive items lie in a dataset that the catalogue declares as not encrypted.

    Why: who gets hold of a disk, a backup or a file then has the data. Files on their way out have a rule of their own.
    Example: a loan book with identity numbers and ``encryption: none``.
    Remedy: encrypt the storage or the fields, and say so in the catalogue.
    """

    id = "sensitive-unencrypted"
    title = "Highly sensitive items stored without encryption"
    title_zh = "高敏感信息未加密存储"
    remedy_zh = "对存储介质或字段加密，并在台账中更新加密方式。"
    example_zh = "贷款台账含身份证号，encryption: none。"
    severity = Severity.MEDIUM
    law = ("STO-01", "STO-03")
    reads = (Reads(FINDINGS, kinds_but("outbound"), needs=("encryption",)),)

    def where(self, found: ir.Table) -> ir.BooleanValue:
        return found.encryption == "none"
