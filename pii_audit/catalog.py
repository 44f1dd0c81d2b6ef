"""One description of every entity type, rule, operator, source and report, generated from the definitions.

``list``, ``explain`` and the tables of the README all come from here.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from importlib import import_module
from random import Random
from typing import Any

from pii_audit import plugins, sources
from pii_audit.anonymize.interface import Operator
from pii_audit.anonymize.registry import operators
from pii_audit.entities import entity_type, installed
from pii_audit.entities.masking import mask_value
from pii_audit.model.entity import EntityType, Strength
from pii_audit.model.errors import PluginError
from pii_audit.model.near import near
from pii_audit.model.visible import visible
from pii_audit.policy import describe, registry
from pii_audit.reports import get_report
from pii_audit.reports.interface import Report
from pii_audit.reports.text import wrap
from pii_audit.reports.words import Words
from pii_audit.sources.interface import Source

_WIDTH = 98
KINDS = ("entities", "rules", "operators", "sources", "reports")
Row = Mapping[str, Any]

_INSTRUMENTS = {
    "jrt0171": "JR/T 0171-2020",
    "gbt35273": "GB/T 35273-2020",
    "gbt45574": "GB/T 45574-2025",
    "jrt0197": "JR/T 0197-2020",
}
_BLOCK = r"(<!-- {kind}:begin -->\n).*?(<!-- {kind}:end -->)"


def rows(kind: str) -> list[Row]:
    """Return everything of a kind as plain data; the same keys in every row."""
    if kind == "entities":
        return [_entity_row(entity) for entity in installed()]
    if kind == "rules":
        return describe.rows()
    if kind == "operators":
        return [_operator_row(operator) for operator in operators().values()]
    if kind == "sources":
        return [_source_row(sources.load(name)) for name in sources.names()]
    return [_report_row(get_report(name)) for name in plugins.names(plugins.REPORTS)]


def _entity_row(entity: EntityType) -> Row:
    return {
        "name": entity.name,
        "title": entity.title,
        "title_zh": entity.title_zh,
        "sensitivity": entity.sensitivity.label,
        "role": entity.role.value,
        "found": found_by(entity),
        "default": entity.default,
    }


def _operator_row(operator: type[Operator]) -> Row:
    return {
        "name": operator.name,
        "title": operator.title,
        "title_zh": operator.title_zh,
        "degree": operator.degree.value,
        "reversible": operator.reversible,
        "keeps_joins": operator.keeps_joins,
        "needs_key": operator.needs_key,
        "parameters": list(operator.parameters()),
    }


def _source_row(source: Source) -> Row:
    return {
        "name": source.name,
        "title": source.title,
        "title_zh": source.title_zh,
        "suffixes": list(source.suffixes),
        "extra": source.extra,
    }


def _report_row(report: Report) -> Row:
    return {"name": report.name, "title": report.title, "title_zh": report.title_zh}


def found_by(entity: EntityType) -> list[str]:
    """Return what proves a value of this type, strongest first (``found.…`` in reports/words.py)."""
    if entity.structural:
        return ["structure"]
    strengths = {shape.strength for shape in entity.shapes}
    found = []
    if Strength.CHECKED in strengths:
        found.append("checked")
    if Strength.PATTERN in strengths or entity.scanners:
        found.append("pattern")
    if Strength.WEAK in strengths:
        found.append("weak")
    if entity.labelled:
        found.append("labelled")
    return found or ["elsewhere"]


def table(kind: str, words: Words) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of a list for people."""
    columns = {
        "entities": ("name", "title", "sensitivity", "found", "default"),
        "rules": ("name", "title", "severity", "policies"),
        "operators": ("name", "title", "degree", "reversible", "keeps_joins", "needs_key"),
        "sources": ("name", "title", "suffixes"),
        "reports": ("name", "title"),
    }[kind]
    heads = [words(f"head.{column}") for column in columns]
    return heads, [[_cell(row, column, words) for column in columns] for row in rows(kind)]


def _cell(row: Row, column: str, words: Words) -> str:
    value = row[column]
    match column:
        case "title":
            return visible(words.title(value, row["title_zh"]))
        case "sensitivity" | "severity" | "degree":
            return words(value)
        case "policies":
            return " ".join(value)
        case "found":
            return words.join([words(f"found.{proof}") for proof in value])
        case "default" | "reversible" | "keeps_joins" | "needs_key":
            return words("yes" if value else "no")
        case "suffixes":
            return " ".join(value)
    return visible(value)


def explain(name: str, lang: str) -> str:
    """Return everything about an entity type, rule, operator, source or report. Raises PluginError if there is none of that name."""
    words = Words(lang)
    if name.upper() in {entity.name for entity in installed()}:
        return _explain_entity(entity_type(name), words)
    found = []
    if name in registry.rules():
        found.append(describe.explain(name, lang))
    if name.lower() in operators():
        found.append(_explain_operator(operators()[name.lower()], words))
    if name.lower() in sources.names():
        found.append(_explain_source(sources.load(name.lower()), words))
    if name.lower() in plugins.names(plugins.REPORTS):
        found.append(_explain_report(get_report(name.lower()), words))
    if found:
        return "\n".join(found)
    known = [*(entity.name for entity in installed()), *registry.rules(), *operators(), *sources.names(), *plugins.names(plugins.REPORTS)]
    raise PluginError(f"nothing is called {visible(repr(name))}{near(name, known)} (see pii-audit list entities)")


def _explain_entity(entity: EntityType, words: Words) -> str:
    facts = [
        words("explain.sensitivity", level=words(entity.sensitivity.label)),
        words(entity.role.value),
        words("explain.by_default" if entity.default else "explain.on_request"),
    ]
    parts = [f"{entity.name} · {entity.title} · {entity.title_zh}", " · ".join(facts)]
    if prose := _module_prose(entity):
        parts.append(prose)
    proofs = [f"{visible(shape.title)}: {shape.body} ({words(f'found.{shape.strength.value}')})" for shape in entity.shapes]
    proofs += [f"{visible(label.title)} ({words('found.labelled')})" for label in entity.labelled]
    if not proofs:
        proofs = [words(f"found.{proof}") for proof in found_by(entity)]
    parts.append(_section(words("explain.found"), proofs))
    for message, listed in (("explain.context", entity.context), ("explain.headers", entity.headers)):
        if listed:
            parts.append(_section(words(message), list(wrap(words.join(list(listed)), _WIDTH))))
    if entity.sample is not None:
        value = entity.sample(Random(1))
        parts.append(_section(words("explain.example"), [f"{value} → {mask_value(entity.mask, value)}"]))
    classes = [
        f"{_INSTRUMENTS[field.name]}: {classed.value} [{classed.mark}]"
        for field in fields(entity.category)
        if (classed := getattr(entity.category, field.name)) is not None
    ]
    if classes:
        parts.append(_section(words("explain.category"), classes))
    if entity.cites:
        parts.append(_section(words("explain.cites"), list(entity.cites)))
    return "\n\n".join(parts) + "\n"


def _explain_operator(operator: type[Operator], words: Words) -> str:
    facts = [words(operator.degree.value)]
    facts += [words(f"explain.{name}") for name in ("reversible", "keeps_joins", "needs_key", "per_row") if getattr(operator, name)]
    head = f"{words('explain.operator')} {operator.name} · {words.title(operator.title, operator.title_zh)}"
    parts = [head, " · ".join(facts), inspect.cleandoc(operator.__doc__ or "")]
    lines = []
    for name, item in operator.parameters().items():
        doc, default = item.metadata["doc_zh" if words.lang == "zh" else "doc"], item.default
        shown = words("explain.must") if default is MISSING else "—" if default in (None, ()) else item.metadata["kind"].show(default) or "—"
        lines.append(f"{name}: {visible(doc)} ({visible(shown)})")
    if lines:
        parts.append(_section(words("explain.parameters"), lines))
    return "\n\n".join(parts) + "\n"


def _explain_source(source: Source, words: Words) -> str:
    head = f"{words('explain.source')} {source.name} · {words.title(source.title, source.title_zh)}"
    parts = [head, _prose(source)]
    if source.suffixes:
        parts.append(_section(words("explain.suffixes"), [" ".join(source.suffixes)]))
    if source.extra:
        parts.append(_section(words("explain.extra"), [f"pip install 'pii-audit[{source.extra}]'"]))
    return "\n\n".join(parts) + "\n"


def _explain_report(report: Report, words: Words) -> str:
    head = f"{words('explain.report')} {report.name} · {words.title(report.title, report.title_zh)}"
    return f"{head}\n\n{_prose(report)}\n"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)])


def _module_prose(entity: EntityType) -> str:
    try:
        module = import_module(f"pii_audit.entities.{entity.name.lower()}")
    except ModuleNotFoundError:  # the definition of a third party
        return ""
    return inspect.cleandoc(module.__doc__ or "")


def _prose(thing: object) -> str:
    module = inspect.getmodule(type(thing))
    return textwrap.dedent((module.__doc__ if module else None) or "").strip()


def render_readme_tables(text: str, lang: str = "en") -> str:
    """Return a README with every table between ``<!-- KIND:begin -->`` and ``<!-- KIND:end -->`` made anew."""
    words = Words(lang)
    for kind in KINDS:
        block = re.compile(_BLOCK.format(kind=kind), re.DOTALL)
        if block.search(text):
            rendered = _markdown(*table(kind, words))
            text = block.sub(lambda match, rendered=rendered: match[1] + rendered + match[2], text)  # type: ignore[misc]
    return text


def _markdown(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([f"`{row[0]}`", *row[1:]] for row in body)]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
