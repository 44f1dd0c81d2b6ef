"""Where data comes from. The registry of sources, and reading one blob to its end.

Sources are entry points of the group ``pii_audit.sources``, built-in ones too; each is imported when it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from pii_audit import plugins
from pii_audit.model.dataset import Skipped
from pii_audit.model.errors import PluginError
from pii_audit.sources.interface import Blob, Event, Limits, Part, ReadContext, Source
from pii_audit.sources.streams import Once, Prefixed, buffered, explain

#: what comes with the package; a test compares with pyproject.toml
BUILTIN = (
    "text", "delimited", "json", "jsonlines", "vcard", "excel", "parquet", "arrow", "orc", "sqlite",
    "gzip", "bzip2", "xz", "zstd", "zip", "tar", "7z",
)  # fmt: skip
#: sources without a magic number, asked in this order; the first of the surest wins
TEXT_FAMILY = ("vcard", "json", "jsonlines", "delimited", "text")


def names() -> tuple[str, ...]:
    """Return the names of all sources, built-in ones first; loads none of them."""
    return (*BUILTIN, *(name for name in plugins.names(plugins.SOURCES) if name not in BUILTIN))


@cache
def load(name: str) -> Source:
    """Return the source of that name. Raises PluginError if there is none or it cannot be loaded."""
    made = plugins.load(plugins.SOURCES, name)()
    if not isinstance(made, Source):
        raise PluginError(f"the source {name} is not a subclass of Source")
    return made


def from_elsewhere() -> tuple[Source, ...]:
    """Return the sources that other packages brought."""
    return tuple(load(name) for name in names()[len(BUILTIN) :])


def context_for(limits: Limits | None = None) -> ReadContext:
    """Return a context whose ``descend`` reads nested blobs with :func:`read_blob`."""

    def descend(blob: Blob) -> Iterator[Event]:
        return read_blob(blob, context)

    context = ReadContext(limits or Limits(), descend)
    return context


@dataclass(frozen=True, slots=True)
class Plan:
    """How a blob will be read: by which source, in which parts; ``events`` is what is known before."""

    blob: Blob                     #: reads from the first byte again, also where the stream opens only once
    source: str | None             #: None: nothing can be read, ``events`` says why
    parts: tuple[Part, ...] = ()
    events: tuple[Event, ...] = ()


def plan(blob: Blob, part_bytes: int) -> Plan:
    """Return the plan for a blob, looking at its beginning only. Never raises for what is in the blob."""
    try:
        blob, source, events = _identify(blob)
        return Plan(blob, source.name, tuple(source.split(blob, part_bytes)), events)
    except Exception as error:  # noqa: BLE001 - a damaged file is an event like any other
        return Plan(blob, None, (), (Skipped(blob.name, *explain(error)),))


def read_part(blob: Blob, source: str, part: Part, context: ReadContext) -> Iterator[Event]:
    """Yield the events of one part; whatever goes wrong inside ends as a Skipped that names the blob."""
    from pii_audit.sources.sniff import Empty

    return _guarded(blob, Empty() if source == Empty.name else load(source), part, context)


def read_blob(blob: Blob, context: ReadContext) -> Iterator[Event]:
    """Find out what a blob is and yield all its events; whatever goes wrong ends as a Skipped."""
    try:
        blob, source, events = _identify(blob)
    except Exception as error:  # noqa: BLE001 - a damaged file is an event like any other
        yield Skipped(blob.name, *explain(error))
        return
    yield from events
    yield from _guarded(blob, source, Part(), context)


def _identify(blob: Blob) -> tuple[Blob, Source, tuple[Event, ...]]:
    from pii_audit.sources import sniff

    stream = blob.open()
    try:
        head = stream.read(sniff.HEAD_BYTES)
        source = sniff.choose(head, blob.name)
    except BaseException:
        stream.close()
        raise
    if blob.path is not None:
        stream.close()
    else:
        blob = replace(blob, open=Once(buffered(Prefixed(head, stream))))
    note = sniff.mismatch(blob, source)
    return blob, source, () if note is None else (note,)


def _guarded(blob: Blob, source: Source, part: Part, context: ReadContext) -> Iterator[Event]:
    before = _state(blob)
    try:
        yield from source.read(blob, part, context)
    except Exception as error:  # noqa: BLE001 - a damaged file is an event like any other
        yield Skipped(blob.name, *explain(error))
    if before is not None and _state(blob) not in (before, None):
        yield Skipped(blob.name, "changed", "it was changed while it was read; later content may be missing")


def _state(blob: Blob) -> tuple[int, int] | None:
    if blob.path is not None:
        with suppress(OSError):
            status = os.stat(blob.path)
            return status.st_size, status.st_mtime_ns
    return None
