"""``pii-audit explain``: everything about one name."""

from __future__ import annotations

import os

import click

from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.settings import LANGUAGES, language

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit explain CN_RESIDENT_ID", "issuer, structure, proof, look-alikes, limits, classification"),
        ("pii-audit explain quiet-hours", "what a rule asks, on which legal basis, and what to do"),
        ("pii-audit explain mask", "what an operator of exports does to a value"),
        ("pii-audit explain excel", "how workbooks are read"),
    ),
)


@click.command("explain", cls=ManCommand, sections=(_EXAMPLES,), short_help="Explain an entity type, rule, operator, source or report.")
@click.argument("name")
@option("--lang", group="Options", type=click.Choice(LANGUAGES), help="Language (default: from the locale).")
def command(name: str, lang: str | None) -> None:
    """Say everything about an entity type, a rule, an operator, a source or a report format."""
    from pii_audit.catalog import explain

    click.echo(explain(name, lang or language(os.environ)), nl=False)
