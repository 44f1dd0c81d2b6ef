"""Lines: of any length, in any chunks, in any parts."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import blob, by_parts, ends, problems, values, whole_file

from pii_audit.sources import context_for
from pii_audit.sources.interface import PIECE_BYTES, PIECE_MARGIN, Batch, Blob, Part
from pii_audit.sources.text import TextSource, read_text

CONTEXT = context_for()


@pytest.mark.parametrize("block", [4 << 20, 70_001, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_long_lines_come_in_the_same_pieces_however_they_are_read(encoding, block):
    lines = ["short\n", "张三x" * 900_000 + "\n", "\n", "y" * PIECE_BYTES, "\n", "z" * (PIECE_BYTES - 1) + "\n", "末" * 350_000]
    text = "".join(lines)
    expected = text.splitlines(keepends=True)
    events = list(read_text(blob(text.encode(encoding)), None, block))
    assert [value for (value,) in values(events).values()] == expected
    assert ends(events)[0].rows == len(expected)
    plain = [b for b in read_text(blob(text.encode())) if isinstance(b, Batch) and b.columns[0].pieces is not None]
    pieces = [b for b in events if isinstance(b, Batch) and b.columns[0].pieces is not None]
    assert [b.columns[0].values for b in plain] == [b.columns[0].values for b in pieces]


def test_pieces_overlap_and_respect_characters():
    text = "张" * 1_000_000
    batches = [e for e in read_text(blob(text.encode())) if isinstance(e, Batch)]
    assert len(batches) == 3
    for k, batch in enumerate(batches):
        pieces, value = batch.columns[0].pieces, batch.columns[0].values[0].as_py().encode()
        start, end = int(pieces.core_start[0]), int(pieces.core_end[0])
        assert start == 0 if k == 0 else PIECE_MARGIN - 3 <= start <= PIECE_MARGIN + 3
        assert len(value) - end == 0 if k == 2 else PIECE_MARGIN - 3 <= len(value) - end <= PIECE_MARGIN + 3
        assert value[start:end].decode()


class Endless:
    """A long line that is never in memory."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, want: int = -1) -> bytes:
        got = min(want, self.left)
        self.left -= got
        return b"x" * got

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_one_endless_line_needs_little_memory():
    list(read_text(blob(b"x" * (10 << 20))))  # compiled functions and tables are loaded
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = 300 << 20
    total = 0
    for event in read_text(Blob("x", lambda: Endless(size))):
        if isinstance(event, Batch):
            total += int(event.columns[0].pieces.core_end[0] - event.columns[0].pieces.core_start[0])
    assert total == size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("part_bytes", [1, 7, 100, 1000, 10**6])
def test_parts_hold_every_line_once(tmp_path, encoding, part_bytes):
    rnd = random.Random(5)
    lines = ["".join(rnd.choice("张三x,\r 8") for _ in range(rnd.randrange(12))) for _ in range(60)]
    path = tmp_path / "a.log"
    path.write_bytes("\n".join(lines).encode(encoding))
    whole = whole_file(TextSource(), path, CONTEXT)
    found, count = by_parts(TextSource(), path, part_bytes, CONTEXT)
    assert found == values(whole)
    assert (count > 1) == (part_bytes <= 100)


def test_line_over_several_parts_belongs_to_the_first(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"a\n" + b"x" * (3 << 20) + b"\nb\n")
    found, count = by_parts(TextSource(), path, 1 << 19, CONTEXT)
    assert count > 5
    assert found == values(whole_file(TextSource(), path, CONTEXT))


def test_utf16_is_one_part(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(("a\n" * 1000).encode("utf-16"))
    assert by_parts(TextSource(), path, 10, CONTEXT)[1] == 1


def test_file_that_shrinks_or_grows_while_read(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"line\n" * 10)
    target = Blob(str(path), lambda: path.open("rb"), str(path), 50)
    (part,) = TextSource().split(target, 1 << 20)
    os.truncate(path, 20)
    events = list(TextSource().read(target, part, CONTEXT))
    assert problems(events) == [("Skipped", "changed")]
    assert ends(events)[0].rows == 4
    path.write_bytes(b"line\n" * 12)
    events = list(TextSource().read(target, part, CONTEXT))
    assert problems(events) == [("Note", "grown")]
    assert ends(events)[0].rows == 10


def test_damage_in_the_stream_ends_the_text_with_a_reason():
    class Damaged:
        def __init__(self):
            self.blocks = [b"one\ntwo\nthr"]

        def read(self, want=-1):
            if self.blocks:
                return self.blocks.pop()
            raise EOFError("13812345678")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    events = list(read_text(Blob("x", Damaged)))
    assert [v for (v,) in values(events).values()] == ["one\n", "two\n", "thr"]
    assert problems(events) == [("Skipped", "truncated")]
    assert "138" not in str(events[-2:])


@given(st.text("ab\n\r张\0", max_size=60), st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_any_part_size(tmp_path_factory, text, part_bytes):
    path = tmp_path_factory.mktemp("parts") / "a.txt"
    path.write_bytes(text.encode())
    source = TextSource()
    assert by_parts(source, path, part_bytes, CONTEXT)[0] == values(whole_file(source, path, CONTEXT))


def test_recognises():
    assert TextSource().recognises(b"hello\n", "x") > 0.4
    assert TextSource().recognises(b"\xff\x00\xff\xff\x80" * 20, "x") < 0.2
    assert ends(TextSource().read(blob(b""), Part(), CONTEXT))[0].rows == 0


def test_listing_sources_compiles_nothing():
    modules = ("interface", "text", "delimited", "jsonlines", "vcard")
    code = "import sys; import " + ", ".join(f"pii_audit.sources.{m}" for m in modules) + "; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
