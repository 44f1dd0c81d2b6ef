"""Lines of text with other lines in their place; every line keeps its end."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import pyarrow as pa

from pii_audit.anonymize.writers.edits import Edits, Tally, buffers, differing, flags, plain, take, whole
from pii_audit.anonymize.writers.interface import Change, WriteError, Writer, Written
from pii_audit.anonymize.writers.recode import Recoder, lines_of, recoding
from pii_audit.sources.encoding import padded
from pii_audit.sources.interface import BATCH_BYTES, Blob, Column, Limits
from pii_audit.sources.pieces import Bytes, Ints


class TextWriter(Writer):
    """Plain text and logs."""

    formats = ("text",)
    block = BATCH_BYTES

    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        tally = Tally(blob.name)
        with recoding(blob, out, self.block) as (reader, _):
            for run in lines_of(reader):
                if isinstance(run, bytes):
                    self._lines(reader, padded(run), np.array([0, len(run)]), change, tally)
                else:
                    self._lines(reader, run.data, run.offsets, change, tally)
        if not tally.asked:
            tally.ask(change, (Column(None, pa.array([], pa.string())),), 0, text=True)
        return [tally.written()]

    def _lines(self, reader: Recoder, data: Bytes, offsets: Ints, change: Change, tally: Tally) -> None:
        from pii_audit.anonymize.writers import kernel
        from pii_audit.sources import text_kernel

        count = len(offsets) - 1
        starts, ends = offsets[:-1].astype(np.int64), np.empty(count, np.int64)
        kernel.line_ends(data, offsets, ends)
        out = np.empty(int((ends - starts).sum()) + text_kernel.PAD, np.uint8)
        places = np.empty(count + 1, np.int64)
        size = text_kernel.gather_list(data, starts, ends, count, np.uint8(0), out, places)
        values = whole(None, places, out[:size])
        changes = tally.ask(change, (values,), count, text=True)
        if changes.drop:
            raise WriteError("a text has no columns that could be dropped")
        stays = np.ones(count, bool) if changes.keep is None else flags(changes.keep)
        tally.rows_in += count
        tally.rows_out += int(np.count_nonzero(stays))
        edits = text_edits(values.values, plain(changes.values[0]), starts, ends) if changes.values else None
        tally.changed += len(edits.starts) if edits else 0
        if edits is None or not len(edits.starts):
            if stays.all():
                reader.write(data[int(offsets[0]) : int(offsets[-1])])
                return
            edits = edits or text_edits(values.values, values.values, starts, ends)
        reader.write(edits.made(data, starts[stays], offsets[1:][stays].astype(np.int64))[0])


def text_edits(old: pa.Array, new: pa.Array, starts: Ints, ends: Ints, empty: str | None = None) -> Edits:
    """Return the edits that put new texts, each in one line, in the place of stretches; ``empty`` in place of null."""
    from pii_audit.anonymize.writers import kernel

    places = differing(old, new)
    values = take(new, places)
    data, offsets = buffers(values if empty is None else values.fill_null(empty))
    lines = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    kernel.one_line(data, offsets, lines)
    offsets = offsets.astype(np.int64) - int(offsets[0])
    return Edits(starts[places], ends[places], np.arange(len(places)), offsets, lines)
