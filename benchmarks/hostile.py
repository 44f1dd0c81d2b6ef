"""Make the labelled set: lines of lending and collection text in which every exposed value is known.

    python -m benchmarks.hostile --out hostile.jsonl [--seed 2024] [--lines 24000]

One JSON object a line: ``text``, ``spans`` (``start``, ``end``, ``entity_type``; Unicode characters, end exclusive) and
``family``. A span covers the value with its country prefix, separators and extension, without label, quotes, brackets;
``(0571)87654321`` keeps the brackets of its area code. A coordinate pair written together is one span, latitude and
longitude under labels of their own are two. Families starting with ``neg/`` carry no span.

Values are drawn by the issuers' rules as ``facts`` reads them. Every line is read back without context; a line in which
something unlabelled passes by chance is drawn again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import facts
from benchmarks.exposures import SPECIAL, families
from benchmarks.kinds import KINDS, Kind, Line, Value
from benchmarks.lookalikes import _DENIED, NEGATIVE


def assemble(parts: Line, family: str) -> dict[str, Any]:
    """Return the labelled line of its parts."""
    text, spans = "", []
    for part in parts:
        if isinstance(part, Value):
            spans.append({"start": len(text), "end": len(text) + len(part.text), "entity_type": part.entity_type})
            text += part.text
        else:
            text += part
    return {"text": text, "spans": spans, "family": family}


def surprises(line: dict[str, Any]) -> list[facts.Reading]:
    """Return what stands in the text without being labelled, by the readers of ``facts``."""
    denied = _DENIED.get(line["family"].removeprefix("neg/"), set())
    return [
        found
        for found in facts.readings(line["text"])
        if found.entity_type not in denied
        and not any(found.start < span["end"] and span["start"] < found.end for span in line["spans"])
    ]


def _until_clean(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    while True:
        line = make()
        if not surprises(line):
            return line


def _positive(rng: Random, kind: Kind) -> dict[str, Any]:
    choices, weights = zip(*families(kind), strict=True)
    family = rng.choices(choices, weights)[0]
    return _until_clean(lambda: assemble(family(rng, kind), family.__name__))


def _special(rng: Random, make: Callable[[Random], Line]) -> dict[str, Any]:
    return _until_clean(lambda: assemble(make(rng), make.__name__))


def _negative(rng: Random, make: Callable[[Random], str]) -> dict[str, Any]:
    return _until_clean(lambda: assemble([make(rng)], f"neg/{make.__name__}"))


def lines(seed: int = 2024, count: int = 24_000) -> list[dict[str, Any]]:
    """Return the labelled set: about ``count`` lines in an order that the seed decides, two in five without a span."""
    return list(_lines(Random(seed), count))


def _lines(rng: Random, count: int) -> Iterator[dict[str, Any]]:
    made = []
    total = sum(kind.weight for kind in KINDS)
    for kind in KINDS:
        made += [_positive(rng, kind) for _ in range(round(count * 0.51 * kind.weight / total))]
    for make_line, permille in SPECIAL:
        made += [_special(rng, make_line) for _ in range(round(count * permille / 1000))]
    total = sum(weight for _, weight in NEGATIVE)
    for make, weight in NEGATIVE:
        made += [_negative(rng, make) for _ in range(round(count * 0.4 * weight / total))]
    rng.shuffle(made)
    yield from made


def main() -> None:
    """Write the set to a file."""
    parser = argparse.ArgumentParser(description="Write the labelled set as JSON lines.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--lines", type=int, default=24_000)
    options = parser.parse_args()
    made = lines(options.seed, options.lines)
    with options.out.open("w", encoding="utf-8") as out:
        for line in made:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{len(made)} lines, {sum(len(line['spans']) for line in made)} spans, {options.out}")


if __name__ == "__main__":
    main()
