"""The audit of the sample data finds exactly the entries that its generator planted, rule by rule."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

import pii_audit
from pii_audit.auditing import audit
from pii_audit.model.result import AuditResult
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import KINDS
from pii_audit.policy.interface import ROWS, Reads
from pii_audit.policy.registry import rules

SAMPLE = pii_audit.sample_data_dir()
EXPECTED = json.loads((SAMPLE / "expected" / "audit.json").read_text(encoding="utf-8"))
EVENTS, LOANS = ("collection/events_2026-03.csv", "event_id"), ("core/loan_book.csv", "loan_no")
MASTER, SHARED = ("core/borrower_master.csv", "客户编号"), ("registers/sharing_log.csv", "share_id")
MESSAGES = ("collection/messages_2026-03.csv", "message_id")
INCIDENTS = ("registers/incidents.csv", "incident_id")
ENCODINGS = {MASTER[0]: "gb18030"}
#: what was planted → rule, the file whose entries are named, by which column, and the aspect where one rule has several
RULES = {
    "agency-contract-ended": ("agency-contract-ended", *EVENTS),
    "agency-contract-ended-before-sharing": ("contract-expired", "registers/sharing_log.csv", "recipient"),
    "agency-got-direct-identifiers": ("shared-fields", *SHARED),
    "agency-not-listed": ("agency-unlisted", *EVENTS),
    "agency-review-overdue": ("agency-review-overdue", "registers/agencies.csv", "org_id"),
    "agent-before-exam": ("agent-before-exam", *EVENTS),
    "agent-not-registered": ("agent-unregistered", *EVENTS),
    "agent-training-overdue": ("agent-training-overdue", *EVENTS),
    "agent-with-record-of-violence": ("agent-violence-record", *EVENTS),
    "call-without-recording": ("call-unrecorded", *EVENTS),
    "complaint-answered-late": ("complaint-late", "registers/complaints.csv", "complaint_id"),
    "complaint-file-destroyed-early": ("complaint-file-destroyed", "registers/complaints.csv", "complaint_id"),
    "consent-expired": ("consent-expired", *MASTER),
    "consent-withdrawn": ("consent-withdrawn", *MASTER),
    "consent-ticked-by-default": ("default-ticked-consent", "registers/consents.csv", "consent_id"),
    "contact-after-refusal": ("contact-after-refusal", *EVENTS),
    "cross-border-without-assessment": ("cross-border-route", *SHARED),
    "debt-disclosed-to-third-person": ("debt-disclosed", *EVENTS),
    "debtor-not-told": ("outsourcing-notice", *EVENTS, "no-notice"),
    "debtor-told-late": ("outsourcing-notice", *EVENTS, "late-notice"),
    "deleted-but-still-there": ("deletion-not-done", *LOANS),
    "deletion-overdue": ("deletion-overdue", "registers/deletion_records.csv", "record_id"),
    "deletion-without-due-date": ("deletion-undated", "registers/deletion_records.csv", "record_id"),
    "entry-without-consent": ("visit-entry", *EVENTS),
    "fourth-call-of-a-day": ("connected-calls", *EVENTS),
    "impact-assessment-after-transfer": ("pipia-late", *SHARED),
    "impact-assessment-destroyed-early": ("pipia-destroyed", "registers/pipia.csv", "pipia_id"),
    "loans-closed-ten-years-ago": ("retention-limit", *LOANS),
    "incident-never-reported": ("incident-late", *INCIDENTS, "not done"),
    "incident-reported-late": ("incident-late", *INCIDENTS, "late"),
    "incident-to-be-reported": ("incident-report-deadline", *INCIDENTS),
    "incident-without-notice": ("incident-notice-missing", *INCIDENTS),
    "larger-incident-briefed-late": ("incident-brief-late", *INCIDENTS),
    "larger-incident-reported-late": ("incident-report-late", *INCIDENTS),
    "message-marketing-after-opt-out": ("marketing-after-opt-out", *MESSAGES),
    "message-threat": ("threats", *MESSAGES),
    "onward-sharing": ("onward-sharing", *SHARED),
    "private-account": ("private-account", *EVENTS),
    "quiet-hours": ("quiet-hours", *EVENTS),
    "rights-request-unanswered": ("rights-request-late", "registers/rights_requests.csv", "request_id"),
    "seventh-attempt-of-a-day": ("attempts-per-number", *EVENTS),
    "shared-after-contract-end": ("contract-expired", *SHARED),
    "shared-by-forbidden-channel": ("forbidden-channel", *SHARED),
    "shared-without-separate-consent": ("shared-without-consent", *SHARED),
    "sharing-log-incomplete": ("sharing-log-incomplete", *SHARED),
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
    "visit-in-quiet-hours": ("quiet-hours", *EVENTS, "visit"),
}
#: rules that the catalogue of the sample breaks by what it says → datasets, recipients, or the organisation
CATALOGUE = {
    "automated-decision-without-pipia": {"phone_books"},
    "catalogue-review": {"-"},
    "minors-audit": {"-"},
    "onward-unapproved": {"云服务商新加坡"},
    "same-auditor": {"-"},
    "storage-abroad": {"backup"},
}
#: what a policy of one's own has to ask for → the same; until then a statutory minimum, a grace or a default hides it
OWN_RULES = {
    "loans-cancelled-with-data": ("cancelled-account-data", *LOANS),
    "loans-closed-with-data": ("closed-account-data", *LOANS),
}
OWN_POLICY = """
rules:
  - {rule: cancelled-account-data, grace: 0d, min: 0d}
  - {rule: closed-account-data, grace: 0d, min: 0d, states: [closed, written_off]}
  - {rule: minors}
  - {rule: underage-borrower, enabled: true}
"""


@pytest.fixture(scope="module")
def judged() -> tuple[AuditResult, pa.Table]:
    places: list[pa.Table] = []
    result = audit(SAMPLE / "audit.yaml", on_places=places.append)
    return result, pa.concat_tables(places)


@pytest.fixture(scope="module")
def judged_by_own(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, pa.Table]:
    """The loan book and the borrowers, judged by a policy of one's own."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(SAMPLE / "core", folder / "core")
    catalogue = yaml.safe_load((SAMPLE / "audit.yaml").read_text(encoding="utf-8"))
    catalogue["datasets"] = {name: catalogue["datasets"][name] for name in ("loan_book", "borrower_master")}
    del catalogue["exemptions"]
    (folder / "audit.yaml").write_text(yaml.safe_dump({**catalogue, "policies": ["own.yml"]}, allow_unicode=True), encoding="utf-8")
    (folder / "own.yml").write_text(OWN_POLICY, encoding="utf-8")
    places: list[pa.Table] = []
    result = audit(folder / "audit.yaml", on_places=places.append)
    return result, pa.concat_tables(places)


def entries(file: str, column: str) -> list[str]:
    with (SAMPLE / file).open(encoding=ENCODINGS.get(file, "utf-8"), newline="") as stream:
        return [row[column] for row in csv.DictReader(stream)]


def named(places: pa.Table, rule: str, file: str, column: str, aspect: str | None = None) -> set[str]:
    """Return the entries of a file that break a rule, by the name that a column gives them."""
    known = entries(file, column)
    mine = (place for place in places.to_pylist() if (place["rule"], place["source"]) == (rule, file))
    return {known[place["row"] - 1] for place in mine if aspect in (None, place["aspect"])}


@pytest.mark.parametrize("planted", RULES)
def test_what_was_planted_is_found(judged: tuple[AuditResult, pa.Table], planted: str) -> None:
    assert named(judged[1], *RULES[planted]) == set(EXPECTED[planted])


@pytest.mark.parametrize("planted", OWN_RULES)
def test_what_was_planted_is_found_by_a_policy_of_ones_own(judged_by_own: tuple[AuditResult, pa.Table], planted: str) -> None:
    assert named(judged_by_own[1], *OWN_RULES[planted]) == set(EXPECTED[planted])


@pytest.mark.parametrize("rule", CATALOGUE)
def test_what_the_catalogue_says_is_judged(judged: tuple[AuditResult, pa.Table], rule: str) -> None:
    assert {violation.dataset for violation in judged[0].violations if violation.rule == rule} == CATALOGUE[rule]


def test_borrowers_under_age_are_found_where_a_number_tells_their_age(judged_by_own: tuple[AuditResult, pa.Table]) -> None:
    """One of the three showed a passport, which tells no age; the loan book has an identity number of the same person."""
    result, places = judged_by_own
    papers = dict(zip(entries(*MASTER), entries(MASTER[0], "证件类型"), strict=True))
    (silent,) = [number for number in EXPECTED["minors"] if papers[number] == "护照"]
    assert named(places, "underage-borrower", *MASTER) == set(EXPECTED["minors"]) - {silent}
    (unread,) = [item for item in result.not_testable if (item.rule, item.dataset, item.missing) == ("underage-borrower", "borrower_master", "values born")]
    assert unread.rows == list(papers.values()).count("护照")
    phones = dict(zip(entries(*MASTER), entries(MASTER[0], "手机号码"), strict=True))
    known = {re.sub("[^0-9]", "", phones[number]): number for number in EXPECTED["minors"]}
    assert {known.get(phone) for phone in named(places, "underage-borrower", LOANS[0], "sjh")} == set(EXPECTED["minors"])
    # none of them is under 14, the age of the rule that is on by default
    assert not {violation for violation in result.violations if violation.rule == "minors"}
    assert not named(places, "minors", *LOANS)


def test_everything_planted_is_looked_for() -> None:
    assert {*RULES, *OWN_RULES, "minors"} == set(EXPECTED)


#: dataset, file, column: each removed by itself
REMOVED = [
    ("collection_log", EVENTS[0], "started_at"), ("collection_log", EVENTS[0], "text"),
    ("loan_book", LOANS[0], "closed_on"), ("borrower_master", MASTER[0], "客户编号"),
    ("staff", "registers/staff.csv", "last_training_on"), ("agencies", "registers/agencies.csv", "contract_to"),
    ("agency_reviews", "registers/agency_reviews.csv", "reviewed_on"), ("sharing_log", SHARED[0], "recipient"),
    ("complaints", "registers/complaints.csv", "received_on"), ("consents", "registers/consents.csv", "withdrawn_on"),
    ("deletion_records", "registers/deletion_records.csv", "due_on"), ("pipia", "registers/pipia.csv", "assessed_on"),
]  # fmt: skip


def without(file: Path, column: str, encoding: str) -> None:
    """Take a column out of a table."""
    with file.open(encoding=encoding, newline="") as stream:
        rows = list(csv.reader(stream))
    at = rows[0].index(column)
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(row[:at] + row[at + 1 :] for row in rows)


@pytest.mark.parametrize(("dataset", "file", "column"), REMOVED, ids=[f"{dataset}-{column}" for dataset, _, column in REMOVED])
def test_without_a_column_what_needs_it_is_not_testable_and_nothing_else_changes(
    judged: tuple[AuditResult, pa.Table], tmp_path: Path, dataset: str, file: str, column: str
) -> None:
    before, _ = judged
    assert before.judgement is not None
    catalogue = yaml.safe_load((SAMPLE / "audit.yaml").read_text(encoding="utf-8"))
    kind = catalogue["datasets"][dataset]["kind"]
    lost = {role for role, bound in before.judgement.bindings[dataset].items() if bound == column}

    def sees(reads: Reads) -> bool:
        return reads.relation == ROWS and kind in (reads.kinds or KINDS)

    seeing = {name: rule for name, rule in rules().items() if rule.enabled and any(map(sees, rule.reads))}
    needing = {name: [bool(sees(reads) and lost & {*reads.needs}) for reads in rule.reads] for name, rule in seeing.items()}
    needing = {name: where for name, where in needing.items() if any(where)}
    using = {name for name, rule in seeing.items() if any(sees(reads) and lost & {*reads.uses} for reads in rule.reads)}
    assert lost and needing

    for name in ("core", "collection", "registers", "app", "outbox", "exports", "backup", "dev"):
        shutil.copytree(SAMPLE / name, tmp_path / name)
    without(tmp_path / file, column, ENCODINGS.get(file, "utf-8"))
    catalogue |= {"policies": ["own.yml"], "exemptions": []}
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(catalogue, allow_unicode=True), encoding="utf-8")
    # all others see nothing of the dataset's rows
    (tmp_path / "own.yml").write_text(yaml.safe_dump({"rules": [{"rule": name} for name in seeing]}), encoding="utf-8")
    after = audit(tmp_path / "audit.yaml")

    for name in seeing.keys() - needing.keys() - using:
        assert [v for v in after.violations if v.rule == name] == [v for v in before.violations if v.rule == name]
        assert [n for n in after.not_testable if n.rule == name] == [n for n in before.not_testable if n.rule == name]
    for name, where in needing.items():
        told = {n.missing for n in after.not_testable if (n.rule, n.dataset) == (name, dataset)}
        assert told & {f"column {role}" for role in lost}, name
        # a register that is asked for beside the rows is needed for all of them
        rest = [v for v in before.violations if v.rule == name and v.dataset != dataset and not any(where[1:])]
        assert [v for v in after.violations if v.rule == name] == rest


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
