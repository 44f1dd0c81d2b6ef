"""Presidio on both sides: our detector as recognizers, other people's recognizers beside our detector.

``AnalyzerEngine`` for Chinese without a model: :func:`analyzer_engine`. Its results equal the detector's, because each
recognizer calls the detector. Definitions as Presidio YAML: :func:`to_yaml`. Mounting: :func:`mount_file`.
This module is the only one of ours that imports presidio_analyzer.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

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
from presidio_analyzer.recognizer_registry.recognizers_loader_utils import RecognizerListLoader

from pii_audit.entities import installed, select
from pii_audit.model.entity import Category, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.model.errors import DefinitionError
from pii_audit.model.score import DEFAULT_MIN_SCORE, SCORES, Evidence
from pii_audit.model.visible import visible
from pii_audit.recognizers.batch import Detector, Hit
from pii_audit.recognizers.compile import positions
from pii_audit.recognizers.prefilter import matching
from pii_audit.settings import is_class

LANGUAGE = "zh"
#: what Presidio sets for patterns unless a file says otherwise
PATTERN_FLAGS = int(re.DOTALL | re.MULTILINE | re.IGNORECASE)

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
#: what may stand between a label and a weak value, and between a label and its value
_NEAR = r"[^0-9\n;!?。；！？]{0,20}"
_GAP = r"(?:[_ -]?[A-Za-z_]{0,12})[0-9]?[\s\"'\\\[\](){}<>:：=＝是为编号码]{0,12}"
_TAIL = re.compile("(?<=[a-z]{2})(?:no|id|num|number|code|account|date|thru|key|token)$")
_HEX = "[0-9A-Fa-f]"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#: what scanners of the kernel read, as far as a regular expression can say it
_SCANNED = {
    "email": r"[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}",
    "ipv4": rf"{_OCTET}(?:\.{_OCTET}){{3}}",
    "ipv6": f"(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}|(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,5}})?::(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,5}})?",
    "mac": f"{_HEX}{{2}}(?::{_HEX}{{2}}){{5}}|{_HEX}{{2}}(?:-{_HEX}{{2}}){{5}}",
    "landline": r"(?:\+86|0086)?[ (-]{0,2}0?[1-9][0-9]{1,2}[ )-]{1,3}[1-8][0-9]{2,3}[ -]?[0-9]{4}(?:(?:-|转|分机|[ ,]{0,2}(?:ext|x|#)[. ]{0,2})[0-9]{1,6})?",
    "plate": "(?:WJ)?[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]?[ ·•・.-]?[0-9A-HJ-NP-Z]{4,6}[学警挂港澳领试超]?|使[0-9]{6}",
    "military": "[\u4e00-\u9fff]字第?[0-9]{6,8}号?",
    "geo": r"[0-9]{1,3}\.[0-9]{4,}[ ,;/]{1,3}[0-9]{1,3}\.[0-9]{4,}",
    "date": "(?:19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?",
    "datetime": "(?:19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?",
    "expiry": "(?:0[1-9]|1[0-2])[/-]?(?:20)?[0-9]{2}|20[0-9]{2}[-/年]?(?:1[0-2]|0?[1-9])月?|[0-9]{2}年[0-9]{1,2}月",
    "wxid": "wxid_[0-9a-z]{10,24}",
    "uuid": f"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}",
    "secret": r"eyJ[A-Za-z0-9_-]{7,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|AKIA[0-9A-Z]{16}|LTAI[0-9A-Za-z]{12,20}|(?<=://[^\s:/@]{1,64}:)[^\s@/]{1,64}(?=@)|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.{1,8192}",
    "biometric": r"(?:data:image/[a-z]+;base64,)?[A-Za-z0-9+/_-]{64,}={0,2}",
    "url": "[A-Za-z][A-Za-z0-9+]*://[!#-&(-;=-~]*[0-9A-Za-z/=]",
}
#: scanners whose values say nothing without a label
_WEAK_SCANNERS = frozenset({"date", "expiry", "uuid", "biometric"})
_PRINTED = r"(?!Bearer )[^\s\"',;&<>\\\[({:：=＝是为][^\s\"',;，；。&<>\\]{3,127}"


def regexes(entity: EntityType) -> list[tuple[str, str, float]]:
    """Return (title, regular expression, score) of what an expression can say of a definition.

    An independent, weaker reading for Presidio's pattern recognizers, which match without regard to case. It knows no
    check digits and no reference tables, and reads half-width text only. What needs a label is looked for behind one,
    by a look-behind of variable length, which the ``regex`` package has.
    """
    label = _label(entity)
    alone, beside = SCORES[Evidence.PATTERN], SCORES[Evidence.CONTEXT]
    found = []
    for shape in entity.shapes:
        weak = shape.strength is Strength.WEAK
        if weak and not label:
            continue
        before = _BEFORE + (f"{label}{_NEAR})" if weak else "") + (r"\+?" if shape.body.startswith("86") else "")
        bodies = [(shape.title, shape.body)]
        bodies += [(f"{shape.title} ({groups})", _grouped(shape, groups)) for groups in shape.groups]
        found += [(title, f"{before}{body}{_AFTER}", beside if weak else alone) for title, body in bodies]
    for name in entity.scanners:
        if name in _SCANNED and (label or name not in _WEAK_SCANNERS):
            weak = name in _WEAK_SCANNERS
            before = f"{label}{_NEAR})" if weak else "(?<![0-9A-Za-z])"
            found.append((name, f"{before}(?:{_SCANNED[name]}){_AFTER}", beside if weak else alone))
        if name == "secret" and label:
            found.append(("behind a label", f"{label}{_GAP}(?:Bearer )?){_PRINTED}", beside))
    for item in entity.labelled if label else ():
        value = f"[{item.first or item.chars}][{item.chars}]{{{item.min_length - 1},{item.max_length - 1}}}"
        found.append((item.title, f"{label}{_GAP}){value}{_AFTER}", beside))
    return found


def _label(entity: EntityType) -> str:
    """Return the beginning of a look-behind for one of the words that announce a value; nothing if there are none."""
    words: list[str] = []
    for word in sorted({*entity.context, *filter(str.isascii, entity.headers)}):
        # letters behind a word are allowed for anyway, digits are not
        if not words or not word.startswith(words[-1]) or not word.isalpha():
            words.append(word)
    latin = [_TAIL.sub(r"[_ -]?\g<0>", re.escape(word)) for word in words if word.isascii()]
    han = [re.escape(word) for word in words if not word.isascii()]
    kinds = [f"(?<![A-Za-z])(?:{'|'.join(latin)})[0-9]?"] * bool(latin) + han
    return f"(?<=(?:{'|'.join(kinds)})" if kinds else ""


def _grouped(shape: Shape, groups: str) -> str:
    """Return the expression of a shape written in groups with single spaces or hyphens between them."""
    sizes = [int(size) for size in groups.split("-")]
    reading = next(reading for reading in positions(shape.body) if len(reading) == sum(sizes))
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return "[ -]".join(_run(reading[end - size : end]) for size, end in zip(sizes, ends, strict=True))


def _run(reading: Sequence[frozenset[str]]) -> str:
    found = ""
    for chars, same in groupby(reading):
        count = len(list(same))
        found += f"[{''.join(sorted(chars))}]" + (f"{{{count}}}" if count > 1 else "")
    return found


_NOTICE = """\
# Entity types of pii-audit as Presidio pattern recognizers: what regular expressions can say of them.
# Check digits and reference tables are missing, and full-width characters have to be folded before.
"""


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
    document = {"recognizers": recognizers}
    return _NOTICE + str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120))


# -- mounting ------------------------------------------------------------------------------------------------------------

#: characters before a match in which a context word raises it, as far as five words reach (Presidio's default)
CONTEXT_CHARACTERS = 40


class PresidioMount:
    """A user's recognizer, run over batches beside the detector. Loaded once per process.

    Context words count in the characters before a match and in the header of the column, by Presidio's numbers: no
    tokeniser runs, so recognizers are handed artifacts without tokens. Results below the minimum score are dropped.
    """

    def __init__(self, origin: str, position: int, min_score: float = DEFAULT_MIN_SCORE) -> None:
        self._origin = origin
        self._position = position
        self._min_score = min_score
        self._recognizer = _recognizers(origin)[position]
        self.entities = tuple(_foreign(str(name)) for name in self._recognizer.supported_entities)
        self._index = {entity.name: index for index, entity in enumerate(self.entities)}
        self._name = visible(str(getattr(self._recognizer, "name", origin)))
        self._context = tuple(str(word).casefold() for word in self._recognizer.context or ())
        self._proves = _overrides(self._recognizer, "validate_result")

    def __reduce__(self) -> tuple[object, ...]:
        return (PresidioMount, (self._origin, self._position, self._min_score))

    def detect(self, values: pa.Array, header: str | None, failed: Callable[[str], None]) -> list[Hit]:
        """Return the results of at least the minimum score in every value that can match."""
        hits = []
        for i in self._candidates(values).tolist():
            text = values[i].as_py()
            if not text:
                continue
            try:
                hits += self._analyze(i, text, header)
            except Exception as error:  # noqa: BLE001 - whatever it is, its message may hold the text
                failed(f"the recognizer {self._name} failed ({type(error).__name__})")
        return hits

    def _candidates(self, values: pa.Array) -> np.ndarray:
        recognizer = self._recognizer
        patterns = getattr(recognizer, "patterns", None)
        if not patterns or _overrides(recognizer, "analyze"):
            return np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False))
        flags = int(getattr(recognizer, "global_regex_flags", None) or 0)
        return matching(values, [(pattern.regex, flags) for pattern in patterns])

    def _analyze(self, value: int, text: str, header: str | None) -> list[Hit]:
        recognizer = self._recognizer
        results = recognizer.analyze(text, list(recognizer.supported_entities), _artifacts()) or []
        results = recognizer.enhance_using_context(text, results, [], _artifacts(), [header] if header else None)
        hits = []
        for result in results:
            raised = self._is_raised(result, text, header)
            score = min(max(result.score + 0.35, 0.4), 1.0) if raised else result.score
            thresholds = recognizer.score_thresholds
            least = max(self._min_score, thresholds.get(result.entity_type, thresholds.get("default", 0.0)))
            if score < least or result.entity_type not in self._index:
                continue
            if not 0 <= result.start < result.end <= len(text):
                raise ValueError("the result lies outside the text")
            if not isinstance(recognizer, PatternRecognizer):
                evidence = Evidence.MODEL
            elif self._proves and result.score == recognizer.MAX_SCORE:
                evidence = Evidence.CHECKSUM_CONTEXT if raised else Evidence.CHECKSUM
            else:
                evidence = Evidence.CONTEXT if raised else Evidence.PATTERN
            hits.append(Hit(value, result.start, result.end, self._index[result.entity_type], evidence))
        return hits

    def _is_raised(self, result: RecognizerResult, text: str, header: str | None) -> bool:
        if (result.recognition_metadata or {}).get(RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY):
            return False
        before = f"{header or ''}\n{text[max(result.start - CONTEXT_CHARACTERS, 0) : result.start]}".casefold()
        return any(word in before for word in self._context)


@lru_cache(maxsize=1)
def _artifacts() -> NlpArtifacts:
    """Return what a language engine says of a text, without a language engine: nothing."""
    engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "none"}])
    engine.load()
    return engine.process_text("", LANGUAGE)


def _overrides(recognizer: EntityRecognizer, method: str) -> bool:
    return getattr(type(recognizer), method, None) is not getattr(PatternRecognizer, method)


def _foreign(name: str) -> EntityType:
    """Return our entity type of that name without what our detector would look for, or a plain one."""
    known = {entity.name: entity for entity in installed()}
    if name in known:
        return known[name]
    return EntityType(
        name=name,
        title=name.replace("_", " ").capitalize(),
        title_zh=name,
        role=Role.QUASI_IDENTIFIER,
        sensitivity=Sensitivity.MEDIUM,
        category=Category(),
        mask=Mask("keep", 1, 1),
    )


def _recognizers(origin: str) -> tuple[EntityRecognizer, ...]:
    """Return the recognizers of a Presidio YAML file, or of ``package.module:Class``; made once per process."""
    try:
        status = Path(origin).stat()
        return _made(origin, (status.st_mtime_ns, status.st_size))
    except OSError:
        return _made(origin, None)


@lru_cache(maxsize=64)
def _made(origin: str, _: tuple[int, int] | None) -> tuple[EntityRecognizer, ...]:
    if is_class(origin):
        return (_of_class(origin),)
    shown = visible(origin)
    try:
        document = yaml.safe_load(Path(origin).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DefinitionError(f"{shown}: the recognizer file cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{shown}: the recognizer file is not UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DefinitionError(f"{shown}{f':{mark.line + 1}' if mark else ''}: is not YAML") from error
    items = document.get("recognizers") if isinstance(document, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DefinitionError(f"{shown}: is not a Presidio recognizer file (no list «recognizers» of mappings)")
    found: list[EntityRecognizer] = []
    for number, item in enumerate(items, 1):
        try:
            found += RecognizerListLoader.get(
                recognizers=[item],  # type: ignore[arg-type]  # a list, as its own caller passes
                supported_languages=_languages(item) or _languages(document) or [LANGUAGE],
                global_regex_flags=document.get("global_regex_flags", PATTERN_FLAGS),
            )
        except Exception as error:  # Presidio raises what its parser happens to raise
            name = visible(str(item.get("name") or f"number {number}"))
            raise DefinitionError(f"{shown}: the recognizer {name} cannot be made ({_brief(error)})") from error
    if not found:
        raise DefinitionError(f"{shown}: holds no recognizer")
    return tuple(found)


def _languages(conf: dict[str, Any]) -> list[str]:
    """Return the languages a recognizer or file names; a value is data of no language, so all of them count."""
    many = conf.get("supported_languages") or ()
    names = [item.get("language") if isinstance(item, dict) else item for item in many]
    return [str(name) for name in (conf.get("supported_language"), *names) if name]


def _of_class(origin: str) -> EntityRecognizer:
    module, _, name = origin.partition(":")
    try:
        made = getattr(import_module(module), name)
        recognizer = made() if isinstance(made, type) else made
    except Exception as error:  # an import runs whatever the module holds
        raise DefinitionError(f"{origin}: the recognizer cannot be made ({_brief(error)})") from error
    if not isinstance(recognizer, EntityRecognizer):
        raise DefinitionError(f"{origin}: is not a Presidio EntityRecognizer")
    return recognizer


def _brief(error: BaseException) -> str:
    """Return an error in one line; it speaks of a file of the user's own, not of data."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {visible(text[:200])}" if text else type(error).__name__


def mount_file(path: Path | str, min_score: float = DEFAULT_MIN_SCORE) -> list[PresidioMount]:
    """Return the recognizers of a file, or of ``package.module:Class``, ready to run in batches.

    Raises DefinitionError if there are none or one cannot be made.
    """
    return [PresidioMount(str(path), i, min_score) for i in range(len(_recognizers(str(path))))]
