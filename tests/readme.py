"""Makes the generated parts of both READMEs and of rules/README.md anew: ``python -m tests.readme``.

Generated are the tables between markers, the output below ``$ pii-audit …`` in console blocks, and what presets make of
a few cells of the sample data.
"""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from pii_audit.catalog import render_readme_tables
from pii_audit.policy import describe

ROOT = Path(__file__).parents[1]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
CONSOLE = re.compile(r"(?<=```console\n)\$ (?P<command>pii-audit [^\n]*)\n(?P<output>.*?)(?=```)", re.DOTALL)
#: the line of a report that depends on the machine
TIMING = re.compile(r"^(?:Read|读取) .*\n", re.MULTILINE)
EXPORTS = re.compile(r"(<!-- exports:begin -->\n).*?(<!-- exports:end -->)", re.DOTALL)
PRESETS = ("collection-agency", "test-data", "regulator")
CELLS = ("客户姓名", "证件号码", "手机号码")
BORROWERS = 2
#: characters of a ciphertext that are shown
SHOWN = 20
ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}


def output(command: str) -> str:
    """Return what a command of ours prints on standard output."""
    run = [sys.executable, "-m", "pii_audit", *shlex.split(command)[1:]]
    return subprocess.run(run, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False).stdout


@cache
def exported() -> tuple[tuple[str, ...], ...]:
    """Return the cells of the first borrowers: column, original, and what each preset makes of it under one key."""
    from pii_audit.anonymize.keys import Key
    from pii_audit.anonymize.plan import load_plan
    from pii_audit.exporting import export

    source = ROOT / "sample_data" / "core" / "borrower_master.csv"
    with tempfile.TemporaryDirectory() as folder:
        tables = [source]
        for preset in PRESETS:
            plan = Path(folder) / f"{preset}.yaml"
            plan.write_text(f"recipient: AG01\npreset: {preset}\n", encoding="utf-8")
            made = export(source, load_plan(plan), Path(folder) / preset, key=Key.of(b"the key of this example"), workers=1)
            assert not made.problems
            tables.append(made.folder / source.name)
        people = [list(csv.DictReader(path.read_text(encoding="gb18030").splitlines()))[:BORROWERS] for path in tables]
    shown = lambda text: text if len(text) <= SHOWN else f"{text[:SHOWN]}…"  # noqa: E731 - a name for one line
    return tuple((column, *(shown(person[column]) for person in same)) for same in zip(*people, strict=True) for column in CELLS)


def exports(lang: str) -> str:
    """Return the table of these cells."""
    heads = ("Column", "original") if lang == "en" else ("列", "原值")
    lines = [(*heads, *(f"`{preset}`" for preset in PRESETS)), ("---",) * (2 + len(PRESETS))]
    lines += [(column, *(value.replace("*", "\\*") for value in values)) for column, *values in exported()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def render(text: str, lang: str) -> str:
    """Return a README with every generated part made anew; a timing stays as it was measured."""

    def again(block: re.Match[str]) -> str:
        fresh = output(block["command"])
        if (before := TIMING.search(block["output"])) is not None:
            fresh = TIMING.sub(lambda _: before[0], fresh)
        return f"$ {block['command']}\n{fresh}"

    if EXPORTS.search(text):
        text = EXPORTS.sub(lambda block: block[1] + exports(lang) + block[2], text)
    return CONSOLE.sub(again, render_readme_tables(text, lang))


def main() -> None:
    """Write both files."""
    for lang, path in READMES.items():
        path.write_text(render(path.read_text(encoding="utf-8"), lang), encoding="utf-8")
    rules = describe.readme()
    rules.write_text(describe.render(rules.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
