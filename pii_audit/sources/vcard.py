"""vCard (RFC 2426, RFC 6350, and version 2.1 of versit): each card is a row.

Folded lines are joined, quoted-printable values decoded with the character set they name. Telephone numbers are in
the column ``TEL[]``, other properties in a column of their own name, as often as a card has them.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

import numpy as np

from pii_audit.model.dataset import Note, Skipped
from pii_audit.sources.encoding import LINE_BYTES, head_text, open_text, propose
from pii_audit.sources.interface import BATCH_BYTES, Batch, Blob, Event, Part, ReadContext, Source, TableEnd
from pii_audit.sources.json_tape import TEXT
from pii_audit.sources.pieces import column, piece_column
from pii_audit.sources.text import LinePiece, LineReader

_PROPERTY = re.compile(rb"(?:[\w-]+\.)?([A-Za-z][\w-]*)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\([nN,;:\\])")
_LIST = {"TEL"}
_FRAME = {"BEGIN", "END", "VERSION"}


class VCardSource(Source):
    """Phone books."""

    name = "vcard"
    title = "vCard phone book"
    title_zh = "vCard 通讯录"
    suffixes = (".vcf", ".vcard")

    def recognises(self, head: bytes, name: str) -> float:
        if propose(head) == "undecodable":
            return 0.0
        return 0.97 if re.match(rb"\s*BEGIN[ \t]*:[ \t]*VCARD\s", head_text(head), re.IGNORECASE) else 0.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        yield from read_vcard(blob)


def read_vcard(blob: Blob, block: int = BATCH_BYTES) -> Iterator[Event]:
    """Yield the cards of a blob, in reads of ``block`` bytes; the rows do not depend on it."""
    cards = _Cards(blob.name)
    with open_text(blob, None, block) as reader:
        for run in LineReader(reader, LINE_BYTES):
            cards.raw += run.raw
            if isinstance(run, LinePiece):
                yield from cards.long_line(run)
                continue
            text = run.data[: run.offsets[-1]].tobytes()
            for a, b in zip(run.offsets[:-1].tolist(), run.offsets[1:].tolist(), strict=True):
                cards.line(text[a:b].rstrip(b"\r\n"))
                if cards.size >= BATCH_BYTES:
                    yield from cards.flush()
        yield from cards.end()
        yield from reader.problems()
    yield from cards.notes()
    yield TableEnd(blob.name, VCardSource.name, cards.rows, reader.bytes, reader.encoding)


class _Cards:
    """Collects the values of cards by column."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = 0
        self.raw = 0
        self.size = 0
        self.open = False                       # inside a card
        self._first = 0
        self._line = bytearray()                # the property that may still be continued
        self._soft = False                      # it ended with a soft line break
        self._values: dict[str, tuple[list[int], list[bytes]]] = {}
        self._strange = 0
        self._long = 0
        self._charsets = 0

    def line(self, line: bytes) -> None:
        """Take one line of the file, without its end."""
        folded = self._soft or line[:1] in (b" ", b"\t")
        if folded and len(self._line) < LINE_BYTES:
            # RFC 6350 section 3.2 takes one blank away; quoted-printable lines are not indented
            self._line += line if self._soft else line[1:]
        else:
            self._complete()
            self._line += line
        self._soft = self._line.endswith(b"=") and b"QUOTED-PRINTABLE" in self._line[:256].upper()
        if self._soft:
            del self._line[-1:]

    def end(self) -> Iterator[Batch]:
        """Yield the last batch."""
        self._complete()
        if self.open:
            self._close()
        yield from self.flush()

    def long_line(self, run: LinePiece) -> Iterator[Batch]:
        """Yield a piece of a line too long to be a property, beside the card it stands in."""
        self._complete()
        yield from self.flush()
        raw, self.raw = self.raw, 0
        made = piece_column(TEXT, [run.piece], np.zeros(1, np.int64))
        yield Batch(self.name, VCardSource.name, False, (made,), self.rows, 1, raw)
        self._long += run.last
        self.open = True

    def flush(self) -> Iterator[Batch]:
        """Yield what is collected."""
        if self._values:
            columns = []
            for name, (rows, values) in self._values.items():
                offsets = np.zeros(len(values) + 1, np.int64)
                np.cumsum([len(value) for value in values], out=offsets[1:])
                data = np.frombuffer(b"".join(values), np.uint8)
                columns.append(column(name, offsets, data, np.array(rows, np.int64) - self._first))
            count = self.rows - self._first + self.open
            raw, self.raw = self.raw, 0
            yield Batch(self.name, VCardSource.name, False, tuple(columns), self._first, count, raw)
        self._values = {}
        self._first = self.rows
        self.size = 0

    def notes(self) -> Iterator[Event]:
        """Yield what was unusual."""
        if self._strange:
            yield Note(self.name, "malformed", f"{self._strange} lines are no vCard properties; they were read as text")
        if self._long:
            reason = f"{self._long} lines are longer than {LINE_BYTES} bytes; they were read as text"
            yield Note(self.name, "long-record", reason)
        if self._charsets:
            reason = f"{self._charsets} values are not in the character set they name; some characters were replaced"
            yield Skipped(self.name, "undecodable", reason)

    def _close(self) -> None:
        self.rows += 1
        self.open = False

    def _complete(self) -> None:
        line, self._soft = bytes(self._line), False
        self._line.clear()
        if not line.strip():
            return
        match = _PROPERTY.fullmatch(line)
        if match is None:
            self._strange += 1
            self._add(TEXT, line)
            return
        name = match[1].decode("ascii", "replace").upper()
        if name == "BEGIN" and self.open:       # a card without an end
            self._close()
        self.open = True
        if name == "END":
            self._close()
        if name not in _FRAME:
            self._add(name + "[]" if name in _LIST else name, self._value(match[2].upper(), match[3]))

    def _add(self, name: str, value: bytes) -> None:
        rows, values = self._values.setdefault(name, ([], []))
        rows.append(self.rows)
        values.append(value)
        self.open = True
        self.size += len(value) + 16

    def _value(self, parameters: bytes, value: bytes) -> bytes:
        """Return a value as UTF-8: decoded, escapes resolved (RFC 6350 section 3.4)."""
        if b"QUOTED-PRINTABLE" in parameters:
            charset = re.search(rb"CHARSET=\"?([\w-]+)", parameters)
            value = self._decode(quopri.decodestring(value), charset[1].decode("ascii", "replace") if charset else "utf-8")
        text = value.decode("utf-8")
        return _ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1], text).encode()

    def _decode(self, value: bytes, charset: str) -> bytes:
        for encoding in (charset, "utf-8", "gb18030"):
            try:
                return value.decode(encoding).encode()
            except (UnicodeError, LookupError):
                continue
        self._charsets += 1
        return value.decode("utf-8", "replace").encode()
