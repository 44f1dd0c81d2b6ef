"""Values of every entity type, drawn by the issuers' rules as ``facts`` reads them."""

from __future__ import annotations

import datetime as dt
import uuid
from random import Random

from benchmarks import facts

DIGITS = "0123456789"
HEX = "0123456789abcdef"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()


def pick(rng: Random, characters: str, count: int) -> str:
    """Return ``count`` random characters."""
    return "".join(rng.choices(characters, k=count))


def day(rng: Random, first: int = 1945, last: int = 2006) -> dt.date:
    """Return a day between two years."""
    return dt.date(first, 1, 1) + dt.timedelta(days=rng.randrange((last - first + 1) * 365))


def widen(text: str) -> str:
    """Return the text in full-width characters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def group(text: str, sizes: tuple[int, ...], separator: str) -> str:
    """Return the text cut into groups of these sizes (the last group takes the rest)."""
    groups, at = [], 0
    for size in sizes:
        groups.append(text[at : at + size])
        at += size
    return separator.join(part for part in (*groups, text[at:]) if part)


def resident_id(rng: Random) -> str:
    """Return 18 characters: mostly resident IDs, some permits for Hong Kong, Macau, Taiwan and permanent residence."""
    kind = rng.random()
    if kind < 0.86:
        place = rng.choice(facts.counties())
    elif kind < 0.95:
        place = rng.choice(("810000", "820000", "830000"))
    else:
        place = "9" + rng.choice(("11", "31", "44", "33", "32", "51", "35", "12")) + rng.choice(facts.COUNTRIES)
    body = place + day(rng).strftime("%Y%m%d") + pick(rng, DIGITS, 3)
    return body + facts.mod_11_2(body)


def legacy_id(rng: Random) -> str:
    """Return a 15-digit first-generation resident ID."""
    return rng.choice(facts.counties()) + day(rng, 1935, 1985).strftime("%y%m%d") + pick(rng, DIGITS, 3)


def resident_id_form(rng: Random) -> str:
    """Return a resident ID the way people write it."""
    number, kind = resident_id(rng), rng.random()
    if kind < 0.15:
        return group(number, (6, 8), rng.choice(" -"))
    if number.endswith("X") and kind < 0.6:
        return number.lower()
    return number


def mobile(rng: Random) -> str:
    """Return 11 digits of a network or virtual operator."""
    prefix = rng.choice(facts.VIRTUAL_PREFIXES if rng.random() < 0.12 else facts.MOBILE_PREFIXES)
    return prefix + pick(rng, DIGITS, 8)


def mobile_form(rng: Random) -> str:
    """Return a mobile number with or without country prefix and separators."""
    number = mobile(rng)
    if rng.random() < 0.3:
        number = group(number, (3, 4), rng.choice(" -"))
    prefix = rng.choices(("", "+86", "+86 ", "+86-", "86", "0086", "86-", "0086 "), (70, 8, 8, 4, 3, 3, 2, 2))[0]
    return prefix + number


def landline_parts(rng: Random) -> tuple[str, str]:
    """Return area code (no leading zero) and subscriber number that the numbering plan knows."""
    while True:
        area, local = rng.choice(facts.AREA_CODES), rng.choice("2345678") + pick(rng, DIGITS, 7)
        for candidate in (local, local[:7]):
            if facts.is_landline(area, candidate):
                return area, candidate


def landline(rng: Random) -> str:
    """Return area code and number with a hyphen."""
    return "0{}-{}".format(*landline_parts(rng))


def landline_form(rng: Random) -> str:
    """Return a landline number in a customary form, some with extension."""
    area, local = landline_parts(rng)
    form = rng.choice(("0{}-{}", "0{}-{}", "0{} {}", "(0{}){}", "（0{}）{}", "(0{}) {}", "+86-{}-{}", "+86 {} {}"))
    extension = rng.choice(("-{}", "转{}", " 转 {}", "转分机{}", " ext. {}", "-{}")) if rng.random() < 0.25 else ""
    return form.format(area, local) + extension.format(pick(rng, "123456789", 1) + pick(rng, DIGITS, rng.randint(2, 3)))


def luhn_complete(body: str) -> str:
    """Return the body with its Luhn digit."""
    return next(body + d for d in DIGITS if facts.luhn_ok(body + d))


def bank_card(rng: Random) -> str:
    """Return a card number of a well-known issuer."""
    prefix, length = rng.choice(facts.BINS)
    return luhn_complete(prefix + pick(rng, DIGITS, length - len(prefix) - 1))


def bank_card_form(rng: Random) -> str:
    """Return a card number plain or in groups of four."""
    number = bank_card(rng)
    return group(number, (4, 4, 4, 4), rng.choice("  -")) if rng.random() < 0.4 else number


def uscc(rng: Random) -> str:
    """Return a unified social credit code."""
    while True:
        organisation = pick(rng, DIGITS, 1) + pick(rng, DIGITS + "ABCDEFGHJKLMNPQRTUWXY", 7)
        if rng.random() < 0.5:
            organisation = "MA" + pick(rng, DIGITS + "ABCDEFGHJKLMNPQRTUWXY", 6)
        place = rng.choice(facts.counties())
        body = rng.choice(("91", "91", "92", "52", "12", "93")) + place + organisation
        body += facts.organisation_check(organisation)
        code = body + facts.mod_31_3(body)
        if facts.is_uscc(code) and not code[:17].isdigit():
            return code


def vin(rng: Random) -> str:
    """Return a vehicle identification number of a Chinese or foreign maker."""
    makers = ("LSV", "LFV", "LVS", "LGX", "LHG", "LBV", "LE4", "LGB", "LJD", "LSG", "LB3", "WBA", "WDD", "JTH")
    body = rng.choice(makers) + pick(rng, facts.VIN_ALPHABET, 5) + "0" + pick(rng, "ABCDEFGHJKLMNPRSTVWXY123456789", 1)
    body += pick(rng, facts.VIN_ALPHABET[10:], 1) + pick(rng, DIGITS, 6)
    return body[:8] + facts.vin_check(body) + body[9:]


def plate(rng: Random) -> str:
    """Return a vehicle plate of any common kind."""
    kind, province, city = rng.random(), rng.choice(facts.PROVINCES), rng.choice("ABCDEFGHJK")
    letters = facts.PLATE_LETTERS
    if kind < 0.55:
        forms = (
            pick(rng, DIGITS, 5),
            pick(rng, letters, 1) + pick(rng, DIGITS, 4),
            pick(rng, DIGITS, 2) + pick(rng, letters, 2) + pick(rng, DIGITS, 1),
            pick(rng, DIGITS, 3) + pick(rng, letters, 1) + pick(rng, DIGITS, 1),
        )
        return province + city + rng.choice(forms)
    if kind < 0.75:
        return province + city + rng.choice("DF") + pick(rng, DIGITS + letters, 1) + pick(rng, DIGITS, 4)
    if kind < 0.8:
        return province + city + pick(rng, DIGITS, 5) + rng.choice("DF")
    if kind < 0.94:
        return province + city + pick(rng, DIGITS, 4) + rng.choice("学警")
    if kind < 0.98:
        return "粤Z" + pick(rng, DIGITS + letters, 1) + pick(rng, DIGITS, 3) + rng.choice("港澳")
    return "使" + pick(rng, "12", 1) + pick(rng, DIGITS, 5)


def plate_form(rng: Random) -> str:
    """Return a plate with or without the dot or space after the city letter."""
    number = plate(rng)
    if number[0] == "使" or rng.random() < 0.7:
        return number
    return number[:2] + rng.choice("··• ") + number[2:]


def email(rng: Random) -> str:
    """Return a mail address."""
    name = rng.choice(("zhang", "wang", "li", "zhao", "chen", "liu", "yang", "huang", "sun", "zhou"))
    local = rng.choice(
        (
            name + pick(rng, DIGITS, rng.randint(2, 6)),
            name + rng.choice("._-") + pick(rng, LOWER, 4),
            pick(rng, LOWER, rng.randint(3, 9)),
            pick(rng, "123456789", 1) + pick(rng, DIGITS, rng.randint(5, 9)),
            pick(rng, UPPER, 1) + pick(rng, LOWER, 5) + "+" + pick(rng, LOWER, 3),
        )
    )
    domain = rng.choice(
        (
            "qq.com",
            "163.com",
            "126.com",
            "sina.com.cn",
            "foxmail.com",
            "gmail.com",
            "mail.example.org",
            "139.com",
            "example-bank.cn",
            "vip.sina.com",
            "outlook.com",
            "stu.example.edu.cn",
        )
    )
    return f"{local}@{domain}"


def ipv4(rng: Random) -> str:
    """Return a dotted quad of a host."""
    first = rng.choice((10, 172, 192, 36, 58, 101, 111, 114, 119, 121, 180, 202, 218, 223))
    return f"{first}.{rng.randint(16, 250)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def ip_form(rng: Random) -> str:
    """Return an IPv4 address, or sometimes an IPv6 address full or with a run of zeros cut out."""
    if rng.random() < 0.75:
        return ipv4(rng)
    head = rng.choice(("2408", "2409", "240e", "2001"))
    groups = [f"{rng.randint(0x1000, 0xFFFF):x}" for _ in range(7)]
    return f"{head}:{groups[0]}:{groups[1]}::{groups[2]}" if rng.random() < 0.5 else ":".join((head, *groups))


def mac(rng: Random) -> str:
    """Return a MAC address in six groups."""
    digits = rng.choice((HEX, HEX.upper()))
    return rng.choice(":-").join(pick(rng, digits, 2) for _ in range(6))


def passport(rng: Random) -> str:
    """Return a passport number: old and new ordinary, official, diplomatic."""
    if rng.random() < 0.45:
        return "E" + pick(rng, "ABCDEFGHJKLMNPQRSTUVWXYZ", 1) + pick(rng, DIGITS, 7)
    return rng.choice(("E", "E", "E", "G", "S", "D", "P")) + pick(rng, DIGITS, 8)


def hkmt_permit(rng: Random) -> str:
    """Return a travel permit between the mainland and Hong Kong, Macau or Taiwan."""
    return rng.choice(("H", "M", "H", "M", "C", "W", "")) + pick(rng, "123456789", 1) + pick(rng, DIGITS, 7)


def military_id(rng: Random) -> str:
    """Return a military identity document number with its office character."""
    return (
        rng.choice("军兵士文职广南北海空")
        + "字第"
        + pick(rng, "123456789", 1)
        + pick(rng, DIGITS, rng.choice((6, 7)))
        + "号"
    )


def driver_file_no(rng: Random) -> str:
    """Return a 12-digit driver file number (province and city code first)."""
    return rng.choice(facts.counties())[:4] + pick(rng, DIGITS, 8)


def wechat_id(rng: Random) -> str:
    """Return a WeChat account name."""
    if rng.random() < 0.3:
        return "wxid_" + pick(rng, LOWER + DIGITS, 14)
    return pick(rng, LOWER, rng.randint(3, 7)) + rng.choice(("_", "-", "")) + pick(rng, DIGITS, rng.randint(3, 6))


def qq(rng: Random) -> str:
    """Return a QQ number."""
    return pick(rng, "123456789", 1) + pick(rng, DIGITS, rng.randint(6, 9))


def alipay(rng: Random) -> str:
    """Return an Alipay user number, 2088 and twelve digits."""
    return "2088" + pick(rng, DIGITS, 12)


def loan_contract(rng: Random) -> str:
    """Return a loan contract number as lenders number them."""
    date = day(rng, 2018, 2024).strftime("%Y%m%d")
    forms = (
        rng.choice(("HT", "JK", "DK", "LN", "XD", "JJ")) + date + pick(rng, DIGITS, rng.randint(4, 8)),
        f"{rng.choice(('JK', 'HT', 'LOAN', 'XFD'))}-{date[:4]}-{pick(rng, DIGITS, 6)}",
        rng.choice(("JK", "CN", "SX")) + pick(rng, UPPER + DIGITS, 4) + pick(rng, DIGITS, 8),
    )
    return rng.choice(forms)


def housing_fund(rng: Random) -> str:
    """Return a housing provident fund account."""
    return pick(rng, "123456789", 1) + pick(rng, DIGITS, rng.choice((9, 11, 11)))


def social_security(rng: Random) -> str:
    """Return a social security card or member number."""
    return (
        pick(rng, UPPER, 1) + pick(rng, DIGITS, 8)
        if rng.random() < 0.6
        else pick(rng, "123456789", 1) + pick(rng, DIGITS, 9)
    )


def birth_date(rng: Random) -> str:
    """Return a date of birth in a customary form."""
    born = day(rng)
    return rng.choice(
        (
            f"{born:%Y-%m-%d}",
            f"{born:%Y/%m/%d}",
            f"{born:%Y%m%d}",
            f"{born:%Y.%m.%d}",
            f"{born.year}年{born.month}月{born.day}日",
            f"{born:%Y}年{born:%m}月{born:%d}日",
        )
    )


def coordinate(rng: Random) -> tuple[str, str]:
    """Return longitude and latitude of a place in China."""
    places = rng.choice((4, 5, 6, 6, 7))
    return f"{rng.uniform(80, 126):.{places}f}", f"{rng.uniform(21, 48):.{places}f}"


def coordinate_pair(rng: Random) -> str:
    """Return a pair as map services write it."""
    longitude, latitude = coordinate(rng)
    first, second = (longitude, latitude) if rng.random() < 0.6 else (latitude, longitude)
    return first + rng.choice((",", ",", ", ")) + second


def imei(rng: Random) -> str:
    """Return an IMEI with its Luhn digit."""
    return luhn_complete(rng.choice(("86", "86", "35", "99")) + pick(rng, DIGITS, 12))


def imsi(rng: Random) -> str:
    """Return an IMSI of a mainland network."""
    return "460" + rng.choice(("00", "01", "02", "07", "11", "15")) + pick(rng, DIGITS, 10)


def advertising_id(rng: Random) -> str:
    """Return an OAID or IDFA in UUID form."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def security_code(rng: Random) -> str:
    """Return the three digits on the back of a card."""
    return pick(rng, DIGITS, 3)


def card_expiry(rng: Random) -> str:
    """Return month and year of expiry."""
    month, year = rng.randint(1, 12), rng.randint(25, 35)
    return rng.choice((f"{month:02d}/{year}", f"{month:02d}/{year}", f"{month:02d}/20{year}", f"{month:02d}{year}"))


def credential(rng: Random) -> str:
    """Return something that opens a door: mixed letters and digits."""
    kind = rng.random()
    if kind < 0.35:
        return pick(rng, UPPER, 1) + pick(rng, LOWER, 5) + rng.choice("@#!_") + pick(rng, DIGITS, 4)
    if kind < 0.7:
        return pick(rng, LOWER, 2) + pick(rng, LOWER + UPPER + DIGITS, rng.randint(14, 30)) + pick(rng, DIGITS, 2)
    return pick(rng, LOWER, 4) + pick(rng, DIGITS, 4)


def one_time_code(rng: Random) -> str:
    """Return a one-time code."""
    return pick(rng, DIGITS, rng.choice((4, 6, 6, 6)))
