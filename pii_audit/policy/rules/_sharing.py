"""What the rules on sharing have in common: a register joined with the recipients that the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from pii_audit.model.entity import Role, Sensitivity
from pii_audit.policy import listed
from pii_audit.policy.interface import World, on_day

LOG = ("sharing_log",)
#: how a register writes the home country; Hong Kong, Macau and Taiwan count as abroad for exports
HOME = (
    "CN", "CHN", "PRC", "China", "Mainland China", "People's Republic of China",
    "中国", "中华人民共和国", "中国大陆", "中国内地", "中国境内", "大陆", "内地", "境内",
)  # fmt: skip


def parties(world: World, *facts: str) -> ir.Table:
    """Return ``recipient`` (the key that a register has), ``party`` (id in the catalogue), and facts of recipients."""
    keys = world.relation("recipient_keys")
    joined = keys.inner_join(world.relation("recipients").select("recipient", *facts), "recipient")
    return joined.select(*facts, party=joined.recipient, recipient=joined.key)


def entrusted(recipients: ir.Table) -> ir.BooleanValue:
    """Return whether a recipient holds the data for the handler; agencies do whatever they are called, regulators never."""
    by_name = recipients.relation.fill_null("entrusted") == "entrusted"
    return (recipients.type == "agency") | (by_name & (recipients.type != "regulator"))


def returned(recipients: ir.Table, world: World) -> ir.BooleanValue:
    """Return whether the catalogue says that the data are returned or destroyed; a day still to come is a plan."""
    return (recipients.destroyed_on <= on_day(world.as_of)).fill_null(False)


def abroad(world: World, log: ir.Table, home: Iterable[str]) -> ir.Table:
    """Return rows whose recipient is abroad, by the register or the catalogue, with ``party``, ``route`` and ``route_on``."""
    rows = log.left_join(parties(world, "country", "route", "route_on").rename(seat="country"), "recipient")
    away = ~rows.country.isin([world.key(word) for word in home])
    return rows.filter(away.fill_null(False) | (rows.seat != "CN").fill_null(False)).drop("recipient_right", "seat")


def to_types(world: World, found: ir.Table, types: Sequence[str]) -> ir.Table:
    """Return the findings in what goes to recipients of some types, with ``type`` and ``relation``."""
    recipients = world.relation("recipients").select("recipient", "type", "relation")
    joined = found.inner_join(recipients, "recipient")
    return joined.filter(joined.type.isin(types))


def lists(log: ir.Table, columns: Iterable[str]) -> ir.BooleanValue:
    """Return whether the fields that were sent hold one of these types (see ``listed.column``)."""
    return ibis.or_(ibis.literal(False), *(log[name] for name in columns))


def telling() -> list[str]:
    """Return the entity types that are telling by themselves (as ``_clear.personal``), of those that a list can name."""
    known = listed.known().items()
    return [name for name, e in known if e.role is Role.DIRECT_IDENTIFIER or e.sensitivity >= Sensitivity.MEDIUM]
