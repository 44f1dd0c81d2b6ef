"""A lender keeps no phone books."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, param
from pii_audit.policy.rules._clear import ClearValues, kinds_but


@dataclass(frozen=True)
class ContactListHeld(ClearValues):
    """Asks whether phone books or call histories of borrowers are held. The lender's own collection logs are not meant.

    Why: neither is necessary for a lending app, and both are data of persons who never dealt with the lender.
    Up to two contacts per borrower on average are taken for emergency contacts, not for a phone book (policy value).
    Example: ``contacts_upload.jsonl`` with the address books of phones.
    Remedy: stop reading phone books and call histories, delete them, and ask for the contacts that are needed.
    """

    id = "contact-list-held"
    title = "Phone books or call histories of borrowers"
    title_zh = "留存借款人通讯录或通话记录"
    remedy_zh = "停止读取通讯录与通话记录并删除已收集的内容；仅收集必要的联系人。"
    example_zh = "contacts_upload.jsonl 存有手机通讯录。"
    severity = Severity.HIGH
    law = ("MIN-03", "MIN-01")
    reads = (Reads(FINDINGS, kinds_but("collection_log", "recording_index", "message_log")),)

    entities: tuple[str, ...] = param(ENTITY_TYPES, ("CONTACT_LIST", "CALL_HISTORY"), "entity types", "实体类型")
    most: int = param(WHOLE, 2, "contacts per borrower, on average, that are no phone book (policy value)", "不视为通讯录的人均联系人数（内部规定）")

    def where(self, found: ir.Table) -> ir.BooleanValue:
        few = (found.third_persons <= self.most * found.subjects).fill_null(False)
        return ~((found.entity_type == "CONTACT_LIST") & few)
