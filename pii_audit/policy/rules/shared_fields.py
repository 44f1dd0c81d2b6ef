"""What was shared is what the recipient may receive."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy import listed
from pii_audit.policy.interface import RECIPIENTS, ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._sharing import LOG, parties, telling


@dataclass(frozen=True)
class SharedFields(Rule):
    """Asks whether the register lists fields that the catalogue does not permit the recipient to have.

    The list is read by the words that headers have; fields it does not know, and fields said to be masked, do not count.

    Why: the recipient stays within the types that contract and notice name; an agency gets the minimum the case needs.
    Example: «姓名;手机号;银行卡号» for an agency with ``permitted: [PERSON, CN_MOBILE_PHONE]``.
    Remedy: have the recipient delete the surplus; check lists of fields against the contract before sending.
    """

    id = "shared-fields"
    title = "Fields shared beyond what is permitted"
    title_zh = "提供的信息种类超出允许范围"
    remedy_zh = "要求接收方删除超范围信息；提供前将字段清单与合同核对。"
    example_zh = "向 permitted: [PERSON, CN_MOBILE_PHONE] 的机构提供“姓名;手机号;银行卡号”。"
    severity = Severity.HIGH
    law = ("SHR-02", "SHR-04", "SHR-11")
    reads = (
        Reads(ROWS, LOG, needs=("recipient", "fields")),
        Reads(RECIPIENTS, needs=("permitted",)),
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, recipients = tables
        rows = log.inner_join(parties(world).semi_join(recipients, [("party", "recipient")]), "recipient")
        permitted = world.relation("permitted")
        parts = []
        for name in telling():
            allowed = permitted.filter(permitted.entity_type == name)
            parts.append(place(rows.filter(rows[listed.column(name)]).anti_join(allowed, [("party", "recipient")]), aspect=name))
        return reduce(ir.Table.union, parts)
