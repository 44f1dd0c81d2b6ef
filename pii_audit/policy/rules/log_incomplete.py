"""Records of collection say who, whom, when and how."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, place
from pii_audit.policy.rules._collection import LOG

#: what makes a row traceable; a time that cannot be read is there, and messages and calls by machines need no agent
_FIELDS = ("event_written", "borrower", "channel", "target_role", "agent")
_NAMES = {"event_written": "event_time"}


@dataclass(frozen=True)
class LogIncomplete(Rule):
    """Asks whether rows of a collection log lack the time, the debtor, the channel, who was contacted, or the agent.

    It holds for organisations of the kind consumer_finance; for others nothing breaks it. Which fields make a record
    complete is this program's reading: those without which conduct cannot be traced.

    Why: consumer finance companies keep complete, traceable records of collection.
    Example: a call whose agent is empty; a message need not name one.
    Remedy: make the fields mandatory where events are recorded, and in the files agencies deliver.
    """

    id = "log-incomplete"
    title = "Collection records with empty fields"
    title_zh = "催收记录要素缺失"
    remedy_zh = "在系统和受托机构报送文件中将相关字段设为必填。"
    example_zh = "电话记录的催收员为空；短信可以没有催收员。"
    severity = Severity.LOW
    law = ("COL-REC-02",)
    reads = (Reads(ROWS, LOG, needs=_FIELDS),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        if world.organisation.get("kind") != "consumer_finance":
            log = log.filter(ibis.literal(False))
        empty = {name: log[name].isnull() for name in _FIELDS}
        empty["agent"] = empty["agent"] & log.channel.isin(("call", "visit"))
        return reduce(ir.Table.union, (place(log.filter(lacking), aspect=_NAMES.get(name, name)) for name, lacking in empty.items()))
