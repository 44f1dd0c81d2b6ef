"""``mask``: the customary form, which shows a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, Outcome, Use, param
from pii_audit.documents.fields import Whole
from pii_audit.model.entity import Mask as Form


@dataclass(frozen=True)
class Mask(Operator):
    """A value is shown in the customary masked form of its type; of a value of no detected type nothing but separators is shown.

    138****1234 for mobiles, 110101********123X for resident numbers, 6222 02** **** 1234 for cards, 张** for names, province and
    city of addresses, first letter and domain of mail addresses; ``explain`` shows the form of each type. ``head`` and ``tail``
    ask for letters and digits at both ends instead. At least three and a third of all of them stay hidden: what is too
    short is starred whole. What is masked already stays so, and what is blank too.
    Forms are customary and no rule of law; what they show can still point to a person beside other data.
    Example: 13800138000 → 138****8000
    """

    name: ClassVar[str] = "mask"
    title: ClassVar[str] = "Customary masked form"
    title_zh: ClassVar[str] = "掩码（惯用形式）"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED

    head: int | None = param(Whole(), None, "letters and digits shown at the beginning", "开头显示的字符数")
    tail: int | None = param(Whole(), None, "letters and digits shown at the end", "末尾显示的字符数")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.spelling import is_blank
        from pii_audit.entities.masking import mask_value

        form = self._form(use.entity_type)
        if form.kind == "keep":
            return Outcome(_kept(values, form.head, form.tail))
        made = _QUICK[form.kind](values) if form.kind in _QUICK else pa.nulls(len(values), pa.string())
        open_ = pc.and_(values.is_valid(), pc.is_null(made))
        if pc.any(open_).as_py():
            encoded = pc.dictionary_encode(values.filter(open_))
            texts = pa.array([mask_value(form, text) for text in encoded.dictionary.to_pylist()], pa.string())
            made = pc.replace_with_mask(made, open_, texts.take(encoded.indices))
        return Outcome(pc.if_else(is_blank(values), values, made))

    def _form(self, entity_type: str | None) -> Form:
        from pii_audit.entities import installed

        if self.head is not None or self.tail is not None:
            return Form(head=self.head or 0, tail=self.tail or 0)
        return next((entity.mask for entity in installed() if entity.name == entity_type), Form())


def _kept(values: pa.Array, head: int, tail: int) -> pa.Array:
    from pii_audit.anonymize import mask_kernel as kernel
    from pii_audit.anonymize.spelling import read_only, strings
    from pii_audit.recognizers.batch import buffers

    data, offsets, _ = buffers(values)
    out = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    out_offsets = np.empty(len(values) + 1, np.int64)
    size = kernel.mask(read_only(data), read_only(offsets), head, tail, out, out_offsets)
    made = strings(out[:size], out_offsets)
    return pc.if_else(values.is_valid(), made, pa.scalar(None, pa.string())) if values.null_count else made


# -- the forms over whole columns; null for values that ``mask_value`` must look at ---------------------------------------------

_MAIL = r"^(?P<first>[A-Za-z0-9])[A-Za-z0-9._%+-]+@(?P<domain>(?:[A-Za-z0-9-]+[.])+[A-Za-z-][A-Za-z0-9-]+)$"
_GROUPS = r"^(?P<shown>[0-9A-Fa-f]{0,4}[.:-][0-9A-Fa-f]{0,4}[.:-])(?P<rest>[0-9A-Fa-f]*[.:-][0-9A-Fa-f.:-]*)$"


def _names(values: pa.Array) -> pa.Array:
    from pii_audit.entities.masking import COMPOUND_SURNAMES

    length = pc.utf8_length(values)
    compound = pc.and_(pc.is_in(pc.utf8_slice_codeunits(values, 0, 2), pa.array(sorted(COMPOUND_SURNAMES))), pc.greater(length, 2))
    surname, rest = (
        pc.if_else(compound, pc.utf8_slice_codeunits(values, *two), pc.utf8_slice_codeunits(values, *one))
        for two, one in (((0, 2), (0, 1)), ((2,), (1,)))
    )
    made = pc.binary_join_element_wise(surname, _kept(rest, 0, 0), "")
    return pc.if_else(pc.greater(length, 1), made, pa.scalar(None, pa.string()))


def _mails(values: pa.Array) -> pa.Array:
    from pii_audit.entities.masking import OMITTED

    parts = pc.extract_regex(values, _MAIL)
    made = pc.binary_join_element_wise(parts.field("first"), f"{OMITTED}@", parts.field("domain"), "")
    return pc.if_else(parts.is_valid(), made, pa.scalar(None, pa.string()))


def _octets(values: pa.Array) -> pa.Array:
    parts = pc.extract_regex(values, _GROUPS)
    rest = pc.fill_null(parts.field("rest"), "")
    made = pc.binary_join_element_wise(parts.field("shown"), _kept(rest, 0, 0), "")
    return pc.if_else(parts.is_valid(), made, pa.scalar(None, pa.string()))


_QUICK = {"name": _names, "email": _mails, "octets": _octets}
