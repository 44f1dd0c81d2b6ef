"""Operators as those of presidio-anonymizer: every one for ``AnonymizerEngine``, those that can be reversed for ``DeanonymizeEngine``.

    engine = anonymizer_engine()
    engine.anonymize(text, results, {"CN_MOBILE_PHONE": OperatorConfig("pseudonym", {"key": Path("house.key")})})

Each calls ``apply`` with one value, so it does what the operator does to a column. ``params`` are those of the operator, and:
``key`` (a path of a key file, its content, or at least 16 bytes), ``recipient``, ``domain`` (the entity type), ``person`` (a text or a
number, whose value it is, for dates that are shifted) and ``draw`` (a number that must differ from call to call; random if it is not
given). A value that an operator refuses is taken out, as it is in a plan that names no fallback.
This module is the only one of ours that imports presidio_anonymizer.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from presidio_anonymizer import AnonymizerEngine, DeanonymizeEngine
from presidio_anonymizer.entities import InvalidParamError
from presidio_anonymizer.operators import Operator as PresidioOperator
from presidio_anonymizer.operators import OperatorType

from pii_audit.anonymize import keys
from pii_audit.anonymize.interface import Operator, Use
from pii_audit.anonymize.registry import operators
from pii_audit.documents.fields import Reading, unknown
from pii_audit.model.errors import UsageError

__all__ = ["anonymizer_engine", "deanonymizer_engine", "mount", "operator_for", "restorer_for"]

#: parameters that every operator takes here
_COMMON = ("key", "recipient", "domain", "person", "draw")
#: what the engine says beside them
_ENTITY = "entity_type"


class _Adapter(PresidioOperator):
    """One operator of ours as Presidio calls it. Subclasses name it."""

    ours: type[Operator]
    called: str
    kind: OperatorType

    def operator_name(self) -> str:
        """Return the name by which a configuration asks for it."""
        return self.called

    def operator_type(self) -> OperatorType:
        """Return the side on which it works."""
        return self.kind

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Raise InvalidParamError if the operator cannot work so."""
        self._prepared(params or {})

    def operate(self, text: str = "", params: dict[str, Any] | None = None) -> str:
        """Return what a value becomes; nothing if it is refused."""
        operator, use = self._prepared(params or {})
        try:
            values = pa.array([text], pa.string())
        except UnicodeEncodeError:
            return ""  # half of a pair of UTF-16: no text of Arrow's
        try:
            change = operator.apply if self.kind is OperatorType.Anonymize else operator.restore
            made: str | None = change(values, use).values[0].as_py()
        except UsageError as error:
            raise InvalidParamError(str(error)) from None
        return made or ""

    def _prepared(self, params: Mapping[str, Any]) -> tuple[Operator, Use]:
        try:
            given = {name: value for name, value in params.items() if name not in (*_COMMON, _ENTITY)}
            operator = self.ours(**_read(self.ours, given))
            return operator, _use(params, needs_key=operator.needs_key)
        except UsageError as error:
            raise InvalidParamError(str(error)) from None


def _read(ours: type[Operator], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters, read as those of a plan. Raises PolicyError with every mistake."""
    known = ours.parameters()
    reading = Reading(ours.name)
    found = {}
    for name, value in given.items():
        node = yaml.compose(yaml.safe_dump(_plain(value), allow_unicode=True))
        assert node is not None
        if name not in known:
            reading.mistake(node, name, unknown(f"parameter of {ours.name}", name, [*known, *_COMMON]))
        elif value is not None:
            read = known[name].metadata["kind"].read(node, name, reading)
            found[known[name].name] = read
    reading.done()
    return found


def _plain(value: Any) -> Any:
    """Return a parameter as YAML can write it."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | bool) or value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _use(params: Mapping[str, Any], *, needs_key: bool) -> Use:
    entity_type = params.get(_ENTITY)
    key = _key(params.get("key"), params.get("recipient") or "")
    if needs_key and key is None:
        raise UsageError("needs a key (a path of a key file, or bytes)")
    draw = params.get("draw")
    return Use(
        entity_type,
        params.get("domain") or entity_type or "",
        key,
        _people(params.get("person")),
        draw=secrets.randbits(62) if draw is None else int(draw),
    )


def _key(given: Any, recipient: str) -> keys.Key | None:
    if given is None:
        return None
    if isinstance(given, keys.Key):
        return given.for_recipient(recipient) if recipient else given
    if isinstance(given, bytes):
        written = given.startswith(keys.PREFIX.encode())
        return keys.parse(given, "key").for_recipient(recipient) if written else keys.Key.of(given, recipient)
    if isinstance(given, str | os.PathLike):
        return keys.load(Path(given)).for_recipient(recipient)
    raise UsageError("key must be a path of a key file, or bytes")


def _people(person: Any) -> pa.Array | None:
    if person is None:
        return None
    number = person if isinstance(person, int) else int.from_bytes(hashlib.sha256(str(person).encode("utf-8", "replace")).digest()[:8], "big")
    return pa.array([number & 0xFFFFFFFFFFFFFFFF], pa.uint64())


def operator_for(name: str, prefix: str = "") -> type[PresidioOperator]:
    """Return an operator as ``AnonymizerEngine.add_anonymizer`` takes it. Raises UsageError if there is none of that name."""
    return _adapter(name, prefix, OperatorType.Anonymize)


def restorer_for(name: str, prefix: str = "") -> type[PresidioOperator]:
    """Return the reverse of an operator as ``DeanonymizeEngine.add_deanonymizer`` takes it. Raises UsageError if it has none."""
    adapter = _adapter(name, prefix, OperatorType.Deanonymize)
    if not adapter.ours.reversible:
        raise UsageError(f"{name} cannot be reversed")
    return adapter


def _adapter(name: str, prefix: str, kind: OperatorType) -> type[_Adapter]:
    known = operators()
    if name not in known:
        raise UsageError(unknown("operator", name, known))
    ours = known[name]
    said = {"ours": ours, "called": f"{prefix}{name}", "kind": kind, "__doc__": ours.__doc__, "__module__": __name__}
    return type(f"{ours.__name__}{'' if kind is OperatorType.Anonymize else 'Restored'}", (_Adapter,), said)


def mount(engine: AnonymizerEngine | DeanonymizeEngine, prefix: str = "") -> None:
    """Add all operators to an engine, those that can be reversed to one that restores.

    They take the place of Presidio's of the same names (mask, redact, replace, hash, encrypt, keep), unless a prefix tells them apart.
    """
    for name, ours in operators().items():
        if isinstance(engine, DeanonymizeEngine):
            if ours.reversible:
                engine.add_deanonymizer(restorer_for(name, prefix))
        else:
            engine.add_anonymizer(operator_for(name, prefix))


def anonymizer_engine(prefix: str = "") -> AnonymizerEngine:
    """Return an engine that knows all operators."""
    engine = AnonymizerEngine()  # type: ignore[no-untyped-call]
    mount(engine, prefix)
    return engine


def deanonymizer_engine(prefix: str = "") -> DeanonymizeEngine:
    """Return an engine that restores what operators did that can be reversed."""
    engine = DeanonymizeEngine()  # type: ignore[no-untyped-call]
    mount(engine, prefix)
    return engine
