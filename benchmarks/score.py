"""Run pii-audit over the labelled set and print precision and recall.

    python -m benchmarks.score [--set hostile.jsonl] [--container log|csv|parquet] [--json score.json]

Without ``--set`` the set is made from the seed. A found span counts when type, start and end are those of the label
(``exact``); ``overlap`` also accepts a span of the right type that touches the label. Exit 1 when a type stays below
its threshold in exact precision or recall. Examples show places and masked shapes only.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import hostile
from benchmarks.kinds import ENTITY_TYPES

#: types whose check digits decide, and types found by a telling structure (design.md section 4)
CHECKED = ("CN_RESIDENT_ID", "CN_USCC", "CN_VIN")
TELLING = ("CN_MOBILE_PHONE", "CN_LANDLINE_PHONE", "CN_BANK_CARD", "CN_VEHICLE_PLATE", "EMAIL_ADDRESS")


class Span(NamedTuple):
    """A labelled or found value; ``line`` counts from 0."""

    line: int
    start: int
    end: int
    entity_type: str


@dataclass
class Tally:
    """Counts of one entity type."""

    labelled: int = 0
    found: int = 0
    exact: int = 0
    overlap: int = 0

    def figures(self, hits: int) -> tuple[float, float, float]:
        """Return precision, recall and F1 for a number of hits; nothing found is precise, nothing labelled recalled."""
        precision = hits / self.found if self.found else 1.0
        recall = hits / self.labelled if self.labelled else 1.0
        return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0


@dataclass
class Score:
    """Tallies by entity type, misses and false alarms by family and type."""

    types: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    missed: list[Span] = field(default_factory=list)
    false: list[Span] = field(default_factory=list)


def labelled_spans(lines: Sequence[dict[str, Any]]) -> set[Span]:
    """Return the labels of a set."""
    return {Span(i, s["start"], s["end"], s["entity_type"]) for i, line in enumerate(lines) for s in line["spans"]}


def score(labelled: set[Span], found: set[Span]) -> Score:
    """Return how well the found spans agree with the labels."""
    result = Score()
    for span in labelled:
        result.types[span.entity_type].labelled += 1
    for span in found:
        result.types[span.entity_type].found += 1
    for span in labelled & found:
        result.types[span.entity_type].exact += 1
        result.types[span.entity_type].overlap += 1
    result.missed, result.false = sorted(labelled - found), sorted(found - labelled)
    open_spans: dict[tuple[int, str], list[Span]] = defaultdict(list)
    for span in result.false:
        open_spans[span.line, span.entity_type].append(span)
    for span in result.missed:
        candidates = open_spans[span.line, span.entity_type]
        near = next((other for other in candidates if other.start < span.end and span.start < other.end), None)
        if near is not None:
            candidates.remove(near)
            result.types[span.entity_type].overlap += 1
    return result


def masked(text: str) -> str:
    """Return a value with everything but two characters at either end starred."""
    return "***" if len(text) < 8 else text[:2] + "*" * (len(text) - 4) + text[-2:]


def write(lines: Sequence[dict[str, Any]], folder: Path, container: str) -> Path:
    """Write the texts as a log, as a one-column CSV or as Parquet; return the file."""
    path = folder / f"hostile.{container}"
    texts = [line["text"] for line in lines]
    if container == "parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table({"remark": texts}), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as out:
            if container == "csv":
                csv.writer(out).writerows([("no", "remark"), *enumerate(texts, 1)])
            else:
                out.writelines(text + "\n" for text in texts)
    return path


def read_findings(path: Path) -> set[Span]:
    """Return the spans of a findings file whose types the set labels."""
    spans = set()
    with path.open(encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            number = row["line"] if row["line"] is not None else row["row"]
            if row["entity_type"] in ENTITY_TYPES and number is not None and row["column"] in (None, "remark"):
                spans.add(Span(number - 1, row["start"], row["end"], row["entity_type"]))
    return spans


def detect(lines: Sequence[dict[str, Any]], container: str, command: str, extra: Iterable[str] = ()) -> set[Span]:
    """Return what ``pii-audit scan`` finds in the texts."""
    with tempfile.TemporaryDirectory(prefix="pii-audit-score-") as name:
        folder = Path(name)
        target, findings = write(lines, folder, container), folder / "findings.jsonl"
        run = subprocess.run(
            [
                command,
                "scan",
                str(target),
                "--findings",
                str(findings),
                "-f",
                "json",
                "-o",
                str(folder / "r.json"),
                *extra,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode not in (0, 1):
            raise SystemExit(f"pii-audit scan ended with {run.returncode}: {run.stderr.strip()[-400:]}")
        return read_findings(findings)


def by_family(lines: Sequence[dict[str, Any]], spans: Iterable[Span]) -> Counter[tuple[str, str]]:
    """Return how many of the spans lie in each family, by entity type."""
    return Counter((lines[span.line]["family"], span.entity_type) for span in spans)


def report(lines: Sequence[dict[str, Any]], result: Score, examples: int) -> None:
    """Print the tables."""
    print("| entity type | labelled | found | precision | recall | F1 | overlap precision | overlap recall |")
    print("|---|---|---|---|---|---|---|---|")
    for name in sorted(result.types):
        tally = result.types[name]
        exact, overlap = tally.figures(tally.exact), tally.figures(tally.overlap)
        figures = " | ".join(f"{value:.4f}" for value in (*exact, *overlap[:2]))
        print(f"| {name} | {tally.labelled} | {tally.found} | {figures} |")
    for title, spans in (("missed", result.missed), ("false alarms", result.false)):
        print(f"\n{title}: {len(spans)}")
        for (family, name), count in by_family(lines, spans).most_common():
            here = [s for s in spans if s.entity_type == name and lines[s.line]["family"] == family][:examples]
            shown = ", ".join(f"line {s.line + 1} {masked(lines[s.line]['text'][s.start : s.end])}" for s in here)
            print(f"  {count:5d}  {family:24s} {name:20s} {shown}")


def shortfalls(result: Score, checked: float, telling: float, other: float) -> list[str]:
    """Return one sentence for each type below its threshold."""
    lines = []
    for name in ENTITY_TYPES:
        tally = result.types[name]
        least = checked if name in CHECKED else telling if name in TELLING else other
        precision, recall, _ = tally.figures(tally.exact)
        if min(precision, recall) < least:
            lines.append(f"{name}: precision {precision:.4f}, recall {recall:.4f}, wanted {least}")
    return lines


def main() -> int:
    """Score, print, compare with the thresholds."""
    parser = argparse.ArgumentParser(description="Precision and recall of pii-audit on the labelled set.")
    parser.add_argument("--set", type=Path, help="JSON lines made by benchmarks.hostile")
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--lines", type=int, default=24_000)
    parser.add_argument("--container", choices=("log", "csv", "parquet"), default="log")
    parser.add_argument(
        "--command", default=shutil.which("pii-audit") or str(Path(sys.executable).with_name("pii-audit"))
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--min-checked", type=float, default=0.999)
    parser.add_argument("--min-telling", type=float, default=0.99)
    parser.add_argument("--min-other", type=float, default=0.95)
    options = parser.parse_args()
    if options.set:
        with options.set.open(encoding="utf-8") as rows:
            lines = [json.loads(row) for row in rows]
    else:
        lines = hostile.lines(options.seed, options.lines)
    if options.container != "log":
        # a JSON document in a cell is reported under its own path, with places inside the nested value
        lines = [line for line in lines if not line["text"].startswith("{")]
    result = score(labelled_spans(lines), detect(lines, options.container, options.command))
    report(lines, result, options.examples)
    short = shortfalls(result, options.min_checked, options.min_telling, options.min_other)
    if options.json:
        figures = {
            name: {**vars(tally), **dict(zip(("precision", "recall", "f1"), tally.figures(tally.exact), strict=True))}
            for name, tally in sorted(result.types.items())
        }
        families = {
            title: [[*key, count] for key, count in by_family(lines, spans).most_common()]
            for title, spans in (("missed", result.missed), ("false", result.false))
        }
        document = {"lines": len(lines), "container": options.container, "types": figures, **families, "short": short}
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n" + ("\n".join(short) if short else "every type reaches its threshold"))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
