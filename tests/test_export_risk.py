"""Exports that are held to limits: k, l and t before and after, levels that reach them, rows that are taken out."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pii_audit.anonymize.plan import load_plan
from pii_audit.documents.fields import PolicyError
from pii_audit.exporting import Export, export
from pii_audit.model.errors import UsageError

PLAN = """\
datasets:
  loans:
    tables: [loans.csv]
    columns:
      city: {operator: keep, role: quasi-identifier}
      opened: {operator: keep, role: quasi-identifier%(levels)s}
      amount: {operator: keep, role: sensitive-attribute}
      state: keep
    %(rows)s
%(limits)s
"""
LEVELS = ", levels: [{operator: generalize, to: month}, {operator: generalize, to: year}]"


def lender(folder: Path) -> list[dict[str, str]]:
    random = Random(7)
    rows = [
        {"city": random.choice(["甲市", "乙市"]), "opened": f"20{random.randint(20, 22)}-0{random.randint(1, 9)}-1{random.randint(0, 9)}", "amount": str(random.randint(1, 6) * 1000), "state": random.choice(["open", "closed"])}
        for _ in range(1200)
    ]
    with (folder / "loans.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def run(folder: Path, limits: str, levels: str = "", rows: str = "") -> tuple[Export, list[dict[str, str]]]:
    source = folder / "in"
    source.mkdir()
    lender(source)
    (folder / "plan.yaml").write_text(PLAN % {"limits": limits, "levels": levels, "rows": rows}, encoding="utf-8")
    found = export(source, load_plan(folder / "plan.yaml"), folder / "out", workers=1)
    with (found.folder / "loans.csv").open(encoding="utf-8", newline="") as stream:
        return found, list(csv.DictReader(stream))


def smallest(rows: list[dict[str, str]]) -> int:
    return min(Counter((row["city"], row["opened"]) for row in rows).values())


def test_an_export_below_its_limit_is_not_published(tmp_path: Path) -> None:
    found, rows = run(tmp_path, "require: {k: 5}")
    assert found.folder.name == "out.quarantine" and not (tmp_path / "out").exists()
    assert smallest(rows) == 1
    assert any("k is 1, 5 is required" in problem for problem in found.problems)
    assert found.manifest["published"] is False


def test_levels_reach_what_is_asked_and_no_coarser(tmp_path: Path) -> None:
    found, rows = run(tmp_path, "require: {k: 5}\nreach: {k: 5, suppress_at_most: 2%}", LEVELS)
    (told,) = found.manifest["risk"]
    reached: dict[str, Any] = told["reached"]
    assert found.problems == () and smallest(rows) >= 5 == told["after"]["asked"]
    assert len(rows) == 1200 - reached["suppressed"] and reached["suppressed"] <= 24
    # months reach k 5 for nearly all; whole years would have been coarser than needed
    assert reached["node"] == [0, 1] and {len(row["opened"]) for row in rows} == {7}
    assert told["before"]["k"] == 1
    # every day became a month, no city changed
    kept = {column["column"]: column for column in told["utility"]["columns"]}
    assert (kept["city"]["changed"], kept["opened"]["changed"], kept["amount"]["changed"]) == (0.0, 1.0, 0.0)
    assert told["utility"]["rows_after"] == len(rows)


def test_rows_that_stay_in_the_house_do_not_count(tmp_path: Path) -> None:
    found, rows = run(tmp_path, "require: {k: 2}\nreach: {k: 2, suppress_at_most: 30%}", LEVELS, "rows: {state: [open]}")
    assert {row["state"] for row in rows} == {"open"} and smallest(rows) >= 2 and found.problems == ()
    (told,) = found.manifest["risk"]
    assert told["after"]["rows"] == len(rows) == told["reached"]["rows"] - told["reached"]["suppressed"]


def test_limits_out_of_reach_end_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no levels of loans.csv reach it"):
        run(tmp_path, "reach: {k: 250}", LEVELS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "plan.yaml"]


def test_limits_of_a_plan_without_quasi_identifiers_are_missed(tmp_path: Path) -> None:
    lender(tmp_path)
    (tmp_path / "plan.yaml").write_text("require: {k: 5}\n", encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "loans.csv").rename(tmp_path / "in" / "loans.csv")
    found = export(tmp_path / "in", load_plan(tmp_path / "plan.yaml"), tmp_path / "out", workers=1)
    assert any("names no column a quasi-identifier" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("limits", "levels", "reason"),
    [
        ("", LEVELS, "does not say what to reach"),
        ("reach: {k: 5}", "", "no column has levels"),
        ("reach: {k: 5}", ", levels: year", "must be a list of operators"),
        ("reach: {k: 5}", ", levels: [yearly]", "unknown operator yearly"),
    ],
)
def test_levels_and_reach_belong_together(limits: str, levels: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN % {"limits": limits, "levels": levels, "rows": ""}, encoding="utf-8")
    with pytest.raises(PolicyError, match=reason):
        load_plan(tmp_path / "plan.yaml")


def test_the_manifest_says_no_value(tmp_path: Path) -> None:
    found, _ = run(tmp_path, "reach: {k: 5, suppress_at_most: 2%}", LEVELS)
    text = json.dumps(found.manifest, ensure_ascii=False)
    assert "甲市" not in text and "2020-0" not in text
