"""Collectors say who they are."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class Impersonation(Language):
    """Asks whether a collector posed as a court, the police, a procuratorate or another authority.

    Why: posing as an authority is forbidden; an agency does not pose as the lender either, which no text alone
    shows.
    Example: «我是法院执行局的» breaks the rule, «请勿相信冒充法院的来电» does not.
    Remedy: listen to the call, tell the debtor the truth, and correct scripts and training.
    """

    id = "impersonation"
    title = "Impersonation of authorities"
    title_zh = "冒充司法或行政机关"
    remedy_zh = "复核录音，向债务人澄清，整改话术并加强培训。"
    example_zh = "“我是法院执行局的”违规，“请勿相信冒充法院的来电”不违规。"
    severity = Severity.HIGH
    law = ("COL-CONT-02",)
    lexicon_class = "impersonation"
