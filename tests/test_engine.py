"""The pool: nothing is lost when a worker dies, nothing stays behind when the run is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from io import BytesIO
from pathlib import Path

import lender
import pytest

from pii_audit import audit
from pii_audit.engines import local
from pii_audit.entities import entity_type
from pii_audit.model.errors import SourceError
from pii_audit.model.progress import Progress
from pii_audit.model.result import AuditResult
from pii_audit.settings import ScanSettings, SpanTarget

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

TYPES = tuple(map(entity_type, ("CN_RESIDENT_ID", "CN_MOBILE_PHONE", "CN_BANK_CARD")))
PART = 50_000
#: what a run of two workers on small parts begins with; the workers begin with it too
HEAD = f"""
import os, signal, sys
from pii_audit import audit, sources
from pii_audit.engines import local
audit._useful = lambda workers, blobs: workers
audit.PART_BYTES = {PART}
local.GROUP_BYTES = 2 * {PART}
"""
TAIL = """
if __name__ == "__main__":
    from pii_audit.cli import main
    sys.argv[0] = "pii-audit"
    main()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for number, rows in enumerate((4000, 30, 2000, 40, 50)):
        table = lender.lender(rows, seed=number, types=TYPES)
        (folder / f"{number}.csv").write_text(lender.csv_text(table), encoding="utf-8")
        (folder / f"{number}.log").write_text("\n".join(table["内容"]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def expected(data: Path) -> tuple[AuditResult, list[str]]:
    spans = data.parent / "spans.jsonl"
    result = audit.scan(ScanSettings(targets=(str(data),), workers=1, spans=(SpanTarget(spans, "jsonl"),)))
    return result, sorted(spans.read_text(encoding="utf-8").splitlines())


class Run:
    """A run of the program in a session of its own, with code of ours at its beginning."""

    def __init__(self, folder: Path, *args: str | Path, code: str = "") -> None:
        script = folder / "run.py"
        script.write_text(HEAD + textwrap.dedent(code) + TAIL, encoding="utf-8")
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, script, "scan", *map(str, args)], cwd=folder, env=lender.environment(folder),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.out = self.err = b""

    def end(self, given: bytes | None = None) -> int:
        self.out, self.err = self.process.communicate(given, timeout=200)
        return self.process.returncode

    def workers(self, count: int = 2) -> list[int]:
        """Wait until the workers run."""
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            found = [pid for pid in members(self.process.pid) if b"spawn_main" in command(pid)]
            if len(found) == count:
                return found
            time.sleep(0.01)
        raise AssertionError("the workers did not start")


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def members(session: int) -> list[int]:
    """Return the processes of a session that are not mere exit codes."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(folder.name))
    return found


@pytest.mark.parametrize("wait", [0.0, 0.7])
def test_a_killed_worker_costs_nothing(
    data: Path, expected: tuple[AuditResult, list[str]], tmp_path: Path, wait: float
) -> None:
    run = Run(tmp_path, data, "--workers", "2", "-f", "json", "--findings", "s.jsonl")
    victim = run.workers()[0]
    time.sleep(wait)
    os.kill(victim, signal.SIGKILL)
    assert run.end() == 1, run.err
    report = json.loads(run.out)
    assert report["skipped"] == []
    assert sum(finding["count"] for finding in report["findings"]) == sum(f.count for f in expected[0].findings)
    assert sorted((tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()) == expected[1]


def test_a_file_that_ends_its_worker_twice(data: Path, expected: tuple[AuditResult, list[str]], tmp_path: Path) -> None:
    code = """
        local.SHARE_SPANS = 20
        read = sources.read_blob
        def deadly(blob, context):
            for event in read(blob, context):
                if blob.name.endswith("3.csv") and type(event).__name__ == "TableEnd":
                    os.kill(os.getpid(), signal.SIGKILL)
                yield event
        sources.read_blob = deadly
    """
    run = Run(tmp_path, data, "--workers", "2", "-f", "json", "--findings", "s.jsonl", code=code)
    assert run.end() == 3, run.err
    report = json.loads(run.out)
    lost = str(data / "3.csv")
    assert [(item["what"], item["code"]) for item in report["skipped"]] == [(lost, "crashed")]
    assert {s["path"] for s in report["sources"]} == {s.path for s in expected[0].sources} - {lost}

    def plain(source: str) -> int:
        return sum(f["count"] for f in report["findings"] if f["source"] == source and f["pattern"] != "structure")

    spans = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()]
    mine = [span for span in spans if span["source"] == lost]
    # what had come back before is kept, once, in the report as among the spans
    assert len(mine) == plain(lost) > 0
    assert len({json.dumps(span) for span in mine}) == len(mine)
    rest = [span for span in map(json.loads, expected[1]) if span["source"] != lost]
    assert sorted(map(str, (span for span in spans if span["source"] != lost))) == sorted(map(str, rest))


def test_a_part_that_ends_its_worker_twice(data: Path, tmp_path: Path) -> None:
    code = f"""
        read = sources.read_part
        def deadly(blob, source, part, context):
            if blob.name.endswith("0.csv") and {PART} < part.start < {3 * PART}:
                os.kill(os.getpid(), signal.SIGKILL)
            return read(blob, source, part, context)
        sources.read_part = deadly
    """
    run = Run(tmp_path, data / "0.csv", "--workers", "2", "-f", "json", code=code)
    assert run.end() == 3, run.err
    report = json.loads(run.out)
    assert {item["code"] for item in report["skipped"]} == {"crashed"}
    assert "rows after it are counted without" in report["skipped"][0]["reason"]
    assert 1000 < report["sources"][0]["rows"] < 4000


@pytest.mark.parametrize(
    ("number", "whole_group", "code"),
    [(signal.SIGINT, True, 130), (signal.SIGINT, False, 130), (signal.SIGTERM, False, 143), (signal.SIGKILL, False, -9)],
)
@pytest.mark.parametrize("wait", [0.0, 0.6])
def test_ending_a_run_leaves_nothing(
    data: Path, tmp_path: Path, number: signal.Signals, whole_group: bool, code: int, wait: float
) -> None:
    slow = """
        import time
        read = sources.read_part
        def slowly(*args):
            time.sleep(0.3)
            return read(*args)
        sources.read_part = slowly
    """
    run = Run(tmp_path, data, "--workers", "2", "-o", "r.json", "--findings", "s.jsonl", code=slow)
    run.workers()
    time.sleep(wait)
    (os.killpg if whole_group else os.kill)(run.process.pid, number)
    assert run.end() == code
    deadline = time.monotonic() + 10
    while (left := members(run.process.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []
    if number != signal.SIGKILL:
        assert (run.out, run.err) == (b"", b"pii-audit: interrupted\n")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["run.py", "state", "temp"]
    assert list((tmp_path / "temp").iterdir()) == []


def test_standard_input_beside_files(data: Path, expected: tuple[AuditResult, list[str]], tmp_path: Path) -> None:
    text = (data / "0.log").read_bytes()
    run = Run(tmp_path, data / "0.csv", "-", data / "2.csv", "--workers", "2", "-f", "json", "--findings", "s.jsonl")
    assert run.end(text) == 1, run.err
    report = json.loads(run.out)
    counts = {f["entity_type"]: f["count"] for f in report["findings"] if f["source"] == "-"}
    assert counts == {f.entity_type: f.count for f in expected[0].findings if f.source == str(data / "0.log")}
    order = [json.loads(line)["source"] for line in (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()]
    assert list(dict.fromkeys(order)) == [str(data / "0.csv"), "-", str(data / "2.csv")]


def test_an_error_inside_a_worker(data: Path, tmp_path: Path) -> None:
    code = """
        from pii_audit.engines.fold import Folder
        def fail(self, batch, into):
            raise ValueError(str(batch.columns[0].values[0]))
        if __name__ != "__main__":
            Folder._batch = fail
    """
    run = Run(tmp_path, data, "--workers", "2", "-o", "r.json", "--findings", "s.jsonl", code=code)
    assert run.end() == 70
    assert run.err.count(b"\n") == 1
    assert b"(ValueError); the log is " in run.err
    (log,) = (tmp_path / "state").rglob("*.log")
    assert " fail" in log.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.py", "state", "temp"]


def test_workers_that_cannot_begin(data: Path, tmp_path: Path) -> None:
    code = "if __name__ != '__main__': os._exit(5)"
    run = Run(tmp_path, data, "--workers", "2", code=code)
    assert run.end() == 70
    assert b"end before they begin" in run.err


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PART_BYTES", PART)
    monkeypatch.setattr(audit, "_useful", lambda workers, blobs: workers)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("workers", [1, 2])
def test_progress(data: Path, workers: int) -> None:
    seen: list[Progress] = []
    audit.scan(ScanSettings(targets=(str(data),), workers=workers), progress=seen.append)
    done = [report.bytes_done for report in seen]
    assert done == sorted(done)
    total = sum(path.stat().st_size for path in data.iterdir())
    assert {report.bytes_total for report in seen} == {total}
    assert total * 0.99 <= done[-1] <= total
    assert [seen[-1].sources_done, seen[-1].current] == [10, str(data / "4.log")]
    assert seen[-1].findings > 0


@pytest.mark.usefixtures("small_parts")
def test_shares_of_a_file_change_nothing(
    data: Path, expected: tuple[AuditResult, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "SHARE_SPANS", 10)
    monkeypatch.setattr("pii_audit.sources.interface.BATCH_BYTES", 1 << 12)
    target = tmp_path / "s.jsonl"
    result = audit.scan(ScanSettings(targets=(str(data),), workers=1, spans=(SpanTarget(target, "jsonl"),)))
    assert (result.findings, result.masked, result.sources) == (
        expected[0].findings, expected[0].masked, expected[0].sources,
    )  # fmt: skip
    assert sorted(target.read_text(encoding="utf-8").splitlines()) == expected[1]


def test_strict_stops_and_leaves_no_spans(data: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1" + bytes(100))
    target = tmp_path / "s.jsonl"
    asked = ScanSettings(
        targets=(str(data), str(tmp_path / "bad.parquet")), workers=1, strict=True, spans=(SpanTarget(target, "jsonl"),)
    )
    with pytest.raises(SourceError, match=r"bad.parquet: .* \(strict: stopped here\)"):
        audit.scan(asked)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.parquet"]
    with pytest.raises(SourceError, match=r"missing\.csv: it does not exist"):
        audit.scan(ScanSettings(targets=(str(data), str(tmp_path / "missing.csv")), strict=True))


def test_small_work_is_done_in_one_process(tmp_path: Path) -> None:
    from pii_audit.sources.interface import Blob

    def file(size: int) -> Blob:
        return Blob("f", BytesIO, "f", size)

    assert audit._useful(4, [file(1 << 20)]) == 1
    assert audit._useful(4, [file(64 << 20)]) == 4
    assert audit._useful(4, [file(1)] * 10_000) == 4
    assert audit._useful(4, [Blob("-", BytesIO)]) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_inside_a_callback_of_a_library_is_remembered_in_silence(number: signal.Signals) -> None:
    code = f"""
        import ctypes, os
        from pii_audit.cli.signals import ending
        from pii_audit.model.errors import Interrupted

        @ctypes.CFUNCTYPE(None)
        def callback():
            os.kill(os.getpid(), {int(number)})
            for _ in range(1000):
                pass

        try:
            with ending():
                callback()
                print("went on")
        except Interrupted as error:
            print(error.signum)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"went on\n{int(number)}\n", "")
