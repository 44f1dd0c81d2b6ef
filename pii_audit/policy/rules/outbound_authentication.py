"""Authentication data are for nobody else."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param
from pii_audit.policy.rules._clear import places


@dataclass(frozen=True)
class OutboundAuthentication(Rule):
    """Asks whether files that go out hold authentication data: passwords, security codes, biometrics, one-time codes.

    Why: the standard forbids to share, transfer or entrust class C3 and what helps to authenticate; the central bank's
    rules let others verify authentication items, not have them.
    Example: a column ``cvv`` in a file for a payment partner.
    Remedy: delete the column at the source and at the recipient; offer verification instead.
    """

    id = "outbound-authentication"
    title = "Authentication data go out"
    title_zh = "对外提供用户鉴别信息"
    remedy_zh = "从来源与接收方删除鉴别信息，改以核验方式提供。"
    example_zh = "提供给支付合作方的文件含 cvv 列。"
    severity = Severity.HIGH
    law = ("SHR-07", "SHR-09")
    reads = (Reads(FINDINGS, ("outbound",)),)

    auxiliary: tuple[str, ...] = param(ENTITY_TYPES, ("ONE_TIME_CODE",), "types that help to authenticate, beside class C3", "C3以外的鉴别辅助信息")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(found.filter((found.jrt_class == "C3").fill_null(False) | found.entity_type.isin(self.auxiliary)))
