"""Identifiers of a phone or its SIM (设备标识: IMEI, MEID, IMSI, OAID, IDFA, IDFV, Android ID).

Issuer: GSMA and its reporting bodies (IMEI, MEID); carriers (IMSI, 460 for the mainland); system vendors (the others).
Structure: IMEI 15 digits with Luhn, also written 2-6-6-1; MEID 14 hexadecimal digits from A0 on; IMSI 460, network 00
to 09, 11, 12, 13 or 15, and 10 digits; Android ID 16 hexadecimal digits; OAID, IDFA, IDFV a UUID, OAID also 64
hexadecimal digits.
Look-alikes: one in ten 15-digit numbers passes Luhn; legacy resident IDs have 15 digits; request and trace ids are
UUIDs; a label or header is required for each.
Limits: hashes of an identifier (``imei_md5``) are reported like the identifier, since they are easily reversed; ICCID,
serial numbers and fingerprints of browsers are not covered.
Sources: 3GPP TS 23.003 clauses 2.2 and 6.2.1, annex B; ITU-T E.212; T/TAF 095 (OAID); GB/T 35273-2020 Annex A.
"""

from __future__ import annotations

import uuid
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Labelled, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import Luhn

_IMSI_NETWORKS = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "11", "12", "13", "15")


def sample(rng: Random) -> str:
    """Return an IMEI, IMSI, Android ID or UUID."""
    kind = rng.randrange(4)
    if kind == 0:
        return Luhn().complete(rng.choice(("86", "35")) + f"{rng.randrange(10**12):012d}")
    if kind == 1:
        return f"460{rng.choice(_IMSI_NETWORKS)}{rng.randrange(10**10):010d}"
    if kind == 2:
        return f"{rng.randrange(16**15, 16**16):x}"
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


_WORDS_ZH = (
    "设备号", "设备号码", "设备码", "设备标识", "设备标识符", "设备识别码", "设备唯一标识", "设备串号",
    "手机串号", "手机设备号", "国际移动设备识别码", "移动用户识别码", "匿名设备标识符", "广告标识符",
)
_WORDS = (
    "imei", "imei1", "imei2", "imeino", "imeimd5", "imsi", "imsi1", "imsi2", "meid", "oaid", "idfa", "idfv", "vaid",
    "aaid", "gaid", "adid", "advertisingid", "androidid", "androiddeviceid", "udid", "deviceid", "deviceno",
    "devicenum", "devicenumber", "deviceuuid", "devicecode", "deviceimei", "devid", "phoneimei", "shebeihao",
    "shebeiid", "sjch",
)

DEVICE_ID = EntityType(
    name="DEVICE_ID",
    title="Device identifier",
    title_zh="设备标识",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(
        jrt0171=Classed("C1-C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("2-3", "M-m"),
    ),
    mask=Mask(head=4, tail=2),
    shapes=(
        Shape("IMEI", "[0-9]{15}", Strength.WEAK, Luhn(), groups=("2-6-6-1",)),
        Shape("IMSI, networks 00 to 09", "4600[0-9]{11}", Strength.WEAK),
        Shape("IMSI, networks 11, 12, 13 and 15", "4601[1235][0-9]{10}", Strength.WEAK),
        Shape("MEID", "[A-Fa-f][0-9A-Fa-f]{13}", Strength.WEAK),
        Shape("Android ID", "[0-9A-Fa-f]{16}", Strength.WEAK),
    ),
    labelled=(Labelled("advertising identifier without hyphens", "0-9A-Fa-f", 32, 64, min_digits=1),),
    scanners=("uuid",),
    context=_WORDS_ZH + _WORDS,
    headers=_WORDS_ZH + _WORDS,
    sample=sample,
    cites=("3GPP TS 23.003", "ITU-T E.212", "GB/T 35273-2020 Annex A"),
)
