"""Calls are recorded."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, place
from pii_audit.policy.rules._collection import LOG, LogRule, calls


@dataclass(frozen=True)
class CallUnrecorded(LogRule):
    """Asks whether a connected outbound call, of a person or a machine, names no recording.

    Why: the measures on credit cards, which bind the banks that issue them, demand that collection is recorded; for
    other debts they are a yardstick: what was said cannot be shown otherwise.
    Example: an answered call with an empty recording_id.
    Remedy: bring the line under the recorder, and let the agency deliver the recording if it has one.
    """

    id = "call-unrecorded"
    title = "Connected call without a recording"
    title_zh = "已接通的催收电话无录音"
    remedy_zh = "将线路纳入录音系统；要求受托机构补交录音。"
    example_zh = "电话已接通，recording_id 为空。"
    severity = Severity.MEDIUM
    law = ("COL-REC-01",)
    reads = (Reads(ROWS, LOG, needs=("answered", "recording"), uses=("channel", "direction", "borrower")),)

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(calls(log) & log.answered)

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        return place(log.filter(log.recording.isnull()), aspect=log.channel.fill_null("call"))
