"""Contacts have a legal basis of their own."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import DATASETS, Reads, Rule, World, place


@dataclass(frozen=True)
class ContactsWithoutBasis(Rule):
    """Asks whether a dataset of contacts has no legal basis in the catalogue.

    Why: contacts are other people; what allows to process the borrower's data does not allow to process theirs.
    Example: ``kind: contacts`` without ``legal_basis``.
    Remedy: state the legal basis for the contacts' data, or delete them.
    """

    id = "contacts-without-basis"
    title = "Data of contacts without a legal basis"
    title_zh = "联系人信息未登记合法性基础"
    remedy_zh = "登记处理联系人信息的合法性基础；没有的应删除。"
    example_zh = "kind: contacts 的数据集未填写 legal_basis。"
    severity = Severity.MEDIUM
    law = ("MIN-04", "CON-01")
    reads = (Reads(DATASETS, ("contacts",)),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (datasets,) = tables
        return place(datasets.filter(datasets.legal_basis.isnull()))

    def tested(self, world: World, *tables: ir.Table) -> ir.Table:
        return tables[0]
