"""Every collector is on the register."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._collection import LOG, STAFF, outward


@dataclass(frozen=True)
class AgentUnregistered(Rule):
    """Asks whether a log names an agent who is not on the register of collectors, or a call or visit names none.

    This is a demand of the policy: without it, exams and training of who called cannot be tested. Messages and calls
    by machines need name nobody.

    Why: who is not on the register has no exam, training or background that anybody could check.
    Example: agent A099 calls, and the register ends at A012.
    Remedy: complete the register, or find out who worked under that id.
    """

    id = "agent-unregistered"
    title = "Agent not on the register"
    title_zh = "催收人员未在登记册中"
    remedy_zh = "补全催收人员登记，或查明该工号的实际使用人。"
    example_zh = "A099拨打催收电话，而登记册止于A012。"
    severity = Severity.LOW
    law = ("COL-STAFF-04",)
    reads = (Reads(ROWS, LOG, needs=("agent",), uses=("channel", "direction", "borrower")), STAFF)
    policy_only = True

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, staff = tables
        unknown = log.filter(log.agent.notnull()).anti_join(staff, "agent")
        nameless = log.filter(log.agent.isnull() & outward(log) & log.channel.isin(("call", "visit")))
        return place(unknown, aspect="unknown").union(place(nameless, aspect="nameless"))
