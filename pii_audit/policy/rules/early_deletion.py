"""Nothing is deleted before its statutory minimum is over."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, lacking, param, place
from pii_audit.policy.rules._periods import identity_least


@dataclass(frozen=True)
class EarlyDeletion(Rule):
    """Asks whether the register of deletions records data that were deleted before the statutory minimum was over.

    Ten years bind financial institutions; for others nothing breaks it unless their policy sets a minimum.

    Why: identity data and transaction records are kept for at least 10 years after the relationship or the transaction
    ends; e-commerce platforms keep transaction information for at least 3 years (a policy of theirs sets ``min: 3y``).
    Example: closed on 2016-03-01, deleted on 2026-02-28. Deleted on 2026-03-01, the ten years were kept.
    Remedy: restore from backup what the law demands; let the deletion job take the later of minimum and retention period.
    """

    id = "early-deletion"
    title = "Deleted before the statutory minimum"
    title_zh = "未满法定最短保存期限即删除"
    remedy_zh = "从备份恢复法律要求保存的数据；删除任务应取法定最短期限与保存期限中的较晚者。"
    example_zh = "2016-03-01关闭，2026-02-28删除：违规；2026-03-01删除则已满十年。"
    severity = Severity.MEDIUM
    law = ("RET-08", "RET-09", "RET-10")
    reads = (Reads(ROWS, ("deletion_records",), needs=("deleted_on", "closed_on"), uses=("borrower",)),)

    min: Period | None = param(
        PERIOD, None, "statutory minimum from the end of the relationship; none: 10y for financial institutions",
        "自业务关系结束起的法定最短保存期限；空表示金融机构为 10y",
    )  # fmt: skip

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        records = self.tested(world, *tables)
        least = self._least(world) or Period()
        return place(records.filter(records.deleted_on < least.end(records.closed_on)))

    def undecided(self, world: World, *tables: ir.Table) -> ir.Table:
        deleted = self._deleted(world, *tables)
        return lacking(deleted.filter(deleted.closed_on.isnull()), "closed_on")

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        deleted = self._deleted(world, *tables)
        return deleted.filter(deleted.closed_on.notnull())

    def _deleted(self, world: World, records: ir.Table) -> ir.Table:
        return records.filter(records.deleted_on.notnull() if self._least(world) else ibis.literal(False))

    def _least(self, world: World) -> Period | None:
        return self.min or identity_least(world)
