"""Profile of a column → findings: what the column is, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pii_audit.model.entity import EntityType
from pii_audit.model.finding import Confidence, Finding, MaskedCount
from pii_audit.model.profile import SAMPLES, ColumnProfile, Tally
from pii_audit.model.score import Evidence

#: a column *is* of a type when at least this share of its values is wholly of it
COLUMN_SHARE = 0.5
#: few in much: a rare leak is reported as such, never lost among thousands of clean values
RARE_SHARE = 0.01
RARE_VALUES = 100
#: types that only a header announces: a column of one repeated value is no column of names
_HEADER_ONLY = frozenset({"PERSON", "CN_ADDRESS", "ORGANIZATION", "LOCATION"})
_STEPS = (Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CERTAIN)


def classify(
    profile: ColumnProfile, entities: Mapping[str, EntityType]
) -> Iterable[Finding | MaskedCount]:
    """Yield one finding per entity type with exposed values in the column, and one count per masked type."""
    for name, tally in sorted(profile.tallies.items()):
        if tally.masked:
            yield MaskedCount(profile.source, profile.column, name, tally.masked)
        if not tally.count or (name in _HEADER_ONLY and not _is_told_by_header(profile, tally)):
            continue
        best = max((e for e in Evidence if tally.evidence[e]), key=lambda e: (e.score, e))
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
            masked_samples=tuple(dict.fromkeys(sample for _, sample in tally.first))[:SAMPLES],
        )


def _is_told_by_header(profile: ColumnProfile, tally: Tally) -> bool:
    return tally.distinct.count >= 2 and tally.whole >= profile.values * COLUMN_SHARE


def _pattern(profile: ColumnProfile, tally: Tally) -> str:
    if not profile.text and tally.whole >= profile.values * COLUMN_SHARE:
        return "column"
    if profile.values >= RARE_VALUES and tally.cells < profile.values * RARE_SHARE:
        return "rare"
    return "embedded"


def confidence(profile: ColumnProfile, tally: Tally) -> Confidence:
    """Return how sure it is that the values are of the type.

    A check digit with a label is certain; a check digit or a label alone is likely; a bare pattern is possible until
    several distinct values agree. One wrong guess repeated is one guess: distinct values count, not spans. A column
    whose values mostly have the right form and fail the check (order numbers) takes one step back.
    """
    count = tally.evidence
    distinct = tally.distinct.count
    if count[Evidence.CHECKSUM_CONTEXT]:
        step = 2
    elif count[Evidence.CHECKSUM]:
        step = 2 if distinct >= 2 else 1
    elif count[Evidence.CONTEXT] or count[Evidence.HEADER] or count[Evidence.MODEL]:
        step = 2 if count[Evidence.HEADER] and distinct >= 3 and tally.whole >= profile.values * COLUMN_SHARE else 1
    else:
        step = 1 if distinct >= 2 else 0
    if tally.near_misses > 2 * tally.whole and not count[Evidence.HEADER] and not count[Evidence.CHECKSUM_CONTEXT]:
        step = min(step, 1) - 1
    return _STEPS[max(step, 0)]
