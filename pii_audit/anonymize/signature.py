"""Signatures of manifests: Ed25519 (RFC 8032), so that a recipient can tell who made an export and that nobody changed it since.

The private key is a file of its owner, the public one goes to whoever verifies. Both are one line: a prefix and hex digits.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from pii_audit.model.errors import UsageError
from pii_audit.model.files import AtomicFile, read_private
from pii_audit.model.visible import visible

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SUFFIX = ".sig"
_PRIVATE, _PUBLIC, _SIGNATURE = "pii-audit-signing-1:", "pii-audit-verifying-1:", "pii-audit-signature-1:"
_LARGEST = 4096


def create(path: Path) -> str:
    """Write a new private key to ``path`` and its public key to ``path``.pub; return the id. Raises UsageError if either is there."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = path.with_name(f"{path.name}.pub")
    for place in (path, public):
        if place.exists():
            raise UsageError(f"{visible(str(place))}: exists, and a key is not overwritten")
    key = Ed25519PrivateKey.generate()
    for place, text in ((path, f"{_PRIVATE}{key.private_bytes_raw().hex()}\n"), (public, f"{_PUBLIC}{key.public_key().public_bytes_raw().hex()}\n")):
        with AtomicFile(place) as stream:
            stream.write(text.encode())
    return _id(key.public_key())


def private(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a file. Raises UsageError if others can read it, or if it is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(_read(read_private(path), _PRIVATE, 32, path, "private key for signatures"))


def public(path: Path) -> Ed25519PublicKey:
    """Return the public key of a file. Raises UsageError if it is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(_read(_content(path), _PUBLIC, 32, path, "public key for signatures"))


def sign(manifest: Path, key: Ed25519PrivateKey) -> None:
    """Write the signature of a manifest beside it."""
    signature = key.sign(manifest.read_bytes())
    with AtomicFile(manifest.with_name(f"{manifest.name}{SUFFIX}")) as stream:
        stream.write(f"{_SIGNATURE}{_id(key.public_key())}:{signature.hex()}\n".encode())


def problem(manifest: Path, key: Ed25519PublicKey | None) -> str | None:
    """Return what is wrong with the signature of a manifest; None if it holds, or if nobody asked for one (``key`` None)."""
    from cryptography.exceptions import InvalidSignature

    path = manifest.with_name(f"{manifest.name}{SUFFIX}")
    if key is None:
        return None
    if not path.is_file():
        return f"{path.name}: is missing; the manifest is not signed"
    by, _, digits = _content(path).decode("ascii", "replace").strip().removeprefix(_SIGNATURE).partition(":")
    if by != _id(key):
        return f"{path.name}: was made with another key than the one whose id is {_id(key)}"
    try:
        key.verify(bytes.fromhex(digits), manifest.read_bytes())
    except (InvalidSignature, ValueError):
        return f"{path.name}: is no signature of this manifest"
    return None


def _id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"{visible(str(path))}: cannot be read ({error.strerror})") from error


def _read(content: bytes, prefix: str, length: int, path: Path, what: str) -> bytes:
    text = content.decode("ascii", "replace").strip()
    try:
        found = bytes.fromhex(text.removeprefix(prefix))
    except ValueError:
        found = b""
    if not text.startswith(prefix) or len(found) != length:
        raise UsageError(f"{visible(str(path))}: holds no {what} (make one with pii-audit key new --signing --out FILE)")
    return found
