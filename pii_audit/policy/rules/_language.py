"""Rules on what collectors say: one class of the lexicon each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import ibis.expr.types as ir

from pii_audit.policy.interface import ROWS, Reads, World, place
from pii_audit.policy.roles import text_column
from pii_audit.policy.rules._collection import LOG, WRITTEN, LogRule


def by_collector(log: ir.Table) -> ir.BooleanValue:
    """Return whether a text may hold words of the collector: all but what others wrote."""
    return ~((log.direction.fill_null("out") == "in") & log.channel.fill_null("call").isin(WRITTEN))


@dataclass(frozen=True)
class Language(LogRule):
    """A class of the lexicon in what was said or written in collection; a hit is for a person to read."""

    lexicon_class: ClassVar[str]
    reads = (Reads(ROWS, (*LOG, "message_log"), needs=("text",), uses=("direction", "channel", "borrower")),)

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(by_collector(log))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        return place(log.filter(log[text_column(self.lexicon_class)]), aspect=log.channel.fill_null("unknown"))
