"""``pii-audit export``: definitions for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pii_audit.cli.help import Listed, ManCommand, Section, option

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit export presidio -o recognizers.yaml", "then add_recognizers_from_yaml reads it"),
        ("pii-audit export presidio --entities CN_RESIDENT_ID", "one entity type, on standard output"),
    ),
)


@click.command("export", cls=ManCommand, sections=(_EXAMPLES,), short_help="Write entity types for other programs.")
@click.argument("form", type=click.Choice(["presidio"]), metavar="presidio")
@option("--entities", group="Options", multiple=True, type=Listed(), metavar="NAME,...",
        help="Only these entity types (default: all but a few).")
@option("-o", "--output", group="Options", env=False, metavar="PATH", help="Where it goes; - is standard output.")
def command(form: str, entities: Sequence[str], output: str | None) -> None:
    """Write the entity types as a recognizer file for Presidio (YAML).

    It says what regular expressions can say: check digits, reference tables and full-width characters are missing.
    """
    from pii_audit.model.files import AtomicFile
    from pii_audit.recognizers.presidio import to_yaml

    names = [name for item in entities for name in item.split(",") if name.strip()]
    text = to_yaml(names or None)
    if output in (None, "-"):
        click.echo(text, nl=False)
        return
    with AtomicFile(Path(str(output))) as stream:
        stream.write(text.encode())
