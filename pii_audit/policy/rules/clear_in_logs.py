"""Logs hold no personal data in clear."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class ClearInLogs(ClearValues):
    """Asks whether logs of programs or of data processing hold highly sensitive items that are not masked.

    Why: logs are copied, shipped and read far outside the system that wrote them.
    Example: ``login id_no=110101…`` in an application log; ``110101********123X`` would be well.
    Remedy: mask in the logging layer, rotate the logs that are there, and delete what was written in clear.
    """

    id = "clear-in-logs"
    title = "Unmasked personal data in logs"
    title_zh = "日志中存在未脱敏的个人信息"
    remedy_zh = "在日志框架中统一脱敏；轮转并清除已写入的明文日志。"
    example_zh = "应用日志中出现 login id_no=110101…；若为 110101********123X 则合规。"
    severity = Severity.HIGH
    law = ("LOG-01",)
    reads = (Reads(FINDINGS, ("application_log", "processing_log")),)
