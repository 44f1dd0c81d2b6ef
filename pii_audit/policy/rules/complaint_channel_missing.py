"""Complaints have somewhere to go."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ORGANISATION, Reads, Rule, World, place


@dataclass(frozen=True)
class ComplaintChannelMissing(Rule):
    """Asks whether the catalogue names no channel for complaints.

    Why: a channel for complaints and its rules are to be published.
    Example: ``organisation`` without ``complaint_channel``.
    Remedy: set up and publish a channel, and name it in the catalogue.
    """

    id = "complaint-channel-missing"
    title = "No channel for complaints"
    title_zh = "未登记投诉渠道"
    remedy_zh = "设立并公布投诉渠道，在台账中登记。"
    example_zh = "organisation 未填写 complaint_channel。"
    severity = Severity.MEDIUM
    law = ("COL-CMP-01",)
    reads = (Reads(ORGANISATION),)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (organisation,) = tables
        return place(organisation.filter(organisation.complaint_channel.isnull()))
