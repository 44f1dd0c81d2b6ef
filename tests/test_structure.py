"""Contact lists and call histories, through real files and the whole scan."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_audit.audit import scan
from pii_audit.engines.structure import role_of
from pii_audit.entities.cn_mobile_phone import CN_MOBILE_PHONE
from pii_audit.entities.person import sample as name_of
from pii_audit.model.finding import Confidence, Finding
from pii_audit.settings import ScanSettings

TABLES = Path(__file__).parent / "entities"
SEED = 20240229
KINDS = ("CONTACT_LIST", "CALL_HISTORY")


def _values() -> dict[str, str]:
    rng = random.Random(SEED)
    phones, names = set(), set()
    while len(phones) < 400:
        phones.add(CN_MOBILE_PHONE.sample(rng))  # type: ignore[misc]
    while len(names) < 400:
        names.add(name_of(rng))
    values = {f"{{phone{i}}}": phone for i, phone in enumerate(sorted(phones), 1)}
    return values | {f"{{name{i}}}": name for i, name in enumerate(sorted(names), 1)}


VALUES = _values()
PHONES = [value for key, value in VALUES.items() if key.startswith("{phone")]
NAMES = [value for key, value in VALUES.items() if key.startswith("{name")]


def filled(text: str) -> str:
    for key, value in VALUES.items():
        if key in text:
            text = text.replace(key, value)
    return text


def structures(path: Path, **options: Any) -> list[Finding]:
    """Return the structural findings in a file or folder."""
    found = scan(ScanSettings(targets=(str(path),), workers=1), **options)
    assert not found.skipped
    return [finding for finding in found.findings if finding.entity_type in KINDS]


def write_csv(path: Path, headers: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([headers, *rows])
    return path


def write_json(path: Path, records: list[Any]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path


def rows_of_tables() -> list[Any]:
    found = []
    for kind in KINDS:
        rows = yaml.safe_load((TABLES / f"{kind.lower()}.yml").read_text(encoding="utf-8"))
        found += [pytest.param(kind, row, id=f"{kind}-{n}") for n, row in enumerate(rows, 1)]
    return found


@pytest.mark.parametrize(("kind", "row"), rows_of_tables())
def test_table(tmp_path: Path, kind: str, row: dict[str, Any]) -> None:
    if "headers" in row:
        path = write_csv(
            tmp_path / "t.csv", row["headers"], [[filled(cell) for cell in cells] for cells in row["rows"]]
        )
    elif "header" in row:
        path = write_csv(tmp_path / "t.csv", ["id", row["header"]], [["1", filled(row["text"])]])
    else:
        path = tmp_path / ("t.jsonl" if row["text"].startswith("{") else "t.log")
        path.write_text(filled(row["text"]) + "\n", encoding="utf-8")
    found = structures(path)
    assert [finding.entity_type for finding in found] == ([kind] if row["found"] else []), row["why"]
    if found:
        assert found[0].third_persons == row["third_persons"]
        assert "subjects" not in row or found[0].subjects == row["subjects"]
        assert found[0].pattern == "structure"
        assert found[0].masked_samples == ()


# -- where contact lists come from --------------------------------------------------------------------------------------


def contact_records(records: int, each: int) -> list[dict[str, Any]]:
    return [
        {
            "uid": record,
            "contacts": [{"name": NAMES[record * each + i], "phone": PHONES[record * each + i]} for i in range(each)],
        }
        for record in range(records)
    ]


def test_array_of_contacts(tmp_path: Path) -> None:
    (found,) = structures(write_json(tmp_path / "c.jsonl", contact_records(5, 6)))
    assert (found.entity_type, found.column, found.subjects, found.third_persons) == (
        "CONTACT_LIST",
        "contacts[]",
        5,
        30,
    )
    assert (found.count, found.confidence) == (30, Confidence.CERTAIN)
    assert [place.row for place in found.first_locations] == [1] * 5


def test_pieces_of_work_do_not_matter(tmp_path: Path) -> None:
    path = write_json(tmp_path / "c.jsonl", contact_records(40, 5) * 3)
    whole = structures(path)
    assert whole[0].third_persons == 200
    assert whole[0].subjects == 120
    for part_bytes in (700, 3000, 20_000):
        assert structures(path, part_bytes=part_bytes) == whole


def test_one_document_in_many_batches(tmp_path: Path) -> None:
    """A record that goes on for megabytes is one record."""
    path = tmp_path / "c.json"
    pad = "x" * 40_000
    contacts = [{"name": NAMES[i], "phone": PHONES[i], "note": pad} for i in range(300)]
    path.write_text(json.dumps({"owner": "7", "contacts": contacts}, ensure_ascii=False), encoding="utf-8")
    (found,) = structures(path)
    assert (found.subjects, found.third_persons, found.count) == (1, 300, 300)


def test_array_without_telling_name(tmp_path: Path) -> None:
    records = [
        {
            "uid": 1,
            "ext": [{"nick": n, "relation": "朋友", "no": p} for n, p in zip(NAMES[:4], PHONES[:4], strict=True)],
        }
    ]
    (found,) = structures(write_json(tmp_path / "c.jsonl", records))
    assert (found.column, found.third_persons) == ("ext[]", 4)


def test_phones_of_a_contact_in_an_inner_array(tmp_path: Path) -> None:
    people = [{"contactName": NAMES[i], "numbers": PHONES[2 * i : 2 * i + 2]} for i in range(3)]
    (found,) = structures(write_json(tmp_path / "c.jsonl", [{"uid": 1, "book": people}]))
    assert (found.column, found.third_persons, found.subjects) == ("book[]", 6, 1)


def test_calls_in_an_array(tmp_path: Path) -> None:
    calls = [{"caller": PHONES[0], "callee": PHONES[i], "duration": 30 + i} for i in range(1, 5)]
    (found,) = structures(write_json(tmp_path / "c.jsonl", [{"uid": 1, "log": calls}, {"uid": 2, "log": calls}]))
    assert (found.entity_type, found.third_persons, found.subjects) == ("CALL_HISTORY", 4, 2)


def test_json_in_a_cell(tmp_path: Path) -> None:
    cells = [json.dumps(record["contacts"], ensure_ascii=False) for record in contact_records(3, 4)]
    path = write_csv(tmp_path / "c.csv", ["id", "extra"], [[str(i), cell] for i, cell in enumerate(cells)])
    (found,) = structures(path)
    assert (found.column, found.subjects, found.third_persons) == ("extra[]", 3, 12)


@pytest.mark.parametrize("flipped", [False, True])
def test_object_with_data_for_keys(tmp_path: Path, flipped: bool) -> None:
    """Names or phones as keys: neither becomes part of a column name."""
    pairs = list(zip(NAMES[:6], PHONES[:6], strict=True))
    book = {p: n for n, p in pairs} if flipped else dict(pairs)
    path = write_json(tmp_path / "c.jsonl", [{"uid": 1, "contacts": book}, {"uid": 2, "contacts": book}])
    result = scan(ScanSettings(targets=(str(path),), workers=1))
    found = [finding for finding in result.findings if finding.entity_type == "CONTACT_LIST"]
    assert [(f.column, f.subjects, f.third_persons, f.count) for f in found] == [("contacts", 2, 6, 12)]
    shown = repr(result)
    assert not any(value in shown for pair in pairs for value in pair)


def test_names_for_keys_without_telling_word(tmp_path: Path) -> None:
    book = dict(zip(NAMES[:3], PHONES[:3], strict=True))
    (found,) = structures(write_json(tmp_path / "c.jsonl", [{"ext": book}]))
    assert (found.column, found.third_persons) == ("ext", 3)
    cities = {"hotline": PHONES[0], "branch": PHONES[1], "office": PHONES[2]}
    assert structures(write_json(tmp_path / "d.jsonl", [{"ext": cities}])) == []


def test_very_many_keys(tmp_path: Path) -> None:
    """Beyond some number of keys a reader takes them for data; the count stays."""
    book = {f"老{i:x}友": f"1381234{i:04d}" for i in range(1600)}
    (found,) = structures(write_json(tmp_path / "c.jsonl", [{"uid": 1, "phone_book": book}]))
    assert (found.subjects, found.third_persons, found.count) == (1, 1600, 1600)


def test_vcard(tmp_path: Path) -> None:
    cards = [
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{n}\r\nTEL;TYPE=CELL:{p}\r\nEND:VCARD\r\n"
        for n, p in zip(NAMES[:7], PHONES[:7], strict=True)
    ]
    path = tmp_path / "book.vcf"
    path.write_text("".join(cards), encoding="utf-8")
    (found,) = structures(path)
    assert (found.subjects, found.third_persons, found.confidence) == (1, 7, Confidence.CERTAIN)


@pytest.mark.parametrize(
    "line",
    [
        "dump {name1}:{phone1},{name2}:{phone2},{name3}:{phone3},{name4}:{phone4},{name5}:{phone5}",
        "已读取通讯录 {phone1} {phone2} {phone3} {phone4} {phone5}",
        'INFO body={"list":[{"name":"{name1}","phone":"{phone1}"},{"name":"{name2}","phone":"{phone2}"},{"name":"{name3}","phone":"{phone3}"},{"phone":"{phone4}"},{"phone":"{phone5}"}]}',
        "{phone1}({name1}) {phone2}({name2}) {phone3}({name3}) {phone4} {phone5}",
        "synced phone_book: {phone1},{phone2},{phone3},{phone4},{phone5}",
    ],
)
def test_dump_in_a_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.log"
    path.write_text("start\n" + filled(line) + "\nend\n" + filled(line) + "\n", encoding="utf-8")
    (found,) = structures(path)
    assert (found.subjects, found.third_persons, found.count) == (2, 5, 10)
    assert {place.line for place in found.first_locations} == {2}


@pytest.mark.parametrize(
    "line",
    [
        "from={phone1} to={phone2} cc={phone3} bcc={phone4}",
        "转接 {phone1}，未接；改拨 {phone2}；再拨 {phone3}；又拨 {phone4}",
        "值班电话 {phone1} {phone2} {phone3}",
        "{name1}:{phone1},{name2}:{phone1},{name3}:{phone1}",
        "通讯录 {phone1}",
    ],
)
def test_no_dump(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.log"
    path.write_text(filled(line) + "\n", encoding="utf-8")
    assert structures(path) == []


def test_dump_longer_than_a_piece(tmp_path: Path) -> None:
    """One line of more than a megabyte is one phone book; every phone is counted once."""
    pairs = ",".join(f"{NAMES[i % 400]}:13{i % 10}{i:08d}" for i in range(60_000))
    path = tmp_path / "a.log"
    path.write_text(f"contacts {pairs}\n", encoding="utf-8")
    (found,) = structures(path)
    assert found.subjects == 1
    assert found.count == 60_000
    assert found.third_persons == pytest.approx(60_000, rel=0.05)
    assert not found.distinct_exact


# -- tables ---------------------------------------------------------------------------------------------------------------------


def test_wide_table(tmp_path: Path) -> None:
    rows = [[f"C{i}", PHONES[i], PHONES[100 + i], PHONES[200 + i]] for i in range(20)]
    headers = ["cust_id", "mobile", "contact1_phone", "contact2_phone"]
    (found,) = structures(write_csv(tmp_path / "w.csv", headers, rows))
    assert (found.subjects, found.third_persons, found.count) == (20, 40, 40)


def test_one_emergency_contact_for_each(tmp_path: Path) -> None:
    rows = [[f"C{i}", PHONES[i], NAMES[i], PHONES[100 + i]] for i in range(20)]
    headers = ["cust_id", "mobile", "emergency_contact", "emergency_phone"]
    (found,) = structures(write_csv(tmp_path / "w.csv", headers, rows))
    assert (found.subjects, found.third_persons) == (20, 20)


def test_borrowers_own_phone_beside_every_contact(tmp_path: Path) -> None:
    rows = [[f"C{i // 3}", PHONES[i // 3], PHONES[100 + i], "朋友"] for i in range(30)]
    (found,) = structures(write_csv(tmp_path / "w.csv", ["客户号", "手机号", "电话", "与本人关系"], rows))
    assert (found.subjects, found.third_persons) == (10, 30)


def test_phone_as_key(tmp_path: Path) -> None:
    """Whose phone book it is may be told by a phone, with or without the country code."""
    rows = [[("+86" if i % 2 else "") + PHONES[i // 4], PHONES[100 + i], "同事"] for i in range(12)]
    (found,) = structures(write_csv(tmp_path / "w.csv", ["borrower_phone", "phone", "relation"], rows))
    assert (found.subjects, found.third_persons) == (3, 12)


def test_several_phones_for_each_key(tmp_path: Path) -> None:
    rows = [[f"C{i // 4}", PHONES[i]] for i in range(40)]
    (found,) = structures(write_csv(tmp_path / "w.csv", ["case_id", "dialled"], rows))
    assert (found.subjects, found.third_persons, found.confidence) == (10, 40, Confidence.LIKELY)


@pytest.mark.parametrize(
    ("headers", "cells"),
    [
        (["cust_id", "name", "mobile"], ["C{i}", "{name}", "{own}"]),
        (["cust_id", "mobile", "home_tel", "office_tel"], ["C{i}", "{own}", "{other}", "{third}"]),
        (["cust_id", "cust_name", "contact_phone"], ["C{i}", "{name}", "{own}"]),
        (["staff_no", "staff_name", "mobile", "dept"], ["S{i}", "{name}", "{own}", "催收一部"]),
        (["客户号", "客户关系经理", "手机号"], ["C{i}", "{name}", "{own}"]),
        (["client_no", "mobile", "逾期时长"], ["C{i}", "{own}", "3"]),
        (["service", "number"], ["银行", "955{i}"]),
        (["payer_phone", "payee_phone", "amount", "trade_time"], ["{own}", "{other}", "10", "2024-05-01 10:00:00"]),
        (["from_no", "to_no", "content"], ["{own}", "{other}", "通知"]),
        (["caller", "callee", "call_time"], ["8001", "8002", "2024-05-01 10:00:00"]),
    ],
)
def test_ordinary_table(tmp_path: Path, headers: list[str], cells: list[str]) -> None:
    rows = []
    for i in range(30):
        values = {"i": str(i), "name": NAMES[i], "own": PHONES[i], "other": PHONES[100 + i], "third": PHONES[200 + i]}
        rows.append([cell.format(**values) for cell in cells])
    assert structures(write_csv(tmp_path / "t.csv", headers, rows)) == []


@pytest.mark.parametrize("path", ["customers", "data", "staff"])
def test_table_inside_a_document(tmp_path: Path, path: str) -> None:
    people = [{"contact_name": NAMES[i], "phone": PHONES[i]} for i in range(10)]
    file = tmp_path / "d.json"
    file.write_text(json.dumps({"code": 0, path: people}, ensure_ascii=False), encoding="utf-8")
    assert structures(file) == []


def test_call_records(tmp_path: Path) -> None:
    rows = [[PHONES[i % 5], PHONES[100 + i % 30], "2024-05-01 10:00:00", str(i)] for i in range(1, 60)]
    path = write_csv(tmp_path / "cdr.csv", ["caller", "callee", "start_time", "duration"], rows)
    (found,) = structures(path)
    assert (found.entity_type, found.subjects, found.third_persons, found.count) == ("CALL_HISTORY", 5, 30, 59)
    for part_bytes in (300, 1000):
        assert structures(path, part_bytes=part_bytes) == [found]


def test_carrier_export_without_caller(tmp_path: Path) -> None:
    rows = [["被叫", PHONES[i], "2024-05-01 10:00:00", "00:01:00"] for i in range(8)]
    (found,) = structures(write_csv(tmp_path / "cdr.csv", ["呼叫类型", "对方号码", "通话开始时间", "通话时长"], rows))
    assert (found.entity_type, found.subjects, found.third_persons) == ("CALL_HISTORY", None, 8)


def test_only_structures_are_asked_for(tmp_path: Path) -> None:
    path = write_json(tmp_path / "c.jsonl", contact_records(3, 4))
    result = scan(ScanSettings(targets=(str(path),), entities=("CONTACT_LIST",), workers=1))
    assert [finding.entity_type for finding in result.findings] == ["CONTACT_LIST"]
    calls = scan(ScanSettings(targets=(str(path),), entities=("CALL_HISTORY", "CN_MOBILE_PHONE"), workers=1))
    assert {finding.entity_type for finding in calls.findings} == {"CN_MOBILE_PHONE"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30), st.sampled_from(["", "朋友"])), max_size=40),
    st.integers(60, 900),
)
def test_any_cut_gives_the_same(tmp_path: Path, rows: list[tuple[int, int, str]], part_bytes: int) -> None:
    """Fields that some records lack do not make the verdict depend on what else is in a batch."""
    records = []
    for key, phone, relation in rows:
        record: dict[str, Any] = {"mobile": PHONES[key]}
        if key % 3:
            record["user_id"] = f"U{key}"
        if relation:
            record["relation"] = relation
        record["contact_phone" if phone % 2 else "phone"] = PHONES[50 + phone]
        records.append(record)
    path = write_json(tmp_path / "c.jsonl", records or [{}])
    assert structures(path, part_bytes=part_bytes) == structures(path)


def test_roles_of_headers() -> None:
    expected = {
        "user_id": "key", "客户编号": "key", "contact4_phone": "contact-phone", "联系人2手机": "contact-phone",
        "emergency.phone": "contact-phone", "user.user_id": "key", "lxr5dh": "contact-phone", "与申请人关系": "relation",
        "客户关系经理": None, "mobile": None, "主叫": "caller", "dfhm": "callee", "通话时长": "duration",
        "联系人姓名": "contact-name", "": None,
    }  # fmt: skip
    assert {header: role_of(header) for header in expected} == expected
