"""Which kinds of personal data a list of fields names (``姓名;手机号``, ``cust_name, id_no``).

The words are the headers of the entity types, read much as headers are: Chinese words anywhere in a name, Latin ones
from word to word; the longer word wins, and where a word may mean several types it means the first. A field that is
said to be masked does not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import ibis.expr.types as ir

from pii_audit.entities import installed
from pii_audit.model.entity import EntityType

_BETWEEN = r"[;；,，、|｜/／+＋&＆\r\n\t\[\]{}\"']+"
_SAYS = "脱敏|掩码|去标识|匿名|哈希|masked|hashed|anonymi[sz]ed"
#: «未经脱敏», «unmasked», «not masked» say the opposite
_UNMASKED = rf"(?:[未不非无]|没有)(?:经过|经|进行|予以|需|须|用|作|做|被|加)?(?:{_SAYS})|(?:un|non|not)[ _\-]*(?:{_SAYS})"
_MASKED = rf"[^;]*(?:{_SAYS})[^;]*"


def column(entity: str) -> str:
    """Return the column that says whether a list names an entity type."""
    return f"lists_{entity.lower()}"


@cache
def known() -> Mapping[str, EntityType]:
    """Return the entity types that a list can name: those with a class in the standard on financial information."""
    personal = (e for e in installed() if e.headers and e.category.jrt0171 and e.category.gbt45574)
    return {entity.name: entity for entity in personal}


@cache
def sensitive() -> tuple[str, ...]:
    """Return the columns of the types that GB/T 45574 lists as sensitive."""
    return tuple(column(name) for name, e in known().items() if e.category.gbt45574 and e.category.gbt45574.value.startswith("yes"))


def flags(text: ir.StringValue) -> dict[str, ir.BooleanValue]:
    """Return per entity type whether a list of fields names it."""
    names = text.re_replace("([a-z0-9])([A-Z])", r"\1_\2").lower().re_replace(_BETWEEN, ";")
    names = names.re_replace(_UNMASKED, "").re_replace(_MASKED, "").re_replace("[\\s\u3000_＿.－-]+", "_")
    found = {}
    for name, (wanted, others) in _patterns().items():
        left = names.re_replace(others, ";") if others else names
        found[column(name)] = left.re_search(wanted)
    return found


@cache
def _patterns() -> Mapping[str, tuple[str, str | None]]:
    """Return per entity type what finds it, and the longer words of other types that only look like it."""
    owner: dict[str, str] = {}
    for name, entity in known().items():
        for word in entity.headers:
            owner.setdefault(word, name)
    patterns = {}
    for name in known():
        own = [word for word, of in owner.items() if of == name]
        longer = [word for word, of in owner.items() if of != name and any(part in word for part in own)]
        patterns[name] = _any(own), _any(longer) if longer else None
    return patterns


def _any(words: list[str]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    latin = [word for word in longest_first if word.isascii()]
    han = [re.escape(word) for word in longest_first if not word.isascii()]
    runs = [r"(?:^|[^a-z0-9])(?:" + "|".join("_?".join(word) for word in latin) + r")(?:[^a-z0-9]|$)"] if latin else []
    return "|".join([*han, *runs])
