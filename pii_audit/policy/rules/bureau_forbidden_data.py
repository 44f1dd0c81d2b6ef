"""Credit bureaus do not collect some data at all."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, ORGANISATION, Reads, Rule, World, param
from pii_audit.policy.rules._clear import places


@dataclass(frozen=True)
class BureauForbiddenData(Rule):
    """Asks whether a credit bureau holds data it may not collect. Other organisations are not bound.

    Why: religion, genes, fingerprints, blood type, illness and medical history may not be collected by credit bureaus.
    Of these the program knows biometrics, not fingerprints alone; own entity types for the others can be named here.
    Example: fingerprint templates in a database of a bureau.
    Remedy: delete the data and stop collecting them.
    """

    id = "bureau-forbidden-data"
    title = "Data that a credit bureau may not collect"
    title_zh = "征信机构持有禁止采集的个人信息"
    remedy_zh = "删除禁止采集的信息并停止采集。"
    example_zh = "征信机构的数据库中存有指纹模板。"
    severity = Severity.HIGH
    law = ("MIN-07",)
    reads = (Reads(FINDINGS), Reads(ORGANISATION))

    entities: tuple[str, ...] = param(ENTITY_TYPES, ("BIOMETRIC",), "entity types that may not be collected", "禁止采集的实体类型")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        found, organisation = tables
        bureau = organisation.filter(organisation.kind == "credit_bureau").select(bureau=organisation.kind)
        return places(found.filter(found.entity_type.isin(self.entities)).cross_join(bureau))
