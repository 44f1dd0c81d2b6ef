"""Keys of exports: made once, kept in a file of their owner, never shown; everything else is derived from them.

A key file holds one line, ``pii-audit-key-1:<64 hex digits>``. The id of a key says which it is and nothing about it
(the first 16 hex digits of HMAC-SHA256 over a fixed text). Derivation: HKDF-SHA256 (RFC 5869).
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pii_audit.model.errors import UsageError
from pii_audit.model.files import AtomicFile, read_private
from pii_audit.model.visible import visible

PREFIX = "pii-audit-key-1:"
BYTES = 32


@dataclass(frozen=True)
class Key:
    """One secret, bound to a recipient. ``repr`` shows its id only."""

    id: str
    _secret: bytes = field(repr=False)
    recipient: str = ""

    @staticmethod
    def of(secret: bytes, recipient: str = "") -> Key:
        """Return the key of a secret (at least 16 bytes)."""
        if len(secret) < 16:
            raise UsageError("a key needs at least 16 bytes")
        return Key(hmac.digest(secret, b"pii-audit key id", "sha256").hex()[:16], secret, recipient)

    def for_recipient(self, recipient: str) -> Key:
        """Return this key as it works for one recipient: what two recipients get cannot be joined."""
        return Key(self.id, self._secret, recipient)

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """Return bytes for one purpose of one recipient (HKDF-SHA256, RFC 5869)."""
        pseudorandom = hmac.digest(b"pii-audit", self._secret, "sha256")
        info = f"{self.recipient}\0{purpose}".encode()
        out, block = b"", b""
        while len(out) < length:
            block = hmac.digest(pseudorandom, block + info + bytes([len(out) // 32 + 1]), "sha256")
            out += block
        return out[:length]


def create(path: Path) -> Key:
    """Write a new key file (0600, whole or not at all). Raises UsageError if the file is there already."""
    if path.exists():
        raise UsageError(f"{visible(str(path))}: exists; a key that is overwritten makes every export under it unrestorable")
    secret = secrets.token_bytes(BYTES)
    with AtomicFile(path) as stream:
        stream.write(f"{PREFIX}{secret.hex()}\n".encode())
    return Key.of(secret)


def load(path: Path) -> Key:
    """Return the key of a file. Raises UsageError if others can read it, or if it is no key."""
    return parse(read_private(path), visible(str(path)))


def from_environment(variable: str) -> Key:
    """Return the key that an environment variable holds. Raises UsageError if it is empty or no key."""
    return parse(os.environ.get(variable, "").encode(), f"environment variable {visible(variable)}")


def parse(content: bytes, shown: str) -> Key:
    """Return the key in the content of a file or variable."""
    text = content.decode("ascii", "replace").strip()
    digits = text.removeprefix(PREFIX)
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        secret = b""
    if digits == text or len(secret) != BYTES:
        raise UsageError(f"{shown}: holds no key (make one with pii-audit key new --out FILE)")
    return Key.of(secret)
