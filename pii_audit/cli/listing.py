"""``pii-audit list``: what the program knows."""

from __future__ import annotations

import os

import click

from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.settings import LANGUAGES, language

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit list entities", "every kind of personal data, and what proves it"),
        ("pii-audit list sources --lang zh", "every format that can be read, in Chinese"),
        ("pii-audit list operators", "what exports can do to values, and what that is under the law"),
        ("pii-audit list entities -f json", "the same for programs"),
    ),
)


@click.command("list", cls=ManCommand, sections=(_EXAMPLES,), short_help="List entity types, rules, operators, sources or reports.")
@click.argument("kind", type=click.Choice(["entities", "rules", "operators", "sources", "reports"]), metavar="entities|rules|operators|sources|reports")
@option("-f", "--format", "fmt", group="Options", env=False, type=click.Choice(["text", "json"]), default="text",
        show_default=True, help="How the list is written.")  # fmt: skip
@option("--lang", group="Options", type=click.Choice(LANGUAGES), help="Language (default: from the locale).")
def command(kind: str, fmt: str, lang: str | None) -> None:
    """List entity types, rules, operators, sources or report formats, built-in ones and those of other packages."""
    from pii_audit import catalog
    from pii_audit.reports.json import dumps
    from pii_audit.reports.text import pad
    from pii_audit.reports.words import Words

    if fmt == "json":
        click.echo(dumps(catalog.rows(kind), indent=2))
        return
    from rich.cells import cell_len

    heads, body = catalog.table(kind, Words(lang or language(os.environ)))
    widths = [max(map(cell_len, column)) for column in zip(heads, *body, strict=True)]
    for row in (heads, *body):
        click.echo("  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())
