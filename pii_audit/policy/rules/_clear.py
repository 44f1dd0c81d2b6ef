"""What the rules on values in clear share: which values are meant, and what stands beside what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.model.entity import Sensitivity
from pii_audit.policy.catalogue import ENTITY_TYPES, KINDS
from pii_audit.policy.interface import Rule, World, param, place

#: environments whose data are to be no production data
TRIALS = ("test", "development")


@dataclass(frozen=True)
class ClearValues(Rule):
    """A rule broken by findings of some entity types for which ``where`` holds."""

    entities: tuple[str, ...] = param(ENTITY_TYPES, (), "entity types; none: all of high sensitivity", "实体类型；空表示全部高敏感类型")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        wanted = found.entity_type.isin(self.entities) if self.entities else highly_sensitive(found)
        return places(found.filter(wanted & self.where(found)))

    def where(self, found: ir.Table) -> ir.BooleanValue:
        """Return which findings of these types break the rule; all, unless a rule says otherwise."""
        return ibis.literal(True)


def highly_sensitive(found: ir.Table) -> ir.BooleanValue:
    """Return whether a finding is of high sensitivity."""
    return found.sensitivity >= int(Sensitivity.HIGH)


def personal(found: ir.Table) -> ir.BooleanValue:
    """Return whether a finding is telling by itself: a direct identifier, or of medium or high sensitivity."""
    return found.direct | (found.sensitivity >= int(Sensitivity.MEDIUM))


def identifying(found: ir.Table) -> ir.BooleanValue:
    """Return whether a finding tells persons apart: a direct identifier, but not of a machine."""
    return found.direct & (found.sensitivity >= int(Sensitivity.MEDIUM))


def places(found: ir.Table) -> ir.Table:
    """Return findings as what breaks a rule: by entity type, as many as there are values."""
    return place(found, aspect=found.entity_type, n=found.hits)


def beside(found: ir.Table, others: ir.Table) -> ir.Table:
    """Return the findings in whose source one of the others lies."""
    return found.semi_join(others, ["dataset", "source"])


def kinds_but(*left_out: str) -> tuple[str, ...]:
    """Return every kind of dataset but some."""
    return tuple(kind for kind in KINDS if kind not in left_out)


def any_of(conditions: Iterable[ir.BooleanValue]) -> ir.BooleanValue:
    """Return whether one of the conditions holds."""
    return ibis.or_(ibis.literal(False), *conditions)
