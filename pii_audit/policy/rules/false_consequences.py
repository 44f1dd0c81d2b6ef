"""No consequences that do not exist."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.rules._language import Language


@dataclass(frozen=True)
class FalseConsequences(Language):
    """Asks whether a collector named consequences that a civil debt does not have, such as arrest or prison.

    Why: false and exaggerated statements are forbidden; whether a statement is false is for a person to judge.
    Example: «今天不还就立案抓你坐牢» breaks the rule, «我们不会起诉您» does not.
    Remedy: have the statement reviewed, correct it towards the debtor, and keep scripts to the contract.
    """

    id = "false-consequences"
    title = "False or exaggerated consequences"
    title_zh = "虚构或夸大不还款的后果"
    remedy_zh = "人工复核相关表述，向债务人更正，话术以合同约定为限。"
    example_zh = "“今天不还就立案抓你坐牢”违规，“我们不会起诉您”不违规。"
    severity = Severity.HIGH
    law = ("COL-CONT-03",)
    lexicon_class = "false-consequence"
