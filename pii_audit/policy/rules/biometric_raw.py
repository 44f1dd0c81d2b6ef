"""Raw biometrics are not stored where other means will do."""

from __future__ import annotations

from dataclasses import dataclass

from pii_audit.model.violation import Severity
from pii_audit.policy.catalogue import ENTITY_TYPES
from pii_audit.policy.interface import FINDINGS, Reads, param
from pii_audit.policy.rules._clear import ClearValues


@dataclass(frozen=True)
class BiometricRaw(ClearValues):
    """Asks whether images or templates of faces, fingerprints or voices are stored.

    Why: a face cannot be changed after a leak; storing it is avoided, and face information stays on the device unless
    law provides otherwise or the person gave separate consent.
    Example: a column ``face_image`` with Base64 images.
    Remedy: keep the result of the verification instead of the image, delete what is there.
    """

    id = "biometric-raw"
    title = "Raw biometrics stored"
    title_zh = "存储原始生物识别信息"
    remedy_zh = "仅保存核验结果，删除已存储的人脸等原始图像或模板。"
    example_zh = "face_image 列存有 Base64 编码的人脸图像。"
    severity = Severity.MEDIUM
    law = ("MIN-08", "BIO-01")
    reads = (Reads(FINDINGS),)

    entities: tuple[str, ...] = param(ENTITY_TYPES, ("BIOMETRIC",), "entity types", "实体类型")
