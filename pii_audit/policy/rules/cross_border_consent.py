"""Export needs separate consent."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import TEXTS
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import RECIPIENTS, ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._sharing import HOME, LOG, abroad


@dataclass(frozen=True)
class CrossBorderConsent(Rule):
    """Asks whether data went abroad, and the register shows no separate consent.

    Unlike at home, separate consent is asked for entrusted parties as well.

    Why: the person is told who abroad receives the data and what for, and consents separately.
    Example: data sent to a provider in Singapore, «separate_consent» 0 or empty.
    Remedy: give notice and obtain separate consent before the export; stop what has none.
    """

    id = "cross-border-consent"
    title = "Export without separate consent"
    title_zh = "数据出境未取得单独同意"
    remedy_zh = "出境前告知并取得单独同意；未取得的停止出境。"
    example_zh = "向新加坡的服务商提供数据，separate_consent 为0或空。"
    severity = Severity.HIGH
    law = ("CON-07",)
    reads = (
        Reads(ROWS, LOG, needs=("recipient", "separate_consent"), uses=("country",)),
        Reads(RECIPIENTS, needs=("country",)),
    )

    home: tuple[str, ...] = param(TEXTS, HOME, "how the register writes the home country", "登记中境内的写法")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = abroad(world, tables[0], self.home)
        return place(rows.filter(~rows.separate_consent.fill_null(False)))
