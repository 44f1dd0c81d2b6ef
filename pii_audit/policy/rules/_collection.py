"""What the rules on collection logs share: who is meant, what counts as a call, whose turn it was."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.policy.interface import ROWS, Reads, Rule, World

LOG = ("collection_log",)
CALLS = ("call", "ai_call")
#: what they hold was written, so inward ones hold the words of the other side
WRITTEN = ("sms", "im", "email", "letter")
#: neither debtor nor guarantor nor joint debtor
THIRD_PERSONS = ("contact", "third")
STAFF = Reads(ROWS, ("staff",), needs=("agent",))


@dataclass(frozen=True)
class LogRule(Rule):
    """A rule that judges some rows of a log only; those are the rows it counts as tested."""

    @abstractmethod
    def judged(self, log: ir.Table) -> ir.Table:
        """Return the rows of the log that the rule is about."""

    def tested(self, world: World, *tables: ir.Table) -> ir.Table | None:
        return self.judged(tables[0])


def outward(log: ir.Table) -> ir.BooleanValue:
    """Return whether a contact went out; one that names no direction did."""
    return log.direction.fill_null("out") != "in"


def calls(log: ir.Table) -> ir.BooleanValue:
    """Return whether a row is an outbound call of known result; one without channel is a call if it has a result."""
    return outward(log) & log.channel.fill_null("call").isin(CALLS) & log.answered.notnull()


def to_third_person(log: ir.Table) -> ir.BooleanValue:
    """Return whether a contact went out to somebody who does not owe the debt."""
    return outward(log) & log.target_role.fill_null("debtor").isin(THIRD_PERSONS)


def in_order(log: ir.Table, *groups: ir.Value, rows: tuple[int | None, int] | None = None) -> ibis.expr.builders.WindowBuilder:
    """Return the window of a group by time; equal times keep the order of the files."""
    return ibis.window(group_by=list(groups), order_by=[log.event_time, log.source, log.row], rows=rows)


def beyond(log: ir.Table, most: int, *groups: ir.Value) -> ir.Table:
    """Return the rows of each group and day that follow the first ``most``."""
    numbered = log.mutate(nth=ibis.row_number().over(in_order(log, *groups, log.event_time.date())))
    return numbered.filter(numbered.nth >= most)


def by_others(log: ir.Table, world: World, own: Iterable[str]) -> ir.BooleanValue:
    """Return whether another organisation acted than the one that is audited, as ids or its name say."""
    names = {*own, str(world.organisation.get("name", ""))}
    keys = sorted(key for key in map(world.key, names) if key is not None)
    return log.agency.notnull() & ~log.agency.isin(keys or [0])
