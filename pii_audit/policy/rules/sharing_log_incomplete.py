"""The register of sharing says who, what, why, on what footing and how."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._sharing import LOG

_PARTICULARS = ("recipient", "purpose", "fields", "contract", "transfer")


@dataclass(frozen=True)
class SharingLogIncomplete(Rule):
    """Asks whether rows of the register lack the recipient, the purpose, the fields, the contract or the channel.

    Why: persons are told name, purpose, method and types before their data are provided, and the record of it is kept;
    a row without them shows neither.
    Example: an empty purpose.
    Remedy: fill in what is missing, and make the fields mandatory in the register.
    """

    id = "sharing-log-incomplete"
    title = "Register of sharing with empty fields"
    title_zh = "对外提供登记要素缺失"
    remedy_zh = "补全缺失事项，并在登记系统中将相关字段设为必填。"
    example_zh = "登记中的目的为空。"
    severity = Severity.LOW
    law = ("CON-05", "RET-12")
    reads = (Reads(ROWS, LOG, needs=_PARTICULARS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        return reduce(ir.Table.union, (place(log.filter(log[name].isnull()), aspect=name) for name in _PARTICULARS))
