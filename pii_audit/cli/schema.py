"""``pii-audit schema``: the published JSON Schemas."""

from __future__ import annotations

import click

from pii_audit.cli.help import ManCommand, Section

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit schema report > report.schema.json", "then check a report with any JSON Schema validator"),
        ("pii-audit schema plan > plan.schema.json", "for editors that complete and check YAML"),
    ),
)


@click.command("schema", cls=ManCommand, sections=(_EXAMPLES,), short_help="Print a JSON Schema.")
@click.argument("name", type=click.Choice(["report", "plan", "manifest"]), metavar="report|plan|manifest")
def command(name: str) -> None:
    """Print a JSON Schema (draft 2020-12): of the json report, of plans for exports, or of their manifests."""
    import json

    from pii_audit.anonymize import manifest, plan
    from pii_audit.reports import json as report

    schema = {"report": report.schema, "plan": plan.schema, "manifest": manifest.schema}[name]
    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))
