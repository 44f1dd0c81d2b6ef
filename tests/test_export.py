"""Exports: published whole and as planned, or not at all; checked again by ``verify``, reversed by ``restore``."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import lender as lender_tables
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result

import pii_audit
from pii_audit import exporting
from pii_audit.anonymize.manifest import digest
from pii_audit.anonymize.plan import load_plan
from pii_audit.cli.program import program, run
from pii_audit.entities import entity_type
from pii_audit.validators import GB11643

KEY = "pii-audit-key-1:" + bytes(range(32)).hex() + "\n"
OTHER = "pii-audit-key-1:" + bytes(range(1, 33)).hex() + "\n"
ID = GB11643.complete("11010519491231002")
PHONE, SECOND = "13912345678", "13787654321"
PEOPLE = f"客户号,姓名,身份证号,手机号,备注\nC00001,张伟,{ID},{PHONE},来电 {SECOND} 请回\nC00002,欧阳小雨,{ID},{SECOND},无\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source, a key, and nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    key("one.key", KEY)
    return tmp_path


def key(name: str, text: str) -> None:
    Path(name).write_text(text)
    Path(name).chmod(0o600)


def put(name: str, text: str) -> Path:
    path = Path("in") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def plan(**parts: Any) -> None:
    document = {"keys": {"default": {"file": "one.key"}}, **parts}
    Path("plan.yaml").write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def columns(table: str = "*", drop: tuple[str, ...] = (), rows: dict[str, list[str]] | None = None, **named: Any) -> dict[str, Any]:
    """Return the datasets of a plan that names columns of one dataset."""
    own: dict[str, Any] = {"tables": [table], "columns": named}
    return {"one": own | ({"drop": list(drop)} if drop else {}) | ({"rows": rows} if rows else {})}


def call(*args: str) -> Result:
    return CliRunner().invoke(program, list(args))


def anonymize(out: str = "out", source: str = "in") -> Result:
    return call("anonymize", source, "--plan", "plan.yaml", "--out", out, "--workers", "1")


def made(out: str = "out", source: str = "in", code: int = 0) -> dict[str, Any]:
    """Write an export; return its manifest."""
    result = anonymize(out, source)
    assert result.exit_code == code, result.stderr
    document: dict[str, Any] = json.loads(Path(out, "manifest.json").read_text())
    return document


def refused(*parts: str, code: int = 2, out: str = "out") -> str:
    """Try an export that cannot be; return what was told."""
    before = everything()
    result = anonymize(out)
    assert result.exit_code == code, result.stderr
    for part in parts:
        assert part in result.stderr, result.stderr
    assert everything() == before
    return result.stderr


def everything() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def table(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(path).read_bytes().decode())))


def checked(out: str = "out") -> str:
    """Return what ``verify`` says of an export that is not what its manifest says."""
    result = call("verify", out, "--workers", "1")
    assert result.exit_code == 1, (result.exit_code, result.stdout, result.stderr)
    return result.stdout


def is_whole(out: str = "out") -> None:
    result = call("verify", out, "--workers", "1")
    assert result.exit_code == 0, (result.stdout, result.stderr)


def flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


# -- the sample lender ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``in``, the core and collection folders of the sample lender, and an export of it for three presets."""
    folder = tmp_path_factory.mktemp("lender")
    for name in ("core", "collection"):
        shutil.copytree(pii_audit.sample_data_dir() / name, folder / "in" / name)
    (folder / "one.key").write_text(KEY)
    (folder / "one.key").chmod(0o600)
    here = Path.cwd()
    os.chdir(folder)
    try:
        for preset in ("collection-agency", "test-data", "regulator"):
            plan(preset=preset, recipient="AG01")
            assert made(preset)["published"] is True
    finally:
        os.chdir(here)
    return folder


@pytest.mark.parametrize("preset", ["collection-agency", "test-data", "regulator"])
def test_the_sample_lender_leaves_the_house(exported: Path, preset: str, tmp_path: Path) -> None:
    is_whole(str(exported / preset))
    document = json.loads((exported / preset / "manifest.json").read_text())
    names = sorted(str(path.relative_to(exported / "in")) for path in (exported / "in").rglob("*") if path.is_file())
    assert [item["name"] for item in document["outputs"]] == names == [item["name"] for item in document["inputs"]]
    assert document["skipped"] == [] and document["rescan"]["problems"] == [] and document["plan"]["preset"] == preset
    for item in document["outputs"]:
        for counts in item["tables"]:
            assert counts["rows_in"] == counts["rows_out"] and counts["columns_in"] == counts["columns_out"]
    # what the rescan found is what this preset writes in the form of what it replaces
    after = document["rescan"]["found_after"]
    assert bool(after.get("CN_RESIDENT_ID")) == (preset != "regulator")
    assert bool(after.get("CN_BANK_CARD")) == (preset == "test-data")
    assert KEY.strip() not in json.dumps(document) and document["keys"]["default"]


@pytest.mark.parametrize("preset", ["collection-agency", "test-data", "regulator"])
def test_no_original_of_the_sample_lender_is_in_its_exports(exported: Path, preset: str) -> None:
    originals = set()
    for name, wanted in (("borrower_master.csv", ("证件号码", "手机号码", "联系人电话")), ("loan_book.csv", ("zjhm", "sjh", "yhkh"))):
        data = (exported / "in" / "core" / name).read_bytes()
        text = data.decode("utf-8" if name == "loan_book.csv" else "gb18030")
        for row in csv.DictReader(io.StringIO(text)):
            originals |= {row[column] for column in wanted if row.get(column)}
    assert len(originals) > 600
    content = b"\n".join(contents(exported / preset))
    assert [value for value in originals if re.search(rb"(?<![0-9])" + value.encode() + rb"(?![0-9Xx])", content)] == []


def contents(folder: Path) -> Iterable[bytes]:
    """Yield the bytes of every file, and of the members of those that are archives."""
    for path in sorted(folder.rglob("*")):
        yield str(path).encode()
        if path.is_file():
            yield path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    yield from map(archive.read, archive.namelist())
            elif path.suffix == ".parquet":
                yield repr(pq.read_table(path).to_pydict()).encode()


def test_any_byte_that_changes_is_noticed(exported: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(exported / "collection-agency", copy)
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        kept = path.read_bytes()
        for at in (0, len(kept) // 2, len(kept) - 1):
            flipped(path, at)
            result = call("verify", str(copy), "--workers", "1")
            assert result.exit_code in (1, 2) and path.name in result.stdout + result.stderr, (path, at, result.stdout, result.stderr)
            path.write_bytes(kept)
    is_whole(str(copy))


def test_every_byte_of_a_manifest_counts(house: Path) -> None:
    put("a.csv", PEOPLE)
    plan()
    made()
    path = Path("out/manifest.json")
    kept = path.read_bytes()
    for at in range(len(kept)):
        flipped(path, at)
        code = run(program, ["verify", "out", "--workers", "1"], "pii-audit")
        assert code in (1, 2), (at, kept[max(0, at - 20) : at + 20])
    path.write_bytes(kept)
    for changed in (kept.replace(b" ", b"\t", 1), kept + b" ", kept.replace(b"\n", b"", 1)):
        path.write_bytes(changed)
        assert "manifest.json: was changed" in checked()


def test_files_that_are_added_or_missing_are_named(exported: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(exported / "test-data", copy)
    (copy / "core" / "more.csv").write_text("a\n")
    (copy / "collection" / "messages_2026-03.csv").unlink()
    told = checked(str(copy))
    assert "core/more.csv: is not in the manifest" in told and "collection/messages_2026-03.csv: is missing" in told
    (copy / "core" / "more.csv").unlink()
    (copy / "collection" / "messages_2026-03.csv").symlink_to(exported / "test-data" / "collection" / "messages_2026-03.csv")
    assert "collection/messages_2026-03.csv: is missing" in checked(str(copy))


def test_a_manifest_cannot_point_out_of_its_folder(house: Path) -> None:
    put("a.csv", PEOPLE)
    plan(datasets=columns(手机号="encrypt"))
    document = made()
    (house / "b.csv").write_bytes(Path("out/a.csv").read_bytes())
    document["outputs"][0]["name"] = "../b.csv"
    document["columns"] = [column | {"table": "../b.csv"} for column in document["columns"]]
    rewritten(document)
    result = call("restore", "out", "--out", "back", "--key-file", "one.key")
    assert result.exit_code == 2 and "../b.csv" in result.stderr and not Path("back").exists()
    assert (house / "b.csv").read_bytes() == Path("out/a.csv").read_bytes()


def rewritten(document: dict[str, Any]) -> None:
    document.pop("digest")
    whole = document | {"digest": digest(document)}
    Path("out/manifest.json").write_text(json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


# -- joins ------------------------------------------------------------------------------------------------------------


def joined(left: str, on: str, right: str, other: str, *, spelling: bool = True) -> int:
    """Return how many rows a join of two files has; ``spelling`` False: however a number is written."""

    def read(value: str) -> str:
        plain = re.sub("[ -]", "", unicodedata.normalize("NFKC", value)).upper()
        return value if spelling else re.sub(r"^(\+?86)(?=1[0-9]{10}$)", "", plain)

    counts = Counter(read(row[other]) for row in rows_of(right))
    return sum(counts[read(row[on])] for row in rows_of(left) if row[on])


def rows_of(path: str) -> list[dict[str, str]]:
    data = Path(path).read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("operator", ["hash", "pseudonym", "encrypt"])
def test_what_joins_before_joins_afterwards_for_one_recipient(exported: Path, operator: str, house: Path) -> None:
    for name in ("core/borrower_master.csv", "core/loan_book.csv", "collection/events_2026-03.csv", "collection/messages_2026-03.csv"):
        put(name, "")
        shutil.copy(exported / "in" / name, Path("in") / name)
    number = {"operator": operator, "entity": "CN_RESIDENT_ID"}
    customer: Any = {"operator": "hash" if operator == "pseudonym" else operator, "domain": "customer"}
    phone = {"operator": operator, "entity": "CN_MOBILE_PHONE"}
    datasets = {
        "master": {"tables": ["core/borrower_master.csv"], "columns": {"证件号码": number, "手机号码": phone, "客户编号": customer}},
        "loans": {"tables": ["core/loan_book.csv"], "columns": {"zjhm": number, "sjh": phone}},
        "calls": {"tables": ["collection/events*"], "columns": {"callee_no": phone}},
        "messages": {"tables": ["collection/messages*"], "columns": {"borrower_id": customer}},
    }
    for recipient in ("AG01", "AG02"):
        plan(recipient=recipient, datasets=datasets)
        made(recipient)
    plan(recipient="AG01", datasets=datasets)
    made("again")
    for left, on, right, other in (
        ("core/borrower_master.csv", "证件号码", "core/loan_book.csv", "zjhm"),
        ("core/borrower_master.csv", "手机号码", "collection/events_2026-03.csv", "callee_no"),
        ("core/loan_book.csv", "sjh", "collection/events_2026-03.csv", "callee_no"),
        ("core/borrower_master.csv", "客户编号", "collection/messages_2026-03.csv", "borrower_id"),
    ):
        rows = joined(f"in/{left}", on, f"in/{right}", other, spelling=operator == "encrypt")
        assert joined(f"AG01/{left}", on, f"AG01/{right}", other) == rows
        assert joined(f"AG01/{left}", on, f"AG02/{right}", other) == 0
        assert rows or other == "callee_no"
    assert digests("AG01") == digests("again") and not set(digests("AG01")) & set(digests("AG02"))


def digests(out: str) -> list[str]:
    return [item["sha256"] for item in json.loads(Path(out, "manifest.json").read_text())["outputs"]]


@pytest.mark.parametrize("preset", ["collection-agency", "test-data", "regulator"])
def test_another_run_under_the_same_key_is_the_same(exported: Path, preset: str, house: Path) -> None:
    plan(preset=preset, recipient="AG01")
    again = made(source=str(exported / "in"))
    before = json.loads((exported / preset / "manifest.json").read_text())
    assert again["outputs"] == before["outputs"]


# -- restoring --------------------------------------------------------------------------------------------------------

AWKWARD = (
    "\ufeff客户号,手机号,证件,备注\r\n"
    f'C1,{PHONE},"{ID}",=1+1\r\n'
    f'C2," 139 1234 5678","１３９１２３４５６７８","甲,乙"\r\n'
    "C3,,\"\",\r\n"
    f'C4,"+86 {PHONE}",{ID.lower()},"他说""好"""\r\n'
    f"C5,-{PHONE},{ID},\r\n"
    'C6,139-1234-5678,"一\r\n二 123456",x'
)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("second", ["encrypt", "fpe", {"operator": "encrypt", "algorithm": "sm4"}])
def test_what_was_reversible_comes_back_to_the_byte(house: Path, second: Any, encoding: str) -> None:
    data = AWKWARD.removeprefix("" if encoding == "utf-8" else "\ufeff").encode(encoding)
    put("core/a.csv", "").write_bytes(data)
    plan(recipient="R", datasets=columns("core/*", 手机号="encrypt", 证件=second, 客户号="keep", 备注="keep"))
    document = made()
    assert PHONE.encode() not in Path("out/core/a.csv").read_bytes()
    result = call("restore", "out", "--out", "back", "--key-file", "one.key")
    assert result.exit_code == 0, result.stderr
    assert Path("back/core/a.csv").read_bytes() == data
    assert {column["column"]: column["reversible"] for column in document["columns"]} == {"客户号": False, "手机号": True, "证件": True, "备注": False}
    assert "core/a.csv: 手机号: 5 values restored" in result.stdout or "core/a.csv: 手机号: 6 values restored" in result.stdout


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.db", "a.xlsx"])
def test_other_formats_come_back_with_the_same_values(house: Path, name: str) -> None:
    rows = [{"phone": PHONE, "id": ID, "n": 1}, {"phone": SECOND, "id": None, "n": 2}]
    path = put(name, "")
    path.unlink()
    if name == "a.jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif name == "a.json":
        path.write_text(json.dumps(rows))
    elif name == "a.parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif name == "a.db":
        with sqlite3.connect(path) as database:
            database.execute("create table people (phone text, id text, n integer)")
            database.executemany("insert into people values (:phone, :id, :n)", rows)
        database.close()
    else:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        book.active.append(list(rows[0]))
        for row in rows:
            book.active.append(list(row.values()))
        book.save(path)
    before = values(path)
    prefix = "[]." if "[].phone" in str(exporting._tables(Path("in"), Path("in"))) else ""
    plan(datasets=columns("*", **{f"{prefix}phone": "encrypt", f"{prefix}id": "fpe", f"{prefix}n": "keep"}))
    made()
    assert not {PHONE, SECOND, ID} & {str(value) for row in values(Path("out") / name) for value in row.values()}
    result = call("restore", "out", "--out", "back", "--key-file", "one.key")
    assert result.exit_code == 0, result.stderr
    assert values(Path("back") / name) == before


def values(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if path.suffix == ".json":
        return list(json.loads(path.read_text()))
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    if path.suffix == ".db":
        database = sqlite3.connect(path)
        found = [dict(zip(("phone", "id", "n"), row, strict=True)) for row in database.execute("select phone, id, n from people order by n")]
        database.close()
        return found
    import openpyxl

    sheet = openpyxl.load_workbook(path).active
    head, *rest = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rest]


def test_only_the_key_of_an_export_restores_it(house: Path) -> None:
    put("a.csv", PEOPLE)
    plan(datasets=columns(手机号="encrypt", 客户号={"operator": "encrypt", "key": "second"}), keys={"default": {"file": "one.key"}, "second": {"file": "two.key"}})
    key("two.key", OTHER)
    document = made()
    before = everything()
    for files, told in (
        (["one.key"], "the key second"),
        (["two.key"], "the key default"),
        (["second=one.key", "one.key"], "the key second"),
    ):
        result = call("restore", "out", "--out", "back", *(part for name in files for part in ("--key-file", name)))
        assert result.exit_code == 2 and told in result.stderr and "without it nothing of this export can be restored" in result.stderr
        assert any(one in result.stderr for one in document["keys"].values())
    assert everything() == before
    result = call("restore", "out", "--out", "back", "--key-file", "one.key", "--key-file", "second=two.key")
    assert result.exit_code == 0 and [row["手机号"] for row in table("back/a.csv")] == [PHONE, SECOND]


@pytest.mark.parametrize(("fallback", "left"), [("redact", ""), ({"operator": "replace", "with": "无"}, "无"), ("keep", "12-34")])
def test_what_a_fallback_replaced_stays_and_is_counted(house: Path, fallback: Any, left: str) -> None:
    put("a.csv", f"id,n\n{PHONE},1\n12-34,2\n{SECOND},3\n")
    plan(fallback=fallback, datasets=columns(id="fpe", n="keep"))
    document = made()
    assert document["columns"][0]["refused"] == {"fpe": 1} and table("out/a.csv")[1]["id"] == left
    result = call("restore", "out", "--out", "back", "--key-file", "one.key")
    assert result.exit_code == 3 and "a.csv: id: 1 values are not the work of this key" in result.stderr
    assert "a.csv: id: 2 values restored" in result.stdout
    assert [row["id"] for row in table("back/a.csv")] == [PHONE, left, SECOND]


def test_nothing_is_restored_from_what_was_changed_or_irreversible(house: Path) -> None:
    put("a.csv", PEOPLE)
    plan(datasets=columns(手机号="encrypt"))
    made()
    with open("out/a.csv", "a") as stream:
        stream.write("C3,,,,\n")
    result = call("restore", "out", "--out", "back", "--key-file", "one.key")
    assert result.exit_code == 2 and "a.csv: was changed" in result.stderr and not Path("back").exists()
    plan(datasets=columns(手机号="hash"))
    made("hashed")
    result = call("restore", "hashed", "--out", "back", "--key-file", "one.key")
    assert result.exit_code == 2 and "nothing in this export can be reversed" in result.stderr and not Path("back").exists()
    Path("in/a.csv").unlink()


def test_restore_needs_a_place(house: Path) -> None:
    put("a.csv", PEOPLE)
    plan(datasets=columns(手机号="encrypt"))
    made()
    for out, told in (("out", "exists already"), ("no/where", "the folder no does not exist")):
        result = call("restore", "out", "--out", out, "--key-file", "one.key")
        assert result.exit_code == 2 and told in result.stderr
    for command in (["restore", "none", "--out", "back", "--key-file", "one.key"], ["verify", "none"]):
        result = call(*command)
        assert result.exit_code == 2 and "none/manifest.json" in result.stderr


# -- plans and keys that cannot be carried out ------------------------------------------------------------------------


def test_what_a_plan_names_has_to_be_there(house: Path) -> None:
    put("core/a.csv", PEOPLE)
    plan(datasets=columns("core/*", 手机号码="redact"))
    refused("plan.yaml: datasets.one: 手机号码", "did you mean 手机号")
    plan(datasets=columns("core/*", drop=("备往",), rows={"客户": ["C1"]}))
    refused("备往", "客户", "plan.yaml: datasets.one")
    plan(datasets=columns("cor/a.csv", 手机号="redact"))
    refused("plan.yaml: datasets.one.tables: no table of the source is meant", "core/a.csv")
    plan(default="redcat")
    refused("plan.yaml:", "unknown operator redcat; did you mean redact")
    plan(datasets=columns(手机号={"operator": "mask", "heads": 3}))
    assert re.search(r"plan\.yaml:\d+: datasets\.one\.columns\.手机号\.heads: unknown parameter", refused())


def test_keys_are_there_and_private(house: Path) -> None:
    put("a.csv", PEOPLE)
    plan(datasets=columns(手机号="hash"))
    Path("one.key").chmod(0o640)
    refused("one.key: others may read this key")
    Path("one.key").unlink()
    refused("one.key: cannot be read")
    plan(datasets=columns(手机号={"operator": "hash", "key": "agency"}))
    key("one.key", KEY)
    refused("keys.agency: the plan needs this key")
    plan(datasets=columns(手机号="hash"), keys={})
    refused("keys.default", "--key-file")
    plan(datasets=columns(手机号="hash"), keys={"default": {"env": "NO_SUCH_KEY"}})
    refused("NO_SUCH_KEY")
    plan(datasets=columns(手机号="hash"), keys={})
    result = call("anonymize", "in", "--plan", "plan.yaml", "--out", "out", "--key-file", "one.key", "--workers", "1")
    assert result.exit_code == 0, result.stderr


def test_an_export_needs_a_new_place_and_a_source(house: Path) -> None:
    put("a.csv", PEOPLE)
    plan()
    Path("full").mkdir()
    Path("full/x").touch()
    Path("link").symlink_to("nowhere")
    refused("full: exists and is not an empty folder", out="full")
    refused("one.key: exists and is not an empty folder", out="one.key")
    refused("no/out: the folder no does not exist", out="no/out")
    refused("link", out="link")
    result = anonymize(source="none")
    assert result.exit_code == 2 and "none: there is no such file or folder" in result.stderr
    Path("empty").mkdir()
    made("empty")


def test_what_cannot_be_written_is_named_and_the_rest_is_published(house: Path) -> None:
    put("a.csv", PEOPLE)
    with zipfile.ZipFile("in/b.zip", "w") as archive:
        archive.writestr("b.csv", PEOPLE)
    put("manifest.json", json.dumps([{"phone": PHONE}]))
    plan()
    document = made(code=3)
    assert [item["name"] for item in document["outputs"]] == ["a.csv"] and document["published"] is True
    assert {item["what"]: item["code"] for item in document["skipped"]} == {"b.zip": "not-written", "manifest.json": "not-written"}
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.csv", "manifest.json"]
    is_whole()


def test_a_file_of_the_name_of_the_manifest_further_down_is_data(house: Path) -> None:
    put("deep/manifest.json", json.dumps([{"phone": PHONE, "n": 1}]))
    plan(entities={"CN_MOBILE_PHONE": "pseudonym"})
    document = made()
    assert document["rescan"]["found_after"]
    is_whole()


# -- what becomes of values -------------------------------------------------------------------------------------------


def test_what_is_detected_and_not_named_is_redacted(house: Path) -> None:
    put("a.csv", PEOPLE)
    put("a.log", f"2026-01-02 03:04:05 INFO 客户 {PHONE} 已还款，证件 {ID}\r\n行 2 无事\n")
    plan()
    document = made()
    first, second = table("out/a.csv")
    assert first == {"客户号": "C00001", "姓名": "", "身份证号": "", "手机号": "", "备注": "来电  请回"}
    assert second["备注"] == "无" and second["姓名"] == ""
    assert Path("out/a.log").read_bytes().decode() == "2026-01-02 03:04:05 INFO 客户  已还款，证件 \r\n行 2 无事\n"
    assert document["rescan"]["found_after"] == {}


def test_texts_are_treated_span_by_span(house: Path) -> None:
    text = f'id,note\n1,"他说 ""{PHONE}"" , 然后\r\n换行 {ID}"\n2,  无  \n3,\n'
    put("a.csv", text)
    plan(entities={"CN_MOBILE_PHONE": "mask"}, datasets=columns(note="text", id="keep"))
    made()
    assert Path("out/a.csv").read_bytes().decode() == text.replace(PHONE, "139****5678").replace(ID, "")


def test_a_column_of_names_is_one_whatever_its_values(house: Path) -> None:
    put("a.csv", "姓名,n\n" + "".join(f"{name},{n}\n" for n, name in enumerate(["张伟", "王芳", "李娜", "赵敏", "阿", "Q-7", "老王头儿家的"])))
    plan()
    made()
    assert {row["姓名"] for row in table("out/a.csv")} == {""} and [row["n"] for row in table("out/a.csv")] == [str(n) for n in range(7)]


def test_rows_and_columns_that_stay(house: Path) -> None:
    put("a.csv", f"id,status,phone\n1,正常,{PHONE}\n2,结清,{SECOND}\n3, 逾期 ,{PHONE}\n4,,{PHONE}\n")
    put("b.csv", f"id,phone\n9,{PHONE}\n")
    put("c.jsonl", "".join(json.dumps({"id": n, "status": "正常" if n == 2 else "x"} if n < 3 else {"id": n}) + "\n" for n in range(5)))
    plan(datasets=columns(drop=("phone",), rows={"status": ["正常", "逾期"]}, id="keep", status="keep"))
    document = made()
    assert Path("out/a.csv").read_bytes().decode() == "id,status\n1,正常\n3, 逾期 \n"
    # a row without the column has none of its values
    assert Path("out/b.csv").read_bytes().decode() == "id\n"
    assert [json.loads(line)["id"] for line in Path("out/c.jsonl").read_text().splitlines()] == [2]
    counts = {item["name"]: item["tables"][0] for item in document["outputs"]}
    assert (counts["a.csv"]["rows_in"], counts["a.csv"]["rows_out"], counts["a.csv"]["columns_out"]) == (4, 2, 2)
    assert [column["dropped"] for column in document["columns"] if column["column"] == "phone"] == [True, True]


def test_a_dropped_column_without_personal_data_protects_nothing(house: Path) -> None:
    put("a.csv", f"id,status,remark,phone\n1,正常状态,正常状态,{PHONE}\n2,正常状态,正常状态,{SECOND}\n")
    plan(datasets=columns(drop=("remark", "phone"), id="keep"))
    made()
    assert Path("out/a.csv").read_bytes().decode() == "id,status\n1,正常状态\n2,正常状态\n"
    # one with personal data does
    put("c.csv", f"id,phone\n1,{PHONE}\n")
    plan(datasets={**columns("a.csv", drop=("phone",)), "two": {"tables": ["c.csv"], "columns": {"phone": "keep"}}})
    result = anonymize("second")
    assert result.exit_code == 1, result.stderr


def test_headers_that_repeat_and_types_that_mix(house: Path) -> None:
    put("a.csv", f"客户号,姓名,手机号,手机号,金额\nC1,张伟,{PHONE},{SECOND},1\nC2,李娜,{SECOND},{PHONE},2\n")
    put("b.jsonl", "".join(json.dumps(row) + "\n" for row in ({"v": int(PHONE)}, {"v": PHONE}, {"v": [PHONE]}, {"v": {"w": SECOND}}, {"v": None}, {"v": True}, {"v": 1.5})))
    database = sqlite3.connect("in/c.db")
    database.execute("create table t (phone, n)")
    database.executemany("insert into t values (?, ?)", [(int(PHONE), 1), (PHONE, 2.5), (PHONE.encode(), None), (None, "x")])
    database.commit()
    database.close()
    plan(entities={"CN_MOBILE_PHONE": "hash"}, datasets={"one": {"tables": ["a.csv"], "columns": {"手机号": "encrypt"}}})
    made()
    content = b"\n".join(contents(Path("out")))
    assert PHONE.encode() not in content and SECOND.encode() not in content
    head, *rows = list(csv.reader(io.StringIO(Path("out/a.csv").read_text(encoding="utf-8"))))
    assert head == ["客户号", "姓名", "手机号", "手机号", "金额"]
    for _, _, first, second, _ in rows:
        assert first.startswith("pa1siv0") and re.fullmatch("[0-9a-f]{32}|[A-Za-z0-9_-]{20,}", second) and not second.startswith("pa1siv0")
    assert [json.loads(line)["v"] for line in Path("out/b.jsonl").read_text().splitlines()][4:] == [None, True, 1.5]


def test_nothing_stays_nothing(house: Path) -> None:
    contents = {"empty.csv": "", "empty.log": "", "header.csv": "姓名,手机号\n", "null.json": "null", "list.json": "[]", "object.json": "{}", "one.jsonl": "\n"}
    for name, text in contents.items():
        put(name, text)
    sqlite3.connect("in/bare.db").close()
    pq.write_table(pa.table({"phone": pa.array([], pa.string())}), "in/none.parquet")
    plan(entities={"PERSON": "pseudonym"}, datasets=columns("header.csv", 手机号="encrypt"))
    result = anonymize()
    assert result.exit_code in (0, 3), result.stderr
    document = json.loads(Path("out/manifest.json").read_text())
    skipped = {item["what"] for item in document["skipped"]}
    written = {item["name"] for item in document["outputs"]}
    assert skipped | written == {*contents, "bare.db", "none.parquet"} and not skipped & written
    assert {"empty.csv", "header.csv", "list.json", "none.parquet"} <= written, skipped
    for name in written & set(contents):
        assert (Path("out") / name).read_text() == contents[name]
    is_whole()


def test_a_single_file_is_a_source(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.csv", PEOPLE)
    plan(datasets=columns("a.csv", 手机号="mask"))
    for number, source in enumerate(("in/a.csv", str(house / "in" / "a.csv"), "in/", f"{house}/in")):
        assert [item["name"] for item in made(f"out{number}", source)["outputs"]] == ["a.csv"]
    monkeypatch.chdir("in")
    shutil.copy("../plan.yaml", ".")
    shutil.copy("../one.key", ".")
    assert made("../out-file", "a.csv")["columns"][0]["table"] == "a.csv"
    shutil.move("plan.yaml", "../in.yaml")
    Path("one.key").unlink()
    result = call("anonymize", ".", "--plan", "../plan.yaml", "--out", "../out-here", "--workers", "1")
    assert result.exit_code == 0, result.stderr
    assert table("../out-here/a.csv")[0]["手机号"] == "139****5678"


@pytest.mark.parametrize("preset", ["collection-agency", "publication"])
def test_a_draft_is_a_plan(exported: Path, preset: str, house: Path) -> None:
    result = call("anonymize", str(exported / "in"), "--draft", "--preset", preset, "--workers", "1")
    assert result.exit_code == 0, result.stderr
    assert "CN_RESIDENT_ID, as entities and the preset say" in result.stdout and ID not in result.stdout
    Path("plan.yaml").write_text(result.stdout, encoding="utf-8")
    assert load_plan(Path("plan.yaml")).preset == preset
    result = call("anonymize", str(exported / "in"), "--plan", "plan.yaml", "--out", "out", "--key-file", "one.key", "--workers", "1")
    assert result.exit_code == 0, result.stderr
    if preset == "collection-agency":
        assert len(json.loads(Path("out/manifest.json").read_text())["outputs"]) == 8


# -- quarantine -------------------------------------------------------------------------------------------------------


def test_an_export_that_holds_an_original_is_not_published(house: Path) -> None:
    put("a.csv", f"手机号,旧手机号\n{PHONE},x\n{SECOND},139 1234 5678\n")
    plan(datasets=columns(手机号="hash", 旧手机号="keep"))
    result = anonymize()
    assert result.exit_code == 1 and "not published: a.csv: 旧手机号: 1 originals of protected values are still there" in result.stderr
    assert not Path("out").exists()
    document = json.loads(Path("out.quarantine/manifest.json").read_text())
    assert document["published"] is False and document["rescan"]["problems"]
    assert "originals of protected values" in checked("out.quarantine")
    assert stat.S_IMODE(Path("out.quarantine").stat().st_mode) == 0o700
    # the next one that fails does not take its place
    assert anonymize().exit_code == 2 and not Path("out").exists()
    plan(datasets=columns(手机号="hash", 旧手机号="redact"))
    made()
    is_whole()
    assert sorted(path.name for path in house.iterdir()) == ["in", "one.key", "out", "out.quarantine", "plan.yaml"]


def test_a_name_of_a_file_that_holds_a_value_is_not_published(house: Path) -> None:
    put(f"名单_{PHONE}.csv", "金额,n\n1,2\n2,3\n")
    plan()
    result = anonymize()
    assert result.exit_code == 1 and "holds CN_MOBILE_PHONE; rename it first" in result.stderr
    assert PHONE not in result.output and not Path("out").exists()


def test_names_that_hold_values_are_shown_masked(house: Path) -> None:
    put("a.jsonl", "".join(json.dumps({"金额": n, PHONE: n, "n": n}, ensure_ascii=False) + "\n" for n in range(3)))
    put(f"{SECOND}.log", "无\n")
    with zipfile.ZipFile(Path("in") / f"{PHONE}.zip", "w") as archive:
        archive.writestr("b.txt", "无\n")
    plan(datasets=columns("a.jsonl", 金领="keep"))
    wrong = anonymize()
    assert wrong.exit_code == 2 and "there are" in wrong.stderr
    draft = call("anonymize", "in", "--draft")
    assert draft.exit_code == 0 and "rename it before it leaves the house" in draft.stdout
    plan()
    skipped = anonymize()
    assert "zip" in skipped.stderr and skipped.exit_code == 3
    for result in (wrong, draft, skipped):
        assert PHONE not in result.output and SECOND not in result.output


def test_an_original_inside_a_text_is_found(house: Path) -> None:
    put("a.csv", f"id,手机号\n1,{PHONE}\n")
    put("b.log", f"拨打 {PHONE} 成功\n")
    plan(entities={"CN_MOBILE_PHONE": "keep"}, datasets=columns("a.csv", 手机号={"operator": "mask", "entity": "CN_MOBILE_PHONE"}))
    result = anonymize()
    assert result.exit_code == 1 and "b.log: 1 originals of protected values" in result.stderr


def test_an_original_that_no_recognizer_knows_is_found_in_texts(house: Path) -> None:
    put("a.csv", "客户号,金额\nC00001,1\nC00002,2\n")
    put("b.log", "2026-01-02 客户C00001已还款\n2026-01-02 客户C00003已还款\n单号C000011，无\n")
    put("c.csv", "n,备注\n1,见 C00002 的合同\n2,\n")
    own = {"operator": "hash", "role": "direct-identifier"}
    plan(datasets=columns("a.csv", 客户号=own) | {"two": {"tables": ["c.csv"], "columns": {"备注": "keep"}}})
    result = anonymize()
    assert result.exit_code == 1, result.stderr
    assert "b.log: 1 originals" in result.stderr and "c.csv: 备注: 1 originals" in result.stderr and "C0000" not in result.stderr
    # as what was only pseudonymised for a join it may be there
    plan(datasets=columns("a.csv", 客户号="hash"))
    made()


# -- what may go wrong on the way -------------------------------------------------------------------------------------

_KILLED = """
import os, signal, sys
from pii_audit import exporting
from pii_audit.cli.program import program, run
step = sys.argv[1]
if step == "rescan":
    exporting._Run.unplanned = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
else:
    write = exporting._Run.write
    def once(self, file, folder):
        write(self, file, folder)
        os.kill(os.getpid(), signal.SIGKILL)
    exporting._Run.write = once
sys.exit(run(program, ["anonymize", "in", "--plan", "plan.yaml", "--out", "out", "--workers", "1"], "pii-audit"))
"""


@pytest.mark.parametrize("step", ["write", "rescan"])
def test_a_run_that_is_killed_leaves_no_export(house: Path, step: str) -> None:
    put("a.csv", PEOPLE)
    put("b.csv", PEOPLE)
    plan(datasets=columns(手机号="hash"))
    done = subprocess.run([sys.executable, "-c", _KILLED, step], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not Path("out").exists() and not Path("out.quarantine").exists()
    left = [path for path in house.iterdir() if path.name.startswith(".")]
    assert left and all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in left)
    assert not any(value.encode() in content for path in left for content in contents(path) for value in (PHONE, SECOND, ID))
    assert len(made()["outputs"]) == 2
    is_whole()


@pytest.mark.parametrize("name", ["a.csv", "a.db", "a.parquet", "a.xlsx"])
def test_a_full_disk_leaves_nothing(house: Path, name: str) -> None:
    rng = Random(3)
    make = entity_type("CN_MOBILE_PHONE").sample
    assert make is not None
    rows = [(make(rng), rng.randbytes(20).hex()) for _ in range(3000)]
    if name == "a.csv":
        put(name, "手机号,t\n" + "".join(f"{phone},{text}\n" for phone, text in rows))
    elif name == "a.db":
        database = sqlite3.connect("in/a.db")
        database.execute("create table t (手机号 text, t text)")
        database.executemany("insert into t values (?, ?)", rows)
        database.commit()
        database.close()
    elif name == "a.parquet":
        pq.write_table(pa.table({"手机号": [phone for phone, _ in rows], "t": [text for _, text in rows]}), "in/a.parquet")
    else:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("s")
        for row in [("手机号", "t"), *rows]:
            sheet.append(row)
        book.save("in/a.xlsx")
    plan(datasets=columns(手机号="hash"))
    before = everything()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, limits[1]))
    try:
        result = anonymize()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    # exit 3: only this file was not written, and the manifest says so
    assert result.exit_code in (3, 70), (result.exit_code, result.stderr, result.exception)
    assert isinstance(result.exception, SystemExit) or "could not be written" in str(result.exception), result.exception
    if result.exit_code == 3:
        assert "a." in result.stderr and json.loads(Path("out/manifest.json").read_text())["outputs"] == []
        assert not (Path("out") / name).exists()
        shutil.rmtree("out")
    assert everything() == before
    made()


# -- canaries ---------------------------------------------------------------------------------------------------------

_TYPES = ("CN_RESIDENT_ID", "CN_MOBILE_PHONE", "CN_BANK_CARD", "CN_USCC", "CN_VEHICLE_PLATE", "EMAIL_ADDRESS", "PERSON", "CN_ADDRESS")


@pytest.mark.parametrize("preset", ["collection-agency", "publication", "regulator", "test-data"])
def test_no_original_leaves_in_any_way(house: Path, preset: str) -> None:
    rng = Random(f"{preset}-7")
    planted = [entity_type(name) for name in _TYPES]
    data = {lender_tables.header(entity): [lender_tables.sample(entity, rng) for _ in range(40)] for entity in planted}
    text = "".join(f"{lender_tables.labelled(entity, value)}，请核实\n" for entity in planted for value in data[lender_tables.header(entity)][:5])
    put("deep/er/a.csv", ",".join(data) + "\n" + "".join(",".join(row) + "\n" for row in zip(*data.values(), strict=True)))
    put("a.log", text)
    put("a.jsonl", "".join(json.dumps(dict(zip(data, row, strict=True)), ensure_ascii=False) + "\n" for row in zip(*data.values(), strict=True)))
    pq.write_table(pa.table(data), "in/a.parquet")
    database = sqlite3.connect("in/a.db")
    database.execute(f"create table t ({', '.join(data)})")
    database.executemany(f"insert into t values ({', '.join('?' * len(data))})", list(zip(*data.values(), strict=True)))
    database.commit()
    database.close()
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [tuple(data), *zip(*data.values(), strict=True)]:
        book.active.append(row)
    book.save("in/a.xlsx")
    plan(preset=preset, recipient="R")
    old = os.umask(0)
    try:
        result = anonymize()
    finally:
        os.umask(old)
    assert result.exit_code == 0, result.stderr
    again = call("verify", "out", "--workers", "1")
    assert again.exit_code == 0, again.stdout
    told = "".join((result.stdout, result.stderr, again.stdout, again.stderr)).encode()
    content = b"\n".join([told, *contents(Path("out"))])
    for entity in planted:
        # names and addresses are invented from the same few words, and not all are found in texts
        if entity.name not in ("PERSON", "CN_ADDRESS"):
            assert [value for value in data[lender_tables.header(entity)] if value.encode() in content] == [], entity.name
    for path in Path("out").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o700
    assert sorted(path.name for path in house.iterdir()) == ["in", "one.key", "out", "plan.yaml"]


def test_what_is_restored_is_private_too(house: Path) -> None:
    put("deep/er/a.csv", PEOPLE)
    plan(datasets=columns(手机号="encrypt"))
    made()
    old = os.umask(0)
    try:
        assert call("restore", "out", "--out", "back", "--key-file", "one.key").exit_code == 0
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in [Path("back"), *Path("back").rglob("*")] if path.is_dir()} == {0o700}
    assert stat.S_IMODE(Path("back/deep/er/a.csv").stat().st_mode) == 0o600


# -- what the recipient may have --------------------------------------------------------------------------------------


def catalogue(*permitted: str) -> None:
    recipient = {"name": "华信", "type": "agency", "country": "CN", "permitted": list(permitted)}
    document = {
        "organisation": {"kind": "consumer_finance"},
        "as_of": "2026-06-30",
        "policies": ["baseline"],
        "datasets": {"people": {"paths": ["in/a.csv"], "kind": "borrower_master", "owner": "信贷部"}},
        "recipients": {"AG01": recipient},
    }
    Path("audit.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


def test_what_stays_in_clear_has_to_be_permitted(house: Path) -> None:
    put("a.csv", PEOPLE)
    catalogue("CN_MOBILE_PHONE")
    clear = "stays in clear, and the catalogue does not permit it to AG01"
    for told, parts in {
        f"entities.CN_RESIDENT_ID: CN_RESIDENT_ID {clear}": {"entities": {"CN_RESIDENT_ID": "keep"}},
        f"datasets.one.columns.备注: CN_BANK_CARD {clear}": {"datasets": columns(备注={"operator": "keep", "entity": "CN_BANK_CARD"})},
        # what the scan finds of a column counts as what the plan says of it
        f"datasets.one.columns.身份证号: CN_RESIDENT_ID {clear}": {"datasets": columns(身份证号="keep")},
        "default: BIOMETRIC, CARD_EXPIRY, CARD_SECURITY_CODE … stay in clear, and the catalogue does not permit them to AG01": {"default": "keep"},
        "fallback: BIOMETRIC, ": {"fallback": "keep", "entities": {"CN_RESIDENT_ID": "fpe"}},
    }.items():
        plan(recipient="AG01", catalogue="audit.yaml", **parts)
        refused(told)
    plan(recipient="AG01", catalogue="audit.yaml", entities={"CN_MOBILE_PHONE": "keep"}, datasets=columns(手机号="keep", 客户号="keep"))
    made()
    assert table("out/a.csv")[0]["手机号"] == PHONE
    plan(recipient="AG02", catalogue="audit.yaml")
    refused("names no recipient AG02", out="other")
    plan(catalogue="audit.yaml")
    refused("names no recipient", out="other")
