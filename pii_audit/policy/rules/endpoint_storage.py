"""Highly sensitive items do not lie on endpoints or removable media."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class EndpointStorage(ClearValues):
    """Asks whether highly sensitive items lie on desktops, laptops or removable media.

    Why: these get lost, and no one sees who copies from them. As a rule such items are not stored there.
    Example: a call list with identity numbers in a folder of a collector's computer (``environment: endpoint``).
    Remedy: move the data to a server with access control, and wipe the copies.
    """

    id = "endpoint-storage"
    title = "Highly sensitive items on endpoints or removable media"
    title_zh = "终端或移动介质存储高敏感信息"
    remedy_zh = "将数据移至受控服务器，清除终端与移动介质上的副本。"
    example_zh = "催收员电脑文件夹（environment: endpoint）中存有含身份证号的名单。"
    severity = Severity.MEDIUM
    law = ("STO-05",)
    reads = (Reads(FINDINGS, needs=("environment",)),)

    def where(self, found: ir.Table) -> ir.BooleanValue:
        return found.environment.isin(("endpoint", "removable"))
