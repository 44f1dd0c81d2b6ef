"""JSON documents of any size: values are replaced where they stand, keys and rows taken out; all other text stays.

Rows are taken together as far as a few megabytes hold them. A row larger than that comes in several chunks, each with
the values it has of that row; such a row cannot be filtered.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from pii_audit.anonymize.writers.edits import Tally, flags
from pii_audit.anonymize.writers.interface import Change, Changes, WriteError, Writer, Written
from pii_audit.anonymize.writers.nested import Asked, Leaves
from pii_audit.anonymize.writers.recode import LONGEST_BYTES, Recoder, recoding
from pii_audit.sources.encoding import LINE_BYTES, padded
from pii_audit.sources.interface import BATCH_BYTES, Blob, Limits
from pii_audit.sources.json_tape import Tape
from pii_audit.sources.pieces import Bytes, Ints


class JsonWriter(Writer):
    """The items of an outermost array are rows, any other document is one row."""

    formats = ("json",)
    block = BATCH_BYTES

    def rewrite(self, blob: Blob, out: BinaryIO, change: Change, limits: Limits) -> list[Written]:
        with recoding(blob, out, self.block) as (reader, _):
            documents = _Documents(reader, change, limits)
            for chunk in reader:
                documents.take(chunk.buffer, chunk.size, final=False)
            return [documents.finish()]


class _Documents:
    def __init__(self, reader: Recoder, change: Change, limits: Limits) -> None:
        self._reader, self._change, self._limits = reader, change, limits
        self._tally = Tally(reader.name)
        self._tape = Tape(limits)
        self._seen = b""          # written later: what has to be seen to cut out the next member
        self._held = b""          # not read yet
        self._inside = False      # inside a row that is too large to be taken as a whole
        self._eat = False         # the next comma goes
        self._codec: str | None = None

    def finish(self) -> Written:
        """Read what is left; return what was done."""
        from pii_audit.sources import text_kernel as kernel

        self.take(padded(b""), 0, final=True)
        if kernel.unfinished(self._tape.state) or self._held:
            raise WriteError("the document ends before it is complete, or is no JSON")
        self._reader.write(np.frombuffer(self._seen, np.uint8))
        if not self._tally.asked:
            self._tally.ask(self._change, (), 0)
        return self._tally.written()

    def take(self, data: Bytes, size: int, final: bool) -> None:
        """Write what can be written with some more text."""
        if not self._reader.undecided:
            if self._codec not in (None, self._reader.codec):
                raise WriteError("the document is in two encodings")
            self._codec = self._reader.codec
        self._held += data[:size].tobytes()
        while self._held and (self._large_row(final) if self._inside else self._rows(final)):
            pass
        if len(self._held) > LONGEST_BYTES:
            raise WriteError(f"a value is longer than {LONGEST_BYTES} bytes")

    def _rows(self, final: bool) -> bool:
        """Write the rows that are complete; return whether there were any."""
        from pii_audit.anonymize.writers import kernel
        from pii_audit.sources import text_kernel

        buffer, start, size = self._buffer()
        room = size - start + 1
        starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
        rooted = bool(self._tape.state[text_kernel.S_DEPTH] > 0)
        count, reached, _ = kernel.json_rows(buffer, start, size, final, rooted, starts, ends)
        if reached == start:
            self._inside = size - start >= 2 * LINE_BYTES
            return self._inside
        self._tape.room(reached)
        result, at = self._tape.parse(buffer, start, reached, True)
        if result != text_kernel.MORE or at != reached or int(self._tape.state[text_kernel.S_ROW]) != count:
            raise self._broken(result)
        self._write(buffer, start, reached, size, count, (starts[:count], ends[:count]))
        return True

    def _large_row(self, final: bool) -> bool:
        """Write what is there of a large row; return whether that was anything."""
        from pii_audit.sources import text_kernel

        buffer, start, size = self._buffer()
        self._tape.room(size)
        result, at = self._tape.parse(buffer, start, size, final, stop=True)
        if result not in (text_kernel.MORE, text_kernel.DONE):
            raise self._broken(result)
        self._inside = result != text_kernel.DONE
        if not self._inside:  # a walk that stops after a row does not say what may come after it
            text_kernel.close_value(self._tape.state, self._tape.kinds)
        if at == start:
            return False
        self._write(buffer, start, at, size, int(not self._inside), None)
        return True

    def _buffer(self) -> tuple[Bytes, int, int]:
        return padded(self._seen + self._held), len(self._seen), len(self._seen) + len(self._held)

    def _write(self, buffer: Bytes, start: int, stop: int, size: int, ended: int, rows: tuple[Ints, Ints] | None) -> None:
        """Write ``buffer[:stop]``, whose values from ``start`` on are on the tape; ``rows`` where they are whole."""
        from pii_audit.anonymize.writers import kernel
        from pii_audit.sources import text_kernel

        tally = self._tally
        leaves = Leaves(self._tape, buffer, self._limits, start=start, ascii_only=self._reader.undecided)
        count = 1 if rows is None else ended
        changes = tally.ask(self._change, leaves.columns, count) if count else Changes()
        gone = None
        if changes.keep is not None and not (stays := flags(changes.keep)).all():
            if rows is None:
                raise WriteError(f"row {tally.rows_in + 1} is too large to be filtered")
            gone = (rows[0][~stays], rows[1][~stays])
        edits = leaves.edits(Asked(changes.values, changes.drop), gone, stop, self._eat)
        self._eat = leaves.eat
        tally.changed += leaves.changed
        tally.rows_in += ended
        tally.rows_out += ended - (0 if gone is None else len(gone[0]))
        self._tape.state[text_kernel.S_ROW] = 0
        text = edits.once(buffer, 0, stop) if len(edits.starts) else buffer[:stop]
        at = int(kernel.tail(text, 0, len(text)))
        self._reader.write(text[:at])
        self._seen, self._held = text[at:].tobytes(), buffer[stop:size].tobytes()

    def _broken(self, result: int) -> WriteError:
        from pii_audit.sources import text_kernel

        if result == text_kernel.DEEP:
            return WriteError(f"it is nested deeper than {self._limits.json_depth} levels")
        return WriteError(f"after row {self._tally.rows_in} it is no JSON")
