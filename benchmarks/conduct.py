"""Measure the rules of collection conduct on a large collection log.

    python -m benchmarks.conduct [--rows 20000000] [--data FOLDER] [--json FILE]

Makes a Parquet log from a seed, applies every rule of the pack ``collection`` to it in one run, and asks DuckDB two of the
questions in SQL written by hand over the same file. Prints seconds, peak memory and the ratio of the two rules alone
(reading included) to the SQL.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pii_audit.entities import entity_type

ROOT = Path(__file__).parents[1]
GROUP = 1 << 20
#: by hand, the same questions: the rows judged, and which of them break the rule
SQL = {
    "quiet-hours": """
        SELECT file_row_number AS row, debtor_id AS subject, started_at AS at,
            NOT agreed_time AND direction = 'outbound' AND (hour(started_at) >= 22 OR hour(started_at) < 8) AS broken
        FROM read_parquet('{path}', file_row_number=true)""",
    "connected-calls": """
        SELECT file_row_number AS row, debtor_id AS subject, started_at AS at,
            row_number() OVER (PARTITION BY debtor_id, started_at::DATE ORDER BY started_at, file_row_number) > 3 AS broken
        FROM read_parquet('{path}', file_row_number=true)
        WHERE direction = 'outbound' AND answered AND channel IN ('call', 'ai_call') AND target_role = 'debtor'""",
}
#: and what a report says of each: rows broken and tested, data subjects, first places
ANSWER = """
    WITH judged AS ({judged})
    SELECT count(*) FILTER (broken), count(*), count(DISTINCT subject) FILTER (broken), min(row, 5) FILTER (broken) FROM judged"""

def make(path: Path, rows: int, seed: int = 1) -> None:
    """Write a collection log: 500 calls a debtor-month at most, a tenth of all rows between 20:00 and 23:00."""
    rng, random = np.random.default_rng(seed), Random(seed)
    sample = entity_type("CN_MOBILE_PHONE").sample
    assert sample is not None
    phones = pa.array([sample(random) for _ in range(50_000)])
    sentences = [f"您好，这里是贷后服务，请您于{day}日前安排还款，谢谢配合。" for day in range(1, 29)]
    sentences += ["再不还钱就让你坐牢", "您的家人知道您欠款吗", "今天之内必须处理，否则曝光"]
    debtors = max(rows // 40, 10)
    schema = pa.schema(
        {
            "event_id": pa.string(), "debtor_id": pa.string(), "channel": pa.string(), "direction": pa.string(),
            "started_at": pa.timestamp("us"), "answered": pa.bool_(), "callee_no": pa.string(), "target_role": pa.string(),
            "agent_id": pa.string(), "org_id": pa.string(), "recording_id": pa.string(), "text": pa.string(),
            "agreed_time": pa.bool_(), "loss_of_contact": pa.bool_(), "refused_at": pa.timestamp("us"),
        }
    )  # fmt: skip
    start = np.datetime64("2026-03-01T00:00:00", "us").astype(np.int64)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, rows, GROUP):
            n = min(GROUP, rows - first)
            debtor = rng.integers(0, debtors, n)
            day = rng.integers(0, 31, n)
            second = np.where(rng.random(n) < 0.1, rng.integers(20 * 3600, 23 * 3600, n), rng.integers(8 * 3600, 20 * 3600, n))
            answered = rng.random(n) < 0.4
            role = rng.choice(["debtor", "contact", "third"], n, p=[0.96, 0.03, 0.01])
            columns = [
                pa.array(np.char.add("E", np.arange(first, first + n).astype("U10"))),
                pa.array(np.char.add("D", debtor.astype("U10"))),
                pa.array(rng.choice(["call", "ai_call", "sms"], n, p=[0.7, 0.2, 0.1])),
                pa.array(np.where(rng.random(n) < 0.95, "outbound", "inbound")),
                pa.array(start + (day * 86400 + second) * 1_000_000, pa.timestamp("us")),
                pa.array(answered),
                phones.take(pa.array(debtor % len(phones))),
                pa.array(role),
                pa.array(np.char.add("A", rng.integers(0, 2000, n).astype("U5"))),
                pa.array(np.char.add("AG", rng.integers(1, 9, n).astype("U2"))),
                pa.array(np.where(answered & (rng.random(n) < 0.999), np.char.add("R", np.arange(first, first + n).astype("U10")), None)),
                pa.array(sentences).take(pa.array(np.where(rng.random(n) < 0.001, rng.integers(28, 31, n), rng.integers(0, 28, n)))),
                pa.array(rng.random(n) < 0.001),
                pa.array(rng.random(n) < 0.3),
                pa.nulls(n, pa.timestamp("us")),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _catalogue(folder: Path, log: Path, rules: str) -> Path:
    path = folder / "audit.yaml"
    path.write_text(
        "organisation: {kind: consumer_finance}\nas_of: 2026-06-30\n"
        f"policies: [{rules}]\ndatasets:\n  log:\n    paths: [{log.name}]\n    kind: collection_log\n"
        "    binding: {borrower: debtor_id, target_number: callee_no, event_time: started_at}\n",
        encoding="utf-8",
    )
    return path


def judge(log: str, rules: str, out: Any) -> None:
    """Evaluate a policy over the log in this process; send (seconds, peak bytes, rule → count, rules)."""
    from pii_audit.policy.catalogue import load_catalogue
    from pii_audit.policy.evaluate import Evidence, evaluate
    from pii_audit.policy.packs import load_policy
    from pii_audit.policy.relations import fill
    from pii_audit.sources.discover import discover

    path = Path(log)
    start = time.perf_counter()
    catalogue = load_catalogue(_catalogue(path.parent, path, rules))
    policy = load_policy(catalogue.policies, catalogue.folder)
    found = evaluate(catalogue, policy, Evidence(fill(catalogue, [], [], []), {"log": discover((log,)).blobs}))
    seconds = time.perf_counter() - start
    peak = next(int(line.split()[1]) * 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    out.send((seconds, peak, {v.rule: v.count for v in found.violations}, found.coverage.rules - found.coverage.untested))


def by_hand(log: str, out: Any) -> None:
    """Ask the same in SQL; send (seconds, rule → count)."""
    import duckdb

    start = time.perf_counter()
    connection = duckdb.connect()
    connection.execute("SET memory_limit='512MB'")
    counts = {rule: connection.execute(ANSWER.format(judged=sql.format(path=log))).fetchall()[0][0] for rule, sql in SQL.items()}
    out.send((time.perf_counter() - start, counts))


def _apart(target: Any, *args: Any) -> Any:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*args, theirs))
    process.start()
    theirs.close()
    found = mine.recv()
    process.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--data", type=Path, default=ROOT / "benchmarks" / "data")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    log = options.data / f"collection_{options.rows}.parquet"
    if not log.exists():
        make(log, options.rows)
    two = options.data / "two.yml"
    two.write_text("rules:\n" + "".join(f"  - rule: {rule}\n" for rule in SQL), encoding="utf-8")
    hand, counts = _apart(by_hand, str(log))
    pair, _, found, _ = _apart(judge, str(log), two.name)
    seconds, peak, _, tested = _apart(judge, str(log), "collection")
    agree = all(found.get(rule, 0) == counts[rule] for rule in SQL)
    print(f"{options.rows:,} rows, {log.stat().st_size / 1e6:,.0f} MB\n")
    print("| what | figure |\n|---|---|")
    print(f"| pack collection, {tested} rules tested, one run | {seconds:,.1f} s |")
    print(f"| peak memory | {peak / 1e6:,.0f} MB |")
    print(f"| quiet-hours and connected-calls alone | {pair:,.1f} s |")
    print(f"| the same in SQL by hand | {hand:,.1f} s |")
    print(f"| ratio | {pair / hand:.2f} |")
    print(f"| both count the same | {'yes' if agree else f'no: {found} and {counts}'} |")
    if options.json:
        options.json.write_text(json.dumps({"rows": options.rows, "seconds": seconds, "peak": peak, "pair": pair, "hand": hand, "agree": agree}))
    raise SystemExit(0 if agree else 1)


if __name__ == "__main__":
    main()
