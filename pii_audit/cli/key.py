"""``pii-audit key``: make keys for exports."""

from __future__ import annotations

from pathlib import Path

import click

from pii_audit.cli.help import ManCommand, Section, option, write_sections

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit key new --out export.key", "then pii-audit anonymize … --key-file export.key"),
        ("pii-audit key new --signing --out sign.key", "sign.key signs manifests; sign.key.pub goes to whoever verifies"),
    ),
)
_EXIT: Section = (
    "Exit codes",
    (
        ("0", "the key was written"),
        ("2", "wrong usage, or the file is there already; nothing was written"),
        ("70", "the file could not be written"),
    ),
)


class _Keys(click.Group):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(formatter, (_EXAMPLES,))


@click.group("key", cls=_Keys, short_help="Make a key for exports.")
def command() -> None:
    """Make keys for exports. A key is shown nowhere; it is named by its id."""


@command.command("new", cls=ManCommand, sections=(_EXAMPLES, _EXIT))
@option("--out", "out", group="Options", env=False, required=True, metavar="FILE", type=click.Path(), help="Where the key goes; a file that is there already is not overwritten.")
@option("--signing", group="Options", env=False, is_flag=True, help="Make a pair for signatures of manifests (Ed25519): FILE and FILE.pub.")
def new(out: str, signing: bool) -> None:
    """Write a new key into a file that only its owner can read, and print its id.

    Keep a copy in a safe place: what was made under a key can be restored, and made alike again, with this key only.
    """
    from pii_audit.anonymize import keys, signature

    click.echo(signature.create(Path(out)) if signing else keys.create(Path(out)).id)
