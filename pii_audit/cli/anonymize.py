"""``pii-audit anonymize``: what may leave the house, changed as a plan says, checked, with a manifest."""

from __future__ import annotations

from pathlib import Path

import click

from pii_audit.cli.help import ManCommand, Section, option
from pii_audit.cli.scan import look_of, look_options
from pii_audit.model.errors import ExitCode, UsageError

_EXAMPLES: Section = (
    "Examples",
    (
        ("pii-audit key new --out agency.key", "make the key that pseudonyms come from"),
        ("pii-audit anonymize /data/loans --draft --preset collection-agency > plan.yaml", "draft a plan from a scan"),
        ("pii-audit anonymize /data/loans --plan plan.yaml --out /export/AG01", "write the export"),
        ("pii-audit verify /export/AG01", "check it again, later or elsewhere"),
    ),
)
_EXIT: Section = (
    "Exit codes",
    (
        ("0", "everything was written and holds what the plan promises"),
        ("1", "not published: the rescan or a limit failed; the export lies in quarantine"),
        ("2", "wrong usage, plan or key; nothing was written"),
        ("3", "incomplete: a file could not be read or written; it is named on stderr and in the manifest"),
    ),
)


@click.command("anonymize", cls=ManCommand, sections=(_EXAMPLES, _EXIT), short_help="Write an anonymised export with manifest and rescan.")
@click.argument("source", metavar="SOURCE", type=click.Path())
@option("--plan", group="Options", env=False, metavar="PLAN.yaml", type=click.Path(), help="What becomes of which column and entity type.")
@option("--out", group="Options", env=False, metavar="DIR", type=click.Path(), help="New folder for the export.")
@option("--draft", group="Options", env=False, is_flag=True, help="Print a plan drafted from a scan instead.")
@option("--preset", group="Options", env=False, metavar="NAME", help="What a draft starts from: collection-agency, model-training, publication, regulator, test-data.")
@option("--key-file", group="Options", metavar="FILE", type=click.Path(), help="Key for operators whose key the plan does not name (0600).")
@option("--sign-key", group="Options", metavar="FILE", type=click.Path(), help="Private key that signs the manifest (pii-audit key new --signing).")
@option("--workers", group="Options", type=click.IntRange(min=0), metavar="N", default=0, help="Worker processes of the scans (default: as many as processors).")
@look_options
def command(
    source: str,
    plan: str | None,
    out: str | None,
    draft: bool,
    preset: str | None,
    key_file: str | None,
    sign_key: str | None,
    workers: int,
    lang: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Write what may leave the house of SOURCE, a file or a folder, into a new folder.

    Columns become what the plan says of them; whatever else is detected is redacted. The export is scanned again with
    the same detector, compared with the originals, and published whole or not at all.
    """
    from pii_audit.anonymize import keys, signature
    from pii_audit.anonymize.plan import load_plan, presets
    from pii_audit.cli.output import tell
    from pii_audit.exporting import draft_plan, export
    from pii_audit.model.near import near
    from pii_audit.model.visible import visible
    from pii_audit.reports.text import reasons
    from pii_audit.reports.words import Words

    if not Path(source).exists():
        raise UsageError(f"{visible(source)}: there is no such file or folder")
    if preset is not None and preset not in presets():
        raise UsageError(f"--preset: unknown preset {visible(preset)}{near(preset, presets())} (known: {', '.join(presets())})")
    if draft:
        click.echo(draft_plan(Path(source), preset, workers=workers), nl=False)
        return ExitCode.CLEAN
    if plan is None or out is None:
        raise UsageError("--plan and --out are needed (or --draft, to have a plan written)")
    look = look_of(lang, no_color, quiet, verbose)
    words = Words(look.lang)
    key = keys.load(Path(key_file)) if key_file else None
    result = export(Path(source), load_plan(Path(plan)), Path(out), key=key, signer=signature.private(Path(sign_key)) if sign_key else None, workers=workers)
    changed = sum(table["cells_changed"] for item in result.manifest["outputs"] for table in item["tables"])
    if not quiet:
        files = len(result.manifest["outputs"])
        tell(f"pii-audit: {files:,} files, {changed:,} cells changed; {visible(str(result.folder))}")
    for problem in result.problems:
        tell(f"pii-audit: not published: {visible(problem)}")
    for line in reasons(result.skipped, words, None):
        tell(line)
    if result.skipped:
        return ExitCode.INCOMPLETE
    return ExitCode.FOUND if result.problems else ExitCode.CLEAN
