"""Exports take the route that their size asks for."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pii_audit.documents.fields import TEXTS, WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy import listed
from pii_audit.policy.interface import RECIPIENTS, ROWS, Reads, Rule, World, param, place
from pii_audit.policy.rules._sharing import HOME, LOG, abroad, lists


@dataclass(frozen=True)
class CrossBorderRoute(Rule):
    """Asks whether data went abroad by a weaker route than the exports since 1 January of the year ask for.

    The persons of all exports are added up, to the day of the export and whoever received them; the same person in two
    exports counts twice, as the register does not tell persons apart. An assessment that passed later is no route. All persons of an export count as sensitive whose list of fields,
    or whose files in the catalogue, hold types that GB/T 45574 lists, unless the register gives their number.

    Why: below 100,000 persons without sensitive data no route is needed; below 1,000,000, or 10,000 with sensitive data, a
    standard contract or certification is; from there on a security assessment.
    Example: 9,999 persons with bank cards in a year ask for a contract, 10,000 for an assessment.
    Remedy: stop the export; apply for the assessment, or conclude and file the standard contract, before it goes on.
    """

    id = "cross-border-route"
    title = "Export without the route it asks for"
    title_zh = "数据出境未履行相应合规路径"
    remedy_zh = "暂停出境；依规模申报安全评估，或订立标准合同、通过认证后再提供。"
    example_zh = "一年内涉及银行卡的人数为9,999时适用标准合同，达到10,000时适用安全评估。"
    severity = Severity.HIGH
    law = ("XBR-02", "XBR-03", "XBR-04")
    reads = (
        Reads(ROWS, LOG, needs=("recipient", "shared_on", "subjects", "fields"), uses=("country", "sensitive_subjects")),
        Reads(RECIPIENTS, needs=("country",)),
    )

    persons: int = param(WHOLE, 100_000, "persons a year from which a contract or certification is needed", "须订立标准合同或认证的年度人数")
    assessed_persons: int = param(WHOLE, 1_000_000, "persons a year from which an assessment is needed", "须申报安全评估的年度人数")
    assessed_sensitive: int = param(
        WHOLE, 10_000, "persons a year with sensitive data from which an assessment is needed", "须申报安全评估的敏感个人信息年度人数"
    )
    home: tuple[str, ...] = param(TEXTS, HOME, "how the register writes the home country", "登记中境内的写法")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        rows = abroad(world, tables[0], self.home)
        found = world.relation("findings")
        files = found.filter(found.sensitive_pi & (found.kind == "outbound")).select(party="recipient").distinct()
        rows = rows.left_join(files.mutate(in_files=ibis.literal(True)), "party").drop("party_right")
        sensitive = (lists(rows, listed.sensitive()) | rows.in_files.fill_null(False)).ifelse(rows.subjects, 0)
        rows = rows.mutate(sensitive=ibis.coalesce(rows.sensitive_subjects, sensitive))
        days = rows.group_by("shared_on").aggregate(subjects=rows.subjects.sum(), sensitive=rows.sensitive.sum())
        so_far = ibis.cumulative_window(group_by=days.shared_on.year(), order_by=days.shared_on)
        totals = days.select("shared_on", total=days.subjects.sum().over(so_far), total_sensitive=days.sensitive.sum().over(so_far))
        rows = rows.inner_join(totals, "shared_on")
        assessment = (rows.total >= self.assessed_persons) | (rows.total_sensitive >= self.assessed_sensitive)
        contract = (rows.total >= self.persons) | (rows.total_sensitive > 0)
        later = (rows.route == "assessment") & (rows.route_on > rows.shared_on)
        route = later.fill_null(False).ifelse("none", rows.route.fill_null("none"))
        weaker = ibis.cases((assessment, route != "assessment"), (contract, route == "none"), else_=False)
        return place(rows.filter(weaker), aspect=assessment.ifelse("assessment", "standard contract or certification"))
