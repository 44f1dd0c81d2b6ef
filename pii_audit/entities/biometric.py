"""Biometric data as text: images and feature blobs of face, fingerprint, voice, iris, palm (生物识别信息).

Issuer: capture devices and recognition services; also the portrait on scans of identity documents.
Structure: base64 of an image (``/9j/…`` JPEG, ``iVBOR…`` PNG, with or without ``data:image/…;base64,``)
or of a feature vector.
Look-alikes: any base64 (certificates, signatures, icons), so a label or header is required; fingerprints of browsers,
devices and certificates are none of a person, so a bare 指纹 or ``fingerprint`` is no label.
Limits: feature vectors written as lists of numbers, and binary images, are not found; a link to an image is a URL.
Sources: GB/T 45574-2025 clause 6.1; JR/T 0171-2020 (class C3 when used for authentication); PIPL art. 28.
"""

from __future__ import annotations

import base64
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity


def sample(rng: Random) -> str:
    """Return the base64 text of a blob that starts like a JPEG image."""
    return base64.b64encode(b"\xff\xd8\xff\xe0" + rng.randbytes(rng.randint(180, 400))).decode("ascii")


_WORDS_ZH = (
    "人脸", "人脸照片", "人脸图片", "人脸图像", "人脸特征", "人脸特征值", "人脸数据", "人脸模板", "人脸识别照片",
    "面部特征", "活体照片", "活体图片", "活体检测图片", "人像照片", "自拍照", "指纹特征", "指纹特征值", "指纹模板",
    "指纹图像", "指纹图片", "指纹数据", "声纹", "声纹特征", "虹膜", "虹膜特征", "掌纹", "掌静脉", "指静脉",
    "身份证照片", "身份证图片", "身份证影像", "身份证正面", "身份证反面", "证件照", "证件影像",
)
_WORDS = (
    "face", "faceid", "faceimg", "faceimage", "facepic", "facephoto", "facebase64", "facedata", "facefeature",
    "facefeatures", "facetemplate", "facevector", "faceembedding", "facetoken", "facemap", "livephoto", "livenessimg",
    "livenessimage", "livenessphoto", "livenessdata", "selfie", "selfieimg", "selfieimage", "portrait",
    "fingerprintimg", "fingerprintimage", "fingerprintdata", "fingerprintfeature", "fingerprinttemplate", "fptemplate",
    "voiceprint", "voicefeature", "voicetemplate", "irisimage", "iristemplate", "irisfeature", "palmprint", "palmvein",
    "fingervein", "biometric", "biometricdata", "biometrictemplate", "idcardimg", "idcardimage", "idcardphoto",
    "idcardfront", "idcardback", "idphoto", "rlzp", "rltp", "rltz", "rltx", "rlsj", "renlian", "zwtz", "zwmb", "zwtp",
    "zwsj", "zhiwen", "swtz", "shengwen", "hongmo",
)

BIOMETRIC = EntityType(
    name="BIOMETRIC",
    title="Biometric data",
    title_zh="生物识别信息",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C3", "S"),
        gbt35273=Classed("sensitive", "S"),
        gbt45574=Classed("yes", "S"),
        jrt0197=Classed("4", "S"),
    ),
    mask=Mask("omit"),
    scanners=("biometric",),
    context=_WORDS_ZH + _WORDS,
    headers=_WORDS_ZH + _WORDS,
    sample=sample,
    cites=("GB/T 45574-2025 6.1", "JR/T 0171-2020", "PIPL art. 28"),
)
