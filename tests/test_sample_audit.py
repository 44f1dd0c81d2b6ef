"""The audit of the sample data finds exactly the entries that its generator planted, rule by rule."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import pii_audit
from pii_audit.auditing import audit
from pii_audit.model.result import AuditResult
from pii_audit.model.violation import Severity

SAMPLE = pii_audit.sample_data_dir()
EXPECTED = json.loads((SAMPLE / "expected" / "audit.json").read_text(encoding="utf-8"))
EVENTS, LOANS = ("collection/events_2026-03.csv", "event_id"), ("core/loan_book.csv", "loan_no")
#: what was planted → rule, and the file whose entries are named, by which column
RULES = {
    "agency-contract-ended": ("agency-contract-ended", *EVENTS),
    "agency-not-listed": ("agency-unlisted", *EVENTS),
    "agent-before-exam": ("agent-before-exam", *EVENTS),
    "agent-not-registered": ("agent-unregistered", *EVENTS),
    "agent-training-overdue": ("agent-training-overdue", *EVENTS),
    "agent-with-record-of-violence": ("agent-violence-record", *EVENTS),
    "call-without-recording": ("call-unrecorded", *EVENTS),
    "complaint-answered-late": ("complaint-late", "registers/complaints.csv", "complaint_id"),
    "complaint-file-destroyed-early": ("complaint-file-destroyed", "registers/complaints.csv", "complaint_id"),
    "contact-after-refusal": ("contact-after-refusal", *EVENTS),
    "debt-disclosed-to-third-person": ("debt-disclosed", *EVENTS),
    "deleted-but-still-there": ("deletion-not-done", *LOANS),
    "deletion-overdue": ("deletion-overdue", "registers/deletion_records.csv", "record_id"),
    "deletion-without-due-date": ("deletion-undated", "registers/deletion_records.csv", "record_id"),
    "entry-without-consent": ("visit-entry", *EVENTS),
    "fourth-call-of-a-day": ("connected-calls", *EVENTS),
    "impact-assessment-after-transfer": ("pipia-late", "registers/sharing_log.csv", "share_id"),
    "impact-assessment-destroyed-early": ("pipia-destroyed", "registers/pipia.csv", "pipia_id"),
    "loans-closed-ten-years-ago": ("retention-limit", *LOANS),
    "onward-sharing": ("onward-sharing", "registers/sharing_log.csv", "share_id"),
    "quiet-hours": ("quiet-hours", *EVENTS),
    "rights-request-unanswered": ("rights-request-late", "registers/rights_requests.csv", "request_id"),
    "seventh-attempt-of-a-day": ("attempts-per-number", *EVENTS),
    "shared-after-contract-end": ("contract-expired", "registers/sharing_log.csv", "share_id"),
    "shared-by-forbidden-channel": ("forbidden-channel", "registers/sharing_log.csv", "share_id"),
    "shared-without-separate-consent": ("shared-without-consent", "registers/sharing_log.csv", "share_id"),
    "sharing-log-incomplete": ("sharing-log-incomplete", "registers/sharing_log.csv", "share_id"),
    "staff-started-before-exam": ("staff-exam-late", "registers/staff.csv", "agent_id"),
    "staff-training-overdue": ("staff-training-overdue", "registers/staff.csv", "agent_id"),
    "staff-with-record-of-violence": ("staff-violence-record", "registers/staff.csv", "agent_id"),
    "text-extra-fee": ("extra-fees", *EVENTS),
    "text-false-consequence": ("false-consequences", *EVENTS),
    "text-impersonation": ("impersonation", *EVENTS),
    "text-insult": ("insults", *EVENTS),
    "text-loan-to-repay": ("loans-to-repay", *EVENTS),
    "text-marketing": ("marketing-in-collection", *EVENTS),
    "text-publicity": ("privacy-threats", *EVENTS),
    "text-threat": ("threats", *EVENTS),
    "third-person-without-loss-of-contact": ("third-party-contact", *EVENTS),
    "visit-by-one-person": ("visit-staff", *EVENTS),
}


@pytest.fixture(scope="module")
def judged() -> tuple[AuditResult, pa.Table]:
    places: list[pa.Table] = []
    result = audit(SAMPLE / "audit.yaml", on_places=places.append)
    return result, pa.concat_tables(places)


def entries(file: str, column: str) -> list[str]:
    with (SAMPLE / file).open(encoding="utf-8", newline="") as stream:
        return [row[column] for row in csv.DictReader(stream)]


@pytest.mark.parametrize("planted", RULES)
def test_what_was_planted_is_found(judged: tuple[AuditResult, pa.Table], planted: str) -> None:
    rule, file, column = RULES[planted]
    known = entries(file, column)
    found = {known[place["row"] - 1] for place in judged[1].to_pylist() if place["rule"] == rule and place["source"] == file}
    assert found == set(EXPECTED[planted])


def test_many_rules_and_nothing_skipped(judged: tuple[AuditResult, pa.Table]) -> None:
    result, _ = judged
    assert result.skipped == ()
    assert len({violation.rule for violation in result.violations if violation.severity > Severity.INFO}) >= 25
    assert result.exit_code() == 1
    cover = result.judgement.coverage if result.judgement else None
    assert cover is not None
    assert cover.tested + cover.partly + cover.untested == cover.rules


def test_an_expired_exemption_exempts_nothing(judged: tuple[AuditResult, pa.Table]) -> None:
    result, _ = judged
    (expired,) = [item for item in result.exemptions if item.expired]
    assert expired.count == 0
    assert any((v.rule, v.dataset) == (expired.rule, expired.dataset) for v in result.violations)


def test_the_report_satisfies_its_schema(judged: tuple[AuditResult, pa.Table]) -> None:
    import jsonschema

    from pii_audit.reports.json import as_data, dumps, schema

    data: Any = json.loads(dumps(as_data(judged[0])))
    jsonschema.validate(data, schema())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_for_people(judged: tuple[AuditResult, pa.Table], lang: str) -> None:
    import io

    from pii_audit.reports import get_report
    from pii_audit.reports.interface import View

    out = io.StringIO()
    get_report("text").write(judged[0], out, View(lang, 100))
    text = out.getvalue()
    assert "quiet-hours" in text
    for file, column in (("collection/events_2026-03.csv", "callee_no"), ("registers/staff.csv", "手机号"), ("registers/consents.csv", "mobile")):
        assert not any(value in text for value in entries(file, column) if value)


def test_rules_readme_is_generated() -> None:
    from pii_audit.policy import describe

    path: Path = describe.readme()
    text = path.read_text(encoding="utf-8")
    assert describe.render(text) == text
