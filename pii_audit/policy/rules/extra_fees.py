"""No fees of the collector's own."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class ExtraFees(Language):
    """Asks whether a collector asked for a fee beside the debt.

    Why: extra fees are forbidden in collection.
    Example: «要先交500元手续费才能给你办分期» breaks the rule, «不收取任何手续费» does not.
    Remedy: pay back what was taken, and correct scripts and training.
    """

    id = "extra-fees"
    title = "Extra fees in collection"
    title_zh = "催收中额外收费"
    remedy_zh = "退还已收费用，整改话术并加强培训。"
    example_zh = "“要先交500元手续费才能给你办分期”违规，“不收取任何手续费”不违规。"
    severity = Severity.MEDIUM
    law = ("COL-CONT-05",)
    lexicon_class = "extra-fee"
