"""Many stored faces are filed with the cyberspace office."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import WHOLE
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import FINDINGS, Reads, Rule, World, param, place
from pii_audit.policy.rules._clear import kinds_but


@dataclass(frozen=True)
class FaceFiling(Rule):
    """Asks whether so many faces are stored that they are to be filed with the provincial cyberspace office.

    Why: from 100,000 faces on, filing is due within 30 working days. This is arithmetic: whether it was filed, a scan
    cannot see. Distinct biometric values outside backups are added up, fingerprints and voices included.
    Example: 100,000 faces are to be filed, 99,999 are not.
    Remedy: count the faces, file within 30 working days, or delete what is not needed.
    """

    id = "face-filing"
    title = "Stored faces reach the number to be filed"
    title_zh = "存储人脸数量达到备案标准"
    remedy_zh = "核实人脸数量，三十个工作日内向省级网信部门备案；或删除不必要的人脸信息。"
    example_zh = "10万张人脸应当备案，99,999张不需要。"
    severity = Severity.INFO
    law = ("BIO-02",)
    reads = (Reads(FINDINGS, kinds_but("backup")),)

    faces: int = param(WHOLE, 100_000, "faces from which filing is due", "应备案的人脸数量")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (found,) = tables
        total = found.filter(found.entity_type == "BIOMETRIC").aggregate(n=found.distinct_hits.sum())
        return place(total.filter(total.n >= self.faces), dataset="-", n=total.n)
