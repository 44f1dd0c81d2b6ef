"""``pii-audit schema``: the published JSON Schemas."""

from __future__ import annotations

import click

from pii_audit.cli.help import ManCommand, Section

_EXAMPLES: Section = (
    "Examples",
    (("pii-audit schema report > report.schema.json", "then check a report with any JSON Schema validator"),),
)


@click.command("schema", cls=ManCommand, sections=(_EXAMPLES,), short_help="Print a JSON Schema.")
@click.argument("name", type=click.Choice(["report"]), metavar="report")
def command(name: str) -> None:
    """Print the JSON Schema (draft 2020-12) of the json report."""
    import json

    from pii_audit.reports.json import schema

    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))
