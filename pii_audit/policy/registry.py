"""All rules: one module per rule in ``policy/rules``, and the entry points of the group ``pii_audit.rules``."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from pii_audit import plugins
from pii_audit.model.errors import PluginError
from pii_audit.model.near import near
from pii_audit.model.violation import Severity
from pii_audit.model.visible import visible
from pii_audit.policy import rules as package
from pii_audit.policy.interface import ROWS, Reads, Rule

#: what an id looks like
ID = r"[a-z0-9][a-z0-9\-]{0,63}"


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
    for point in plugins.names(plugins.RULES):
        owner = f"entry point {point}"
        for found in _rules(_loaded(point)):
            if reason := _unusable(found):
                raise PluginError(f"the rule {visible(repr(found.id))} of the {owner} cannot be used: {reason}")
            yield owner, found


def _loaded(point: str) -> Any:
    try:
        loaded = plugins.load(plugins.RULES, point)
    except PluginError:
        raise
    except Exception as error:  # whatever the code of strangers raises
        raise PluginError(f"the rules of the entry point {point} cannot be loaded ({type(error).__name__})") from error
    if not _rules(loaded):
        raise PluginError(f"the entry point {point} holds no rule: it must name a subclass of Rule with an id, or a module of such")
    return loaded


def _unusable(rule: Any) -> str | None:
    """Return why a rule from elsewhere cannot be used, None if it can."""
    from pii_audit.policy.catalogue import KINDS
    from pii_audit.policy.law import load_law
    from pii_audit.policy.relations import SCHEMAS
    from pii_audit.policy.roles import ROLES

    if not isinstance(rule.id, str) or not re.fullmatch(ID, rule.id):
        return "its id must consist of small letters, digits and hyphens"
    if inspect.isabstract(rule):
        return "it has no query"
    texts = ("title", "title_zh", "remedy_zh")
    if missing := [name for name in (*texts, "severity", "law", "reads") if not hasattr(rule, name)]:
        return f"it does not say {', '.join(missing)}"
    if not all(isinstance(getattr(rule, name), str) for name in texts) or not isinstance(rule.severity, Severity):
        return "titles must be texts, the severity one of Severity"
    reads = rule.reads if isinstance(rule.reads, tuple) else ()
    if not reads or not all(isinstance(item, Reads) for item in reads):
        return "reads must be a tuple of Reads, one at least"
    for item in reads:
        columns = ROLES if item.relation == ROWS else SCHEMAS[item.relation].names if item.relation in SCHEMAS else None
        if columns is None:
            return f"unknown relation {visible(repr(item.relation))}{near(str(item.relation), (ROWS, *SCHEMAS))}"
        for what, names, known in (("kind", item.kinds or (), KINDS), ("role or column", (*item.needs, *item.uses), columns)):
            if strange := next((name for name in names if name not in known), None):
                return f"unknown {what} {visible(repr(strange))}{near(str(strange), known)}"
    law = load_law().rows
    if strange := next((row for row in rule.law if row not in law), None):
        return f"unknown row of the law {visible(repr(strange))}{near(str(strange), law)}"
    if rule.enabled and rule.law and all(law[row].is_from_memory for row in rule.law):
        return "what rests on statements from memory alone must not be enabled by default"
    return None


def _rules(loaded: Any) -> Iterable[type[Rule]]:
    values = vars(loaded).values() if isinstance(loaded, ModuleType) else [loaded]
    return [value for value in values if isinstance(value, type) and issubclass(value, Rule) and "id" in vars(value)]
