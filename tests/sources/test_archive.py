"""Compression and archives: names, limits, damage; what can be read is read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable

import py7zr
import pytest
import zstandard
from binary_files import CSV, SAMPLES, TEXTS, Read, memory, parquet_file, sevenzipped, tarred, xlsx, zipped

from pii_audit.sources.interface import Limits
from pii_audit.sources.streams import decode_name

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
CONTAINERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {"zip": zipped, "tar": tarred, "7z": sevenzipped}
PLAIN = Read(memory(CSV, "a.csv"))


@pytest.mark.parametrize("suffix", PACKERS)
class TestCompression:
    def test_content_keeps_the_name_of_the_file(self, suffix: str) -> None:
        name = f"a.csv.{suffix}"
        read = Read(memory(PACKERS[suffix](CSV), name))
        assert (read.skipped, read.notes) == ([], [])
        assert read.table(name) == PLAIN.table("a.csv")
        assert [end.source for end in read.ends] == [name]

    def test_members_follow_one_another_with_padding(self, suffix: str) -> None:
        half = len(CSV) // 2
        pack = PACKERS[suffix]
        data = pack(CSV[:half]) + (b"\0" * 8 if suffix != "zst" else b"") + pack(CSV[half:])
        read = Read(memory(data, "a.csv"))
        assert read.skipped == []
        assert read.table("a.csv") == PLAIN.table("a.csv")

    def test_everything_before_the_cut_is_read(self, suffix: str) -> None:
        text = b"".join(b"%012d\n" % (n * n) for n in range(200_000))
        data = PACKERS[suffix](text)
        read = Read(memory(data[: len(data) * 2 // 3], "a.log"))
        assert ("a.log", "truncated") in read.codes
        assert read.text[:1000] == text[:1000].decode()
        assert sum(end.rows for end in read.ends) > 10_000

    def test_damage_is_named(self, suffix: str) -> None:
        text = os.urandom(60_000).hex().encode()
        data = bytearray(PACKERS[suffix](text))
        data[len(data) // 2] ^= 0xFF
        read = Read(memory(bytes(data), "a.log"))
        assert {code for _, code in read.codes} <= {"corrupt", "truncated"}
        assert read.codes

    def test_garbage_after_the_end_is_named(self, suffix: str) -> None:
        read = Read(memory(PACKERS[suffix](CSV) + b"something else entirely", "a.csv"))
        assert ("a.csv", "corrupt") in read.codes
        assert read.table("a.csv") == PLAIN.table("a.csv")

    def test_a_bomb_is_stopped(self, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pii_audit.sources.streams.RATIO_FLOOR", 1 << 20)
        line = b"13812345678\n"
        read = Read(memory(PACKERS[suffix](line * (400_000 if suffix != "zst" else 2_000_000)), "a.log"))
        assert read.codes == [("a.log", "ratio")]
        assert read.text.startswith("13812345678")

    def test_nesting_is_limited(self, suffix: str) -> None:
        data = CSV
        for _ in range(10):
            data = PACKERS[suffix](data)
        assert Read(memory(data, "a.csv")).codes == [("a.csv", "too-deep")]

    def test_nothing_inside(self, suffix: str) -> None:
        read = Read(memory(PACKERS[suffix](b""), "a.csv"))
        assert (read.skipped, [(end.format, end.rows) for end in read.ends]) == ([], [("empty", 0)])

    def test_progress_counts_packed_bytes(self, suffix: str) -> None:
        text = b"".join(b"%012d\n" % (n * n) for n in range(200_000))
        data = PACKERS[suffix](text)
        read = Read(memory(data, "a.log"))
        assert sum(batch.num_bytes for batch in read.batches) <= len(data)


@pytest.mark.parametrize("suffix", CONTAINERS)
class TestContainers:
    def test_members_have_names(self, suffix: str) -> None:
        name = f"a.{suffix}"
        read = Read(memory(CONTAINERS[suffix]({"in/a.csv": CSV, "in/b.xlsx": xlsx(), "in/empty": b""}), name))
        assert read.skipped == []
        assert read.table(f"{name}!in/a.csv") == PLAIN.table("a.csv")
        assert read.table(f"{name}!in/b.xlsx!Sheet1")["phone"] == TEXTS["phone"]
        assert {end.source for end in read.ends} == {f"{name}!in/{m}" for m in ("a.csv", "b.xlsx!Sheet1", "empty")}

    def test_unknown_content_is_named_and_the_rest_goes_on(self, suffix: str) -> None:
        members = {"a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "b.csv": CSV}
        read = Read(memory(CONTAINERS[suffix](members), "a"))
        assert read.codes == [("a!a.png", "unsupported")]
        assert read.table("a!b.csv") == PLAIN.table("a.csv")

    def test_nesting(self, suffix: str) -> None:
        data = gzip.compress(tarred({"two.zip": zipped({f"one.{suffix}": CONTAINERS[suffix]({"a.csv": CSV})})}))
        read = Read(memory(data, "three.tar.gz"))
        place = f"three.tar.gz!two.zip!one.{suffix}!a.csv"
        assert (read.skipped, read.notes) == ([], [])
        assert read.table(place) == PLAIN.table("a.csv")
        deep = Read(memory(data, "three.tar.gz"), Limits(archive_depth=3))
        assert deep.codes == [(f"three.tar.gz!two.zip!one.{suffix}", "too-deep")]

    def test_members_are_counted(self, suffix: str) -> None:
        data = CONTAINERS[suffix]({f"{n}.csv": CSV for n in range(5)})
        read = Read(memory(data, "a"), Limits(archive_members=3))
        assert read.codes == [("a", "too-many")]
        assert len(read.ends) == 3

    def test_unpacked_bytes_are_counted(self, suffix: str) -> None:
        data = zipped({f"{n}.{suffix}": CONTAINERS[suffix]({"a.csv": CSV}) for n in range(9)})
        read = Read(memory(data, "a"), Limits(archive_bytes=5 * len(data) // 4))
        assert "too-large" in {code for _, code in read.codes}

    def test_what_needs_random_access_must_fit_into_memory(self, suffix: str) -> None:
        data = CONTAINERS[suffix]({"big.parquet": parquet_file(), "a.csv": CSV})
        read = Read(memory(data, "a"), Limits(memory_bytes=1000))
        assert read.codes == [("a!big.parquet", "too-large")]
        assert read.table("a!a.csv") == PLAIN.table("a.csv")

    def test_control_characters_in_names_are_escaped(self, suffix: str) -> None:
        read = Read(memory(CONTAINERS[suffix]({"a\x1b[31m\n.csv": CSV}), "a"))
        assert [end.source for end in read.ends] == ["a!a\\x1b[31m\\x0a.csv"]


class TestZip:
    def test_gbk_names(self) -> None:
        """Archivers on Chinese Windows write GBK and do not set the UTF-8 flag."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("ab.csv", CSV)
        data = out.getvalue().replace(b"ab.csv", "名.csv".encode("gb18030"))
        assert [end.source for end in Read(memory(data, "a.zip")).ends] == ["a.zip!名.csv"]

    def test_an_encrypted_member_does_not_hide_the_others(self) -> None:
        data = bytearray(zipped({"a.csv": CSV, "b.csv": CSV}))
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
        read = Read(memory(bytes(data), "a.zip"))
        assert read.codes == [("a.zip!a.csv", "encrypted")]
        assert read.table("a.zip!b.csv") == PLAIN.table("a.csv")

    def test_unknown_method(self) -> None:
        data = bytearray(zipped({"a.csv": CSV}))
        for at in (8, data.index(b"PK\x01\x02") + 10):
            data[at : at + 2] = struct.pack("<H", 9)  # Deflate64
        assert Read(memory(bytes(data), "a.zip")).codes == [("a.zip!a.csv", "unsupported")]

    def test_a_damaged_member_does_not_hide_the_others(self) -> None:
        lines = b"".join(b"%08d\n" % n for n in range(20_000))
        data = bytearray(zipped({"a.log": lines, "b.csv": CSV}))
        data[20_000:20_100] = b"\xff" * 100
        read = Read(memory(bytes(data), "a.zip"))
        assert read.codes == [("a.zip!a.log", "corrupt")]
        assert read.table("a.zip!a.log")[None][0].startswith("00000000")
        assert read.table("a.zip!b.csv") == PLAIN.table("a.csv")

    def test_a_wrong_checksum_is_named(self) -> None:
        data = bytearray(zipped({"a.csv": CSV}))
        at = data.index(b"PK\x01\x02") + 16
        data[at : at + 4] = b"\0\0\0\0"
        assert Read(memory(bytes(data), "a.zip")).codes == [("a.zip!a.csv", "corrupt")]

    def test_one_bomb_does_not_hide_its_neighbours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pii_audit.sources.streams.RATIO_FLOOR", 1 << 20)
        read = Read(memory(zipped({"bomb": b"0\n" * (2 << 20), "b.csv": CSV}), "a.zip"))
        assert read.codes == [("a.zip!bomb", "ratio")]
        assert read.table("a.zip!b.csv") == PLAIN.table("a.csv")

    def test_overlapping_members_together_are_a_bomb(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each member alone is modest; a thousand directory entries for the same bytes are not."""
        monkeypatch.setattr("pii_audit.sources.streams.TOTAL_FLOOR", 1 << 20)
        line = b"".join(b"%d\n" % (n * n) for n in range(500)) * 20
        one = zipped({"a.log": line})
        at = one.index(b"PK\x01\x02")
        end = one.index(b"PK\x05\x06")
        count = 2000
        entries = one[at:end] * count
        tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), at, 0)
        read = Read(memory(one[:at] + entries + tail, "a.zip"), Limits(archive_ratio=20))
        assert ("a.zip", "ratio") in read.codes
        assert len(read.ends) < count

    def test_bombs_in_bombs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pii_audit.sources.streams.RATIO_FLOOR", 1 << 16)
        monkeypatch.setattr("pii_audit.sources.streams.TOTAL_FLOOR", 1 << 18)
        data = zipped({f"{n}.txt": b"0\n" * (1 << 17) for n in range(16)})
        for level in range(4):
            data = zipped({f"{level}-{n}.zip": data for n in range(16)})
        read = Read(memory(data, "a.zip"))
        assert {code for _, code in read.codes} == {"ratio"}

    def test_links_and_folders(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.mkdir("in")
            link = zipfile.ZipInfo("in/link")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
        read = Read(memory(out.getvalue(), "a.zip"))
        assert (read.skipped, read.note_codes) == ([], [("a.zip!in/link", "link")])

    def test_zip64(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive, archive.open("a.csv", "w", force_zip64=True) as member:
            member.write(CSV)
        assert Read(memory(out.getvalue(), "a.zip")).table("a.zip!a.csv") == PLAIN.table("a.csv")

    def test_cut_off(self) -> None:
        assert Read(memory(zipped({"a.csv": CSV})[:-30], "a.zip")).codes == [("a.zip", "corrupt")]

    @pytest.mark.parametrize("member", ["word/document.xml", "ppt/presentation.xml"])
    def test_office_documents_are_named_wherever_their_parts_lie(self, member: str) -> None:
        data = zipped({"[Content_Types].xml": os.urandom(100_000).hex().encode(), member: b"<x/>"})
        assert Read(memory(data, "a.zip")).codes == [("a.zip", "unsupported")]

    def test_a_workbook_whose_parts_lie_far_behind(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(xlsx())) as old, zipfile.ZipFile(out, "w") as new:
            new.writestr("docProps/thumbnail.jpeg", os.urandom(100_000))
            for info in old.infolist():
                new.writestr(info, old.read(info))
        read = Read(memory(out.getvalue(), "b.xlsx"))
        assert read.skipped == []
        assert read.table("b.xlsx!Sheet1")["phone"] == TEXTS["phone"]


class TestTar:
    @pytest.mark.parametrize("suffix", PACKERS)
    def test_packed(self, suffix: str) -> None:
        read = Read(memory(PACKERS[suffix](tarred({"a.csv": CSV})), f"a.tar.{suffix}"))
        assert (read.skipped, read.notes) == ([], [])
        assert read.table(f"a.tar.{suffix}!a.csv") == PLAIN.table("a.csv")

    def test_links_devices_and_names(self) -> None:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", encoding="gb18030", format=tarfile.GNU_FORMAT) as archive:
            for name, kind in (("soft", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE),
                               ("tty", tarfile.CHRTYPE), ("dir", tarfile.DIRTYPE)):  # fmt: skip
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, "x"
                archive.addfile(info)
            info = tarfile.TarInfo("样本.csv")
            info.size = len(CSV)
            archive.addfile(info, io.BytesIO(CSV))
        read = Read(memory(out.getvalue(), "a.tar"))
        assert read.skipped == []
        assert read.note_codes == [
            ("a.tar!soft", "link"), ("a.tar!hard", "link"), ("a.tar!pipe", "not-a-file"), ("a.tar!tty", "not-a-file")
        ]  # fmt: skip
        assert [end.source for end in read.ends] == ["a.tar!样本.csv"]

    def test_cut_off_in_a_member(self) -> None:
        data = tarred({"a.csv": CSV, "b.log": b"x\n" * 5000})
        read = Read(memory(data[:4000], "a.tar"))
        assert set(read.codes) == {("a.tar!b.log", "truncated"), ("a.tar", "truncated")}
        assert read.table("a.tar!a.csv") == PLAIN.table("a.csv")

    def test_cut_off_between_members(self) -> None:
        data = tarred({"a.csv": CSV})
        assert Read(memory(data[: 512 + -(-len(CSV) // 512) * 512], "a.tar")).codes == [("a.tar", "truncated")]

    def test_damaged_header(self) -> None:
        data = bytearray(tarred({"a.csv": CSV, "b.csv": CSV}))
        at = 512 + -(-len(CSV) // 512) * 512
        data[at : at + 100] = b"\xff" * 100
        read = Read(memory(bytes(data), "a.tar"))
        assert read.codes == [("a.tar", "corrupt")]
        assert len(read.ends) == 1

    def test_a_second_archive_behind_the_first(self) -> None:
        read = Read(memory(tarred({"a.csv": CSV}) + tarred({"b.csv": CSV}), "a.tar"))
        assert read.codes == [("a.tar", "corrupt")]

    def test_cut_off_below_the_packing(self) -> None:
        lines = b"".join(b"%012d\n" % (n * n) for n in range(100_000))
        data = gzip.compress(tarred({"a.csv": CSV, "b.log": lines}))
        read = Read(memory(data[: len(data) // 2], "a.tar.gz"))
        assert ("a.tar.gz", "truncated") in read.codes
        assert read.table("a.tar.gz!a.csv") == PLAIN.table("a.csv")
        assert read.table("a.tar.gz!b.log")[None][0].startswith("000000000000")


class TestSevenZip:
    def test_encrypted(self) -> None:
        assert Read(memory(sevenzipped({"a.csv": CSV}, "secret"), "a.7z")).codes == [("a.7z", "encrypted")]

    def test_encrypted_names(self) -> None:
        out = io.BytesIO()
        with py7zr.SevenZipFile(out, "w", password="secret", header_encryption=True) as archive:
            archive.writestr(CSV, "a.csv")
        assert Read(memory(out.getvalue(), "a.7z")).codes == [("a.7z", "encrypted")]

    def test_members_stream_in_order(self) -> None:
        members = {f"{n}.log": b"%06d\n" % n * 300_000 for n in range(6)}
        read = Read(memory(sevenzipped(members), "a.7z"), Limits(archive_ratio=1 << 30))
        assert read.skipped == []
        assert [(end.source, end.rows) for end in read.ends] == [(f"a.7z!{n}.log", 300_000) for n in range(6)]

    def test_a_bomb_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pii_audit.sources.streams.TOTAL_FLOOR", 1 << 20)
        read = Read(memory(sevenzipped({"bomb": b"0\n" * (8 << 20)}), "a.7z"))
        assert {code for _, code in read.codes} == {"ratio"}

    def test_no_thread_is_left(self) -> None:
        before = threading.active_count()
        Read(memory(sevenzipped({"a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * (4 << 20), "b.csv": CSV}), "a.7z"))
        assert threading.active_count() == before

    def test_damaged(self) -> None:
        data = bytearray(sevenzipped({"a.log": os.urandom(50_000).hex().encode()}))
        data[20_000:20_050] = b"\xff" * 50
        assert {code for _, code in Read(memory(bytes(data), "a.7z")).codes} == {"corrupt"}


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"a.csv", "a.csv"), ("样.csv".encode(), "样.csv"), ("样.csv".encode("gb18030"), "样.csv"), (b"\xff\xff.csv", "\\xff\\xff.csv")],
)
def test_member_names(raw: bytes, name: str) -> None:
    assert decode_name(raw) == name


def test_gzip_with_a_name_and_a_comment_in_its_header() -> None:
    body = zlib.compressobj(wbits=-15)
    packed = body.compress(CSV) + body.flush()
    data = b"\x1f\x8b\x08\x18\0\0\0\0\0\x03name\0comment\0" + packed + struct.pack("<LL", zlib.crc32(CSV), len(CSV))
    assert Read(memory(data, "a.csv.gz")).table("a.csv.gz") == PLAIN.table("a.csv")


def test_every_sample_is_read_without_complaint() -> None:
    for name, make in SAMPLES.items():
        read = Read(memory(make(), name))
        assert (read.skipped, read.notes) == ([], []), name
        assert read.ends, name


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_an_archive_without_files_is_complete(suffix: str) -> None:
    out = io.BytesIO()
    if suffix == "tar":
        with tarfile.open(fileobj=out, mode="w") as tar:
            folder = tarfile.TarInfo("in")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
    elif suffix == "zip":
        zipfile.ZipFile(out, "w").close()
    else:
        py7zr.SevenZipFile(out, "w").close()
    read = Read(memory(out.getvalue(), "a"))
    assert (read.skipped, [(end.source, end.format, end.rows) for end in read.ends]) == ([], [("a", suffix, 0)])
