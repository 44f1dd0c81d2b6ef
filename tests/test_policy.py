"""Policy files: every mistake at once with its line, what extends what, exemptions, rules in YAML and from elsewhere."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import lender
import pytest
import yaml

import pii_audit
from pii_audit import plugins
from pii_audit.auditing import audit
from pii_audit.documents.fields import MAX_BYTES, PolicyError
from pii_audit.documents.period import Period
from pii_audit.model.errors import ExitCode, PluginError
from pii_audit.model.result import AuditResult
from pii_audit.model.violation import Severity
from pii_audit.policy import packs, registry, where
from pii_audit.policy.law import load_law
from pii_audit.policy.packs import Applied, load_audit, load_policy

ANY_RULE = "rules: [{rule: threats}]\n"


def load(folder: Path, text: str | bytes, name: str = "p.yml") -> dict[str, Applied]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return dict(load_policy([name], folder, "").applied)


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    """Return the mistakes of a policy, without the folder it lies in."""
    with pytest.raises(PolicyError) as error:
        load(folder, text)
    return [line.removeprefix(f"{folder}/") for line in str(error.value).splitlines()]


# --- mistakes ---------------------------------------------------------------------------------------------------------

TWELVE = """\
policy: twelve
extends:
  - colection
  - circle.yml
rules:
  - rule: quiet-hour
  - rule: connected-calls
    most: three
  - rule: file-age
    keep: 5x
  - rule: attempts-per-number
    mostt: 6
  - rule: insults
    severity: hihg
  - rule: threats
    enabled: true
  - rule: threats
    enabled: false
  - id: long-call
    title: Calls of more than an hour
    kind: collection_log
    where: duration > (SELECT 3600)
  - id: from-memory
    title: Only remembered
    kind: collection_log
    where: duration > 3600
    law:
      - MEMORY
exemptions:
  - rule: insults
    owner: Wang
    expires: 2026-12-31
  - rule: insult
    owner: Wang
    reason: tested by hand
    expires: 2026-02-30
"""


def remembered() -> str:
    return next(row.id for row in load_law().rows.values() if row.is_from_memory)


def test_twelve_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "circle.yml").write_text("extends: p.yml\n", encoding="utf-8")
    found = mistakes(tmp_path, TWELVE.replace("MEMORY", remembered()))
    wanted = [
        ("circle.yml", 1, "extends", "circle"),
        ("p.yml", 3, "extends[0]", "unknown policy colection; did you mean collection?"),
        ("p.yml", 6, "rules[0].rule", "unknown rule quiet-hour; did you mean quiet-hours?"),
        ("p.yml", 8, "rules[1].most", "must be a whole number, 0 or more"),
        ("p.yml", 10, "rules[2].keep", "must be a period such as 5y, 6m, 30d or 1y6m"),
        ("p.yml", 12, "rules[3].mostt", "unknown key or parameter; did you mean most?"),
        ("p.yml", 14, "rules[4].severity", "unknown severity hihg; did you mean high?"),
        ("p.yml", 17, "rules[6]", "the id threats is given twice"),
        ("p.yml", 22, "rules[7].where", "subquery is not allowed in a condition"),
        ("p.yml", 28, "rules[8].law", "from memory alone"),
        ("p.yml", 30, "exemptions[0]", "reason is missing (why)"),
        ("p.yml", 36, "exemptions[1].expires", "must be a date such as 2026-06-30"),
    ]
    assert len(found) == len(wanted) == 12
    for line, (file, number, path, reason) in zip(found, wanted, strict=True):
        assert line.startswith(f"{file}:{number}: {path}: "), line
        assert reason in line


def test_lint_prints_the_same_mistakes(tmp_path: Path) -> None:
    (tmp_path / "circle.yml").write_text("extends: p.yml\n", encoding="utf-8")
    found = mistakes(tmp_path, TWELVE.replace("MEMORY", remembered()))
    done = lender.program("policy", "lint", "p.yml", cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert done.stdout.decode().splitlines() == found
    assert done.stderr == b""


def test_an_audit_reports_mistakes_of_catalogue_and_policies_together(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text("rules:\n  - rule: threat\n  - rule: insults\n    datasets: [lones]\n", encoding="utf-8")
    (tmp_path / "audit.yaml").write_text(
        "organisation: {kind: bnak}\npolicies: [p.yml, pipl]\ndatasets:\n  loans: {paths: a, kind: loan_bok}\n", encoding="utf-8"
    )
    done = lender.program("audit", cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE and done.stdout == b""
    found = done.stderr.decode().splitlines()
    assert [re.match(r"pii-audit: (\S+: \S+?): ", line)[1] for line in found] == [  # type: ignore[index]
        "audit.yaml:1: organisation.kind", "audit.yaml:2: policies", "audit.yaml:4: datasets.loans.kind", "p.yml:2: rules[0].rule",
    ]  # fmt: skip
    assert "did you mean bank?" in found[0] and "did you mean loan_book?" in found[2]


def test_what_a_policy_says_of_datasets_must_fit_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text(
        "rules:\n  - rule: insults\n    severity: high\n    datasets: [lones]\nexemptions:\n"
        "  - owner: W\n    reason: R\n    expires: 2026-12-31\n    rule: insults\n    dataset: lone\n",
        encoding="utf-8",
    )
    (tmp_path / "audit.yaml").write_text(
        "organisation: {kind: bank}\npolicies: p.yml\ndatasets:\n  loans: {paths: a, kind: loan_book}\n", encoding="utf-8"
    )
    with pytest.raises(PolicyError) as error:
        load_audit(tmp_path / "audit.yaml")
    assert [re.search(r"(p.yml:\d+: \S+): (.*?)\?", line).groups() for line in str(error.value).splitlines()] == [  # type: ignore[union-attr]
        ("p.yml:4: rules[0].datasets", "unknown dataset lones; did you mean loans"),
        ("p.yml:10: exemptions.dataset", "unknown dataset lone; did you mean loans"),
    ]


#: one mistake → line, path, and words of the reason
MISTAKES = {
    "missing parameter of a rule in yaml": ("rules:\n  - {id: a, where: duration > 1, kind: collection_log}\n", 2, "rules[0]", "title is missing"),
    "needs rule, where or id": ("rules:\n  - {severity: low}\n", 2, "rules[0]", "needs rule, where, or the id of an entry"),
    "no entry of that id below": ("rules:\n  - {id: mine, severity: low}\n", 2, "rules[0]", "needs rule, where, or the id"),
    "id of another rule": ("rules:\n  - {rule: threats, id: insults}\n", 2, "rules[0].id", "is the id of another rule, insults"),
    "id with capitals": ("rules:\n  - {rule: threats, id: My Id}\n", 2, "rules[0].id", "must be an id of small letters"),
    "empty id": ("rules:\n  - rule: threats\n    id: ''\n", 3, "rules[0].id", "is empty"),
    "no id": ("rules:\n  - rule: threats\n    id:\n", 3, "rules[0].id", "is empty"),
    "id is a list": ("rules:\n  - rule: threats\n    id: [a]\n", 3, "rules[0].id", "must be an id"),
    "rule is a list": ("rules: [{rule: [threats]}]\n", 1, "rules[0].rule", "must be a text"),
    "entry is a text": ("rules:\n  - threats\n", 2, "rules[0]", "must be a mapping"),
    "entries are a mapping": ("rules: {rule: threats}\n", 1, "rules", "must be a list"),
    "no entries": ("rules:\n", 1, "rules", "is empty; a list was expected"),
    "enabled is a word": ("rules: [{rule: threats, enabled: perhaps}]\n", 1, "rules[0].enabled", "must be true or false"),
    "no dataset": ("rules: [{rule: threats, datasets: []}]\n", 1, "rules[0].datasets", "must not be empty"),
    "unknown key, nothing near": ("rules: [{rule: connected-calls, xyz: 1}]\n", 1, "rules[0].xyz", "(known: rule, id, enabled, severity, steps, datasets, most)"),
    "unknown key of the file": ("rule: []\n", 1, "rule", "did you mean rules?"),
    "merge key": ("<<: {rules: []}\n", 1, "<<", "unknown key"),
    "a number too large": (f"rules: [{{rule: connected-calls, most: {'9' * 16}}}]\n", 1, "rules[0].most", "must be a whole number"),
    "a negative number": ("rules: [{rule: connected-calls, most: -1}]\n", 1, "rules[0].most", "must be a whole number"),
    "a time of day": ("rules: [{rule: quiet-hours, start: '25:00'}]\n", 1, "rules[0].start", "must be a time of day such as 22:00"),
    "unknown entity type": ("rules: [{rule: location-held, entities: [GEO_COORDINAT]}]\n", 1, "rules[0].entities", "did you mean GEO_COORDINATE?"),
    "unknown row of the law": ("rules:\n  - id: a\n    title: t\n    kind: staff\n    where: agent = 1\n    law: RET-9\n", 6, "rules[0].law", "unknown row of the law RET-9; did you mean RET-"),
    "unknown kind": ("rules:\n  - id: a\n    title: t\n    kind: stuff\n    where: agent = 1\n", 4, "rules[0].kind", "unknown kind stuff; did you mean staff?"),
    "a step below the severity": ("rules:\n  - rule: threats\n    severity: high\n    steps: [{from: 9, severity: medium}]\n", 4, "rules[0].steps", "must rise with the counts, from above high"),
    "a step as the severity": ("rules:\n  - rule: clear-in-messages\n    steps: [{from: 9, severity: medium}]\n", 3, "rules[0].steps", "from above medium"),
    "steps that fall": ("rules:\n  - rule: threats\n    severity: info\n    steps: [{from: 1, severity: high}, {from: 9, severity: low}]\n", 4, "rules[0].steps", "must rise"),
    "two steps at once": ("rules:\n  - rule: threats\n    severity: info\n    steps: [{from: 9, severity: high}, {from: 9, severity: low}]\n", 4, "rules[0].steps", "must rise"),
    "a step from nothing": ("rules:\n  - rule: threats\n    severity: info\n    steps:\n      from: 0\n      severity: high\n", 5, "rules[0].steps.from", "1 or more"),
    "half a step": ("rules:\n  - rule: threats\n    steps: [{from: 9}]\n", 3, "rules[0].steps", "severity is missing"),
    "exemption without owner": ("exemptions:\n  - {rule: threats, reason: R, expires: 2026-01-01}\n" + ANY_RULE, 2, "exemptions", "owner is missing (who accepted it)"),
    "exemption without reason": ("exemptions:\n  - {rule: threats, owner: O, expires: 2026-01-01}\n" + ANY_RULE, 2, "exemptions", "reason is missing (why)"),
    "exemption without an end": ("exemptions:\n  - {rule: threats, owner: O, reason: R}\n" + ANY_RULE, 2, "exemptions", "expires is missing"),
    "exemption with an empty owner": ("exemptions:\n  - {rule: threats, owner: , reason: R, expires: 2026-01-01}\n" + ANY_RULE, 2, "exemptions.owner", "is empty"),
    "exemption of no rule": ("exemptions:\n  - owner: O\n    rule: threat\n    reason: R\n    expires: 2026-01-01\n" + ANY_RULE, 3, "exemptions.rule", "unknown rule threat; did you mean threats?"),
    "exemption for ever": ("exemptions: [{rule: threats, owner: O, reason: R, expires: never}]\n" + ANY_RULE, 1, "exemptions.expires", "must be a date"),
}


@pytest.mark.parametrize("case", MISTAKES.values(), ids=MISTAKES)
def test_one_mistake(tmp_path: Path, case: tuple[str, int, str, str]) -> None:
    text, line, path, reason = case
    (found,) = mistakes(tmp_path, text)
    assert found.startswith(f"p.yml:{line}: {path}"), found
    assert reason in found


def test_a_policy_that_is_nowhere(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"^unknown policy retnetion; did you mean retention\?"):
        load_policy(["retnetion"], tmp_path)


# --- hostile and broken files -----------------------------------------------------------------------------------------

#: file → line and words of the reason
BROKEN = {
    "billion laughs": (b"a: &a [x, x]\nb: &b [*a, *a]\nrules: [*b]\n", 2, "aliases are not allowed"),
    "alias of itself": (b"a: &a [*a]\n", 1, "aliases are not allowed"),
    "merged alias": (b"x: &x {rule: threats}\nrules: [{<<: *x}]\n", 2, "aliases are not allowed"),
    "deep list": (b"rules: " + b"[" * 100_000, 1, "is nested too deeply"),
    "deep mapping": (b"rules: " + b"{a: " * 100_000, 1, "is nested too deeply"),
    "deep keys": (b"? " * 100_000, 1, "is nested too deeply"),
    "deep blocks": (b"rules:\n" + b"".join(b" " * i + b"- \n" for i in range(1, 2000)), 33, "is nested too deeply"),
    "huge": (b"#" * (MAX_BYTES + 1), 1, "is larger than 8 MiB"),
    "an object": (b"rules:\n  !!python/object/apply:os.system ['true']\n", 2, "the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed"),
    "a class": (b"title: !!python/name:os.system ''\n", 1, "the tag tag:yaml.org,2002:python/name:os.system is not allowed"),
    "a tag by another name": (b"%TAG ! tag:yaml.org,2002:python/\n---\nrules: !object {}\n", 3, "the tag tag:yaml.org,2002:python/object is not allowed"),
    "own tag": (b"rules: !foo []\n", 1, "the tag !foo is not allowed"),
    "binary": (b"title: !!binary aGVsbG8=\n", 1, "the tag tag:yaml.org,2002:binary is not allowed"),
    "key twice": (b"title: a\nrules: []\ntitle: b\n", 3, "title: is given twice"),
    "key twice in an entry": (b"rules:\n  - rule: threats\n    severity: low\n    severity: high\n", 4, "rules[0].severity: is given twice"),
    "rule twice in an entry": (b"rules: [{rule: threats, rule: insults}]\n", 1, "rules[0].rule: is given twice"),
    "not UTF-8": (b"title: x\npolicy: \xff\xfe\n", 2, "is not UTF-8 (byte 18)"),
    "GB18030": ("title: 政策\n".encode("gb18030"), 1, "is not UTF-8 (byte 8)"),
    "UTF-16": ("rules: []\n".encode("utf-16"), 1, "is not UTF-8 (byte 1)"),
    "NUL": (b"rules: []\n\0", 2, "the character \\x00 is not allowed"),
    "escape": (b"title: \x1b[31m\n", 1, "the character \\x1b is not allowed"),
    "tab": (b"rules:\n\t- rule: threats\n", 2, "is not YAML"),
    "unclosed": (b"rules: [\n", 2, "is not YAML"),
    "unclosed quote": (b"title: 'x\nrules: []\n", 3, "is not YAML"),
    "two documents": (b"rules: []\n---\nrules: []\n", 2, "is not YAML"),
    "YAML 9": (b"%YAML 9.9\n---\nrules: []\n", 1, "is not YAML"),
    "key of a list": (b"? [a, b]\n: 1\n", 1, "a key must be a text"),
    "empty": (b"", 1, "must be a mapping of keys to values"),
    "only a mark": (b"\xef\xbb\xbf", 1, "must be a mapping of keys to values"),
    "only comments": (b"# nothing\n", 1, "must be a mapping of keys to values"),
    "null": (b"~\n", 1, "must be a mapping of keys to values"),
    "list": (b"- rule: threats\n", 1, "must be a mapping of keys to values"),
    "text": (b"threats\n", 1, "must be a mapping of keys to values"),
    "extends a list of lists": (b"extends: [[a]]\n", 1, "extends: must be a text"),
    "extends a folder": (b"rules: []\nextends: /\n", 2, "extends: unknown policy /"),
    "extends an address": (b"extends: http://localhost/p.yml\n", 1, "extends: unknown policy http://localhost/p.yml"),
    "extends a NUL": (b'extends: "a\\0b"\n', 1, "extends: unknown policy a\\x00b"),
    "extends itself": (b"extends: p.yml\n", 1, "extends: the policies extend each other in a circle"),
    "extends the law": (b"extends: law\n", 1, "extends: unknown policy law"),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_a_broken_file(tmp_path: Path, case: tuple[bytes, int, str]) -> None:
    data, line, reason = case
    began = time.process_time()
    found = mistakes(tmp_path, data)
    assert time.process_time() - began < 5
    assert found[0].startswith(f"p.yml:{line}: "), found
    assert reason in found[0]
    assert all(len(line) < 500 and line.isprintable() for line in found)


def test_a_tag_that_constructs_objects_runs_nothing(tmp_path: Path) -> None:
    flag = tmp_path / "ran"
    mistakes(tmp_path, f"rules: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{flag}']]\n")
    assert not flag.exists()


def test_long_texts_are_cut_in_messages(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, f"? {'x' * 3_000_000}\n: 1\n")
    assert len(found) < 200
    (found,) = mistakes(tmp_path, f"rules: [{{rule: {'x' * 3_000_000}}}]\n")
    assert len(found) < 200


@pytest.mark.parametrize("data", [
    b"\xef\xbb\xbf" + ANY_RULE.encode(),
    ANY_RULE.replace("\n", "\r\n").encode(),
    b"rules:\r\n- rule:\tthreats\r\n",
    b"rules: &unused [{rule: !!str threats}]\n",
    f"title: '{'长' * 1_000_000}'\n{ANY_RULE}".encode(),
], ids=["byte-order mark", "CRLF", "tab behind a key", "anchor and plain tag", "long title"])  # fmt: skip
def test_a_strange_file_that_says_what_it_says(tmp_path: Path, data: bytes) -> None:
    assert list(load(tmp_path, data)) == ["threats"]


def test_lines_are_right_after_carriage_returns(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, b"rules:\r\n  - rule: threats\r\n    severity: bad\r\n")
    assert found.startswith("p.yml:3: rules[0].severity: ")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "audit.yaml").mkdir()
    with pytest.raises(PolicyError, match=r"audit.yaml:1: \(document\): cannot be read \(Is a directory\)"):
        load_audit(tmp_path / "audit.yaml")


# --- extends ----------------------------------------------------------------------------------------------------------

def test_an_entry_changes_the_one_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text(
        "rules:\n  - {rule: connected-calls, most: 5, severity: low, steps: [{from: 10, severity: high}]}\n  - {rule: threats}\n", encoding="utf-8"
    )
    (tmp_path / "house.yml").write_text("extends: base.yml\nrules: [{rule: connected-calls, most: 4}]\n", encoding="utf-8")
    found = load(tmp_path, "extends: house.yml\nrules:\n  - {rule: connected-calls, severity: medium}\n  - {id: threats, enabled: false}\n")
    calls = found["connected-calls"]
    assert calls.rule.most == 4  # type: ignore[attr-defined]
    assert (calls.severity, calls.reached) == (Severity.MEDIUM, f"policy {tmp_path}/p.yml")
    assert [calls.graded(count) for count in (9, 10)] == [(Severity.MEDIUM, f"policy {tmp_path}/p.yml"), (Severity.HIGH, "at least 10")]
    assert calls.enabled and not found["threats"].enabled
    # what a file says about itself is not changed by others
    assert load_policy(["base.yml"], tmp_path).applied["connected-calls"].rule.most == 5  # type: ignore[attr-defined]


def test_the_nearest_file_decides(tmp_path: Path) -> None:
    for name, text in {
        "a.yml": "rules: [{rule: connected-calls, most: 1}]\n",
        "b.yml": "extends: a.yml\nrules: [{rule: connected-calls, most: 2}]\n",
        "c.yml": "extends: a.yml\nrules: [{rule: connected-calls, severity: low}]\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def most(text: str) -> tuple[int, Severity]:
        entry = load(tmp_path, text)["connected-calls"]
        return entry.rule.most, entry.severity  # type: ignore[attr-defined]

    assert most("extends: a.yml\n")[0] == 1
    assert most("extends: b.yml\n")[0] == 2
    assert most("extends: [b.yml, a.yml]\n")[0] == 2
    assert most("extends: [b.yml, c.yml]\n") == (2, Severity.LOW)
    assert most("extends: [b.yml, c.yml]\nrules: [{rule: connected-calls, most: 9, severity: high}]\n") == (9, Severity.HIGH)


def test_a_rule_applies_twice_under_two_ids(tmp_path: Path) -> None:
    found = load(tmp_path, "rules:\n  - {rule: file-age, keep: 1y, datasets: [backup]}\n  - {rule: file-age, id: old-logs, keep: 6m}\n")
    assert {name: str(entry.rule.keep) for name, entry in found.items()} == {"file-age": "1y", "old-logs": "6m"}  # type: ignore[attr-defined]


def test_two_files_that_do_not_extend_each_other_cannot_both_define(tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text(ANY_RULE, encoding="utf-8")
    (tmp_path / "p.yml").write_text("rules:\n  - rule: threats\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"p.yml:2: rules\[0\]: the id threats is given twice"):
        load_policy(["other.yml", "p.yml"], tmp_path)


def test_an_id_cannot_change_its_rule(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text("rules: [{rule: file-age, id: mine}]\n", encoding="utf-8")
    (found,) = mistakes(tmp_path, "extends: base.yml\nrules: [{rule: threats, id: mine}]\n")
    assert "the id belongs to an entry of the rule file-age" in found


def test_a_bad_value_is_named_where_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text("rules:\n  - id: a\n    title: t\n    kind: staff\n    where: agnet = 1\n", encoding="utf-8")
    (found,) = mistakes(tmp_path, "extends: base.yml\nrules:\n  - {id: a, severity: low}\n")
    assert found == "base.yml:5: rules[0].where: unknown role agnet; did you mean agent?"
    assert load(tmp_path, "extends: base.yml\nrules:\n  - {id: a, where: agent = 1}\n")["a"].rule.title == "t"


def test_extended_files_lie_beside_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.yml").write_text("extends: b.yml\n", encoding="utf-8")
    (tmp_path / "below" / "b.yml").write_text("rules:\n  - rule: x\n", encoding="utf-8")
    (found,) = mistakes(tmp_path, "extends: below/a.yml\n")
    assert found.startswith("below/b.yml:2: rules[0].rule: unknown rule x")


def test_packs_are_extended_by_name(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text("extends: collection\nrules: [{rule: connected-calls, most: 2}]\n", encoding="utf-8")
    found = load_policy(["p.yml", "collection"], tmp_path)
    assert found.applied["connected-calls"].rule.most == 2  # type: ignore[attr-defined]
    assert found.files == ("rules/collection.yml", f"{tmp_path}/p.yml")


# --- packs and schema -------------------------------------------------------------------------------------------------

SCHEMA = packs.schema()


def as_json(text: str | bytes) -> Any:
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def accepted_by_schema(text: str | bytes) -> bool:
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker(["date"]))
    return bool(checker.is_valid(as_json(text)))


@pytest.mark.parametrize("name", packs.packs())
def test_a_pack_is_valid_and_enables_nothing_from_memory(name: str, tmp_path: Path) -> None:
    assert accepted_by_schema((pii_audit.rules_dir() / f"{name}.yml").read_bytes())
    law = load_law()
    for entry in load_policy([name], tmp_path).applied.values():
        remembered = bool(entry.rule.law) and all(law.row(row).is_from_memory for row in entry.rule.law)
        assert not (remembered and entry.enabled), entry.id


def test_packs_do_not_define_the_same_rule(tmp_path: Path) -> None:
    assert len(load_policy(packs.packs(), tmp_path).applied) == sum(len(load_policy([name], tmp_path).applied) for name in packs.packs())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


#: what a schema cannot know: other files, ids, SQL, arithmetic of severities, the law
BEYOND_SCHEMA = {
    "missing parameter of a rule in yaml", "no entry of that id below", "id of another rule", "unknown row of the law", "exemption of no rule", "merge key",
    "a step below the severity", "a step as the severity", "steps that fall", "two steps at once", "a number too large",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in MISTAKES if name not in BEYOND_SCHEMA])
def test_the_schema_rejects_mistakes(name: str) -> None:
    assert not accepted_by_schema(MISTAKES[name][0])


@pytest.mark.parametrize("text", [
    "rules: [{rule: retention-limit, keep: 5y, severity: high, datasets: loan_book}]\n",
    "extends: [baseline]\nrules: [{id: retention-limit, enabled: false}]\n",
    "rules: [{rule: connected-calls, id: mine, most: 4, steps: [{from: 3, severity: high}]}]\n",
    "rules: [{id: a, title: t, kind: staff, where: agent = 1}]\n",
    "exemptions: [{rule: threats, owner: O, reason: R, expires: 2026-01-01}]\n" + ANY_RULE,
], ids=["parameters", "change", "second id", "where", "exemption"])  # fmt: skip
def test_the_schema_accepts_what_is_right(text: str) -> None:
    assert accepted_by_schema(text)


# --- periods ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("text", "months", "days"), [
    ("5y", 60, 0), ("6m", 6, 0), ("2w", 0, 14), ("30d", 0, 30), ("1y6m", 18, 0), ("1y2m3w4d", 14, 25), ("0d", 0, 0), (" 5Y ", 60, 0),
])  # fmt: skip
def test_a_period(text: str, months: int, days: int) -> None:
    period = Period.parse(text)
    assert period == Period(months, days)
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize("text", ["", "5x", "5", "y", "-5y", "5.5y", "5 y", "1m1y", "5y5y", "100y", "５y", "5y\n6m", "9999999d"])
def test_no_period(text: str) -> None:
    assert Period.parse(text) is None


@pytest.mark.parametrize(("period", "day", "after"), [
    ("1m", "2026-01-31", "2026-02-28"), ("1m", "2024-01-31", "2024-02-29"), ("1y", "2024-02-29", "2025-02-28"),
    ("4y", "2024-02-29", "2028-02-29"), ("1m1d", "2026-01-31", "2026-03-01"), ("99y", "9950-01-01", "9999-12-31"), ("99999d", "9990-01-01", "9999-12-31"),
])  # fmt: skip
def test_periods_follow_the_calendar(period: str, day: str, after: str) -> None:
    found = Period.parse(period)
    assert found is not None and found.after(dt.date.fromisoformat(day)) == dt.date.fromisoformat(after)


# --- audits of a small log --------------------------------------------------------------------------------------------

CALLS = "call_id,borrower_id,started_at,duration,answered\n" + "".join(
    f"K{n:06},B{n % 3:05},2026-03-0{n % 5 + 1} 10:00:00,{duration},是\n" for n, duration in enumerate(("30", "4000", "9000000000000", "", "7e3", "abc"), 1)
)


def judge(folder: Path, policy: str, *, as_of: str = "2026-06-30", files: dict[str, str] | None = None, kind: str = "collection_log") -> AuditResult:
    datasets = []
    for name, text in (files or {"log": CALLS}).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        datasets.append(f"  {name}: {{paths: {name}.csv, kind: {kind}}}\n")
    (folder / "p.yml").write_text(policy, encoding="utf-8")
    (folder / "audit.yaml").write_text(
        f"organisation: {{kind: bank}}\nas_of: {as_of}\npolicies: p.yml\ndatasets:\n{''.join(datasets)}", encoding="utf-8"
    )
    return audit(folder / "audit.yaml")


def own_rule(condition: str, more: str = "") -> str:
    return f"rules:\n  - id: long-call\n    title: Long calls\n    kind: collection_log\n    where: {json.dumps(condition)}\n{more}"


def rows(result: AuditResult, rule: str = "long-call") -> list[tuple[str, int | None]]:
    return [(place.source, place.row) for violation in result.violations if violation.rule == rule for place in violation.places]


def test_a_whole_rule_in_yaml(tmp_path: Path) -> None:
    result = judge(tmp_path, own_rule("duration > 3600", "    severity: low\n    steps: [{from: 3, severity: high}]\n    law: COL-FREQ-01\n    remedy: call shorter\n"))
    (violation,) = result.violations
    assert (violation.rule, violation.title, violation.dataset) == ("long-call", "Long calls", "log")
    assert (violation.count, violation.tested, violation.subjects) == (3, 5, 2)
    assert [(place.source, place.row) for place in violation.places] == [("log.csv", 2), ("log.csv", 3), ("log.csv", 5)]
    assert (violation.severity, violation.reached) == (Severity.HIGH, "at least 3")
    assert violation.basis == load_law().basis(["COL-FREQ-01"]) and violation.remedy == "call shorter"
    # the cell that is no number is counted, the empty one says nothing
    assert [(item.missing, item.rows) for item in result.not_testable] == [("values duration", 1)]
    assert result.exit_code() == 1


def test_words_of_a_rule_in_yaml_are_harmless_to_print(tmp_path: Path) -> None:
    policy = own_rule("duration > 3600", '    remedy: "call\\n\\e[31mshorter"\n').replace("Long calls", '"Long\\e[2Jcalls"')
    (violation,) = judge(tmp_path, policy).violations
    assert (violation.title, violation.title_zh, violation.remedy_zh) == ("Long\\x1b[2Jcalls", "Long\\x1b[2Jcalls", "call\\x0a\\x1b[31mshorter")
    assert violation.remedy.isprintable()


@pytest.mark.parametrize(("condition", "wanted"), [
    ("answered AND duration BETWEEN 30 AND 4000", [1, 2]),
    ("hour(event_time) = 10 AND duration = 30", [1]),
    ("event_time >= '2026-03-05' AND event_time < '2026-03-06'", [4]),
    ("CASE WHEN duration > 5000 THEN answered ELSE FALSE END", [3, 5]),
    ("duration IS NULL", [4]),
    ("coalesce(duration, 0) = 0 OR NOT answered", [4]),
    ("1 / (duration - 30) < 0", []),
    ("duration % 0 = 1", []),
])  # fmt: skip
def test_conditions(tmp_path: Path, condition: str, wanted: list[int]) -> None:
    found = [row for _, row in rows(judge(tmp_path, own_rule(condition)))]
    assert found == wanted


@pytest.mark.parametrize(("condition", "reason"), [
    ("read_csv('/etc/passwd') IS NOT NULL AND answered", "readcsv is not allowed"),
    ("read_text('/etc/passwd') = 'x' OR answered", "read_text is not allowed"),
    ("getenv('HOME') = 'x' OR answered", "getenv is not allowed"),
    ("current_setting('memory_limit') = 'x' OR answered", "current_setting is not allowed"),
    ("duration > (SELECT 1)", "subquery is not allowed"),
    ("duration IN (SELECT duration FROM rows_0)", "subquery is not allowed"),
    ("EXISTS (SELECT 1 FROM datasets)", "is not allowed"),
    ("duration > 1; COPY datasets TO '/srv/x'", "must be one condition"),
    ("duration > 1; ATTACH '/srv/x'", "must be one condition"),
    ("COPY datasets TO '/srv/x'", "is not a condition in SQL"),
    ("ATTACH '/srv/x'", "is not a condition in SQL"),
    ("INSTALL httpfs", "is not a condition in SQL"),
    ("duration > 1 UNION SELECT 1", "must be one condition"),
    ("duration > 1 LIMIT 1", "must be one condition"),
    ("duration > 1 ORDER BY 1", "must be one condition"),
    ("duration > 1 GROUP BY 1 HAVING 1 = 1", "must be one condition"),
    ("duration > 1 QUALIFY 1 = 1", "must be one condition"),
    ("duration > sum(duration) OVER ()", "window is not allowed"),
    ("duration > 1 -- or more", "must not hold a comment"),
    ("duration > 1 /* or more */", "must not hold a comment"),
    ("duration > 1) --", "must not hold a comment"),
    ("other.duration > 1", "unknown role other.duration; did you mean duration?"),
    ("duraton > 1", "unknown role duraton; did you mean duration?"),
    ("bad_duration", "unknown role bad_duration"),
    ("1 = 1", "must name a role"),
    ("duration > ?", "placeholder is not allowed"),
    ("columns(*) > 1", "columns is not allowed"),
    ("regexp_matches(channel, '(a+)+b')", "is not allowed"),
    ("duration > random()", "rand is not allowed"),
    ("event_time < now()", "now is not allowed"),
    ("duration > 1 AND", "is not a condition in SQL"),
    ("NOT " * 20_000 + "answered", "is not a condition in SQL"),
    ("(" * 5_000 + "answered" + ")" * 5_000, "is not a condition in SQL"),
    ("CAST(duration AS INTEGER) > 5", "cannot be computed: Conversion Error"),
    ("event_time > 'yesterday'", "cannot be computed: Conversion Error"),
    ("borrower = 'B00001'", "cannot be computed: Conversion Error"),
    ("closed_on > opened_on + duration", "cannot be computed: Binder Error"),
    ("borrower * 1000000 > 1", "cannot be computed: Out of Range Error"),
])  # fmt: skip
def test_a_condition_that_is_refused(tmp_path: Path, condition: str, reason: str) -> None:
    (found,) = mistakes(tmp_path, own_rule(condition))
    assert found.startswith("p.yml:5: rules[0].where: ")
    assert reason in found and len(found) < 200


def test_a_comment_sign_in_a_text_is_no_comment() -> None:
    assert where.refused("status = 'a -- b /* c */'") is None


@pytest.mark.parametrize("condition", [
    "CASE WHEN answered THEN CAST(duration AS INTEGER) > 5 ELSE FALSE END",
    "CASE WHEN answered AND duration > 5000 AND duration < 9000 THEN CAST(duration AS TINYINT) > 5 ELSE FALSE END",
])  # fmt: skip
def test_a_condition_that_fails_on_some_row(tmp_path: Path, condition: str) -> None:
    more = "  - rule: quiet-hours\nexemptions: [{rule: long-call, owner: O, reason: R, expires: 2027-01-01}]\n"
    result = judge(tmp_path, own_rule(condition, more))
    (failed,) = [item for item in result.not_testable if item.missing == "condition"]
    assert (failed.rule, failed.dataset) == ("long-call", "log")
    assert failed.reason == "its condition cannot be computed on some row (Conversion error)"
    cover = result.judgement.coverage if result.judgement else None
    assert cover is not None and (cover.rules, cover.untested) == (2, 1)
    assert [(item.rule, item.count) for item in result.exemptions] == [("long-call", 0)]
    done = lender.program("audit", "--fail-on", "none", cwd=tmp_path)
    assert done.returncode == ExitCode.CLEAN
    assert b"9000000000000" not in done.stdout + done.stderr and b"7000" not in done.stdout + done.stderr


def test_a_column_that_is_not_bound(tmp_path: Path) -> None:
    result = judge(tmp_path, own_rule("loan = 1 AND duration > 1"))
    assert result.violations == ()
    assert [(item.rule, item.dataset, item.missing) for item in result.not_testable] == [("long-call", "log", "column loan")]


def test_a_condition_reads_only_its_kind_and_datasets(tmp_path: Path) -> None:
    result = judge(tmp_path, own_rule("duration > 3600", "    datasets: two\n"), files={"one": CALLS, "two": CALLS})
    assert {source for source, _ in rows(result)} == {"two.csv"}


# --- exemptions -------------------------------------------------------------------------------------------------------

def exempt(more: str, expires: str = "2026-06-30", rule: str = "long-call") -> str:
    return f"exemptions:\n  - {{rule: {rule}, owner: Wang, reason: agreed, expires: {expires}{more}}}\n"


@pytest.mark.parametrize(("expires", "as_of", "exempted"), [
    ("2026-06-30", "2026-06-29", True), ("2026-06-30", "2026-06-30", True), ("2026-06-30", "2026-07-01", False),
])  # fmt: skip
def test_an_exemption_holds_until_the_end_of_its_last_day(tmp_path: Path, expires: str, as_of: str, exempted: bool) -> None:
    result = judge(tmp_path, own_rule("duration > 3600", exempt("", expires)), as_of=as_of)
    (found,) = result.exemptions
    assert (found.expired, found.count) == (not exempted, 3 if exempted else 0)
    assert (found.owner, found.reason, found.expires) == ("Wang", "agreed", expires)
    assert rows(result) == ([] if exempted else [("log.csv", 2), ("log.csv", 3), ("log.csv", 5)])
    assert result.exit_code() == (0 if exempted else 1)


@pytest.mark.parametrize(("more", "left"), [
    (", dataset: one", {"two.csv"}), (", source: one.csv", {"two.csv"}), (", source: '*.csv'", set()), (", source: 't*'", {"one.csv"}),
    (", dataset: one, source: two.csv", {"one.csv", "two.csv"}), (", source: '*.parquet'", {"one.csv", "two.csv"}), ("", set()),
])  # fmt: skip
def test_an_exemption_by_dataset_and_files(tmp_path: Path, more: str, left: set[str]) -> None:
    result = judge(tmp_path, own_rule("duration > 3600", exempt(more)), files={"one": CALLS, "two": CALLS})
    assert {source for source, _ in rows(result)} == left
    assert result.exemptions[0].count == 3 * (2 - len(left))
    assert sum(violation.count for violation in result.violations) == 3 * len(left)


def test_a_pattern_of_files_takes_nothing_that_lies_in_no_file(tmp_path: Path) -> None:
    """Violations of a dataset as a whole have no source: none of them may vanish with an exemption of files."""
    phones = "borrower_id,mobile\n" + "".join(f"B{n:05},1380000{n:04}\n" for n in range(50))
    rule = "rules: [{rule: retention-undeclared}]\n"
    (before,) = judge(tmp_path, rule, files={"master": phones}, kind="borrower_master").violations
    result = judge(tmp_path, rule + exempt(", source: '*'", rule="retention-undeclared"), files={"master": phones}, kind="borrower_master")
    assert result.violations == (before,)
    assert [item.count for item in result.exemptions] == [0]


def test_an_exemption_of_a_rule_that_could_not_be_tested_is_shown(tmp_path: Path) -> None:
    for policy in (own_rule("loan = 1", exempt("")), own_rule("duration > 3600", "    enabled: false\n" + exempt(""))):
        result = judge(tmp_path, policy)
        assert result.violations == ()
        assert [(item.rule, item.count, item.expired) for item in result.exemptions] == [("long-call", 0, False)]


def test_exemptions_of_catalogue_and_policy_add_up(tmp_path: Path) -> None:
    judge(tmp_path, own_rule("duration > 3600", exempt(", source: one.csv")), files={"one": CALLS, "two": CALLS})
    path = tmp_path / "audit.yaml"
    path.write_text(path.read_text(encoding="utf-8") + exempt(", dataset: two"), encoding="utf-8")
    result = audit(path)
    assert result.violations == () and [item.count for item in result.exemptions] == [3, 3]


# --- rules from elsewhere ---------------------------------------------------------------------------------------------

STRANGER = '''
from dataclasses import dataclass

import ibis

from pii_audit.model.violation import Severity
from pii_audit.documents.fields import WHOLE
from pii_audit.policy.interface import ROWS, Reads, Rule, param, place


@dataclass(frozen=True)
class LongCall(Rule):
    """Asks whether a call lasted longer than agreed.

    Why: house rule.
    Example: a call of two hours.
    Remedy: end calls in time.
    """

    id = "long-call"
    title = "A call that was too long"
    title_zh = "通话过长"
    remedy_zh = "控制通话时长。"
    severity = Severity.LOW
    law = ()
    policy_only = True
    reads = (Reads(ROWS, ("collection_log",), needs=("duration",), uses=("borrower",)),)
    seconds: int = param(WHOLE, 3600, "longest call", "最长通话秒数")

    def query(self, world, *tables):
        (calls,) = tables
        return place(calls.filter(calls.duration > self.seconds))
'''


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Install a package whose module holds rules, as pip would."""
    home = tmp_path / "site"

    def install(text: str) -> Path:
        info = home / "stranger_rules-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger-rules\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text("[pii_audit.rules]\nstranger = stranger_rules\n", encoding="utf-8")
        (home / "stranger_rules.py").write_text(text, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(home))
        monkeypatch.syspath_prepend(str(home))
        forget()
        return home

    def forget() -> None:
        import sys

        sys.modules.pop("stranger_rules", None)
        plugins._points.cache_clear()
        registry.rules.cache_clear()

    yield install
    monkeypatch.undo()
    forget()


def test_a_rule_from_an_entry_point(tmp_path: Path, stranger: Any) -> None:
    stranger(STRANGER)
    result = judge(tmp_path, "rules: [{rule: long-call, seconds: 5000}]\n")
    assert rows(result) == [("log.csv", 3), ("log.csv", 5)]
    done = lender.program("policy", "explain", "long-call", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 0
    assert "Asks whether a call lasted longer than agreed." in done.stdout.decode() and "seconds" in done.stdout.decode()
    done = lender.program("audit", "-f", "json", cwd=tmp_path)
    assert done.returncode == ExitCode.FOUND
    assert [(v["rule"], v["count"]) for v in json.loads(done.stdout)["violations"]] == [("long-call", 2)]
    (found,) = mistakes(tmp_path, "rules: [{rule: long-call, secnds: 5000}]\n")
    assert "did you mean seconds?" in found


@pytest.mark.parametrize(("old", "new", "reason"), [
    ('id = "long-call"', 'id = "Long Call"', "the rule 'Long Call' of the entry point stranger cannot be used: its id must consist of"),
    ('id = "long-call"', 'id = "threats"', "the rule threats has two owners"),
    ("def query", "def qery", "it has no query"),
    ('    title = "A call that was too long"\n', "", "it does not say title"),
    ("severity = Severity.LOW", "severity = 'low'", "the severity one of Severity"),
    ('needs=("duration",)', 'needs=("duratoin",)', "unknown role or column 'duratoin'; did you mean duration?"),
    ('("collection_log",)', '("colection_log",)', "unknown kind 'colection_log'; did you mean collection_log?"),
    ("Reads(ROWS,", "Reads('finding',", "unknown relation 'finding'; did you mean findings?"),
    ('reads = (Reads(ROWS, ("collection_log",), needs=("duration",), uses=("borrower",)),)', "reads = ()", "reads must be a tuple of Reads"),
    ("law = ()", "law = ('RET-999',)", "unknown row of the law 'RET-999'"),
    ("law = ()", "law = ('MEMORY',)", "from memory alone must not be enabled by default"),
    ("import ibis\n", "import ibis\nraise ValueError('13800000000')\n", "the rules of the entry point stranger cannot be loaded (ValueError)"),
    ("import ibis\n", "import no_such_library\n", "stranger in rules needs the library no_such_library"),
    ("class LongCall(Rule)", "class LongCall", "the entry point stranger holds no rule"),
    ("@dataclass(frozen=True)", "@dataclass", "cannot be loaded (TypeError)"),
])  # fmt: skip
def test_a_rule_from_elsewhere_that_cannot_be_used(stranger: Any, old: str, new: str, reason: str) -> None:
    assert old in STRANGER
    stranger(STRANGER.replace(old, new).replace("MEMORY", remembered()))
    with pytest.raises(PluginError) as error:
        registry.rules()
    assert reason in str(error.value) and "13800000000" not in str(error.value)


def test_a_remembered_rule_from_elsewhere_may_be_an_option(stranger: Any, tmp_path: Path) -> None:
    stranger(STRANGER.replace("law = ()", f"law = ('{remembered()}',)\n    enabled = False"))
    assert not load(tmp_path, "rules: [{rule: long-call}]\n")["long-call"].enabled
    assert load(tmp_path, "rules: [{rule: long-call, enabled: true}]\n")["long-call"].enabled
