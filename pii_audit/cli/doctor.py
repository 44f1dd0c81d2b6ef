"""``pii-audit doctor``: is everything in place? Reads no data."""

from __future__ import annotations

import os
import platform
import re
import stat
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import click

from pii_audit.cli.help import ManCommand, Section
from pii_audit.model.errors import ExitCode, PiiAuditError
from pii_audit.model.files import state_dir
from pii_audit.model.near import near
from pii_audit.model.visible import visible
from pii_audit.settings import CONFIG_KEYS, ENV_PREFIX, find_config, language, load_config

OK, NOTE, BAD = "ok", "note", "bad"
Check = tuple[str, str]

_EXIT: Section = ("Exit codes", (("0", "everything needed is in place"), ("2", "something is not; lines with 'bad'")))
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@click.command("doctor", cls=ManCommand, sections=(_EXIT,), short_help="Check installation, configuration, permissions.")
def command() -> int:
    """Check versions, optional extras, caches, configuration and permissions. Reads no data."""
    code = ExitCode.CLEAN
    for check in (_versions, _extras, _definitions, _sample_data, _numba_cache, _state, _configuration, _environment):
        for level, line in _guarded(check):
            click.echo(f"{level:<5} {visible(line)}")
            if level == BAD:
                code = ExitCode.USAGE
    return code


def _guarded(check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from check()
    except PiiAuditError as error:
        yield from ((BAD, line) for line in str(error).splitlines())
    except Exception as error:  # noqa: BLE001 - whatever is broken, the other checks go on
        yield BAD, f"{check.__name__.strip('_').replace('_', ' ')}: {type(error).__name__}"


def _requirements() -> Iterator[tuple[str, str | None]]:
    """Yield the name of each library that the package asks for, and the extra that asks (None: always)."""
    for requirement in metadata.requires("pii-audit") or ():
        name, _, marker = requirement.partition(";")
        extra = re.search(r"extra == ['\"]([^'\"]+)", marker)
        if match := _NAME.match(name):
            yield match[0], extra[1] if extra else None


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _versions() -> Iterator[Check]:
    yield OK, f"pii-audit {metadata.version('pii-audit')}"
    yield OK, f"Python {platform.python_version()} ({sys.platform}, {os.cpu_count()} processors)"
    for name, extra in _requirements():
        if extra is None:
            version = _installed(name)
            yield (OK, f"{name} {version}") if version else (BAD, f"{name} is not installed")


def _extras() -> Iterator[Check]:
    extras: dict[str, list[str]] = {}
    for name, extra in _requirements():
        if extra is not None and extra != "test":
            extras.setdefault(extra, []).append(name)
    for extra, names in sorted(extras.items()):
        missing = [name for name in names if _installed(name) is None]
        if missing:
            yield NOTE, f"extra {extra}: not installed ({', '.join(missing)})"
        else:
            yield OK, f"extra {extra}: installed"


def _definitions() -> Iterator[Check]:
    from pii_audit import plugins, sources
    from pii_audit.entities import installed
    from pii_audit.reports import get_report

    yield OK, f"{len(installed())} entity types"
    readable = []
    for name in sources.names():
        try:
            readable.append(sources.load(name).name)
        except PiiAuditError as error:
            yield BAD, f"source {name}: {error}"
    yield OK, f"{len(readable)} sources: {' '.join(readable)}"
    yield OK, f"report formats: {' '.join(get_report(name).name for name in plugins.names(plugins.REPORTS))}"


def _sample_data() -> Iterator[Check]:
    import pii_audit

    folder = pii_audit.sample_data_dir()
    yield (OK, f"sample data in {folder}") if folder.is_dir() else (BAD, f"sample data missing: {folder}")


def _numba_cache() -> Iterator[Check]:
    """Numba keeps compiled code in NUMBA_CACHE_DIR, else beside the module, else in the user's cache folder."""
    import pii_audit

    given = os.environ.get("NUMBA_CACHE_DIR")
    beside = Path(pii_audit.__file__).parent / "recognizers"
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "numba"
    for folder in [Path(given)] if given else [beside, users]:
        if _creatable(folder):
            yield OK, f"cache of compiled code: {folder}"
            return
    yield BAD, "the cache of compiled code cannot be written, so every run compiles anew; set NUMBA_CACHE_DIR"


def _creatable(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _state() -> Iterator[Check]:
    folder = state_dir(os.environ)
    if not _creatable(folder):
        yield BAD, f"state folder {folder} cannot be written; logs of internal errors would be lost"
    elif folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield NOTE, f"state folder {folder} is open to other users; chmod 700 closes it"
    else:
        yield OK, f"state folder {folder}"


def _configuration() -> Iterator[Check]:
    given = os.environ.get(ENV_PREFIX + "CONFIG")
    path = Path(given) if given else find_config(Path())
    if path is None:
        yield OK, "no configuration file in this folder"
        return
    yield OK, f"configuration file {load_config(path).path}"


def _environment() -> Iterator[Check]:
    known = {ENV_PREFIX + key.replace("-", "_").upper() for key in (*CONFIG_KEYS, "config")}
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and name not in known:
            yield NOTE, f"{name} means nothing to this program{near(name, known)}"
    yield OK, f"language {language(os.environ)}, terminal encoding {sys.stdout.encoding}"
