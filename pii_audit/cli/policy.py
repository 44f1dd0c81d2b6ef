"""``pii-audit policy``: check policy files, print their schema, explain a rule."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pii_audit.cli.help import ManCommand, Section, option, write_sections
from pii_audit.settings import LANGUAGES, language

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit policy lint audit.yaml our-policy.yml", "every mistake at once, with file and line"),
        ("pii-audit policy schema > policy.schema.json", "for editors"),
        ("pii-audit policy explain quiet-hours", "what a rule asks, why, on what basis, with which parameters"),
    ),
)


class _Policy(click.Group):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(formatter, (_EXAMPLES,))


@click.group("policy", cls=_Policy, short_help="Check policies, print their schema, explain a rule.")
def command() -> None:
    """Work with policy files and catalogues without reading any data."""


@command.command("lint", cls=ManCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path())
def lint(files: tuple[str, ...]) -> int:
    """Check catalogues and policy files; every mistake is one line: file:line: path: reason."""
    from pii_audit.documents.fields import PolicyError, compose, scalar
    from pii_audit.model.errors import ExitCode
    from pii_audit.model.visible import visible
    from pii_audit.policy.packs import load_audit, load_policy, locate

    mistakes: list[str] = []
    for name in files:
        path = locate(name, Path()) or Path(name)
        try:
            _, root = compose(path, visible(name))
            if any(scalar(key) == "datasets" for key, _ in root.value):
                load_audit(path)
            else:
                load_policy([name], Path())
        except PolicyError as error:
            mistakes += str(error).splitlines()
    for mistake in dict.fromkeys(mistakes):
        click.echo(visible(mistake))
    return ExitCode.USAGE if mistakes else ExitCode.CLEAN


@command.command("schema", cls=ManCommand)
@click.argument("what", type=click.Choice(["policy", "catalogue"]), default="policy")
def schema(what: str) -> None:
    """Print the JSON Schema of policy files or of the catalogue."""
    from pii_audit.policy import packs
    from pii_audit.policy.catalogue import CATALOGUE
    from pii_audit.reports.json import dumps

    found = packs.schema() if what == "policy" else {"$schema": "https://json-schema.org/draft/2020-12/schema", **CATALOGUE.schema()}
    click.echo(dumps(found, indent=2))


@command.command("explain", cls=ManCommand)
@click.argument("rule")
@option("--lang", group="Options", type=click.Choice(LANGUAGES), help="Language (default: from the locale).")
def explain(rule: str, lang: str | None) -> None:
    """Say everything about a rule."""
    from pii_audit.policy.describe import explain as described

    click.echo(described(rule, lang or language(os.environ)), nl=False)
