"""Credit reports stay where they are guarded."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Choice, Many
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import KINDS
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param
from pii_audit.policy.rules._clear import places


@dataclass(frozen=True)
class CreditReportOutsideVault(Rule):
    """Asks whether numbers of credit reports lie in other datasets than those of credit reports.

    Files that go out are the rule credit-information-shared's. Which kinds may hold reports is a policy value.

    Why: raw credit reports are protected over the whole process, with controlled printing and download.
    Example: an export for analysis that holds a column of report numbers.
    Remedy: delete the copies; let other systems refer to the loan, and query reports where they are guarded.
    """

    id = "credit-report-outside-vault"
    title = "Credit reports outside their store"
    title_zh = "征信报告信息散落在专用存储之外"
    remedy_zh = "清除副本；其他系统仅引用业务编号，征信报告集中受控存储。"
    example_zh = "供分析用的导出文件含征信报告编号列。"
    severity = Severity.MEDIUM
    law = ("CRE-01", "EXP-07")
    reads = (Reads(FINDINGS),)

    vault: tuple[str, ...] = param(
        Many(Choice(tuple(KINDS), "kind")), ("credit_reports", "outbound"), "kinds of datasets that may hold them, or are another rule's", "可存放征信报告的数据集类别"
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(found.filter((found.entity_type == "CN_CREDIT_REPORT") & ~found.kind.isin(self.vault)))
