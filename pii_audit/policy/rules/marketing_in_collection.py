"""Collection is no channel of sales."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads
from pii_audit.policy.rules._collection import LOG
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class MarketingInCollection(Language):
    """Asks whether a collection call or message advertised a product.

    Why: personal information given for collection is used for collection only.
    Example: «现在办理我们的理财产品可享新客优惠» in a collection call breaks the rule.
    Remedy: take offers out of collection scripts and templates.
    """

    id = "marketing-in-collection"
    title = "Marketing in collection contacts"
    title_zh = "在催收中开展营销"
    remedy_zh = "从催收话术和模板中删除营销内容。"
    example_zh = "催收电话中说“现在办理我们的理财产品可享新客优惠”违规。"
    severity = Severity.MEDIUM
    law = ("COL-CONT-07",)
    lexicon_class = "marketing"
    # a log of messages holds lawful marketing too
    reads = (Reads(ROWS, LOG, needs=("text",), uses=("direction", "channel", "borrower")),)
