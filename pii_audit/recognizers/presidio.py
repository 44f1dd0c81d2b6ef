"""Presidio on both sides: our detector as recognizers, other people's recognizers beside our detector.

``AnalyzerEngine`` for Chinese without a model: :func:`analyzer_engine`. Its results equal the detector's, because each
recognizer calls the detector. Mounting: :func:`mount_file`. Definitions as Presidio YAML: ``to_yaml`` of ``regexes.py``.
This module is the only one of ours that imports presidio_analyzer.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer
from presidio_analyzer.recognizer_registry.recognizers_loader_utils import RecognizerListLoader

from pii_audit.entities import installed, select
from pii_audit.model.entity import Category, EntityType, Mask, Role, Sensitivity
from pii_audit.model.errors import DefinitionError
from pii_audit.model.score import DEFAULT_MIN_SCORE, SCORES, Evidence
from pii_audit.model.visible import visible
from pii_audit.recognizers.batch import Detector, Hit
from pii_audit.recognizers.prefilter import matching
from pii_audit.recognizers.regexes import LANGUAGE, to_yaml
from pii_audit.settings import is_class

__all__ = [
    "DetectorRecognizer",
    "PresidioMount",
    "analyzer_engine",
    "mount_file",
    "recognizer_for",
    "registry",
    "to_yaml",
]

#: what Presidio sets for patterns unless a file says otherwise
PATTERN_FLAGS = int(re.DOTALL | re.MULTILINE | re.IGNORECASE)

class _Quiet(logging.Filter):
    """Keeps Presidio's log to itself, which at debug level holds analysed text, but heeds that an expression gave up."""

    gave_up = False

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], TimeoutError):
            self.gave_up = True
        return record.levelno >= logging.ERROR


_quiet = _Quiet()
logging.getLogger("presidio-analyzer").setLevel(logging.WARNING)
logging.getLogger("presidio-analyzer").addFilter(_quiet)


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
    return AnalyzerEngine(
        registry=registry(names, min_score=min_score), nlp_engine=_no_engine(), supported_languages=[LANGUAGE]
    )


# -- mounting ----------------------------------------------------------------------------------------------------------

#: characters before a match in which a context word raises it, as far as five words reach (Presidio's default)
CONTEXT_CHARACTERS = 40


class PresidioMount:
    """A user's recognizer, run over batches beside the detector.

    Context words count in the characters before a match and in the header of the column, by Presidio's numbers: no
    tokeniser runs, so recognizers are handed artifacts without tokens. Results below the minimum score, which Presidio's
    scores are held against, are dropped. ``origin`` is a recognizer file with ``content``, or ``package.module:Class``.
    """

    def __init__(self, origin: str, content: str | None, position: int, min_score: float = DEFAULT_MIN_SCORE) -> None:
        self._made_of = (origin, content, position, min_score)
        self._min_score = min_score
        self._recognizer = recognizer = _recognizers(origin, content)[position]
        self.entities = tuple(_entity(str(name)) for name in recognizer.supported_entities)
        self._index = {entity.name: index for index, entity in enumerate(self.entities)}
        self._name = visible(_name(recognizer))
        self._context = tuple(str(word).casefold() for word in recognizer.context or () if word)

    def __reduce__(self) -> tuple[object, ...]:
        return (PresidioMount, self._made_of)

    def detect(self, values: pa.Array, header: str | None, failed: Callable[[str], None]) -> list[Hit]:
        """Return the results of at least the minimum score in every value that can match."""
        hits = []
        for i in self._candidates(values).tolist():
            text = values[i].as_py()
            if not text:
                continue
            _quiet.gave_up = False
            try:
                hits += self._analyze(i, text, header)
            except Exception as error:  # noqa: BLE001 - whatever it is, its message may hold the text
                failed(f"the recognizer {self._name} failed ({type(error).__name__})")
            if _quiet.gave_up:
                failed(f"the recognizer {self._name} took too long")
        return hits

    def _candidates(self, values: pa.Array) -> np.ndarray:
        recognizer = self._recognizer
        if isinstance(recognizer, PatternRecognizer) and not any(
            getattr(type(recognizer), method) is not getattr(PatternRecognizer, method)
            for method in ("analyze", "enhance_using_context")
        ):
            flags = int(recognizer.global_regex_flags or 0)
            return matching(values, [(pattern.regex, flags) for pattern in _patterns(recognizer)])
        return np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False))

    def _analyze(self, value: int, text: str, header: str | None) -> list[Hit]:
        recognizer = self._recognizer
        results = recognizer.analyze(text, list(recognizer.supported_entities), _artifacts()) or []
        results = recognizer.enhance_using_context(text, results, [], _artifacts(), [header] if header else None)
        thresholds = recognizer.score_thresholds
        hits = []
        for result in results:
            raised = self._is_raised(result, text, header)
            score = min(max(result.score + 0.35, 0.4), 1.0) if raised else result.score
            least = max(self._min_score, thresholds.get(result.entity_type, thresholds.get("default", 0.0)))
            entity = self._index.get(str(result.entity_type))
            if score < least or entity is None:
                continue
            if not 0 <= result.start < result.end <= len(text):
                raise ValueError("the result lies outside the text")
            hits.append(Hit(value, result.start, result.end, entity, self._evidence(result, raised)))
        return hits

    def _is_raised(self, result: RecognizerResult, text: str, header: str | None) -> bool:
        if (result.recognition_metadata or {}).get(RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY):
            return False
        before = f"{header or ''}\n{text[max(result.start - CONTEXT_CHARACTERS, 0) : result.start]}".casefold()
        return any(word in before for word in self._context)

    def _evidence(self, result: RecognizerResult, raised: bool) -> Evidence:
        if not isinstance(self._recognizer, PatternRecognizer):
            return Evidence.MODEL
        if getattr(result.analysis_explanation, "validation_result", None):
            return Evidence.CHECKSUM_CONTEXT if raised else Evidence.CHECKSUM
        return Evidence.CONTEXT if raised else Evidence.PATTERN


@lru_cache(maxsize=1)
def _artifacts() -> NlpArtifacts:
    """Return what a language engine says of a text, without a language engine: nothing."""
    return _no_engine().process_text("", LANGUAGE)


def _no_engine() -> NoOpNlpEngine:
    engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "none"}])
    engine.load()
    return engine


def _entity(name: str) -> EntityType:
    """Return our entity type of that name, or a plain one."""
    for entity in installed():
        if entity.name == name:
            return entity
    return EntityType(
        name=name,
        title=name.replace("_", " ").capitalize(),
        title_zh=name,
        role=Role.QUASI_IDENTIFIER,
        sensitivity=Sensitivity.MEDIUM,
        category=Category(),
        mask=Mask("keep", 1, 1),
    )


@lru_cache(maxsize=64)
def _recognizers(origin: str, content: str | None) -> tuple[EntityRecognizer, ...]:
    """Return the recognizers of ``package.module:Class``, or of a file with ``content``; made once per process."""
    made = _of_class(origin) if content is None else _of_file(visible(origin), content)
    for recognizer in made:
        if isinstance(recognizer, SpacyRecognizer):
            raise DefinitionError(
                f"{visible(origin)}: the recognizer {visible(_name(recognizer))} needs a language engine, and none runs here"
            )
    return made


def _of_file(shown: str, content: str) -> tuple[EntityRecognizer, ...]:
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise DefinitionError(f"{shown}{f':{mark.line + 1}' if mark else ''}: is not plain YAML") from error
    items = document.get("recognizers") if isinstance(document, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DefinitionError(f"{shown}: is not a Presidio recognizer file (no list «recognizers» of mappings)")
    found: list[EntityRecognizer] = []
    for number, item in enumerate(items, 1):
        try:
            made = RecognizerListLoader.get(
                recognizers=[item],  # type: ignore[arg-type]  # a list, as its own caller passes
                # a value is data of no language: one recognizer is enough where the item itself does not ask for more
                supported_languages=_languages(item) or _languages(document)[:1] or [LANGUAGE],
                global_regex_flags=document.get("global_regex_flags", PATTERN_FLAGS),
            )
            found += map(_compiled, made)
        except Exception as error:  # Presidio raises what its parser happens to raise
            name = visible(str(item.get("name") or f"number {number}"))
            raise DefinitionError(f"{shown}: the recognizer {name} cannot be made ({_brief(error)})") from error
    if not found:
        raise DefinitionError(f"{shown}: holds no recognizer")
    return tuple(found)


def _languages(conf: Mapping[str, Any]) -> list[str]:
    """Return the languages that a recognizer or file names."""
    many = conf.get("supported_languages") or ()
    names = [item.get("language") if isinstance(item, dict) else item for item in many]
    return [str(name) for name in (conf.get("supported_language"), *names) if name]


def _of_class(origin: str) -> tuple[EntityRecognizer, ...]:
    module, _, name = origin.partition(":")
    try:
        made = getattr(import_module(module), name)
        recognizer = made() if isinstance(made, type) else made
        if isinstance(recognizer, EntityRecognizer):
            return (_compiled(recognizer),)
    except (Exception, SystemExit) as error:  # an import runs whatever the module holds
        raise DefinitionError(f"{origin}: the recognizer cannot be made ({_brief(error)})") from error
    raise DefinitionError(f"{origin}: is not a Presidio EntityRecognizer")


def _compiled(recognizer: EntityRecognizer) -> EntityRecognizer:
    """Return the recognizer. Raises what its expressions raise with the flags they will be used with."""
    if isinstance(recognizer, PatternRecognizer):
        PatternRecognizer.analyze(recognizer, "", [])
    return recognizer


def _name(recognizer: EntityRecognizer) -> str:
    return str(getattr(recognizer, "name", ""))


def _patterns(recognizer: PatternRecognizer) -> list[Pattern]:
    return list(getattr(recognizer, "patterns", ()))


def _brief(error: BaseException) -> str:
    """Return an error in one line; it speaks of a file of the user's own, not of data."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {visible(text[:200])}" if text else type(error).__name__


def mount_file(path: Path | str, min_score: float = DEFAULT_MIN_SCORE) -> list[PresidioMount]:
    """Return the recognizers of a file, or of ``package.module:Class``, ready to run in batches.

    Raises DefinitionError if there are none or one cannot be made.
    """
    origin = str(path)
    content = None if is_class(origin) else _read(Path(origin))
    return [PresidioMount(origin, content, i, min_score) for i in range(len(_recognizers(origin, content)))]


def _read(path: Path) -> str:
    shown = visible(str(path))
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DefinitionError(f"{shown}: the recognizer file cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{shown}: the recognizer file is not UTF-8 (byte {error.start})") from error
