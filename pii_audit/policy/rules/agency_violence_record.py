"""No agency with a record of violent collection."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, on_day, place


@dataclass(frozen=True)
class AgencyViolenceRecord(Rule):
    """Asks whether an agency with a record of violent collection is still engaged: on the list, its contract not over.

    The text of the duty was not read, so the rule is off until a policy switches it on.

    Why: the measures on internet loans are said to forbid such engagements and to demand that they end at once.
    Example: a row of the register with violence_record yes, on_list yes and a contract until next year.
    Remedy: end the engagement, withdraw the cases, and have the data returned or destroyed.
    """

    id = "agency-violence-record"
    title = "Agency with a record of violent collection"
    title_zh = "委托有暴力催收记录的机构"
    remedy_zh = "终止合作，收回案件，要求返还或销毁数据。"
    example_zh = "登记册中 violence_record 为“是”、on_list 为“是”，合同至次年到期。"
    severity = Severity.HIGH
    law = ("COL-OUT-04",)
    reads = (Reads(ROWS, ("agencies",), needs=("violence_record",), uses=("on_list", "contract_until")),)
    enabled = False

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (register,) = tables
        running = register.contract_until.isnull() | (register.contract_until >= on_day(world.as_of))
        return place(register.filter(register.violence_record.fill_null(False) & register.on_list.fill_null(True) & running))
