from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import click
import jsonschema
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

import pii_audit
from pii_audit.cli import output
from pii_audit.cli.program import COMMANDS, program
from pii_audit.cli.progress import describe
from pii_audit.model.dataset import Skipped
from pii_audit.model.entity import Sensitivity
from pii_audit.model.errors import Interrupted, SourceError
from pii_audit.model.finding import Confidence, Finding, Location
from pii_audit.model.progress import Progress
from pii_audit.model.result import AuditResult, RunInfo, SourceInfo
from pii_audit.reports.json import schema
from pii_audit.reports.spans import open_span_sinks
from pii_audit.reports.words import Words
from pii_audit.settings import CONFIG_KEYS, ScanSettings

SECRET = "13800001111-secret"
SPANS = pa.table(
    {
        "source": ["a.csv"], "line": pa.array([None], pa.int64()), "row": [1], "column": ["mobile"], "start": [0],
        "end": [11], "entity_type": ["CN_MOBILE_PHONE"], "score": [0.75], "evidence": ["header"],
        "masked": ["138****1111"], "fingerprint": pa.array([None], pa.string()),
    }
)  # fmt: skip


def outcome(settings: ScanSettings, level: Sensitivity | None = Sensitivity.MEDIUM, skips: int = 0) -> AuditResult:
    finding = Finding(
        source="a.csv", column="mobile", entity_type="CN_MOBILE_PHONE", count=3, distinct=3, distinct_exact=True,
        cells=3, values=4, score=0.75, evidence="header", confidence=Confidence.LIKELY,
        sensitivity=level or Sensitivity.LOW, pattern="column", first_locations=(Location(None, 1, 0, 11),),
        masked_samples=("138****1111",),
    )  # fmt: skip
    return AuditResult(
        run=RunInfo(
            command=settings.command, started="2026-01-02T03:04:05+08:00", ended="2026-01-02T03:04:06+08:00",
            seconds=1.0, bytes=1000, versions={"pii-audit": "0"}, config_digest=settings.digest(),
            config_file=settings.config_file, targets=settings.targets, entities=settings.entities or (),
            min_score=settings.min_score, workers=settings.workers, values_shown=settings.show_values,
        ),
        sources=(SourceInfo("a.csv", "delimited", "utf-8", 4, 1000, 2, None),),
        findings=(finding,) if level else (),
        masked=(),
        skipped=tuple(Skipped(f"b{i}.gz", "truncated", "it ends early") for i in range(skips)),
    )  # fmt: skip


class FakeScan:
    """Stands for the audit: remembers the settings, writes one span, returns what it was given."""

    def __init__(self) -> None:
        self.settings: ScanSettings | None = None
        self.make: Callable[[ScanSettings], AuditResult] = outcome

    def scan(self, settings: ScanSettings, *, progress: Callable[[Progress], None] | None = None) -> AuditResult:
        self.settings = settings
        if progress:
            progress(Progress(1, 2, 0, 0, "x"))
        sink = open_span_sinks(settings.spans)
        if sink:
            sink.write(SPANS)
            sink.close()
        return self.make(settings)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeScan:
    fake = FakeScan()
    module = types.ModuleType("pii_audit.audit")
    module.scan = fake.scan  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pii_audit.audit", module)
    monkeypatch.setattr(pii_audit, "sample_data_dir", lambda: tmp_path, raising=False)
    return fake


@pytest.fixture(autouse=True)
def clean_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("PII_AUDIT", "LC_")) or name in ("LANG", "NO_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


def invoke(*args: str, **kwargs: object) -> Result:
    return CliRunner().invoke(program, list(args), **kwargs)  # type: ignore[arg-type]


def error_line(result: Result) -> str:
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert result.stdout == ""
    return lines[0]


class TestExitCodes:
    @pytest.mark.parametrize(
        ("level", "fail_on", "skips", "code"),
        [
            (None, "low", 0, 0),
            (Sensitivity.LOW, "low", 0, 1),
            (Sensitivity.LOW, "medium", 0, 0),
            (Sensitivity.HIGH, "high", 0, 1),
            (Sensitivity.HIGH, "none", 0, 0),
            (Sensitivity.HIGH, "low", 2, 3),
            (None, "none", 1, 3),
        ],
    )
    def test_scan(self, fake: FakeScan, level: Sensitivity | None, fail_on: str, skips: int, code: int) -> None:
        fake.make = lambda settings: outcome(settings, level, skips)
        assert invoke("scan", "x", "--fail-on", fail_on).exit_code == code

    @pytest.mark.parametrize(
        ("args", "says"),
        [
            (["--nonsense"], "No such option"),
            (["scn"], "no such command 'scn'; did you mean scan?"),
            (["scan"], "Missing argument 'TARGET...'"),
            (["scan", "x", "--formt", "json"], "--format"),
            (["scan", "x", "--entities", "CN_BANK_CART"], "did you mean CN_BANK_CARD"),
            (["scan", "x", "--entities", ","], "names no entity type"),
            (["scan", "x", "-f", "html"], "html is not available in this version"),
            (["scan", "x", "-f", "jsn"], "did you mean json"),
            (["scan", "x", "-o", "r.sarif"], "sarif is not available"),
            (["scan", "x", "--engine", "spark"], "spark is not available"),
            (["scan", "x", "--min-score", "2"], "not in the range"),
            (["scan", "x", "--workers", "-1"], "not in the range"),
            (["scan", "x", "--fail-on", "bad"], "'bad' is not one of"),
            (["scan", "x", "-o", "no/r.json"], "the folder no does not exist"),
            (["scan", "x", "--report", "json"], "must be FORMAT=PATH"),
            (["scan", "x", "--report", "json=a", "--report", "csv=./a"], "same path"),
            (["scan", "x", "--findings", "a.jsonl", "-f", "jsonl", "-o", "a.jsonl"], "same path"),
            (["scan", "x", "-f", "json", "--report", "csv=-"], "two reports go to standard output"),
            (["scan", "x", "--findings", "a.csv"], ".jsonl or .parquet"),
            (["scan", "x", "--recognizers", "none.yaml"], "--recognizers none.yaml: cannot be read"),
            (["scan", "x", "--fingerprint-key-file", "none"], "cannot be read"),
            (["scan", "x", "--config", "none.yaml"], "none.yaml: the configuration file cannot be read"),
            (["scan", "x", "--show-values"], "--yes"),
            (["scan", "x", "--show-values", "-o", "r.txt"], "to a file"),
            (["list", "policies"], "'policies' is not one of"),
            (["explain", "nothing"], "nothing is called 'nothing'"),
        ],
    )
    def test_wrong_use_is_one_sentence_and_scans_nothing(self, fake: FakeScan, args: list[str], says: str) -> None:
        result = invoke(*args)
        assert result.exit_code == 2
        line = error_line(result)
        assert line.startswith("pii-audit: ") and says in line
        assert fake.settings is None
        assert os.listdir() == []

    def test_strict_stop(self, fake: FakeScan) -> None:
        def stop(settings: ScanSettings) -> AuditResult:
            raise SourceError("b.gz: it ends early")

        fake.make = stop
        result = invoke("scan", "x", "--strict")
        assert (result.exit_code, error_line(result)) == (3, "pii-audit: b.gz: it ends early")

    @pytest.mark.parametrize(
        ("error", "code"), [(KeyboardInterrupt(), 130), (Interrupted(2), 130), (Interrupted(15), 143)]
    )
    def test_interrupts(self, fake: FakeScan, error: BaseException, code: int) -> None:
        def stop(settings: ScanSettings) -> AuditResult:
            raise error

        fake.make = stop
        result = invoke("scan", "x", "-o", "r.json")
        assert (result.exit_code, error_line(result)) == (code, "pii-audit: interrupted")
        assert os.listdir() == []

    def test_internal_error_leaks_nothing(self, fake: FakeScan, tmp_path: Path) -> None:
        def crash(settings: ScanSettings) -> AuditResult:
            value = SECRET
            try:
                raise ValueError(value)
            except ValueError as error:
                error.tb = f'"""\nTraceback:\n  File "/lib/x.py", line 7, in work\n    x\nValueError: {value}\n"""'  # type: ignore[attr-defined]
                raise RuntimeError(f"cannot use {value}") from error

        fake.make = crash
        result = invoke("scan", "x")
        assert result.exit_code == 70
        match = re.fullmatch(r"pii-audit: internal error ([0-9a-f]{8}) \(RuntimeError\); the log is (.+)", error_line(result))
        assert match
        log = Path(match[2])
        assert log == tmp_path / "state" / "pii-audit" / "errors" / f"{match[1]}.log"
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
        text = log.read_text()
        assert SECRET not in text + result.output
        assert "builtins.RuntimeError" in text and "builtins.ValueError" in text
        assert "crash" in text and "/lib/x.py:7 work" in text

    def test_internal_error_without_a_place_for_the_log(self, fake: FakeScan, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", "/proc/none")
        fake.make = lambda settings: 1 / 0  # type: ignore[return-value]
        result = invoke("scan", "x")
        assert result.exit_code == 70
        assert error_line(result).endswith("(ZeroDivisionError); no log could be written")

    def test_names_in_errors_cannot_act(self, fake: FakeScan) -> None:
        result = invoke("scan", "x", "-f", "\x1b[2J")
        assert "\x1b" not in result.output and "\\x1b" in result.stderr


class TestReports:
    def test_text_on_stdout_and_nothing_else(self, fake: FakeScan) -> None:
        result = invoke("scan", "x")
        assert result.stdout.startswith("Personal data found: 3 values of 1 type exposed in 1 of 1 source;")
        assert result.stderr == ""
        assert "\x1b" not in result.stdout

    def test_json_with_the_verdict_on_stderr(self, fake: FakeScan) -> None:
        result = invoke("scan", "x", "-f", "json")
        jsonschema.Draft202012Validator(schema()).validate(json.loads(result.stdout))
        assert result.stderr.startswith("Personal data found")
        assert invoke("scan", "x", "-f", "json", "-q").stderr == ""

    def test_format_follows_the_name(self, fake: FakeScan) -> None:
        invoke("scan", "x", "-o", "r.json")
        assert json.loads(Path("r.json").read_text())["schema_version"] == "1.0"
        assert stat.S_IMODE(Path("r.json").stat().st_mode) == 0o600
        invoke("scan", "x", "-o", "r.unknown")
        assert Path("r.unknown").read_text().startswith("Personal data found")

    def test_many_reports(self, fake: FakeScan) -> None:
        result = invoke("scan", "x", "--report", "json=r.json", "--report", "csv=r.csv", "--findings", "s.parquet",
                        "--report", "jsonl=s.jsonl")  # fmt: skip
        assert result.stdout.startswith("Personal data found")
        assert sorted(os.listdir()) == ["r.csv", "r.json", "s.jsonl", "s.parquet"]
        assert Path("r.csv").read_bytes().startswith(b"\xef\xbb\xbfsource,column")
        assert json.loads(Path("s.jsonl").read_text())["masked"] == "138****1111"

    def test_a_report_to_stdout_replaces_the_text(self, fake: FakeScan) -> None:
        assert invoke("scan", "x", "--report", "csv=-").stdout.startswith("source,column")

    def test_spans_to_stdout_with_everything_unread_on_stderr(self, fake: FakeScan) -> None:
        fake.make = lambda settings: outcome(settings, skips=30)
        result = invoke("scan", "x", "-f", "jsonl", "-q")
        assert [json.loads(line)["entity_type"] for line in result.stdout.splitlines()] == ["CN_MOBILE_PHONE"]
        assert result.stderr.count("truncated") == 30

    def test_chinese(self, fake: FakeScan) -> None:
        assert invoke("scan", "x", "--lang", "zh").stdout.startswith("发现个人信息")
        assert invoke("scan", "x", env={"LC_ALL": "zh_CN.UTF-8"}).stdout.startswith("发现个人信息")
        assert invoke("scan", "x", "--lang", "en", env={"LC_ALL": "zh_CN.UTF-8"}).stdout.startswith("Personal")

    def test_one_report_that_fails_does_not_stop_the_others(
        self, fake: FakeScan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def vanish(settings: ScanSettings) -> AuditResult:
            os.rmdir("gone")
            return outcome(settings)

        os.mkdir("gone")
        fake.make = vanish
        result = invoke("scan", "x", "--report", "json=gone/r.json", "--report", "csv=r.csv")
        assert result.exit_code != 0
        assert os.listdir() == ["r.csv"]
        assert result.stdout.startswith("Personal data found")
        assert "gone/r.json" in result.stderr

    def test_reader_that_left_changes_no_verdict(self, fake: FakeScan, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*args: object) -> None:
            raise BrokenPipeError

        monkeypatch.setattr(output, "write", broken)
        result = invoke("scan", "x")
        assert (result.exit_code, result.output) == (1, "")


class TestSettings:
    def test_defaults(self, fake: FakeScan) -> None:
        invoke("scan", "x", "y")
        assert fake.settings == ScanSettings(targets=("x", "y"))

    def test_every_flag(self, fake: FakeScan) -> None:
        Path("r.yaml").write_text("a")
        Path("key").write_text("k")
        result = invoke(
            "scan", "x", "--entities", "cn_vin, CN_QQ", "--entities", "CN_VIN", "--min-score", "0.7", "--workers", "3",
            "--include", "*.csv", "--include", "*.log", "--exclude", "tmp/*", "--follow-symlinks", "--strict",
            "--fingerprint-key-file", "key", "--engine", "local", "--show-values", "--yes",
        )  # fmt: skip
        assert fake.settings == ScanSettings(
            targets=("x",), entities=("CN_VIN", "CN_QQ"), min_score=0.7, workers=3, include=("*.csv", "*.log"),
            exclude=("tmp/*",), follow_symlinks=True, strict=True, fingerprint_key_file=Path("key"), show_values=True,
        )  # fmt: skip
        assert "in clear text" in result.stdout

    def test_names_of_a_recognizer_file_are_left_to_the_scan(self, fake: FakeScan) -> None:
        Path("r.yaml").write_text("a")
        invoke("scan", "x", "--recognizers", "r.yaml", "--entities", "MINE")
        assert fake.settings and fake.settings.entities == ("MINE",)
        assert fake.settings.recognizers == (Path("r.yaml"),)

    def test_flag_then_environment_then_file_then_default(self, fake: FakeScan) -> None:
        Path("pii-audit.yaml").write_text(
            "min-score: 0.6\nworkers: 4\ninclude: [a, b]\nlang: zh\nfail-on: high\nstrict: true\n"
        )
        env = {"PII_AUDIT_MIN_SCORE": "0.7", "PII_AUDIT_WORKERS": "5", "PII_AUDIT_EXCLUDE": "c,d"}
        result = invoke("scan", "x", "--workers", "6", env=env)
        assert fake.settings == ScanSettings(
            targets=("x",), min_score=0.7, workers=6, include=("a", "b"), exclude=("c", "d"), strict=True,
            config_file="pii-audit.yaml",
        )  # fmt: skip
        assert result.exit_code == 0
        assert result.stdout.startswith("发现个人信息")
        assert "配置文件 pii-audit.yaml" in result.stdout

    def test_named_configuration(self, fake: FakeScan, tmp_path: Path) -> None:
        other = tmp_path / "other.yaml"
        other.write_text("report: json=r.json\nquiet: true\n")
        Path("pii-audit.yaml").write_text("nonsense: 1\n")
        assert invoke("scan", "x", "-v", "--config", str(other)).stderr.startswith(f"pii-audit: configuration file: {other}")
        assert (tmp_path / "r.json").exists()
        assert invoke("scan", "x", env={"PII_AUDIT_CONFIG": str(other)}).exit_code == 1

    def test_mistakes_in_the_file(self, fake: FakeScan) -> None:
        Path("pii-audit.yaml").write_text("fail_on: low\nworkers: x\n")
        result = invoke("scan", "x")
        assert result.exit_code == 2 and fake.settings is None
        assert result.stderr.splitlines() == [
            "pii-audit: pii-audit.yaml:1: unknown key 'fail_on'; did you mean fail-on?",
            "pii-audit: pii-audit.yaml:2: workers: must be a whole number, 0 or more",
        ]

    def test_file_and_flags_have_the_same_names(self) -> None:
        command = program.get_command(click.Context(program), "scan")
        assert command
        flags = {
            max(param.opts, key=len).removeprefix("--")
            for param in command.params
            if isinstance(param, click.Option) and max(param.opts, key=len) not in ("--show-values", "--yes", "--config")
        }
        assert flags == set(CONFIG_KEYS)
        assert set(CONFIG_KEYS) < {(param.name or "").replace("_", "-") for param in command.params}

    def test_format_in_the_file(self, fake: FakeScan) -> None:
        Path("pii-audit.yaml").write_text("format: csv\n")
        assert invoke("scan", "x").stdout.startswith("source,column")


class TestOtherCommands:
    @pytest.mark.parametrize("name", ["", *COMMANDS])
    def test_help(self, name: str) -> None:
        result = invoke(*([name] if name else []), "--help")
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")
        assert max(map(len, result.stdout.splitlines())) <= 100

    def test_scan_help_is_a_manual_page(self) -> None:
        text = invoke("scan", "--help").stdout
        for section in ("What to look for:", "Output:", "Examples:", "Exit codes:", "Environment:", "Files:"):
            assert f"\n{section}\n" in text
        for code in ("0", "1", "2", "3", "70", "130, 143"):
            assert re.search(rf"^  {code}  ", text, re.MULTILINE)

    def test_no_command_is_help(self) -> None:
        assert invoke().stdout == invoke("--help").stdout

    def test_only_commands_of_this_version(self) -> None:
        text = invoke("--help").stdout
        assert not re.search(r"^  (diff|baseline|history|trend|schedule)\b", text, re.MULTILINE)

    def test_version(self) -> None:
        assert re.fullmatch(r"pii-audit \d+\.\d+\.\d+\n", invoke("--version").stdout)

    def test_list(self) -> None:
        assert "CN_RESIDENT_ID" in invoke("list", "entities").stdout
        zh = invoke("list", "entities", "--lang", "zh").stdout
        assert zh.startswith("名称") and "居民身份证号" in zh
        assert {row["name"] for row in json.loads(invoke("list", "reports", "-f", "json").stdout)} >= {"text", "json"}

    def test_explain(self) -> None:
        assert invoke("explain", "cn_bank_card", "--lang", "zh").stdout.startswith("CN_BANK_CARD · ")

    def test_schema(self) -> None:
        assert json.loads(invoke("schema", "report").stdout) == schema()

    def test_demo_succeeds_with_violations(self) -> None:
        result = invoke("demo", "--lang", "en")
        assert result.exit_code == 0
        assert "[quiet-hours]" in result.stdout

    def test_doctor(self, fake: FakeScan) -> None:
        result = invoke("doctor", env={"PII_AUDIT_WORKER": "1"})
        assert result.exit_code == (2 if re.search("^bad", result.stdout, re.MULTILINE) else 0)
        assert "note  PII_AUDIT_WORKER means nothing to this program; did you mean PII_AUDIT_WORKERS?" in result.stdout
        assert re.search(r"^ok    pyarrow \d", result.stdout, re.MULTILINE)
        Path("pii-audit.yaml").write_text("nonsense: 1\n")
        result = invoke("doctor")
        assert result.exit_code == 2
        assert "bad   pii-audit.yaml:1: unknown key 'nonsense'" in result.stdout

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completion_script(self, shell: str) -> None:
        assert "_PII_AUDIT_COMPLETE" in invoke("completion", shell).stdout

    def test_completion(self, monkeypatch: pytest.MonkeyPatch) -> None:
        env = {"_PII_AUDIT_COMPLETE": "bash_complete", "COMP_WORDS": "pii-audit scan --entities CN_VIN,CN_BANK",
               "COMP_CWORD": "3"}  # fmt: skip
        assert invoke(env=env).stdout == "plain,CN_VIN,CN_BANK_CARD\n"
        env = {"_PII_AUDIT_COMPLETE": "bash_complete", "COMP_WORDS": "pii-audit scan -f js", "COMP_CWORD": "3"}
        assert invoke(env=env).stdout == "plain,json\nplain,jsonl\n"


class TestProcess:
    """What only a real process shows."""

    def run(self, *args: str, code: str = "") -> subprocess.CompletedProcess[str]:
        start = f"{code}\nfrom pii_audit.cli import main\nimport sys\nsys.argv = ['pii-audit', *{list(args)!r}]\nmain()"
        return subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, timeout=60, check=False)

    @pytest.mark.parametrize("args", [["--help"], ["scan", "--help"], ["--version"], ["scan", "--bad"]])
    def test_start_is_light(self, args: list[str]) -> None:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "pii_audit", *args], capture_output=True, text=True, check=False
        )
        modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
        assert not modules & {"numpy", "pyarrow", "numba", "rich", "presidio_analyzer", "pandas", "spacy", "yaml"}

    def test_start_is_quick(self) -> None:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            self.run("--help")
            times.append(time.perf_counter() - start)
        assert min(times) < 0.3

    def test_sigterm_leaves_no_half_report(self) -> None:
        code = (
            "import sys, types, time, os, signal\n"
            "from pathlib import Path\n"
            "from pii_audit.reports.spans import open_span_sinks\n"
            "def scan(settings, progress=None):\n"
            "    sink = open_span_sinks(settings.spans)\n"
            "    sink.sinks[0].file.stream.write(b'half')\n"
            "    try:\n"
            "        os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)\n"
            "    except BaseException:\n"
            "        sink.abort(); raise\n"
            "audit = sys.modules['pii_audit.audit'] = types.ModuleType('pii_audit.audit')\n"
            "audit.scan = scan\n"
        )
        done = self.run("scan", "x", "--findings", "s.jsonl", code=code)
        assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "pii-audit: interrupted\n")
        assert os.listdir() == []

    def test_closed_pipe_is_quiet(self) -> None:
        done = subprocess.run(
            f"{sys.executable} -m pii_audit schema report | true", shell=True, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""


@pytest.mark.parametrize("width", [58, 80, 120])
def test_progress_facts(width: int) -> None:
    words = Words("en")
    progress = Progress(50_000_000, 200_000_000, 3, 1234, "x\x1b/数据/" + "y" * 60)
    text = describe(progress, 2.0, words, width)
    assert text.startswith("50.0 MB / 200 MB · 25.0 MB/s · 6.0 s left · 1,234 found")
    assert cell_len(text) <= width
    assert "\x1b" not in text
    assert text.endswith("yy") == (width > 60)
    assert describe(dataclasses.replace(progress, bytes_total=None, current=None), 2.0, words, width) == (
        "50.0 MB · 25.0 MB/s · 1,234 found"
    )
