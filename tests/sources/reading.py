"""Reads events back into plain values, for the tests of the text-like sources."""

from __future__ import annotations

import io
from collections import defaultdict

from pii_audit.model.dataset import Note, Skipped
from pii_audit.sources.interface import Batch, Blob, Part, TableEnd


def blob(data: bytes, name: str = "f") -> Blob:
    """A member of an archive, say: no path, no seeking back."""
    return Blob(name, lambda: io.BytesIO(data))


def values(events, offset: int = 0):
    """(row, column) → the values there; pieces are joined at their cores. Every array is checked."""
    found = defaultdict(list)
    open_piece = {}
    for event in events:
        if not isinstance(event, Batch):
            continue
        for column in event.columns:
            column.values.validate(full=True)
            rows = range(len(column.values)) if column.rows is None else column.rows.tolist()
            assert all(0 <= row < event.num_rows for row in rows), "a row outside its batch"
            for k, (row, value) in enumerate(zip(rows, column.values.to_pylist(), strict=True)):
                key = (offset + event.first_row + row, column.name)
                if column.pieces is None or value is None:
                    found[key].append(value)
                    continue
                raw, start, end = value.encode(), int(column.pieces.core_start[k]), int(column.pieces.core_end[k])
                before = int(column.pieces.chars[k])
                core = raw[start:end].decode()
                if before == 0 and start == 0:
                    found[key].append(core)
                else:
                    assert len(open_piece[key]) == before + len(raw[:start].decode()), "characters before a piece"
                    found[key][-1] += core
                open_piece[key] = found[key][-1]
    return dict(found)


def problems(events):
    return sorted((type(e).__name__, e.code) for e in events if isinstance(e, (Note, Skipped)))


def ends(events):
    return [e for e in events if isinstance(e, TableEnd)]


def by_parts(source, path, part_bytes, context):
    """The values of a file read part by part, rows counted through."""
    size = path.stat().st_size
    whole = Blob(str(path), lambda: path.open("rb"), str(path), size)
    found, rows = {}, 0
    parts = source.split(whole, part_bytes)
    for part in parts:
        events = list(source.read(whole, part, context))
        for key, value in values(events, rows).items():
            assert key not in found
            found[key] = value
        rows += ends(events)[0].rows
    return found, len(parts)


def whole_file(source, path, context):
    size = path.stat().st_size
    return list(source.read(Blob(str(path), lambda: path.open("rb"), str(path), size), Part(), context))
