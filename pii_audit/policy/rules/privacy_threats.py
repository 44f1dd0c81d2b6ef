"""No pillory."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class PrivacyThreats(Language):
    """Asks whether a collector announced that the debt or the debtor's privacy would be posted or sent around.

    Why: spreading privacy and posting notices in public are forbidden.
    Example: «我们就群发到你通讯录，曝光你» breaks the rule, «不会曝光您的信息» does not.
    Remedy: listen to the call, make sure that nothing was spread, and take contact lists away from collectors.
    """

    id = "privacy-threats"
    title = "Threat to make the debt public"
    title_zh = "以散布隐私、公开曝光相威胁"
    remedy_zh = "复核录音，确认未发生散布行为，收回催收人员的通讯录权限。"
    example_zh = "“我们就群发到你通讯录，曝光你”违规，“不会曝光您的信息”不违规。"
    severity = Severity.HIGH
    law = ("COL-CONT-04",)
    lexicon_class = "publicity"
