"""``redact``: the value is taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, Outcome, Use, param
from pii_audit.documents.fields import Text


@dataclass(frozen=True)
class Redact(Operator):
    """A value is taken out: nothing is left of it, or one text that is the same for all (``with``).

    A blank value becomes empty, so that what was missing is not marked as taken out; null stays null.
    ``replace`` says what kind of value has stood there.
    Example: 13800138000 → (empty)
    """

    name: ClassVar[str] = "redact"
    title: ClassVar[str] = "Taken out"
    title_zh: ClassVar[str] = "删除"
    degree: ClassVar[Degree] = Degree.ANONYMISED

    with_: str = param(Text(), "", "what is left instead (nothing)", "替代文本（默认为空）")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.spelling import is_blank

        left = pa.scalar(self.with_, pa.string())
        if self.with_:
            left = pc.if_else(is_blank(values), "", left)
        return Outcome(pc.if_else(values.is_valid(), left, pa.scalar(None, pa.string())))
