"""No loan to repay a loan."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class LoansToRepay(Language):
    """Asks whether a collector advised to borrow elsewhere in order to repay.

    Why: inducing new loans to repay is forbidden.
    Example: «去别的平台借一笔来还» breaks the rule.
    Remedy: offer instalments instead, and correct scripts and training.
    """

    id = "loans-to-repay"
    title = "Borrower urged to take new loans"
    title_zh = "诱导以贷还贷"
    remedy_zh = "改为协商分期等方案，整改话术并加强培训。"
    example_zh = "“去别的平台借一笔来还”违规。"
    severity = Severity.MEDIUM
    law = ("COL-CONT-05",)
    lexicon_class = "loan-to-repay"
