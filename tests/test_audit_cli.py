"""``pii-audit audit`` and ``explain`` as people use them: exit codes, reports in two languages, files of places."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import lender as lender_tables
import pyarrow.parquet as pq
import pytest
import test_canaries
import yaml
from click.testing import CliRunner, Result
from rich.cells import cell_len

from pii_audit import auditing
from pii_audit.cli.program import program
from pii_audit.model.violation import NotTestable
from pii_audit.policy.registry import rules
from pii_audit.policy.untestable import in_chinese
from pii_audit.reports.json import schema
from pii_audit.validators import GB11643

ID = GB11643.complete("11010519491231002")
PHONE = "13912345678"
CATALOGUE = {
    "organisation": {"kind": "consumer_finance"},
    "as_of": "2026-06-30",
    "policies": ["test.yml"],
    "datasets": {
        "loans": {
            "paths": ["loans.csv"],
            "kind": "loan_book",
            "owner": "信贷部",
            "purpose": "贷后管理",
            "retention": {"keep": "5y", "dated_by": "closed_on", "min": "10y", "law": ["AML 34"]},
            "binding": {"borrower": "客户号"},
        },
        "calls": {"paths": ["calls.csv"], "kind": "collection_log", "owner": "贷后部", "legal_basis": "contract", "data_subjects": ["借款人"]},
    },
}
POLICY = [{"rule": "retention-limit", "severity": "low"}, {"rule": "quiet-hours", "severity": "high"}, {"rule": "criminal-count", "third": 2}]
LANGUAGE = [{"rule": "threats"}, {"rule": "insults"}]


@pytest.fixture
def lender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write()
    Path("loans.csv").write_text(
        f"客户号,身份证号,手机号,结清日期\nC1,{ID},{PHONE},2016-06-28\nC2,{ID},{PHONE},2016-06-29\nC3,{ID},{PHONE},2016-06-30\nC4,{ID},{PHONE},\n"
    )
    Path("calls.csv").write_text(f"debtor_id,call_time,direction,被叫号码,内容\nC1,2026-03-01 22:00:00,out,{PHONE},您好\nC2,2026-03-01 08:00:00,out,{PHONE},您好\n")
    return tmp_path


def write(policy: list[dict[str, Any]] | None = None, **changes: Any) -> None:
    Path("audit.yaml").write_text(yaml.safe_dump({**CATALOGUE, **changes}, allow_unicode=True))
    Path("test.yml").write_text(yaml.safe_dump({"policy": "test", "rules": POLICY if policy is None else policy}))


def run(*args: str) -> Result:
    result = CliRunner().invoke(program, ["audit", "--quiet", *args])
    assert ID not in result.stdout + result.stderr and PHONE not in result.stdout + result.stderr
    return result


def report(*args: str) -> dict[str, Any]:
    result = run("-f", "json", *args)
    assert result.exit_code in (0, 1, 3), result.stderr
    data: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(data, schema(), format_checker=jsonschema.FormatChecker())
    return data


class TestExitCodes:
    @pytest.mark.parametrize(
        ("policy", "fail_on", "code"),
        [
            (POLICY, "low", 1),
            (POLICY, "high", 1),
            (POLICY, "none", 0),
            ([{"rule": "retention-limit", "severity": "low"}], "low", 1),
            ([{"rule": "retention-limit", "severity": "low"}], "medium", 0),
            ([{"rule": "retention-limit", "severity": "medium"}], "medium", 1),
            ([{"rule": "retention-limit", "severity": "medium"}], "high", 0),
            ([{"rule": "retention-limit", "severity": "info"}], "low", 0),        # arithmetic for the reader
            ([{"rule": "retention-limit", "enabled": False}, {"rule": "visit-staff"}], "low", 0),  # cannot be tested
        ],
    )
    def test_by_severity(self, lender: Path, policy: list[dict[str, Any]], fail_on: str, code: int) -> None:
        write(policy)
        assert run("--fail-on", fail_on).exit_code == code

    def test_what_was_exempted_does_not_count(self, lender: Path) -> None:
        held = {"rule": "quiet-hours", "owner": "合规部", "reason": "约定时段", "expires": "2026-06-30"}
        write([{"rule": "quiet-hours"}], exemptions=[held])
        assert run().exit_code == 0
        write([{"rule": "quiet-hours"}], exemptions=[{**held, "expires": "2026-06-29"}])
        result = run("--lang", "zh")
        assert (result.exit_code, "已于 2026-06-29 到期，不再豁免" in result.stdout) == (1, True)

    @pytest.mark.parametrize("fail_on", ["none", "low"])
    def test_something_unread_is_incomplete(self, lender: Path, fail_on: str) -> None:
        Path("calls.csv").write_bytes(b"PK\x03\x04 and nothing behind it")
        result = run("--fail-on", fail_on, "--lang", "en")
        assert result.exit_code == 3
        assert "calls.csv" in result.stdout.partition("Could not be read")[2]
        Path("calls.csv").unlink()
        assert run("--fail-on", fail_on).exit_code == 3

    @pytest.mark.parametrize(
        ("args", "says"),
        [
            (["none.yaml"], "none.yaml:1: (document): cannot be read"),
            (["audit.yaml", "more"], "unexpected extra argument"),
            (["--as-of", "30.6.2026"], "--as-of: must be a date such as 2026-06-30"),
            (["--fail-on", "info"], "'info' is not one of"),
            (["--policy", "retenton"], "--policy: there is no pack and no file 'retenton'; did you mean retention?"),
            (["--places", "p.json"], "--places: must end in .parquet or .csv"),
            (["--places", "no/p.csv"], "the folder no does not exist"),
            (["-f", "html"], "html is not available"),
            (["--findings", "f.csv"], ".jsonl or .parquet"),
            (["-f", "json", "--report", "text=-"], "two reports go to standard output"),
        ],
    )
    def test_wrong_use_reads_nothing(self, lender: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], says: str) -> None:
        monkeypatch.setattr(auditing, "scan", lambda *_, **__: pytest.fail("something was read"))
        before = sorted(os.listdir())
        result = run(*args)
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert says in line
        assert sorted(os.listdir()) == before

    def test_every_mistake_at_once(self, lender: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(auditing, "scan", lambda *_, **__: pytest.fail("something was read"))
        write([{"rule": "quiet-hour"}, {"rule": "retention-limit", "keep": "5x"}], organisation={"kind": "bnk"})
        result = run("--places", "p.csv")
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 3)
        assert not Path("p.csv").exists()


class TestOptions:
    def test_as_of(self, lender: Path) -> None:
        def rows(day: str) -> list[int]:
            found = report("--as-of", day)
            assert found["judgement"]["as_of"] == day
            return [place["row"] for violation in found["violations"] if violation["rule"] == "retention-limit" for place in violation["places"]]

        # ten years from 28 June 2016; the last day is inside
        assert rows("2026-06-28") == []
        assert rows("2026-06-29") == [1]
        assert rows("2026-06-30") == [1, 2]

    def test_policy(self, lender: Path) -> None:
        write([{"rule": "quiet-hours"}])
        Path("sub").mkdir()
        Path("sub/more.yml").write_text("policy: more\nrules: [{rule: retention-limit}]\n")
        assert {item["rule"] for item in report()["violations"]} == {"quiet-hours"}
        data = report("--policy", "sub/more.yml")
        assert {item["rule"] for item in data["violations"]} == {"quiet-hours", "retention-limit"}
        assert data["judgement"]["policies"] == ["test.yml", "sub/more.yml"]
        os.chdir("sub")
        assert {item["rule"] for item in report("../audit.yaml", "--policy", "more.yml")["violations"]} == {"quiet-hours", "retention-limit"}
        assert "rules/minors.yml" in report("../audit.yaml", "--policy", "minors")["judgement"]["policies"]


class TestPlaces:
    def test_a_list_for_owners(self, lender: Path) -> None:
        assert run("--places", "p.csv").exit_code == 1
        assert stat.S_IMODE(os.stat("p.csv").st_mode) == 0o600
        with open("p.csv", newline="") as stream:
            found = [row for row in csv.DictReader(stream) if row["rule"] != "criminal-count"]
        assert found == [
            {"rule": "quiet-hours", "dataset": "calls", "source": "calls.csv", "row": "1", "column": "", "aspect": "unknown", "n": "1", "owner": "贷后部", "action": ""},
            {"rule": "retention-limit", "dataset": "loans", "source": "loans.csv", "row": "1", "column": "", "aspect": "", "n": "1", "owner": "信贷部", "action": "delete"},
            {"rule": "retention-limit", "dataset": "loans", "source": "loans.csv", "row": "2", "column": "", "aspect": "", "n": "1", "owner": "信贷部", "action": "delete"},
        ]  # fmt: skip
        run("--places", "p.parquet")
        assert pq.read_schema("p.parquet").equals(auditing.PLACES)

    def test_whole_or_not_at_all(self, lender: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("p.csv").write_text("old\n")

        def stop(*args: Any) -> Any:
            raise KeyboardInterrupt

        monkeypatch.setattr(auditing, "_judgement", stop)  # every place was written by then
        assert run("--places", "p.csv").exit_code == 130
        assert Path("p.csv").read_text() == "old\n"
        assert not [name for name in os.listdir() if name.startswith(".pii-audit")]


class TestJson:
    def test_it_is_complete(self, lender: Path) -> None:
        write([*POLICY, *LANGUAGE])
        data = report()
        summary, judged = data["summary"], data["judgement"]
        assert summary["rules_broken"] == {"info": 1, "low": 1, "medium": 0, "high": 1}
        assert summary["by_rule"]["retention-limit"] == {"count": 2, "datasets": ["loans"], "severity": "low"}
        assert summary["by_dataset"]["calls"]["high"] == 1
        assert judged["bindings"]["loans"] == {"borrower": "客户号", "kept_from": "结清日期"}
        assert judged["guessed"]["loans"] == ["kept_from"]
        assert set(judged["guessed"]["calls"]) == {"event_time", "direction", "borrower", "text"}
        assert judged["language"]["rules"] == ["insults", "threats"]
        assert "51 of 96" in judged["language"]["says"] and "66 种" in judged["language"]["says_zh"]
        assert judged["record"]["loans"] == {
            "kind": "loan_book", "kind_title": "loan book", "kind_title_zh": "贷款台账", "owner": "信贷部", "purpose": "贷后管理",
            "retention": "5y", "retention_from": "closed_on", "retention_min": "10y", "retention_law": "AML 34",
            "found": "CN_MOBILE_PHONE, CN_RESIDENT_ID", "missing": "legal_basis, data_subjects, entities",
        }  # fmt: skip
        articles = [(item["framework"], item["article"]) for item in judged["articles"]]
        assert ("pipl", "19") in articles and ("pipl", "47") in articles
        pipl = [int(article) for framework, article in articles if framework == "pipl"]
        assert pipl == sorted(pipl)
        assert {item["rule"]: item["deletes"] for item in data["violations"]} == {"retention-limit": True, "quiet-hours": False, "criminal-count": False}

    def test_it_is_stable(self, lender: Path) -> None:
        first, second = report(), report()
        first.pop("run"), second.pop("run")
        assert json.dumps(first) == json.dumps(second)

    def test_a_rule_broken_in_two_datasets_counts_once(self, lender: Path) -> None:
        write(datasets={**CATALOGUE["datasets"], "copy": {"paths": ["copy.csv"], "kind": "loan_book", "retention": "5y"}})  # type: ignore[dict-item]
        Path("copy.csv").write_text(Path("loans.csv").read_text())
        summary = report()["summary"]
        assert summary["rules_broken"]["low"] == 1
        assert summary["by_rule"]["retention-limit"]["datasets"] == ["copy", "loans"]

    def test_a_file_with_an_exclamation_mark_in_its_name(self, lender: Path) -> None:
        """It is no member of an archive, and what is found in it is judged."""
        write([{"rule": "sensitive-unencrypted"}], datasets={"x": {"paths": ["a!b.csv"], "kind": "loan_book", "encryption": "none"}})
        Path("a!b.csv").write_text(Path("loans.csv").read_text())
        (violation,) = report()["violations"]
        assert (violation["dataset"], violation["places"][0]["source"]) == ("x", "a!b.csv")


class TestText:
    @pytest.mark.parametrize(
        ("lang", "says"),
        [
            (
                "en",
                (
                    "Of 5 rules in force, 4 could be tested wholly, 1 in part, 0 not at all.", "By dataset: rules broken",
                    "calls  collection log: calls, messages, visits     1       ·    ·  贷后部",
                    "High severity: 1 rule broken", "For information", "To be deleted: past their period", "retention-limit 2  loans.csv  row 1, 2",
                    "Personal Information Protection Law: Art. 19 Retention period (1), Art. 47 Deletion (1)",
                    "Columns bound by their headers alone", "loans: kept_from ← 结清日期", "borrower ← debtor_id", "Record of processing activities (PIPL 55, 56)",
                ),
            ),
            (
                "zh",
                (
                    "生效的 5 条规则中，4 条可完全检验，1 条可部分检验，0 条无法检验。", "按数据集：违反的规则数", "严重程度高：违反 1 条规则", "应删除：已过保存期限",
                    "retention-limit 2  loans.csv  第 1、2 行", "个人信息保护法：第19条 保存期限（1）、第47条 删除（1）", "仅按列名识别的列",
                    "个人信息处理活动记录", "loans：2 · 其他 2 · 负责人 信贷部",
                ),
            ),
        ],
    )  # fmt: skip
    def test_sections(self, lender: Path, monkeypatch: pytest.MonkeyPatch, lang: str, says: tuple[str, ...]) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        write([*POLICY, *LANGUAGE])
        text = " ".join(run("--lang", lang).stdout.split("\n"))
        assert [sentence for sentence in says if sentence not in text] == []

    @pytest.mark.parametrize(("lang", "says"), [("en", "51 of 96, and 24 of 66"), ("zh", "在 96 种中识别出 51 种，在 66 种更难的说法中识别出 24 种")])
    def test_what_language_rules_are_worth(self, lender: Path, monkeypatch: pytest.MonkeyPatch, lang: str, says: str) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        write([*POLICY, *LANGUAGE])
        assert says in run("--lang", lang).stdout
        write([*POLICY, {"rule": "threats", "enabled": False}])
        assert says not in run("--lang", lang).stdout

    def test_the_record_in_full(self, lender: Path) -> None:
        for text in (run("--lang", "zh", "--verbose").stdout, (run("--lang", "zh", "-o", "r.txt"), Path("r.txt").read_text())[1]):
            text = "".join(line.strip() for line in text.split("\n"))
            assert "保存期限：5y，自 closed_on 起算，法定至少 10y（AML 34）" in text
            assert "未登记：合法性基础、个人信息主体、登记的信息种类" in text

    @pytest.mark.parametrize("width", [60, 80, 120])
    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_it_fits(self, lender: Path, monkeypatch: pytest.MonkeyPatch, lang: str, width: int) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        write([*POLICY, *LANGUAGE, {"rule": "visit-staff"}, {"rule": "contact-after-refusal"}])
        lines = run("--lang", lang).stdout.splitlines()
        assert [line for line in lines if cell_len(line) > width] == []
        assert len(lines) < 120

    def test_a_long_report_ends_with_the_verdict(self, lender: Path) -> None:
        names = ("quiet-hours", "retention-limit", "legal-basis-missing", "access-undeclared", "classification-tag", "location-held")
        more = ("retention-undeclared", "complaint-channel-missing", "criminal-count", "incident-grade")
        write([{"rule": name} for name in names])
        assert run("--lang", "en").stdout.splitlines()[-1].startswith("Read 2 sources")
        write([{"rule": name} for name in (*names, *more)])
        text = run("--lang", "en").stdout.splitlines()
        assert text[0].startswith("Rules broken: ") and text[-1].startswith("Rules broken: ")

    def test_reasons_in_chinese(self, lender: Path) -> None:
        write([{"rule": name} for name in ("visit-staff", "contact-after-refusal", "complaint-late", "storage-abroad", "contract-missing")])
        data = report()
        assert {item["reason_zh"] for item in data["not_testable"]} >= {
            "没有“拒绝联系时间”列（refused_at）", "目录中没有投诉登记（complaints）", "目录未登记任何接收方", "目录未说明存储地区（region）",
        }  # fmt: skip
        assert "visit-staff" in run("--lang", "zh").stdout


@pytest.mark.parametrize(
    ("missing", "reason", "chinese"),
    [
        ("column agent", "no column for person who acts for the lender (agent)", "没有“催收员、坐席”列（agent）"),
        ("column agent", "2 of 3 files or tables have no column for agent", "3 个文件或表中有 2 个没有“催收员、坐席”列（agent）"),
        ("column agent", "the catalogue binds agent to the column x, which no file has", "目录为 agent（催收员、坐席）指定的列在任何文件中都不存在"),
        ("values agent", "rows whose agent is missing or cannot be read", "“催收员、坐席”（agent）缺失或无法读取的行"),
        ("fact retention", "the catalogue does not say retention of x", "目录未说明保存期限（retention）"),
        ("kind staff", "the catalogue has no register staff", "目录中没有催收人员与培训登记（staff）"),
        ("kind loan_book", "the catalogue has no dataset of kind loan_book", "目录中没有此类数据集：贷款台账（loan_book）"),
        ("recipients", "the catalogue names no recipient", "目录未登记任何接收方"),
        ("date of files", "there are files of x that no name dates", "有文件无法确定日期"),
        ("condition", "its condition cannot be computed on some row (Data error)", "部分行无法计算其条件"),
        ("rows", "collection log: calls, messages, visits: it has no row", "没有数据行"),
        ("rows", "2 files or parts of files are text, not tables", "2 个文件或其中一部分是文本，不是表格"),
        ("something new", "as it is", "as it is"),
    ],
)
def test_what_could_not_be_tested_in_chinese(missing: str, reason: str, chinese: str) -> None:
    assert in_chinese(NotTestable("a-rule", "x", missing, reason)) == chinese


class TestExplain:
    @pytest.mark.parametrize("command", [["explain"], ["policy", "explain"]])
    @pytest.mark.parametrize(
        ("lang", "says"),
        [
            ("en", ("quiet-hours · Collection during quiet hours", "Severity  high · enabled by default", "GB/T 45251-2025 (recommended standard, known from secondary texts)", "an outbound call at 22:00:00 breaks the rule", "start: beginning, itself inside (22:00)", "end: end, itself outside (08:00)")),
            ("zh", ("quiet-hours · 在禁止时段催收", "严重程度  高 · 默认启用", "（推荐性标准，据二手资料）", "22:00:00外呼违规，08:00:00外呼不违规。", "start: 开始时间（含） (22:00)", "end: 结束时间（不含） (08:00)")),
        ],
    )  # fmt: skip
    def test_one_rule(self, command: list[str], lang: str, says: tuple[str, ...]) -> None:
        text = CliRunner().invoke(program, [*command, "quiet-hours", "--lang", lang]).stdout
        assert [sentence for sentence in says if sentence not in text] == []

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_every_rule(self, lang: str) -> None:
        from pii_audit.policy.describe import explain

        heads = {"en": ("Basis", "Why", "Example", "Reads", "Remedy"), "zh": ("依据", "示例", "读取", "整改")}[lang]
        for name, rule in rules().items():
            lines = explain(name, lang).splitlines()
            parts = [head for head in heads if head in lines and lines[lines.index(head) + 1].strip()]
            assert parts == list(heads), name
            assert max(map(cell_len, lines)) <= 100, name
            assert [parameter for parameter in rule.parameters() if not any(line.startswith(f"  {parameter}: ") for line in lines)] == [], name

    def test_an_unknown_rule(self) -> None:
        result = CliRunner().invoke(program, ["policy", "explain", "quiet-hour"])
        assert result.exit_code == 2
        assert "did you mean quiet-hours" in result.stderr


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> test_canaries.Planted:
    plant = test_canaries.Planted(tmp_path_factory.mktemp("canaries") / "data")
    for name in ("t.csv", "t.xlsx", "t.parquet", "t.jsonl", "t.sqlite"):
        plant.put(f"whole/{name}", lender_tables.FORMATS[name](plant.table(8)))
    plant.put("whole/t.log", plant.text().encode())
    plant.put("broken/t.xlsx", lender_tables.FORMATS["t.xlsx"](plant.table())[:500])
    # texts where dates and times belong, and a log that people were called by
    calls = {"debtor_id": ["C1", "C2"], "call_time": [plant.value(test_canaries.BARE[1]), "2026-03-01 22:00"], "被叫号码": [plant.value(test_canaries.BARE[1]) for _ in "ab"],
             "内容": [plant.labelled(test_canaries.BARE[0]), f"再不还钱就叫人上门收拾你 {plant.value(test_canaries.BARE[2])}"]}  # fmt: skip
    plant.put("whole/calls.csv", lender_tables.csv_text(calls).encode())
    test_canaries._in_names(plant)
    return plant


class TestCanaries:
    """Values planted in files, names, headers and keys appear in nothing that init, audit and subject write."""

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_nothing_written_holds_a_value(self, planted: test_canaries.Planted, tmp_path: Path, lang: str) -> None:
        environment = {**lender_tables.environment(tmp_path), "COLUMNS": "200"}
        (tmp_path / "out").mkdir()
        catalogue = str(planted.folder / f"{lang}.yaml")

        def told(*args: str, stdin: str = "", code: int) -> None:
            command = [sys.executable, "-m", "pii_audit", *args, "--lang", lang]
            done = subprocess.run(command, cwd=tmp_path, env=environment, input=stdin.encode(), capture_output=True, timeout=240, check=False)
            assert done.returncode == code, done.stderr.decode()
            texts[f"{args[0]} stdout"], texts[f"{args[0]} stderr"] = done.stdout.decode(), done.stderr.decode()

        texts: dict[str, str] = {}
        with test_canaries.Watch(tmp_path / "temp") as watch:
            told("init", str(planted.folder), "-o", catalogue, code=3)  # a broken workbook
            # columns bound and a period that begins with what may be no date
            text = Path(catalogue).read_text().replace("    # binding:", "    binding:").replace("    kind: ", "    retention: {keep: 1d, dated_by: event_time}\n    kind: ")
            Path(catalogue).write_text(text)
            more = ("--report", "json=out/r.json", "--report", "text=out/r.txt", "--findings", "out/s.parquet", "--places", "out/p.csv")
            told("audit", catalogue, "-f", "text", "--verbose", "--policy", "incidents", "--policy", "minors", *more, code=3)
            values = [value for _, value in planted.values][:40]
            told("subject", catalogue, "-f", "json", stdin="\n".join(values), code=3)
        assert len(json.loads(texts["subject stdout"])["places"]) >= 30
        texts |= {"draft": text, **dict(test_canaries.everything(tmp_path / "out")), **dict(test_canaries.everything(tmp_path / "state"))}
        texts |= {f"temp {number}": data.decode("utf-8", "replace") for number, data in enumerate(watch.seen)}
        assert {"r.json", "r.txt", "s.parquet", "p.csv"} <= set(texts)
        assert {name: traces for name, text in texts.items() if (traces := planted.traces(text))} == {}
        assert list((tmp_path / "temp").iterdir()) == []
