"""Files with personal data are not open to everybody."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FILES, Reads, Rule, World, place


@dataclass(frozen=True)
class WorldReadable(Rule):
    """Asks whether files that hold personal data in clear may be read by every account of the host.

    Why: control of permissions is a required measure, and one account of a service is enough to read everything.
    Example: ``-rw-r--r--`` on a loan book; ``-rw-r-----`` would be well.
    Remedy: take the permission away (``chmod o-r``), and set the umask of what writes the files.
    """

    id = "world-readable"
    title = "Files with personal data that everybody on the host may read"
    title_zh = "含个人信息的文件对主机所有用户可读"
    remedy_zh = "取消其他用户的读取权限（chmod o-r），并修正写入程序的 umask。"
    example_zh = "贷款台账权限为 -rw-r--r--；若为 -rw-r----- 则合规。"
    severity = Severity.MEDIUM
    law = ("STO-03",)
    reads = (Reads(FILES, needs=("others_read",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        files = self.tested(world, *tables)
        return place(files.filter(files.others_read))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0].filter(tables[0].exposed > 0)
