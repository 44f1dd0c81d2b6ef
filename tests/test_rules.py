"""Every rule against its table of violating and conforming cases (``tests/rules``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import rulecases
import yaml

from pii_audit.policy.law import load_law
from pii_audit.policy.registry import rules

TABLES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(rulecases.FOLDER.glob("*.yml"))}
CASES = [(name, case) for name, table in TABLES.items() for case in table["cases"]]


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{name}-{case['why'].replace(' ', '-')}" for name, case in CASES])
def test_case(rule: str, case: dict[str, Any], tmp_path: Path) -> None:
    assert rulecases.differences(rulecases.run(tmp_path, TABLES[rule].get("rule", rule), case), case) == []


def test_every_rule_has_a_table_with_both_kinds() -> None:
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for name, table in TABLES.items():
        by_rule.setdefault(table.get("rule", name), []).extend(table["cases"])
    assert set(by_rule) == set(rules())
    for name, cases in by_rule.items():
        assert any(case.get("broken") for case in cases), f"{name} has no violating case"
        assert any(not case.get("broken") and not case.get("untestable") for case in cases), f"{name} has no conforming case"


@pytest.mark.parametrize("rule", rules().values(), ids=list(rules()))
def test_every_rule_is_described(rule: Any) -> None:
    prose = rule.prose()
    assert prose["asks"].startswith("Asks ")
    assert all(prose.get(part) for part in ("why", "example", "remedy"))
    assert rule.title and rule.title_zh and rule.remedy_zh
    assert vars(rule).get("example_zh"), "a rule has an example of its own, in Chinese too"
    assert not rule.title.endswith(".")
    assert rule.law or not rule.enabled or rule.policy_only
    basis = load_law().basis(rule.law)
    # a fact from memory is no enabled default
    assert not rule.enabled or not basis or any(not item.is_from_memory for item in basis)
    assert rule.__module__.rpartition(".")[2] == rule.id.replace("-", "_")
    for name, item in rule.parameters().items():
        assert item.metadata["doc"] and item.metadata["doc_zh"], name
