"""Batches → spans → profiles: what one worker does with one piece of work."""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from pii_audit.engines.names import Names
from pii_audit.engines.structure import Structures
from pii_audit.entities.masking import mask_value
from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.entity import EntityType
from pii_audit.model.finding import Location
from pii_audit.model.profile import FIRST_LOCATIONS, ColumnProfile, Tally
from pii_audit.model.score import SCORES, Evidence
from pii_audit.recognizers.batch import Detector, Mount, Spans
from pii_audit.recognizers.ensemble import Ensemble
from pii_audit.sources.interface import Batch, Column, Event, Pieces, TableEnd

SPAN_FIELDS = pa.schema(
    [
        ("source", pa.string()),
        ("line", pa.int64()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("entity_type", pa.string()),
        ("score", pa.float64()),
        ("evidence", pa.string()),
        ("masked", pa.string()),
        ("fingerprint", pa.string()),
    ]
)

@dataclass(slots=True)
class Folded:
    """What one piece of work gave. Rows are relative to the piece; the engine adds what lies before."""

    profiles: dict[tuple[str, str | None], ColumnProfile] = field(default_factory=dict)
    structures: Structures = field(default_factory=Structures)
    names: dict[str, ColumnProfile] = field(default_factory=dict)  #: what was found in names, by place
    tables: list[TableEnd] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    spans: list[pa.Table] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True)
class FoldOptions:
    """How to fold: ``spans`` asks for every span, ``key`` for fingerprints, ``show_values`` for clear samples."""

    spans: bool = False
    key: bytes | None = None
    show_values: bool = False
    structures: frozenset[str] = frozenset()


class Folder:
    """Runs the detector (and mounted recognizers) over events and sums up."""

    def __init__(self, detector: Detector, mounts: Sequence[Mount], options: FoldOptions) -> None:
        self.recognizers = Ensemble(detector, mounts)
        self.options = options
        self.names = Names(detector)
        self._types = [entity.name for entity in self.recognizers.entities]

    def take(self, event: Event, into: Folded) -> int:
        """Sum an event up in ``into``. Returns the bytes of input it stands for (progress)."""
        match event:
            case Batch():
                self._batch(replace(event, source=self.names.place(event.source, into.names)), into)
                return event.num_bytes
            case TableEnd():
                into.tables.append(replace(event, source=self.names.place(event.source, into.names)))
            case Skipped():
                into.skipped.append(self.names.event(event, into.names))
            case Note():
                into.notes.append(self.names.event(event, into.names))
        return 0

    def _batch(self, batch: Batch, into: Folded) -> None:
        seen: list[tuple[str | None, Column, Spans]] = []
        names = self.names.columns(batch.source, tuple(column.name for column in batch.columns), into.names)
        for column, name in zip(batch.columns, names, strict=True):
            values = column.values.cast(pa.string()) if pa.types.is_dictionary(column.values.type) else column.values
            place = batch.source if name is None else f"{batch.source}: {name}"
            failed = functools.partial(_failed, into, place)
            spans = self.recognizers.detect(values, column.name, failed)
            if column.pieces is not None:
                spans = _placed(spans, values, column.pieces)
            seen.append((name, column, spans))
            self._profile(batch, name, column, spans, into)
        into.structures.observe(batch, seen, self._types, self.options.structures)

    def _profile(self, batch: Batch, name: str | None, column: Column, spans: Spans, into: Folded) -> None:
        entities = self.recognizers.entities
        key = (batch.source, name)
        profile = into.profiles.get(key)
        if profile is None:
            profile = into.profiles[key] = ColumnProfile(batch.source, name, batch.text)
        sizes = np.diff(spans.offsets)
        core = sizes if column.pieces is None else column.pieces.core_end - column.pieces.core_start
        profile.values += int(np.count_nonzero(sizes))
        profile.characters += int(core.sum())
        into.count += len(spans)
        rows = (column.rows[spans.value] if column.rows is not None else spans.value.astype(np.int64)) + batch.first_row
        for index in np.flatnonzero(spans.masked + spans.near_misses + _counts(spans, len(entities))).tolist():
            entity = entities[index]
            tally = profile.tallies.setdefault(entity.name, Tally())
            tally.masked += int(spans.masked[index])
            tally.near_misses += int(spans.near_misses[index])
            mine = np.flatnonzero(spans.entity == index)
            if not mine.size:
                continue
            tally.count += int(mine.size)
            tally.cells += _runs(spans.value[mine])
            tally.whole += int(np.count_nonzero(spans.whole[mine]))
            for evidence, count in enumerate(np.bincount(spans.evidence[mine], minlength=len(Evidence)).tolist()):
                tally.evidence[evidence] += count
            tally.distinct.add(spans.hash[mine])
            if tally.wants(int(rows[mine[0]]) + 1):
                places = []
                for i in mine[:FIRST_LOCATIONS].tolist():
                    row = int(rows[i]) + 1
                    place = Location(
                        row if batch.text else None, None if batch.text else row, int(spans.start[i]), int(spans.end[i])
                    )
                    places.append((place, self._shown(entity, spans.text(i))))
                tally.note(places)
        if self.options.spans and len(spans):
            into.spans.append(self._table(batch, name, rows, spans, entities))

    def _shown(self, entity: EntityType, text: str) -> str:
        return text if self.options.show_values else mask_value(entity.mask, text)

    def _table(
        self, batch: Batch, name: str | None, rows: np.ndarray, spans: Spans, entities: Sequence[EntityType]
    ) -> pa.Table:
        n = len(spans)
        number = pa.array(rows + 1)
        nothing = pa.nulls(n, pa.int64())
        key = self.options.key
        columns = [
            _constant(batch.source, n),
            number if batch.text else nothing,
            nothing if batch.text else number,
            _constant(name, n),
            pa.array(spans.start),
            pa.array(spans.end),
            pa.DictionaryArray.from_arrays(pa.array(spans.entity.astype(np.int8)), [e.name for e in entities]).cast(pa.string()),
            pa.array(np.array([SCORES[e] for e in Evidence])[spans.evidence]),
            pa.DictionaryArray.from_arrays(pa.array(spans.evidence.astype(np.int8)), [e.label for e in Evidence]).cast(pa.string()),
            self._masked(spans, entities),
            pa.array([fingerprint(key, spans.text(i)) for i in range(n)], pa.string()) if key else pa.nulls(n, pa.string()),
        ]
        return pa.Table.from_arrays(columns, schema=SPAN_FIELDS)

    def _masked(self, spans: Spans, entities: Sequence[EntityType]) -> pa.Array:
        """Return how each span is shown; compiled for the forms that nearly all spans have."""
        parts, order = [], []
        for index, entity in enumerate(entities):
            mine = np.flatnonzero(spans.entity == index)
            if not mine.size:
                continue
            order.append(mine)
            if entity.mask.kind == "keep" and not self.options.show_values:
                parts.append(spans.kept(mine, entity.mask.head, entity.mask.tail))
            else:
                parts.append(pa.array([self._shown(entity, spans.text(i)) for i in mine.tolist()], pa.string()))
        return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(order))))


_COUNTRY_CODE = re.compile("^(?:00)?86(?=1[3-9][0-9]{9}$)")


def fingerprint(key: bytes, text: str) -> str:
    """Return the keyed fingerprint (HMAC-SHA-256, hexadecimal) of a value, however it is written.

    Width, case, separators and the country code of a mobile number do not matter.
    """
    return hmac.new(key, compact(text).encode(), hashlib.sha256).hexdigest()


def compact(text: str) -> str:
    """Return the letters and digits of a value: half width, upper case, a mobile number without its country code."""
    return _COUNTRY_CODE.sub("", "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).upper())


@functools.lru_cache(maxsize=256)
def _constant_scalar(value: str | None) -> pa.Scalar:
    return pa.scalar(value, pa.string())


def _constant(value: str | None, n: int) -> pa.Array:
    return pa.repeat(_constant_scalar(value), n) if value is not None else pa.nulls(n, pa.string())


def _failed(into: Folded, place: str, reason: str) -> None:
    skipped = Skipped(place, "recognizer", reason)
    if skipped not in into.skipped:
        into.skipped.append(skipped)


def _counts(spans: Spans, entities: int) -> np.ndarray:
    return np.bincount(spans.entity, minlength=entities)


def _runs(ordered: np.ndarray) -> int:
    """Return how many different numbers an ordered array holds."""
    return int(np.count_nonzero(np.diff(ordered)) + 1) if ordered.size else 0


def _placed(spans: Spans, values: pa.Array, pieces: Pieces) -> Spans:
    """Keep the spans that start in the core of their piece and count characters from the start of the line."""
    n = len(values)
    low = np.empty(n, np.int64)
    high = np.empty(n, np.int64)
    wide = pa.types.is_large_string(values.type)
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64 if wide else np.int32)[values.offset : values.offset + n + 1]
    data = np.frombuffer(data_buffer, np.uint8)
    for i in range(n):
        value = data[offsets[i] : offsets[i + 1]]
        starts = (value & 0xC0) != 0x80
        low[i] = np.count_nonzero(starts[: pieces.core_start[i]])
        high[i] = np.count_nonzero(starts[: pieces.core_end[i]])
    keep = (spans.start >= low[spans.value]) & (spans.start < high[spans.value])
    spans = spans.keep(keep)
    shift = pieces.chars[spans.value]
    return replace(spans, start=spans.start + shift, end=spans.end + shift, whole=np.zeros(len(spans), bool))
