"""Values planted in every place that a scan looks at appear raw in nothing that it writes (issue 2, Show 6)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import lender
import pyarrow as pa
import pytest
from pyarrow import parquet

from pii_audit.entities import entity_type
from pii_audit.model.entity import EntityType

#: types that can stand in a name, with no label or with one
BARE = tuple(
    map(entity_type, ("CN_RESIDENT_ID", "CN_MOBILE_PHONE", "CN_BANK_CARD", "CN_USCC", "CN_VIN", "EMAIL_ADDRESS",
                      "CN_VEHICLE_PLATE", "CN_LANDLINE_PHONE"))
)  # fmt: skip
WITH_LABEL = tuple(map(entity_type, ("CN_QQ", "CN_WECHAT_ID", "CN_PASSPORT", "CN_LOAN_CONTRACT", "DEVICE_ID")))
#: a masked address keeps its province and city, which is all that a place is
PLANTED = tuple(entity for entity in lender.TYPES if entity.name != "LOCATION")
#: what a broken copy of a file is: cut off, or damaged in the middle
BROKEN = {
    "cut": lambda data: data[: len(data) * 2 // 3],
    "hit": lambda data: data[: len(data) // 2] + b"\xff\x00\xfe" * 20 + data[len(data) // 2 + 60 :],
}


class Planted:
    """Everything that was planted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values: list[tuple[EntityType, str]] = []
        self.rng = Random(11)

    def value(self, entity: EntityType) -> str:
        value = lender.sample(entity, self.rng)
        self.values.append((entity, value))
        return value

    def labelled(self, entity: EntityType) -> str:
        return lender.labelled(entity, self.value(entity))

    def table(self, rows: int = 3) -> lender.Table:
        return {lender.header(entity): [self.value(entity) for _ in range(rows)] for entity in PLANTED}

    def text(self) -> str:
        """Return lines that a clerk wrote, three for each type."""
        words = (lender.labelled(entity, self.value(entity)) for entity in PLANTED for _ in range(3))
        return "".join(f"2024-05-06 07:08:09 INFO {word}，请核实\n" for word in words)

    def put(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def traces(self, text: str) -> list[str]:
        """Return the types of the values that left a trace in a text."""
        runs = {run[i : i + 8] for run in re.findall("[0-9]{8,}", text) for i in range(len(run) - 7)}
        grams = {text[i : i + 5] for i in range(len(text) - 4)}
        return sorted({entity.name for entity, value in self.values if _shows(value, text, grams, runs)})


def _shows(value: str, text: str, grams: set[str], runs: set[str]) -> bool:
    """Tell whether a value is in a text, raw, as bare digits, or with eight digits in a row. Shorter ones are no proof."""
    digits = re.sub("[^0-9]", "", value)
    if len(digits) >= 11 and any(digits[i : i + 8] in runs for i in range(len(digits) - 7)):
        return True
    if len(value) < 6:
        return len(value) >= 3 and not value.isascii() and value in text
    return (value[:5] in grams and value in text) or (len(digits) >= 8 and digits[:5] in grams and digits in text)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    plant = Planted(tmp_path_factory.mktemp("canaries") / "data")
    for name, make in lender.FORMATS.items():
        plant.put(f"whole/{name}", make(plant.table()))
        for how, broken in BROKEN.items():
            plant.put(f"broken/{how}/{name}", broken(make(plant.table())))
    plant.put("whole/t.log", plant.text().encode())
    plant.put("whole/bad.csv", lender.csv_text(plant.table()).encode("gb18030") + b"\xff\xff\xff," + plant.text().encode())
    person, phone = (lender.header(entity_type(name)) for name in ("PERSON", "CN_MOBILE_PHONE"))
    plant.put("whole/t.vcf", lender.vcards(plant.table(), person, phone))
    _in_names(plant)
    return plant


def _in_names(plant: Planted) -> None:
    """Put values into the names of files, folders, members, sheets, tables, columns and keys."""
    names = [plant.value(entity) for entity in BARE] + [plant.labelled(entity) for entity in WITH_LABEL]
    for name in names:
        plant.put(f"names/{name}.csv", lender.csv_text(plant.table(2)).encode())
    person, card = plant.value(entity_type("PERSON")), plant.value(entity_type("CN_RESIDENT_ID"))
    plant.put(f"names/{person}_{card}.xlsx", b"no workbook")
    phones = [plant.value(entity_type("CN_MOBILE_PHONE")) for _ in range(9)]
    plant.put(f"names/{phones[0]}/{phones[1]}.parquet", b"PAR1, and nothing behind it")
    inner = lender.xlsx(plant.table(2), sheet=phones[2])
    plant.put("names/members.zip", lender.zipped({f"{phones[3]}/{phones[4]}.xlsx": inner, f"{phones[5]}.gz": b"\x1f\x8b\x08"}))
    plant.put("names/table.sqlite", lender.sqlite(plant.table(2), name=f"t_{phones[6]}"))
    plant.put("names/sheet.xls", lender.xls(plant.table(2), sheet=phones[7]))
    headers = [plant.value(entity) for entity in BARE] + [plant.labelled(entity) for entity in WITH_LABEL]
    columns = {header: ["1", "2", "3"] for header in headers}
    plant.put("names/headers.parquet", lender.FORMATS["t.parquet"](columns))
    plant.put("names/headers.xlsx", lender.xlsx(columns))
    plant.put("names/headers.csv", lender.csv_text(columns).encode())
    plant.put("names/keys.jsonl", lender.json_lines(columns))
    nested = {plant.value(entity): {"note": "x", plant.value(entity): ["y"]} for entity in BARE}
    plant.put("names/keys.json", json.dumps({"customers": nested}, ensure_ascii=False).encode())
    binary = pa.table({phones[8]: pa.array([b"\xff\xfe\xfd"] * 3, pa.binary())})
    plant.put("names/binary.parquet", lender.saved(lambda out: parquet.write_table(binary, out)))


class Watch:
    """Looks into a folder again and again while something runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: set[bytes] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._ended.wait(0.01):
            for path in self.folder.rglob("*"):
                self.seen.add(os.fsencode(path.name))
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue  # a folder, or gone by now

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def everything(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each file below a folder with its content as text."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".parquet":
                table = parquet.read_table(path)
                data += json.dumps(table.to_pydict(), ensure_ascii=False).encode() + str(table.schema).encode()
            yield path.name, path.name + data.decode("utf-8", "replace")


OUTPUTS = ("--report", "json=out/r.json", "--report", "csv=out/r.csv", "--report", "text=out/r.txt",
           "--report", "jsonl=out/r.jsonl", "--findings", "out/s.parquet")  # fmt: skip


@pytest.mark.parametrize("more", [["--workers", "1", "-v"], ["--workers", "2", "--lang", "zh", "-q"]])
def test_nothing_written_holds_a_value(planted: Planted, tmp_path: Path, more: list[str]) -> None:
    (tmp_path / "out").mkdir()
    missing = planted.value(entity_type("CN_MOBILE_PHONE"))
    code = "from pii_audit import audit\naudit.POOL_PAYS = 0\nfrom pii_audit.cli import main\nif __name__ == '__main__':\n    main()\n"
    (tmp_path / "run.py").write_text(code)
    environment = lender.environment(tmp_path)
    with Watch(tmp_path / "temp") as watch:
        done = subprocess.run(
            [sys.executable, "run.py", "scan", str(planted.folder), f"{missing}.csv", "-f", "text", *OUTPUTS, *more],
            cwd=tmp_path, env=environment, capture_output=True, timeout=240, check=False, umask=0,
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    texts = dict(everything(tmp_path / "out"))
    assert set(texts) == {"r.json", "r.csv", "r.txt", "r.jsonl", "s.parquet"}
    texts |= dict(everything(tmp_path / "state"))
    texts |= {"stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
    texts |= {f"temp {number}": data.decode("utf-8", "replace") for number, data in enumerate(watch.seen)}
    assert {name: traces for name, text in texts.items() if (traces := planted.traces(text))} == {}
    assert list((tmp_path / "temp").iterdir()) == []
    for path in (tmp_path / "out").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path

    report = json.loads((tmp_path / "out" / "r.json").read_text(encoding="utf-8"))
    in_names = {f["entity_type"] for f in report["findings"] if f["pattern"] == "name"}
    assert in_names >= {entity.name for entity in (*BARE, *WITH_LABEL)}
    assert {f["column"] for f in report["findings"] if f["pattern"] == "name"} == {"#name"}


def test_a_user_can_find_a_file_with_a_value_in_its_name(planted: Planted, tmp_path: Path) -> None:
    phone = lender.sample(entity_type("CN_MOBILE_PHONE"), Random(1))
    twin = phone[:3] + ("0000" if phone[3:7] != "0000" else "1111") + phone[7:]
    folder = tmp_path / "agency"
    folder.mkdir()
    for name in (phone, twin):
        (folder / f"录音_{name}.txt").write_text("nothing to see\n", encoding="utf-8")
    done = lender.program("scan", "agency", "-f", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    shown = f"agency/录音_{phone[:3]}****{phone[7:]}"
    assert {source["path"] for source in report["sources"]} == {f"{shown}.txt", f"{shown} (2).txt"}
    assert {(f["source"], f["entity_type"], f["count"], f["distinct"]) for f in report["findings"]} == {
        (f"{shown}.txt", "CN_MOBILE_PHONE", 2, 2)
    }
    assert done.returncode == 1


def test_a_strict_stop_names_no_value(planted: Planted, tmp_path: Path) -> None:
    phone = planted.value(entity_type("CN_MOBILE_PHONE"))
    (tmp_path / f"{phone}.parquet").write_bytes(b"PAR1 and nothing more")
    done = lender.program("scan", f"{phone}.parquet", "--strict", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == b""
    assert planted.traces(done.stderr.decode()) == []
    assert "****" in done.stderr.decode()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_crash_says_no_value(planted: Planted, tmp_path: Path, workers: str) -> None:
    """Errors whose messages quote what was read, raised while it is read."""
    code = """
from pii_audit import audit
from pii_audit.engines.fold import Folder
audit.POOL_PAYS = 0
def fail(self, batch, into):
    values = [column.values.to_pylist() for column in batch.columns]
    try:
        raise KeyError(values)
    except KeyError as error:
        raise ValueError(f"cannot read {batch.source}: {values}") from error
Folder._batch = fail
from pii_audit.cli import main
if __name__ == "__main__":
    main()
"""
    (tmp_path / "run.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "run.py", "scan", str(planted.folder), "--workers", workers],
        cwd=tmp_path, env=lender.environment(tmp_path), capture_output=True, timeout=240, check=False, umask=0,
    )  # fmt: skip
    assert done.returncode == 70
    assert planted.traces(done.stdout.decode() + done.stderr.decode()) == []
    ((name, text),) = everything(tmp_path / "state")
    assert name.endswith(".log")
    assert "builtins.ValueError" in text
    assert " fail\n" in text
    assert planted.traces(text) == []
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "state").rglob("*"))
