"""No insults."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class Insults(Language):
    """Asks whether a collector insulted somebody.

    Why: insults are forbidden by the measures for lenders and by every guide on collection.
    Example: «你这种老赖不要脸» breaks the rule.
    Remedy: listen to the call, apologise where it is due, and correct scripts and training.
    """

    id = "insults"
    title = "Insults in collection"
    title_zh = "催收中存在侮辱言语"
    remedy_zh = "复核录音，必要时致歉，整改话术并加强培训。"
    example_zh = "“你这种老赖不要脸”违规。"
    severity = Severity.HIGH
    law = ("COL-CONT-01",)
    lexicon_class = "insult"
