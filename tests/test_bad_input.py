"""Bad input gets one clear sentence, the rest of the run goes on, the report names it, the exit code tells."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import lender
import pytest

from pii_audit import audit
from pii_audit.entities import entity_type
from pii_audit.model.progress import Progress
from pii_audit.model.result import AuditResult
from pii_audit.settings import ScanSettings

MOBILE = entity_type("CN_MOBILE_PHONE")
TABLE = lender.lender(50, seed=3, types=[entity_type("CN_RESIDENT_ID"), MOBILE])
CSV = lender.csv_text(TABLE).encode()
PHONE = lender.sample(MOBILE, Random(9))
NOBODY = 65534


def made(folder: Path) -> dict[str, str | None]:
    """Make bad files. Returns their names with the code of the skip that each gets, None where all can be read."""
    def put(name: str, data: bytes) -> None:
        (folder / name).write_bytes(data)

    put("cut.csv.gz", gzip.compress(CSV * 20)[:-100])
    put("damaged.xlsx", lender.xlsx(TABLE)[:-300])
    put("damaged.parquet", lender.FORMATS["t.parquet"](TABLE)[:-50])
    put("bomb.zip", lender.zipped({"zeros.csv": bytes(130 << 20), "t.csv": CSV}))
    put("locked.zip", lender.encrypted_zip({"secret.csv": CSV, "t.csv": CSV}))
    put("locked.xlsx", lender.encrypted_xlsx())
    put("wide.csv", b"a,b\n1,2\n" + b",".join(b"%d" % n for n in range(9_999)) + b"," + PHONE.encode() + b"\n3,4\n")
    put("invalid.log", f"电话 {PHONE}\n".encode() * 100 + b"\xff\xfe\xff\n" + f"电话 {PHONE}\n".encode() * 100)
    put("empty.csv", b"")
    put("deep.json", b"[" * 10_000 + f'"{PHONE}"'.encode() + b"]" * 10_000)
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "gone")
    put("good.csv", CSV)
    return {
        "cut.csv.gz": "truncated", "damaged.xlsx": "corrupt", "damaged.parquet": "corrupt",
        "bomb.zip!zeros.csv": "ratio", "locked.zip!secret.csv": "encrypted", "locked.xlsx": "encrypted",
        "wide.csv": None, "invalid.log: byte 1900": "undecodable", "empty.csv": None, "deep.json": "too-deep",
        "pipe": "not-a-file", "loop": "loop", "nowhere": "missing", "good.csv": None,
    }  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str | None], dict[str, Any], bytes, int]]:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "data").mkdir()
    expected = made(folder / "data")
    done = lender.program("scan", "data", "data/good.csv", "missing.csv", "-f", "json", cwd=folder)
    return expected, json.loads(done.stdout), done.stderr, done.returncode


def test_each_is_named_with_its_reason(run: tuple[dict[str, str | None], dict[str, Any], bytes, int]) -> None:
    expected, report, _, code = run
    assert code == 3
    found = {item["what"].removeprefix("data/"): item["code"] for item in report["skipped"]}
    assert found == {**{name: code for name, code in expected.items() if code}, "missing.csv": "missing"}
    for item in report["skipped"]:
        assert re.fullmatch(r"[a-z0-9][^\n]{5,120}", item["reason"]), item
        assert "Error" not in item["reason"] or item["code"] == "corrupt", item


def test_the_rest_of_the_run_goes_on(run: tuple[dict[str, str | None], dict[str, Any], bytes, int]) -> None:
    expected, report, _, _ = run
    sources = {source["path"].removeprefix("data/"): source for source in report["sources"]}
    assert {"bomb.zip!t.csv", "locked.zip!t.csv", *(name for name, code in expected.items() if not code)} <= set(sources)
    counts = {(f["source"].removeprefix("data/"), f["entity_type"]): f["count"] for f in report["findings"]}
    assert counts["bomb.zip!t.csv", MOBILE.name] == counts["good.csv", MOBILE.name] > 0
    assert counts["cut.csv.gz", MOBILE.name] > counts["good.csv", MOBILE.name]
    assert counts["invalid.log", MOBILE.name] == 200
    assert counts["wide.csv", MOBILE.name] == 1
    assert counts["deep.json", MOBILE.name] == 1
    assert (sources["empty.csv"]["rows"], sources["empty.csv"]["bytes"]) == (0, 0)


def test_a_target_inside_another_is_read_once(run: tuple[dict[str, str | None], dict[str, Any], bytes, int]) -> None:
    _, report, _, _ = run
    assert [source["path"] for source in report["sources"]].count("data/good.csv") == 1
    assert ("data/good.csv", "overlap") in {(note["what"], note["code"]) for note in report["notes"]}


def test_stderr_holds_the_verdict_only(run: tuple[dict[str, str | None], dict[str, Any], bytes, int]) -> None:
    assert run[2].count(b"\n") == 1
    assert b"Incomplete" in run[2]


def test_text_names_them_too(tmp_path: Path) -> None:
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(CSV)[:-100])
    done = lender.program("scan", "cut.csv.gz", "gone", cwd=tmp_path)
    assert done.returncode == 3
    text = done.stdout.decode()
    assert "cut.csv.gz: truncated" in text
    assert "gone: missing" in text
    assert done.stderr == b""


def scan(*targets: Path, progress: Callable[[Progress], None] | None = None) -> AuditResult:
    return audit.scan(ScanSettings(targets=tuple(map(str, targets)), workers=1), progress=progress)


def codes(result: AuditResult) -> list[tuple[str, str]]:
    return [(Path(item.what).name, item.code) for item in result.skipped]


def test_a_file_deleted_before_its_turn(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_bytes(CSV)
    result = scan(tmp_path, progress=lambda progress: (tmp_path / "b.csv").unlink(missing_ok=True))
    assert codes(result) == [("b.csv", "missing")]
    assert [Path(source.path).name for source in result.sources] == ["a.csv"]


def test_a_file_deleted_while_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"line\n" * 2_000_000 + f"电话 {PHONE}\n".encode())
    result = scan(path, progress=lambda progress: path.unlink(missing_ok=True))
    assert result.sources[0].rows == 2_000_001
    assert [finding.count for finding in result.findings] == [1]


def test_a_file_that_grows_while_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"line\n" * 2_000_000)

    def grow(progress: Progress) -> None:
        with path.open("ab") as stream:
            stream.write(b"more\n")

    result = scan(path, progress=grow)
    assert codes(result) == [("a.log", "changed")]
    assert result.sources[0].rows >= 2_000_000


def test_a_very_long_line_in_bounded_memory(tmp_path: Path) -> None:
    size = 64 << 20
    with (tmp_path / "long.log").open("wb") as stream:
        for _ in range(size >> 20):
            stream.write(b"abcdefg " * (1 << 17))
        stream.write(f"电话 {PHONE}".encode())
    (tmp_path / "short.log").write_text(f"电话 {PHONE}", encoding="utf-8")
    code = """
        import sys
        from pathlib import Path
        from pii_audit import audit
        from pii_audit.settings import ScanSettings
        result = audit.scan(ScanSettings(targets=(sys.argv[1],), workers=1))
        (finding,) = result.findings
        print(finding.first_locations[0].line, finding.first_locations[0].start, result.sources[0].rows)
        # not ru_maxrss, which a process inherits from whoever started it
        print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
    """

    def run(name: str) -> list[str]:
        script = textwrap.dedent(code)
        command = [sys.executable, "-c", script, name]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()

    run("short.log")  # compiling, where nothing is compiled yet, takes memory of its own
    place, peak = run("long.log")
    assert place == f"1 {size + 3} 1"
    assert int(peak) < 400_000  # KiB; some 200 MB are libraries


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--entities", "CN_MOBILE_FON"], "CN_MOBILE_PHONE"),
        (["--nonsense"], "--nonsense"),
        (["-o", "missing/r.json"], "the folder missing does not exist"),
        (["--findings", "missing/s.jsonl"], "the folder missing does not exist"),
        (["-o", "."], "not a regular file"),
        (["--fingerprint-key-file", "short.key"], "shorter than 16 bytes"),
    ],
)
def test_wrong_use(tmp_path: Path, args: list[str], says: str) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "short.key").write_bytes(b"short")
    (tmp_path / "short.key").chmod(0o600)
    done = lender.program("scan", "a.csv", *args, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert says in done.stderr.decode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "short.key", "state", "temp"]


# -- permissions and disks -------------------------------------------------------------------------------------------

#: runs the program as nobody; what it needs is loaded before, since nobody may not look everywhere
AS_NOBODY = f"""
import os, sys
from pii_audit.cli import main
from pii_audit import audit, catalog, sources
from pii_audit.cli import output, scan
from pii_audit.entities import select
from pii_audit.recognizers.batch import Detector
from pii_audit.settings import ScanSettings
audit.scan(ScanSettings(targets=("warm.csv",), workers=1))
if os.getuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
sys.argv = ["pii-audit", *sys.argv[1:]]
main()
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that nobody can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "warm.csv").write_bytes(CSV)
    environment = lender.environment(folder)
    for name in ("state", "temp"):
        Path(environment["XDG_STATE_HOME"]).parent.joinpath(name).chmod(0o777)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


def as_nobody(folder: Path, *args: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", AS_NOBODY, "scan", *args]
    return subprocess.run(command, cwd=folder, env=lender.environment(folder), capture_output=True, timeout=240, check=False)


def test_what_may_not_be_read(open_folder: Path) -> None:
    data = open_folder / "data"
    (data / "shut").mkdir(parents=True)
    for name in ("good.csv", "secret.csv", "shut/inside.csv"):
        (data / name).write_bytes(CSV)
    (data / "secret.csv").chmod(0)
    (data / "shut").chmod(0)
    done = as_nobody(open_folder, "data", "-f", "json")
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert [(item["what"], item["code"]) for item in report["skipped"]] == [
        ("data/secret.csv", "permission"), ("data/shut", "permission"),
    ]  # fmt: skip
    assert [source["path"] for source in report["sources"]] == ["data/good.csv"]


def test_output_into_a_folder_that_may_not_be_written(open_folder: Path) -> None:
    (open_folder / "out").mkdir(mode=0o555)
    (open_folder / "out").chmod(0o555)
    done = as_nobody(open_folder, "warm.csv", "-o", "out/r.json")
    assert done.returncode == 2
    assert b"out/r.json: the folder out is not writable" in done.stderr


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.getuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("args", [["--findings", "disk/s.jsonl"], ["--findings", "disk/s.parquet"], ["-o", "disk/r.json"]])
def test_a_full_disk(tmp_path: Path, full_disk: Path, args: list[str]) -> None:
    for number in range(40):  # many findings make a long report
        (tmp_path / f"{number}.csv").write_bytes(CSV * 20)
    done = lender.program("scan", *(f"{number}.csv" for number in range(40)), *args, cwd=tmp_path)
    assert done.returncode == 70
    assert done.stderr.decode() == f"pii-audit: {args[1]}: could not be written (No space left on device)\n"
    assert list(full_disk.iterdir()) == []


@pytest.mark.parametrize("format", ["text", "json", "jsonl"])
def test_a_reader_that_leaves(tmp_path: Path, format: str) -> None:
    (tmp_path / "a.csv").write_bytes(CSV * 200)
    command = [sys.executable, "-m", "pii_audit", "scan", "a.csv", "-q", "-f", format]
    process = subprocess.Popen(command, cwd=tmp_path, env=lender.environment(tmp_path),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=200) == (141 if format == "jsonl" else 1)
    assert process.stderr.read() == b""
    process.stderr.close()
