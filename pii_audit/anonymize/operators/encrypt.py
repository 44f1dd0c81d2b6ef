"""``encrypt``: deterministic authenticated encryption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Choice

#: algorithm → what its texts begin with: version, algorithm, and a character that base32 has not
PREFIXES = {"aes-siv": "pa1siv0", "sm4": "pa1sm40"}
_LENGTHS = {"aes-siv": 64, "sm4": 48}
#: stands before every text: some versions of the cryptographic library refuse an empty one
_HEAD = b"\x01"


@dataclass(frozen=True)
class Encrypt(Operator):
    """A value becomes ciphertext that only the key opens again; equal values become equal ciphertexts.

    AES-SIV (RFC 5297, AES-256), or SM4 in counter mode from a synthetic IV, which is the HMAC-SM3 of the text (GB/T 32907,
    GB/T 32905). Both are authenticated: what was changed, or made under another key, for another recipient or in another domain,
    is refused. Every character counts, so two spellings of a number become different ciphertexts. The length of a value shows.
    Written in base32 without any separator: in one ciphertext of base64 out of three hundred a scan would find labels and credentials.
    Example: 13800138000 → pa1siv0mf4w6…
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
        from pii_audit.anonymize.spelling import base32

        texts = values.cast(pa.binary())
        sealed = self._seal(pc.binary_join_element_wise(pa.scalar(_HEAD), pc.fill_null(texts, b""), b""), use)
        made = base32(sealed, PREFIXES[self.algorithm])
        return Outcome(pc.if_else(values.is_valid(), made, pa.scalar(None, pa.string())) if values.null_count else made)

    def restore(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.spelling import from_base32

        opened = self._open([item or b"" for item in from_base32(values, PREFIXES[self.algorithm])], use)
        found = pa.array([_stripped(text) for text in opened], pa.string())
        found = pc.if_else(values.is_valid(), found, pa.scalar(None, pa.string()))
        return Outcome(found, pc.and_(values.is_valid(), pc.is_null(found)))

    def _seal(self, values: pa.Array, use: Use) -> pa.Array:
        secret = use.secret(f"{self.name}-{self.algorithm}", _LENGTHS[self.algorithm])
        if self.algorithm == "sm4":
            from pii_audit.anonymize.ciphers import Sm4Siv

            return Sm4Siv(secret).seal(values)
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        encrypt = AESSIV(secret).encrypt
        return pa.array([encrypt(value, None) for value in values.to_pylist()], pa.binary())

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
