"""Highly sensitive data are tagged as such."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class ClassificationTag(ClearValues):
    """Asks whether highly sensitive items lie in a dataset that the catalogue does not tag as highly sensitive.

    Why: sensitive personal information is tagged so, and free text takes the highest level of what it holds. Which
    types count as highly sensitive follows the standards on financial information; a list of one's own may be given.
    Example: bank card numbers in a dataset without ``sensitive: true``.
    Remedy: grade the dataset and set ``sensitive: true``, or remove the data.
    """

    id = "classification-tag"
    title = "Highly sensitive data without the tag"
    title_zh = "高敏感数据未标识"
    remedy_zh = "对数据集定级并标识 sensitive: true，或清除相关数据。"
    example_zh = "数据集含银行卡号，但未标识 sensitive: true。"
    severity = Severity.LOW
    law = ("CLS-01",)
    reads = (Reads(FINDINGS),)

    def where(self, found: ir.Table) -> ir.BooleanValue:
        return ~found.sensitive.fill_null(False)
