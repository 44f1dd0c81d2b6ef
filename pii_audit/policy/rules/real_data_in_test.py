"""Development and test work with invented or masked data."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import TRIALS, ClearValues


@dataclass(frozen=True)
class RealDataInTest(ClearValues):
    """Asks whether development and test data hold highly sensitive items in clear that look real, without an approval.

    Why: production items there need internal approval and masking, unless both environments are protected alike. No
    program can tell an invented number with a right check digit from a real one: confirm before acting.
    Example: a fixture with identity numbers that pass their check digit.
    Remedy: invent data with a generator, or mask; if use was approved and protection is the same, say ``masking_approved``.
    """

    id = "real-data-in-test"
    title = "Data that look real in development or test"
    title_zh = "开发测试环境存在疑似真实的个人信息"
    remedy_zh = "使用生成的虚构数据或脱敏数据；已审批且与生产环境保护相同的，登记 masking_approved。"
    example_zh = "测试数据含通过校验位的身份证号。"
    severity = Severity.MEDIUM
    law = ("DEV-01", "DEV-02")
    reads = (Reads(FINDINGS, needs=("environment",)),)

    def where(self, found: ir.Table) -> ir.BooleanValue:
        return ((found.kind == "test_data") | found.environment.isin(TRIALS)) & ~found.masking_approved.fill_null(False)
