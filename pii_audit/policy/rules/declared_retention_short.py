"""Declared retention periods are not shorter than the law allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import PERIOD
from pii_audit.documents.period import Period
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, param, place
from pii_audit.policy.rules._periods import IDENTITY, identity_least, shorter

#: kind of dataset → row of the law that sets its minimum
_LAW: Mapping[str, str] = {
    "borrower_master": "RET-08", "repayments": "RET-08", "application_log": "RET-14", "processing_log": "RET-13",
    "sharing_log": "RET-12", "pipia": "RET-11", "complaints": "RET-16", "incidents": "RET-23",
    "recording_index": "RET-17", "collection_log": "RET-18",
}  # fmt: skip


def _least(default: Period | None, of: str, of_zh: str) -> Period | None:
    found: Period | None = param(PERIOD, default, f"minimum for {of}; none: not tested", f"{of_zh}的最短保存期限；空表示不检查")
    return found


@dataclass(frozen=True)
class DeclaredRetentionShort(Rule):
    """Asks whether the catalogue declares a retention period shorter than the law demands for that kind of data.

    The minimum for identity data and transaction records binds financial institutions; others set one by policy.

    Why: what the catalogue declares, deletion jobs will do. The details name the row of the law. Two minimums bind only
    some lenders and are set by their policies: recordings of credit-card collection, collection logs of consumer
    finance companies.
    Example: application logs kept 3m, or 183d: six months are up to 184 days.
    Remedy: lengthen the period, or declare the statutory minimum as ``min``, and change the deletion jobs.
    """

    id = "declared-retention-short"
    title = "Declared retention shorter than the law demands"
    title_zh = "声明的保存期限短于法定最短期限"
    remedy_zh = "延长保存期限或以 min 声明法定最短期限，并同步调整清理任务。"
    example_zh = "应用日志声明保存 3m 或 183d：六个月最长可达184天。"
    severity = Severity.MEDIUM
    law = tuple(dict.fromkeys(_LAW.values()))
    reads = (Reads(DATASETS, tuple(_LAW), needs=("keep_months",)),)

    borrower_master: Period | None = _least(None, "identity data (financial institutions: 10y)", "客户身份资料（金融机构为 10y）")
    repayments: Period | None = _least(None, "transaction records (financial institutions: 10y)", "交易记录（金融机构为 10y）")
    application_log: Period | None = _least(Period(6), "network logs", "网络日志")
    processing_log: Period | None = _least(Period(6), "processing logs", "数据处理日志")
    sharing_log: Period | None = _least(Period(36), "records of sharing", "对外提供记录")
    pipia: Period | None = _least(Period(36), "impact assessments", "个人信息保护影响评估报告")
    complaints: Period | None = _least(Period(36), "complaint files", "投诉档案")
    incidents: Period | None = _least(Period(36), "the ledger of incidents", "安全事件台账")
    recording_index: Period | None = _least(None, "recordings", "录音")
    collection_log: Period | None = _least(None, "collection records", "催收记录")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        datasets = self.tested(world, *tables)
        of_kinds = [(datasets.kind == kind) & shorter(datasets, least) for kind, least in self._minimums(world).items()]
        short = datasets.filter(ibis.or_(ibis.literal(False), *of_kinds))
        bound = {kind: row for kind, row in _LAW.items() if kind not in IDENTITY or identity_least(world)}
        return place(short, aspect=ibis.cases(*[(short.kind == kind, row) for kind, row in bound.items()], else_="policy"))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        (datasets,) = tables
        return datasets.filter(datasets.kind.isin(tuple(self._minimums(world))))

    def _minimums(self, world: World) -> Mapping[str, Period]:
        by_law = dict.fromkeys(IDENTITY, identity_least(world))
        found = {item.name: getattr(self, item.name) or by_law.get(item.name) for item in fields(self)}
        return {kind: least for kind, least in found.items() if least}
