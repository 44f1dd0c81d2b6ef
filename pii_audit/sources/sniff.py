"""Which format some bytes are in: by magic number first, then by what the text sources say; the suffix breaks ties."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from pii_audit import sources
from pii_audit.model.dataset import Note
from pii_audit.model.errors import SourceError
from pii_audit.sources.encoding import propose
from pii_audit.sources.interface import Blob, Event, Part, ReadContext, Source, TableEnd

HEAD_BYTES = 1 << 16
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: a known signature; a source from elsewhere that is surer than this goes first
SURE = 0.95

_SIGNATURES = (
    (b"SQLite format 3\0", "sqlite"),
    (b"PAR1", "parquet"),
    (b"PARE", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08PK\x03\x04", "zip"),
    (OLE_MAGIC, "excel"),
)

#: formats that are recognised only to be named
_FOREIGN = (
    (b"%PDF-", "PDF document"),
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"II*\0", "TIFF image"),
    (b"MM\0*", "TIFF image"),
    (b"\x7fELF", "executable"),
    (b"\xca\xfe\xba\xbe", "compiled program"),
    (b"\0asm", "compiled program"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"\x04\x22\x4d\x18", "LZ4 file"),
    (b"LZIP", "lzip file"),
    (b"\x1f\x9d", "compress (.Z) file"),
    (b"MSCF\0\0\0\0", "cabinet archive"),
    (b"!<arch>\n", "ar archive"),
    (b"\xed\xab\xee\xdb", "RPM package"),
    (b"!BDN", "Outlook mail store"),
    (b"\0\x01\0\0Standard Jet DB", "Access database"),
    (b"\0\x01\0\0Standard ACE DB", "Access database"),
    (b"Obj\x01", "Avro file"),
    (b"\x89HDF\r\n\x1a\n", "HDF5 file"),
    (b"\x93NUMPY", "NumPy array"),
    (b"FEA1", "Feather version 1 file"),
    (b"\x37\x7f\x06\x82", "SQLite write-ahead log (read together with its database only)"),
    (b"\x37\x7f\x06\x83", "SQLite write-ahead log (read together with its database only)"),
    (b"ID3", "audio file"),
    (b"OggS", "audio file"),
    (b"fLaC", "audio file"),
    (b"RIFF", "audio, video or image file"),
    (b"\x1a\x45\xdf\xa3", "video file"),
)

#: control bytes that text files do not hold; NUL, Hive's ^A ^B ^C, tab to carriage return and escape are not among them
_ODD = bytes([*range(4, 9), *range(14, 27), *range(28, 32), 127])

_SUFFIXES = {
    "excel": (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".xlsb", ".ods"),
    "parquet": (".parquet", ".pq", ".parq"),
    "arrow": (".arrow", ".feather", ".ipc", ".arrows"),
    "orc": (".orc",),
    "sqlite": (".sqlite", ".sqlite3", ".db", ".db3"),
    "gzip": (".gz", ".tgz"),
    "bzip2": (".bz2", ".tbz", ".tbz2"),
    "xz": (".xz", ".txz"),
    "zstd": (".zst", ".tzst"),
    "zip": (".zip",),
    "tar": (".tar",),
    "7z": (".7z",),
    "text": (".txt", ".log", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".vcf", ".md", ".sql", ".xml", ".html"),
}
_PACKERS = ("gzip", "bzip2", "xz", "zstd")
_PACKED_SUFFIX = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)
_FAMILY = {suffix: family for family, suffixes in _SUFFIXES.items() for suffix in suffixes}


def suffixes(source: str) -> tuple[str, ...]:
    """Return the file name suffixes of a built-in binary source."""
    return _SUFFIXES[source]


def signature(head: bytes) -> str | None:
    """Return the built-in binary source whose magic number ``head`` starts with, None if there is none."""
    for magic, name in _SIGNATURES:
        if head.startswith(magic):
            return "excel" if name == "zip" and office_kind(local_names(head)) == "spreadsheet" else name
    if re.match(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", head):
        return "bzip2"
    if re.match(rb"[\x50-\x5f]\x2a\x4d\x18", head):
        return "zstd"
    if head.startswith(b"ORC") and is_binary(head):
        return "orc"
    if head.startswith(b"\xff\xff\xff\xff") and len(head) >= 8:
        length = struct.unpack_from("<i", head, 4)[0]
        if 0 < length <= 1 << 28 and length % 8 == 0:
            return "arrow"
    return "tar" if _is_tar(head) else None


def _is_tar(head: bytes) -> bool:
    """POSIX.1-1988 ustar and older: the header checksum holds, its own field counted as blanks."""
    if len(head) < 512 or not head[0]:
        return False
    try:
        stated = int(head[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + sum(head[156:512]) + 8 * 32


def local_names(head: bytes) -> list[str]:
    """Return the member names in the local headers that lie inside ``head`` (and what ODF says of itself)."""
    names = []
    for match in re.finditer(rb"PK\x03\x04.{22}(..)(..)", head, re.DOTALL):
        length, extra = struct.unpack("<HH", match[1] + match[2])
        name = head[match.end() : match.end() + length]
        names.append(name.decode("cp437"))
        if name == b"mimetype":
            at = match.end() + length + extra
            names.append("mimetype:" + head[at : at + 80].decode("cp437"))
    return names


def office_kind(names: list[str]) -> str | None:
    """Return what office document a zip with these members is: ``spreadsheet``, another kind's title, or None."""
    for name in names:
        if name.startswith("mimetype:application/vnd.oasis.opendocument."):
            kind = name.removeprefix("mimetype:application/vnd.oasis.opendocument.")
            if kind.startswith("spreadsheet"):
                return "spreadsheet"
            return "OpenDocument presentation" if kind.startswith("presentation") else "OpenDocument file"
    known = set(names)
    if any(name.startswith("xl/work") for name in known):
        return "spreadsheet"
    if any(name.startswith("word/") for name in known) and any(name.startswith(("[Content", "_rels", "doc")) for name in known):
        return "Word document"
    if any(name.startswith("ppt/") for name in known) and any(name.startswith(("[Content", "_rels", "doc")) for name in known):
        return "PowerPoint document"
    return None


def is_binary(head: bytes) -> bool:
    """Return whether bytes are no text in any encoding we read."""
    encoding = propose(head)
    if encoding is not None and encoding.startswith(("utf-8-bom", "utf-16", "utf-32")):
        return False
    body = head.strip(b"\0")  # a log that was cut off while open begins with NULs
    if not body:
        return False
    odd = (len(body) - len(body.translate(None, _ODD + b"\0"))) / len(body)
    return odd > (0.01 if encoding == "undecodable" else 0.3)


def foreign(head: bytes) -> str | None:
    """Return the title of a format that is known but not read, None for others."""
    for magic, title in _FOREIGN:
        if head.startswith(magic):
            return title
    if head[4:8] == b"ftyp":
        return "video or image file"
    if head.startswith(b"MZ") and is_binary(head):
        return "executable"
    if head.startswith(b"PK"):
        kind = office_kind(local_names(head))
        return kind if kind != "spreadsheet" else None
    return None


class Empty(Source):
    """A file without a byte: nothing in it, and nothing lost."""

    name = "empty"
    title = "Empty file"
    title_zh = "空文件"

    def recognises(self, head: bytes, name: str) -> float:
        return 0.0 if head else 1.0

    def read(self, blob: Blob, part: Part, context: ReadContext) -> Iterator[Event]:
        yield TableEnd(blob.name, self.name, 0, 0)


def choose(head: bytes, name: str) -> Source:
    """Return the source for content that begins with ``head``. Raises SourceError for a format that is not read."""
    if not head:
        return Empty()
    logical = logical_name(name)
    best, score = None, 0.0
    for plugin in sources.from_elsewhere():
        if (sure := plugin.recognises(head, logical)) > score:
            best, score = plugin, sure
    if score <= SURE:
        title = foreign(head)
        if title is not None:
            raise SourceError(f"its content is a {title}, a format that is not read", code="unsupported")
        if (found := signature(head)) is not None:
            return sources.load(found)
        if not is_binary(head):
            for candidate in sources.TEXT_FAMILY:
                source = sources.load(candidate)
                if (sure := source.recognises(head, logical)) > score:
                    best, score = source, sure
    if best is None:
        raise SourceError("its content is not a known format", code="unsupported")
    return best


def logical_name(name: str) -> str:
    """Return a name without compression suffixes, whose last suffix then speaks of the content."""
    while _PACKED_SUFFIX.search(name):
        name = _PACKED_SUFFIX.sub("", name)
    return name


def mismatch(blob: Blob, source: Source) -> Note | None:
    """Return a note if the name of a blob promises another family of formats than its content has."""
    name = blob.name if source.name in _PACKERS or not (blob.depth or blob.path is None) else logical_name(blob.name)
    promised = _FAMILY.get("." + name.lower().rpartition(".")[2])
    if source.name == "tar" and promised in _PACKERS:
        return None
    found = source.name if source.name in _SUFFIXES else "text"
    if promised is None or promised == found or source.name == "empty":
        return None
    return Note(blob.name, "type-mismatch", f"its content is {source.name}, not what its name says; read as {source.name}")
