"""Plans: everything is named, every mistake at once with its line, and nothing slips through."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_audit.anonymize.plan import load_plan, presets, schema, treatment
from pii_audit.documents.fields import PolicyError
from pii_audit.model.entity import Role

PLAN = """\
recipient: AG01
preset: collection-agency
entities:
  CN_BANK_CARD: redact
datasets:
  loans:
    tables: ["core/*.csv"]
    columns:
      borrower_id: {operator: hash, domain: customer, role: direct-identifier, key: second}
      birth_date: {operator: generalize, to: year, role: quasi-identifier}
      notes: text
      amount: keep
    drop: [remark]
    rows: {status: [正常, 逾期]}
    person: borrower_id
keys:
  default: {file: keys/one.key}
  second: {env: SECOND_KEY}
require: {k: 5, l: 2, t: 2%}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plan_says_what_becomes_of_everything(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, PLAN))
    loans = plan.of("core/loan_book.csv")
    assert loans is not None and plan.of("other.csv") is None and plan.of("core/a.xlsx!S") is None
    by_hash = loans.columns["borrower_id"]
    assert by_hash.operator is not None and by_hash.operator.name == "hash"
    assert (by_hash.domain, by_hash.role, by_hash.key) == ("customer", Role.DIRECT_IDENTIFIER, "second")
    assert loans.columns["notes"].operator is None
    assert loans.rows == {"status": ("正常", "逾期")} and loans.drop == ("remark",) and loans.person == "borrower_id"
    assert plan.keys["default"].file == tmp_path / "keys" / "one.key" and plan.keys["second"].env == "SECOND_KEY"
    assert plan.require is not None and (plan.require.k, plan.require.l, plan.require.t) == (5, 2, 0.02)


def test_the_plan_comes_before_its_preset_and_the_default_after_both(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, PLAN))
    names = {name: plan.for_entity(name).operator for name in ("CN_BANK_CARD", "CN_MOBILE_PHONE", "CN_QQ")}
    assert {name: operator.name for name, operator in names.items() if operator} == {"CN_BANK_CARD": "redact", "CN_MOBILE_PHONE": "mask", "CN_QQ": "redact"}


def test_an_empty_plan_redacts_whatever_is_detected(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, "{}\n"))
    operator = plan.for_entity("CN_RESIDENT_ID").operator
    assert operator is not None and operator.name == "redact" and plan.fallback.name == "redact"


MISTAKES = """\
recipients: AG01
preset: collection-agent
default: redcat
fallback: hash
entities:
  CN_ID_CARD: redact
  CN_BANK_CARD: {operator: mask, heads: 3}
  CN_QQ: {with: x}
datasets:
  loans:
    columns: {id: keep}
  others:
    tables: [a.csv]
    drop: [note]
    columns:
      note: redact
      born: {operator: generalize, to: fortnight, role: quasi}
      born: keep
keys:
  default: {file: a, env: B}
require: {k: 1, t: 120%}
"""


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as error:
        load_plan(written(tmp_path, MISTAKES))
    lines = {int(line.split(":")[1]): line for line in str(error.value).removeprefix(str(tmp_path)).replace(str(tmp_path), "").splitlines()}
    told = str(error.value)
    for number, part in {
        1: "recipients: unknown key; did you mean recipient",
        2: "did you mean collection-agency",
        3: "default: unknown operator redcat; did you mean redact",
        6: "CN_ID_CARD",
        7: "unknown parameter of mask heads",
        8: "operator is missing",
        11: "tables is missing",
        17: "datasets.others.columns.born",
        18: "is given twice",
        21: "require.",
    }.items():
        assert number in lines, told
        assert any(f":{number}: " in line and part in line for line in told.splitlines()), (number, part, told)
    assert "either file or env" in told and "note is among the columns too" in told and "a fallback may not" in told


@pytest.mark.parametrize("name", ["collection-agency", "model-training", "publication", "regulator", "test-data"])
def test_presets_are_plans(name: str, tmp_path: Path) -> None:
    assert name in presets()
    plan = load_plan(written(tmp_path, f"preset: {name}\n"))
    # no preset lets an identifier out in clear
    for entity in ("CN_RESIDENT_ID", "CN_MOBILE_PHONE", "CN_BANK_CARD", "PERSON", "CARD_SECURITY_CODE", "CREDENTIAL"):
        operator = plan.for_entity(entity).operator
        assert operator is not None and operator.degree.value != "clear"


def test_schema_knows_operators_and_columns() -> None:
    properties = schema()["properties"]
    assert {"default", "entities", "datasets", "keys", "require", "preset"} <= set(properties)
    assert set(properties["preset"]["enum"]) == set(presets())


def test_a_manifest_gives_the_treatment_back(tmp_path: Path) -> None:
    from pii_audit.anonymize.manifest import column
    from pii_audit.anonymize.transform import Tally

    loans = load_plan(written(tmp_path, PLAN)).of("core/loan_book.csv")
    assert loans is not None
    for name, wanted in loans.columns.items():
        if wanted.operator is not None:
            assert treatment(column("core/loan_book.csv", name, wanted, Tally(), dropped=False)) in (wanted, wanted.__class__(wanted.operator, wanted.entity, wanted.domain, wanted.role))
