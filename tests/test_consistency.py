"""The same findings however the work is dealt out, and from every copy of one table (issue 2, Show 5)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import lender
import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit import audit
from pii_audit.entities import entity_type, entity_types, select
from pii_audit.model.result import AuditResult
from pii_audit.recognizers.batch import Detector
from pii_audit.settings import ScanSettings, SpanTarget

ROWS = 150
TABLE = lender.lender(ROWS, seed=7)
TABLES = sorted((Path(__file__).parent / "entities").glob("*.yml"))


def scanned(*targets: Path, spans: Path | None = None, workers: int = 1, part_bytes: int | None = None) -> AuditResult:
    asked = ScanSettings(
        targets=tuple(map(str, targets)), workers=workers, spans=(SpanTarget(spans, "jsonl"),) if spans else ()
    )
    return audit.scan(asked, part_bytes=part_bytes)


def spans_of(path: Path) -> list[tuple[object, ...]]:
    """Return the spans in an order of their own: within a batch they come column by column."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return sorted(tuple(str(row[name]) for name in sorted(row)) for row in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies")
    for name, make in lender.FORMATS.items():
        (folder / name).write_bytes(make(TABLE))
    lines = "\n".join("\t".join(row.values()) for row in lender.rows_of(TABLE))
    (folder / "t.log").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def one(folder: Path) -> tuple[AuditResult, list[tuple[object, ...]]]:
    spans = folder.parent / "one.jsonl"
    return scanned(folder, spans=spans), spans_of(spans)


def test_every_type_is_in_the_table(one: tuple[AuditResult, object], folder: Path) -> None:
    found = {finding.entity_type for finding in one[0].findings if finding.source == str(folder / "t.csv")}
    expected = {entity.name for entity in lender.TYPES if entity.default} | {"CONTACT_LIST"}
    assert expected - found == set()
    assert one[0].skipped == ()


@pytest.mark.parametrize(("workers", "part_bytes"), [(1, 9_000), (2, 20_001), (3, None)])
def test_workers_and_parts_change_nothing(
    folder: Path, one: tuple[AuditResult, list[tuple[object, ...]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    workers: int, part_bytes: int | None,
) -> None:  # fmt: skip
    monkeypatch.setattr(audit, "_useful", lambda workers, blobs: workers)
    result = scanned(folder, spans=tmp_path / "spans.jsonl", workers=workers, part_bytes=part_bytes)
    for field in ("findings", "masked", "sources", "skipped", "notes"):
        assert getattr(result, field) == getattr(one[0], field)
    assert spans_of(tmp_path / "spans.jsonl") == one[1]


def test_spans_agree_with_findings(one: tuple[AuditResult, list[tuple[object, ...]]], folder: Path) -> None:
    counted: dict[tuple[object, ...], int] = {}
    names = sorted(("source", "line", "row", "column", "start", "end", "entity_type", "score", "evidence", "masked", "fingerprint"))
    at = [names.index(name) for name in ("source", "column", "entity_type")]
    for span in one[1]:
        key = tuple(span[i] for i in at)
        counted[key] = counted.get(key, 0) + 1
    plain = [f for f in one[0].findings if f.pattern not in ("structure", "name")]
    for finding in plain:
        assert counted.get((finding.source, str(finding.column), finding.entity_type)) == finding.count
    # a column that is called a name but holds one name only is no finding; everything else is
    assert sum(f.count for f in plain) <= len(one[1])


@pytest.mark.parametrize("name", [name for name in lender.FORMATS if name != "t.csv"])
def test_copies_of_a_table(folder: Path, one: tuple[AuditResult, object], name: str) -> None:
    def found(copy: str) -> list[object]:
        mine = [f for f in one[0].findings if f.source.split("!")[0] == str(folder / copy)]
        return [dataclasses.replace(finding, source="") for finding in mine]

    def masked(copy: str) -> list[object]:
        mine = [m for m in one[0].masked if m.source.split("!")[0] == str(folder / copy)]
        return [dataclasses.replace(count, source="") for count in mine]

    assert found("t.csv")
    assert found(name) == found("t.csv")
    assert masked(name) == masked("t.csv")


def test_lines_and_cells(tmp_path: Path) -> None:
    """The same sentences as lines of a log and as cells of a column without a telling header."""
    rng = Random(3)
    lines = [f"记录 {lender.labelled(entity, lender.sample(entity, rng))} 完" for entity in lender.TYPES for _ in range(5)]
    (tmp_path / "t.log").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "t.csv").write_text(lender.csv_text({"no": ["1"] * len(lines), "内容": lines}), encoding="utf-8")
    places: dict[str, list[tuple[object, ...]]] = {}
    for name in ("t.log", "t.csv"):
        scanned(tmp_path / name, spans=tmp_path / "s.jsonl")
        rows = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()]
        places[name] = sorted(
            (row["line"] or row["row"], row["start"], row["end"], row["entity_type"], row["evidence"], row["masked"])
            for row in rows
        )
    assert len(places["t.log"]) > len(lines) / 2
    assert places["t.log"] == places["t.csv"]


# -- the detector ----------------------------------------------------------------------------------------------------


def texts() -> Iterator[str]:
    """Return the texts of all tables of entity types."""
    rng = Random(1)
    for path in TABLES:
        entity = entity_type(path.stem)
        for row in yaml.safe_load(path.read_text(encoding="utf-8")):
            if isinstance(text := row.get("text"), str):
                yield text.replace("{sample}", entity.sample(rng)) if entity.sample else text


TEXTS = list(texts())
DETECTOR = Detector(select([entity.name for entity in entity_types()]))
HEADERS = (None, "内容", "mobile", "身份证号", "khxm", "密码")


def detected(values: pa.Array, shift: int = 0, header: str | None = None) -> list[tuple[object, ...]]:
    spans = DETECTOR.detect(values, header)
    return [
        (int(spans.value[i]) + shift, int(spans.start[i]), int(spans.end[i]), int(spans.entity[i]),
         int(spans.evidence[i]), bool(spans.whole[i]), int(spans.hash[i]), spans.text(i))
        for i in range(len(spans))
    ]  # fmt: skip


@settings(max_examples=60)
@given(data=st.data())
def test_batches_change_nothing(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.one_of(st.sampled_from(TEXTS), st.none(), st.text(max_size=30)), max_size=40))
    header = data.draw(st.sampled_from(HEADERS))
    whole = pa.array(values, data.draw(st.sampled_from((pa.string(), pa.large_string()))))
    cuts = sorted({0, len(values), *data.draw(st.lists(st.integers(0, len(values)), max_size=6))})
    parts = [span for a, b in pairwise(cuts) for span in detected(whole[a:b], a, header)]
    assert parts == detected(whole, 0, header)


def test_presidio_finds_the_same() -> None:
    from pii_audit.recognizers.presidio import analyzer_engine

    engine = analyzer_engine()
    detector = Detector(select(None))
    assert len(TEXTS) > 700
    for text in TEXTS:
        spans = detector.detect(pa.array([text], pa.string()))
        ours = {(detector.entities[e].name, a, b) for e, a, b in zip(
            spans.entity.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True)}  # fmt: skip
        theirs = {(r.entity_type, r.start, r.end) for r in engine.analyze(text, language="zh")}
        assert theirs == ours, text
