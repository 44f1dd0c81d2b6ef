"""What each kind of personal data looks like: one module per entity type, and the folder is the registry.

A module is named like its entity type in lower case and holds one constant of that name (``cn_vin.CN_VIN``).
Third parties add definitions through the entry-point group ``pii_audit.entities``: an :class:`EntityType`, or a
module that holds some.

The order of the registry settles overlaps of equal score and length (design.md 3.6): the types of
``PRECEDENCE`` first, then all others by the best proof their shapes can give, then by name.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from pii_audit import plugins
from pii_audit.model.entity import EntityType, Strength
from pii_audit.model.errors import DefinitionError, PluginError
from pii_audit.model.near import near
from pii_audit.model.visible import visible

__all__ = ["PRECEDENCE", "entity_type", "entity_types", "installed", "select"]

#: types that can claim the same characters, the more specific first
PRECEDENCE = (
    "CN_RESIDENT_ID",
    "CN_USCC",
    "CN_VIN",
    "CN_BANK_CARD",
    "DEVICE_ID",
    "CN_MOBILE_PHONE",
    "EMAIL_ADDRESS",
    "MAC_ADDRESS",
    "IP_ADDRESS",
    "CN_VEHICLE_PLATE",
    "CN_LANDLINE_PHONE",
    "CN_MILITARY_ID",
    "GEO_COORDINATE",
)

#: modules of this folder that define no entity type
_HELPERS = frozenset({"masking"})
_PROOF = {Strength.CHECKED: 0, Strength.PATTERN: 1, Strength.WEAK: 3}
_SCANNED = 2
_UNPROVEN = 4


@cache
def entity_types() -> tuple[EntityType, ...]:
    """Return all built-in entity types in the order of the registry."""
    names = sorted(
        info.name for info in pkgutil.iter_modules(__path__) if info.name not in _HELPERS and info.name[0] != "_"
    )
    return tuple(sorted((_definition(name) for name in names), key=_order))


def _definition(name: str) -> EntityType:
    found = getattr(import_module(f"{__name__}.{name}"), name.upper(), None)
    if not isinstance(found, EntityType) or found.name != name.upper():
        raise DefinitionError(f"module entities/{name}.py does not define the entity type {name.upper()}")
    return found


def _order(entity: EntityType) -> tuple[int, int, str]:
    rank = PRECEDENCE.index(entity.name) if entity.name in PRECEDENCE else len(PRECEDENCE)
    proof = min((_PROOF[shape.strength] for shape in entity.shapes), default=_UNPROVEN)
    return rank, min(proof, _SCANNED) if entity.scanners else proof, entity.name


@cache
def installed() -> tuple[EntityType, ...]:
    """Return the built-in entity types, then those of third parties in the order of their names.

    Raises PluginError if two owners define one name, or an entry point holds no entity type.
    """
    owners = {entity.name: f"{__name__}.{entity.name.lower()}" for entity in entity_types()}
    strangers = []
    for point, loaded in plugins.load_all(plugins.ENTITIES).items():
        definitions = tuple(_definitions(loaded))
        if not definitions:
            raise PluginError(f"the entry point {point} in entities holds no entity type")
        for entity in definitions:
            if entity.name in owners:
                both = f"{owners[entity.name]} and entry point {point}"
                raise PluginError(f"the entity type {entity.name} has two owners: {both}")
            owners[entity.name] = f"entry point {point}"
            strangers.append(entity)
    return entity_types() + tuple(sorted(strangers, key=lambda entity: entity.name))


def _definitions(loaded: Any) -> Iterator[EntityType]:
    if isinstance(loaded, EntityType):
        yield loaded
    elif isinstance(loaded, ModuleType):
        yield from (value for _, value in sorted(vars(loaded).items()) if isinstance(value, EntityType))


def entity_type(name: str) -> EntityType:
    """Return the entity type called ``name`` (upper or lower case).

    Raises PluginError with the nearest known name if there is none.
    """
    wanted = name.strip().upper()
    for entity in installed():
        if entity.name == wanted:
            return entity
    known = tuple(entity.name for entity in installed())
    raise PluginError(f"unknown entity type {visible(repr(name))}{near(name, known)} (known: {', '.join(known)})")


def select(names: Iterable[str] | None) -> tuple[EntityType, ...]:
    """Return the named entity types in the order of the registry; with None those that are on by default."""
    if names is None:
        return tuple(entity for entity in installed() if entity.default)
    wanted = {entity_type(name).name for name in names}
    return tuple(entity for entity in installed() if entity.name in wanted)
