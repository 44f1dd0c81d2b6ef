"""Measure pii-audit against its targets, in one run on one machine.

    python -m benchmarks.run [--size 200M] [--repeats 3] [--memory-size 1G] [--full] [--only log,csv] [--json FILE]

Sections: ``log``, ``sparse``, ``csv``, ``parquet``, ``workers``, ``memory``, ``start``. Timings are repeated; ratios
are between medians. ``--full`` draws the memory curve to 10 GB. Whole commands include start-up; *in process* means the
same command called again inside a warm process, one worker. Prints markdown tables; ``--json`` keeps all that was
measured. Exit 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import makedata
from benchmarks.patterns import pattern_lines

ROOT = Path(__file__).parents[1]
MEGA = 10**6


@dataclass(frozen=True)
class Timing:
    """Seconds of the repeats of one way over so many bytes."""

    way: str
    bytes: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Return MB/s at the median."""
        return self.bytes / self.median / MEGA

    def row(self) -> str:
        fastest, size = min(self.seconds), self.bytes / MEGA
        return f"| {self.way} | {size:,.1f} | {fastest:.3f} | {self.median:.3f} | {self.rate:,.1f} |"


@dataclass(frozen=True)
class Verdict:
    """One figure beside its target."""

    what: str
    figure: float
    unit: str
    target: str
    ok: bool

    def row(self) -> str:
        return f"| {self.what} | {self.figure:,.2f} {self.unit} | {self.target} | {'ok' if self.ok else '**short**'} |"


@dataclass(frozen=True)
class Peak:
    """The largest resident set of any process of one command."""

    kind: str
    bytes: int
    seconds: float
    processes: int
    peak_mb: float

    def row(self) -> str:
        return (
            f"| {self.kind} | {self.bytes / MEGA:,.0f} | {self.seconds:.2f} | {self.bytes / self.seconds / MEGA:,.0f} "
            f"| {self.processes} | {self.peak_mb:,.0f} |"
        )


@dataclass
class Bench:
    """What one run needs and what it found."""

    command: str
    folder: Path
    size: int
    repeats: int
    memory_size: int
    timings: list[Timing] = field(default_factory=list)
    peaks: list[Peak] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def file(self, kind: str, size: int, gz: bool = False) -> Path:
        """Return a made file, making it if it is not there yet, and leave it in the page cache."""
        path = self.folder / f"{kind}-{size}.{'log' if kind not in ('csv', 'parquet') else kind}{'.gz' if gz else ''}"
        if not path.exists():
            part = path.with_name(path.name + ".part")
            makedata.make(kind, part, size, gz=gz)
            part.rename(path)
        subprocess.run(["cat", str(path)], stdout=subprocess.DEVNULL, check=True)
        return path

    def head(self, path: Path, size: int) -> Path:
        """Return a file with the first lines of another, for ways that would take minutes on all of it."""
        out = path.with_name(f"head-{size}-{path.name}")
        with path.open("rb") as source:
            out.write_bytes(source.read(size).rsplit(b"\n", 1)[0] + b"\n")
        return out

    def scan(self, path: Path, workers: int = 1) -> list[str]:
        """Return the command that scans a file; the report goes to a file beside it."""
        report = str(self.folder / "report.json")
        return [self.command, "scan", str(path), "--workers", str(workers), "-f", "json", "-o", report, "--quiet"]

    def time(self, way: str, path: Path, command: Sequence[str] | str, codes: Iterable[int] = (0,)) -> Timing:
        """Time a whole command; a string runs through the shell."""
        seconds = []
        for _ in range(self.repeats + 1):
            start = time.perf_counter()
            done = subprocess.run(
                command, shell=isinstance(command, str), cwd=ROOT, capture_output=True, text=True, check=False
            )
            seconds.append(time.perf_counter() - start)
            if done.returncode not in codes:
                raise SystemExit(f"{way} ended with {done.returncode}: {done.stderr.strip()[-400:]}")
        # the first round warms caches and compiled code
        return self.keep(Timing(way, path.stat().st_size, tuple(seconds[1:])))

    def time_inside(self, way: str, path: Path, *arguments: str) -> Timing:
        """Time the repeats of one way inside a warm process of its own."""
        kind, *rest = arguments
        command = [sys.executable, "-m", "benchmarks.inprocess", kind, str(self.repeats), *rest]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{way} failed: {done.stderr.strip()[-400:]}")
        return self.keep(Timing(way, path.stat().st_size, tuple(json.loads(done.stdout.splitlines()[-1]))))

    def keep(self, timing: Timing) -> Timing:
        self.timings.append(timing)
        print(timing.row(), flush=True)
        return timing

    def judge(self, what: str, figure: float, target: float, unit: str = "×", least: bool = True) -> None:
        """Hold a figure against its target: at least (``least``) or at most so much."""
        ok = figure >= target if least else figure <= target
        self.verdicts.append(Verdict(what, figure, unit, f"{'≥' if least else '≤'} {target:g} {unit}", ok))


def _log(bench: Bench, kind: str, name: str) -> None:
    path = bench.file(kind, bench.size)
    inside = bench.time_inside(f"{name}: pii-audit, in process", path, "pii-audit", *bench.scan(path)[1:])
    whole = bench.time(f"{name}: pii-audit, whole command, 1 worker", path, bench.scan(path), (0, 1))
    patterns = bench.folder / "patterns.txt"
    patterns.write_text("\n".join(pattern_lines()) + "\n", encoding="utf-8")
    # POSIX knows no non-capturing group; the counts of matches are piped because both programs stop early on /dev/null
    posix = bench.folder / "patterns-posix.txt"
    posix.write_text("\n".join(pattern_lines()).replace("(?:", "(") + "\n", encoding="utf-8")
    rg = bench.time(f"{name}: ripgrep -o", path, f"rg -o -j1 -f {patterns} {shlex.quote(str(path))} | wc -l")
    short = bench.head(path, min(bench.size, 10 * MEGA))
    grep = f"LC_ALL=C grep -a -oE -f {posix} {shlex.quote(str(short))} | wc -l"
    bench.time(f"{name}: GNU grep -oE, LC_ALL=C", short, grep)
    small = bench.head(path, 200_000)
    presidio = bench.time_inside(f"{name}: Presidio, no-op language engine", small, "presidio", str(small))
    for way, timing in (("in process", inside), ("whole command", whole)):
        bench.judge(f"{name}: pii-audit {way} / ripgrep -o", timing.rate / rg.rate, 4)
        bench.judge(f"{name}: pii-audit {way} / Presidio", timing.rate / presidio.rate, 500)


def log(bench: Bench) -> None:
    """A log in which every line exposes something."""
    _log(bench, "log", "dense log")


def sparse(bench: Bench) -> None:
    """A log in which one line in twenty exposes something."""
    _log(bench, "log-sparse", "sparse log")


def _table(bench: Bench, kind: str) -> None:
    path = bench.file(kind, bench.size)
    alone = bench.time_inside(f"{kind}: pyarrow reads it, strings, 1 thread", path, kind, str(path))
    inside = bench.time_inside(f"{kind}: pii-audit, in process", path, "pii-audit", *bench.scan(path)[1:])
    whole = bench.time(f"{kind}: pii-audit, whole command, 1 worker", path, bench.scan(path), (0, 1))
    for way, timing in (("in process", inside), ("whole command", whole)):
        bench.judge(f"{kind}: pii-audit {way}, time / pyarrow's", timing.median / alone.median, 2, least=False)


def csv(bench: Bench) -> None:
    """The loan table as CSV."""
    _table(bench, "csv")


def parquet(bench: Bench) -> None:
    """The loan table as Parquet."""
    _table(bench, "parquet")


def workers(bench: Bench) -> None:
    """One worker against two over one big file: the second must pay for its start, so the file is five times larger."""
    path = bench.file("log", bench.size * 5)
    one, two = (
        bench.time(f"dense log: pii-audit, {count} worker(s)", path, bench.scan(path, count), (0, 1))
        for count in (1, 2)
    )
    bench.judge("2 workers against 1", one.median / two.median, 1.8)


def memory(bench: Bench) -> None:
    """Peak resident set from 10 MB up, for every way a big input can come."""
    sizes = [size for size in (10 * MEGA, 100 * MEGA, 1000 * MEGA, 10_000 * MEGA) if size <= bench.memory_size]
    print("\n| input | MB | seconds | MB/s | processes | peak MB per process |\n|---|---|---|---|---|---|")
    for kind, gz in (("log", False), ("one-line", False), ("log", True), ("csv", False)):
        name = f"{kind} gz" if gz else kind
        peaks = []
        for size in sizes:
            path = bench.file(kind, size, gz)
            peaks.append(_peak(name, size, bench.scan(path, os.cpu_count() or 1)))
            print(peaks[-1].row(), flush=True)
            if size >= 1000 * MEGA:
                path.unlink()
        bench.peaks += peaks
        bench.judge(
            f"peak memory of {name}, up to {sizes[-1] // MEGA} MB", max(p.peak_mb for p in peaks), 500, "MB", False
        )
    print()


def start(bench: Bench) -> None:
    """How long the program takes to say anything."""
    small = bench.head(bench.file("log", 10 * MEGA), 1000)
    helped = bench.time("--help", small, [bench.command, "--help"])
    scanned = bench.time("1 KB file, after the first run", small, bench.scan(small), (0, 1))
    bench.judge("start: --help", helped.median, 0.3, "s", False)
    bench.judge("start: a 1 KB file", scanned.median, 1.5, "s", False)


SECTIONS: dict[str, Callable[[Bench], None]] = {
    section.__name__: section for section in (log, sparse, csv, parquet, workers, memory, start)
}


def _family(pid: int) -> list[int]:
    """Return a process and all its descendants, as far as they still live."""
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _high_water(pid: int) -> int:
    """Return VmHWM of a process in bytes, 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _peak(kind: str, size: int, command: Sequence[str]) -> Peak:
    peaks: dict[int, int] = {}
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        while process.poll() is None:
            for pid in _family(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), _high_water(pid))
            time.sleep(0.01)
        seconds = time.perf_counter() - begin
        if process.returncode not in (0, 1):
            errors.seek(0)
            raise SystemExit(f"scan of {kind} ended with {process.returncode}: {errors.read().decode()[-400:]}")
    return Peak(kind, size, seconds, len(peaks), max(peaks.values()) / MEGA)


def main() -> int:
    """Run the chosen sections, print the tables, write the JSON."""
    parser = argparse.ArgumentParser(description="Timing, memory and start-up of pii-audit beside its targets.")
    parser.add_argument("--size", type=makedata.parse_size, default="200M", help="of each throughput file")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory-size", type=makedata.parse_size, default="1G")
    parser.add_argument("--full", action="store_true", help="memory curve to 10 GB")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, separated by commas")
    parser.add_argument("--data", type=Path, default=ROOT / "benchmarks" / "data", help="where made files are kept")
    parser.add_argument(
        "--command", default=shutil.which("pii-audit") or str(Path(sys.executable).with_name("pii-audit"))
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    options.data.mkdir(parents=True, exist_ok=True)
    largest = 10_000 * MEGA if options.full else options.memory_size
    bench = Bench(options.command, options.data, options.size, max(3, options.repeats), largest)
    print("| way | MB | min s | median s | MB/s |\n|---|---|---|---|---|")
    for name in chosen:
        SECTIONS[name](bench)
    print("\n| measured | figure | target | |\n|---|---|---|---|")
    for verdict in bench.verdicts:
        print(verdict.row())
    if options.json:
        document = {
            "machine": {"cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
            "timings": [
                asdict(timing) | {"median": timing.median, "mb_per_s": timing.rate} for timing in bench.timings
            ],
            "memory": [asdict(peak) for peak in bench.peaks],
            "targets": [asdict(verdict) for verdict in bench.verdicts],
        }
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(verdict.ok for verdict in bench.verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
