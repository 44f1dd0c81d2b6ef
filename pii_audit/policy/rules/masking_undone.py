"""What is masked here is not in clear there."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, FINDINGS, MASKED, Reads, Rule, World
from pii_audit.policy.rules._clear import places


@dataclass(frozen=True)
class MaskingUndone(Rule):
    """Asks whether values of a type lie in clear in a file where others are masked, or go in clear to a recipient who also gets them masked.

    Why: one reader sees both, so the mask hides nothing.
    Example: a report with a column of masked phones and a remark with the whole numbers.
    Remedy: mask in one place for all columns and files of a reader, free text included.
    """

    id = "masking-undone"
    title = "Masked in one place, in clear in another"
    title_zh = "同一类信息一处脱敏、另一处明文"
    remedy_zh = "对同一读者的全部字段、文件和自由文本统一脱敏。"
    example_zh = "报表中手机号一列已脱敏，备注中却有完整号码。"
    severity = Severity.MEDIUM
    law = ("STO-07", "EXP-01")
    reads = (Reads(FINDINGS), Reads(MASKED), Reads(DATASETS))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        found, masked, datasets = tables
        owned = masked.inner_join(datasets.select("dataset", "recipient"), "dataset")
        in_file = found.semi_join(masked, ["dataset", "source", "entity_type"])
        by_recipient = found.semi_join(owned, ["recipient", "entity_type"])
        return places(in_file.union(by_recipient, distinct=True))
