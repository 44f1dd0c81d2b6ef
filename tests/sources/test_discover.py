"""From targets to files: each once, in order, and a reason for whatever is not read."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from binary_files import CSV, Read

from pii_audit.model.dataset import Skipped
from pii_audit.sources.discover import Discovery, discover, walk
from pii_audit.sources.interface import Blob


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("d/b.csv", "d/a.log", "d/sub/c.csv", "d/sub/deep/d.txt", "d/.hidden/e.csv", "other/f.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CSV)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(found: Discovery) -> list[str]:
    return [blob.name for blob in found.blobs]


ALL = ["d/a.log", "d/b.csv", "d/.hidden/e.csv", "d/sub/c.csv", "d/sub/deep/d.txt"]

TARGETS = [
    (["d"], {}, ALL, "a folder, sorted, hidden files too"),
    (["d/"], {}, ALL, "with a slash"),
    (["./d/b.csv"], {}, ["./d/b.csv"], "a file is named as the user named it"),
    (["d/*.csv"], {}, ["d/b.csv"], "a pattern"),
    (["d/**/*.csv"], {}, ["d/.hidden/e.csv", "d/b.csv", "d/sub/c.csv"], "a deep pattern"),
    (["d"], {"include": ["*.csv"]}, ["d/b.csv", "d/.hidden/e.csv", "d/sub/c.csv"], "include by name"),
    (["d"], {"include": ["sub/*.csv"]}, ["d/sub/c.csv"], "include by path"),
    (["d"], {"include": ["sub/**"]}, ["d/sub/c.csv", "d/sub/deep/d.txt"], "include below a folder"),
    (["d"], {"include": ["**/deep/*"]}, ["d/sub/deep/d.txt"], "include at any depth"),
    (["d"], {"include": ["[ab].*"]}, ["d/a.log", "d/b.csv"], "include a class"),
    (["d"], {"include": ["[!a].csv"], "exclude": ["c.*"]}, ["d/b.csv", "d/.hidden/e.csv"], "a negated class, exclude wins"),
    (["d"], {"exclude": [".*", "sub"]}, ["d/a.log", "d/b.csv"], "excluded folders are not entered"),
    (["d/a.log"], {"include": ["*.csv"]}, ["d/a.log"], "what was named itself is read"),
    (["d/*"], {"exclude": ["*.log"]}, ["d/.hidden/e.csv", "d/b.csv", "d/sub/c.csv", "d/sub/deep/d.txt"], "filter on a pattern"),
]


@pytest.mark.parametrize(("targets", "options", "expected", "why"), TARGETS, ids=[row[3] for row in TARGETS])
def test_targets(tree: Path, targets: list[str], options: dict[str, list[str]], expected: list[str], why: str) -> None:
    found = discover(targets, **options)
    assert names(found) == expected, why
    assert found.skipped == ()


def test_files_left_out_are_counted(tree: Path) -> None:
    assert [(n.what, n.code, n.reason[:1]) for n in discover(["d"], include=["*.csv"]).notes] == [("d", "excluded", "2")]


def test_blobs_of_files_can_be_sent_to_another_process(tree: Path) -> None:
    blob = pickle.loads(pickle.dumps(discover(["d/b.csv"]).blobs[0]))
    with blob.open() as stream:
        assert stream.read() == CSV
    assert (blob.path, blob.size) == ("d/b.csv", len(CSV))


def test_standard_input() -> None:
    found = discover(["-", "-"])
    assert names(found) == ["-"]
    assert [note.code for note in found.notes] == ["overlap"]
    assert found.blobs[0].path is None


def test_standard_input_is_read(tree: Path) -> None:
    script = (
        "from pii_audit.sources import context_for, read_blob\n"
        "from pii_audit.sources.discover import discover\n"
        "print(*(e for e in read_blob(discover(['-']).blobs[0], context_for()) if type(e).__name__ == 'TableEnd'))"
    )
    done = subprocess.run([sys.executable, "-c", script], input=CSV, capture_output=True, check=True)
    assert b"source='-', format='delimited', rows=40" in done.stdout


def test_missing(tree: Path) -> None:
    found = discover(["nowhere", "d/b.csv"])
    assert found.skipped == (Skipped("nowhere", "missing", "it does not exist or disappeared before it was read"),)
    assert not found.nothing
    assert discover(["nowhere", "no*"]).nothing
    assert not discover(["other"], include=["*.nothing"]).nothing


OVERLAPS = [
    (["d", "d/sub"], ALL, ["d/sub"], "folder, then a folder in it"),
    (["d/sub", "d"], ["d/sub/c.csv", "d/sub/deep/d.txt", *ALL[:3]], ["d/sub"], "a folder in it first"),
    (["d", "d/b.csv"], ALL, ["d/b.csv"], "folder, then a file in it"),
    (["d/b.csv", "d"], ["d/b.csv", ALL[0], *ALL[2:]], [], "a file first"),
    (["d", "./d/../d"], ALL, ["./d/../d"], "the same in other words"),
    (["d/b.csv", "d/b.csv"], ["d/b.csv"], ["d/b.csv"], "the same file twice"),
    (["d/*.csv", "d/b*"], ["d/b.csv"], [], "two patterns"),
]


@pytest.mark.parametrize(("targets", "expected", "noted", "why"), OVERLAPS, ids=[row[3] for row in OVERLAPS])
def test_overlap(tree: Path, targets: list[str], expected: list[str], noted: list[str], why: str) -> None:
    found = discover(targets)
    assert names(found) == expected, why
    assert [note.what for note in found.notes if note.code == "overlap"] == noted


def test_symbolic_links(tree: Path) -> None:
    os.symlink("b.csv", "d/current.csv")
    os.symlink("../other", "d/out")
    os.symlink("..", "d/sub/up")
    os.symlink("self", "d/self")
    os.symlink("gone", "d/broken")
    found = discover(["d"])
    assert names(found) == ALL
    assert {(s.what, s.code) for s in found.skipped} == {
        ("d/out", "symlink"), ("d/sub/up", "loop"), ("d/self", "loop"), ("d/broken", "missing")
    }  # fmt: skip
    assert [(note.what, note.code) for note in found.notes] == [("d/current.csv", "symlink")]
    followed = discover(["d"], follow_symlinks=True)
    assert set(names(followed)) == {*ALL, "d/out/f.csv"}
    assert {s.code for s in followed.skipped} == {"loop", "missing"}
    assert names(discover(["d/out", "d/current.csv"])) == ["d/out/f.csv", "d/current.csv"]


def test_pipes_sockets_and_devices(tree: Path) -> None:
    os.mkfifo("d/pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("d/socket")
        found = discover(["d", "/dev/null"])
    assert [(s.what, s.code) for s in found.skipped] == [
        ("d/pipe", "not-a-file"), ("d/socket", "not-a-file"), ("/dev/null", "not-a-file")
    ]  # fmt: skip
    assert names(found) == ALL


def test_names_are_shown_safely(tree: Path) -> None:
    Path("odd").mkdir()
    with open(os.fsencode("odd/") + b"\xff\x1b[31m\n.csv", "wb") as out:
        out.write(CSV)
    blob = discover(["odd"]).blobs[0]
    assert blob.name == "odd/\\xff\\x1b[31m\\x0a.csv"
    with blob.open() as stream:
        assert stream.read() == CSV


def test_what_has_gone_or_changed_kind_before_it_is_read(tree: Path) -> None:
    gone, pipe = discover(["d/b.csv", "d/a.log"]).blobs
    Path("d/b.csv").unlink()
    Path("d/a.log").unlink()
    os.mkfifo("d/a.log")
    assert Read(gone).codes == [("d/b.csv", "missing")]
    assert Read(pipe).codes == [("d/a.log", "not-a-file")]


def test_a_file_that_changes_while_it_is_read(tree: Path) -> None:
    from pii_audit.sources import context_for, read_blob

    Path("d/a.log").write_bytes(b"line\n" * 3_000_000)
    events = read_blob(discover(["d/a.log"]).blobs[0], context_for())
    seen = [next(events)]
    with open("d/a.log", "ab") as out:
        out.write(b"more\n")
    seen += events
    assert [(e.what, e.code) for e in seen if isinstance(e, Skipped)] == [("d/a.log", "changed")]


def _as_nobody(check: Callable[[], None]) -> None:
    """Run a check in a child that has no special rights."""
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            check()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_no_permission(tree: Path) -> None:
    for folder in (tree, *tree.parents):
        if folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    later = discover(["d/a.log"]).blobs[0]
    Path("d/a.log").chmod(0)
    Path("d/sub").chmod(0)

    def check() -> None:
        found = discover(["d"])
        assert names(found) == ["d/b.csv", "d/.hidden/e.csv"]
        assert [(s.what, s.code) for s in found.skipped] == [("d/a.log", "permission"), ("d/sub", "permission")]
        assert Read(later).codes == [("d/a.log", "permission")]

    try:
        _as_nobody(check)
    finally:
        Path("d/sub").chmod(0o700)


def test_many_files_are_walked_lazily_and_in_linear_time(tmp_path: Path) -> None:
    for folder in range(20):
        (tmp_path / f"{folder:02}").mkdir()
        for number in range(250):
            (tmp_path / f"{folder:02}" / f"{number:03}").touch()
    started = time.perf_counter()
    first = next(walk([str(tmp_path)]))
    assert isinstance(first, Blob) and first.name.endswith("/00/000")
    early = time.perf_counter() - started
    found = [blob.name for blob in walk([str(tmp_path), str(tmp_path / "05")]) if isinstance(blob, Blob)]
    assert len(found) == len(set(found)) == 5000
    assert found == sorted(found)
    assert early < (time.perf_counter() - started) / 2
