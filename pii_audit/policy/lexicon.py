"""Classes of forbidden language, as data: ``rules/lexicon.yml``.

A class lists what people say and, in ``spare``, what looks the same and says the opposite («不会起诉您»): what is spared
is taken out of a text before the class is looked for. Expressions stay in the subset that RE2 and Java read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pii_audit
from pii_audit.policy.fields import Field, Many, Mapped, Record, Text, compose

_RECORD = Record(
    {
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
        )
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
    """All classes; ``any_pattern`` finds whatever one of them would."""

    classes: Mapping[str, LexiconClass]
    any_pattern: str

    @staticmethod
    @cache
    def load() -> Lexicon:
        """Return the lexicon that comes with the program. Raises PolicyError with every mistake in it."""
        path = pii_audit.rules_dir() / "lexicon.yml"
        reading, root = compose(path, f"rules/{path.name}")
        document = _RECORD.read(root, "", reading) or {}
        for name, item in document.get("classes", {}).items():
            for expression in (*item.get("say", ()), *item.get("spare", ())):
                try:
                    re.compile(expression)
                except re.error as error:
                    reading.mistake(root, f"classes.{name}", f"an expression cannot be read ({error.msg})")
        reading.done()
        classes = {
            name: LexiconClass(item["title"], item["title_zh"], _either(item["say"]), _either(item["spare"]) if item.get("spare") else None)
            for name, item in document["classes"].items()
        }
        return Lexicon(classes, _either(cls.pattern for cls in classes.values()))


def _either(expressions: object) -> str:
    return "|".join(f"(?:{expression})" for expression in expressions)  # type: ignore[attr-defined]
