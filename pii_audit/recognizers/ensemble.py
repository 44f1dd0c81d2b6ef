"""The detector and the recognizers of others, as one: spans of all in one table per column.

What a mounted recognizer finds stands beside what the detector found. Only where both claim overlapping characters
for the same entity type is it one span, the detector's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from pii_audit.model.entity import EntityType
from pii_audit.model.errors import DefinitionError
from pii_audit.recognizers import kernel
from pii_audit.recognizers.batch import Detector, Hit, Mount, Spans

#: what the columns that hold a span's entity type can count
MAX_ENTITIES = 127
_SPACE = "".join(map(chr, range(33)))


class Ensemble:
    """Runs the detector, then every mounted recognizer. ``entities``: what the spans' indexes mean."""

    def __init__(self, detector: Detector, mounts: Iterable[Mount]) -> None:
        self.detector = detector
        self.mounts = tuple(mounts)
        known = {entity.name: entity for entity in detector.entities}
        for mount in self.mounts:
            for entity in mount.entities:
                known.setdefault(entity.name, entity)
        self.entities: tuple[EntityType, ...] = tuple(known.values())
        if len(known) > MAX_ENTITIES:
            raise DefinitionError(f"{len(known)} entity types are too many for one scan (at most {MAX_ENTITIES})")
        order = {name: index for index, name in enumerate(known)}
        self._index = [[order[entity.name] for entity in mount.entities] for mount in self.mounts]

    def detect(self, values: pa.Array, header: str | None, failed: Callable[[str], None]) -> Spans:
        """Return the spans of all; ``failed`` is told, without any value, which recognizer could not go on."""
        spans = self.detector.detect(values, header)
        if not self.mounts:
            return spans
        hits = []
        for mount, index in zip(self.mounts, self._index, strict=True):
            hits += [hit._replace(entity=index[hit.entity]) for hit in mount.detect(values, header, failed)]
        more = len(self.entities) - len(self.detector.entities)
        spans = replace(spans, masked=np.pad(spans.masked, (0, more)), near_misses=np.pad(spans.near_misses, (0, more)))
        return _joined(spans, hits) if hits else spans


def _joined(spans: Spans, hits: Sequence[Hit]) -> Spans:
    """Return the spans with the hits that overlap none of their own entity type."""
    concerned = np.isin(spans.value, [hit.value for hit in hits])
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    columns = (spans.value, spans.entity, spans.start, spans.end)
    for value, entity, start, end in zip(*(column[concerned].tolist() for column in columns), strict=True):
        taken.setdefault((value, entity), []).append((start, end))
    added = []
    value, line = -1, ""
    for hit in sorted(hits, key=lambda hit: (hit.value, hit.start, -hit.end)):
        places = taken.setdefault((hit.value, hit.entity), [])
        if any(start < hit.end and hit.start < end for start, end in places):
            continue
        places.append((hit.start, hit.end))
        if hit.value != value:
            value, line = hit.value, spans.line(hit.value)
        first, last = len(line[: hit.start].encode()), len(line[: hit.end].encode())
        at = int(spans.offsets[hit.value])
        whole = not line[: hit.start].strip(_SPACE) and not line[hit.end :].strip(_SPACE)
        hashed = int(kernel.hash_span(spans.data, at + first, at + last))
        added.append((hit.value, hit.start, hit.end, hit.entity, hit.evidence, whole, hashed, first, last))
    if not added:
        return spans
    names = ("value", "start", "end", "entity", "evidence", "whole", "hash", "byte_start", "byte_end")
    joined = {
        name: np.concatenate((getattr(spans, name), np.array(column, getattr(spans, name).dtype)))
        for name, column in zip(names, zip(*added, strict=True), strict=True)
    }
    order = np.lexsort((joined["entity"], joined["end"], joined["start"], joined["value"]))
    return replace(spans, **{name: column[order] for name, column in joined.items()})
