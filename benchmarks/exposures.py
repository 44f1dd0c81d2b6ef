"""Families of lines that expose a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

from benchmarks.kinds import KINDS, Kind, Line, Value, labelled
from benchmarks.surroundings import (
    BRACKETS,
    CLASSES,
    ENGLISH_TAILS,
    ENGLISH_WHO,
    GLUE_AFTER,
    GLUE_BEFORE,
    LEVELS,
    OPENERS,
    PLATFORMS,
    SURNAMES,
    TAILS,
    WHO,
    amount,
    epoch,
    moment,
    name,
    noise,
)
from benchmarks.values import (
    DIGITS,
    HEX,
    LOWER,
    UPPER,
    bank_card,
    coordinate,
    day,
    ipv4,
    landline,
    mobile,
    pick,
    resident_id,
    widen,
)


def alone(rng: Random, kind: Kind) -> Line:
    """The value and nothing else."""
    return [Value(kind.entity_type, kind.form(rng))]


def prose(rng: Random, kind: Kind) -> Line:
    """A collector's sentence."""
    who = rng.choice((rng.choice(WHO), name(rng), rng.choice(WHO) + name(rng), ""))
    return [
        rng.choice(("", rng.choice(OPENERS), moment(rng) + " ")),
        who,
        *labelled(rng, kind, kind.form(rng)),
        rng.choice(TAILS),
    ]


def glued(rng: Random, kind: Kind) -> Line:
    """汉字 on both sides, no punctuation."""
    value = Value(kind.entity_type, kind.form(rng))
    if kind.alone and rng.random() < 0.5:
        return [rng.choice(GLUE_BEFORE), value, rng.choice(GLUE_AFTER)]
    return [rng.choice(WHO), *labelled(rng, kind, value.text, ("",)), rng.choice(GLUE_AFTER)]


def full_width(rng: Random, kind: Kind) -> Line:
    """The value typed with a full-width keyboard."""
    text = kind.plain(rng) if kind.entity_type == "CN_LANDLINE_PHONE" else kind.form(rng)
    return [rng.choice(WHO), *labelled(rng, kind, widen(text)), rng.choice(TAILS)]


def bracketed(rng: Random, kind: Kind) -> Line:
    """The value in brackets or quotes after its label."""
    left, right = rng.choice(BRACKETS)
    return [
        rng.choice(WHO),
        rng.choice(kind.zh),
        left,
        Value(kind.entity_type, kind.form(rng)),
        right,
        rng.choice(TAILS),
    ]


def chat(rng: Random, kind: Kind) -> Line:
    """A turn of a conversation."""
    ask = rng.choice(("麻烦再报一下", "请提供", "您的", "确认一下"))
    reply = rng.choice(("我的", "好的，", "嗯，", "就是", "记一下，"))
    colon = rng.choice(("：", ": "))
    label, joint, value = labelled(rng, kind, kind.form(rng), ("是", "：", ""))
    if kind.alone and rng.random() < 0.3:
        return [rng.choice(("客服", "坐席")), colon, ask, label, rng.choice(("？", "。")), "客户", colon, value]
    return [rng.choice(("客户", name(rng), "用户")), colon, reply, label, joint, value, rng.choice(TAILS)]


def sms(rng: Random, kind: Kind) -> Line:
    """A text message of a lender."""
    start = f"【{rng.choice(PLATFORMS)}】尊敬的{rng.choice(SURNAMES)}{rng.choice(('先生', '女士'))}，您登记的"
    return [
        start,
        *labelled(rng, kind, kind.form(rng)),
        rng.choice(
            (
                "，回复TD退订",
                "，如非本人操作请致电95588",
                "，详询400-820-8820",
                "，本期应还" + amount(rng) + "元",
                "。",
            )
        ),
    ]


def english(rng: Random, kind: Kind) -> Line:
    """An English sentence."""
    label, value = rng.choice(kind.en), Value(kind.entity_type, kind.plain(rng))
    lead = rng.choice(
        (f"{rng.choice(ENGLISH_WHO)} {label}", f"{moment(rng)} agent note: {label}", label, f"Please update {label}")
    )
    return [lead, rng.choice((": ", " is ", "=", " ", ":")), value, rng.choice(ENGLISH_TAILS)]


def json_line(rng: Random, kind: Kind) -> Line:
    """A JSON log record, flat or nested, sometimes escaped inside a message."""
    key, value, style = rng.choice(kind.keys), Value(kind.entity_type, kind.plain(rng)), rng.random()
    numeric = kind.alone and value.text.isdigit() and rng.random() < 0.15
    quote = "" if numeric else '"'
    field: Line = [f'"{key}":{rng.choice(("", " "))}{quote}', value, quote]
    fields: list[Line] = [[json.dumps(k), ":", json.dumps(v)] for k, v in noise(rng, rng.randint(1, 4))]
    if style < 0.35:
        field = ['"borrower":{"name":"', name(rng), '",', *field, "}"]
    fields.insert(rng.randint(0, len(fields)), field)
    body = [part for number, parts in enumerate(fields) for part in ([","] if number else []) + parts]
    line: Line = ["{", *body, "}"]
    if style > 0.85:
        line = [part if isinstance(part, Value) else part.replace('"', '\\"') for part in line]
        return [f'{{"level":"{rng.choice(LEVELS)}","msg":"', *line, '"}']
    return [f"{moment(rng)} {rng.choice(LEVELS)} ", *line] if style > 0.6 else line


def key_value(rng: Random, kind: Kind) -> Line:
    """A log line of key=value pairs."""
    glue, between = rng.choice(("=", "=", ": ", ":")), rng.choice((" ", ", ", " | ", ";"))
    fields: list[Line] = [[f"{k}{glue}{v}"] for k, v in noise(rng, rng.randint(1, 4))]
    fields.insert(rng.randint(0, len(fields)), [rng.choice(kind.keys), glue, Value(kind.entity_type, kind.plain(rng))])
    body = [part for number, parts in enumerate(fields) for part in ([between] if number else []) + parts]
    return [f"{moment(rng)} [{rng.choice(LEVELS)}] {rng.choice(CLASSES)} - ", *body]


def sql(rng: Random, kind: Kind) -> Line:
    """A statement of a dump or a slow-query log."""
    key, value = rng.choice(kind.keys), Value(kind.entity_type, kind.plain(rng))
    if kind.alone and rng.random() < 0.5:
        number = rng.randint(1, 99999)
        return [
            f"INSERT INTO `t_customer` VALUES ({number},'{name(rng)}','",
            value,
            f"',{amount(rng).replace(',', '')},'{day(rng, 2019, 2024)}');",
        ]
    form = rng.choice(("UPDATE customer SET {}='", "SELECT * FROM loan WHERE {} = '", "DELETE FROM t_user WHERE {}='"))
    return [form.format(key), value, rng.choice(("';", "' LIMIT 10;", "' AND deleted = 0"))]


def url(rng: Random, kind: Kind) -> Line:
    """A request with a query string."""
    host = rng.choice(("", "https://api.example.com", "http://gw.example.cn:8080"))
    method = rng.choice(("GET ", "POST ", "url=", '"GET '))
    tail = rng.choice(
        (f"&ts={epoch(rng)}", f"&sign={pick(rng, HEX, 32)}", "", " HTTP/1.1", f"&page={rng.randint(1, 90)}")
    )
    lead = rng.choice(("", f"channel=app&ts={epoch(rng)}&", f"v={rng.randint(1, 9)}&"))
    return [
        f"{method}{host}/{rng.choice(('query', 'api/v1/user', 'collect/list'))}?{lead}{rng.choice(kind.keys)}=",
        Value(kind.entity_type, kind.plain(rng)),
        tail,
    ]


def separated(rng: Random, kind: Kind) -> Line:
    """A row of delimited text without header."""
    glue = rng.choice((",", "\t", "|", ";", "^"))
    return [
        str(rng.randint(1, 99999)),
        glue,
        name(rng),
        glue,
        Value(kind.entity_type, kind.plain(rng)),
        glue,
        f"{rng.uniform(100, 90000):.2f}",
        glue,
        str(day(rng, 2019, 2024)),
        glue,
        rng.choice(("正常", "逾期", "结清")),
    ]


def escaped(rng: Random, kind: Kind) -> Line:
    """The value between escape sequences or markup."""
    pairs = (("<td>", "</td>"), ("<b>", "</b>"), ("\\n", "\\n"), ("\\t", "\\t"), ("：\\r\\n", "\\r\\n"))
    # the letter of an escape would read as the first letter of a mail address
    left, right = rng.choice(pairs[:2] if kind.entity_type == "EMAIL_ADDRESS" else pairs)
    return [rng.choice(kind.zh), left, Value(kind.entity_type, kind.plain(rng)), right, rng.choice(TAILS)]


def form(rng: Random, kind: Kind) -> Line:
    """A form filled on one line: several kinds of values."""
    others = rng.sample([other for other in KINDS if other.entity_type != kind.entity_type], rng.randint(1, 3))
    between = rng.choice(("  ", "；", " | ", "，", "\t"))
    colon = rng.choice(("：", ":", ": "))
    line: Line = ["姓名", colon, name(rng)]
    for item in (kind, *others):
        line += [between, rng.choice(item.zh), colon, Value(item.entity_type, item.plain(rng))]
    return line


def beside_masked(rng: Random, kind: Kind) -> Line:
    """An exposed value beside values that are masked."""
    return [
        rng.choice(WHO),
        rng.choice(SURNAMES),
        "**，手机",
        mobile(rng)[:3],
        "****",
        pick(rng, DIGITS, 4),
        "，",
        *labelled(rng, kind, kind.plain(rng)),
        rng.choice(TAILS),
    ]


def word_after(rng: Random, kind: Kind) -> Line:
    """The word that explains the value follows it."""
    return [
        rng.choice(WHO),
        "提供",
        Value(kind.entity_type, kind.plain(rng)),
        rng.choice(("（", "(")),
        rng.choice(kind.zh),
        rng.choice(("）", ")")),
    ]


_Family = Callable[[Random, Kind], Line]
ANY: tuple[tuple[_Family, int], ...] = (
    (prose, 5),
    (glued, 3),
    (bracketed, 2),
    (chat, 2),
    (sms, 2),
    (english, 3),
    (json_line, 4),
    (key_value, 4),
    (sql, 2),
    (form, 3),
    (beside_masked, 1),
)
TELLING: tuple[tuple[_Family, int], ...] = ((alone, 1), (separated, 2), (escaped, 1), (word_after, 1))
#: types whose values hold characters that a query string would escape
NO_URL = {"DATE_OF_BIRTH", "CN_MILITARY_ID", "CN_VEHICLE_PLATE", "CREDENTIAL", "GEO_COORDINATE", "CARD_EXPIRY"}


def families(kind: Kind) -> tuple[tuple[_Family, int], ...]:
    """Return the families in which a kind of value can stand, with their weights."""
    extra: tuple[tuple[_Family, int], ...] = TELLING if kind.alone else ()
    if kind.wide:
        extra = (*extra, (full_width, 2))
    if kind.entity_type not in NO_URL:
        extra = (*extra, (url, 2))
    return ANY + extra


def latitude_longitude(rng: Random) -> Line:
    """Latitude and longitude under labels of their own."""
    longitude, latitude = (Value("GEO_COORDINATE", text) for text in coordinate(rng))
    options: list[Line] = [
        ["GET /lbs/report?lng=", longitude, "&lat=", latitude, f"&ts={epoch(rng)}"],
        ['{"longitude":', longitude, ',"latitude":', latitude, ',"acc":30}'],
        ['{"lat":"', latitude, '","lng":"', longitude, '"}'],
        [rng.choice(WHO), "定位：经度", longitude, "，纬度", latitude],
        [f"{moment(rng)} gps lat=", latitude, " lon=", longitude, " speed=0"],
    ]
    return rng.choice(options)


def code_message(rng: Random) -> Line:
    """A one-time code in the words of real messages."""
    code = Value("ONE_TIME_CODE", pick(rng, DIGITS, 6))
    platform = rng.choice(PLATFORMS)
    options: list[Line] = [
        [f"【{platform}】验证码", code, "，5分钟内有效，请勿泄露"],
        [f"【{platform}】您的验证码为：", code, "，如非本人操作请忽略"],
        [f"【{platform}】", code, "（登录验证码），10分钟内有效"],
        ["Your verification code is ", code, ". It expires in 5 minutes."],
        [f"【{platform}】您正在修改密码，验证码：", code, "，请勿告诉他人"],
    ]
    return rng.choice(options)


def bearer(rng: Random) -> Line:
    """A token in a request header."""
    token = Value(
        "CREDENTIAL", "eyJ" + pick(rng, LOWER + UPPER + DIGITS, 30) + "." + pick(rng, LOWER + UPPER + DIGITS, 24)
    )
    options: list[Line] = [
        ["Authorization: Bearer ", token],
        ['"Authorization":"Bearer ', token, '"'],
        ["curl -H 'Authorization: Bearer ", token, "' https://api.example.com/v1/loan"],
        [f"{moment(rng)} DEBUG headers={{Authorization=Bearer ", token, "}"],
    ]
    return rng.choice(options)


def adjacent(rng: Random) -> Line:
    """Numbers side by side, one separator between them."""
    makers = (
        ("CN_RESIDENT_ID", resident_id),
        ("CN_MOBILE_PHONE", mobile),
        ("CN_BANK_CARD", bank_card),
        ("CN_LANDLINE_PHONE", landline),
    )
    between = rng.choice((" ", " ", ",", "/", "、", "，", "|", "\t"))
    line: Line = [
        rng.choice(
            ("", name(rng) + between, f"{day(rng, 2020, 2024):%Y%m%d}{between}", f"{rng.randint(1, 99)}{between}")
        )
    ]
    for number, (entity_type, make) in enumerate(rng.choices(makers, k=rng.randint(2, 3))):
        line += [between if number else "", Value(entity_type, make(rng))]
    return [*line, rng.choice(("", between + "正常", f"{between}{rng.randint(1, 99)}", "，已核实"))]


def hosts(rng: Random) -> Line:
    """Addresses in access logs, URLs and forwarding headers."""
    first, second = Value("IP_ADDRESS", ipv4(rng)), Value("IP_ADDRESS", ipv4(rng))
    options: list[Line] = [
        [
            first,
            f' - - [{day(rng, 2023, 2024):%d/%b/%Y}:10:12:13 +0800] "GET /loan/list HTTP/1.1" 200 512',
        ],
        ["GET http://", first, f":8080/api/v1/query?ts={epoch(rng)}"],
        ["X-Forwarded-For: ", first, ", ", second],
        [f"{moment(rng)} connect from ", first, f":{rng.randint(1024, 65535)} to ", second, ":3306"],
        ["dial tcp ", first, ":6379: i/o timeout"],
    ]
    return rng.choice(options)


SPECIAL: tuple[tuple[Callable[[Random], Line], int], ...] = (
    (latitude_longitude, 15),
    (code_message, 15),
    (bearer, 10),
    (adjacent, 35),
    (hosts, 15),
)
