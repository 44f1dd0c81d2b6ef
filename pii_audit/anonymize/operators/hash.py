"""``hash``: a keyed hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, Use, param
from pii_audit.documents.fields import Choice, Whole

ALGORITHMS = ("sha256", "sm3")
SHORTEST, LONGEST = 16, 64
_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint8).reshape(256, 2)


@dataclass(frozen=True)
class Hash(Operator):
    """A value becomes the beginning of its keyed hash (HMAC-SHA256 or HMAC-SM3) in hexadecimal.

    However a value is written, its hash is the same: 13800138000, +86 138-0013-8000 and １３８００１３８０００ are one number.
    What is blank stays so; a number without any letter or digit is refused.
    Without a key there is no hash: numbers of 11 or 18 digits have so few values that all of them can be tried in minutes.
    Example: 13800138000 → 5f3a… (32 characters; with n values, two of them share one of length l by a chance of n²/2^(4l+1)).
    """

    name: ClassVar[str] = "hash"
    title: ClassVar[str] = "Keyed hash"
    title_zh: ClassVar[str] = "带密钥哈希"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    needs_key: ClassVar[bool] = True
    keeps_joins: ClassVar[bool] = True

    algorithm: str = param(Choice(ALGORITHMS, "algorithm"), "sha256", "hash function", "哈希算法")
    length: int = param(Whole(SHORTEST), 32, f"characters that are kept, {SHORTEST} to {LONGEST}", f"保留的字符数，{SHORTEST} 至 {LONGEST}")

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise OperatorError(f"hash: algorithm must be one of {', '.join(ALGORITHMS)}")
        if not SHORTEST <= self.length <= LONGEST:
            raise OperatorError(f"hash: length must be {SHORTEST} to {LONGEST}; of fewer characters two people would share one")

    def apply(self, values: pa.Array, use: Use) -> Outcome:
        from pii_audit.anonymize.ciphers import Hmac
        from pii_audit.anonymize.spelling import fixed, is_blank, spelled

        if use.key is None:
            raise OperatorError("hash needs a key: identifiers have so few values that unkeyed hashes are reversed by trying them all")
        texts = spelled(use.entity_type, values)
        digests = Hmac(use.secret(f"{self.name}-{self.algorithm}"), sm3=self.algorithm == "sm3").digests(texts)
        made = fixed(_HEX[digests].reshape(len(values), LONGEST)[:, : self.length])
        nothing = pc.equal(texts, "")
        if not (values.null_count or pc.any(nothing).as_py()):
            return Outcome(made)
        blank = is_blank(values)
        refused = pc.and_not(pc.fill_null(nothing, False), blank)
        made = pc.if_else(pc.or_(pc.is_null(values), refused), pa.scalar(None, pa.string()), made)
        return Outcome(pc.if_else(blank, values, made), refused)
