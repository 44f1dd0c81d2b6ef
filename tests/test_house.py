"""The house around the code: layers, public names, documents that match the program, pins, what is in the wheel."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import pii_audit
from pii_audit.cli.program import COMMANDS, program
from tests import readme

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TEXTS = {lang: path.read_text(encoding="utf-8") for lang, path in readme.READMES.items()}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


# --- layers and names -----------------------------------------------------------------------------------------------


def test_layers() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-logo"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_public_names() -> None:
    assert pii_audit.__all__ == ["__version__", "rules_dir", "sample_data_dir"]
    assert all(hasattr(pii_audit, name) for name in pii_audit.__all__)


SLOW = {"numpy", "pyarrow", "numba", "presidio_analyzer", "presidio_anonymizer", "rich", "pandas", "spacy"}


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import pii_audit.cli.program", set()),
        ("from pii_audit.cli import program as p; [p.program.get_command(None, name) for name in p.COMMANDS]", set()),
        ("import pii_audit.audit", {"numpy", "pyarrow", "numba"}),
        ("from pii_audit import sources; [sources.load(n) for n in sources.names()]", {"numpy", "pyarrow", "numba"}),
    ],
    ids=["start", "every command", "scan", "every source"],
)
def test_start_loads_nothing_slow(code: str, allowed: set[str]) -> None:
    loaded = python(f"{code}\nimport sys\nprint(*sys.modules)").split()
    assert (SLOW - allowed) & set(loaded) == set()


# --- both READMEs ---------------------------------------------------------------------------------------------------


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for lang, text in TEXTS.items():
        for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL):
            yield lang, block


@pytest.mark.parametrize("lang", TEXTS)
def test_readme_is_generated(lang: str) -> None:
    """Tables, help and the example report; ``python -m tests.readme`` renews them."""
    assert readme.render(TEXTS[lang], lang) == TEXTS[lang]


@pytest.mark.parametrize("lang", TEXTS)
def test_every_command_is_described(lang: str) -> None:
    prose = re.sub(r"```.*?```", "", TEXTS[lang], flags=re.DOTALL)
    assert [name for name in COMMANDS if f"`{name}`" not in prose and f"pii-audit {name}" not in prose] == []


def test_both_readmes_have_the_same_parts() -> None:
    def shape(text: str) -> list[str]:
        return re.findall(r"^(#+|\| ?-|- |```\w*|<!-- .* -->)", text, re.MULTILINE)

    assert shape(TEXTS["en"]) == shape(TEXTS["zh"])


def commands() -> Iterator[str]:
    """Yield every command line of the documents and of the examples in help texts."""
    for _, block in blocks("sh"):
        yield from block.splitlines()
    for _, block in blocks("console"):
        yield from (line[2:] for line in block.splitlines() if line.startswith("$ "))
    for _, block in blocks("text"):
        yield from (line.partition("&& ")[2] for line in block.splitlines())
    for name in COMMANDS:
        command = program.get_command(click.Context(program), name)
        for title, rows in getattr(command, "sections", ()):
            if title == "Examples":
                yield from (line for line, _ in rows)


def simple(line: str) -> Iterator[list[str]]:
    """Yield the simple commands of a shell line."""
    for part in re.findall(r"\$\((.*?)\)", line) or [line]:
        words: list[str] = []
        lexer = shlex.shlex(part, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        for word in [*lexer, ";"]:
            if not set(word) <= set(";|&<>()"):
                words.append(word)
                continue
            if words:
                yield words
            words = []


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_shell_examples_parse(line: str) -> None:
    subprocess.run(["bash", "-n", "-c", line], check=True)
    for name, *args in simple(line):
        match name.rpartition("/")[2]:
            case "pii-audit":
                ours(args)
            case "make":
                targets = (ROOT / "Makefile").read_text(encoding="utf-8")
                assert all(re.search(rf"^{target}:", targets, re.MULTILINE) for target in args)
            case "pip":
                assert args[:1] == ["install"]


def ours(args: list[str]) -> None:
    if args in (["--help"], ["--version"]):
        return
    with program.make_context("pii-audit", list(args)) as context:
        name, command, rest = program.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        if "--help" not in rest:
            command.make_context(name, rest, parent=context).close()


@pytest.mark.parametrize(("lang", "block"), list(blocks("python")), ids=lambda value: value[:2])
def test_python_examples_run(lang: str, block: str) -> None:
    assert python(block) == "CN_RESIDENT_ID 5 23 0.95\n"


def test_yaml_examples_load(tmp_path: Path) -> None:
    from pii_audit.anonymize.plan import load_plan
    from pii_audit.policy.catalogue import load_catalogue
    from pii_audit.policy.packs import load_policy
    from pii_audit.settings import load_config

    for _, block in blocks("yaml"):
        path = tmp_path / "pii-audit.yaml"
        path.write_text(block, encoding="utf-8")
        if "preset:" in block:
            assert load_plan(path).datasets
        elif "datasets:" in block:
            assert load_policy(load_catalogue(path).policies, tmp_path).applied
        elif "rules:" in block:
            assert load_policy([path.name], tmp_path).applied
        else:
            assert load_config(path).values


def test_the_plan_of_the_readme_is_carried_out(tmp_path: Path) -> None:
    """On the sample data that it names, to the end: published, and k is reached."""
    from pii_audit.anonymize.keys import create
    from pii_audit.anonymize.plan import load_plan
    from pii_audit.exporting import export, verify

    (plan,) = (block for lang, block in blocks("yaml") if lang == "en" and "preset:" in block)
    (tmp_path / "plan.yaml").write_text(plan, encoding="utf-8")
    create(tmp_path / "agency.key")
    source = tmp_path / "loans" / "core" / "borrower_master.csv"
    source.parent.mkdir(parents=True)
    shutil.copy(ROOT / "sample_data" / "core" / source.name, source)
    made = export(tmp_path / "loans", load_plan(tmp_path / "plan.yaml"), tmp_path / "out", workers=1)
    assert (made.problems, made.folder) == ((), tmp_path / "out")
    assert made.manifest["risk"][0]["before"]["k"] < 5 <= made.manifest["risk"][0]["after"]["k"]
    assert verify(made.folder, workers=1) == ()


def test_every_preset_is_described() -> None:
    from pii_audit.anonymize.plan import presets

    for text in TEXTS.values():
        assert [name for name in presets() if f"`{name}`" not in text] == []


def test_links_lead_somewhere() -> None:
    for text in TEXTS.values():
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert link.startswith("https://") or (ROOT / link).is_file(), link


# --- what is committed ----------------------------------------------------------------------------------------------

TOP = {
    ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "README.zh-CN.md", "benchmarks",
    "constraints.txt", "pii_audit", "pyproject.toml", "rules", "sample_data", "tests",
}  # fmt: skip
#: written in two halves, so that this file passes its own test
FORBIDDEN = [
    re.compile(first + second, re.IGNORECASE)
    for first, second in (
        ("pypi", r"\.org"), ("python", r"hosted\.org"), ("registry", r"\.npmjs"), ("deb", r"\.debian\.org"),
        ("/wo", r"rk/(main|venv|shared)"), (r"(?<![\w.])/ro", r"ot/"), (r"/ho", r"me/\w"), (r"/tm", r"p/\w"),
        (r"\bTO", r"DO\b"), (r"\bFIX", r"ME\b"), (r"\bsub", r"agent"), (r"\bclau", r"de\b"), (r"\bchat", r"gpt"),
        (r"\bLL", r"M\b"), (r"\bAI ass", r"istant"),
    )
]  # fmt: skip


def test_top_level_is_what_was_agreed() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # sample data is not all UTF-8
            continue


def test_no_forbidden_words() -> None:
    found = {(name, match[0]) for name, text in texts() for words in FORBIDDEN if (match := words.search(text))}
    assert found == set()


# --- pins and the wheel ---------------------------------------------------------------------------------------------


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!]+", line) for line in lines)
    return {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines}


def needed(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> Iterator[str]:
    """Yield the names of everything a package brings on this machine, itself included."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    yield name
    for text in metadata.requires(name) or ():
        wanted = Requirement(text)
        environments = [{"extra": extra} for extra in ("", *extras)]
        if wanted.marker is None or any(wanted.marker.evaluate(environment) for environment in environments):
            yield from needed(canonicalize_name(wanted.name), frozenset(wanted.extras), seen)


def test_everything_installed_is_pinned() -> None:
    wanted = set(needed("pii-audit", frozenset({"excel", "test"}), set())) - {"pii-audit"}
    assert wanted - set(pins()) == set()
    assert {name for name in wanted if metadata.version(name) != pins()[name]} == set()


def test_every_package_is_in_the_wheel() -> None:
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "pii_audit").rglob("*.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"pii_audit.rules", "pii_audit.sample_data"}


def test_a_wheel_finds_its_data(tmp_path: Path) -> None:
    """Built from what is committed; imported from where it was unpacked, far from this checkout."""
    checkout = tmp_path / "checkout"
    for path in tracked():
        copy = checkout / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(tmp_path), str(checkout)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    place = tmp_path / "installed"
    venv.create(place, with_pip=False, system_site_packages=True)
    site = next(place.glob("lib/python*/site-packages"))
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--no-compile", "--target", str(site), str(wheel)], check=True)
    code = (
        "import pii_audit; from pii_audit import tables; from pii_audit.reports.json import schema\n"
        "assert tables.codes('divisions') and schema()\n"
        "print(pii_audit.__file__, pii_audit.rules_dir(), pii_audit.sample_data_dir(), sep='\\n')"
    )
    run = [str(place / "bin" / "python"), "-IB", "-c", code]
    here, rules, sample = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()
    assert all(Path(path).is_relative_to(site) for path in (here, rules, sample))
    assert files(Path(rules)) == files(checkout / "rules")
    assert files(Path(sample)) == {path for path in files(checkout / "sample_data") if "generator/" not in path}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
