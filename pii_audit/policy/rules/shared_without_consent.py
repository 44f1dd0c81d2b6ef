"""Another handler gets data with separate consent only."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Choice, Many
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._sharing import LOG, parties


@dataclass(frozen=True)
class SharedWithoutConsent(Rule):
    """Asks whether data were shared with another handler, and the register shows no separate consent.

    Entrusted parties act for the lender, and no separate consent is asked for them. A recipient whose relation the
    catalogue does not give counts as another handler: who relies on the exception has to show it.

    Why: providing personal information to another handler needs separate consent, after notice of who, what and why.
    Example: identity numbers sent to a scoring service with ``relation: handler``, «separate_consent» 0 or empty.
    Remedy: obtain separate consent before sending, or record the one that exists; stop what has none.
    """

    id = "shared-without-consent"
    title = "Data shared without separate consent"
    title_zh = "未取得单独同意向其他处理者提供个人信息"
    remedy_zh = "提供前取得单独同意并登记；未取得的停止提供。"
    example_zh = "向 relation: handler 的评分服务商提供身份证号，separate_consent 为0或空。"
    severity = Severity.HIGH
    law = ("CON-05", "SHR-14")
    reads = (Reads(ROWS, LOG, needs=("recipient", "separate_consent")),)

    relations: tuple[str, ...] = param(
        Many(Choice(("handler", "joint", "entrusted", "unknown"), "relation")), ("handler", "unknown"),
        "relations that need separate consent", "须取得单独同意的接收方关系",
    )  # fmt: skip

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        rows = log.left_join(parties(world, "relation"), "recipient")
        relation = rows.relation.fill_null("unknown")
        return place(rows.filter(relation.isin(self.relations) & ~rows.separate_consent.fill_null(False)), aspect=relation)
