"""No threats."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class Threats(Language):
    """Asks whether a collector threatened somebody: with force, with harm to work, family or property.

    Why: violence, threats and intimidation are forbidden, and in serious cases a crime.
    Example: «再不还钱就叫人上门收拾你» breaks the rule, «没有人会威胁您» does not.
    Remedy: listen to the call, take the collector off the case, and correct scripts and training.
    """

    id = "threats"
    title = "Threats in collection"
    title_zh = "催收中存在威胁恐吓"
    remedy_zh = "复核录音，暂停相关人员作业，整改话术并加强培训。"
    example_zh = "“再不还钱就叫人上门收拾你”违规，“没有人会威胁您”不违规。"
    severity = Severity.HIGH
    law = ("COL-CONT-01",)
    lexicon_class = "threat"
