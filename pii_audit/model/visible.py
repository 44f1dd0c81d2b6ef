"""Text from outside, made harmless to print.

File names, headers and JSON keys come from strangers. A control character, an escape sequence or a bidirectional
mark in one of them could move the cursor, change colours or reverse what a reader sees.
"""

from __future__ import annotations

import re
import unicodedata

_CANDIDATE = re.compile(r"[^ -~\u4e00-\u9fff]")
#: control, format (bidi marks, zero width), surrogate, private use, unassigned, line and paragraph separator
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_hidden(char: str) -> bool:
    """Return True if a terminal might act on the character, or show nothing for it."""
    return unicodedata.category(char) in _HIDDEN


def visible(text: str) -> str:
    r"""Return the text with every hidden character written as an escape (``\x1b``, ``\u202e``)."""
    return _CANDIDATE.sub(lambda match: escape(match[0]) if is_hidden(match[0]) else match[0], text)


def escape(char: str) -> str:
    """Return a character's escape; a byte that was no UTF-8 in a file name (PEP 383) as that byte."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
