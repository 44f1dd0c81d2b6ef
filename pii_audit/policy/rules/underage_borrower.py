"""Borrowers under 18 are known."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.documents.fields import Whole
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import param
from pii_audit.policy.rules.minors import Minors


@dataclass(frozen=True)
class UnderageBorrower(Minors):
    """Asks whether rows of borrowers belong to a person under 18, by date of birth or identity number.

    Why: rules of their own restrict lending to minors and students; the age of 18 is a policy value.
    Example: born on 2008-07-01, seen on 2026-06-30. On the 18th birthday the person is of age.
    Remedy: check identity and application, stop collection, and decide with the guardian what happens to the contract.
    """

    id = "underage-borrower"
    title = "Borrowers under 18"
    title_zh = "存在不满十八周岁的借款人"
    remedy_zh = "核验身份与申请材料，停止催收，并与监护人商定合同处理。"
    example_zh = "2008-07-01出生，于2026-06-30检查；18周岁生日当天即已成年。"
    severity = Severity.MEDIUM
    law = ("MNR-04",)
    enabled = False
    policy_only = True

    below: int = param(Whole(1), 18, "age in years below which it is reported", "年龄（周岁），低于该值即报告")
