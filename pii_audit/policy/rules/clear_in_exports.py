"""Exports and reports inside the house are masked."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class ClearInExports(ClearValues):
    """Asks whether exports and reports show highly sensitive items that are not masked.

    Why: an export is made to be looked at, and has left the access control of the system it comes from.
    Example: a monthly report with whole identity numbers; with ``110101********123X`` it would be well.
    Remedy: mask on export; give whole values only to those whose task needs them, inside the system.
    """

    id = "clear-in-exports"
    title = "Unmasked personal data in exports"
    title_zh = "导出文件中存在未脱敏的个人信息"
    remedy_zh = "导出时统一脱敏；确需完整值的，在系统内按权限查看。"
    example_zh = "月度报表含完整身份证号；若为 110101********123X 则合规。"
    severity = Severity.MEDIUM
    law = ("EXP-01",)
    reads = (Reads(FINDINGS, ("export",)),)
