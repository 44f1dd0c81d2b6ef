"""Runs one case of a table in ``tests/rules``: a small catalogue, real files, one rule.

A case: ``why``; ``datasets`` (name → kind, facts of the catalogue, ``rows``: role → value as written; ``binding`` only
where a role is bound on purpose); ``recipients``, ``organisation``; ``findings``, ``masked`` and ``files`` in the columns of
``policy/relations.py``; ``with`` (parameters). It expects ``broken``: dataset → rows (1-based), or columns, or aspects, or
how many; nothing means conforming. ``untestable``: dataset → what is missing; ``counted``: dataset → what is missing → how many rows.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pii_audit.entities import entity_type
from pii_audit.model.entity import Sensitivity
from pii_audit.model.finding import Confidence, Finding, MaskedCount
from pii_audit.policy import relations
from pii_audit.policy.catalogue import load_catalogue
from pii_audit.policy.evaluate import Evaluation, Evidence, evaluate
from pii_audit.policy.packs import load_policy
from pii_audit.sources.discover import discover

FOLDER = Path(__file__).parent / "rules"


def run(folder: Path, rule: str, case: Mapping[str, Any]) -> Evaluation:
    """Return what one rule says of a case."""
    datasets: dict[str, dict[str, Any]] = {}
    for name, dataset in case.get("datasets", {}).items():
        facts = {key: value for key, value in dataset.items() if key != "rows"}
        rows = dataset.get("rows")
        path = folder / f"{name}.csv"
        if rows is not None:
            headers = list(dict.fromkeys(key for row in rows for key in row))
            with path.open("w", encoding="utf-8", newline="") as stream:
                # a column of its own, so that every row is one and the file is a table
                writer = csv.DictWriter(stream, ["_row", *headers])
                writer.writeheader()
                writer.writerows({"_row": number, **row} for number, row in enumerate(rows, 1))
            facts.setdefault("binding", {header: header for header in headers})
        datasets[name] = {"paths": [path.name], **facts}
    document = {
        "organisation": {"kind": "consumer_finance", **case.get("organisation", {})},
        "as_of": case.get("as_of", dt.date(2026, 6, 30)),
        "policies": ["policy.yml"],
        "datasets": datasets or {"nothing": {"paths": ["nothing"], "kind": "other"}},
        "recipients": case.get("recipients", {}),
    }
    entry = {"rule": rule, "enabled": True, **case.get("with", {})}
    (folder / "audit.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    (folder / "policy.yml").write_text(yaml.safe_dump({"rules": [entry]}, allow_unicode=True), encoding="utf-8")
    catalogue = load_catalogue(folder / "audit.yaml")
    policy = load_policy(catalogue.policies, folder)
    tables = relations.fill(
        catalogue,
        [(item["dataset"], _finding(item)) for item in case.get("findings", ())],
        [(item["dataset"], MaskedCount(item.get("source", "-"), item.get("column"), item["entity_type"], item.get("count", 1))) for item in case.get("masked", ())],
        [
            relations.FileFacts(item["dataset"], item["source"], item.get("bytes"), item.get("mode"), item.get("modified"))
            for item in case.get("files", ())
        ],
    )
    blobs = {name: discover([str(folder / f"{name}.csv")]).blobs for name, dataset in case.get("datasets", {}).items() if "rows" in dataset}
    return evaluate(catalogue, policy, Evidence(tables, blobs))


def _finding(item: Mapping[str, Any]) -> Finding:
    entity = entity_type(item["entity_type"])
    return Finding(
        source=item.get("source", f"{item['dataset']}.csv"),
        column=item.get("column"),
        entity_type=entity.name,
        count=item.get("count", 1),
        distinct=item.get("distinct", item.get("count", 1)),
        distinct_exact=True,
        cells=item.get("count", 1),
        values=item.get("values", item.get("count", 1)),
        score=0.95,
        evidence="checksum",
        confidence=Confidence.CERTAIN,
        sensitivity=Sensitivity(item.get("sensitivity", entity.sensitivity)),
        pattern=item.get("pattern", "column"),
        first_locations=(),
        masked_samples=(),
        subjects=item.get("subjects"),
        third_persons=item.get("third_persons"),
    )


def differences(evaluation: Evaluation, case: Mapping[str, Any]) -> list[str]:
    """Return how the evaluation differs from what the case expects."""
    found = {violation.dataset: violation for violation in evaluation.violations}
    wanted = case.get("broken") or {}
    told = [f"{name}: not broken" for name in wanted if name not in found]
    told += [f"{name}: broken ({violation.count}: {violation.details}, {[p.row for p in violation.places]})" for name, violation in found.items() if name not in wanted]
    for name, expected in wanted.items():
        if name not in found:
            continue
        violation = found[name]
        if isinstance(expected, int):
            seen: Any = violation.count
        elif expected and isinstance(expected[0], int):
            seen = [place.row for place in violation.places]
            if violation.count != len(expected):
                told.append(f"{name}: {violation.count} instead of {len(expected)}")
            expected = expected[: len(seen)]
        else:
            columns = sorted(place.column or "" for place in violation.places)
            seen = columns if columns == sorted(expected) else sorted(violation.details)
            expected = sorted(expected)
        if seen != expected:
            told.append(f"{name}: {seen} instead of {expected}")
    missing = {(item.dataset, item.missing) for item in evaluation.not_testable}
    expected_missing = {(name, what) for name, whats in (case.get("untestable") or {}).items() for what in ([whats] if isinstance(whats, str) else whats)}
    told += [f"{name}: {what} unexpectedly missing" for name, what in sorted(missing - expected_missing)]
    told += [f"{name}: {what} expected to be missing" for name, what in sorted(expected_missing - missing)]
    rows = {(item.dataset, item.missing): item.rows for item in evaluation.not_testable}
    counted = {(name, what): n for name, counts in (case.get("counted") or {}).items() for what, n in counts.items()}
    told += [f"{name}: {rows.get((name, what))} rows with {what} instead of {n}" for (name, what), n in counted.items() if rows.get((name, what)) != n]
    return told
