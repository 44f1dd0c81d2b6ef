"""Profile of a column → findings: what the column is, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pii_audit.model.entity import EntityType
from pii_audit.model.finding import Confidence, Finding, MaskedCount
from pii_audit.model.profile import ColumnProfile, Tally
from pii_audit.model.score import Evidence
from pii_audit.recognizers.cells import WHOLE_CELL

#: a column *is* of a type when at least this share of its values is wholly of it
COLUMN_SHARE = 0.5
#: few in much: a rare leak is reported as such, never lost among thousands of clean values
RARE_SHARE = 0.01
RARE_VALUES = 100
#: distinct values that agree with a header, and so make it certain
AGREEING = 3
#: values of the right form that fail the check, for each that holds, that make a column one of other numbers
FAILING = 2


def classify(
    profile: ColumnProfile, entities: Mapping[str, EntityType]
) -> Iterable[Finding | MaskedCount]:
    """Yield one finding per entity type with exposed values in the column, and one count per masked type."""
    for name, tally in sorted(profile.tallies.items()):
        if tally.masked:
            yield MaskedCount(profile.source, profile.column, name, tally.masked)
        if not tally.count or (name in WHOLE_CELL and not _is_credible(profile, tally)):
            continue
        best = tally.best
        yield Finding(
            source=profile.source,
            column=profile.column,
            entity_type=name,
            count=tally.count,
            distinct=min(tally.distinct.count, tally.count),
            distinct_exact=tally.distinct.exact,
            cells=tally.cells,
            values=profile.values,
            score=best.score,
            evidence=best.label,
            confidence=confidence(profile, tally),
            sensitivity=entities[name].sensitivity,
            pattern=_pattern(profile, tally),
            first_locations=tuple(place for place, _ in tally.first),
            masked_samples=tally.samples,
        )


def _is_credible(profile: ColumnProfile, tally: Tally) -> bool:
    """Return whether names and the like are there: where a header alone says so, one repeated value is none."""
    told_otherwise = tally.evidence[Evidence.HEADER] < tally.count
    return told_otherwise or (tally.distinct.count >= 2 and _is_mostly(profile, tally))


def _is_mostly(profile: ColumnProfile, tally: Tally) -> bool:
    return tally.whole >= profile.values * COLUMN_SHARE


def _pattern(profile: ColumnProfile, tally: Tally) -> str:
    if not profile.text and _is_mostly(profile, tally):
        return "column"
    if profile.values >= RARE_VALUES and tally.cells < profile.values * RARE_SHARE:
        return "rare"
    return "embedded"


def confidence(profile: ColumnProfile, tally: Tally) -> Confidence:
    """Return how sure it is that the values are of the type.

    Certain: a check digit with a label or header, check digits of two distinct values, or a column most of whose
    values, three distinct ones at least, fit its header. Likely: one check digit, a label, a header, a model, or two
    distinct values of the pattern. Possible: one value of the pattern, however often it is repeated, and values that
    hold among many that have the form and fail the check (order numbers), unless a label or header tells them.
    """
    seen = tally.evidence
    distinct = tally.distinct.count
    if seen[Evidence.CHECKSUM_CONTEXT]:
        return Confidence.CERTAIN
    if seen[Evidence.HEADER]:
        return Confidence.CERTAIN if distinct >= AGREEING and _is_mostly(profile, tally) else Confidence.LIKELY
    if tally.near_misses > FAILING * tally.cells:
        return Confidence.POSSIBLE
    if seen[Evidence.CHECKSUM] and distinct >= 2:
        return Confidence.CERTAIN
    supported = seen[Evidence.CHECKSUM] or seen[Evidence.CONTEXT] or seen[Evidence.MODEL] or distinct >= 2
    return Confidence.LIKELY if supported else Confidence.POSSIBLE
