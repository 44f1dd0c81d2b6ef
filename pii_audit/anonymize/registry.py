"""Operators and writers by name, from their entry-point groups."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from pii_audit import plugins
from pii_audit.anonymize.interface import Operator

if TYPE_CHECKING:
    from pii_audit.anonymize.writers.interface import Writer


@cache
def operators() -> Mapping[str, type[Operator]]:
    """Return the classes of all operators by name."""
    return dict(sorted(plugins.load_all(plugins.OPERATORS).items()))


@cache
def writers() -> Mapping[str, Writer]:
    """Return a writer for each format that can be written."""
    made = (cls() for cls in plugins.load_all(plugins.WRITERS).values())
    return {name: writer for writer in made for name in writer.formats}
