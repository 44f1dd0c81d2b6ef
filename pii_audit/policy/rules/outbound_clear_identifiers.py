"""What is entrusted is de-identified."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Choice, Many
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES, RECIPIENTS
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param
from pii_audit.policy.rules._clear import places
from pii_audit.policy.rules._sharing import to_types


@dataclass(frozen=True)
class OutboundClearIdentifiers(Rule):
    """Asks whether files that go to an agency or vendor hold direct identifiers in clear.

    An agency needs a name and a number to call; which types it may have in clear is a policy value. Others get none.
    A vendor that the catalogue calls another or a joint handler is entrusted with nothing.

    Why: the standard on financial information wants what is entrusted to be de-identified; encryption alone is no way.
    Example: identity numbers in a file for an agency; «110101********123X» would be well.
    Remedy: mask or replace the identifiers in the export; agree on a pseudonym for each case.
    """

    id = "outbound-clear-identifiers"
    title = "Direct identifiers in clear for entrusted parties"
    title_zh = "委托处理文件含明文直接标识符"
    remedy_zh = "导出时脱敏或以假名替代直接标识符，并与受托方约定案件代号。"
    example_zh = "提供给机构的文件含身份证号；若为“110101********123X”则合规。"
    severity = Severity.MEDIUM
    law = ("SHR-10",)
    reads = (Reads(FINDINGS, ("outbound",), needs=("recipient",)),)

    types: tuple[str, ...] = param(Many(Choice(RECIPIENTS, "type")), ("agency", "vendor"), "types of recipients", "接收方类型")
    agency_needs: tuple[str, ...] = param(
        ENTITY_TYPES, ("PERSON", "CN_MOBILE_PHONE", "CN_LANDLINE_PHONE", "CN_LOAN_CONTRACT"),
        "what an agency may have in clear", "催收机构可获得明文的实体类型",
    )  # fmt: skip

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        sent = to_types(world, found.filter(found.direct), self.types)
        agency = sent.type == "agency"
        entrusted = agency | (sent.relation.fill_null("entrusted") == "entrusted")
        return places(sent.filter(entrusted & ~(agency & sent.entity_type.isin(self.agency_needs))))
