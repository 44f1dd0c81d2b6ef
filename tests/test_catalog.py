from __future__ import annotations

import pytest

from pii_audit import catalog, plugins, sources
from pii_audit.entities import installed
from pii_audit.model.errors import PluginError
from pii_audit.reports import get_report
from pii_audit.reports.words import Words


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("entity", installed(), ids=lambda entity: entity.name)
def test_every_entity_is_described(entity: object, lang: str) -> None:
    text = catalog.explain(entity.name.lower(), lang)  # type: ignore[attr-defined]
    assert text.startswith(f"{entity.name} · {entity.title} · {entity.title_zh}\n")  # type: ignore[attr-defined]
    assert Words(lang)("explain.found") in text
    assert len(text) > 200


@pytest.mark.parametrize("name", plugins.names(plugins.REPORTS))
def test_every_report_is_described(name: str) -> None:
    assert get_report(name).name == name
    assert f"Report format {name} · " in catalog.explain(name, "en")
    assert f"报告格式 {name} · " in catalog.explain(name, "zh")


@pytest.mark.parametrize("name", sources.names())
def test_every_source_is_described(name: str) -> None:
    assert f"Source {name} · " in catalog.explain(name, "en")


def test_names_of_two_kinds_are_explained_twice() -> None:
    text = catalog.explain("json", "en")
    assert "Source json" in text and "Report format json" in text


def test_unknown_name() -> None:
    with pytest.raises(PluginError, match="did you mean CN_BANK_CARD"):
        catalog.explain("cn_bank_cart", "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", catalog.KINDS)
def test_tables(kind: str, lang: str) -> None:
    heads, body = catalog.table(kind, Words(lang))
    assert len(body) == len(catalog.rows(kind)) > 3
    assert all(len(row) == len(heads) for row in body)
    assert len({tuple(row) for row in catalog.rows(kind)}) == 1


def test_readme_tables() -> None:
    text = "a\n<!-- reports:begin -->\nold\n<!-- reports:end -->\nb\n<!-- entities:begin -->\n<!-- entities:end -->\n"
    once = catalog.render_readme_tables(text)
    assert once.startswith("a\n<!-- reports:begin -->\n| name | what it is |\n| --- | --- |\n| `csv` | One row")
    assert "old" not in once and "\n<!-- reports:end -->\nb\n" in once
    assert "| `CN_RESIDENT_ID` | " in once
    assert catalog.render_readme_tables(once) == once
    assert "| 名称 | 说明 |" in catalog.render_readme_tables(text, "zh")
    assert catalog.render_readme_tables("no table") == "no table"
