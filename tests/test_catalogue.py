"""The catalogue: every mistake with its line, and data that are not what it says are reported, never dropped."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import lender
import pyarrow as pa
import pytest
import yaml
from pyarrow import feather, orc, parquet

import pii_audit
from pii_audit.auditing import audit
from pii_audit.documents.fields import PolicyError
from pii_audit.model.errors import ExitCode
from pii_audit.model.result import AuditResult
from pii_audit.policy.catalogue import CATALOGUE, KINDS, REGISTERS, load_catalogue
from pii_audit.policy.interface import ROWS
from pii_audit.policy.packs import load_audit
from pii_audit.policy.roles import BEIJING

HEAD = "organisation: {kind: bank}\npolicies: [p.yml]\n"
LOANS = "datasets:\n  loans:\n    paths: loans.csv\n    kind: loan_book\n"


def mistakes(folder: Path, text: str) -> list[str]:
    """Return the mistakes of a catalogue, without the folder it lies in."""
    (folder / "audit.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as error:
        load_catalogue(folder / "audit.yaml")
    return [line.removeprefix(f"{folder}/") for line in str(error.value).splitlines()]


# --- mistakes ---------------------------------------------------------------------------------------------------------

#: lines to add → line, path, and words of the reason
MISTAKES = {
    "unknown kind": (HEAD + LOANS.replace("loan_book", "loan_bok"), 6, "datasets.loans.kind", "unknown kind loan_bok; did you mean loan_book?"),
    "unknown key": (HEAD + LOANS + "    ownr: W\n", 7, "datasets.loans.ownr", "unknown key; did you mean owner?"),
    "unknown role": (HEAD + LOANS + "    binding:\n      closed: closed_on\n", 8, "datasets.loans.binding", "unknown role closed; did you mean closed_on?"),
    "column of a list": (HEAD + LOANS + "    binding: {closed_on: [a, b]}\n", 7, "datasets.loans.binding.closed_on", "must be a text"),
    "column of nothing": (HEAD + LOANS + "    binding: {closed_on: }\n", 7, "datasets.loans.binding.closed_on", "must be a text"),
    "role bound twice": (HEAD + LOANS + "    binding: {closed_on: a, closed_on: b}\n", 7, "datasets.loans.binding.closed_on", "is given twice"),
    "unknown word": (HEAD + LOANS + "    values:\n      status: {ended: closd}\n", 8, "datasets.loans.values.status.ended", "unknown word closd; did you mean closed?"),
    "words of a role without": (HEAD + LOANS + "    values:\n      closed_on: {never: open}\n", 8, "datasets.loans.values.closed_on", "this role has no words"),
    "unknown recipient": (HEAD + LOANS + "    recipient: AG1\nrecipients: {AG01: {type: agency}}\n", 7, "datasets.loans.recipient", "unknown recipient AG1; did you mean AG01?"),
    "no recipients at all": (HEAD + LOANS + "    recipient: AG1\n", 7, "datasets.loans.recipient", "unknown recipient AG1 (known: none)"),
    "impossible period": (HEAD + LOANS + "    retention: 5x\n", 7, "datasets.loans.retention", "must be a period such as 5y"),
    "retention without a period": (HEAD + LOANS + "    retention: {dated_by: closed_on}\n", 7, "datasets.loans.retention", "keep is missing"),
    "retention by no role": (HEAD + LOANS + "    retention: {keep: 5y, dated_by: closedon}\n", 7, "datasets.loans.retention.dated_by", "did you mean closed_on?"),
    "no country": (HEAD + LOANS + "    region: China\n", 7, "datasets.loans.region", "must be a country in two capital letters"),
    "unknown legal basis": (HEAD + LOANS + "    legal_basis: consents\n", 7, "datasets.loans.legal_basis", "did you mean consent?"),
    "unknown entity type": (HEAD + LOANS + "    entities: [CN_RESIDENT_IDS]\n", 7, "datasets.loans.entities", "did you mean CN_RESIDENT_ID?"),
    "zone with summer time": (HEAD + LOANS + "    timezone: Europe/Berlin\n", 7, "datasets.loans.timezone", "must be a time zone without daylight saving"),
    "zone that is none": (HEAD + LOANS + "    timezone: Asia/Beijing\n", 7, "datasets.loans.timezone", "must be a time zone"),
    "zone of hours": (HEAD + LOANS + "    timezone: UTC+8\n", 7, "datasets.loans.timezone", "must be a time zone"),
    "zone beyond": (HEAD + LOANS + '    timezone: "+15:00"\n', 7, "datasets.loans.timezone", "must be a time zone"),
    "zone that is a path": (HEAD + LOANS + "    timezone: ../../etc/passwd\n", 7, "datasets.loans.timezone", "must be a time zone"),
    "zone that is a folder": (HEAD + LOANS + "    timezone: Asia\n", 7, "datasets.loans.timezone", "must be a time zone"),
    "impossible date": (HEAD + LOANS + "    since: 2026-02-30\n", 7, "datasets.loans.since", "must be a date such as 2026-06-30"),
    "date of another form": (HEAD + LOANS + "    since: 30/06/2026\n", 7, "datasets.loans.since", "must be a date"),
    "impossible day of the audit": (HEAD + LOANS + "as_of: 2026-13-01\n", 7, "as_of", "must be a date"),
    "contract that ends before it begins": (
        HEAD + LOANS + "recipients:\n  AG01:\n    type: agency\n    contract_from: 2026-01-02\n    contract_until: 2026-01-01\n",
        11, "recipients.AG01.contract_until", "lies before contract_from (2026-01-02)",
    ),
    "recipients of one name": (
        HEAD + LOANS + "recipients:\n  AG01: {type: agency, name: 华信}\n  AG02: {type: agency, name: 华 信}\n",
        9, "recipients.AG02.name", "registers could not tell it from AG01",
    ),
    "name that is the id of another": (
        HEAD + LOANS + "recipients:\n  AG01: {type: agency, name: ａｇ-02}\n  AG02: {type: agency}\n",
        8, "recipients.AG01.name", "registers could not tell it from AG02",
    ),
    "ids that differ by a hyphen": (HEAD + LOANS + "recipients:\n  AG01: {type: agency}\n  AG-01: {type: agency}\n", 9, "recipients.AG-01", "registers could not tell it from AG01"),
    "recipient without a type": (HEAD + LOANS + "recipients: {AG01: {name: A}}\n", 7, "recipients.AG01", "type is missing"),
    "recipient of an unknown type": (HEAD + LOANS + "recipients: {AG01: {type: agencies}}\n", 7, "recipients.AG01.type", "unknown type of recipient agencies"),
    "dataset twice": (HEAD + LOANS + "  loans: {paths: b, kind: backup}\n", 7, "datasets.loans", "is given twice"),
    "name with a slash": (HEAD + LOANS + "  a/b: {paths: b, kind: backup}\n", 7, "datasets", "must be a name of letters, digits, _, - and ., 64 at most"),
    "no datasets": (HEAD + "datasets: {}\n", 3, "datasets", "must not be empty"),
    "no paths": (HEAD + LOANS.replace("loans.csv", "[]"), 5, "datasets.loans.paths", "must not be empty"),
    "standard input": (HEAD + LOANS.replace("loans.csv", '"-"'), 5, "datasets.loans.paths", "standard input is none"),
    "address with a password": (HEAD + LOANS.replace("loans.csv", "[a, 'mysql://reader:s3cret@db/loans']"), 5, "datasets.loans.paths[1]", "must not hold a password"),
    "no policies": (f"organisation: {{kind: bank}}\n{LOANS}", 1, "(document)", "policies is missing"),
    "no organisation": (f"policies: p.yml\n{LOANS}", 1, "(document)", "organisation is missing"),
    "version of another format": ("version: 2\n" + HEAD + LOANS, 1, "version", "unknown version 2"),
    "exemption without an owner": (HEAD + LOANS + "exemptions: [{rule: threats, reason: R, expires: 2026-01-01}]\n", 7, "exemptions", "owner is missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES.values(), ids=MISTAKES)
def test_one_mistake(tmp_path: Path, case: tuple[str, int, str, str]) -> None:
    text, line, path, reason = case
    (found,) = mistakes(tmp_path, text)
    assert found.startswith(f"audit.yaml:{line}: {path}"), found
    assert reason in found
    assert "s3cret" not in found


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = HEAD + LOANS + "    timezone: Europe/Berlin\n    since: 2026-02-30\n    recipient: AG9\n    binding: {opened: a}\nas_of: soon\n"
    assert [re.match(r"audit.yaml:(\d+)", line)[1] for line in mistakes(tmp_path, text)] == ["7", "8", "9", "10", "11"]  # type: ignore[index]


SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", **CATALOGUE.schema()}
#: what a schema cannot know: other entries, the calendar beyond days, zones, files
BEYOND_SCHEMA = {
    "role bound twice", "unknown recipient", "no recipients at all", "zone with summer time", "zone that is none", "zone of hours",
    "zone beyond", "zone that is a path", "zone that is a folder", "contract that ends before it begins", "dataset twice",
    "recipients of one name", "name that is the id of another", "ids that differ by a hyphen",
    "standard input", "address with a password",
}  # fmt: skip


class _AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2 has no dates: they stay as they are written."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def accepted_by_schema(text: str) -> bool:
    data = yaml.load(text, _AsEditorsRead)
    return bool(jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker(["date"])).is_valid(data))


def test_the_schema_accepts_the_sample_and_rejects_mistakes() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert accepted_by_schema((pii_audit.sample_data_dir() / "audit.yaml").read_text(encoding="utf-8"))
    assert accepted_by_schema("version: 1\n" + HEAD + LOANS)
    assert [name for name, case in MISTAKES.items() if name not in BEYOND_SCHEMA and accepted_by_schema(case[0])] == []


@pytest.mark.parametrize(("zone", "offset"), [
    ("Asia/Shanghai", 480), ("UTC", 0), ("+08:00", 480), ("-03:30", -210), ("Asia/Kolkata", 330), ("Etc/GMT-8", 480),
])  # fmt: skip
def test_zones(tmp_path: Path, zone: str, offset: int) -> None:
    (tmp_path / "audit.yaml").write_text(f'{HEAD}{LOANS}    timezone: "{zone}"\n', encoding="utf-8")
    assert load_catalogue(tmp_path / "audit.yaml").datasets["loans"].offset == offset


def test_defaults(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(HEAD + LOANS, encoding="utf-8")
    found = load_catalogue(path, today=dt.date(2026, 1, 2))
    assert found.as_of == dt.date(2026, 1, 2)
    assert (found.datasets["loans"].offset, found.datasets["loans"].guess, found.datasets["loans"].retention) == (BEIJING, True, None)
    path.write_text(HEAD + LOANS + "as_of: 2025-12-31\n", encoding="utf-8")
    assert load_catalogue(path, today=dt.date(2026, 1, 2)).as_of == dt.date(2025, 12, 31)


def test_a_file_called_like_standard_input_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("audit.yaml").write_text(HEAD + LOANS.replace("loans.csv", "./-"), encoding="utf-8")
    found = load_catalogue(Path("audit.yaml"))
    assert found.targets(found.datasets["loans"]) == ("./-",)


# --- audits -----------------------------------------------------------------------------------------------------------

RETENTION = "rules: [{rule: retention-limit, keep: 1y}]\n"


def judge(folder: Path, files: Mapping[str, str | bytes], *, facts: str = "", policy: str = RETENTION, kind: str = "loan_book", more: str = "") -> AuditResult:
    """Audit files, each as a dataset of its own, named as the file without suffixes."""
    datasets = "".join(f"  {name.split('.')[0]}: {{paths: '{name}', kind: {kind}{facts}}}\n" for name in files)
    for name, data in files.items():
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "p.yml").write_text(policy, encoding="utf-8")
    (folder / "audit.yaml").write_text(f"{HEAD}as_of: 2026-06-30\ndatasets:\n{datasets}{more}", encoding="utf-8")
    return audit(folder / "audit.yaml")


def rows(result: AuditResult) -> dict[str, list[int | None]]:
    return {violation.dataset: [place.row for place in violation.places] for violation in result.violations}


def missing(result: AuditResult) -> list[tuple[str, str, int]]:
    return sorted((item.dataset, item.missing, item.rows) for item in result.not_testable)


def notes(result: AuditResult, code: str) -> list[tuple[str, str]]:
    return [(note.what, note.reason) for note in result.notes if note.code == code]


def table(dates: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([("loan_no", "closed_on", "status"), *((f"L{n:06}", date, "结清" if date else "正常") for n, date in enumerate(dates, 1))])
    return out.getvalue()


FORMATS = ["2020-01-01", "2020/1/5", "20200107", "2020年1月9日", "2020.01.11", "2020-01-13 10:00:00", "2020-01-15T10:00:00Z", "1577836800", "1577836800000"]
WIDE = ["２０２０－０３－０１", "２０２０／０３／０１", "２０２０．０３．０１", "２０２０年３月１日", "2020－03－01", "２０２００３０１"]
GARBAGE = ["not a date", "31/12/2019", "2020-02-30", "2020-13-01", "2020-00-00", "一月", "2020-1", "0"]


def test_a_column_of_many_forms_and_garbage(tmp_path: Path) -> None:
    dates = [*FORMATS, *WIDE, *GARBAGE, "", "2026-06-29"]
    result = judge(tmp_path, {"loans.csv": table(dates)})
    (violation,) = result.violations
    assert violation.count == len(FORMATS) + len(WIDE)
    # an empty cell says «not closed yet» and concerns the rule no more; the last day conforms
    assert violation.tested == len(FORMATS) + len(WIDE) + 1
    assert missing(result) == [("loans", "values kept_from", len(GARBAGE))]
    cover = result.judgement.coverage if result.judgement else None
    assert cover is not None and (cover.rules, cover.partly) == (1, 1)


@pytest.mark.parametrize("date", FORMATS + WIDE)
def test_every_form_is_read_as_the_same_day(tmp_path: Path, date: str) -> None:
    for limit, broken in (("2020-02-15", date in WIDE), ("2020-04-01", False)):
        result = judge(tmp_path, {"loans.csv": table([date])}, policy=f"rules: [{{id: a, title: t, kind: loan_book, where: \"closed_on >= '{limit}'\"}}]\n")
        assert (rows(result), missing(result)) == ({"loans": [1]} if broken else {}, [])


def test_dates_after_the_day_of_the_audit_are_noted(tmp_path: Path) -> None:
    result = judge(tmp_path, {"loans.csv": table(["2020-01-01", "2026-06-30", "2026-07-01", "2099-01-01", "9999-12-31"])})
    assert notes(result, "future") == [("loans", "rows whose kept_from lies after 2026-06-30, taken as written: 3")]
    assert rows(result) == {"loans": [1]} and missing(result) == []
    # what lies ahead by its nature is none
    consents = "person,given_on,expires_on\nA1,2026-01-01,2027-01-01\nA2,2026-02-01,2028-01-01\n"
    result = judge(tmp_path, {"consents.csv": consents}, kind="consents", policy="rules: [{rule: consent-expired}]\n")
    assert notes(result, "future") == []


def stored(write: Any) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def test_typed_dates_are_counted_like_written_ones(tmp_path: Path) -> None:
    days = pa.array([2**31 - 1, -(2**31), 18262, None], pa.int32()).cast(pa.date32())
    numbers = pa.array([20200101, 0, -5, None], pa.int64())
    instants = pa.array([2**62, -(2**62), 1_577_836_800_000_000, None], pa.int64()).cast(pa.timestamp("us"))
    truths = pa.array([True, False, True, None])
    files = {
        f"{name}.parquet": stored(lambda out, column=column: parquet.write_table(pa.table({"closed_on": column, "n": [1, 2, 3, 4]}), out))
        for name, column in (("days", days), ("numbers", numbers), ("instants", instants), ("truths", truths))
    }
    result = judge(tmp_path, files)
    assert rows(result) == {"days": [3], "numbers": [1], "instants": [3]}
    assert missing(result) == [("days", "values kept_from", 2), ("instants", "values kept_from", 2), ("numbers", "values kept_from", 2), ("truths", "values kept_from", 3)]


@pytest.mark.parametrize(("zone", "naive"), [("UTC", 1), ("Asia/Shanghai", 2)])
def test_the_zone_holds_for_times_without_one_in_every_format(tmp_path: Path, zone: str, naive: int) -> None:
    """15:00 and 04:00: in quiet hours of Beijing is the first, if UTC is meant, else the second."""
    written = [dt.datetime(2026, 3, 1, 15), dt.datetime(2026, 3, 1, 4)]
    plain = pa.array(written, pa.timestamp("us"))

    def log(times: pa.Array | list[str]) -> pa.Table:
        return pa.table({"call_id": ["K1", "K2"], "event_time": times, "channel": ["call", "call"], "direction": ["out", "out"]})

    def text(form: str) -> str:
        return "call_id,event_time,channel,direction\n" + "".join(f"K{n},{time.strftime(form)},call,out\n" for n, time in enumerate(written, 1))

    aware = plain.cast(pa.timestamp("us", "UTC"))
    files: dict[str, str | bytes] = {
        "n1.csv": text("%Y-%m-%d %H:%M:%S"),
        "n2.parquet": stored(lambda out: parquet.write_table(log(plain), out)),
        "n3.feather": stored(lambda out: feather.write_feather(log(plain), out)),
        "n4.orc": stored(lambda out: orc.write_table(log(plain), out)),
        "a1.csv": text("%Y-%m-%dT%H:%M:%SZ"),
        "a2.parquet": stored(lambda out: parquet.write_table(log(aware), out)),
        "a3.feather": stored(lambda out: feather.write_feather(log(aware), out)),
    }
    result = judge(tmp_path, files, facts=f", timezone: {zone}", kind="collection_log", policy="rules: [{rule: quiet-hours}]\n")
    assert rows(result) == {name.split(".")[0]: [naive if name[0] == "n" else 1] for name in files}


def test_a_binding_to_a_missing_column(tmp_path: Path) -> None:
    files = {"loans.csv": table(["2020-01-01"])}
    result = judge(tmp_path, files, facts=", binding: {closed_on: jqrq, borrower: khbh}")
    # no other column is taken in its place, though one would have been guessed
    assert result.violations == () and missing(result) == [("loans", "column kept_from", 0)]
    assert notes(result, "binding") == [
        ("loans", "the catalogue binds borrower to the column khbh, which no file has"),
        ("loans", "the catalogue binds closed_on to the column jqrq, which no file has"),
    ]
    result = judge(tmp_path, files, facts=", binding: {status: zt}", policy="rules: [{rule: closed-account-data}]\n")
    assert ("loans", "column status", 0) in missing(result)
    assert any("binds status to the column zt, which no file has" in item.reason for item in result.not_testable)


def test_a_column_that_only_some_files_have(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "a.csv").write_text(table(["2020-01-01"]), encoding="utf-8")
    (tmp_path / "part" / "b.csv").write_text("loan_no,status\nL000001,结清\nL000002,结清\n", encoding="utf-8")
    (tmp_path / "part" / "note.txt").write_text("本目录由信贷部维护。\n请勿修改。\n", encoding="utf-8")
    (tmp_path / "p.yml").write_text(RETENTION, encoding="utf-8")
    (tmp_path / "audit.yaml").write_text(HEAD + "as_of: 2026-06-30\ndatasets: {loans: {paths: part, kind: loan_book}}\n", encoding="utf-8")
    result = audit(tmp_path / "audit.yaml")
    assert rows(result) == {"loans": [1]}
    assert {item.reason for item in result.not_testable} == {
        "1 files or parts of files are text, not tables", "1 of 2 files or tables have no column for kept_from",
        "rows whose kept_from is missing or cannot be read",
    }  # fmt: skip


def test_guessing_can_be_turned_off(tmp_path: Path) -> None:
    result = judge(tmp_path, {"loans.csv": table(["2020-01-01"])}, facts=", guess: false")
    assert result.violations == () and missing(result) == [("loans", "column kept_from", 0)]
    result = judge(tmp_path, {"loans.csv": table(["2020-01-01"])}, facts=", guess: false, binding: {closed_on: closed_on}")
    assert rows(result) == {"loans": [1]}


@pytest.mark.parametrize("data", [
    "loan_no,closed_on,status\n", "closed_on\n", '"closed_on";"status"\n', "\ufeffclosed_on,status", "", "{}", "[]", "\n\n",
], ids=["header", "header of one", "quoted header", "header without an end", "nothing", "object", "list", "blank lines"])  # fmt: skip
def test_a_dataset_without_a_row(tmp_path: Path, data: str) -> None:
    result = judge(tmp_path, {"loans.csv": data})
    assert (result.violations, result.skipped, missing(result)) == ((), (), [("loans", "rows", 0)])
    cover = result.judgement.coverage if result.judgement else None
    assert cover is not None and cover.untested == 1


@pytest.mark.parametrize("kind", sorted(REGISTERS))
def test_an_empty_register_breaks_nothing(tmp_path: Path, kind: str) -> None:
    """All packs over a register of nothing but its header."""
    packs = sorted(path.stem for path in pii_audit.rules_dir().glob("*.yml") if path.stem not in ("law", "lexicon"))
    result = judge(tmp_path, {"register.csv": "编号,日期,姓名\n"}, kind=kind, policy=f"extends: [{', '.join(packs)}]\n")
    assert [violation.rule for violation in result.violations if violation.dataset == "register" and violation.tested is not None] == []
    assert [item for item in result.not_testable if item.dataset == "register" and item.missing == "condition"] == []
    _, policy = load_audit(tmp_path / "audit.yaml")
    judged_by = {name for name, entry in policy.applied.items() if entry.enabled and kind in (entry.rule.reads[0].kinds or ()) and entry.rule.reads[0].relation == ROWS}
    told = {item.rule for item in result.not_testable if item.dataset == "register" and item.missing == "rows" and "it has no row" in item.reason}
    assert told >= judged_by


#: words alone, one column, a preamble: formats that by themselves could as well be lines of text
WORDS = {
    "closed_on\n2020-01-01\n2020-01-02\n": [1, 2],
    "closed_on,note\n2020-01-01,好\n2020-01-02,好\n": [1, 2],
    "结清日期\n2020-01-01\n": [1],
    "closed_on;x\n2020-01-01;\n": [1],
    '"closed_on","x y"\n"2020-01-01","a, b"\n': [1],
    "\n\nclosed_on,x\n2020-01-01,a\n": [1],
    "closed_on\tx\r\n2020-01-01\ta\r\n": [1],
    "closed_on|x\n2020-01-01|a": [1],
}


@pytest.mark.parametrize("name", ["loans.csv", "loans.txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("text", WORDS)
def test_a_bound_text_is_read_as_a_table(tmp_path: Path, text: str, encoding: str, name: str) -> None:
    result = judge(tmp_path, {name: text.encode(encoding)})
    assert rows(result) == {"loans": WORDS[text]}
    assert missing(result) == []


def test_words_alone_in_two_columns(tmp_path: Path) -> None:
    policy = "rules: [{id: a, title: t, kind: staff, where: violence_record}]\n"
    result = judge(tmp_path, {"staff.csv": "工作人员,评语\n张三,有\n李四,无\n"}, kind="staff", facts=", binding: {violence_record: 评语}", policy=policy)
    assert rows(result) == {"staff": [1]}


def test_a_text_that_is_no_table_is_said_to_be_one(tmp_path: Path) -> None:
    words = b"closed_on\n2020-01-01\n2020-01-02\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/words.csv", words)
    files = {"log.txt": "第一行\n第二行\n", "packed.csv.gz": gzip.compress(words), "archive.zip": packed.getvalue()}
    result = judge(tmp_path, files)
    assert missing(result) == [("archive", "rows", 0), ("log", "rows", 0), ("packed", "rows", 0)]
    assert {item.reason for item in result.not_testable} == {"loan book: what was read is text, not a table"}


def test_paths_that_match_nothing(tmp_path: Path) -> None:
    files = {"loans.csv": table(["2020-01-01"])}
    more = (
        "  pattern: {paths: 'no/*.csv', kind: loan_book}\n  gone: {paths: gone.csv, kind: loan_book}\n"
        "  database: {paths: 'mysql://reader@db/loans', kind: loan_book}\n  half: {paths: [loans.csv, lost.csv], kind: loan_book}\n"
    )
    result = judge(tmp_path, files, more=more)
    assert {(skip.what.removeprefix(f"{tmp_path}/"), skip.code, skip.reason) for skip in result.skipped} == {
        ("no/*.csv", "missing", "no file matches the pattern"),
        ("gone.csv", "missing", "it does not exist or disappeared before it was read"),
        ("lost.csv", "missing", "it does not exist or disappeared before it was read"),
        ("mysql://reader@db/loans", "unsupported", "it is an address of a kind that is not read"),
    }
    assert [item.reason for item in result.not_testable if item.dataset in ("pattern", "gone", "database")] == ["loan book: its paths match no file, or none but those of other datasets"] * 3
    assert rows(result) == {"loans": [1]}
    assert result.exit_code() == ExitCode.INCOMPLETE


def test_paths_outside_of_the_folder_of_the_catalogue(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "elsewhere").mkdir()
    for name in ("elsewhere/a.csv", "b.csv"):
        (tmp_path / name).write_text(table(["2020-01-01"]), encoding="utf-8")
    (home / "p.yml").write_text(RETENTION, encoding="utf-8")
    (home / "audit.yaml").write_text(
        f"{HEAD}as_of: 2026-06-30\ndatasets:\n  a: {{paths: ../elsewhere, kind: loan_book}}\n  b: {{paths: '{tmp_path}/b.csv', kind: loan_book}}\n",
        encoding="utf-8",
    )
    for folder, catalogue in ((home, "audit.yaml"), (tmp_path, "home/audit.yaml")):
        done = lender.program("audit", catalogue, "-f", "json", cwd=folder)
        assert done.returncode == ExitCode.FOUND
        assert {v["dataset"]: len(v["places"]) for v in json.loads(done.stdout)["violations"]} == {"a": 1, "b": 1}


def test_names_that_differ_in_case_are_two_datasets(tmp_path: Path) -> None:
    result = judge(tmp_path, {"Loans.csv": table(["2020-01-01"]), "loans.csv": table(["2020-01-01", "2020-01-01"])})
    assert rows(result) == {"Loans": [1], "loans": [1, 2]}


def test_names_in_chinese_with_points_and_hyphens(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(table(["2020-01-01"]), encoding="utf-8")
    result = judge(tmp_path, {"b.csv": table(["2026-01-01"])}, more="  贷款台账-2020.v1: {paths: a.csv, kind: loan_book}\n")
    assert rows(result) == {"贷款台账-2020.v1": [1]}


def test_a_file_of_two_datasets_counts_once(tmp_path: Path) -> None:
    result = judge(tmp_path, {"loans.csv": table(["2020-01-01"])}, more="  again: {paths: '*.csv', kind: loan_book}\n")
    assert rows(result) == {"loans": [1]}
    assert any("it belongs to the datasets loans and again" in reason for _, reason in notes(result, "overlap"))


@pytest.mark.parametrize("again", ["{folder}/loans.csv", "link.csv", "below/../loans.csv"])
def test_a_file_under_two_names_counts_once(tmp_path: Path, again: str) -> None:
    (tmp_path / "link.csv").symlink_to("loans.csv")
    (tmp_path / "below").mkdir()
    result = judge(tmp_path, {"loans.csv": table(["2020-01-01"])}, more=f"  again: {{paths: '{again.format(folder=tmp_path)}', kind: loan_book}}\n")
    assert rows(result) == {"loans": [1]}
    assert any("it belongs to the datasets loans and again" in reason for _, reason in notes(result, "overlap"))


def test_words_of_the_house(tmp_path: Path) -> None:
    text = "loan_no,closed_on,status\nL000001,2020-01-01,JQ\nL000002,2020-01-02,ZC\nL000003,2020-01-03,??\n"
    policy = "rules: [{id: a, title: t, kind: loan_book, where: \"status = 'closed'\"}]\n"
    result = judge(tmp_path, {"loans.csv": text}, facts=", values: {status: {JQ: closed, zc: open}}", policy=policy)
    assert rows(result) == {"loans": [1]}
    assert missing(result) == [("loans", "values status", 1)]


@pytest.mark.parametrize("as_of", ["0001-01-01", "9999-12-31"])
def test_any_day_can_be_the_day_of_the_audit(tmp_path: Path, as_of: str) -> None:
    done = lender.program("audit", str(pii_audit.sample_data_dir() / "audit.yaml"), "--as-of", as_of, "-f", "json", "--fail-on", "none", cwd=tmp_path)
    assert done.returncode == ExitCode.CLEAN, done.stderr[-300:]
    data = json.loads(done.stdout)
    assert data["judgement"]["as_of"] == as_of
    assert [item for item in data["not_testable"] if item["missing"] == "condition"] == []


def test_every_kind_has_titles() -> None:
    assert all(title and re.search("[\u4e00-\u9fff]", chinese) for title, chinese in KINDS.values())
