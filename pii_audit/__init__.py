"""Personal-data-protection audit toolkit for Chinese consumer lenders."""

from __future__ import annotations

from importlib import metadata

__version__ = metadata.version("pii-audit")

__all__ = ["__version__"]
