"""Classes of forbidden language, as data: ``rules/lexicon.yml``.

A class lists what people say and, in ``spare``, what looks the same and says the opposite («不会起诉您»): what is spared
is taken out of a text before the class is looked for. Expressions stay in the subset that RE2 and Java read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

import pii_audit
from pii_audit.policy.fields import FLAG, Field, Many, Mapped, Record, Text, compose

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: begins and ends every text and stands for whatever was taken out: no expression reaches across it
STOP = "。"

_RECORD = Record(
    {
        "noise": Field(Text(), "what is taken out of every text", True),
        "fragments": Field(Mapped(Text()), "signs that stand for longer expressions"),
        "classes": Field(
            Mapped(
                Record(
                    {
                        "title": Field(Text(), "English title", True),
                        "title_zh": Field(Text(), "Chinese title", True),
                        "say": Field(Many(Text(), 1), "expressions that are found", True),
                        "spare": Field(Many(Text()), "expressions that are taken out before"),
                        "everyday": Field(FLAG, "whether most messages hold its words"),
                    }
                ),
                Text(r"[a-z][a-z-]*"),
            ),
            "classes by name",
            True,
        ),
    }
)


@dataclass(frozen=True)
class LexiconClass:
    """One class: expression that finds it, and what is taken out of a text before."""

    title: str
    title_zh: str
    pattern: str
    spare_pattern: str | None
    everyday: bool


@dataclass(frozen=True)
class Lexicon:
    """All classes; ``any_pattern`` finds beginnings of words without which none of them, but those of everyday, can be."""

    classes: Mapping[str, LexiconClass]
    noise: str
    any_pattern: str

    @staticmethod
    @cache
    def load() -> Lexicon:
        """Return the lexicon that comes with the program. Raises PolicyError with every mistake in it."""
        path = pii_audit.rules_dir() / "lexicon.yml"
        reading, root = compose(path, f"rules/{path.name}")
        document = _RECORD.read(root, "", reading) or {}
        fragments = document.get("fragments", {})
        classes = {}
        for name, item in document.get("classes", {}).items():
            say, spare = ([_whole(each, fragments) for each in item.get(key, ())] for key in ("say", "spare"))
            for expression in (*say, *spare):
                try:
                    re.compile(expression)
                except re.error as error:
                    reading.mistake(root, f"classes.{name}", f"an expression cannot be read ({error.msg})")
            titles = item.get("title", ""), item.get("title_zh", "")
            classes[name] = LexiconClass(*titles, _either(say), _either(spare) if spare else None, item.get("everyday", False))
        reading.done()
        rare = {word for cls in classes.values() if not cls.everyday for word in anchors(cls.pattern)}
        return Lexicon(classes, document["noise"], "|".join(map(re.escape, sorted(rare))))

    def found(self, text: ir.StringValue) -> dict[str, ir.BooleanValue]:
        """Return class → whether a text holds it; a null text holds none."""
        plain = STOP + text.fill_null("").re_replace(self.noise, "") + STOP
        rare = plain.re_search(self.any_pattern)
        found = {}
        for name, cls in self.classes.items():
            # what comes later is evaluated only where the cheaper test before it met something
            held = plain.re_search(cls.pattern)
            if cls.spare_pattern:
                held = held.ifelse(plain.re_replace(cls.spare_pattern, STOP).re_search(cls.pattern), False)
            found[name] = held if cls.everyday else rare.ifelse(held, False)
        return found


def _whole(expression: str, fragments: Mapping[str, str]) -> str:
    """Return an expression with its fragments written out; a fragment may use later ones."""
    for sign, meaning in fragments.items():
        expression = expression.replace(sign, meaning)
    return expression


#: strings that one item may stand for before it is too many to enumerate, and characters of an anchor that count
_MOST, _LENGTH = 96, 3


def anchors(pattern: str) -> frozenset[str]:
    """Return strings of which every text that the pattern matches holds one.

    A regular expression of thousands of alternatives is too large for an automaton; its anchors are not.
    """
    found = _anchors(parser.parse(pattern))
    if found is None:
        raise ValueError("an expression has no fixed part")
    return found


def _anchors(sequence: Iterable[Any]) -> frozenset[str] | None:
    candidates: list[frozenset[str]] = []
    run: frozenset[str] = frozenset({""})
    for op, value in sequence:
        exact = _exact(op, value)
        if exact is not None and len(run) * len(exact) <= _MOST:
            run = frozenset(one + two for one in run for two in exact)
            continue
        candidates.append(run)
        run = exact if exact is not None else frozenset({""})
        if exact is None and (inner := _inside(op, value)) is not None:
            candidates.append(inner)
    candidates.append(run)
    usable = [frozenset(word[:_LENGTH] for word in words) for words in candidates if "" not in words]
    return max(usable, key=lambda words: (min(map(len, words)), -len(words)), default=None)


def _inside(op: Any, value: Any) -> frozenset[str] | None:
    match op:
        case c.BRANCH:
            parts = [_anchors(branch) for branch in value[1]]
            return None if None in parts else frozenset().union(*(part for part in parts if part is not None))
        case c.SUBPATTERN:
            return _anchors(value[3])
        case c.MAX_REPEAT if value[0] > 0:
            return _anchors(value[2])
    return None


def _exact(op: Any, value: Any) -> frozenset[str] | None:
    """Return the strings that an item stands for, None if they are too many."""
    match op:
        case c.LITERAL:
            return frozenset({chr(value)})
        case c.IN if all(kind is c.LITERAL for kind, _ in value):
            return frozenset(chr(code) for _, code in value)
        case c.SUBPATTERN:
            return _strings(value[3])
        case c.BRANCH:
            parts = [_strings(branch) for branch in value[1]]
            if None in parts or sum(len(part or ()) for part in parts) > _MOST:
                return None
            return frozenset().union(*(part for part in parts if part is not None))
        case c.MAX_REPEAT if value[1] == 1:
            inner = _strings(value[2])
            return None if inner is None else inner | {""} if value[0] == 0 else inner
    return None


def _strings(sequence: Iterable[Any]) -> frozenset[str] | None:
    run: frozenset[str] = frozenset({""})
    for op, value in sequence:
        exact = _exact(op, value)
        if exact is None or len(run) * len(exact) > _MOST:
            return None
        run = frozenset(one + two for one in run for two in exact)
    return run


def _either(expressions: Iterable[str]) -> str:
    return "|".join(f"(?:{expression})" for expression in expressions)
