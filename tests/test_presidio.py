"""Presidio both ways: our types as its recognizers and its files, its recognizers beside our detector."""

from __future__ import annotations

import json
import os
import random
import re
import stat
import subprocess
import sys
import unicodedata
from functools import cache
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
import regex
import spacy
import yaml
from click.testing import CliRunner, Result
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, PatternRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer import pattern_recognizer as presidio_patterns
from presidio_analyzer.nlp_engine import NoOpNlpEngine

from benchmarks import hostile
from pii_audit import audit
from pii_audit.cli.program import program
from pii_audit.entities import entity_type, installed, select
from pii_audit.model.entity import EntityType
from pii_audit.model.errors import DefinitionError, PluginError, UsageError
from pii_audit.model.result import AuditResult
from pii_audit.model.score import SCORES, Evidence
from pii_audit.recognizers import prefilter, presidio
from pii_audit.recognizers.batch import Detector
from pii_audit.recognizers.ensemble import MAX_ENTITIES, Ensemble
from pii_audit.recognizers.presidio import PATTERN_FLAGS, analyzer_engine, mount_file, recognizer_for, registry
from pii_audit.recognizers.regexes import regexes, to_yaml
from pii_audit.settings import ScanSettings, SpanTarget, load_config

SEED = 20240229
FINDABLE = [entity for entity in installed() if not entity.structural]
EXPORTED = [entity for entity in FINDABLE if regexes(entity)]


@cache
def texts() -> tuple[str, ...]:
    """Return the texts of all tables of entity types, and a slice of the hostile set."""
    rng = Random(SEED)
    found = []
    for path in sorted((Path(__file__).parent / "entities").glob("*.yml")):
        entity = entity_type(path.stem)
        for row in yaml.safe_load(path.read_text(encoding="utf-8")):
            if isinstance(text := row.get("text"), str):
                text = text.replace("{sample}", entity.sample(rng)) if entity.sample else text
                found.append(text)
    return (*found, *(line["text"] for line in hostile.lines(SEED, 600)))


def spans_of(detector: Detector, text: str) -> list[tuple[str, int, int, float]]:
    spans = detector.detect(pa.array([text], pa.string()))
    return [
        (detector.entities[spans.entity[i]].name, int(spans.start[i]), int(spans.end[i]), SCORES[Evidence(spans.evidence[i])])
        for i in range(len(spans))
    ]


def results_of(results: list[RecognizerResult]) -> set[tuple[str, int, int, float]]:
    return {(r.entity_type, r.start, r.end, r.score) for r in results}


def no_language_model() -> NoOpNlpEngine:
    engine = NoOpNlpEngine(models=[{"lang_code": "zh", "model_name": "none"}])
    engine.load()
    return engine


# -- our types as recognizers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [None, tuple(entity.name for entity in FINDABLE)], ids=["default", "all"])
def test_engine_finds_what_the_detector_finds(names: tuple[str, ...] | None) -> None:
    engine, detector = analyzer_engine(names), Detector(select(names))
    found = 0
    for text in texts():
        ours = spans_of(detector, text)
        assert results_of(engine.analyze(text, language="zh")) == set(ours), text
        found += len(ours)
    assert found > 700


def test_engine_looks_for_what_is_asked() -> None:
    rng = Random(SEED)
    phone, mail = (entity_type(name).sample(rng) for name in ("CN_MOBILE_PHONE", "EMAIL_ADDRESS"))  # type: ignore[misc]
    text = f"电话 {phone}，邮箱 {mail}"
    names = lambda results: sorted(result.entity_type for result in results)  # noqa: E731
    assert names(analyzer_engine().analyze(text, language="zh")) == ["CN_MOBILE_PHONE", "EMAIL_ADDRESS"]
    assert names(analyzer_engine().analyze(text, language="zh", entities=["EMAIL_ADDRESS"])) == ["EMAIL_ADDRESS"]
    assert names(analyzer_engine(["cn_mobile_phone"]).analyze(text, language="zh")) == ["CN_MOBILE_PHONE"]
    assert names(analyzer_engine(min_score=0.7).analyze(phone, language="zh")) == []
    assert names(recognizer_for(entity_type("EMAIL_ADDRESS")).analyze(text, [])) == ["EMAIL_ADDRESS"]


def test_registry() -> None:
    made = registry()
    assert sorted(made.get_supported_entities(["zh"])) == sorted(e.name for e in select(None) if not e.structural)
    assert len({recognizer.name for recognizer in made.recognizers}) == len(made.recognizers)
    # beside recognizers of Presidio's own
    made.add_recognizer(PatternRecognizer("STAFF", supported_language="zh", deny_list=["甲乙丙"]))
    engine = AnalyzerEngine(registry=made, nlp_engine=no_language_model(), supported_languages=["zh"])
    mail = entity_type("EMAIL_ADDRESS").sample(Random(SEED))  # type: ignore[misc]
    found = {result.entity_type for result in engine.analyze(f"甲乙丙 {mail}", language="zh")}
    assert found == {"STAFF", "EMAIL_ADDRESS"}
    with pytest.raises(PluginError):
        registry(["CN_MOBILE_PHON"])


def test_no_language_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(*_: object, **__: object) -> None:
        raise AssertionError("a language model was asked for")

    for name in ("load", "blank"):
        monkeypatch.setattr(spacy, name, loaded)
    assert len(analyzer_engine().analyze("mail a.person@example.cn", language="zh")) == 1


# -- export ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> RecognizerRegistry:
    """Presidio's registry with nothing but the exported file."""
    path = tmp_path_factory.mktemp("export") / "all.yaml"
    path.write_text(to_yaml([entity.name for entity in installed()]), encoding="utf-8")
    made = RecognizerRegistry(recognizers=[], supported_languages=["zh"])
    made.add_recognizers_from_yaml(path)
    return made


def test_every_expression_compiles(plain: RecognizerRegistry) -> None:
    assert [recognizer.supported_entities for recognizer in plain.recognizers] == [[e.name] for e in EXPORTED]
    for recognizer in plain.recognizers:
        assert recognizer.patterns
        assert len({pattern.regex for pattern in recognizer.patterns}) == len(recognizer.patterns)
        for pattern in recognizer.patterns:
            regex.compile(pattern.regex, PATTERN_FLAGS)
            assert not regex.compile(pattern.regex, PATTERN_FLAGS).fullmatch("")


@pytest.mark.parametrize("entity", EXPORTED, ids=lambda entity: entity.name)
def test_a_plain_engine_finds_samples(plain: RecognizerRegistry, entity: EntityType) -> None:
    engine = AnalyzerEngine(registry=plain, nlp_engine=no_language_model(), supported_languages=["zh"])
    assert entity.sample
    for seed in range(20):
        value = entity.sample(Random(seed))
        texts = {value, *(f"{word}：{value}" for word in (*entity.context, *filter(str.isascii, entity.headers))[:3])}
        found = {
            text[r.start : r.end] for text in texts for r in engine.analyze(text, language="zh", entities=[entity.name])
        }
        assert value in found


def half_width(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" or c == "\u3000" else c for c in text)


#: what the detector reads and the expressions do not: entity types, the text behind the value, why
GAPS = [
    ({"CN_QQ", "ONE_TIME_CODE"}, r"\([^)]+\)", "a label behind the value: expressions look for labels before it only"),
]


def test_expressions_read_at_least_what_the_detector_reads(plain: RecognizerRegistry) -> None:
    detector = Detector(FINDABLE)
    recognizers = {recognizer.supported_entities[0]: recognizer for recognizer in plain.recognizers}
    seen: dict[str, int] = {}
    met = set()
    for text in map(half_width, texts()):
        for name, start, end, _ in spans_of(detector, text):
            if name not in recognizers:
                continue
            seen[name] = seen.get(name, 0) + 1
            if any(r.start <= start and end <= r.end for r in recognizers[name].analyze(text, [name])):
                continue
            gap = next((why for names, behind, why in GAPS if name in names and re.match(behind, text[end:])), None)
            assert gap, (name, text, text[start:end])
            met.add(gap)
    assert set(seen) == {entity.name for entity in EXPORTED}
    assert met == {why for _, _, why in GAPS}


def test_types_without_an_expression_are_named() -> None:
    document = to_yaml(["PERSON", "CN_VIN"])
    assert "Left out, since no regular expression can tell them: PERSON." in document
    assert [item["supported_entity"] for item in yaml.safe_load(document)["recognizers"]] == ["CN_VIN"]
    with pytest.raises(UsageError, match="PERSON"):
        to_yaml(["PERSON"])


def test_an_export_can_be_mounted(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(to_yaml(), encoding="utf-8")
    assert [mount.entities[0].name for mount in mount_file(tmp_path / "r.yaml")] == [e.name for e in EXPORTED if e.default]


def invoke(*args: object) -> Result:
    return CliRunner().invoke(program, list(map(str, args)))


class TestExportCommand:
    def test_standard_output(self) -> None:
        result = invoke("export", "presidio", "--entities", "cn_vin, CN_USCC")
        assert result.exit_code == 0
        assert result.stdout == to_yaml(["CN_USCC", "CN_VIN"])

    def test_file(self, tmp_path: Path) -> None:
        path = tmp_path / "r.yaml"
        path.write_text("old")
        path.chmod(0o644)
        before = os.umask(0)
        try:
            result = invoke("export", "presidio", "-o", path)
        finally:
            os.umask(before)
        assert (result.exit_code, result.output) == (0, "")
        assert path.read_text(encoding="utf-8") == to_yaml()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert os.listdir(tmp_path) == ["r.yaml"]

    @pytest.mark.parametrize("names", ["NOTHING", "PERSON", ","])
    def test_failure_leaves_the_old_file(self, tmp_path: Path, names: str) -> None:
        path = tmp_path / "r.yaml"
        path.write_text("old")
        result = invoke("export", "presidio", "--entities", names, "-o", path)
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["r.yaml"]

    def test_no_folder(self, tmp_path: Path) -> None:
        result = invoke("export", "presidio", "-o", tmp_path / "none" / "r.yaml")
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)

    def test_presidio_is_not_needed(self) -> None:
        code = (
            "import sys\nfrom pii_audit.cli.program import program, run\n"
            "run(program, ['export', 'presidio', '-o', '/dev/null/none'], 'p')\n"
            "print('presidio_analyzer' in sys.modules, 'pii_audit.recognizers.regexes' in sys.modules)"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout == "False True\n"


# -- mounting --------------------------------------------------------------------------------------------------------


class Ours(EntityRecognizer):
    """A recognizer without patterns, as one with a model of its own would be."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["COUPON", "VOUCHER"], name="Ours", supported_language="zh")

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        assert set(entities) == {"COUPON", "VOUCHER"}
        return [
            RecognizerResult("COUPON" if match[0][0] == "C" else "VOUCHER", *match.span(), 0.9)
            for match in re.finditer(r"[CV]#\d+", text)
        ]


class Fails(Ours):
    """Raises on some values, and says them."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        if "C#" in text:
            raise RuntimeError(f"cannot read {text}")
        return super().analyze(text, entities)


class OutOfBounds(Ours):
    """Answers with places that the text does not have."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        return [RecognizerResult("COUPON", 0, len(text) + 1, 0.9)]


class Checked(PatternRecognizer):
    """A pattern with a check digit."""

    def __init__(self) -> None:
        from presidio_analyzer import Pattern

        super().__init__("TICKET", "Checked", "zh", [Pattern("t", r"T\d{4}", 0.3)], context=["门票"])

    def validate_result(self, pattern_text: str) -> bool:
        return int(pattern_text[1:]) % 7 == 0


class NeedsArguments(Ours):
    """Cannot be made without being told something."""

    def __init__(self, model: str) -> None:
        super().__init__()


NOT_A_RECOGNIZER = object()
MODULE = __name__

COUPON = {
    "name": "Coupon",
    "supported_language": "zh",
    "supported_entity": "COUPON",
    "patterns": [{"name": "c", "regex": r"(?<![A-Z])C#\d+\b", "score": 0.6}],
}


def yaml_file(folder: Path, *items: object, name: str = "r.yaml", **keys: object) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump({**keys, "recognizers": list(items)}, allow_unicode=True), encoding="utf-8")
    return path


def detected(origin: Path | str, *values: str | None, header: str | None = None, **options: float) -> list[tuple[object, ...]]:
    """Return (value, text, entity type, evidence) of what all mounts of an origin find."""
    found = []

    def failed(reason: str) -> None:
        raise AssertionError(reason)

    for mount in mount_file(origin, **options):
        for hit in mount.detect(pa.array(values, pa.string()), header, failed):
            text = values[hit.value]
            assert text
            found.append((hit.value, text[hit.start : hit.end], mount.entities[hit.entity].name, hit.evidence.label))
    return found


def scanned(*targets: Path, **settings: object) -> AuditResult:
    return audit.scan(ScanSettings(targets=tuple(map(str, targets)), workers=1, **settings))  # type: ignore[arg-type]


def counts(result: AuditResult) -> dict[str, int]:
    found: dict[str, int] = {}
    for finding in result.findings:
        found[finding.entity_type] = found.get(finding.entity_type, 0) + finding.count
    return found


def test_a_file_beside_the_detector(tmp_path: Path) -> None:
    rng = Random(SEED)
    phones = [entity_type("CN_MOBILE_PHONE").sample(rng) for _ in range(3)]  # type: ignore[misc]
    log = tmp_path / "t.log"
    log.write_text("".join(f"优惠券C#{i}7 电话{phone}\n" for i, phone in enumerate(phones)), encoding="utf-8")
    plain, both = scanned(log), scanned(log, recognizers=(yaml_file(tmp_path, COUPON),))
    assert counts(plain) == {"CN_MOBILE_PHONE": 3}
    assert counts(both) == {"CN_MOBILE_PHONE": 3, "COUPON": 3}
    assert [f for f in both.findings if f.entity_type != "COUPON"] == list(plain.findings)
    coupon = next(f for f in both.findings if f.entity_type == "COUPON")
    assert (coupon.evidence, coupon.distinct, coupon.masked_samples[0]) == ("pattern", 3, "*#**")
    assert [(at.line, at.start, at.end) for at in coupon.first_locations] == [(i, 3, 7) for i in (1, 2, 3)]
    assert both.skipped == ()
    assert both.run.versions["presidio-analyzer"]


def test_a_class_beside_the_detector(tmp_path: Path) -> None:
    log = tmp_path / "t.log"
    log.write_text("C#1 ok\nV#22 ok C#333\n")
    result = scanned(log, recognizers=(Path(f"{MODULE}:Ours"),))
    assert counts(result) == {"COUPON": 2, "VOUCHER": 1}
    assert {f.evidence for f in result.findings} == {"model"}


def test_full_width_text_and_places(tmp_path: Path) -> None:
    """A recognizer reads what stands there; places count characters of the line."""
    log = tmp_path / "t.log"
    log.write_text("𠮷（优惠）Ｃ#1，C#２3\n", encoding="utf-8")
    spans = tmp_path / "s.jsonl"
    scanned(log, recognizers=(yaml_file(tmp_path, COUPON),), spans=(SpanTarget(spans, "jsonl"),))
    rows = [json.loads(line) for line in spans.read_text(encoding="utf-8").splitlines()]
    assert [(row["start"], row["end"], row["entity_type"], row["masked"]) for row in rows] == [(9, 13, "COUPON", "*#**")]


def test_same_type_is_counted_once(tmp_path: Path) -> None:
    value = entity_type("CN_MOBILE_PHONE").sample(Random(SEED))  # type: ignore[misc]
    log = tmp_path / "t.log"
    log.write_text(f"电话 {value}，短号 61234\n", encoding="utf-8")
    phones = {
        "name": "Phones",
        "supported_entity": "CN_MOBILE_PHONE",
        "patterns": [{"name": "long", "regex": r"\d{8,}", "score": 0.9}, {"name": "short", "regex": r"\b6\d{4}\b", "score": 0.9}],
    }  # fmt: skip
    twice = yaml_file(tmp_path, phones, {**phones, "name": "Again"})
    detector = Detector(select(None))
    spans = Ensemble(detector, mount_file(twice)).detect(pa.array([log.read_text(encoding="utf-8")]), None, pytest.fail)
    own = detector.detect(pa.array([log.read_text(encoding="utf-8")]))
    assert [spans.text(i) for i in range(len(spans))] == [value, "61234"]
    assert spans.evidence[0] == own.evidence[0]
    assert counts(scanned(log, recognizers=(twice,))) == {"CN_MOBILE_PHONE": 2}
    # another type at the same place stands beside it
    other = yaml_file(tmp_path, {**phones, "supported_entity": "CALLER"}, name="o.yaml")
    assert counts(scanned(log, recognizers=(other,))) == {"CN_MOBILE_PHONE": 1, "CALLER": 2}


class TestScores:
    WEAK = {**COUPON, "patterns": [{"name": "c", "regex": r"C#\d+", "score": 0.3}], "context": ["优惠券", "Coupon"]}  # noqa: RUF012

    def test_context_raises(self, tmp_path: Path) -> None:
        path = yaml_file(tmp_path, self.WEAK)
        near, far = "x" * 30, "x" * 50
        values = ("C#1", "优惠券 C#2", "COUPON: C#3", f"coupon {near} C#4", f"coupon {far} C#5", "C#6 coupon", None, "")
        assert detected(path, *values) == [(i, f"C#{i + 1}", "COUPON", "context") for i in (1, 2, 3)]
        assert detected(path, "C#1", header="coupon_no") == [(0, "C#1", "COUPON", "context")]
        assert detected(path, "C#1", "coupon C#2", min_score=0.3)[0] == (0, "C#1", "COUPON", "pattern")
        assert detected(path, "coupon C#1", min_score=0.64) == [(0, "C#1", "COUPON", "context")]
        assert detected(path, "coupon C#1", min_score=0.66) == []

    def test_thresholds(self, tmp_path: Path) -> None:
        at = {**COUPON, "score_thresholds": {"COUPON": 0.7}}
        assert detected(yaml_file(tmp_path, at), "C#1") == []
        assert detected(yaml_file(tmp_path, {**at, "context": ["a"]}), "a C#1") == [(0, "C#1", "COUPON", "context")]
        default = {**COUPON, "score_thresholds": {"default": 0.61}}
        assert detected(yaml_file(tmp_path, default), "C#1") == []
        default["score_thresholds"] = {"default": 0.9, "COUPON": 0.6}
        assert len(detected(yaml_file(tmp_path, default), "C#1")) == 1

    def test_deny_list(self, tmp_path: Path) -> None:
        denied = {"name": "D", "supported_entity": "STAFF", "deny_list": ["甲乙", "a.b", "J Doe"]}
        values = ("工号 甲乙！", "甲乙丙", "aXb", "A.B", "j doe, 甲乙")
        assert sorted(detected(yaml_file(tmp_path, denied), *values)) == [
            (0, "甲乙", "STAFF", "pattern"), (3, "A.B", "STAFF", "pattern"),
            (4, "j doe", "STAFF", "pattern"), (4, "甲乙", "STAFF", "pattern"),
        ]  # fmt: skip
        low = {**denied, "deny_list_score": 0.2}
        assert detected(yaml_file(tmp_path, low), *values) == []

    def test_check_digit(self) -> None:
        values = ("T0007", "T0008", "门票 T0014")
        assert detected(f"{MODULE}:Checked", *values) == [
            (0, "T0007", "TICKET", "checksum"), (2, "T0014", "TICKET", "checksum+context"),
        ]  # fmt: skip

    def test_flags_of_the_file(self, tmp_path: Path) -> None:
        assert len(detected(yaml_file(tmp_path, COUPON), "c#1")) == 1
        assert detected(yaml_file(tmp_path, COUPON, global_regex_flags=16), "c#1") == []


def test_predefined_and_disabled(tmp_path: Path) -> None:
    path = yaml_file(
        tmp_path,
        {"name": "UrlRecognizer", "type": "predefined", "supported_languages": ["en"]},
        {"name": "UsSsnRecognizer", "type": "predefined", "supported_languages": ["en"], "enabled": False},
        supported_languages=["en", "zh"],
    )
    assert [mount.entities[0].name for mount in mount_file(path)] == ["URL"]
    assert detected(path, "see https://example.com/x now")[0][1:3] == ("https://example.com/x", "URL")


def test_languages_make_no_copies(tmp_path: Path) -> None:
    bare = {key: value for key, value in COUPON.items() if key != "supported_language"}
    assert len(mount_file(yaml_file(tmp_path, bare, supported_languages=["en", "zh", "de"]))) == 1
    two = {**bare, "supported_languages": [{"language": "en", "context": ["coupon"]}, {"language": "zh", "context": ["券"]}]}
    assert [mount._context for mount in mount_file(yaml_file(tmp_path, two))] == [("coupon",), ("券",)]


@pytest.mark.parametrize("name", ["Fails", "OutOfBounds"])
def test_failures_are_skips_without_values(tmp_path: Path, name: str) -> None:
    log = tmp_path / "t.log"
    log.write_text("C#190417 ok\nV#22 ok\nC#190418\n")
    report = tmp_path / "r.json"
    result = invoke("scan", log, "--recognizers", f"{MODULE}:{name}", "-f", "json", "-o", report)
    assert result.exit_code == 3
    document = json.loads(report.read_text())
    kind = {"Fails": "RuntimeError", "OutOfBounds": "ValueError"}[name]
    assert [(skip["code"], skip["reason"]) for skip in document["skipped"]] == [
        ("recognizer", f"the recognizer Ours failed ({kind})")
    ]
    assert "19041" not in result.output + report.read_text()
    # what the recognizer could read is reported
    assert [f["entity_type"] for f in document["findings"]] == (["VOUCHER"] if name == "Fails" else [])


def test_an_expression_that_gives_up_is_a_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presidio_patterns, "REGEX_TIMEOUT_SECONDS", 0.05)
    slow = {**COUPON, "patterns": [{"name": "s", "regex": r"(?:(?:a|b|ab)+)+c\b", "score": 0.9}]}
    log = tmp_path / "t.log"
    log.write_text("ab" * 40 + "cx\nabc\n")
    result = scanned(log, recognizers=(yaml_file(tmp_path, slow),))
    assert [(skip.code, skip.reason) for skip in result.skipped] == [("recognizer", "the recognizer Coupon took too long")]
    assert counts(result) == {"COUPON": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"recognizers: [", "r.yaml:1: is not plain YAML"),
        (b"a: b\nrecognizers:\n  - !!python/object/apply:os.getcwd []\n", "r.yaml:3: is not plain YAML"),
        (b"recognizers: 2024-13-45", "is not plain YAML"),
        (b"[" * 5000, "is not plain YAML"),
        (b"\x00", "is not plain YAML"),
        (b"\xff\xfe\x00recognizers: []", "is not UTF-8 (byte 0)"),
        (b"", "no list «recognizers»"),
        (b"- a\n- b\n", "no list «recognizers»"),
        (b"recognizers: 3\n", "no list «recognizers»"),
        (b"recognizers: [UrlRecognizer]\n", "no list «recognizers» of mappings"),
        (b"recognizers: []\n", "holds no recognizer"),
        (b"recognizers:\n  - {name: A, supported_entity: X}\n", "the recognizer A cannot be made (ValueError"),
        (b"recognizers:\n  - {supported_entity: X, deny_list: [a], nonsense: 1}\n", "the recognizer number 1 cannot be made"),
        (b"recognizers:\n  - {name: B, supported_entity: X, patterns: [{name: p, regex: '(a', score: 0.5}]}\n",
         "the recognizer B cannot be made (ValueError: Invalid regex pattern"),
        (b"recognizers:\n  - {name: S, supported_entity: X, patterns: [{name: p, regex: 'a', score: 5}]}\n",
         "the recognizer S cannot be made (ValueError: Invalid score"),
        (b"global_regex_flags: loud\nrecognizers:\n  - {name: F, supported_entity: X, deny_list: [a]}\n",
         "the recognizer F cannot be made (TypeError"),
        (b"recognizers:\n  - {name: NoSuchRecognizer, type: predefined}\n", "the recognizer NoSuchRecognizer cannot be made"),
        (b"recognizers:\n  - {name: SpacyRecognizer, type: predefined}\n", "SpacyRecognizer needs a language engine"),
        (b"recognizers:\n  - {name: \"\\e[31m\", supported_entity: X}\n", r"the recognizer \x1b[31m cannot be made"),
    ],
)  # fmt: skip
def test_unusable_files(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(content)
    (tmp_path / "t.log").write_text("x\n")
    result = invoke("scan", tmp_path / "t.log", "--recognizers", path)
    assert (result.exit_code, result.stdout) == (2, "")
    line, = result.stderr.splitlines()
    assert str(path) in line
    assert said in line


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("no.such_module:Thing", "No module named"),
        (f"{MODULE}:NoSuchClass", "AttributeError"),
        (f"{MODULE}:NeedsArguments", "TypeError"),
        (f"{MODULE}:NOT_A_RECOGNIZER", "is not a Presidio EntityRecognizer"),
        (f"{MODULE}:yaml_file", "is not a Presidio EntityRecognizer"),
        ("leaves:Thing", "SystemExit"),
        ("presidio_analyzer.predefined_recognizers:SpacyRecognizer", "needs a language engine"),
        ("none.yaml", "cannot be read"),
        (".", "cannot be read"),
    ],
)
def test_unusable_origins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str, said: str) -> None:
    (tmp_path / "leaves.py").write_text("raise SystemExit(0)")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.log").write_text("x\n")
    result = invoke("scan", "t.log", "--recognizers", origin)
    assert (result.exit_code, result.stdout) == (2, "")
    line, = result.stderr.splitlines()
    assert origin in line
    assert said in line


def test_too_many_types(tmp_path: Path) -> None:
    def mounted(count: int) -> Path:
        return yaml_file(tmp_path, *({**COUPON, "name": f"N{i}", "supported_entity": f"TYPE_{i}"} for i in range(count)))

    detector = Detector(select(None))
    room = MAX_ENTITIES - len(detector.entities)
    log = tmp_path / "t.log"
    log.write_text("C#1\n")
    spans = tmp_path / "s.jsonl"
    result = scanned(log, recognizers=(mounted(room),), spans=(SpanTarget(spans, "jsonl"),))
    named = {json.loads(line)["entity_type"] for line in spans.read_text().splitlines()}
    assert set(counts(result)) == named == {f"TYPE_{i}" for i in range(room)}
    with pytest.raises(DefinitionError, match="128 entity types are too many"):
        scanned(log, recognizers=(mounted(room + 1),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tables and logs with coupons, vouchers and phones."""
    rng = random.Random(SEED)
    made = tmp_path / "data"
    made.mkdir()
    phone = entity_type("CN_MOBILE_PHONE").sample
    assert phone
    for k in range(4):
        lines = [
            rng.choice((f"coupon C#{rng.randrange(10**6)}", f"电话{phone(rng)}", "C#", "nothing", f"v V#{i} ſK", f"C#{i}x C#{i}"))
            for i in range(400)
        ]
        (made / f"{k}.log").write_text("\n".join(lines), encoding="utf-8")
        cells = "\n".join(f"{i},{line}" for i, line in enumerate(lines))
        (made / f"{k}.csv").write_text(f"no,coupon\n{cells}\n", encoding="utf-8")
    return made


def everything(folder: Path, spans: Path, **settings: object) -> tuple[AuditResult, list[str]]:
    origins = (yaml_file(folder.parent, COUPON), Path(f"{MODULE}:Ours"))
    result = audit.scan(
        ScanSettings(targets=(str(folder),), recognizers=origins, spans=(SpanTarget(spans, "jsonl"),), **settings),  # type: ignore[arg-type]
        part_bytes=4_000,
    )
    return result, sorted(spans.read_text(encoding="utf-8").splitlines())


def test_workers_change_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_useful", lambda workers, blobs: workers)
    one, spans = everything(folder, tmp_path / "1.jsonl", workers=1)
    two, same = everything(folder, tmp_path / "2.jsonl", workers=2)
    assert {f.entity_type for f in one.findings} == {"COUPON", "VOUCHER", "CN_MOBILE_PHONE"}
    assert (two.findings, two.skipped) == (one.findings, ())
    assert same == spans
    assert len(spans) > 1000


def test_the_prefilter_changes_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_filter, spans = everything(folder, tmp_path / "1.jsonl", workers=1)
    monkeypatch.setattr(prefilter, "necessary", lambda expression, flags: None)
    without, same = everything(folder, tmp_path / "2.jsonl", workers=1)
    assert (without.findings, same) == (with_filter.findings, spans)


def test_a_mount_keeps_the_file_it_was_made_of(tmp_path: Path) -> None:
    """Workers get the recognizers of the start, whatever becomes of the file."""
    import pickle

    path = yaml_file(tmp_path, COUPON)
    sent = pickle.dumps(mount_file(path))
    path.unlink()
    presidio._recognizers.cache_clear()
    mount, = pickle.loads(sent)
    assert len(mount.detect(pa.array(["C#1"]), None, pytest.fail)) == 1


def test_entities_selects_mounted_types(tmp_path: Path) -> None:
    log = tmp_path / "t.log"
    phone = entity_type("CN_MOBILE_PHONE").sample(Random(SEED))  # type: ignore[misc]
    log.write_text(f"C#1 V#2 {phone}\n")
    ours = (Path(f"{MODULE}:Ours"),)
    spans = tmp_path / "s.jsonl"

    def found(*names: str) -> set[str]:
        result = scanned(log, recognizers=ours, entities=names, spans=(SpanTarget(spans, "jsonl"),))
        assert {json.loads(line)["entity_type"] for line in spans.read_text().splitlines()} == set(counts(result))
        return set(counts(result))

    assert found("VOUCHER") == {"VOUCHER"}
    assert found("COUPON", "cn_mobile_phone") == {"COUPON", "CN_MOBILE_PHONE"}
    assert found("CN_MOBILE_PHONE") == {"CN_MOBILE_PHONE"}
    result = invoke("scan", log, "--recognizers", ours[0], "--entities", "VOUCHER,CN_MOBILE_PHONE", "-f", "json")
    assert result.exit_code == 1
    assert {f["entity_type"] for f in json.loads(result.stdout)["findings"]} == {"VOUCHER", "CN_MOBILE_PHONE"}
    unknown = invoke("scan", log, "--recognizers", ours[0], "--entities", "COUPONS")
    assert unknown.exit_code == 2
    assert "COUPONS" in unknown.stderr


def test_a_class_in_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "pii-audit.yaml"
    path.write_text(f"recognizers: [r.yaml, {MODULE}:Ours]\n")
    assert load_config(path).values["recognizers"] == [str(tmp_path / "r.yaml"), f"{MODULE}:Ours"]
