"""Where one person occurs (``pii-audit subject``): every spelling, every dataset, with dates, and nothing echoed."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from pii_audit.auditing import other_form
from pii_audit.cli.program import program
from pii_audit.validators import GB11643

ID = GB11643.complete("11010519491231002")
OLD = ID[:6] + ID[8:17]                       # the same person before 1999
YOUNG = GB11643.complete("11010520050607123")  # born after 2000: never had 15 digits
OTHER = GB11643.complete("11010519620102345")
PHONE = "13912345678"
CARD = "6222021234567890128"
#: whatever may be shown nowhere
CANARIES = (ID, OLD, YOUNG, OTHER, PHONE, PHONE[3:], CARD, ID[6:14])

CATALOGUE = """\
organisation: {kind: consumer_finance}
as_of: 2026-06-30
policies: [retention]
datasets:
  loans:
    paths: [loans.csv]
    kind: loan_book
    owner: 信贷部
    retention: {keep: 5y, dated_by: closed_on, min: 10y}
    binding: {closed_on: 结清日}
  master:
    paths: [master.parquet]
    kind: borrower_master
    retention: {keep: 1m, dated_by: opened_on}
  notes:
    paths: [notes_202401.log]
    kind: application_log
    retention: 6m
  scans:
    paths: [scans]
    kind: other
"""


@pytest.fixture
def lender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "audit.yaml").write_text(CATALOGUE)
    (tmp_path / "loans.csv").write_text(
        "合同号,身份证号,手机号,结清日\n"
        f"L1,{ID},+86 139-1234-5678,2016-02-29\n"
        f"L2,{OTHER},13800001111,\n"
        f"L3,{ID},１３９１２３４５６７８,30.13.2020 or so\n"
        f"L4,{ID.lower()},,\n"
    )
    pq.write_table(
        pa.table({"证件号码": [OLD, OTHER], "opened_on": pa.array([dt.date(2026, 1, 31), None], pa.date32())}),
        tmp_path / "master.parquet",
    )
    (tmp_path / "notes_202401.log").write_text(f"2024-01-09 客户来电，手机号{PHONE}，已核实\n2024-01-10 无\n")
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / f"身份证{ID}.txt").write_text("nothing in here\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(text: str | bytes, *args: str) -> Result:
    result = CliRunner().invoke(program, ["subject", *args, "--quiet"], input=text)
    told = result.stdout + result.stderr
    assert [value for value in CANARIES if value in told] == []
    return result


def places(text: str | bytes, *args: str) -> list[dict[str, object]]:
    result = ask(text, "-f", "json", *args)
    assert result.exit_code == 1, result.stderr
    return json.loads(result.stdout)["places"]


class TestForms:
    @pytest.mark.parametrize(
        ("identifier", "other"),
        [
            (ID, OLD),
            (OLD, ID),
            (f"{ID[:6]} {ID[6:14]}-{ID[14:]}", OLD),
            ("".join(chr(ord(char) + 0xFEE0) for char in OLD), ID),
            (YOUNG, None),                      # there were no 15 digits any more
            (ID[:17] + ("0" if ID[17] != "0" else "1"), None),  # one digit off
            (PHONE, None),
            (CARD, None),
            ("王小明", None),
        ],
    )
    def test_other_form(self, identifier: str, other: str | None) -> None:
        assert other_form(identifier) == other

    @pytest.mark.parametrize("identifier", [ID, OLD, ID.lower(), f"{ID[:6]} {ID[6:14]} {ID[14:]}", f"\ufeff{OLD}\r\n"])
    def test_both_forms_of_an_identity_number(self, lender: Path, identifier: str) -> None:
        found = {(place["dataset"], place["row"], place["column"]) for place in places(identifier)}
        assert found == {
            ("loans", 1, "身份证号"), ("loans", 3, "身份证号"), ("loans", 4, "身份证号"),
            ("master", 1, "证件号码"), ("scans", None, "#name"),
        }  # fmt: skip

    @pytest.mark.parametrize("identifier", [PHONE, "+86 139 1234 5678", "0086-139-1234-5678", "１３９１２３４５６７８", "8613912345678"])
    def test_a_phone_in_every_spelling(self, lender: Path, identifier: str) -> None:
        found = {(place["dataset"], place["row"], place["line"]) for place in places(identifier)}
        assert found == {("loans", 1, None), ("loans", 3, None), ("notes", None, 1)}

    def test_input_in_gb18030(self, lender: Path) -> None:
        assert len(places(f"王小明\n{PHONE}\n".encode("gb18030"))) == 3


class TestDates:
    def test_of_rows(self, lender: Path) -> None:
        found = {(place["dataset"], place["row"]): place for place in places(ID)}
        dates = ("dated_by", "dated", "must_keep_until", "delete_from", "overdue", "undated")
        assert {key: tuple(place[name] for name in dates) for key, place in found.items()} == {
            # the minimum of ten years wins over five; 29 February has no like in 2026
            ("loans", 1): ("closed_on", "2016-02-29", "2026-02-28", "2026-03-01", True, None),
            ("loans", 3): ("closed_on", None, None, None, False, "unreadable"),
            ("loans", 4): ("closed_on", None, None, None, False, "not-begun"),
            # one month after 31 January
            ("master", 1): ("opened_on", "2026-01-31", None, "2026-03-01", True, None),
            ("scans", None): (None, None, None, None, False, "undeclared"),
        }
        assert (found["loans", 1]["keep"], found["loans", 1]["minimum"], found["loans", 1]["owner"]) == ("5y", "10y", "信贷部")

    def test_of_a_file_without_rows(self, lender: Path) -> None:
        (place,) = (place for place in places(PHONE) if place["dataset"] == "notes")
        assert (place["dated_by"], place["dated"], place["delete_from"]) == ("name", "2024-01-31", "2024-08-01")
        os.rename("notes_202401.log", "notes.log")
        Path("audit.yaml").write_text(CATALOGUE.replace("notes_202401", "notes"))
        os.utime("notes.log", (0, dt.datetime(2025, 12, 31, 12).timestamp()))
        (place,) = (place for place in places(PHONE) if place["dataset"] == "notes")
        assert (place["dated_by"], place["dated"], place["delete_from"]) == ("modified", "2025-12-31", "2026-07-01")

    @pytest.mark.parametrize(("day", "overdue"), [("2026-02-28", False), ("2026-03-01", True)])
    def test_the_last_day_is_inside(self, lender: Path, day: str, overdue: bool) -> None:
        found = {(place["dataset"], place["row"]): place["overdue"] for place in places(ID, "--as-of", day)}
        assert found["loans", 1] is overdue

    def test_a_column_that_is_not_there(self, lender: Path) -> None:
        Path("audit.yaml").write_text(CATALOGUE.replace("closed_on: 结清日", "closed_on: 结清日期"))
        assert {place["undated"] for place in places(ID) if place["dataset"] == "loans"} == {"no-column"}

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_as_text(self, lender: Path, lang: str) -> None:
        result = ask(f"{ID}\n{YOUNG}\n", "--lang", lang)
        assert result.exit_code == 1
        says = {
            "en": ("Identifier 1: 5 places in 3 datasets", "must be kept until 2026-02-28", "to be deleted since 2026-03-01", "owner 信贷部", "Identifier 2: does not occur"),
            "zh": ("标识符 1：出现于 3 个数据集，共 5 处", "法定须保存至 2026-02-28", "已自 2026-03-01 起应删除", "负责人 信贷部", "标识符 2：未出现"),
        }[lang]
        assert [word for word in says if word not in result.stdout] == []


class TestEnds:
    def test_several_identifiers(self, lender: Path) -> None:
        result = ask(f"\n{YOUNG}\n\n{PHONE}\n{ID}\n", "-f", "json")
        told = json.loads(result.stdout)
        assert (result.exit_code, told["identifiers"], told["not_found"], told["skipped"]) == (1, 3, [1], [])
        assert {place["identifier"] for place in told["places"]} == {2, 3}

    def test_no_place(self, lender: Path) -> None:
        result = ask(YOUNG, "-f", "json")
        assert (result.exit_code, json.loads(result.stdout)["places"]) == (0, [])

    def test_incomplete(self, lender: Path) -> None:
        (lender / "loans.csv").unlink()
        result = ask(YOUNG, "-f", "json")
        assert result.exit_code == 3
        assert [item["what"] for item in json.loads(result.stdout)["skipped"]] == ["loans.csv"]
        assert "loans.csv: missing" in result.stderr

    @pytest.mark.parametrize(
        ("text", "args", "says"),
        [
            ("", (), "no identifier was given"),
            (" \n\t\n", (), "no identifier was given"),
            (f"{ID}\n--\n", (), "line 2 of standard input holds no letter and no digit"),
            (b"\xff\xff\xff", (), "neither UTF-8 nor GB18030"),
            (ID, ("audit.yaml", ID), "identifiers are read from standard input, never from the command line"),
            (ID, (PHONE,), "the argument: is no catalogue; identifiers are read from standard input"),
            (ID, ("none.yaml",), "none.yaml: is no catalogue"),
            (ID, ("--as-of", "tomorrow"), "--as-of: must be a date"),
        ],
    )
    def test_wrong_use_is_one_sentence(self, lender: Path, text: str | bytes, args: tuple[str, ...], says: str) -> None:
        result = ask(text, *args)
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert says in line

    def test_as_a_process(self, lender: Path, tmp_path: Path) -> None:
        """Neither the process list nor a file knows the identifier while it is looked for, or afterwards."""
        environ = {**os.environ, "TMPDIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        run = subprocess.run([sys.executable, "-m", "pii_audit", "subject"], input=f"{ID}\n".encode(), capture_output=True, env=environ, check=False)
        assert run.returncode == 1, run.stderr.decode()
        assert [value for value in CANARIES if value.encode() in run.stdout + run.stderr] == []
        assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
