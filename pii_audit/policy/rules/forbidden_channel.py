"""Personal data go no insecure way."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import FLAG, Choice, Many
from pii_audit.model.violation import Severity
from pii_audit.policy import listed
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place
from pii_audit.policy.roles import ROLES
from pii_audit.policy.rules._sharing import LOG, lists

_WAYS = tuple(ROLES["transfer"].words or ())


@dataclass(frozen=True)
class ForbiddenChannel(Rule):
    """Asks whether data were shared by e-mail, instant messages, online storage or removable media.

    The central bank's rule speaks of high-sensitivity items. A register seldom shows that there were none in a file, so
    every transfer counts; ``listed_only: true`` counts those whose list of fields names sensitive types (GB/T 45574).

    Why: a mailbox or a stick keeps copies that nobody can call back.
    Example: a list of debtors sent to an agency by mail.
    Remedy: use the agreed interface or SFTP; delete what lies in mailboxes and drives; record exceptions as exemptions.
    """

    id = "forbidden-channel"
    title = "Data shared by a forbidden channel"
    title_zh = "以禁止渠道传输个人信息"
    remedy_zh = "改用约定接口或专用通道；清除邮箱、网盘中的副本；例外情形登记豁免。"
    example_zh = "以电子邮件向机构发送债务人名单。"
    severity = Severity.MEDIUM
    law = ("SHR-06",)
    reads = (Reads(ROWS, LOG, needs=("transfer",)),)

    channels: tuple[str, ...] = param(
        Many(Choice(_WAYS, "channel")), ("email", "im", "cloud_drive", "removable"), "forbidden channels", "禁止的传输渠道"
    )
    listed_only: bool = param(FLAG, False, "only transfers whose list of fields names sensitive types", "仅限字段清单含敏感个人信息的传输")

    def __post_init__(self) -> None:
        if self.listed_only:
            object.__setattr__(self, "reads", (Reads(ROWS, LOG, needs=("transfer", "fields")),))

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        (log,) = tables
        broken = log.filter(log.transfer.isin(self.channels))
        if self.listed_only:
            broken = broken.filter(lists(broken, listed.sensitive()))
        return place(broken, aspect=broken.transfer)
