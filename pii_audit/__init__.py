"""Personal-data-protection audit toolkit for Chinese consumer lenders."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

__version__ = metadata.version("pii-audit")

__all__ = ["__version__", "rules_dir", "sample_data_dir"]


def sample_data_dir() -> Path:
    """Return the folder of the synthetic files that ``pii-audit demo`` scans."""
    return _bundled("sample_data")


def rules_dir() -> Path:
    """Return the folder of the audit policies that come with the program."""
    return _bundled("rules")


def _bundled(name: str) -> Path:
    """Return a folder that a wheel carries inside the package and a checkout holds beside it."""
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
