"""The manifest of an export: what went in, what was done to it, what came out, and that nothing was changed since.

Digests are SHA-256. ``digest`` is that of the manifest without itself, as JSON with sorted keys and no spaces.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pii_audit.anonymize.interface import Operator
from pii_audit.anonymize.writers.interface import Written
from pii_audit.documents.fields import Kind, Many
from pii_audit.model.errors import UsageError
from pii_audit.model.files import AtomicFile
from pii_audit.model.visible import visible

if TYPE_CHECKING:
    from pii_audit.anonymize.plan import Treatment
    from pii_audit.anonymize.transform import Tally

NAME = "manifest.json"
#: names that no file of an export may have
OWN = frozenset({NAME, f"{NAME}.sig"})
VERSION = "1.0"
_BLOCK = 1 << 20


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a manifest with its digest."""
    with AtomicFile(path) as stream:
        stream.write(_text({**document, "digest": digest(document)}))


def read(path: Path) -> dict[str, Any]:
    """Return a manifest. Raises UsageError if there is none, or if it is not what was written."""
    shown = visible(str(path))
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError):
        raise UsageError(f"{shown}: is no manifest") from None
    if not isinstance(document, dict) or document.get("schema_version") != VERSION:
        raise UsageError(f"{shown}: is no manifest of version {VERSION}")
    return document


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a manifest."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("manifest.schema.json").read_text(encoding="utf-8"))
    return found


def _text(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode(errors="surrogatepass") + b"\n"


def digest(document: Mapping[str, Any]) -> str:
    """Return the digest of a manifest, without the one it names itself."""
    plain = {name: value for name, value in document.items() if name != "digest"}
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(errors="surrogatepass")).hexdigest()


def file(path: Path, name: str) -> dict[str, Any]:
    """Return name, size and digest of a file."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return {"name": name, "bytes": path.stat().st_size, "sha256": found.hexdigest()}


def table(written: Written, source: str) -> dict[str, Any]:
    """Return what is said of a table."""
    counts = {item.name: getattr(written, item.name) for item in fields(written) if item.name != "source"}
    return {"name": source, **counts}


def column(table: str, name: str | None, treatment: Treatment | None, tally: Tally, *, dropped: bool) -> dict[str, Any]:
    """Return what is said of a column, enough to reverse it."""
    said: dict[str, Any] = {"table": table, "column": name, "values": dict(tally.values), "refused": dict(tally.refused)}
    if dropped:
        return said | {"operator": None, "dropped": True}
    if treatment is None or treatment.operator is None:
        return said | {"operator": "text"}
    operator = treatment.operator
    return said | {
        "operator": operator.name,
        "parameters": parameters(operator),
        "entity_type": treatment.entity,
        "domain": treatment.domain,
        "key": treatment.key if operator.needs_key else None,
        "degree": operator.degree.value,
        "reversible": operator.reversible,
        "role": treatment.role.value if treatment.role else None,
    }


def parameters(operator: Operator) -> dict[str, Any]:
    """Return the parameters of an operator as a plan would write them."""

    def shown(kind: Kind, value: Any) -> Any:
        return [kind.of.show(item) for item in value] if isinstance(kind, Many) else kind.show(value)

    given = ((name, item.metadata["kind"], getattr(operator, item.name)) for name, item in operator.parameters().items())
    return {name: shown(kind, value) for name, kind, value in given if value is not None}


def changed(folder: Path, document: Mapping[str, Any]) -> list[str]:
    """Return how a folder differs from its manifest: files that changed, are missing, or were added."""
    problems = []
    if document.get("digest") != digest(document) or (folder / NAME).read_bytes() != _text(document):
        return [f"{NAME}: was changed after it was written"]
    listed = {item["name"]: item for item in document.get("outputs", ())}
    for name, item in sorted(listed.items()):
        path = folder / name
        if os.path.isabs(name) or ".." in path.relative_to(folder).parts:
            problems.append(f"{visible(name)}: is no place inside the export")
        elif not path.is_file() or path.is_symlink():
            problems.append(f"{visible(name)}: is missing")
        elif file(path, name) != {key: item.get(key) for key in ("name", "bytes", "sha256")}:
            problems.append(f"{visible(name)}: was changed after it was written")
    for place, _, names in os.walk(folder):
        for name in names:
            relative = os.path.relpath(os.path.join(place, name), folder)
            if relative not in listed and relative not in OWN:
                problems.append(f"{visible(relative)}: is not in the manifest")
    return problems
