"""``pseudonym``: a surrogate of the same type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Choice, Many, Text

KEEPS = ("region", "year", "sex", "surname")
#: names that nobody can register (RFC 2606, RFC 6761), below a top-level domain that a detector knows
MAIL_DOMAINS = ("example.com", "example.net", "example.org")
_MAIL_DOMAIN = rf"(?:[a-z0-9-]+\.)*(?:{'|'.join(map(re.escape, MAIL_DOMAINS))})"


@dataclass(frozen=True)
class Pseudonym(Operator):
    """A value becomes another valid value of its type, always the same under a key; no two values become one.

    Resident numbers get a right check character (``keep``: region, year of birth, sex); mobiles keep their network, cards their issuer
    and Luhn digit, plates province and form, permits their letter, landlines area and extension; codes of organisations
    keep what registers them (``keep``: region). Mail addresses move to a reserved domain. Names (``keep``: surname, sex) and addresses,
    which stay in their city, are invented, and two people may share one. Other numbers keep their pattern.
    However a value is written, its surrogate is the same, in the usual spelling of its type, half width, without separators; what is
    blank stays so. No surrogate is an original of the run, if its originals are known. Refused are values that cannot be read as their type,
    types without surrogates, and values whose whole group is taken. Surrogates look real: a number may be that of somebody else.
    Example: 13800138000 → 13851902746
    """

    name: ClassVar[str] = "pseudonym"
    title: ClassVar[str] = "Pseudonym of the same type"
    title_zh: ClassVar[str] = "同类型假名"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    needs_key: ClassVar[bool] = True
    keeps_joins: ClassVar[bool] = True

    keep: tuple[str, ...] = param(Many(Choice(KEEPS, "part")), (), "parts that stay, where the type has them", "保留的部分（该类型具备时）")
    mail_domain: str = param(Text(_MAIL_DOMAIN, "a name below example.com, example.net or example.org"), "example.com", "domain of mail addresses", "邮箱域名")

    def __post_init__(self) -> None:
        if unknown := [part for part in self.keep if part not in KEEPS]:
            raise OperatorError(f"pseudonym: keep names {len(unknown)} unknown parts; known are {', '.join(KEEPS)}")
        if not re.fullmatch(_MAIL_DOMAIN, self.mail_domain):
            raise OperatorError(f"pseudonym: mail_domain must be at or below {', '.join(MAIL_DOMAINS)}")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.spelling import is_blank, spelled
        from pii_audit.anonymize.surrogates import Wanted, domain_of

        use.secret(self.name)  # without a key nothing is read
        blank = is_blank(values)
        domain = domain_of(use.entity_type)
        if domain is None:
            made = pa.nulls(len(values), pa.string())
        else:
            wanted = Wanted(lambda purpose: use.secret(f"{self.name} {purpose}"), frozenset(self.keep), use.taken, self.mail_domain)
            made = domain.surrogates(spelled(use.entity_type, values), wanted)
        made = pc.if_else(blank, values, made)
        return Outcome(made, pc.and_(pc.is_null(made), pc.is_valid(values)))
