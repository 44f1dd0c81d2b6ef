"""Measure exports: operators alone, a whole export against its scan, and against presidio-anonymizer on the same cells.

    python -m benchmarks.export [--rows 1000000] [--cells 1000000] [--data FOLDER] [--json FILE]

Makes a loan book from a seed, changes each kind of column by each operator that takes it, writes a whole export (scan, originals, writing, rescan,
manifest), and asks presidio-anonymizer's batch engine for the same masks, with its spans given.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.csv as pcsv

from pii_audit.anonymize.interface import Use
from pii_audit.anonymize.keys import Key
from pii_audit.anonymize.registry import operators
from pii_audit.entities import entity_type

ROOT = Path(__file__).parents[1]
COLUMNS = {"id_no": "CN_RESIDENT_ID", "mobile": "CN_MOBILE_PHONE", "card_no": "CN_BANK_CARD", "email": "EMAIL_ADDRESS"}
#: operator → columns it is measured on
MEASURED = {
    "redact": ("mobile",), "mask": ("mobile", "id_no", "card_no", "email"), "hash": ("mobile", "id_no"), "encrypt": ("id_no",),
    "fpe": ("mobile", "card_no"), "pseudonym": ("mobile", "id_no", "card_no", "email"),
}  # fmt: skip
PRESIDIO_CELLS = 5_000
KEY = Key.of(b"benchmark of exports, no secret " * 2, "bench")


def make(rows: int, seed: int = 1) -> pa.Table:
    """Return a loan book: four identifiers, nearly all distinct, an amount and a state."""
    random = Random(seed)
    columns: dict[str, Any] = {"loan_no": pa.array([f"L{n:09d}" for n in range(rows)])}
    for name, kind in COLUMNS.items():
        sample = entity_type(kind).sample
        assert sample is not None
        columns[name] = pa.array([sample(random) for _ in range(rows)])
    columns["amount"] = pa.array([str(random.randrange(1000, 200_000)) for _ in range(rows)])
    columns["state"] = pa.array([random.choice(("正常", "逾期", "结清")) for _ in range(rows)])
    return pa.table(columns)


def best(run: Callable[[], Any], repeats: int = 2) -> float:
    """Return the seconds of the fastest run; the first compiles and does not count."""
    run()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure_operators(table: pa.Table) -> dict[str, float]:
    """Return «operator column» → cells a second."""
    found = {}
    for name, columns in MEASURED.items():
        operator = operators()[name]()
        for column in columns:
            values = table[column].combine_chunks()
            use = Use(COLUMNS[column], COLUMNS[column], KEY)
            found[f"{name} {column}"] = len(values) / best(partial(operator.apply, values, use))
    return found


def measure_presidio(table: pa.Table) -> float:
    """Return cells a second of presidio-anonymizer's batch engine: masks of four columns, spans given."""
    from presidio_anonymizer import BatchAnonymizerEngine
    from presidio_anonymizer.entities import OperatorConfig, RecognizerResult

    engine = BatchAnonymizerEngine()
    mask = OperatorConfig("mask", {"masking_char": "*", "chars_to_mask": 6, "from_end": False})
    columns = {name: table[name].slice(0, PRESIDIO_CELLS // len(COLUMNS)).to_pylist() for name in COLUMNS}
    results = {name: [[RecognizerResult(COLUMNS[name], 0, len(value), 1.0)] for value in values] for name, values in columns.items()}
    start = time.perf_counter()
    for name, values in columns.items():
        engine.anonymize_list(values, results[name], operators={"DEFAULT": mask})
    return PRESIDIO_CELLS / (time.perf_counter() - start)


def measure_export(path: Path, folder: Path) -> dict[str, float]:
    """Return seconds and peak bytes of a scan, and of an export that masks three columns and replaces one."""
    plan = folder / "plan.yaml"
    plan.write_text("default: redact\nentities: {CN_RESIDENT_ID: pseudonym, CN_MOBILE_PHONE: mask, CN_BANK_CARD: mask, EMAIL_ADDRESS: mask}\n", encoding="utf-8")
    key = folder / "bench.key"
    key.unlink(missing_ok=True)
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    _program("key", "new", "--out", str(key))
    scan, scan_peak = _program("scan", str(path), "--workers", "1", "-o", str(folder / "report.txt"), "-f", "text", "--fail-on", "none")
    export, export_peak = _program("anonymize", str(path), "--plan", str(plan), "--out", str(out), "--key-file", str(key), "--workers", "1")
    return {"scan": scan, "scan_peak": scan_peak, "export": export, "export_peak": export_peak}


def _program(*args: str) -> tuple[float, float]:
    """Return seconds and peak bytes of one command of the program. Raises RuntimeError if it fails."""
    code = "import sys; from pii_audit.cli import main; sys.argv[0] = 'pii-audit'\ntry:\n    main()\nfinally:\n    status = open('/proc/self/status').read(); print('PEAK', status.split('VmHWM:')[1].split()[0], file=sys.stderr)"
    start = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if run.returncode:
        raise RuntimeError(f"pii-audit {args[0]} ended with {run.returncode}: {run.stderr[-500:]}")
    return seconds, int(run.stderr.rpartition("PEAK ")[2]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=ROOT / "benchmarks" / "data")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    table = make(max(options.rows, options.cells))
    path = options.data / f"loans_{options.rows}.csv"
    pcsv.write_csv(table.slice(0, options.rows), path, pcsv.WriteOptions(quoting_style="needed"))
    speeds = measure_operators(table.slice(0, options.cells))
    presidio = measure_presidio(table)
    export = measure_export(path, options.data)
    cells = options.rows * len(COLUMNS) / export["export"]
    print("| operator and column | M cells a second |\n|---|---|")
    for name, speed in speeds.items():
        print(f"| {name} | {speed / 1e6:.2f} |")
    print(f"\n{options.rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB\n")
    print("| what | figure |\n|---|---|")
    print(f"| scan, one worker | {export['scan']:.1f} s, {export['scan_peak'] / 1e6:,.0f} MB |")
    print(f"| export with scan, originals, rescan | {export['export']:.1f} s, {export['export_peak'] / 1e6:,.0f} MB |")
    print(f"| export to scan | {export['export'] / export['scan']:.1f} |")
    print(f"| presidio-anonymizer, masks, spans given | {presidio:,.0f} cells a second |")
    print(f"| whole export of the same cells, detection included | {cells:,.0f} cells a second, {cells / presidio:.0f} × |")
    if options.json:
        options.json.write_text(json.dumps({"operators": speeds, "presidio": presidio, **export}))


if __name__ == "__main__":
    main()
