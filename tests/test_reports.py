from __future__ import annotations

import csv
import dataclasses
import io
import json
import stat
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from pii_audit.model.dataset import Note, Skipped
from pii_audit.model.entity import Sensitivity
from pii_audit.model.errors import Interrupted, UsageError
from pii_audit.model.finding import Confidence, Finding, Location, MaskedCount
from pii_audit.model.result import AuditResult, RunInfo, SourceInfo
from pii_audit.reports import get_report
from pii_audit.reports import text as text_report
from pii_audit.reports.csv import COLUMNS, harmless
from pii_audit.reports.interface import ResultReport, View
from pii_audit.reports.json import schema
from pii_audit.reports.spans import SPAN_SCHEMA, open_span_sink, open_span_sinks, span_format
from pii_audit.reports.words import WORDS, Words, duration, size
from pii_audit.settings import SpanTarget

HOSTILE = "sfzh\x1b[31m\u202e\n=1+1"


def finding(source: str = "loans/borrowers.csv", column: str | None = "id_no", **changes: object) -> Finding:
    base = Finding(
        source=source,
        column=column,
        entity_type="CN_RESIDENT_ID",
        count=1200,
        distinct=1180,
        distinct_exact=True,
        cells=1200,
        values=1200,
        score=0.95,
        evidence="checksum+context",
        confidence=Confidence.CERTAIN,
        sensitivity=Sensitivity.HIGH,
        pattern="column",
        first_locations=(Location(line=None, row=1, start=0, end=18),),
        masked_samples=("110101********123X", "310104********0021"),
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def result(**changes: object) -> AuditResult:
    run = RunInfo(
        command="scan",
        started="2026-01-02T03:04:05+08:00",
        ended="2026-01-02T03:04:06+08:00",
        seconds=1.25,
        bytes=34_500_000,
        versions={"pii-audit": "0.1.0", "python": "3.11.7"},
        config_digest="0" * 64,
        config_file=None,
        targets=("data",),
        entities=("CN_MOBILE_PHONE", "CN_RESIDENT_ID"),
        min_score=0.5,
        workers=2,
    )
    base = AuditResult(
        run=run,
        sources=(
            SourceInfo("loans/borrowers.csv", "delimited", "gb18030", 1200, 120_000, 9, None),
            SourceInfo("logs/collect.log", "text", "utf-8", 90_000, 9_000_000, None, None),
            SourceInfo("calls.zip!in/calls.xlsx!Sheet1", "excel", None, 300, 20_000, 5, None),
        ),
        findings=(
            finding(),
            finding(
                column="lxdh",
                entity_type="CN_MOBILE_PHONE",
                sensitivity=Sensitivity.MEDIUM,
                evidence="context",
                confidence=Confidence.LIKELY,
                masked_samples=("138****1234",),
            ),
            finding(
                source="logs/collect.log",
                column=None,
                entity_type="CN_BANK_CARD",
                count=3,
                distinct=2,
                cells=3,
                values=90_000,
                pattern="rare",
                confidence=Confidence.POSSIBLE,
                first_locations=(Location(line=812, row=None, start=5, end=24),),
                masked_samples=("622202*********1234",),
            ),
            finding(
                source="calls.zip!in/calls.xlsx!Sheet1",
                column="联系人电话",
                entity_type="CONTACT_LIST",
                count=300,
                distinct=280,
                distinct_exact=False,
                cells=300,
                values=300,
                pattern="structure",
                subjects=100,
                third_persons=280,
                masked_samples=(),
            ),
        ),
        masked=(
            MaskedCount("loans/borrowers.csv", "phone_masked", "CN_MOBILE_PHONE", 1200),
            MaskedCount("logs/collect.log", None, "CN_MOBILE_PHONE", 15),
        ),
        skipped=(),
        notes=(Note("logs/collect.log: byte 4096", "encoding-change", "changes from utf-8 to gb18030"),),
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def skipped(n: int = 1) -> tuple[Skipped, ...]:
    return tuple(Skipped(f"dump/{i}.gz", "truncated", "the compressed data ends early") for i in range(n))


def render(name: str, of: AuditResult, **view: object) -> str:
    report = get_report(name)
    assert isinstance(report, ResultReport)
    out = io.StringIO()
    report.write(of, out, View(**view))  # type: ignore[arg-type]
    return out.getvalue()


def valid(text: str) -> dict[str, object]:
    data: dict[str, object] = json.loads(text)
    jsonschema.Draft202012Validator(schema()).validate(data)
    return data


@pytest.mark.parametrize("name", ["html", "xlsx", "sarif", "markdown"])
def test_later_formats_say_so(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is not available in this version"):
        get_report(name)


class TestJson:
    @pytest.mark.parametrize("case", [result(), result(findings=()), result(skipped=skipped(3)), result(sources=())])
    def test_satisfies_its_schema(self, case: AuditResult) -> None:
        valid(render("json", case))

    def test_schema_is_a_schema_and_strict(self) -> None:
        jsonschema.Draft202012Validator.check_schema(schema())

        def objects(node: object) -> list[dict[str, object]]:
            if isinstance(node, list):
                return [found for item in node for found in objects(item)]
            if not isinstance(node, dict):
                return []
            mine = [node] if "properties" in node and isinstance(node.get("type"), str) else []
            return mine + [found for item in node.values() for found in objects(item)]

        found = objects(schema())
        assert len(found) > 8
        for node in found:
            assert node["additionalProperties"] is False
            assert node["required"] == sorted(node["properties"])  # type: ignore[call-overload]

    def test_contents(self) -> None:
        data = json.loads(render("json", result(skipped=skipped())))
        assert sorted(data) == list(data)
        assert data["summary"]["worst"] == "high"
        assert data["summary"]["complete"] is False
        assert data["summary"]["values"] == 1200 + 1200 + 3 + 300
        assert data["summary"]["by_sensitivity"] == {"high": 3, "low": 0, "medium": 1}
        assert data["summary"]["by_entity_type"]["CN_BANK_CARD"] == {
            "findings": 1, "values": 3, "sources": 1, "sensitivity": "high",
        }  # fmt: skip
        assert [f["source"] for f in data["findings"]] == sorted(f["source"] for f in data["findings"])
        rare = next(f for f in data["findings"] if f["entity_type"] == "CN_BANK_CARD")
        assert rare["share"] == round(3 / 90_000, 6)
        assert rare["first_locations"] == [{"line": 812, "row": None, "start": 5, "end": 24}]
        assert (rare["confidence"], rare["sensitivity"]) == ("possible", "high")

    def test_same_data_same_text_apart_from_run(self) -> None:
        one, two = result(), result(findings=tuple(reversed(result().findings)))
        assert render("json", one) == render("json", two)

    def test_hidden_characters_are_escaped_and_survive(self) -> None:
        text = render("json", result(findings=(finding(column=HOSTILE, source="\udcff.csv"),)))
        assert not set("\x1b\u202e\udcff") & set(text)
        data = valid(text)
        assert data["findings"][0]["column"] == HOSTILE  # type: ignore[index]
        assert data["findings"][0]["source"] == "\\xff.csv"  # type: ignore[index]
        text.encode("utf-8")


class TestCsv:
    def rows(self, of: AuditResult, **view: object) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(render("csv", of, **view), newline="")))

    def test_one_row_per_finding(self) -> None:
        rows = self.rows(result())
        assert tuple(rows[0]) == COLUMNS
        assert len(rows) == 4
        assert rows[2]["first_line"] == "812" and rows[2]["first_row"] == ""
        assert rows[3]["distinct_exact"] == "false"
        assert rows[0]["masked_samples"] == "110101********123X | 310104********0021"

    def test_byte_order_mark_in_files_only(self) -> None:
        assert render("csv", result(), file=True).startswith("\ufeffsource,")
        assert render("csv", result()).startswith("source,")

    @pytest.mark.parametrize("cell", ["=1+1", "+86138", "-2", "@x", "＝1", "  =1", "＠x", "－1", "＋1"])
    def test_formulas_are_text(self, cell: str) -> None:
        assert harmless(cell) == "'" + cell

    def test_hostile_names(self) -> None:
        row = self.rows(result(findings=(finding(column=HOSTILE, source="\t=cmd()"),)))[0]
        assert row["column"] == "sfzh\\x1b[31m\\u202e\\x0a=1+1"
        assert row["source"] == "\\x09=cmd()"

    def test_numbers_stay_numbers(self) -> None:
        assert harmless(-1) == -1


SPANS = {
    "source": ["logs/collect.log", 'a"\\\n\u202e.csv', "b.csv"],
    "line": [12, None, None],
    "row": [None, 1, 2],
    "column": [None, "列\x1b", "id"],
    "start": [5, 0, 0],
    "end": [23, 18, 18],
    "entity_type": ["CN_RESIDENT_ID"] * 3,
    "score": [0.95, 0.85, 1.0],
    "evidence": ["checksum+context", "checksum", "header"],
    "masked": ["110101********123X", "张*", "*\u200b"],
    "fingerprint": [None, None, "ab12"],
}


def spans() -> pa.Table:
    table = pa.table(SPANS)
    return table.set_column(0, "source", table["source"].dictionary_encode())


class TestSpans:
    def test_json_lines(self, tmp_path: Path) -> None:
        path = tmp_path / "s.jsonl"
        sink = open_span_sink(path, "jsonl")
        assert not path.exists() and list(tmp_path.iterdir()) == []
        sink.write(spans().slice(0, 1))
        sink.write(spans().slice(1))
        sink.write(spans().slice(0, 0))
        assert not path.exists()
        sink.close()
        text = path.read_text(encoding="utf-8")
        assert text.splitlines()[0] == (
            '{"source": "logs/collect.log", "line": 12, "row": null, "column": null, "start": 5, "end": 23, '
            '"entity_type": "CN_RESIDENT_ID", "score": 0.95, "evidence": "checksum+context", '
            '"masked": "110101********123X", "fingerprint": null}'
        )
        assert not set("\x1b\u202e\u200b") & set(text)
        assert [json.loads(line) for line in text.split("\n")[:-1]] == spans().to_pylist()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_parquet(self, tmp_path: Path) -> None:
        path = tmp_path / "s.parquet"
        sink = open_span_sink(str(path), "parquet")
        for _ in range(3):
            sink.write(spans())
        sink.close()
        file = pq.ParquetFile(path)
        assert file.schema_arrow.equals(SPAN_SCHEMA)
        assert file.num_row_groups == 1
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
        assert file.read().to_pylist() == spans().to_pylist() * 3

    @pytest.mark.parametrize("fmt", ["jsonl", "parquet"])
    def test_no_spans_is_a_file_too(self, tmp_path: Path, fmt: str) -> None:
        open_path = tmp_path / f"s.{fmt}"
        open_span_sink(open_path, fmt).close()
        assert open_path.exists()
        assert fmt == "jsonl" or pq.read_table(open_path).schema.equals(SPAN_SCHEMA)

    @pytest.mark.parametrize("fmt", ["jsonl", "parquet"])
    def test_abort_leaves_nothing(self, tmp_path: Path, fmt: str) -> None:
        sink = open_span_sink(tmp_path / "s", fmt)
        sink.write(pa.concat_tables([spans()] * 50_000))
        sink.abort()
        assert list(tmp_path.iterdir()) == []

    def test_several_targets_and_a_stream(self, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
        targets = (SpanTarget(None, "jsonl"), SpanTarget(tmp_path / "s.jsonl", "jsonl"))
        sink = open_span_sinks(targets)
        assert sink is not None
        sink.write(spans())
        sink.close()
        assert capsysbinary.readouterr().out == (tmp_path / "s.jsonl").read_bytes()
        assert open_span_sinks(()) is None

    def test_reader_that_left_ends_the_run(self) -> None:
        class Closed(io.BytesIO):
            def write(self, data: object) -> int:
                raise BrokenPipeError

        with pytest.raises(Interrupted) as caught:
            open_span_sink(Closed(), "jsonl").write(spans())
        assert caught.value.exit_code == 141

    def test_wrong_use(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="does not exist"):
            open_span_sink(tmp_path / "no" / "s.jsonl", "jsonl")
        with pytest.raises(UsageError, match="standard output"):
            open_span_sink(io.BytesIO(), "parquet")
        with pytest.raises(UsageError, match="not as csv"):
            open_span_sink(tmp_path / "s.csv", "csv")
        with pytest.raises(UsageError, match=r"\.jsonl or \.parquet"):
            span_format(Path("s.csv"))
        assert span_format(Path("S.JSONL")) == "jsonl"

    def test_many_spans(self) -> None:
        table = pa.concat_tables([spans().slice(0, 1)] * 200_000)
        out = io.BytesIO()
        open_span_sink(out, "jsonl").write(table)
        assert out.getvalue().count(b"\n") == 200_000


TITLES = {
    "CN_RESIDENT_ID": ("Resident identity number", "居民身份证号"),
    "CN_MOBILE_PHONE": ("Mobile phone number", "手机号码"),
    "CN_BANK_CARD": ("Bank card number", "银行卡号"),
}


@pytest.fixture
def fixed_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        text_report, "titles", lambda lang: {name: pair[lang == "zh"] for name, pair in TITLES.items()}
    )


SNAPSHOT_EN = """\
Personal data found: 2,703 values of 4 types exposed in 3 of 3 sources; highest
sensitivity high. Incomplete: 1 item could not be read.

  level   kind of data              column     values distinct share  sure

loans/borrowers.csv  delimited · gb18030 · 1,200 rows
  high    Resident identity number  id_no       1,200    1,180  100%  certain
          110101********123X  310104********0021 · first in row 1
  medium  Mobile phone number       lxdh        1,200    1,180  100%  likely
          138****1234 · first in row 1

calls.zip!in/calls.xlsx!Sheet1  excel · 300 rows
  high    CONTACT_LIST              联系人电话    300     ≈280  100%  certain
          by structure · 100 data subjects · 280 third persons · first in row 1

logs/collect.log  text · utf-8 · 90,000 lines
  high    Bank card number          —               3        2 <0.1%  possible
          rare leak · 622202*********1234 · first in line 812

By kind of data
  high    Resident identity number  1,200 values  1 source  CN_RESIDENT_ID
  high    CONTACT_LIST                300 values  1 source  CONTACT_LIST
  high    Bank card number              3 values  1 source  CN_BANK_CARD
  medium  Mobile phone number       1,200 values  1 source  CN_MOBILE_PHONE

Already masked, not counted as exposed
  Mobile phone number: 1,215 values in 2 sources

Could not be read (1)
  dump/0.gz: truncated; the compressed data ends early

Notes (1)
  logs/collect.log: byte 4096: encoding changes; changes from utf-8 to gb18030

Read 3 sources, 34.5 MB in 1.2 s (27.6 MB/s), 2 workers
"""


@pytest.mark.usefixtures("fixed_titles")
class TestText:
    def test_snapshot(self) -> None:
        assert render("text", result(skipped=skipped()), width=80) == SNAPSHOT_EN

    def test_chinese_verdict_and_end(self) -> None:
        lines = render("text", result(), width=120, lang="zh").splitlines()
        assert lines[0] == (
            "发现个人信息：3 个数据源中有 3 个存在暴露，共 4 类、2,703 个值，最高敏感程度为“高”。"
        )
        assert lines[-1] == "读取 3 个数据源，34.5 MB，用时 1.2 s（27.6 MB/秒），2 个工作进程"

    def test_clean_and_unread(self) -> None:
        nothing = {"findings": (), "masked": (), "notes": ()}
        clean = render("text", result(**nothing)).splitlines()
        assert clean[0] == "No personal data found in 3 sources (34.5 MB)."
        unread = render("text", result(**nothing, sources=(), skipped=skipped(2))).splitlines()
        assert unread[0] == "Nothing was read. Incomplete: 2 items could not be read."

    @pytest.mark.parametrize("lang", ["en", "zh"])
    @pytest.mark.parametrize("width", [80, 100, 140])
    def test_ten_thousand_findings_stay_readable(self, lang: str, width: int) -> None:
        many = tuple(
            finding(source=f"数据/{i // 20:03}.csv", column=f"一个相当长的列名称_{i}", count=1 + i) for i in range(10_000)
        )
        text = render("text", result(findings=many, skipped=skipped(500)), lang=lang, width=width)
        lines = text.splitlines()
        assert len(lines) < 220
        assert max(cell_len(line) for line in lines) <= width
        shown = text.count(Words(lang)("certain"))
        assert shown == 56  # 8 of each of 7 sources
        left = Words(lang).count("more_finding", 10_000 - 7 * 20 - 15 * 20)
        assert left in text
        assert Words(lang).count("more_finding", 12) in text
        assert Words(lang).count("more_item", 485) in text

    def test_verbose_leaves_nothing_out(self) -> None:
        many = tuple(finding(source=f"{i // 20}.csv", column=f"c{i}") for i in range(400))
        text = render("text", result(findings=many, skipped=skipped(50)), full=True)
        assert text.count("110101********123X") == 400
        assert text.count("the compressed data ends early") == 50

    def test_worst_first(self) -> None:
        low = finding(source="a", sensitivity=Sensitivity.LOW, count=10**6)
        unsure = finding(source="b", confidence=Confidence.POSSIBLE, count=10**6)
        few, many = finding(source="c", count=2), finding(source="d", count=3)
        text = render("text", result(findings=(low, unsure, few, many), sources=()))
        lines = text.splitlines()
        assert [line for line in lines if line in "abcd" and line] == ["d", "c", "b", "a"]

    def test_names_cannot_act(self) -> None:
        hostile = result(
            findings=(finding(source="\x1b[2J.csv", column=HOSTILE, entity_type="X\x1b]0;"),),
            skipped=(Skipped("\u202egpj.csv", "corrupt", "x\x07"),),
            notes=(),
        )
        text = render("text", hostile, color=True) + render("text", hostile)
        plain = text.replace("\x1b[", "", text.count("\x1b["))
        assert not set("\x1b\u202e\x07") & set(plain)
        assert "\x1b[2J" not in text
        assert "\\x1b[2J.csv" in text and "\\u202egpj.csv" in text

    def test_markup_is_text(self) -> None:
        assert "[red]x[/red]" in render("text", result(findings=(finding(column="[red]x[/red]"),)))

    def test_colour_only_when_asked(self) -> None:
        assert "\x1b[" not in render("text", result())
        assert "\x1b[" in render("text", result(), color=True)

    def test_shown_values_are_announced(self) -> None:
        run = dataclasses.replace(result().run, values_shown=True, config_file="x.yaml", sample="10%")
        text = render("text", result(run=run), width=120)
        assert "treat this report as personal data" in text
        assert text.endswith("configuration x.yaml\n") and "sample 10%" in text


class TestWords:
    def test_both_languages_are_complete(self) -> None:
        import string

        for message, pair in WORDS.items():
            assert all(pair), message
            fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in pair]
            assert fields[0] == fields[1], message
            assert message in ("left.list", "remedy") or any("\u4e00" <= char <= "\u9fff" for char in pair[1]), message
            assert not any("\u4e00" <= char <= "\u9fff" for char in pair[0]), message

    def test_counts(self) -> None:
        assert Words("en").count("source", 1) == "1 source"
        assert Words("en").count("source", 1200) == "1,200 sources"
        assert Words("zh").count("source", 1) == "1 个数据源"

    @pytest.mark.parametrize(
        ("n", "shown"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (123_456, "123 kB"), (34_500_000, "34.5 MB")]
    )
    def test_size(self, n: int, shown: str) -> None:
        assert size(n) == shown

    @pytest.mark.parametrize(("seconds", "shown"), [(0.84, "0.8 s"), (83, "1:23"), (7384, "2:03:04")])
    def test_duration(self, seconds: float, shown: str) -> None:
        assert duration(seconds) == shown

    @pytest.mark.parametrize("text", ["共 4 类、2,703 个值，敏感程度为“高”。", "a b  c", "x" * 50, "（甲）乙"])
    @pytest.mark.parametrize("width", [4, 9, 20, 80])
    def test_wrapping_loses_nothing(self, text: str, width: int) -> None:
        lines = list(text_report.wrap(text, width))
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not any(line[0] in "，。；、：）”" for line in lines)
