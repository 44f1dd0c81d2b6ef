"""Files for a recipient hold what it may receive."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, RECIPIENTS, Reads, Rule, World
from pii_audit.policy.rules._clear import personal, places


@dataclass(frozen=True)
class OutboundFields(Rule):
    """Asks whether files that go to a recipient hold personal data that the catalogue does not permit it to have.

    Why: the recipient stays within the types that contract and notice name; an agency gets the minimum the case needs.
    Example: ``permitted: [PERSON, CN_MOBILE_PHONE]``, and the file for the agency holds bank card numbers.
    Remedy: take the columns out of the export, have the recipient delete them, or agree on them and extend ``permitted``.
    """

    id = "outbound-fields"
    title = "Files for recipients hold more than permitted"
    title_zh = "对外提供文件超出允许的信息种类"
    remedy_zh = "从导出文件中去除超范围字段，要求接收方删除；确需提供的，补充约定并更新允许清单。"
    example_zh = "permitted: [PERSON, CN_MOBILE_PHONE]，而提供给机构的文件含银行卡号。"
    severity = Severity.HIGH
    law = ("SHR-02", "SHR-04", "SHR-11")
    reads = (
        Reads(FINDINGS, ("outbound",), needs=("recipient",)),
        Reads(RECIPIENTS, needs=("permitted",), only=lambda recipients: recipients.datasets > 0),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        found, recipients = tables
        judged = found.filter(personal(found)).semi_join(recipients, "recipient")
        return places(judged.anti_join(world.relation("permitted"), ["recipient", "entity_type"]))
