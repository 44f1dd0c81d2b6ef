"""Presidio on both sides: our detector as recognizers, other people's recognizers beside our detector.

``AnalyzerEngine`` for Chinese without a model: :func:`analyzer_engine`. Its results equal the detector's, because each
recognizer calls the detector. Definitions as Presidio YAML: :func:`to_yaml`. Mounting: :func:`mount_file`.
This module is the only one of ours that imports presidio_analyzer.
"""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from pii_audit.entities import select
from pii_audit.model.entity import Category, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.model.errors import DefinitionError
from pii_audit.model.score import DEFAULT_MIN_SCORE, SCORES, Evidence
from pii_audit.recognizers.batch import Detector, Spans

LANGUAGE = "zh"

# Presidio logs analysed text at debug level; nothing of it may reach a log of ours
logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)


class DetectorRecognizer(EntityRecognizer):
    """One entity type, found by the shared detector: overlaps are settled among all types, as in a scan."""

    name: str

    def __init__(self, entity: EntityType, detector: Detector) -> None:
        self._detector = detector
        super().__init__(
            supported_entities=[entity.name],
            name=f"PiiAudit{entity.name.title().replace('_', '')}Recognizer",
            supported_language=LANGUAGE,
        )

    def load(self) -> None:
        """Nothing to load: the detector compiles itself when first used."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Return the detector's spans of this type in ``text`` (characters, end exclusive)."""
        wanted = set(entities or self.supported_entities) & set(self.supported_entities)
        return [
            RecognizerResult(
                entity_type=name,
                start=start,
                end=end,
                score=score,
                recognition_metadata={
                    RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                    # the detector has looked at the context already
                    RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY: True,
                },
            )
            for name, start, end, score in _detect(self._detector, text)
            if name in wanted
        ]


@lru_cache(maxsize=4)
def _detect(detector: Detector, text: str) -> tuple[tuple[str, int, int, float], ...]:
    """Return (entity, start, end, score) in one text; the recognizers of one engine ask for the same text in turn."""
    spans = detector.detect(pa.array([text], pa.string()))
    return tuple(
        (detector.entities[entity].name, int(start), int(end), SCORES[Evidence(evidence)])
        for entity, start, end, evidence in zip(
            spans.entity.tolist(), spans.start.tolist(), spans.end.tolist(), spans.evidence.tolist(), strict=True
        )
    )


def recognizer_for(entity: EntityType, detector: Detector | None = None) -> DetectorRecognizer:
    """Return a Presidio recognizer for one entity type."""
    return DetectorRecognizer(entity, detector or Detector((entity,)))


def registry(names: Sequence[str] | None = None, *, min_score: float = DEFAULT_MIN_SCORE) -> RecognizerRegistry:
    """Return a registry with one recognizer per entity type (None: those that are on by default)."""
    detector = Detector(select(names), min_score=min_score)
    return RecognizerRegistry(
        recognizers=[recognizer_for(entity, detector) for entity in detector.entities],
        supported_languages=[LANGUAGE],
    )


def analyzer_engine(names: Sequence[str] | None = None, *, min_score: float = DEFAULT_MIN_SCORE) -> AnalyzerEngine:
    """Return an AnalyzerEngine for ``zh`` with our recognizers and no language model."""
    engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "none"}])
    engine.load()
    return AnalyzerEngine(
        registry=registry(names, min_score=min_score), nlp_engine=engine, supported_languages=[LANGUAGE]
    )


# -- export ------------------------------------------------------------------------------------------------------------

_BEFORE = "(?<![0-9])"
_AFTER = "(?![0-9A-Za-z])"
#: what scanners of the kernel read, as far as a regular expression can say it
_SCANNED = {
    "email": r"[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}",
    "ipv4": r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])",
    "ipv6": r"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}",
    "mac": r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}",
    "landline": r"\(?0[1-9][0-9]{1,2}\)?[ -]?[1-8][0-9]{6,7}(?:-[0-9]{1,6})?",
    "plate": "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][ ·.-]?[0-9A-HJ-NP-Z]{4,6}[学警挂港澳]?",
    "military": "[\u4e00-\u9fff]字第?[0-9]{6,8}号?",
    "geo": r"[0-9]{1,3}\.[0-9]{4,},[ ]?[0-9]{1,3}\.[0-9]{4,}",
    "date": "(?:19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?",
    "expiry": "(?:0[1-9]|1[0-2])/(?:20)?[0-9]{2}",
    "wxid": "wxid_[0-9a-z]{12,20}",
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "secret": r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|AKIA[0-9A-Z]{16}",
    "biometric": r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]{64,}",
    "url": r"[A-Za-z][A-Za-z0-9+]*://[^\s\"'<>]+",
    "datetime": "(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}",
}


def regexes(entity: EntityType) -> list[tuple[str, str, float]]:
    """Return (title, regular expression, score) per shape and grouping: the independent, weaker reading of a definition.

    Check digits, reference tables and labels cannot be written as expressions; shapes that need them score low.
    """
    found = []
    for shape in entity.shapes:
        score = 0.3 if shape.strength is Strength.WEAK else SCORES[Evidence.PATTERN]
        found.append((shape.title, f"{_BEFORE}{shape.body}{_AFTER}", score))
        found += [
            (f"{shape.title} ({groups})", _BEFORE + _grouped(shape, groups) + _AFTER, score) for groups in shape.groups
        ]
    for name in entity.scanners:
        if name in _SCANNED:
            found.append((name, f"(?<![0-9A-Za-z.])(?:{_SCANNED[name]}){_AFTER}", SCORES[Evidence.PATTERN]))
    for item in entity.labelled:
        first = f"[{item.first or item.chars}]"
        found.append((item.title, f"{first}[{item.chars}]{{{item.min_length - 1},{item.max_length - 1}}}", 0.05))
    return found


_ATOM = re.compile(r"(\[[^\]]+\]|[A-Za-z0-9])(?:\{(\d+)(?:,(\d+))?\})?")


def _grouped(shape: Shape, groups: str) -> str:
    """Return the expression of a shape written in groups with single spaces or hyphens between them."""
    atoms = [m[1] for m in _ATOM.finditer(shape.body) for _ in range(int(m[3] or m[2] or 1))]
    out = []
    at = 0
    for size in map(int, groups.split("-")):
        out.append("".join(atoms[at : at + size]))
        at += size
    return "[ -]".join(out)


def to_yaml(names: Sequence[str] | None = None) -> str:
    """Return the definitions as a Presidio recognizer file (``add_recognizers_from_yaml`` reads it)."""
    recognizers = []
    for entity in select(names):
        patterns = [
            {"name": title, "regex": expression, "score": score} for title, expression, score in regexes(entity)
        ]
        if patterns:
            recognizers.append(
                {
                    "name": f"PiiAudit{entity.name.title().replace('_', '')}Pattern",
                    "supported_language": LANGUAGE,
                    "supported_entity": entity.name,
                    "patterns": patterns,
                    "context": list(entity.context),
                }
            )
    return str(yaml.safe_dump({"recognizers": recognizers}, allow_unicode=True, sort_keys=False, width=120))


# -- mounting ------------------------------------------------------------------------------------------------------------


class PresidioMount:
    """A user's recognizer, run over batches beside the detector. Loaded once per process."""

    def __init__(self, origin: str, position: int, min_score: float = DEFAULT_MIN_SCORE) -> None:
        self._origin = origin
        self._position = position
        self._min_score = min_score
        self._recognizer: EntityRecognizer | None = None
        self._recognizer = self._load()
        self.entities = tuple(_foreign(name) for name in self._recognizer.supported_entities)
        self._index = {entity.name: i for i, entity in enumerate(self.entities)}

    def __reduce__(self) -> tuple[object, ...]:
        return (PresidioMount, (self._origin, self._position, self._min_score))

    def _load(self) -> EntityRecognizer:
        return _recognizers(self._origin)[self._position]

    def detect(self, values: pa.Array, header: str | None = None) -> Spans:
        """Return the recognizer's results of at least the minimum score in every value that can match."""
        recognizer = self._recognizer
        assert recognizer is not None
        evidence = Evidence.PATTERN if isinstance(recognizer, PatternRecognizer) else Evidence.MODEL
        rows: list[tuple[int, int, int, int, bool]] = []
        for i in _candidates(recognizer, values).tolist():
            text = values[i].as_py()
            if not text:
                continue
            for result in recognizer.analyze(text, list(recognizer.supported_entities), None) or ():  # type: ignore[arg-type]
                if result.score >= self._min_score and result.entity_type in self._index:
                    whole = result.end - result.start == len(text.strip())
                    rows.append((i, result.start, result.end, self._index[result.entity_type], whole))
        rows.sort()
        return _spans(values, rows, evidence, len(self.entities))


def _foreign(name: str) -> EntityType:
    known = {entity.name: entity for entity in select(None)}
    return known.get(name) or EntityType(
        name=name,
        title=name.replace("_", " ").capitalize(),
        title_zh=name,
        role=Role.QUASI_IDENTIFIER,
        sensitivity=Sensitivity.MEDIUM,
        category=Category(),
        mask=Mask("keep", 1, 1),
    )


def _candidates(recognizer: EntityRecognizer, values: pa.Array) -> np.ndarray:
    """Return the indexes of values that a pattern recognizer can match; all non-null ones for any other kind."""
    everything = np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False))
    patterns = getattr(recognizer, "patterns", None)
    if not patterns or getattr(recognizer, "deny_list", None):
        return everything
    hit = np.zeros(len(values), bool)
    for pattern in patterns:
        try:
            found = pc.match_substring_regex(values, pattern.regex, ignore_case=True)
        except pa.ArrowInvalid:
            return everything  # an expression that RE2 does not read: ask the recognizer about every value
        hit |= found.fill_null(False).to_numpy(zero_copy_only=False)
    return np.flatnonzero(hit)


def _spans(values: pa.Array, rows: Sequence[tuple[int, int, int, int, bool]], evidence: Evidence, count: int) -> Spans:
    """Return results as Spans; byte offsets are worked out per value."""
    from pii_audit.recognizers import kernel
    from pii_audit.recognizers.batch import buffers

    data, offsets, _ = buffers(values)
    start, end, byte_start, byte_end, hashes = [], [], [], [], []
    for i, a, b, _, _ in rows:
        text = values[i].as_py()
        start.append(a)
        end.append(b)
        byte_start.append(len(text[:a].encode()))
        byte_end.append(len(text[:b].encode()))
        hashes.append(int(kernel.hash_span(data, offsets[i] + byte_start[-1], offsets[i] + byte_end[-1])))
    n = len(rows)
    return Spans(
        value=np.array([r[0] for r in rows], np.int32),
        start=np.array(start, np.int64),
        end=np.array(end, np.int64),
        entity=np.array([r[3] for r in rows], np.uint8),
        evidence=np.full(n, evidence, np.uint8),
        whole=np.array([r[4] for r in rows], bool),
        hash=np.array(hashes, np.uint64),
        masked=np.zeros(count, np.int64),
        near_misses=np.zeros(count, np.int64),
        byte_start=np.array(byte_start, np.int32),
        byte_end=np.array(byte_end, np.int32),
        data=data,
        offsets=offsets,
    )


@cache
def _recognizers(origin: str) -> tuple[EntityRecognizer, ...]:
    """Return the recognizers of a Presidio YAML file, or of ``package.module:Class``."""
    if not Path(origin).exists() and re.fullmatch(r"[\w.]+:\w+", origin):
        module, _, name = origin.partition(":")
        try:
            made = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise DefinitionError(f"{origin}: no such recognizer class") from error
        recognizer = made() if isinstance(made, type) else made
        if not isinstance(recognizer, EntityRecognizer):
            raise DefinitionError(f"{origin}: is not a Presidio EntityRecognizer")
        return (recognizer,)
    found = RecognizerRegistry(recognizers=[], supported_languages=[LANGUAGE])
    try:
        found.add_recognizers_from_yaml(origin)
    except OSError as error:
        raise DefinitionError(f"{origin}: the recognizer file cannot be read ({error.strerror})") from error
    except Exception as error:  # Presidio raises what its parser happens to raise
        raise DefinitionError(f"{origin}: is not a Presidio recognizer file ({type(error).__name__})") from error
    if not found.recognizers:
        raise DefinitionError(f"{origin}: holds no recognizer")
    return tuple(found.recognizers)


def mount_file(path: Path | str, min_score: float = DEFAULT_MIN_SCORE) -> list[PresidioMount]:
    """Return the recognizers of a file or class, ready to run in batches. Raises DefinitionError if there are none."""
    return [PresidioMount(str(path), i, min_score) for i in range(len(_recognizers(str(path))))]
