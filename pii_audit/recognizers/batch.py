"""Definitions → a function over Arrow string columns → spans."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.model.entity import EntityType
from pii_audit.model.score import DEFAULT_MIN_SCORE, SCORES, Evidence
from pii_audit.recognizers import kernel
from pii_audit.recognizers.cells import WHOLE_CELL, whole_cells
from pii_audit.recognizers.compile import compile_tables
from pii_audit.recognizers.lookalikes import VERSION_HEADERS


@dataclass(frozen=True, slots=True)
class Spans:
    """Exposed spans of one column of one batch, ordered by value and place; parallel arrays of equal length."""

    value: np.ndarray  #: int32, index into the column's values
    start: np.ndarray  #: int64, characters inside the line or cell
    end: np.ndarray  #: int64, exclusive
    entity: np.ndarray  #: uint8, index into ``Detector.entities``
    evidence: np.ndarray  #: uint8, model.score.Evidence
    whole: np.ndarray  #: bool, the span is the whole (trimmed) value
    hash: np.ndarray  #: uint64 of the compact value, for counting distinct ones; never leaves the process
    masked: np.ndarray  #: int64 per entity: values found already masked
    near_misses: np.ndarray  #: int64 per entity: whole values of the right form that failed the check
    byte_start: np.ndarray  #: int32, inside the folded value
    byte_end: np.ndarray
    data: np.ndarray  #: the folded bytes of all values
    offsets: np.ndarray  #: int64, where each value starts in ``data``

    def __len__(self) -> int:
        return int(self.value.size)

    def text(self, i: int) -> str:
        """Return the raw (folded) text of span ``i``. For masking and keyed fingerprints only."""
        at = int(self.offsets[self.value[i]])
        return bytes(self.data[at + int(self.byte_start[i]) : at + int(self.byte_end[i])]).decode("utf-8", "replace")

    def kept(self, wanted: np.ndarray, head: int, tail: int) -> pa.Array:
        """Return the texts of the spans at indexes ``wanted``, letters and digits starred but ``head`` and ``tail``."""
        base = self.offsets[self.value[wanted]]
        starts, ends = base + self.byte_start[wanted], base + self.byte_end[wanted]
        out = np.empty(int((ends - starts).sum()), np.uint8)
        offsets = np.empty(wanted.size + 1, np.int32)
        size = kernel.mask_spans(self.data, starts, ends, head, tail, out, offsets)
        return pa.StringArray.from_buffers(wanted.size, pa.py_buffer(offsets), pa.py_buffer(out[:size]))

    def line(self, value: int) -> str:
        """Return the raw (folded) text of a value. For structural checks only."""
        return bytes(self.data[int(self.offsets[value]) : int(self.offsets[value + 1])]).decode("utf-8", "replace")

    def hash_values(self) -> np.ndarray:
        """Return a uint64 per value: equal for values with the same letters and digits; 0 for an empty one."""
        out = np.empty(self.offsets.size - 1, np.uint64)
        kernel.hash_values(self.data, self.offsets, out)
        return out

    def keep(self, wanted: np.ndarray) -> Spans:
        """Return the spans for which ``wanted`` (a boolean array) is true."""
        return replace(self, **{name: getattr(self, name)[wanted] for name in _PER_SPAN})


_PER_SPAN = ("value", "start", "end", "entity", "evidence", "whole", "hash", "byte_start", "byte_end")


class Hit(NamedTuple):
    """One result of a mounted recognizer; ``start`` and ``end`` count characters of the value."""

    value: int
    start: int
    end: int
    entity: int  #: index into ``Mount.entities``
    evidence: Evidence


class Mount(Protocol):
    """A recognizer from elsewhere that runs beside the detector, in batches (see ``ensemble.py``)."""

    entities: tuple[EntityType, ...]

    def detect(self, values: pa.Array, header: str | None, failed: Callable[[str], None]) -> Sequence[Hit]:
        """Return what is found in a string array; ``failed`` is told, without any value, when it cannot go on."""


class Detector:
    """Finds personal data in columns of text. Picklable; compiles its tables on first use in a process."""

    def __init__(
        self,
        entities: Sequence[EntityType],
        *,
        min_score: float = DEFAULT_MIN_SCORE,
        today: dt.date | None = None,
    ) -> None:
        self.entities = tuple(e for e in entities if not e.structural)
        self.min_score = min_score
        self.today = today

    def __reduce__(self) -> tuple[object, ...]:
        return (_detector, (self.entities, self.min_score, self.today))

    @cached_property
    def tables(self) -> kernel.Tables:
        return compile_tables(self.entities, self.today)

    @cached_property
    def headers(self) -> HeaderIndex:
        return HeaderIndex(self.entities)

    def detect(self, values: pa.Array, header: str | None = None) -> Spans:
        """Return the spans in a string array; ``header`` is the column's name or JSON path, None for text.

        The result depends on each value and the header alone, never on how values are batched.
        """
        data, offsets, valid = buffers(values)
        data, offsets = _folded(data, offsets)
        mask = self.headers.mask(header) if header else 0
        count = len(self.entities)
        masked = np.zeros(count, np.int64)
        misses = np.zeros(count, np.int64)
        longest = int(np.diff(offsets).max()) if offsets.size > 1 else 0
        work = _work(longest)
        first = 0
        rows = offsets.size - 1
        capacity = max(1024, min(rows * 2, 1 << 18), longest // 3 + 8)
        parts = []
        while first < rows:
            out = _out(capacity)
            first, n = kernel.scan(
                data, offsets, valid, np.uint64(mask), first, self.tables, work, out, masked, misses
            )
            parts.append(kernel.Out(*(column[:n] for column in out)))
        merged = _joined(parts)
        if mask & self._cell_bits:
            merged = self._whole_cells(mask, data, offsets, valid, merged)
        spans = Spans(
            value=merged.value,
            start=merged.start.astype(np.int64),
            end=merged.end.astype(np.int64),
            entity=merged.entity,
            evidence=merged.evidence,
            whole=merged.whole.astype(bool),
            hash=merged.hash,
            masked=masked,
            near_misses=misses,
            byte_start=merged.byte_start,
            byte_end=merged.byte_end,
            data=data,
            offsets=offsets,
        )
        if self.min_score > min(SCORES.values()):
            spans = spans.keep(_SCORES[spans.evidence] >= self.min_score)
        return spans

    def warm(self) -> None:
        """Compile (or load from Numba's cache) what a scan needs, so that workers started afterwards only load it."""
        self.detect(pa.array(["\uff11", ""], pa.string()))

    @cached_property
    def _cell_bits(self) -> int:
        return sum(1 << index for index, entity in enumerate(self.entities) if entity.name in WHOLE_CELL)

    def _whole_cells(
        self, mask: int, data: np.ndarray, offsets: np.ndarray, valid: np.ndarray, found: kernel.Out
    ) -> kernel.Out:
        """Add the cells that are names, addresses … of the kinds the header speaks of; what the kernel found wins."""
        free = np.ones(offsets.size - 1, bool)
        free[found.value] = False
        parts = [found]
        for index, entity in enumerate(self.entities):
            if mask >> index & 1 and entity.name in WHOLE_CELL:
                rows = np.flatnonzero(whole_cells(entity.name, data, offsets, valid).astype(bool) & free)
                free[rows] = False
                out = _out(rows.size)
                kernel.whole(data, offsets, rows, out)
                out.entity[:] = index
                parts.append(out)
        parts = [part for part in parts if part.value.size]
        merged = _joined(parts)
        if len(parts) < 2:
            return merged
        order = np.argsort(merged.value, kind="stable")
        return kernel.Out(*(column[order] for column in merged))


_SCORES = np.array([SCORES[evidence] for evidence in Evidence])


def _detector(entities: tuple[EntityType, ...], min_score: float, today: dt.date | None) -> Detector:
    return Detector(entities, min_score=min_score, today=today)


def buffers(values: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (bytes, int64 offsets into them, validity or an empty array) without copying the bytes.

    All three are read-only, whatever the buffers are: for arrays that may be written the kernel is compiled once more.
    """
    wide = pa.types.is_large_string(values.type)
    _, offset_buffer, data_buffer = values.buffers()
    n = len(values)
    if n == 0 or offset_buffer is None:
        return _frozen(np.zeros(0, np.uint8)), _frozen(np.zeros(1, np.int64)), _frozen(np.zeros(0, np.bool_))
    offsets = np.frombuffer(offset_buffer, np.int64 if wide else np.int32)[values.offset : values.offset + n + 1]
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.zeros(0, np.uint8)
    valid = pc.is_valid(values).to_numpy(zero_copy_only=False) if values.null_count else np.zeros(0, np.bool_)
    return _frozen(data), _frozen(offsets.astype(np.int64, copy=False)), _frozen(valid)


def _frozen(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


def _folded(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start, end = int(offsets[0]), int(offsets[-1])
    data = data[start:end]
    if start:
        offsets = _frozen(offsets - start)
    if not kernel.needs_fold(data):
        return data, offsets
    out = np.empty(data.size, np.uint8)
    out_offsets = np.empty(offsets.size, np.int64)
    size = kernel.fold(data, offsets, out, out_offsets)
    return _frozen(out[:size]), _frozen(out_offsets)


def _joined(parts: Sequence[kernel.Out]) -> kernel.Out:
    if len(parts) == 1:
        return parts[0]
    return kernel.Out(*(np.concatenate(column) for column in zip(*parts, strict=True))) if parts else _out(0)


def _work(longest: int) -> kernel.Work:
    n = longest + 64
    return kernel.Work(
        n=np.empty((4, n, 5), np.int32),
        q=np.empty(n, np.uint64),
        b=np.empty((2, n), np.uint8),
    )


def _out(n: int) -> kernel.Out:
    return kernel.Out(
        value=np.empty(n, np.int32),
        byte_start=np.empty(n, np.int32),
        byte_end=np.empty(n, np.int32),
        start=np.empty(n, np.int32),
        end=np.empty(n, np.int32),
        entity=np.empty(n, np.uint8),
        evidence=np.empty(n, np.uint8),
        whole=np.empty(n, np.uint8),
        hash=np.empty(n, np.uint64),
    )


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
#: last path segments that only say «the value of what stands above»
_GENERIC = frozenset({"value", "val", "text", "content", "data", "number", "no", "num", "item", "raw"})


class HeaderIndex:
    """Column header or JSON path → entity types it names.

    A header is cut into words at separators and humps; any run of neighbouring words, joined, may name a type
    (``borrower_id_no`` → ``idno``). Chinese names match as substrings. The longest match at a place wins, so
    ``社保卡号`` is not a bank card.
    """

    def __init__(self, entities: Sequence[EntityType]) -> None:
        self._ascii: dict[str, int] = {}
        self._han: dict[str, int] = {}
        for index, entity in enumerate(entities):
            for header in entity.headers:
                table = self._ascii if header.isascii() else self._han
                table[header] = table.get(header, 0) | (1 << index)
        for word in VERSION_HEADERS:
            table = self._ascii if word.isascii() else self._han
            table[word] = table.get(word, 0) | int(kernel.VERSION)
        self._cache: dict[str, int] = {}

    def mask(self, header: str) -> int:
        """Return the bit mask of entity indexes that the header names (and kernel.VERSION for versions of programs)."""
        found = self._cache.get(header)
        if found is None:
            found = self._cache[header] = self._match(header)
        return found

    def _match(self, header: str) -> int:
        segments = [s for s in re.split(r"[.\[\]]+", unicodedata.normalize("NFKC", header).split("!")[-1]) if s]
        if not segments:
            return 0
        last = segments[-1]
        if last.lower() in _GENERIC and len(segments) > 1:
            last = f"{segments[-2]}_{last}"
        mask = self._words(last) | self._phrases(last)
        if not mask and len(segments) > 1 and header.endswith("[]"):
            mask = self._words(segments[-1])
        return mask

    def _words(self, text: str) -> int:
        words = [w.lower() for part in re.split(r"[^A-Za-z0-9]+", text) for w in _CAMEL.split(part) if w]
        while words and words[-1].isdigit() and len(words) > 1 and "".join(words[-2:]) not in self._ascii:
            words.pop()
        hits = []
        for i in range(len(words)):
            for j in range(i + 1, min(len(words), i + 6) + 1):
                mask = self._ascii.get("".join(words[i:j]))
                if mask:
                    hits.append((i, j, mask))
        return _outermost(hits)

    def _phrases(self, text: str) -> int:
        compact = re.sub(r"[\s_\-]+", "", text.lower())
        if not _HAN.search(compact):
            return 0
        hits = []
        for phrase, mask in self._han.items():
            at = compact.find(phrase)
            while at >= 0:
                hits.append((at, at + len(phrase), mask))
                at = compact.find(phrase, at + 1)
        return _outermost(hits)


def _outermost(hits: list[tuple[int, int, int]]) -> int:
    """Join the masks of matches that do not lie inside a longer one."""
    mask = 0
    for a, b, bits in hits:
        if not any(c <= a and b <= d and d - c > b - a for c, d, _ in hits):
            mask |= bits
    return mask
