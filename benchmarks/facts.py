"""What the issuers publish, read a second time.

Nothing here imports the package: the labelled set is a test only if its arithmetic and tables are an independent
reading. Division codes come from python-stdnum, numbering plans from phonenumbers, issuer prefixes are a short list of
well-known products with the one length each of them has.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import phonenumbers

#: (issuer prefix, total length): debit and credit products of the large Chinese issuers
BINS: tuple[tuple[str, int], ...] = (
    ("622202", 19), ("622208", 19), ("621226", 19),   # ICBC
    ("622848", 19),                                   # ABC
    ("621700", 19), ("622700", 19),                   # CCB
    ("621660", 19), ("621661", 19), ("456351", 19),   # BOC
    ("622260", 19),                                   # BOCOM
    ("621799", 19), ("622188", 19), ("621098", 19),   # PSBC
    ("622568", 19),                                   # GDB
    ("622909", 18),                                   # CIB
    ("622588", 16), ("621483", 16), ("622580", 16), ("622609", 16),   # CMB
    ("622690", 16), ("622698", 16),                   # CITIC
    ("622660", 16), ("622662", 16),                   # CEB
    ("622622", 16),                                   # CMBC
    ("622521", 16), ("622518", 16),                   # SPDB
)  # fmt: skip

#: three-digit mobile prefixes of persons: network operators, then virtual operators (165, 167, 170, 171, 162)
_MOBILE = (
    "130 131 132 133 134 135 136 137 138 139 150 151 152 153 155 156 157 158 159 166 172 173 175 176 177 178 "
    "180 181 182 183 184 185 186 187 188 189 190 191 193 195 196 197 198 199"
)
MOBILE_PREFIXES = tuple(_MOBILE.split())
VIRTUAL_PREFIXES = ("165", "167", "170", "171", "162")
#: never allocated to anyone
DEAD_PREFIXES = (
    "100",
    "103",
    "108",
    "111",
    "115",
    "118",
    "120",
    "123",
    "126",
    "142",
    "143",
    "154",
    "160",
    "161",
    "179",
)
#: 13-digit numbers of things
IOT_PREFIXES = ("1440", "1441", "10648", "10646", "10649", "1410", "1400")

_AREAS = (
    "10 20 21 22 23 24 25 27 28 29 311 312 335 351 371 379 391 411 431 451 452 512 513 516 523 531 532 "
    "535 536 551 552 571 573 574 575 576 577 591 592 595 731 734 754 755 756 757 760 769 771 772 791 851 871 898 "
    "931 951 971 991"
)
AREA_CODES = tuple(_AREAS.split())

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VIN_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
#: ISO 3166-1 numeric codes seen on permanent-residence cards
COUNTRIES = ("124", "840", "826", "392", "410", "036", "276", "250", "702", "643")


@cache
def divisions() -> frozenset[str]:
    """Return every six-digit division code that has ever existed, from python-stdnum's table."""
    codes, province = set(), ""
    for line in (resources.files("stdnum.cn") / "loc.dat").read_text(encoding="utf-8").splitlines():
        head = re.match(r"( *)([0-9]+) ", line)
        if head is None:
            continue
        if head[1]:
            codes.add(province + head[2])
        else:
            province = head[2]
    return frozenset(code for code in codes if len(code) == 6)


@cache
def counties() -> tuple[str, ...]:
    """Return the codes that cards are issued under: districts and counties, not whole provinces or prefectures."""
    return tuple(sorted(code for code in divisions() if not code.endswith("00")))


def mod_11_2(body: str) -> str:
    """Return the ISO 7064 MOD 11-2 check character, by the recursive method of the standard."""
    p = 0
    for char in body:
        p = (p + int(char)) * 2 % 11
    return "0123456789X"[(12 - p) % 11]


def mod_31_3(body: str) -> str:
    """Return the check character of a unified social credit code (GB 32100-2015, annex A)."""
    total = sum(USCC_ALPHABET.index(char) * pow(3, i, 31) for i, char in enumerate(body))
    return USCC_ALPHABET[-total % 31]


def organisation_check(body: str) -> str:
    """Return the check character of an eight-character organisation code (GB 11714-1997)."""
    values = [int(char, 36) for char in body]
    rest = 11 - sum(w * v for w, v in zip((3, 7, 9, 10, 5, 8, 4, 2), values, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def luhn_ok(number: str) -> bool:
    """Return whether the digits satisfy ISO/IEC 7812-1 annex B."""
    odd, even = number[-1::-2], number[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(d), 10)) for d in even)) % 10 == 0


def vin_check(vin: str) -> str:
    """Return the check character that belongs in ninth place (GB 16735)."""
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    letters = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
    rest = sum(w * (int(c) if c.isdigit() else letters[c]) for w, c in zip(weights, vin, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def is_date(text: str) -> bool:
    """Return whether yyyymmdd is a day from 1900 to today."""
    try:
        day = dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return False
    return dt.date(1900, 1, 1) <= day <= dt.date.today()


def is_resident_id(text: str) -> bool:
    """Return whether 18 characters are a resident ID, a residence permit or a permanent-residence card."""
    text = text.upper()
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", text) or not is_date(text[6:14]) or mod_11_2(text[:17]) != text[17]:
        return False
    known = text[:6] in divisions() or text[:6] in ("810000", "820000", "830000")
    return known or (text[0] == "9" and text[1:3] + "0000" in divisions())


def is_legacy_id(text: str) -> bool:
    """Return whether 15 digits have the division and the date of a first-generation resident ID."""
    return bool(re.fullmatch(r"[1-9][0-9]{14}", text)) and text[:6] in divisions() and is_date("19" + text[6:12])


def is_mobile(text: str) -> bool:
    """Return whether 11 digits are a number of a Chinese mobile network."""
    if not re.fullmatch(r"1[3-9][0-9]{9}", text):
        return False
    number = phonenumbers.PhoneNumber(country_code=86, national_number=int(text))
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


@lru_cache(maxsize=65536)
def is_landline(area: str, local: str) -> bool:
    """Return whether area code (no leading zero) and subscriber number are a fixed line."""
    number = phonenumbers.PhoneNumber(country_code=86, national_number=int(area + local))
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE


def is_bank_card(text: str) -> bool:
    """Return whether the digits could be a card: Luhn, 16 to 19 digits, a prefix any Chinese issuer might have.

    Wider than BINS on purpose: look-alikes must fail for every issuer table, not only for the short list here.
    """
    return bool(re.fullmatch(r"[2-69][0-9]{15,18}", text)) and luhn_ok(text)


def is_uscc(text: str) -> bool:
    """Return whether 18 characters are a unified social credit code by both check characters."""
    text = text.upper()
    if not re.fullmatch(rf"[1-9A-HJ-NP-RT-UW-Y][0-9A-HJ-NP-RT-UW-Y][0-9]{{6}}[{USCC_ALPHABET}]{{10}}", text):
        return False
    return mod_31_3(text[:17]) == text[17] and organisation_check(text[8:16]) == text[16]


def is_vin(text: str) -> bool:
    """Return whether 17 characters are a vehicle identification number."""
    text = text.upper()
    return bool(re.fullmatch(rf"[{VIN_ALPHABET}]{{17}}", text)) and vin_check(text) == text[8]


class Reading(NamedTuple):
    """A value that stands in a text by itself, found without any context."""

    start: int
    end: int
    entity_type: str


#: folds full-width characters, keeping offsets
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_BEFORE, _AFTER = r"(?<![0-9])(?<![0-9]\.)", r"(?![0-9A-Za-z])(?!\.[0-9])"
_PLATE = (
    rf"[{PROVINCES}][A-HJ-Z][·• ]?(?:[A-HJ-NP-Z0-9]{{4}}[学警港澳领]|[A-HJ-NP-Z0-9]{{5}}"
    "|[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK])"
)
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"


def _compact(text: str) -> str:
    return re.sub(r"[ -]", "", text)


def _national(text: str) -> str:
    return re.sub(r"^(?:\+|00)?86(?=1[0-9]{10}$)", "", _compact(text))


_READERS = (
    ("CN_RESIDENT_ID", r"[1-9][0-9]{5}([ -]?)[0-9]{8}\1[0-9]{3}[0-9Xx]", lambda t: is_resident_id(_compact(t))),
    ("CN_RESIDENT_ID", r"[1-9][0-9]{14}", is_legacy_id),
    ("CN_MOBILE_PHONE", r"(?:(?:\+|00)?86[ -]?)?1[0-9]{2}([ -]?)[0-9]{4}\1[0-9]{4}", lambda t: is_mobile(_national(t))),
    ("CN_BANK_CARD", r"[2-69][0-9]{15,18}", is_bank_card),
    (
        "CN_BANK_CARD",
        r"[2-69][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?",
        lambda t: is_bank_card(_compact(t)),
    ),
    ("CN_USCC", r"[1-9A-Y][0-9A-Y][0-9]{6}[0-9A-Y]{10}", is_uscc),
    ("CN_VIN", r"[0-9A-HJ-NPR-Z]{17}", lambda t: is_vin(t) and not t.isdigit()),
    ("CN_LANDLINE_PHONE", r"\(?0([1-9][0-9]{1,2})[-) ]{1,2}([2-8][0-9]{6,7})", None),
    ("CN_VEHICLE_PLATE", _PLATE, lambda t: True),
    ("EMAIL_ADDRESS", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+(?:com|cn|net|org|edu|gov|io)", lambda t: True),
    ("IP_ADDRESS", rf"(?<![./vV0-9]){_OCTET}(?:\.{_OCTET}){{3}}(?!\.)", lambda t: True),
    ("MAC_ADDRESS", r"(?<![:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![:-])", lambda t: True),
)
_COMPILED = tuple((name, re.compile(_BEFORE + body + _AFTER), check) for name, body, check in _READERS)


def readings(text: str) -> list[Reading]:
    """Return what stands in a text whatever surrounds it: a slow, plain second reading of the telling shapes."""
    folded = text.translate(WIDE)
    found = []
    for name, pattern, check in _COMPILED:
        for match in pattern.finditer(folded):
            good = is_landline(match[1], match[2]) if check is None else check(match[0])
            if good:
                found.append(Reading(match.start(), match.end(), name))
    return found
