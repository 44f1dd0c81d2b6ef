"""Credit reports are not for agencies."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import Choice, Many
from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import RECIPIENTS
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param
from pii_audit.policy.rules._clear import places
from pii_audit.policy.rules._sharing import to_types


@dataclass(frozen=True)
class CreditInformationShared(Rule):
    """Asks whether files for a third party hold numbers of credit reports without the person's separate consent.

    Third parties are agencies, vendors, affiliates and others; bureaus and regulators get what they get by other rules,
    and a cloud stores for the lender.

    Why: who uses credit information uses it for the agreed purpose, and gives it to no third party without consent.
    Example: a column of report numbers in a file for an agency, and no ``separate_consent: true``.
    Remedy: take the column out, and have the recipient delete it with a record.
    """

    id = "credit-information-shared"
    title = "Credit information in files for third parties"
    title_zh = "向第三方提供征信信息"
    remedy_zh = "从提供文件中去除征信信息，要求接收方删除并留存记录。"
    example_zh = "提供给机构的文件含征信报告编号列，且未填写 separate_consent: true。"
    severity = Severity.HIGH
    law = ("SHR-12", "CRE-02")
    reads = (Reads(FINDINGS, ("outbound",), needs=("recipient",)),)

    types: tuple[str, ...] = param(Many(Choice(RECIPIENTS, "type")), ("agency", "vendor", "affiliate", "other"), "types of recipients", "接收方类型")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        reports = found.filter((found.entity_type == "CN_CREDIT_REPORT") & ~found.separate_consent.fill_null(False))
        return places(to_types(world, reports, self.types))
