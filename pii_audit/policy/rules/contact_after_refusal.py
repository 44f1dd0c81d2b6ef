"""A contact who said no is left alone."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, place
from pii_audit.policy.rules._collection import LOG, THIRD_PERSONS, WRITTEN, LogRule, outward


@dataclass(frozen=True)
class ContactAfterRefusal(LogRule):
    """Asks whether a number was contacted after the contact behind it had refused or asked to stop.

    The refusal is the earliest ``refused_at`` of the number (a date alone: the end of that day), or the earliest event
    with a contact or third person whose text asks to stop, unless the collector wrote it. The number counts, whatever
    the later row calls its owner.

    Why: contacts owe nothing; the guides demand that contact ends when they refuse.
    Example: refused on 12 March at 10:01:30, called again on 17 March.
    Remedy: put the number on a block list of all agencies when a refusal is recorded.
    """

    id = "contact-after-refusal"
    title = "Contact after the person refused"
    title_zh = "联系人拒绝后仍继续联系"
    remedy_zh = "登记拒绝后立即将号码加入所有受托机构共用的禁呼名单。"
    example_zh = "3月12日10:01:30拒绝，3月17日又被呼叫。"
    severity = Severity.HIGH
    law = ("COL-THIRD-04",)
    reads = (
        Reads(ROWS, LOG, needs=("event_time", "target_number", "refused_at"), uses=("target_role", "text", "channel", "direction", "borrower")),
    )  # fmt: skip

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(outward(log) & log.target_number.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = tables[0].filter(tables[0].target_number.notnull())
        never = ibis.null(log.event_time.type())
        others = log.target_role.fill_null("contact").isin(THIRD_PERSONS)
        # a wish to stop is read from a text only where it is known whose it is, and not from what the collector wrote
        written = outward(log) & log.channel.fill_null("call").isin(WRITTEN)
        asked = log.text_stop_request & log.target_role.fill_null("debtor").isin(THIRD_PERSONS) & ~written
        wishes = log.select(number=log.target_number, refused=others.ifelse(log.refused_at, never), asked=asked.ifelse(log.event_time, never))
        wishes = wishes.filter(wishes.refused.notnull() | wishes.asked.notnull())
        wishes = wishes.group_by("number").aggregate(refused=wishes.refused.min(), asked=wishes.asked.min())
        found = log.filter(outward(log)).inner_join(wishes, log.target_number == wishes.number)
        found = found.filter((found.event_time > found.refused).fill_null(False) | (found.event_time > found.asked).fill_null(False))
        later = (found.event_time > found.refused).fill_null(False)
        return place(found, aspect=later.ifelse("refused", "stop-request"))
