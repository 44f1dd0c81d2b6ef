"""``pii-audit export``: definitions for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pii_audit.cli.help import Listed, ManCommand, Section, option
from pii_audit.model.errors import UsageError

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
    from pii_audit.recognizers.regexes import to_yaml

    names = [name.strip() for item in entities for name in item.split(",") if name.strip()]
    if entities and not names:
        raise UsageError("--entities names no entity type")
    content = to_yaml(names or None).encode()
    if output in (None, "-"):
        click.echo(content, nl=False)
        return
    with AtomicFile(Path(str(output))) as stream:
        stream.write(content)
