"""The lender's app: what it copied from phones, what it logs, how it is configured."""

from __future__ import annotations

import base64
import datetime as dt
import json
import quopri
from random import Random

from people import NICKNAMES, SERVICES, Borrower, Town, masked, masked_card, mobile
from planting import Cell, Ledger, Value, plant, text_of
from writers import gzipped

from pii_audit.entities import (
    biometric,
    cn_landline_phone,
    credential,
    device_id,
    geo_coordinate,
    ip_address,
    mac_address,
    one_time_code,
)

FORMS = ("{}", "{}", "{}", "{a} {b} {c}", "+86{}", "{a}-{b}-{c}")


def contacts(ledger: Ledger, town: Town) -> None:
    """Write the phone books the app took from sixty borrowers, one record a line."""
    rng = town.rng
    name = "app/contacts_upload.jsonl"
    source = ledger.source(name, "jsonlines", "utf-8", 60)
    phones: list[str] = []
    lines = []
    for n, who in enumerate(town.borrowers[:60]):
        book = []
        for _ in range(rng.randint(10, 30)):
            entry, number = _entry(town)
            phones += [number.key] if isinstance(number, Value) else []
            for column, cell in (("contacts[].name", entry), ("contacts[].phone", number)):
                source.add(column, cell)
            pair = {"name": text_of(entry), "phone": text_of(number)}
            if rng.random() < 0.1:
                pair["relation"] = rng.choice(("父亲", "母亲", "配偶", "朋友", "同事"))
            book.append(pair)
        device = plant("DEVICE_ID", _uuid(rng))
        source.add("device.oaid", device)
        record = {
            "borrower_id": who.number,
            "collected_at": f"2026-0{n % 3 + 1}-{n % 28 + 1:02d}T1{n % 10}:05:3{n % 10}+08:00",
            "device": {"brand": rng.choice(("HUAWEI", "Xiaomi", "OPPO", "vivo")), "oaid": device.shown},
            "contacts": book,
        }
        lines.append(_json(record))
    source.structure("CONTACT_LIST", "contacts[]", 60, phones)
    ledger.write(name, ("\n".join(lines) + "\n").encode())


def _entry(town: Town) -> tuple[Cell, Cell]:
    """Return name and number of one entry of a phone book."""
    rng = town.rng
    kind = rng.random()
    if kind < 0.04:
        return "客服热线", rng.choice(SERVICES)
    if kind < 0.08:
        return "公司前台", plant("CN_LANDLINE_PHONE", cn_landline_phone.sample(rng))
    number = town.fresh_mobile() if rng.random() < 0.9 else rng.choice(town.borrowers).mobile
    if kind < 0.25:
        return rng.choice(NICKNAMES), mobile(number, rng.choice(FORMS))
    return plant("PERSON", town.name()), mobile(number, rng.choice(FORMS))


def _uuid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], "a" + digits[17:20], digits[20:]))


def phone_book(ledger: Ledger, town: Town) -> None:
    """Write the phone book of one phone as vCard 2.1 and 3.0 cards."""
    rng = town.rng
    name = "app/phonebook_20260211.vcf"
    source = ledger.source(name, "vcard", "utf-8", 40)
    phones = []
    lines = []
    for n in range(40):
        number = mobile(town.fresh_mobile(), rng.choice(FORMS))
        numbers = [number, plant("CN_LANDLINE_PHONE", cn_landline_phone.sample(rng))] if n % 8 == 0 else [number]
        who = town.name()
        if n % 4:
            lines += ["BEGIN:VCARD", "VERSION:3.0", f"N:{who[0]};{who[1:]};;;", f"FN:{who}"]
        else:
            quoted = quopri.encodestring(who.encode(), quotetabs=True).decode().replace("=\n", "").strip()
            lines += ["BEGIN:VCARD", "VERSION:2.1", f"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted}"]
        for kind, value in zip(("CELL", "HOME"), numbers, strict=False):
            lines.append(f"TEL;TYPE={kind}:{value.shown}" if n % 4 else f"TEL;{kind}:{value.shown}")
            source.add("TEL[]", value)
            phones.append(value.key)
        lines.append("END:VCARD")
    source.structure("CONTACT_LIST", None, 1, phones)
    ledger.write(name, ("\r\n".join(lines) + "\r\n").encode())


def log(ledger: Ledger, town: Town) -> None:
    """Write a day of application log: JSON lines in gzip, with what no log may hold and much that only looks like it."""
    rng = town.rng
    name = "app/app-20260312.log.gz"
    source = ledger.source(name, "jsonlines", "utf-8", 400)
    moment = dt.datetime(2026, 3, 12, 6, 0, 7)
    lines = []
    for n in range(400):
        moment += dt.timedelta(seconds=rng.randrange(40, 200))
        who = rng.choice(town.borrowers)
        fields: dict[str, Cell | int] = {
            "ts": f"{moment.isoformat()}.{rng.randrange(1000):03d}+08:00",
            "epoch_ms": 1_773_266_407_000 + n * 61_003,
            "level": rng.choice(("INFO", "INFO", "INFO", "DEBUG", "WARN")),
            "trace_id": f"{rng.getrandbits(128):032x}",
            "span_id": f"{rng.getrandbits(64) | 1 << 63:016x}",
            "app_version": f"6.{n % 5}.{n % 30}",
            **_event(n % 10, who, rng),
        }
        for column, cell in fields.items():
            if not isinstance(cell, int):
                source.add(column, cell)
        lines.append(_json({key: cell if isinstance(cell, int) else text_of(cell) for key, cell in fields.items()}))
    ledger.write(name, gzipped(("\n".join(lines) + "\n").encode()))


def _event(kind: int, who: Borrower, rng: Random) -> dict[str, Cell | int]:
    order = f"20260312{rng.randrange(10**10):010d}"
    snowflake = 1_730_000_000_000_000_000 + rng.randrange(10**17)
    match kind:
        case 0:
            return {
                "msg": "login ok",
                "mobile": who.v_mobile,
                "token": plant("CREDENTIAL", _web_token(rng)),
                "ip": plant("IP_ADDRESS", ip_address.sample(rng)),
            }
        case 1:
            return {"msg": "sms sent", "mobile": masked("CN_MOBILE_PHONE", who.mobile), "template": "OTP_LOGIN"}
        case 2:
            return {"msg": "otp verify", "mobile": who.v_mobile, "otp": plant("ONE_TIME_CODE", one_time_code.sample(rng))}
        case 3:
            return {"msg": "ocr result", "id_no": who.v_id, "real_name": who.v_name, "order_no": order}
        case 4:
            return {"msg": ("扣款失败 卡号", who.v_card, " 余额不足 流水号", str(snowflake)), "order_no": order}
        case 5:
            return {"msg": "app version 6.2.1.217 too old, decision REVIEW", "order_no": order, "rule_ids": "R102,R217", "cost_ms": rng.randrange(900)}
        case 6:
            return {
                "msg": "device report",
                "imei": plant("DEVICE_ID", _imei(rng)),
                "mac": plant("MAC_ADDRESS", mac_address.sample(rng)),
                "gps": plant("GEO_COORDINATE", geo_coordinate.sample(rng)),
            }
        case 7:
            return {"msg": f"query order {order} status=PAID batch {snowflake}", "cost_ms": rng.randrange(900)}
        case 8:
            return {"msg": "bind card", "card_no": masked_card(who.card), "trade_no": f"{snowflake}"}
    if rng.random() < 0.1:
        return {"msg": "liveness check", "face_image": plant("BIOMETRIC", biometric.sample(rng))}
    return {"msg": f"job repay-reminder done total={rng.randrange(9000)} elapsed={rng.randrange(99999)}ms", "shard": snowflake}


def _imei(rng: Random) -> str:
    while not (number := device_id.sample(rng)).startswith(("86", "35")) or len(number) != 15:
        pass
    return number


def _web_token(rng: Random) -> str:
    """Return a JSON web token (RFC 7519) that nothing signed."""
    body = {"uid": rng.randrange(10**6), "iat": 1_773_266_400}
    texts = (b'{"alg":"HS256","typ":"JWT"}', _json(body).encode(), rng.randbytes(32))
    return ".".join(base64.urlsafe_b64encode(text).rstrip(b"=").decode() for text in texts)


def _json(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def configuration(ledger: Ledger, town: Town) -> None:
    """Write the settings of a service, checked in with its secrets."""
    rng = town.rng
    lines: list[Cell] = [
        "# loan-core 生产环境",
        "server.port=8080",
        ("spring.datasource.url=jdbc:mysql://", plant("IP_ADDRESS", f"10.{rng.randrange(99)}.3.41"), ":3306/loan_core"),
        "spring.datasource.username=loan_rw",
        ("spring.datasource.password=", plant("CREDENTIAL", credential.sample(rng))),
        ("oss.accessKeyId=", plant("CREDENTIAL", "LTAI" + "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=20)))),
        ("oss.accessKeySecret=", plant("CREDENTIAL", f"{rng.getrandbits(150):030x}")),
        "oss.bucket=loan-archive-sh",
        "sms.sign=安信贷",
        "hotline=400-820-8820",
        "quiet.start=22:00",
        "quiet.end=08:00",
    ]
    name = "app/application-prod.properties"
    source = ledger.source(name, "text", "utf-8", len(lines))
    for line in lines:
        source.add(None, line)
    ledger.write(name, ("\n".join(map(text_of, lines)) + "\n").encode())


def everything(ledger: Ledger, town: Town) -> None:
    """Write all files of this module."""
    contacts(ledger, town)
    phone_book(ledger, town)
    log(ledger, town)
    configuration(ledger, town)
