"""The contract of an operator: an array of values in, an array out, and what that does to a person's data.

``apply`` over an array is the definition; the Presidio operator of the same name calls it with one value.
An operator sees the values of one column or the spans of one entity type, as text; null is nothing and stays null.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from pii_audit.anonymize.keys import Key
from pii_audit.documents.fields import Kind
from pii_audit.model.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa


class OperatorError(UsageError):
    """An operator cannot work as it was asked to: a parameter, a missing key, a type it does not know."""


class Degree(Enum):
    """What a value has become under PIPL article 73."""

    CLEAR = "clear"                  #: still says what it said
    DE_IDENTIFIED = "de-identified"  #: 去标识化: needs something else (a key, other data) to point to a person
    ANONYMISED = "anonymised"        #: 匿名化: points to nobody and cannot be restored, as far as this value goes


@dataclass(frozen=True)
class Use:
    """What an operator may know beside the values.

    ``entity_type``: what the values are, None for a column of no detected type. ``domain``: values of one domain get the
    same result wherever they stand (the entity type, or a name that the plan gives to a column); keys are derived from it
    and from the recipient, so two recipients cannot join what they got. ``people``: for each value a number that stands for the
    person it belongs to (for operators with ``per_row``); null where that is unknown. ``taken``: the originals of the domain, see :class:`Taken`.
    ``draw``: a number that differs from call to call, for operators that must not repeat themselves.
    """

    entity_type: str | None = None
    domain: str = ""
    key: Key | None = None
    people: pa.Array | None = None
    taken: Taken | None = None
    draw: int = 0

    def secret(self, operator: str, length: int = 32) -> bytes:
        """Return bytes derived from the key for an operator in this domain. Raises OperatorError without a key."""
        if self.key is None:
            raise OperatorError(f"{operator} needs a key")
        return self.key.derive(f"{operator}\0{self.domain}", length)


@dataclass(frozen=True)
class Outcome:
    """``values`` as long as what came in; ``refused`` is true where the operator cannot take a value (null there)."""

    values: pa.Array
    refused: pa.Array | None = None


def param(kind: Kind, default: Any, doc: str, doc_zh: str) -> Any:
    """Declare a parameter of an operator, as plans may write it."""
    return field(default=default, metadata={"kind": kind, "doc": doc, "doc_zh": doc_zh})


@dataclass(frozen=True)
class Operator(ABC):
    """One way to change values. Instances hold parameters; a wrong one raises OperatorError in ``__post_init__``.

    The docstring of a subclass says what it does to a value, with an example.
    """

    name: ClassVar[str]                #: kebab-case, as plans write it
    title: ClassVar[str]
    title_zh: ClassVar[str]
    degree: ClassVar[Degree]
    needs_key: ClassVar[bool] = False
    reversible: ClassVar[bool] = False
    #: equal values become equal values, so tables can still be joined
    keeps_joins: ClassVar[bool] = False
    #: the result depends on the row, not on the value alone: every row is given, not every distinct value once
    per_row: ClassVar[bool] = False

    @abstractmethod
    def apply(self, values: pa.Array, use: Use) -> Outcome:
        """Return what ``values`` (pa.string()) become."""

    def restore(self, values: pa.Array, use: Use) -> Outcome:
        """Return the originals. Only where ``reversible``; what is not the work of this key is refused."""
        raise OperatorError(f"{self.name} cannot be reversed")

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return name → dataclass field of every parameter; ``with_`` is ``with`` in a plan."""
        return {item.name.removesuffix("_"): item for item in fields(cls) if "kind" in item.metadata}


class Taken(ABC):
    """The originals of one domain in a run, as numbers: what a surrogate may not be."""

    @abstractmethod
    def among(self, numbers: Any) -> Any:
        """Return for each of the numbers (numpy int64) whether it is an original."""
