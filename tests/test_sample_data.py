"""The sample data can be made anew, and a scan finds in it exactly what was planted."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pii_audit.audit import scan
from pii_audit.model.errors import ExitCode
from pii_audit.model.result import AuditResult
from pii_audit.settings import ScanSettings

FOLDER = Path(__file__).parents[1] / "sample_data"
EXPECTED = json.loads((FOLDER / "expected" / "findings.json").read_text(encoding="utf-8"))
AUDIT = json.loads((FOLDER / "expected" / "audit.json").read_text(encoding="utf-8"))
#: files of the folder that no scan may object to
PLAIN = ("README.md", "audit.yaml", "expected/", "generator/")


@pytest.fixture(scope="module")
def result() -> AuditResult:
    return scan(ScanSettings(targets=(str(FOLDER),), workers=1))


def below(path: str) -> str:
    """Return a source's name as ``expected/`` writes it: from the folder on."""
    return path.removeprefix(f"{FOLDER}/")


def planted(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for source, facts in EXPECTED["sources"].items():
        for fact in facts[kind]:
            yield source, fact


def test_the_generator_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "generator" / "make.py", tmp_path], check=True)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file()}
    assert made == {path for path in kept if path.parts[0] not in ("README.md", "audit.yaml", "generator")}
    assert [str(path) for path in sorted(made) if (tmp_path / path).read_bytes() != (FOLDER / path).read_bytes()] == []


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 1_500_000


def test_the_scan_finds_every_exposed_value_and_nothing_else(result: AuditResult) -> None:
    found = {
        (below(f.source), f.column, f.entity_type): (f.count, f.distinct)
        for f in result.findings
        if f.pattern != "structure"
    }
    assert found == {
        (source, fact["column"], fact["entity_type"]): (fact["count"], fact["distinct"])
        for source, fact in planted("exposed")
    }


def test_the_scan_counts_every_masked_value(result: AuditResult) -> None:
    assert {(below(m.source), m.column, m.entity_type): m.count for m in result.masked} == {
        (source, fact["column"], fact["entity_type"]): fact["count"] for source, fact in planted("masked")
    }


def test_the_scan_sees_contact_lists_and_call_histories(result: AuditResult) -> None:
    found = {
        (below(f.source), f.column, f.entity_type): (f.count, f.subjects, f.third_persons)
        for f in result.findings
        if f.pattern == "structure"
    }
    assert found == {
        (source, fact["column"], fact["entity_type"]): (fact["count"], fact["subjects"], fact["third_persons"])
        for source, fact in planted("structures")
    }


def test_few_leaks_among_many_remarks_are_rare(result: AuditResult) -> None:
    rare = [(below(f.source), f.column, f.entity_type) for f in result.findings if f.pattern == "rare"]
    assert {(fact["source"], fact["column"], fact["entity_type"]) for fact in EXPECTED["rare"]} <= set(rare)


def test_every_table_is_read_as_what_it_is(result: AuditResult) -> None:
    found = {below(s.path): (s.kind, s.encoding, s.rows) for s in result.sources}
    assert {name: facts for name, facts in found.items() if not name.startswith(PLAIN)} == {
        name: (facts["kind"], facts["encoding"], facts["rows"]) for name, facts in EXPECTED["sources"].items()
    }


def test_nothing_is_skipped_and_the_notes_are_known(result: AuditResult) -> None:
    assert [(below(s.what), s.code) for s in result.skipped] == EXPECTED["skipped"]
    assert [[below(n.what), n.code] for n in result.notes] == EXPECTED["notes"]
    assert result.exit_code() == EXPECTED["exit_code"] == ExitCode.FOUND


def test_the_masked_export_is_clean() -> None:
    export = FOLDER / "exports" / "loan_book_masked.csv"
    clean = scan(ScanSettings(targets=(str(export),), workers=1))
    assert clean.findings == ()
    assert clean.masked
    assert clean.exit_code() == ExitCode.CLEAN


def test_the_command_line_ends_with_1(tmp_path: Path, result: AuditResult) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pii_audit", "scan", str(FOLDER), "--workers", "1", "-f", "json", "-o", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == EXPECTED["exit_code"], done.stderr
    counts = [(f["source"], f["column"], f["entity_type"], f["count"]) for f in json.loads(report.read_text())["findings"]]
    assert sorted(counts, key=str) == sorted(
        ((f.source, f.column, f.entity_type, f.count) for f in result.findings), key=str
    )


def test_every_breach_planted_for_the_audit_is_in_the_data() -> None:
    with (FOLDER / "collection" / "events_2026-03.csv").open(encoding="utf-8", newline="") as stream:
        events = {row["event_id"] for row in csv.DictReader(stream)}
    named = {number for numbers in AUDIT.values() for number in numbers if number[0] == "E"}
    assert named and named <= events
    assert len(AUDIT) >= 25
