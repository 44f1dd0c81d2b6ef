"""JSON lines: values are replaced where they stand in the line, keys taken out of it; all other text stays."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import pyarrow as pa

from pii_audit.anonymize.writers.edits import Tally, flags, plain, whole
from pii_audit.anonymize.writers.interface import Change, Writer, Written
from pii_audit.anonymize.writers.nested import Asked, Leaves
from pii_audit.anonymize.writers.recode import Recoder, lines_of, recoding
from pii_audit.anonymize.writers.text import text_edits
from pii_audit.sources.encoding import padded
from pii_audit.sources.interface import BATCH_BYTES, Blob, Column, Limits
from pii_audit.sources.json_tape import TEXT, Tape
from pii_audit.sources.pieces import Bytes, Ints


class JsonLinesWriter(Writer):
    """One JSON value a line; a line that is not JSON is a text in the column ``#text``."""

    formats = ("jsonlines",)
    block = BATCH_BYTES

    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        table = _Table(blob.name, change, limits)
        with recoding(blob, out, self.block) as (reader, _):
            for run in lines_of(reader):
                if isinstance(run, bytes):
                    table.take(reader, padded(run), np.array([0, len(run)], np.int32), long=True)
                else:
                    table.take(reader, run.data, run.offsets)
        return [table.finish()]


class _Table:
    def __init__(self, name: str, change: Change, limits: Limits) -> None:
        self._tally = Tally(name)
        self._change, self._limits = change, limits
        self._tape = Tape(limits)

    def finish(self) -> Written:
        if not self._tally.asked:
            self._tally.ask(self._change, (), 0)
        return self._tally.written()

    def take(self, reader: Recoder, data: Bytes, offsets: Ints, long: bool = False) -> None:
        """Write some lines; a long one is not taken apart, as it is not in a scan."""
        from pii_audit.sources import text_kernel as kernel

        starts, stops = np.empty(len(offsets), np.int64), np.empty(len(offsets), np.int64)
        rows = kernel.trim_lines(data, offsets, len(offsets) - 1, starts, stops)
        starts, stops = starts[:rows], stops[:rows]
        self._tape.room(0 if long else int(offsets[-1]))
        outcome = np.zeros(rows, np.uint8) if long else self._tape.parse_records(data, starts, stops)
        leaves = Leaves(self._tape, data, self._limits, ascii_only=reader.undecided)
        bad = np.flatnonzero(outcome != kernel.DONE)
        columns = leaves.columns
        texts = None
        if len(bad):
            texts = self._texts(data, starts[bad], stops[bad], bad)
            columns += (texts,)
        changes = self._tally.ask(self._change, columns, rows)
        count = len(leaves.columns)
        edits = leaves.edits(Asked(changes.values, changes.drop).part(0, count), stop=int(offsets[-1]))
        self._tally.changed += leaves.changed
        if texts is not None:
            new = changes.values.get(count, texts.values)
            new = pa.nulls(len(bad), pa.string()) if count in changes.drop else plain(new)
            others = text_edits(texts.values, new, starts[bad], stops[bad], "null")
            self._tally.changed += len(others.starts)
            edits = edits.merged(others)
        stays = np.ones(len(offsets) - 1, bool)
        if changes.keep is not None:
            stays[np.searchsorted(offsets, starts, side="right") - 1] = flags(changes.keep)
        self._tally.rows_in += rows
        self._tally.rows_out += rows - int(np.count_nonzero(~stays))
        if stays.all():
            begin, end = int(offsets[0]), int(offsets[-1])
            reader.write(edits.once(data, begin, end) if len(edits.starts) else data[begin:end])
        else:
            begins, ends = offsets[:-1].astype(np.int64), offsets[1:].astype(np.int64)
            reader.write(edits.made(data, begins[stays], ends[stays])[0])

    @staticmethod
    def _texts(data: Bytes, starts: Ints, stops: Ints, rows: Ints) -> Column:
        from pii_audit.sources import text_kernel as kernel

        out = np.empty(int((stops - starts).sum()) + kernel.PAD, np.uint8)
        offsets = np.empty(len(starts) + 1, np.int64)
        size = kernel.gather_list(data, starts, stops, len(starts), np.uint8(0), out, offsets)
        return whole(TEXT, offsets, out[:size], rows)
