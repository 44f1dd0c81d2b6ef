"""The labelled set is what it says, and the scorer counts right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from benchmarks import facts, hostile, makedata, run
from benchmarks.kinds import ENTITY_TYPES, KINDS
from benchmarks.patterns import PATTERNS
from benchmarks.score import Span, labelled_spans, masked, score, shortfalls

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def lines():
    return hostile.lines()


def test_seed_decides_the_set():
    assert hostile.lines(7, 400) == hostile.lines(7, 400)
    assert hostile.lines(7, 400) != hostile.lines(8, 400)


def test_size_and_variety(lines):
    assert len(lines) >= 6_000
    assert len({line["text"] for line in lines}) > 0.95 * len(lines)
    shapes = {"".join("#" if c.isdigit() else c for c in line["text"]) for line in lines}
    assert len(shapes) > 5_000
    counts = Counter(span.entity_type for span in labelled_spans(lines))
    assert set(counts) == set(ENTITY_TYPES)
    assert min(counts.values()) >= 100


def test_spans_fit_their_text(lines):
    for line in lines:
        assert len(line["text"].splitlines()) == 1
        end = 0
        for span in line["spans"]:
            assert end <= span["start"] < span["end"] <= len(line["text"])
            value = line["text"][span["start"] : span["end"]]
            assert value == value.strip() and not value.startswith(("：", ":", "="))
            end = span["end"]
        assert line["family"].startswith("neg/") == (not line["spans"])


def test_nothing_unlabelled_passes(lines):
    assert [line["text"] for line in lines if hostile.surprises(line)] == []


@pytest.mark.parametrize(
    ("entity_type", "valid"),
    [
        ("CN_RESIDENT_ID", lambda t: facts.is_resident_id(t) or facts.is_legacy_id(t)),
        ("CN_BANK_CARD", lambda t: facts.luhn_ok(t) and any(t.startswith(p) and len(t) == n for p, n in facts.BINS)),
        ("CN_MOBILE_PHONE", lambda t: facts.is_mobile(t[-11:])),
        ("CN_USCC", facts.is_uscc),
        ("CN_VIN", facts.is_vin),
    ],
)
def test_labelled_values_are_valid(lines, entity_type, valid):
    values = {
        line["text"][span["start"] : span["end"]].translate(facts.WIDE)
        for line in lines
        for span in line["spans"]
        if span["entity_type"] == entity_type
    }
    assert [value for value in values if not valid(value.replace(" ", "").replace("-", ""))] == []


def test_published_specimens():
    assert facts.is_resident_id("11010519491231002X") and not facts.is_resident_id("110105194912310021")
    assert facts.is_resident_id("911124198108030024")
    assert facts.is_uscc("91350100M000100Y43") and not facts.is_uscc("91350100M000100Y44")
    assert facts.is_vin("1M8GDM9AXKP042788") and not facts.is_vin("1M8GDM9A1KP042788")
    assert facts.luhn_ok("79927398713") and not facts.luhn_ok("79927398710")


def test_score_of_a_toy_case():
    labelled = {Span(0, 0, 5, "CN_QQ"), Span(1, 0, 5, "CN_QQ"), Span(2, 0, 5, "CN_QQ"), Span(2, 8, 20, "CN_VIN")}
    found = {Span(0, 0, 5, "CN_QQ"), Span(1, 1, 5, "CN_QQ"), Span(3, 0, 5, "CN_QQ"), Span(2, 0, 5, "CN_VIN")}
    result = score(labelled, found)
    tally = result.types["CN_QQ"]
    assert (tally.labelled, tally.found, tally.exact, tally.overlap) == (3, 3, 1, 2)
    assert tally.figures(tally.exact) == (pytest.approx(1 / 3), pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert tally.figures(tally.overlap)[:2] == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert result.types["CN_VIN"].exact == result.types["CN_VIN"].overlap == 0
    assert result.missed == [Span(1, 0, 5, "CN_QQ"), Span(2, 0, 5, "CN_QQ"), Span(2, 8, 20, "CN_VIN")]
    short = shortfalls(result, 0.999, 0.99, 0.3)
    assert [line.split(":")[0] for line in short] == ["CN_VIN"]


def test_perfect_and_empty(lines):
    labelled = labelled_spans(lines)
    assert shortfalls(score(labelled, labelled), 1, 1, 1) == []
    assert len(shortfalls(score(labelled, set()), 0.1, 0.1, 0.1)) == len(ENTITY_TYPES)


def test_masked_keeps_four_characters():
    assert masked("13812345678") == "13*******78"
    assert masked("483920") == "***"


def test_loan_rows_hold_valid_values():
    rows = makedata.loan_rows(makedata.generator(1), 300).decode().splitlines()
    assert len(rows) == 300 and rows == makedata.loan_rows(makedata.generator(1), 300).decode().splitlines()
    for row in rows:
        cells = row.split(",")
        assert len(cells) == len(makedata.HEADER)
        assert facts.is_resident_id(cells[2]) and facts.is_mobile(cells[3]) and facts.luhn_ok(cells[4])


def test_share_of_log_lines_with_values():
    text = makedata.log_lines(makedata.generator(1), 2_000, share=0.1).decode()
    with_values = sum(bool(facts.readings(line)) for line in text.splitlines())
    assert 120 < with_values < 280


@pytest.mark.parametrize("kind", ["log", "csv", "parquet", "one-line"])
def test_files_reach_the_size_asked_for(tmp_path, kind):
    path = tmp_path / "file"
    makedata.make(kind, path, 300_000, seed=3)
    assert path.stat().st_size > (300_000 if kind != "parquet" else 50_000)
    if kind == "one-line":
        assert path.read_bytes().count(b"\n") == 1


def test_patterns_for_other_programs_cover_every_type():
    assert set(PATTERNS) == set(ENTITY_TYPES)
    for kind in KINDS:
        rng = Random(5)
        texts = [f"{kind.keys[0]}={kind.plain(rng)}" for _ in range(20)]
        found = [text for text in texts if any(re.search(p, text) for p in PATTERNS[kind.entity_type])]
        assert len(found) >= 15, kind


def test_peak_memory_counts_the_largest_process():
    child = "b = bytearray(150_000_000); import time; time.sleep(.3)"
    hungry = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    peak = run._peak("test", 1, [sys.executable, "-c", hungry])
    assert peak.processes == 2 and 150 < peak.peak_mb < 250


def test_verdict_names_what_is_short():
    bench = run.Bench("none", ROOT, 1, 3, 1)
    bench.judge("speed", 3.9, 4)
    bench.judge("memory", 499, 500, "MB", least=False)
    assert [(v.ok, v.target) for v in bench.verdicts] == [(False, "≥ 4 ×"), (True, "≤ 500 MB")]


def test_command_writes_the_set(tmp_path):
    out = tmp_path / "set.jsonl"
    command = [sys.executable, "-m", "benchmarks.hostile", "--out", str(out), "--lines", "300"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert json.loads(out.read_text(encoding="utf-8").splitlines()[0]).keys() == {"text", "spans", "family"}
