"""Every row of every entity table, read by the detector and by Presidio's AnalyzerEngine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from pii_audit.entities import entity_type, installed, select
from pii_audit.recognizers.batch import Detector

TABLES = sorted((Path(__file__).parent / "entities").glob("*.yml"))
SEED = 20240229


def rows() -> Iterator[Any]:
    for path in TABLES:
        if entity_type(path.stem).structural:  # test_structure.py reads those
            continue
        for number, row in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")) or (), 1):
            yield pytest.param(path.stem.upper(), number, row, id=f"{path.stem}-{number}")


def filled(name: str, number: int, row: dict[str, Any]) -> tuple[str, list[str]]:
    """Return text and expected spans with ``{sample}`` replaced."""
    entity = entity_type(name)
    sample = entity.sample(random.Random(SEED + number)) if entity.sample else ""
    wanted = row.get("span")
    spans = [] if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
    return row["text"].replace("{sample}", sample), [span.replace("{sample}", sample) for span in spans]


@pytest.fixture(scope="session")
def detectors() -> dict[bool, Detector]:
    """The default detector, and one with every type, for the tables of types that are off by default."""
    return {True: Detector(select(None)), False: Detector(installed())}


def found(detector: Detector, text: str, name: str, header: str | None = None) -> list[str]:
    spans = detector.detect(pa.array([text]), header)
    return [
        text[spans.start[i] : spans.end[i]]
        for i in range(len(spans))
        if detector.entities[spans.entity[i]].name == name
    ]


@pytest.mark.parametrize(("name", "number", "row"), list(rows()))
def test_table(detectors: dict[bool, Detector], name: str, number: int, row: dict[str, Any]) -> None:
    text, wanted = filled(name, number, row)
    detector = detectors[entity_type(name).default]
    assert found(detector, text, row.get("type", name), row.get("header")) == wanted, row.get("why")
