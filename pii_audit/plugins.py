"""Names that extend the program: entry points by group and name.

Listing loads nothing. Built-ins and strangers use the same door.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pii_audit.model.errors import PluginError
from pii_audit.model.near import near
from pii_audit.model.visible import visible

ENTITIES = "pii_audit.entities"
SOURCES = "pii_audit.sources"
REPORTS = "pii_audit.reports"
RULES = "pii_audit.rules"
RECOGNIZERS = "pii_audit.recognizers"
OPERATORS = "pii_audit.operators"
WRITERS = "pii_audit.writers"


@cache
def _points(group: str) -> Mapping[str, tuple[EntryPoint, ...]]:
    found: defaultdict[str, list[EntryPoint]] = defaultdict(list)
    for point in entry_points(group=group):
        if all(point.value != other.value for other in found[point.name]):
            found[point.name].append(point)
    return {name: tuple(found[name]) for name in sorted(found)}


def names(group: str) -> tuple[str, ...]:
    """Return the names of a group in alphabetical order."""
    return tuple(_points(group))


def load(group: str, name: str) -> Any:
    """Return the object behind a name.

    Raises PluginError if the name is unknown (with the known ones), has two owners (with both),
    or needs a library that is not installed (with the extra to install).
    """
    points = _points(group)
    kind = group.rpartition(".")[2]
    if name not in points:
        known = ", ".join(points) or "none"
        raise PluginError(f"unknown name {visible(repr(name))} in {kind}{near(name, tuple(points))} (known: {known})")
    owners = points[name]
    if len(owners) > 1:
        both = " and ".join(owner.value for owner in owners)
        raise PluginError(f"the name {name} in {kind} has two owners: {both}")
    try:
        return owners[0].load()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pii_audit"):
            raise
        extra = owners[0].extras[0] if owners[0].extras else None
        remedy = f"; install pii-audit[{extra}]" if extra else ""
        raise PluginError(f"{name} in {kind} needs the library {error.name}, which is not installed{remedy}") from error


def load_all(group: str) -> dict[str, Any]:
    """Return name → object for a whole group."""
    return {name: load(group, name) for name in names(group)}
