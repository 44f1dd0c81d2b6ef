"""What a run was asked to do: flag, then environment, then configuration file, then default.

The configuration file is YAML and its keys are the long flags without ``--``. Relative paths in it start
at the folder of the file. Every mistake in it is named with file and line, all at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pii_audit.model.errors import UsageError
from pii_audit.model.near import near
from pii_audit.model.score import DEFAULT_MIN_SCORE
from pii_audit.model.visible import visible

if TYPE_CHECKING:
    from yaml.nodes import Node

CONFIG_NAME = "pii-audit.yaml"
ENV_PREFIX = "PII_AUDIT_"
_CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
LANGUAGES = ("en", "zh")
LEVELS = ("none", "low", "medium", "high")


def is_class(origin: Path | str) -> bool:
    """Return whether a recognizer is given as ``package.module:Class``, and not as a file."""
    return bool(_CLASS.fullmatch(str(origin))) and not Path(origin).exists()


@dataclass(frozen=True)
class SpanTarget:
    """Where every single span goes: a file, or standard output (``path`` None). ``format``: jsonl or parquet."""

    path: Path | None
    format: str


@dataclass(frozen=True)
class ScanSettings:
    """One scan, completely described."""

    targets: tuple[str, ...]
    entities: tuple[str, ...] | None = None      #: None: every type that is on by default
    min_score: float = DEFAULT_MIN_SCORE
    workers: int = 0                             #: 0: as many as there are processors
    include: tuple[str, ...] = ()                #: globs; empty: everything
    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False
    spans: tuple[SpanTarget, ...] = ()
    sample: str | None = None
    strict: bool = False
    show_values: bool = False
    recognizers: tuple[Path, ...] = ()           #: files, or ``package.module:Class``
    fingerprint_key_file: Path | None = None
    config_file: str | None = None
    command: str = "scan"

    def __post_init__(self) -> None:
        if not self.targets:
            raise UsageError("no target was given")
        if not 0 <= self.min_score <= 1:
            raise UsageError(f"the minimum score must lie between 0 and 1, not {self.min_score}")
        if self.workers < 0:
            raise UsageError(f"the number of workers cannot be negative ({self.workers})")

    def digest(self) -> str:
        """Return the sha256 of everything that can change a finding: not targets, workers or where output goes."""
        effective = {
            "entities": self.entities,
            "min_score": self.min_score,
            "include": self.include,
            "exclude": self.exclude,
            "follow_symlinks": self.follow_symlinks,
            "sample": self.sample,
            "recognizers": [
                str(origin) if is_class(origin) else hashlib.sha256(origin.read_bytes()).hexdigest()
                for origin in self.recognizers
            ],
            "fingerprints": self.fingerprint_key_file is not None,
            "show_values": self.show_values,
        }
        return hashlib.sha256(json.dumps(effective, sort_keys=True).encode()).hexdigest()


def language(environ: Mapping[str, str]) -> str:
    """Return ``zh`` or ``en`` as the locale says (POSIX.1-2017, XBD 8.2: LC_ALL, LC_MESSAGES, LANG)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


# --- configuration file ----------------------------------------------------------------------------------------

#: key → kind; the same names as the flags of ``scan``
CONFIG_KEYS: Mapping[str, str] = {
    "format": "text",
    "output": "path",
    "report": "reports",
    "findings": "path",
    "fail-on": "level",
    "entities": "list",
    "min-score": "number",
    "workers": "integer",
    "engine": "text",
    "include": "list",
    "exclude": "list",
    "follow-symlinks": "flag",
    "strict": "flag",
    "recognizers": "paths",
    "fingerprint-key-file": "path",
    "lang": "lang",
    "quiet": "flag",
    "verbose": "flag",
    "no-color": "flag",
}

_EXPECTED = {
    "text": "a text",
    "path": "a path",
    "reports": "format=path, or a list of them",
    "level": "none, low, medium or high",
    "lang": "en or zh",
    "list": "a text or a list of texts",
    "paths": "a path or a list of paths",
    "number": "a number from 0 to 1",
    "integer": "a whole number, 0 or more",
    "flag": "true or false",
}


@dataclass(frozen=True)
class Config:
    """A configuration file that was read: its name as the user would write it, and flag name → value."""

    path: str
    values: Mapping[str, Any] = field(default_factory=dict)


def find_config(folder: Path) -> Path | None:
    """Return ``pii-audit.yaml`` of a folder, None if it has none."""
    path = folder / CONFIG_NAME
    return path if path.is_file() else None


def load_config(path: Path) -> Config:
    """Return a checked configuration file. Raises UsageError with every mistake, one a line."""
    import yaml

    shown = visible(str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{shown}: the configuration file cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown}: the configuration file is not UTF-8 (byte {error.start})") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{shown}:{line}: is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{shown}: is not YAML (a character that YAML does not allow)") from error
    if root is None:
        return Config(shown)
    if not isinstance(root, yaml.MappingNode):
        raise UsageError(f"{shown}:1: must be a mapping of keys to values")

    values: dict[str, Any] = {}
    mistakes: list[str] = []
    for key_node, value_node in root.value:
        place = f"{shown}:{key_node.start_mark.line + 1}"
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        kind = CONFIG_KEYS.get(key)
        if kind is None:
            mistakes.append(f"{place}: unknown key {visible(repr(key))}{near(key, tuple(CONFIG_KEYS))}")
        elif key in values:
            mistakes.append(f"{place}: {key}: is given twice")
        else:
            values[key] = _value(kind, value_node, path.parent)
            if values[key] is None:
                place = f"{shown}:{value_node.start_mark.line + 1}"
                mistakes.append(f"{place}: {key}: must be {_EXPECTED[kind]}")
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return Config(shown, {key.replace("-", "_"): value for key, value in values.items()})


def _value(kind: str, node: Node, folder: Path) -> Any:
    """Return the value of a node, None if it is not of this kind."""
    import yaml

    try:
        value = yaml.SafeLoader("").construct_document(node)
    except yaml.YAMLError:
        return None
    if kind == "flag":
        return value if isinstance(value, bool) else None
    if kind in ("number", "integer"):
        allowed = int if kind == "integer" else (int, float)
        fits = isinstance(value, allowed) and not isinstance(value, bool) and value >= 0
        return value if fits and (kind == "integer" or value <= 1) else None
    if kind in ("list", "paths", "reports"):
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) and item for item in items):
            return None
        if kind == "list":
            return items
        if kind == "paths":
            return [item if is_class(item) else str(folder / item) for item in items]
        pairs = [item.partition("=") for item in items]
        return [f"{name}={_below(folder, path)}" for name, _, path in pairs] if all(p[2] for p in pairs) else None
    if not isinstance(value, str) or not value:
        return None
    if (kind == "level" and value not in LEVELS) or (kind == "lang" and value not in LANGUAGES):
        return None
    return _below(folder, value) if kind == "path" else value


def _below(folder: Path, path: str) -> str:
    return path if path == "-" else str(folder / path)
