"""No harassment."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class Harassment(Language):
    """Asks whether a collector announced or practised harassment in words: endless calls, calls at the place of work.

    Why: harassment is forbidden; the number of calls is judged by other rules.
    Example: «每天打爆你的电话» breaks the rule.
    Remedy: listen to the call, compare it with the number of calls, and correct scripts and training.
    """

    id = "harassment"
    title = "Harassment in collection"
    title_zh = "催收中存在骚扰言语"
    remedy_zh = "复核录音并核对拨打频次，整改话术并加强培训。"
    example_zh = "“每天打爆你的电话”违规。"
    severity = Severity.HIGH
    law = ("COL-CONT-01",)
    lexicon_class = "harassment"
