"""What a rule is, in words: for ``explain``, ``list rules`` and the tables of ``rules/README.md``."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import pii_audit
from pii_audit.policy.interface import ROWS, Rule
from pii_audit.policy.law import load_law
from pii_audit.policy.packs import load_policy, packs
from pii_audit.policy.registry import rule as rule_of
from pii_audit.policy.registry import rules
from pii_audit.policy.roles import ROLES

_WIDTH = 98
_SEVERITIES_ZH = {"info": "提示", "low": "低", "medium": "中", "high": "高"}
#: what stays together when a line is broken: a word or a sign, with the punctuation after it
_TOKEN = re.compile(r"[“（《〔]*(?:[^\s\u3000-\u9fff\uff00-\uffef]+|[^\s])[，。；、：）”》〕]*|\s+")


def explain(name: str, lang: str) -> str:
    """Return a page about a rule. Raises PluginError for an unknown one."""
    return "\n".join(_page(rule_of(name), lang)) + "\n"


def _page(rule: type[Rule], lang: str) -> Iterator[str]:
    zh = lang == "zh"
    yield f"{rule.id} · {rule.title_zh if zh else rule.title}"
    yield ""
    prose, law = rule.prose(), load_law()
    if zh:
        for row in rule.law:
            yield from _wrapped(law.row(row).says_zh)
    else:
        yield from _wrapped(prose["asks"])
    state = ("默认启用" if rule.enabled else "默认停用") if zh else ("enabled by default" if rule.enabled else "off by default")
    yield ""
    yield f"{'严重程度' if zh else 'Severity'}  {_SEVERITIES_ZH[rule.severity.label] if zh else rule.severity.label} · {state}"
    heads = ("依据", "示例", "读取", "参数", "整改") if zh else ("Basis", "Example", "Reads", "Parameters", "Remedy")
    basis = [item.cite(lang) for item in law.basis(rule.law)]
    yield from _section(heads[0], basis or ["机构内部制度，无法律依据" if zh else "own policy, no law"])
    if not zh:
        yield from _section("Why", [prose.get("why", "")])
    if example := rule.example_zh if zh else prose.get("example", ""):
        yield from _section(heads[1], [example])
    yield from _section(heads[2], list(_reads(rule, zh)))
    if parameters := list(_parameters(rule, zh)):
        yield from _section(heads[3], parameters)
    yield from _section(heads[4], [rule.remedy_zh if zh else prose.get("remedy", "")])


def _reads(rule: type[Rule], zh: bool) -> Iterator[str]:
    for reads in rule.reads:
        kinds = ", ".join(reads.kinds or ()) or ("全部" if zh else "all kinds")
        if reads.relation != ROWS:
            needs = f" ({', '.join(reads.needs)})" if reads.needs else ""
            yield f"{reads.relation}: {kinds}{needs}"
            continue
        named = [f"{name} ({ROLES[name].title_zh if zh else ROLES[name].title})" for name in reads.needs]
        uses = [f"{name}?" for name in reads.uses]
        yield f"{kinds}: {', '.join([*named, *uses])}"


def _parameters(rule: type[Rule], zh: bool) -> Iterator[str]:
    for name, item in rule.parameters().items():
        if item.default is MISSING:
            default = "必填" if zh else "must be given"
        else:
            default = "—" if item.default is None else item.metadata["kind"].show(item.default)
        yield f"{name}: {item.metadata['doc_zh' if zh else 'doc']} ({default})"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield title
    for line in lines:
        yield from _wrapped(line, "  ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    """Return a text in lines of a terminal, where Chinese takes two columns a character."""
    lines = [""]
    for token in _TOKEN.findall(text):
        if lines[-1] and _columns(lines[-1] + token.rstrip()) > _WIDTH - len(indent):
            lines.append("")
        lines[-1] += token if lines[-1] else token.lstrip()
    return [indent + line.rstrip() for line in lines]


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def rows() -> list[Mapping[str, Any]]:
    """Return every rule as plain data."""
    shipped = _shipped()
    return [
        {
            "name": name,
            "title": rule.title,
            "title_zh": rule.title_zh,
            "severity": rule.severity.label,
            "enabled": rule.enabled,
            "policies": shipped.get(name, []),
            "law": list(rule.law),
            "parameters": list(rule.parameters()),
        }
        for name, rule in rules().items()
    ]


def _shipped() -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for pack in packs():
        for applied in load_policy([pack], Path()).applied.values():
            found[type(applied.rule).id].append(pack)
    return found


def rule_table() -> str:
    """Return the table of rules for ``rules/README.md``."""
    law = load_law()
    lines = ["| rule | asks | severity | basis | policies |", "|---|---|---|---|---|"]
    for row in rows():
        rule = rule_of(row["name"])
        basis = "; ".join(item.cite("en") for item in law.basis(rule.law)) or "own policy, no law"
        asks = rule.prose()["asks"].removeprefix("Asks ").rstrip(".")
        off = "" if rule.enabled else " (off)"
        lines.append(f"| `{row['name']}`{off} | {asks} | {row['severity']} | {basis} | {', '.join(row['policies']) or '—'} |")
    return "\n".join(lines)


def coverage_table() -> str:
    """Return which rule serves which row of the law, or why no program can."""
    serving: defaultdict[str, list[str]] = defaultdict(list)
    for name, rule in rules().items():
        for cited in rule.law:
            serving[cited].append(name)
    lines = ["| row | requirement | rules, or why there is none |", "|---|---|---|"]
    for name, row in load_law().rows.items():
        served = ", ".join(f"`{rule}`" for rule in serving[name])
        lines.append(f"| {name} | {row.says} | {served or row.untestable or '**not covered**'} |")
    return "\n".join(lines)


def render(text: str) -> str:
    """Return ``rules/README.md`` with both tables made anew."""
    for name, table in (("rules", rule_table()), ("coverage", coverage_table())):
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}{table}\n{end}{tail}"
    return text


def readme() -> Path:
    """Return where the tables stand."""
    return pii_audit.rules_dir() / "README.md"
