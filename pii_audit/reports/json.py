"""The report for machines (design.md 1.4). Its JSON Schema is ``report.schema.json`` beside this file."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib.resources import files
from typing import Any, TextIO

from pii_audit.model.entity import Sensitivity
from pii_audit.model.finding import Finding
from pii_audit.model.result import SCHEMA_VERSION, AuditResult
from pii_audit.model.violation import Judgement, Severity, Violation
from pii_audit.model.visible import escape, is_hidden
from pii_audit.reports.interface import ResultReport, View
from pii_audit.reports.words import Words
from pii_audit.settings import LANGUAGES

_CANDIDATE = re.compile(r"[^\n -~\u4e00-\u9fff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonReport(ResultReport):
    name = "json"
    title = "Everything, for programs; published JSON Schema"
    title_zh = "完整结果，供程序读取，附 JSON Schema"
    suffixes = (".json",)
    names_skipped = True

    def write(self, result: AuditResult, out: TextIO, view: View) -> None:
        out.write(dumps(as_data(result), indent=2) + "\n")


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every report satisfies."""
    text = files("pii_audit.reports").joinpath("report.schema.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def dumps(data: Any, indent: int | None = None) -> str:
    r"""Return JSON with sorted keys that is safe to print: hidden characters are JSON escapes.

    A byte of a file name that was no UTF-8 has no place in JSON; it becomes the text ``\xNN``.
    """
    text = json.dumps(data, sort_keys=True, indent=indent, ensure_ascii=False)
    return _CANDIDATE.sub(lambda match: _harmless(match[0]), text)


def _harmless(char: str) -> str:
    if not is_hidden(char):
        return char
    return "\\" + escape(char) if _SURROGATE.match(char) else json.dumps(char)[1:-1]


def as_data(result: AuditResult) -> dict[str, Any]:
    """Return a report as plain data, the same for the same result."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": _plain(result.run),
        "summary": _summary(result),
        "sources": [_plain(source) for source in sorted(result.sources, key=lambda s: (s.path, s.kind))],
        "findings": [_finding(finding) for finding in sorted(result.findings, key=_place)],
        "masked": [_plain(masked) for masked in sorted(result.masked, key=_place)],
        "violations": [{**_plain(v), "share": None if v.share is None else round(v.share, 6)} for v in result.violations],
        "not_testable": [_plain(rule) for rule in result.not_testable],
        "exemptions": [_plain(exemption) for exemption in result.exemptions],
        "judgement": _judgement(result.judgement),
        "skipped": [_plain(skipped) for skipped in sorted(result.skipped)],
        "notes": [_plain(note) for note in sorted(result.notes)],
    }


def _judgement(judgement: Judgement | None) -> dict[str, Any] | None:
    if judgement is None:
        return None
    says, says_zh = (Words(lang)("language.limits") if judgement.language else "" for lang in LANGUAGES)
    return {**_plain(judgement), "language": {"rules": list(judgement.language), "says": says, "says_zh": says_zh}}


def _place(found: Any) -> tuple[str, str, str]:
    return (found.source, found.column or "", found.entity_type)


def _finding(finding: Finding) -> dict[str, Any]:
    return {**_plain(finding), "share": round(finding.share, 6)}


def _summary(result: AuditResult) -> dict[str, Any]:
    by_type: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        by_type[finding.entity_type].append(finding)
    levels = Counter(finding.sensitivity.label for finding in result.findings)
    return {
        "complete": not result.skipped,
        "worst": max(f.sensitivity for f in result.findings).label if result.findings else None,
        "sources": len(result.sources),
        "sources_with_findings": _sources(result.findings),
        "bytes": result.run.bytes,
        "rows": sum(source.rows for source in result.sources),
        "findings": len(result.findings),
        "values": sum(finding.count for finding in result.findings),
        "masked": sum(masked.count for masked in result.masked),
        "violations": len(result.violations),
        "rules_broken": _by_severity(result.violations),
        "by_rule": _by_rule(result.violations),
        "by_dataset": {
            name: _by_severity(violation for violation in result.violations if violation.dataset == name)
            for name in {violation.dataset for violation in result.violations}
        },
        "skipped": len(result.skipped),
        "notes": len(result.notes),
        "by_sensitivity": {level.label: levels[level.label] for level in Sensitivity},
        "by_entity_type": {
            name: {
                "findings": len(found),
                "values": sum(finding.count for finding in found),
                "sources": _sources(found),
                "sensitivity": max(finding.sensitivity for finding in found).label,
            }
            for name, found in by_type.items()
        },
    }


def _by_severity(violations: Iterable[Violation]) -> dict[str, int]:
    """Return how many rules are broken, by the highest severity each of them reaches."""
    worst: dict[str, Severity] = {}
    for violation in violations:
        worst[violation.rule] = max(violation.severity, worst.get(violation.rule, Severity.INFO))
    return {severity.label: sum(level == severity for level in worst.values()) for severity in Severity}


def _by_rule(violations: Iterable[Violation]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for violation in sorted(violations, key=lambda v: (v.rule, v.severity, v.dataset)):
        entry = found.setdefault(violation.rule, {"count": 0, "datasets": []})
        entry["count"] += violation.count
        entry["datasets"].append(violation.dataset)
        entry["severity"] = violation.severity.label
    return found


def _sources(findings: Iterable[Finding]) -> int:
    return len({finding.source for finding in findings})


def _plain(value: Any) -> Any:
    if isinstance(value, (Sensitivity, Severity)):
        return value.label
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
