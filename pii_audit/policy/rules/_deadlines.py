"""What the rules on deadlines share: what was done too late, or is due and still to be done."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pii_audit.policy.interface import World, on_day

#: grades of incidents that have short deadlines
GRADED = ("larger", "major", "extraordinary")


def overdue(done: ir.DateValue, due: ir.DateValue, world: World) -> ir.BooleanValue:
    """Return whether something was done after the day it was due, or not at all by a later day."""
    return done.fill_null(on_day(world.as_of)) > due


def hours_after(time: ir.TimestampValue, hours: int) -> ir.TimestampValue:
    """Return a time so many hours later."""
    return time + ibis.interval(hours=hours)


def passed(due: ir.TimestampValue, world: World) -> ir.BooleanValue:
    """Return whether a time lies before the day of the audit; on that day itself the clock is not known."""
    return due < on_day(world.as_of).cast("timestamp")


def missed(done: ir.TimestampValue, due: ir.TimestampValue, world: World) -> ir.BooleanValue:
    """Return whether something was done after the time it was due, or not at all although that has passed."""
    return (done > due) | (done.isnull() & passed(due, world))


def manner(done: ir.TimestampValue) -> ir.StringValue:
    """Return how a deadline was missed."""
    return done.isnull().ifelse("not done", "late")
