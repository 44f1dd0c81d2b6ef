"""The law as data: ``rules/law.yml`` (instruments, rows) and ``rules/frameworks/`` (article → rows).

Rules name rows, rows name their bases. Nothing is read before it is asked for, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pii_audit import rules_dir
from pii_audit.model.errors import DefinitionError, UsageError
from pii_audit.model.law import Basis, Force, Mark
from pii_audit.model.near import near
from pii_audit.model.visible import visible

#: who can be bound by an instrument
BOUND = (
    "every handler", "bank", "consumer-finance", "micro-loan", "platform", "agency", "credit-bureau",
    "association-member", "voluntary",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law, rule, standard or guide. ``mark`` says how well its own entry is supported, not what it demands."""

    key: str
    title: str
    title_zh: str
    force: Force
    mark: Mark
    effective: str | None = None          #: ISO date, or as much of one as is known; None: in force, date not given
    binds: tuple[str, ...] = ()           #: of BOUND; empty: not established
    number: str | None = None             #: of the document or standard, as in ``GB/T 45251-2025``
    short: str | None = None              #: English short name where the key is Chinese
    descriptive: bool = False             #: the title only describes; no book-title marks
    binds_note: str | None = None
    binds_note_zh: str | None = None
    note: str | None = None
    note_zh: str | None = None

    @property
    def name(self) -> str:
        """Return the short English name; a standard carries its year."""
        return self.number if self.force is Force.T and self.number else self.short or self.key

    @property
    def name_zh(self) -> str:
        """Return the Chinese title with its number."""
        title = self.title_zh if self.descriptive else f"《{self.title_zh}》"
        if self.force is Force.T and self.number:
            return f"{self.number}{title}"
        return f"{title}（{self.number}）" if self.number else title


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement, paraphrased, with what it rests on."""

    id: str
    section: int                          #: 1 retention … 10 collection conduct, as law.yml heads them
    says: str
    says_zh: str
    basis: tuple[Basis, ...]              #: empty where the row is a policy value only
    binds: tuple[str, ...]                #: of BOUND: its own, else those of its instruments
    parameters: Mapping[str, Any] = field(default_factory=dict)  #: numbers that an instrument gives; the unit is in the name
    parameters_mark: Mark | None = None   #: None: as well supported as the row
    policy_parameters: tuple[str, ...] = ()  #: numbers that no instrument gives
    policy: bool = False                  #: the row, or a part of it, is a value that the lender sets
    see: tuple[str, ...] = ()
    note: str | None = None
    note_zh: str | None = None
    untestable: str | None = None         #: why no program can test it

    @property
    def is_from_memory(self) -> bool:
        """Whether nothing checked stands behind the row: it may not be an enabled default."""
        return bool(self.basis) and all(basis.is_from_memory for basis in self.basis)


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a framework (or, where its number is unknown, one subject) and the rows that serve it."""

    id: str
    rows: tuple[str, ...]                 #: empty: no machine evidence, ``note`` says so
    title: str | None = None
    title_zh: str | None = None
    note: str | None = None
    note_zh: str | None = None


@dataclass(frozen=True, slots=True)
class Framework:
    """An instrument in the order of its articles."""

    name: str                             #: as the file is called
    instrument: str
    title: str
    title_zh: str
    articles: tuple[Article, ...]
    note: str | None = None
    note_zh: str | None = None

    def articles_of(self, rows: Iterable[str]) -> tuple[Article, ...]:
        """Return the articles that one of these rows serves, in the order of the instrument."""
        wanted = set(rows)
        return tuple(article for article in self.articles if not wanted.isdisjoint(article.rows))


@dataclass(frozen=True, slots=True)
class Law:
    """Instruments by key and rows by id, in the order of the file."""

    instruments: Mapping[str, Instrument]
    rows: Mapping[str, Row]

    def row(self, row_id: str) -> Row:
        """Return a row. Raises UsageError, with the id that was probably meant, if there is none."""
        try:
            return self.rows[row_id]
        except KeyError:
            raise UsageError(f"unknown law row {visible(repr(row_id))}{near(row_id, self.rows)}") from None

    def basis(self, row_ids: Iterable[str]) -> tuple[Basis, ...]:
        """Return what these rows rest on, each place once, in the order of the rows."""
        return tuple(dict.fromkeys(basis for row_id in row_ids for basis in self.row(row_id).basis))


@cache
def load_law() -> Law:
    """Return the law. Raises DefinitionError, with file and entry, if the file contradicts itself."""
    path = rules_dir() / "law.yml"
    data = _read(path)
    instruments: dict[str, Instrument] = {}
    rows: dict[str, Row] = {}
    entry = ""
    try:
        for entry, fields in data["instruments"].items():
            instruments[entry] = _instrument(entry, fields)
        for entry, fields in data["rows"].items():
            rows[entry] = _row(entry, fields, instruments)
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(f"{path.name}: {entry}: {_reason(error)}") from error
    return Law(instruments, rows)


@cache
def load_frameworks() -> Mapping[str, Framework]:
    """Return name → framework, by name. Raises DefinitionError if a file is wrong or names an unknown row."""
    law = load_law()
    found: dict[str, Framework] = {}
    for path in sorted((rules_dir() / "frameworks").glob("*.yml")):
        data = _read(path)
        try:
            articles = tuple(Article(**{**entry, "rows": tuple(entry["rows"])}) for entry in data.pop("articles"))
            framework = Framework(name=data.pop("framework"), articles=articles, **data)
            law.instruments[framework.instrument]
            for article in articles:
                law.basis(article.rows)
        except (KeyError, TypeError, UsageError) as error:
            raise DefinitionError(f"frameworks/{path.name}: {_reason(error)}") from error
        found[framework.name] = framework
    return found


def _instrument(key: str, fields: dict[str, Any]) -> Instrument:
    effective = fields.pop("effective", None)
    return Instrument(
        key=key,
        force=Force(fields.pop("force")),
        mark=Mark(fields.pop("mark")),
        effective=None if effective is None else str(effective),
        binds=_bound(fields.pop("binds")),
        **fields,
    )


def _row(row_id: str, fields: dict[str, Any], instruments: Mapping[str, Instrument]) -> Row:
    basis = tuple(_basis(entry, instruments) for entry in fields.pop("basis"))
    of_instruments = dict.fromkeys(name for place in basis for name in instruments[place.instrument].binds)
    numbers = fields.pop("parameters", {})
    mark = fields.pop("parameters_mark", None)
    return Row(
        id=row_id,
        basis=basis,
        binds=_bound(fields.pop("binds", of_instruments)),
        parameters={k: v.isoformat() if isinstance(v, date) else v for k, v in numbers.items()},
        parameters_mark=None if mark is None else Mark(mark),
        policy_parameters=tuple(fields.pop("policy_parameters", ())),
        see=tuple(fields.pop("see", ())),
        **fields,
    )


def _basis(entry: dict[str, str], instruments: Mapping[str, Instrument]) -> Basis:
    instrument = instruments[entry["instrument"]]
    return Basis(
        instrument=instrument.key,
        article=entry.get("article"),
        force=Force(entry["force"]) if "force" in entry else instrument.force,
        mark=Mark(entry["mark"]),
        name=instrument.name,
        name_zh=instrument.name_zh,
    )


def _bound(names: Iterable[str]) -> tuple[str, ...]:
    bound = tuple(names)
    for name in bound:
        if name not in BOUND:
            raise ValueError(f"binds unknown {name}")
    return bound


def _reason(error: Exception) -> str:
    return f"unknown or missing {error}" if isinstance(error, KeyError) else str(error)


def _read(path: Path) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  a safe loader, both
    if not isinstance(data, dict):
        raise DefinitionError(f"{path.name}: must be a mapping")
    return data
