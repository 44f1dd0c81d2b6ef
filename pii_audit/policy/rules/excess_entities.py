"""A purpose has the data it needs, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Mapped
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param
from pii_audit.policy.rules._clear import any_of, personal, places


@dataclass(frozen=True)
class ExcessEntities(Rule):
    """Asks whether datasets hold personal data that their purpose, or their kind, does not need.

    Why: only the minimum scope for the purpose is collected. What that is, no instrument lists: the list is a policy
    value, and this rule is off until one is given.
    Example: ``allowed: {贷款发放与管理: [PERSON, CN_RESIDENT_ID, CN_MOBILE_PHONE]}``, and a dataset of this purpose
    holds coordinates.
    Remedy: stop collecting what is not on the list and delete it, or give the reason and extend the list.
    """

    id = "excess-entities"
    title = "Personal data beyond the purpose"
    title_zh = "超出处理目的所需的个人信息"
    remedy_zh = "停止收集并删除清单以外的信息；确有必要的，说明理由并修订清单。"
    example_zh = "allowed: {贷款发放与管理: [PERSON, CN_RESIDENT_ID, CN_MOBILE_PHONE]}，而该目的的数据集含经纬度坐标。"
    severity = Severity.MEDIUM
    law = ("MIN-01", "MIN-06")
    reads = (Reads(FINDINGS),)
    enabled = False
    policy_only = True

    allowed: Mapping[str, tuple[str, ...]] = param(
        Mapped(ENTITY_TYPES), MISSING, "purpose or kind of dataset → entity types it needs", "处理目的或数据集类别 → 所需实体类型"
    )

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        excess = any_of(
            ((found.kind == key) | (found.purpose == key)) & ~found.entity_type.isin(types) for key, types in self.allowed.items()
        )
        return places(found.filter(personal(found) & excess.fill_null(False)))
