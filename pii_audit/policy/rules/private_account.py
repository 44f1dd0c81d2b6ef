"""Agencies call from registered lines."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import TEXTS
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, World, param, place
from pii_audit.policy.rules._collection import LOG, LogRule, by_others, outward


@dataclass(frozen=True)
class PrivateAccount(LogRule):
    """Asks whether an agency contacted somebody from a private phone or a personal social account.

    Consent to it is not recorded in a log: accept such rows by an exemption that names it.

    Why: calls from private phones are neither recorded nor counted, and the numbers stay with the collector.
    Example: a row of agency AG01 whose private_account is yes.
    Remedy: let agencies call through lines and accounts of the institution's list only.
    """

    id = "private-account"
    title = "Agency used a private phone or account"
    title_zh = "受托机构使用私人电话或个人社交账号催收"
    remedy_zh = "要求受托机构仅使用报备的线路和账号。"
    example_zh = "机构AG01的某行 private_account 为“是”。"
    severity = Severity.MEDIUM
    law = ("COL-CONT-08",)
    reads = (Reads(ROWS, LOG, needs=("private_account", "agency"), uses=("direction", "channel", "borrower")),)

    own: tuple[str, ...] = param(TEXTS, ("SELF",), "how the log names the audited organisation", "日志中本机构的编号")

    def judged(self, log: ir.Table) -> ir.Table:
        return log.filter(outward(log) & log.private_account.notnull())

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log = self.judged(tables[0])
        found = log.filter(log.private_account & by_others(log, world, self.own))
        return place(found, aspect=found.channel.fill_null("unknown"))
