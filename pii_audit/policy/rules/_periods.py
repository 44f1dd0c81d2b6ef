"""What the rules on retention share: periods that the catalogue declares, and the first day of a log."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from pii_audit.documents.period import Period
from pii_audit.policy.interface import World, on_day
from pii_audit.policy.roles import ROLES

#: kinds of datasets whose rows are personal data of borrowers
PERSONAL = (
    "loan_book", "borrower_master", "repayments", "contacts", "collection_log", "message_log", "recording_index",
    "credit_reports", "backup", "export", "outbound", "test_data",
)  # fmt: skip
#: organisations that keep identity data and transaction records for ten years (RET-08), and the kinds of datasets with them
_FINANCIAL = ("bank", "consumer_finance", "micro_loan")
IDENTITY = ("borrower_master", "repayments")
#: roles of dates that every row has; where one is empty, it is not that the period has not begun
BEGINNINGS = (*(name for name, role in ROLES.items() if role.must), "opened_on", "given_on", "birth_date", "hired_on", "contract_from")
#: days from which no number of months is shorter, or longer, than from any other day (28 to 31 days, 181 to 184)
_TELLING_DAYS = (dt.date(2025, 2, 1), dt.date(2027, 3, 1), dt.date(2027, 7, 1))
_PERIODS = ("keep_until_from", "keep_months", "keep_days", "min_months", "min_days")


def identity_least(world: World) -> Period | None:
    """Return how long the organisation keeps identity data and transaction records by law; None if it is not bound."""
    return Period(120) if world.organisation.get("kind") in _FINANCIAL else None


def with_periods(world: World, table: ir.Table) -> ir.Table:
    """Return the table with the periods that the catalogue declares of each dataset (null: none declared).

    Where it declares no minimum, identity data and transaction records of financial institutions have the one of the law.
    """
    declared = world.relation("datasets").select("dataset", "kind", *_PERIODS)
    if by_law := identity_least(world):
        least = declared.kind.isin(IDENTITY).ifelse(by_law.months, ibis.null("int64"))
        declared = declared.mutate(min_months=declared.min_months.fill_null(least))
    return table.inner_join(declared.drop("kind"), "dataset")


def of_bases(world: World, rows: ir.Table, bases: tuple[str, ...]) -> ir.Table:
    """Return the rows with the legal basis of their dataset; only those of some bases, if any are named."""
    datasets = world.relation("datasets")
    rows = rows.inner_join(datasets.select("dataset", legal_basis=datasets.legal_basis.fill_null("undeclared")), "dataset")
    return rows.filter(rows.legal_basis.isin(bases)) if bases else rows


def kept_until(table: ir.Table, date: ir.DateValue, keep: Period | None, least: Period | None) -> ir.DateValue:
    """Return the last day of ``keep`` and of the minimum, whichever is later; None: as the catalogue declares.

    Null where the catalogue declares no ``keep``; a dataset without a minimum has none.
    """
    end = keep.end(date) if keep else _declared(date, table.keep_months, table.keep_days)
    return ibis.greatest(end, least_until(table, date, least))


def least_until(table: ir.Table, date: ir.DateValue, least: Period | None) -> ir.DateValue:
    """Return the last day on which a law demands that it is kept; the date itself where the catalogue names no law."""
    return least.end(date) if least else _declared(date, table.min_months.fill_null(0), table.min_days.fill_null(0))


def _declared(date: ir.DateValue, months: ir.Value, days: ir.Value) -> ir.DateValue:
    end: ir.DateValue = date + months.as_interval("M") + days.as_interval("D")
    return end


def shorter(table: ir.Table, least: Period) -> ir.BooleanValue:
    """Return whether what the catalogue declares ends earlier than the minimum does, from whatever day they run."""
    ends = [(kept_until(table, on_day(day), None, None), on_day(least.after(day))) for day in _TELLING_DAYS]
    return ibis.or_(*(end < wanted for end, wanted in ends))


def over(end: ir.DateValue, as_of: dt.date) -> ir.BooleanValue:
    """Return whether a last day has passed: the day itself is still inside."""
    return end < on_day(as_of)


def begins_late(world: World, entries: ir.Table, datasets: ir.Table, first: ir.DateValue, least: Period) -> ir.Table:
    """Return datasets whose earliest entry is younger than the minimum although they have been written for longer."""
    begun = entries.group_by("dataset").aggregate(first=first.min())
    logs = begun.inner_join(datasets.select("dataset", "since"), "dataset")
    day = on_day(world.as_of)
    return logs.filter((least.end(logs.first) > day) & (least.end(logs.since) <= day)).select("dataset")
