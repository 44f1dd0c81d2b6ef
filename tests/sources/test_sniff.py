"""Content decides which source reads it; damaged content of any format ends as one clear sentence."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from binary_files import CSV, SAMPLES, TEXTS, Read, file, memory, xlsx

from pii_audit import plugins, sources
from pii_audit.model.errors import PluginError, SourceError
from pii_audit.sources import context_for, plan, read_part
from pii_audit.sources.interface import Source, TableEnd
from pii_audit.sources.sniff import HEAD_BYTES, choose, is_binary

FOUND = {
    "book.xlsx": "excel", "book.xls": "excel", "book.ods": "excel", "t.parquet": "parquet", "t.feather": "arrow",
    "t.arrows": "arrow", "t.orc": "orc", "t.sqlite": "sqlite", "a.csv.gz": "gzip", "a.csv.bz2": "bzip2",
    "a.csv.xz": "xz", "a.csv.zst": "zstd", "a.zip": "zip", "a.tar": "tar", "a.7z": "7z",
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("shown", ["{}", "wrong.csv", "nosuffix"])
def test_content_decides(name: str, shown: str) -> None:
    assert choose(SAMPLES[name]()[:HEAD_BYTES], shown.format(name)).name == FOUND[name]


TEXT = [
    (CSV, "a.csv", "delimited"),
    (b"2024-01-02 10:00:00 INFO started the job\n" * 5, "a.log", "text"),
    (b'{"a": 1}\n{"a": 2}\n{"a": 3}\n', "a.jsonl", "jsonlines"),
    (b'[{"a": 1}, {"a": 2}]', "a.json", "json"),
    (b"BEGIN:VCARD\nVERSION:3.0\nFN:Sample\nEND:VCARD\n", "a.vcf", "vcard"),
    ("说明：这是一个文本文件。\n".encode("gb18030") * 5, "readme", "text"),
    ("plain text in two bytes\n".encode("utf-16"), "a.txt", "text"),
    ("plain text without a mark\n".encode("utf-16-le"), "a.txt", "text"),
    (b"\0" * 5000 + b"a log that was cut off while open\n", "a.log", "text"),
    (b"\0" * 100, "zeros", "text"),
    (b"a\x01b\x01c\n1\x012\x013\n" * 5, "hive", None),
    (b"some text with \xff one bad byte " * 20, "a.txt", "text"),
]


@pytest.mark.parametrize(("head", "name", "expected"), TEXT, ids=range(len(TEXT)))
def test_text_is_never_refused(head: bytes, name: str, expected: str | None) -> None:
    chosen = choose(head, name).name
    assert chosen == expected if expected else chosen in ("delimited", "text")


UNKNOWN = [
    (b"%PDF-1.7\n", "PDF document"),
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)), "JPEG image"),
    (b"\x7fELF\x02\x01\x01", "executable"),
    (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff" + bytes(range(256)), "executable"),
    (b"Rar!\x1a\x07\x01\0", "RAR archive"),
    (b"\0\0\0\x18ftypmp42", "video or image file"),
    (random.Random(1).randbytes(5000), "not a known format"),
    (bytes(range(256)) * 20, "not a known format"),
]


@pytest.mark.parametrize(("head", "words"), UNKNOWN, ids=[row[1] for row in UNKNOWN[:-2]] + ["noise", "all bytes"])
def test_what_is_not_read_is_named(head: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as error:
        choose(head, "a.csv")
    assert error.value.code == "unsupported"
    assert Read(memory(head, "a.csv")).codes == [("a.csv", "unsupported")]


def test_an_empty_file_is_complete() -> None:
    read = Read(memory(b"", "a.csv"))
    assert read.events == [TableEnd("a.csv", "empty", 0, 0)]


MISMATCHES = [
    ("a.csv", xlsx(), True),
    ("a.xls", xlsx(), False),
    ("a.xlsx", CSV, True),
    ("a.csv.gz", CSV, True),
    ("a.csv.gz", SAMPLES["a.csv.gz"](), False),
    ("a.xlsx.gz", SAMPLES["a.csv.gz"](), True),
    ("a.log", CSV, False),
    ("a.parquet", SAMPLES["t.orc"](), True),
    ("a", xlsx(), False),
    ("a.dat", xlsx(), False),
]


@pytest.mark.parametrize(("name", "data", "noted"), MISMATCHES, ids=range(len(MISMATCHES)))
def test_a_name_that_promises_something_else_is_noted(name: str, data: bytes, noted: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    read = Read(file(tmp_path / name))
    assert read.skipped == []
    assert read.note_codes == ([(name, "type-mismatch")] if noted else [])


def test_plan_and_parts(tmp_path: Path) -> None:
    (tmp_path / "b.xlsx").write_bytes(xlsx())
    planned = plan(file(tmp_path / "b.xlsx"), 1 << 20)
    assert (planned.source, len(planned.parts), planned.events) == ("excel", 1, ())
    events = list(read_part(planned.blob, "excel", planned.parts[0], context_for()))
    assert TEXTS["phone"][0] in str(events)
    (tmp_path / "b.xlsx").write_bytes(b"")
    planned = plan(file(tmp_path / "b.xlsx"), 1 << 20)
    assert planned.source == "empty"
    assert list(read_part(planned.blob, "empty", planned.parts[0], context_for())) == [TableEnd("b.xlsx", "empty", 0, 0)]
    (tmp_path / "b.xlsx").unlink()
    planned = plan(memory(b"%PDF-", "a.pdf"), 1 << 20)
    assert (planned.source, planned.parts, [type(e).__name__ for e in planned.events]) == (None, (), ["Skipped"])


def test_a_stream_that_opens_once_is_not_lost_by_looking_at_it() -> None:
    planned = plan(memory(CSV, "-"), 1 << 20)
    events = list(read_part(planned.blob, planned.source or "", planned.parts[0], context_for()))
    assert [event.rows for event in events if isinstance(event, TableEnd)] == [40]


class TestRegistry:
    def test_built_in_names_are_those_of_the_package(self) -> None:
        lines = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
        assert tuple(lines["project"]["entry-points"]["pii_audit.sources"]) == sources.BUILTIN

    @pytest.mark.parametrize("name", sources.BUILTIN)
    def test_every_source_says_who_it_is(self, name: str) -> None:
        source = sources.load(name)
        assert isinstance(source, Source)
        assert source.name == name
        assert source.title and re.search("[\u4e00-\u9fff]", source.title_zh)
        assert all(suffix.startswith(".") for suffix in source.suffixes)

    def test_unknown_name(self) -> None:
        with pytest.raises(PluginError, match="parquet"):
            sources.load("parquett")

    def test_a_source_from_elsewhere_that_is_surer_goes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Pdf(sources.load("text").__class__):  # type: ignore[misc]
            name = "pdf"

            def recognises(self, head: bytes, name: str) -> float:
                return 1.0 if head.startswith(b"%PDF-") else 0.0

        monkeypatch.setattr(sources, "from_elsewhere", lambda: (Pdf(),))
        assert choose(b"%PDF-1.7", "a.pdf").name == "pdf"
        assert choose(CSV, "a.csv").name == "delimited"

    def test_what_is_no_source_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plugins, "load", lambda group, name: dict)
        with pytest.raises(PluginError, match="Source"):
            sources.load.__wrapped__("x")


def damaged(data: bytes, seed: int) -> bytes:
    """Cut, flipped, doubled or overwritten at places that a seed chooses."""
    chance = random.Random(seed)
    out = bytearray(data)
    kind = seed % 4
    if kind == 0:
        return bytes(out[: chance.randrange(len(out))])
    for _ in range(chance.choice((1, 4, 32))):
        at = chance.randrange(len(out))
        if kind == 1:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            out[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"))
        else:
            out[at:at] = out[at : at + chance.randrange(64)]
    return bytes(out)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.timeout(240)
def test_damage_never_raises(name: str) -> None:
    """Whatever the damage: no exception, no hang, and each complaint is a sentence without content."""
    data = SAMPLES[name]()
    for seed in range(300):
        read = Read(memory(damaged(data, seed), name))
        for skipped in read.skipped:
            assert re.fullmatch("[a-z0-9-]+", skipped.code), seed
            assert not re.search("Sample|138123", skipped.reason), seed
            assert "failed" not in skipped.reason or name.endswith(".7z"), (seed, skipped)
        assert read.skipped or read.ends, seed


def test_reading_loads_neither_pandas_nor_presidio(tmp_path: Path) -> None:
    for name, make in SAMPLES.items():
        (tmp_path / name).write_bytes(make())
    script = (
        "import sys\n"
        "from pii_audit.sources import context_for, read_blob\n"
        "from pii_audit.sources.discover import discover\n"
        "for blob in discover([sys.argv[1]]).blobs: list(read_blob(blob, context_for()))\n"
        "print(sorted({'pandas', 'presidio_analyzer', 'spacy', 'python_calamine'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_noise_is_binary_and_text_is_not() -> None:
    assert is_binary(os.urandom(1000))
    assert not is_binary(CSV)
