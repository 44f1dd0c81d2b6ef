"""Authentication data are not kept in clear."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World
from pii_audit.policy.rules._clear import places


@dataclass(frozen=True)
class AuthenticationStored(Rule):
    """Asks whether authentication data (class C3 of JR/T 0171: passwords, security codes, biometrics) lie anywhere in clear.

    Why: who reads them can act as the person. A disk that is encrypted does not hide them from who reads the file.
    Example: a column ``cvv`` or ``password=…`` in a log.
    Remedy: delete security codes and track data; keep passwords as salted hashes, what must remain encrypted by field.
    """

    id = "authentication-stored"
    title = "Authentication data in clear"
    title_zh = "明文存储用户鉴别信息"
    remedy_zh = "删除卡片验证码与磁道数据；口令仅保存加盐散列；确需保留的按字段加密。"
    example_zh = "数据表含 cvv 列，或日志中出现 password=…。"
    severity = Severity.HIGH
    law = ("STO-01", "LOG-01", "LOG-02", "STO-06")
    reads = (Reads(FINDINGS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(found.filter(found.jrt_class == "C3"))
