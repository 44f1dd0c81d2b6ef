"""``encrypt``: deterministic authenticated encryption."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Choice

#: algorithm → what its texts begin with: version and algorithm
PREFIXES = {"aes-siv": "pa1.siv.", "sm4": "pa1.sm4."}
_LENGTHS = {"aes-siv": 64, "sm4": 48}
#: stands before every text: some versions of the cryptographic library refuse an empty one
_HEAD = b"\x01"


@dataclass(frozen=True)
class Encrypt(Operator):
    """A value becomes ciphertext that only the key opens again; equal values become equal ciphertexts.

    AES-SIV (RFC 5297, AES-256), or SM4 in counter mode from a synthetic IV, which is the HMAC-SM3 of the text (GB/T 32907,
    GB/T 32905). Both are authenticated: what was changed, or made under another key, for another recipient or in another domain,
    is refused. Every character counts, so two spellings of a number become different ciphertexts. The length of a value shows.
    Example: 13800138000 → pa1.siv.9uG3…
    """

    name: ClassVar[str] = "encrypt"
    title: ClassVar[str] = "Encryption"
    title_zh: ClassVar[str] = "加密"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    needs_key: ClassVar[bool] = True
    reversible: ClassVar[bool] = True
    keeps_joins: ClassVar[bool] = True

    algorithm: str = param(Choice(tuple(PREFIXES), "algorithm"), "aes-siv", "cipher", "加密算法")

    def __post_init__(self) -> None:
        if self.algorithm not in PREFIXES:
            raise OperatorError(f"encrypt: algorithm must be one of {', '.join(PREFIXES)}")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        prefix = PREFIXES[self.algorithm].encode()
        texts = values.cast(pa.binary()).to_pylist()
        present = pa.array([_HEAD + text for text in texts if text is not None], pa.binary())
        made = iter([(prefix + base64.urlsafe_b64encode(item).rstrip(b"=")).decode() for item in self._seal(present, use)])
        return Outcome(pa.array([None if text is None else next(made) for text in texts], pa.string()))

    def restore(self, values: pa.Array, use: Use) -> Outcome:
        prefix = PREFIXES[self.algorithm]
        texts = values.to_pylist()
        sealed = [_decoded(text, prefix) for text in texts if text is not None]
        opened = self._open([item or b"" for item in sealed], use)
        clear = iter([_stripped(text) if item is not None else None for item, text in zip(sealed, opened, strict=True)])
        found = [None if text is None else next(clear) for text in texts]
        refused = [text is not None and original is None for text, original in zip(texts, found, strict=True)]
        return Outcome(pa.array(found, pa.string()), pa.array(refused, pa.bool_()))

    def _seal(self, values: pa.Array, use: Use) -> list[bytes]:
        secret = use.secret(f"{self.name}-{self.algorithm}", _LENGTHS[self.algorithm])
        if self.algorithm == "sm4":
            from pii_audit.anonymize.ciphers import Sm4Siv

            sealed: list[bytes] = Sm4Siv(secret).seal(values).to_pylist()
            return sealed
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        encrypt = AESSIV(secret).encrypt
        return [encrypt(value, None) for value in values.to_pylist()]

    def _open(self, sealed: list[bytes], use: Use) -> list[bytes | None]:
        secret = use.secret(f"{self.name}-{self.algorithm}", _LENGTHS[self.algorithm])
        if self.algorithm == "sm4":
            from pii_audit.anonymize.ciphers import Sm4Siv

            texts, holds = Sm4Siv(secret).open(sealed)
            return [text if held else None for text, held in zip(texts.to_pylist(), holds.tolist(), strict=True)]
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        decrypt = AESSIV(secret).decrypt
        opened: list[bytes | None] = []
        for item in sealed:
            try:
                opened.append(decrypt(item, None))
            except (InvalidTag, ValueError):
                opened.append(None)
        return opened


def _stripped(text: bytes | None) -> str | None:
    """Return a text without what stands before it."""
    return text[len(_HEAD) :].decode() if text is not None and text.startswith(_HEAD) else None


def _decoded(text: str, prefix: str) -> bytes | None:
    """Return what stands behind the prefix, None if the text is not as ``apply`` writes it."""
    body = text.removeprefix(prefix)
    if body == text or not body.isascii():
        return None
    try:
        sealed = base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True)
    except binascii.Error:
        return None
    # the last character holds bits that say nothing; only one way of writing them is ours
    return sealed if base64.urlsafe_b64encode(sealed).rstrip(b"=").decode() == body else None
