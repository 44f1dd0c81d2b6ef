"""Lending needs no whereabouts."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, param
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class LocationHeld(ClearValues):
    """Asks whether loan books and customer masters hold coordinates of borrowers.

    Why: precise location is not among what a lending app needs, and it is sensitive.
    Example: columns ``lng`` and ``lat`` in the loan book. Names of places (``LOCATION``) may be added.
    Remedy: stop asking for the location, delete what is there, or keep the province.
    """

    id = "location-held"
    title = "Location of borrowers in lending data"
    title_zh = "信贷数据中留存借款人位置信息"
    remedy_zh = "停止收集位置信息并删除已有数据；确需的仅保留省级。"
    example_zh = "贷款台账含 lng 与 lat 两列；地名（LOCATION）可另行加入。"
    severity = Severity.MEDIUM
    law = ("MIN-02", "MIN-01")
    reads = (Reads(FINDINGS, ("loan_book", "borrower_master")),)

    entities: tuple[str, ...] = param(ENTITY_TYPES, ("GEO_COORDINATE",), "entity types", "实体类型")
