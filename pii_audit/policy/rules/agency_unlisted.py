"""Only agencies of the list act."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import TEXTS
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule, by_others


@dataclass(frozen=True)
class AgencyUnlisted(LogRule):
    """Asks whether a log names an agency that is not on the institution's list, or was struck off it.

    The list is the register of agencies (``on_list``; without that column every agency in it) and the recipients of
    type agency in the catalogue. What the register strikes off is off.

    Why: the rules on partners demand a list, and contact by others than those on it has no legal basis.
    Example: a call by AG09, of which neither the register nor the catalogue knows.
    Remedy: find out who gave the agency the case, stop it, and have the data returned or destroyed.
    """

    id = "agency-unlisted"
    title = "Collection by an agency not on the list"
    title_zh = "名单外机构开展催收"
    remedy_zh = "查明派案来源，立即停止，并要求返还或销毁数据。"
    example_zh = "AG09拨打催收电话，而登记册与目录中均无此机构。"
    severity = Severity.HIGH
    law = ("COL-OUT-05",)
    reads = (
        Reads(ROWS, LOG, needs=("agency",), uses=("borrower",)),
        Reads(ROWS, ("agencies",), needs=("agency",), uses=("on_list",)),
    )

    own: tuple[str, ...] = param(TEXTS, ("SELF",), "how the log names the audited organisation", "日志中本机构的编号")

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(log.agency.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, register = tables
        recipients = world.relation("recipients")
        keys = world.relation("recipient_keys").semi_join(recipients.filter(recipients.type == "agency"), "recipient")
        listed = register.group_by("agency").aggregate(listed=register.on_list.fill_null(True).any())
        found = self.judged(log).left_join(listed, "agency")
        unknown = found.listed.isnull() & ~found.agency.isin(keys.key)
        found = found.filter(by_others(found, world, self.own) & (unknown | ~found.listed.fill_null(True)))
        return place(found, aspect=found.listed.isnull().ifelse("unknown", "off-list"))
