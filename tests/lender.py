"""One table of a made-up lender with every kind of value, and the same table in every format."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import openpyxl
import py7zr
import pyarrow as pa
import xlwt
import zstandard
from pyarrow import feather, orc, parquet

from pii_audit.entities import entity_types
from pii_audit.model.entity import EntityType

Table = dict[str, list[str]]

#: every type that a sample can be made of
TYPES = tuple(entity for entity in entity_types() if entity.sample is not None and not entity.structural)


def sample(entity: EntityType, rng: Random) -> str:
    assert entity.sample is not None
    return entity.sample(rng)


def header(entity: EntityType) -> str:
    return entity.headers[0] if entity.headers else entity.name.lower()


def labelled(entity: EntityType, value: str) -> str:
    """Return the value as a clerk writes it down."""
    return f"{header(entity)}：{value}"


def lender(rows: int, seed: int, types: Sequence[EntityType] = TYPES) -> Table:
    """Return a column for each type, one of free text, contacts of borrowers, and some empty cells."""
    rng = Random(seed)
    table: Table = {"no": [f"L{number:06}" for number in range(rows)]}
    for entity in types:
        table[header(entity)] = [sample(entity, rng) if rng.random() > 0.1 else "" for _ in range(rows)]
    table["内容"] = [
        "，".join(labelled(entity, sample(entity, rng)) for entity in rng.sample(types, 2)) + "，请核实"
        if rng.random() > 0.5
        else "已还款"
        for _ in range(rows)
    ]
    by_name = {entity.name: entity for entity in TYPES}
    table["紧急联系人电话"] = [sample(by_name["CN_MOBILE_PHONE"], rng) for _ in range(rows)]
    table["关系"] = [rng.choice(("父亲", "母亲", "朋友")) for _ in range(rows)]
    return table


def rows_of(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def csv_text(table: Table, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return out.getvalue()


def json_lines(table: Table) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows_of(table)).encode()


def xlsx(table: Table, sheet: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    page.append(list(table))
    for row in zip(*table.values(), strict=True):
        page.append([value or None for value in row])
    return saved(book.save)


def xls(table: Table, sheet: str = "Sheet1") -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet(sheet)
    for x, (name, values) in enumerate(table.items()):
        for y, value in enumerate([name, *values]):
            if value:
                page.write(y, x, value)
    return saved(book.save)


def arrow(table: Table) -> pa.Table:
    return pa.table({name: [value or None for value in values] for name, values in table.items()})


def sqlite(table: Table, name: str = "loans") -> bytes:
    with sqlite3.connect(":memory:") as connection:
        columns = ", ".join(f'"{column}" TEXT' for column in table)
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        places = ", ".join("?" * len(table))
        rows = ([value or None for value in row] for row in zip(*table.values(), strict=True))
        connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)
        connection.commit()
        data = connection.serialize()
    connection.close()
    return data


def vcards(table: Table, name: str, phone: str) -> bytes:
    cards = (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{row[name]}\r\nTEL;TYPE=CELL:{row[phone]}\r\nEND:VCARD\r\n"
        for row in rows_of(table)
    )
    return "".join(cards).encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sevenzipped(members: Mapping[str, bytes], password: str | None = None) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return out.getvalue()


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


#: file name → how to make it of a table
FORMATS: Mapping[str, Callable[[Table], bytes]] = {
    "t.csv": lambda table: csv_text(table).encode(),
    "bom.csv": lambda table: csv_text(table).encode("utf-8-sig"),
    "gb.csv": lambda table: csv_text(table).encode("gb18030"),
    "u16.csv": lambda table: csv_text(table).encode("utf-16"),
    "t.tsv": lambda table: csv_text(table, "\t").encode(),
    "t.jsonl": json_lines,
    "t.json": lambda table: json.dumps(rows_of(table), ensure_ascii=False).encode(),
    "t.xlsx": xlsx,
    "t.xls": xls,
    "t.parquet": lambda table: saved(lambda out: parquet.write_table(arrow(table), out)),
    "t.feather": lambda table: saved(lambda out: feather.write_feather(arrow(table), out)),
    "t.orc": lambda table: saved(lambda out: orc.write_table(arrow(table), out)),
    "t.sqlite": sqlite,
    "t.csv.gz": lambda table: gzip.compress(csv_text(table).encode()),
    "t.csv.bz2": lambda table: bz2.compress(csv_text(table).encode()),
    "t.csv.xz": lambda table: lzma.compress(csv_text(table).encode()),
    "t.csv.zst": lambda table: zstandard.compress(csv_text(table).encode()),
    "t.zip": lambda table: zipped({"in/t.csv": csv_text(table).encode()}),
    "nested.zip": lambda table: zipped({"in/t.zip": zipped({"t.csv": csv_text(table).encode("gb18030")})}),
    "t.tar": lambda table: tarred({"in/t.csv": csv_text(table).encode()}),
    "t.7z": lambda table: sevenzipped({"in/t.csv": csv_text(table).encode()}),
}


def program(*args: str | Path, cwd: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a user does, away from the settings of whoever tests it."""
    return subprocess.run([sys.executable, "-m", "pii_audit", *map(str, args)], cwd=cwd, env=environment(cwd),
                          capture_output=True, timeout=240, check=False, **options)  # type: ignore[call-overload, no-any-return]  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    """Return an environment whose state and temporary files lie below ``folder``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PII_AUDIT_", "LC_"))}
    for name in ("state", "temp"):
        (folder / name).mkdir(exist_ok=True)
    return {**kept, "LANG": "C.UTF-8", "XDG_STATE_HOME": str(folder / "state"), "TMPDIR": str(folder / "temp")}


def encrypted_zip(members: Mapping[str, bytes]) -> bytes:
    """Return a zip archive whose first member says that it is encrypted (APPNOTE.TXT 4.4.4, bit 0)."""
    data = bytearray(zipped(members))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def encrypted_xlsx() -> bytes:
    """Return the directory of a compound file (MS-CFB) with the streams that an encrypted workbook has (MS-OFFCRYPTO)."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header[24:32] = b"\x3e\x00\x03\x00\xfe\xff\x09\x00"
    header[44:52] = (1).to_bytes(4, "little") + (1).to_bytes(4, "little")
    header[76:512] = bytes(4) + b"\xff" * 432
    table = b"\xfd\xff\xff\xff" + b"\xfe\xff\xff\xff" + b"\xff" * 504
    entries = b""
    for name in ("Root Entry", "EncryptionInfo", "EncryptedPackage"):
        raw = name.encode("utf-16-le") + b"\0\0"
        entries += raw.ljust(64, b"\0") + len(raw).to_bytes(2, "little") + bytes(62)
    return bytes(header) + table + entries.ljust(512, b"\0")
