"""``pii-audit restore``: reverse what can be reversed in an export, with its key."""

from __future__ import annotations

from pathlib import Path

import click

from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.model.errors import ExitCode, UsageError

_EXIT: Section = (
    "Exit codes",
    (
        ("0", "every value of the reversible columns was restored"),
        ("2", "wrong usage, or a missing or another key; nothing was written"),
        ("3", "some values are not the work of this key (a fallback took their place); they stay as they are"),
    ),
)


@click.command("restore", cls=ManCommand, sections=(_EXIT,), short_help="Reverse a reversible export with its key.")
@click.argument("folder", metavar="DIR", type=click.Path())
@option("--out", group="Options", env=False, required=True, metavar="DIR", type=click.Path(), help="New folder for the originals.")
@option("--key-file", "key_files", group="Options", env=False, multiple=True, required=True, metavar="[NAME=]FILE", help="Key of the export (0600); with its name where the plan has several.")
def command(folder: str, out: str, key_files: tuple[str, ...]) -> int:
    """Write an export again with everything reversed that its operators can reverse (encrypt, fpe).

    Needs the key that the export was made with: without it nothing can be restored, by nobody.
    """
    from pii_audit.anonymize import keys
    from pii_audit.cli.output import tell
    from pii_audit.exporting import restore
    from pii_audit.model.visible import visible

    given = {}
    for item in key_files:
        name, equals, path = item.partition("=") if not Path(item).exists() else ("default", "=", item)
        if not equals:
            raise UsageError(f"{visible(item)}: there is no such key file")
        given[name] = keys.load(Path(path))
    found = restore(Path(folder), Path(out), given)
    for place, count in sorted(found.restored.items()):
        click.echo(f"{visible(place)}: {count:,} values restored")
    for place, count in sorted(found.refused.items()):
        tell(f"pii-audit: {visible(place)}: {count:,} values are not the work of this key and stay as they are")
    return ExitCode.INCOMPLETE if found.refused else ExitCode.CLEAN
