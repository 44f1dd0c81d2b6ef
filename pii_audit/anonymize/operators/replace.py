"""``replace``: a placeholder instead of the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, Outcome, Use, param
from pii_audit.documents.fields import Text

#: what stands for a value of no detected type
UNTYPED = "<REDACTED>"


@dataclass(frozen=True)
class Replace(Operator):
    """A value becomes a placeholder that names its type, ``<CN_MOBILE_PHONE>``, or one text that is the same for all (``with``).

    A value of no detected type becomes ``<REDACTED>``. What is blank stays so.
    Example: 13800138000 → <CN_MOBILE_PHONE>
    """

    name: ClassVar[str] = "replace"
    title: ClassVar[str] = "Placeholder"
    title_zh: ClassVar[str] = "占位符替换"
    degree: ClassVar[Degree] = Degree.ANONYMISED

    with_: str | None = param(Text(), None, "the placeholder (<ENTITY_TYPE>)", "占位符（默认为 <实体类型>）")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.spelling import is_blank

        placeholder = self.with_ if self.with_ is not None else f"<{use.entity_type}>" if use.entity_type else UNTYPED
        made = pc.if_else(is_blank(values), values, pa.scalar(placeholder, pa.string()))
        return Outcome(pc.if_else(values.is_valid(), made, pa.scalar(None, pa.string())))
