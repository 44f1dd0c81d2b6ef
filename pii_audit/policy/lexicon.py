"""Classes of forbidden language, as data: ``rules/lexicon.yml``.

A class lists what people say and, in ``spare``, what looks the same and says the opposite («不会起诉您»): what is spared
is taken out of a text before the class is looked for. Expressions stay in the subset that RE2 and Java read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pii_audit
from pii_audit.documents.fields import Field, Many, Mapped, Record, Text, compose

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


@dataclass(frozen=True)
class Lexicon:
    """All classes, and what is taken out of every text."""

    classes: Mapping[str, LexiconClass]
    noise: str

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
            classes[name] = LexiconClass(*titles, _either(say), _either(spare) if spare else None)
        reading.done()
        return Lexicon(classes, document["noise"])

    def found(self, text: ir.StringValue) -> dict[str, ir.BooleanValue]:
        """Return class → whether a text holds it; a null text holds none."""
        plain = STOP + text.fill_null("").re_replace(self.noise, "") + STOP
        found = {}
        for name, cls in self.classes.items():
            found[name] = plain.re_search(cls.pattern)
            if cls.spare_pattern:  # taken out only of what met something
                found[name] = found[name].ifelse(plain.re_replace(cls.spare_pattern, STOP).re_search(cls.pattern), False)
        return found


def _whole(expression: str, fragments: Mapping[str, str]) -> str:
    """Return an expression with its fragments written out; a fragment may use later ones."""
    for sign, meaning in fragments.items():
        expression = expression.replace(sign, meaning)
    return expression


def _either(expressions: Iterable[str]) -> str:
    return "|".join(f"(?:{expression})" for expression in expressions)
