"""Makes the generated parts of both READMEs and of rules/README.md anew: ``python -m tests.readme``.

Generated are the tables between markers, and the output below ``$ pii-audit …`` in console blocks.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from pii_audit.catalog import render_readme_tables
from pii_audit.policy import describe

ROOT = Path(__file__).parents[1]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
CONSOLE = re.compile(r"(?<=```console\n)\$ (?P<command>pii-audit [^\n]*)\n(?P<output>.*?)(?=```)", re.DOTALL)
#: the line of a report that depends on the machine
TIMING = re.compile(r"^(?:Read|读取) .*\n", re.MULTILINE)
ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}


def output(command: str) -> str:
    """Return what a command of ours prints on standard output."""
    run = [sys.executable, "-m", "pii_audit", *shlex.split(command)[1:]]
    return subprocess.run(run, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False).stdout


def render(text: str, lang: str) -> str:
    """Return a README with every generated part made anew; a timing stays as it was measured."""

    def again(block: re.Match[str]) -> str:
        fresh = output(block["command"])
        if (before := TIMING.search(block["output"])) is not None:
            fresh = TIMING.sub(lambda _: before[0], fresh)
        return f"$ {block['command']}\n{fresh}"

    return CONSOLE.sub(again, render_readme_tables(text, lang))


def main() -> None:
    """Write both files."""
    for lang, path in READMES.items():
        path.write_text(render(path.read_text(encoding="utf-8"), lang), encoding="utf-8")
    rules = describe.readme()
    rules.write_text(describe.render(rules.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
