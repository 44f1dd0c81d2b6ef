"""Configuration holds no secrets."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, param
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class SecretInConfiguration(ClearValues):
    """Asks whether configuration files hold passwords, keys or tokens in clear.

    Why: configuration is checked in, copied and shown in support; its secrets open the data themselves.
    Example: ``spring.datasource.password=…``; ``password=${DB_PASSWORD}`` would be well.
    Remedy: change the secret, keep it in a vault, and refer to it from the configuration.
    """

    id = "secret-in-configuration"
    title = "Secrets in configuration"
    title_zh = "配置文件中存在明文密钥或口令"
    remedy_zh = "更换该密钥或口令，存入密钥管理系统，配置中仅作引用。"
    example_zh = "spring.datasource.password=… 违规；password=${DB_PASSWORD} 不违规。"
    severity = Severity.HIGH
    law = ("STO-01",)
    reads = (Reads(FINDINGS, ("configuration",)),)

    entities: tuple[str, ...] = param(ENTITY_TYPES, ("CREDENTIAL",), "entity types", "实体类型")
