"""All rules: one module per rule in ``policy/rules``, and the entry points of the group ``pii_audit.rules``."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from pii_audit import plugins
from pii_audit.model.errors import PluginError
from pii_audit.model.near import near
from pii_audit.model.visible import visible
from pii_audit.policy import rules as package
from pii_audit.policy.interface import Rule


@cache
def rules() -> Mapping[str, type[Rule]]:
    """Return every rule by id, in alphabetical order. Raises PluginError if two owners define one id."""
    found: dict[str, tuple[str, type[Rule]]] = {}
    for owner, rule in _all():
        if rule.id in found and found[rule.id][1] is not rule:
            raise PluginError(f"the rule {rule.id} has two owners: {found[rule.id][0]} and {owner}")
        found[rule.id] = owner, rule
    return {name: found[name][1] for name in sorted(found)}


def rule(name: str) -> type[Rule]:
    """Return a rule by id. Raises PluginError with the nearest known name if there is none."""
    known = rules()
    if name not in known:
        raise PluginError(f"unknown rule {visible(repr(name))}{near(name, known)}")
    return known[name]


def _all() -> Iterator[tuple[str, type[Rule]]]:
    for info in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{info.name}"
        yield from ((name, found) for found in _rules(import_module(name)))
    for point, loaded in plugins.load_all(plugins.RULES).items():
        yield from ((f"entry point {point}", found) for found in _rules(loaded))


def _rules(loaded: Any) -> Iterable[type[Rule]]:
    values = vars(loaded).values() if isinstance(loaded, ModuleType) else [loaded]
    return [value for value in values if isinstance(value, type) and issubclass(value, Rule) and "id" in vars(value)]
