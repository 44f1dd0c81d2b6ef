"""Biometrics lie apart from who they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World
from pii_audit.policy.rules._clear import beside, identifying, places


@dataclass(frozen=True)
class BiometricWithIdentity(Rule):
    """Asks whether a file or table holds biometrics together with direct identifiers.

    Why: a standard asks that biometrics be stored apart from identity; its wording was not checked, so this is off by default.
    Example: columns ``face_image`` and ``id_no`` in one table.
    Remedy: store biometrics elsewhere, linked by a random key.
    """

    id = "biometric-with-identity"
    title = "Biometrics beside direct identifiers"
    title_zh = "生物识别信息与身份信息同存"
    remedy_zh = "生物识别信息单独存储，以随机标识关联。"
    example_zh = "同一张表同时含 face_image 与 id_no 两列。"
    severity = Severity.MEDIUM
    law = ("STO-04",)
    reads = (Reads(FINDINGS),)
    enabled = False

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        return places(beside(found.filter(found.entity_type == "BIOMETRIC"), found.filter(identifying(found))))
