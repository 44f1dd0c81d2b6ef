"""Time one way of reading a file inside a warm process: ``python -m benchmarks.inprocess WAY REPEATS ARGUMENT…``.

Prints the seconds of each repeat as JSON on the last line. One unmeasured round comes first, so imports, compilation
and the page cache are warm. Ways: ``pii-audit`` (the rest is its command line); ``csv``, ``parquet``, ``presidio`` (the
rest is a file).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def pii_audit(arguments: Sequence[str]) -> Callable[[], None]:
    """Return a call of the command line program in this process."""
    from pii_audit.cli import main

    def call() -> None:
        sys.argv = ["pii-audit", *arguments]
        try:
            main()
        except SystemExit as done:
            if done.code not in (None, 0, 1):
                raise

    return call


def csv(arguments: Sequence[str]) -> Callable[[], None]:
    """Return a streaming parse of a CSV file with every column as string, on one thread."""
    import pyarrow as pa
    from pyarrow import csv as reader

    path = arguments[0]
    with open(path, encoding="utf-8") as text:
        names = text.readline().rstrip("\n").split(",")
    options = reader.ConvertOptions(column_types={name: pa.string() for name in names})

    def call() -> None:
        read = reader.ReadOptions(use_threads=False, block_size=4 << 20)
        for _ in reader.open_csv(path, read_options=read, convert_options=options):
            pass

    return call


def parquet(arguments: Sequence[str]) -> Callable[[], None]:
    """Return a batchwise read of a Parquet file, on one thread."""
    from pyarrow import parquet as reader

    def call() -> None:
        for _ in reader.ParquetFile(arguments[0]).iter_batches(use_threads=False):
            pass

    return call


def presidio(arguments: Sequence[str]) -> Callable[[], None]:
    """Return an analysis of every line by Presidio: a pattern recognizer per entity type, no language model."""
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    from benchmarks.patterns import PATTERNS

    language = NoOpNlpEngine([{"lang_code": "zh", "model_name": "none"}])
    language.load()
    registry = RecognizerRegistry(supported_languages=["zh"])
    for name, patterns in PATTERNS.items():
        parts = [Pattern(f"{name} {i}", pattern, 0.6) for i, pattern in enumerate(patterns)]
        registry.add_recognizer(PatternRecognizer(name, patterns=parts, supported_language="zh"))
    engine = AnalyzerEngine(registry=registry, nlp_engine=language, supported_languages=["zh"])
    lines = Path(arguments[0]).read_text(encoding="utf-8").splitlines()

    def call() -> None:
        for line in lines:
            engine.analyze(line, language="zh")

    return call


WAYS = {"pii-audit": pii_audit, "csv": csv, "parquet": parquet, "presidio": presidio}


def main() -> None:
    """Run a way and print its seconds."""
    way, repeats, *arguments = sys.argv[1:]
    call = WAYS[way](arguments)
    call()
    seconds = []
    for _ in range(int(repeats)):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
