"""Entrusted data go when the contract ends."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, RECIPIENTS, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import over
from pii_audit.policy.rules._sharing import entrusted, returned


def _holding(recipients: ir.Table) -> ir.BooleanValue:
    # another handler, or a joint one, keeps the data in its own right
    return entrusted(recipients) & (recipients.datasets > 0)


@dataclass(frozen=True)
class AgencyDataAfterContract(Rule):
    """Asks whether files for an entrusted party are still there, its contract is over, and no destruction is recorded.

    Why: the entrusted party returns or deletes the data when the contract ends; agencies record the destruction.
    The grace is a policy value: no instrument gives a number of days.
    Example: contract until 2026-05-31 with 30 days of grace: destroyed by 2026-06-30, or reported from 2026-07-01.
    Remedy: obtain the record of destruction, enter its date with the recipient, and clear the folder of transfers.
    """

    id = "agency-data-after-contract"
    title = "Entrusted data left after the end of the contract"
    title_zh = "委托合同终止后数据未返还或销毁"
    remedy_zh = "取得销毁证明并登记日期，清理传输目录。"
    example_zh = "合同至2026-05-31，宽限30天：2026-06-30前销毁即可，自2026-07-01起列为违规。"
    severity = Severity.MEDIUM
    law = ("RET-19", "SHR-03")
    reads = (Reads(DATASETS), Reads(RECIPIENTS, needs=("contract_until",), only=_holding))

    grace: Period = param(PERIOD, Period(days=30), "time to destroy after the contract (policy value)", "合同终止后的销毁宽限期（政策值）")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        datasets, recipients = tables
        ended = recipients.filter(~returned(recipients, world) & over(self.grace.end(recipients.contract_until), world.as_of))
        left = datasets.filter(datasets.files > 0).semi_join(ended, "recipient")
        return place(left, aspect=left.recipient, n=left.files)
