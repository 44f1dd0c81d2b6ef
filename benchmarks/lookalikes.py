"""Families of lines that expose nothing, however much they look like it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks import facts
from benchmarks.surroundings import (
    CLASSES,
    LEVELS,
    OPENERS,
    PLATFORMS,
    REASONS,
    SURNAMES,
    TAILS,
    WHO,
    amount,
    epoch,
    moment,
    name,
    snowflake,
)
from benchmarks.values import (
    DIGITS,
    HEX,
    LOWER,
    UPPER,
    advertising_id,
    bank_card,
    day,
    email,
    group,
    imei,
    mobile,
    pick,
    resident_id,
    uscc,
    vin,
)


def around(rng: Random, label: str, text: str) -> str:
    """Return a look-alike in a sentence, a log line or a JSON field."""
    return rng.choice(
        (
            f"{label}：{text}",
            f"{label}{text}{rng.choice(TAILS)}",
            f"{moment(rng)} {rng.choice(LEVELS)} {label}={text} cost={rng.randint(1, 999)}ms",
            f'{{"{label}":"{text}","status":"OK"}}',
            f"{rng.choice(OPENERS)}{label}:{text}",
            f"[{label}] {text}",
            f"{rng.choice(WHO)}的{label}（{text}）",
        )
    )


def longer_run(rng: Random) -> str:
    """A valid value inside a longer run of digits or letters."""
    if rng.random() < 0.15:
        text = group(mobile(rng) + pick(rng, DIGITS, rng.randint(1, 3)), (3, 4), rng.choice(" -"))
        return around(rng, rng.choice(("流水号", "批次", "单号")), text)
    core = rng.choice((resident_id, mobile, bank_card))(rng)
    before, after = rng.choice(((1, 0), (0, 1), (2, 3), (4, 0), (0, 4), (6, 6)))
    return around(
        rng,
        rng.choice(("流水号", "批次", "seq", "单号", "serial")),
        pick(rng, "123456789", before) + core + pick(rng, DIGITS, after),
    )


def one_off(rng: Random) -> str:
    """One character of a checked value changed, under the very label of that value."""
    label, make = rng.choice(
        (("身份证号", resident_id), ("卡号", bank_card), ("统一社会信用代码", uscc), ("车架号", vin), ("IMEI", imei))
    )
    text = make(rng)
    at = rng.randrange(6, len(text) - 1)
    wrong = rng.choice([d for d in DIGITS if d != text[at]])
    return around(rng, label, text[:at] + wrong + text[at + 1 :])


def impossible_date(rng: Random) -> str:
    """A resident ID with a correct check character and a day that never was."""
    date = rng.choice(
        ("19901301", "19880230", "19950431", "20010229", "19770000", "19851232", "20991231", "18500101", "19000229")
    )
    body = rng.choice(facts.counties()) + date + pick(rng, DIGITS, 3)
    return around(rng, "身份证号", body + facts.mod_11_2(body))


def unknown_division(rng: Random) -> str:
    """A resident ID with a correct check character from a place that never was."""
    place = rng.choice(("10", "16", "19", "24", "29", "38", "40", "47", "56", "59", "60", "66", "72", "78")) + pick(
        rng, DIGITS, 4
    )
    body = place + day(rng).strftime("%Y%m%d") + pick(rng, DIGITS, 3)
    return around(rng, "证件号码", body + facts.mod_11_2(body))


def times(rng: Random) -> str:
    """Seconds to nanoseconds since 1970 and clock times."""
    value = rng.choice(
        (
            epoch(rng, 10),
            epoch(rng, 13),
            epoch(rng, 16),
            epoch(rng, 19),
            moment(rng).replace(" ", "T") + "+08:00",
            f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}.{pick(rng, DIGITS, 6)}",
            moment(rng).replace("-", "").replace(" ", "").replace(":", "") + pick(rng, DIGITS, 3),
        )
    )
    return around(rng, rng.choice(("ts", "timestamp", "时间戳", "createTime", "更新时间", "start")), value)


def identifiers(rng: Random) -> str:
    """Snowflakes, trace ids, UUIDs and digests."""
    value = rng.choice(
        (
            snowflake(rng),
            advertising_id(rng),
            pick(rng, HEX, 32),
            pick(rng, HEX, 16),
            pick(rng, HEX, 40),
            pick(rng, HEX, 64),
            f"00-{pick(rng, HEX, 32)}-{pick(rng, HEX, 16)}-01",
            ":".join(pick(rng, HEX, 2) for _ in range(20)),
            "0x" + pick(rng, HEX, 12),
            pick(rng, UPPER + DIGITS, 26),
        )
    )
    return around(
        rng, rng.choice(("traceId", "requestId", "sessionHash", "链路号", "eventId", "checksum", "msgId")), value
    )


def orders(rng: Random) -> str:
    """Order, waybill, batch and clearing numbers."""
    date = day(rng, 2018, 2024).strftime("%Y%m%d")
    value = rng.choice(
        (
            pick(rng, "123456789", 1) + pick(rng, DIGITS, rng.randint(15, 21)),
            date + pick(rng, DIGITS, rng.randint(8, 14)),
            "SF" + pick(rng, DIGITS, 13),
            "YT" + pick(rng, DIGITS, 13),
            rng.choice(("PAY", "TX", "ORD")) + date + pick(rng, DIGITS, 10),
            "4200" + pick(rng, DIGITS, 6) + date + pick(rng, DIGITS, 10),
            "978-7-" + pick(rng, DIGITS, 3) + "-" + pick(rng, DIGITS, 5) + "-" + pick(rng, DIGITS, 1),
        )
    )
    return around(
        rng,
        rng.choice(("订单号", "流水号", "交易单号", "运单号", "orderNo", "batchNo", "受理单号", "outTradeNo")),
        value,
    )


def amounts(rng: Random) -> str:
    """Amounts, rates and ratios, some with digits like a phone number."""
    value = rng.choice(
        (
            amount(rng),
            "¥" + amount(rng),
            mobile(rng) + "." + pick(rng, DIGITS, 2),
            "0." + mobile(rng),
            f"{rng.random():.16f}",
            f"-{rng.uniform(1, 99999):.4f}",
            f"{rng.randint(1, 99)}.{pick(rng, DIGITS, 11)}",
            f"{rng.uniform(1, 9):.3f}e+{rng.randint(10, 18)}",
            f"{rng.randint(1, 999)},{pick(rng, DIGITS, 3)},{pick(rng, DIGITS, 3)}.00",
        )
    )
    return around(
        rng, rng.choice(("金额", "应还本息", "amount", "balance", "利率", "score", "余额", "ratio", "罚息")), value
    )


def masked(rng: Random) -> str:
    """Values that are already masked."""
    phone, card, person = mobile(rng), bank_card(rng), resident_id(rng)
    mail = email(rng)
    star = rng.choice("**xX＊")
    label, value = rng.choice(
        (
            ("手机号", phone[:3] + star * 4 + phone[7:]),
            ("身份证号", person[:6] + star * 8 + person[14:]),
            ("身份证号", person[:1] + "*" * 16 + person[17:]),
            ("卡号", card[:4] + " **** **** " + card[-4:]),
            ("卡号", card[:6] + "*" * (len(card) - 10) + card[-4:]),
            ("姓名", rng.choice(SURNAMES) + "**"),
            ("手机号", phone[:3] + "-****-" + phone[7:]),
            ("卡号", "**** **** **** " + card[-4:]),
            ("尾号", card[-4:]),
            ("邮箱", mail[:1] + "***" + mail[mail.index("@") :]),
            ("手机尾号", phone[7:]),
            ("密码", "******"),
            ("password", "********"),
            ("验证码", "****"),
            ("车牌", "京A***" + pick(rng, DIGITS, 2)),
            ("护照", "E****" + pick(rng, DIGITS, 4)),
        )
    )
    return around(rng, label, value)


def service_numbers(rng: Random) -> str:
    """Hotlines and message channels: nobody's numbers."""
    value = rng.choice(
        (
            "955" + pick(rng, DIGITS, 2),
            "10086",
            "10010",
            "10000",
            "12378",
            "12345",
            "12363",
            "110",
            "12315",
            "95" + pick(rng, DIGITS, 3),
            f"400-{pick(rng, DIGITS, 3)}-{pick(rng, DIGITS, 4)}",
            f"400{pick(rng, DIGITS, 7)}",
            f"800-{pick(rng, DIGITS, 3)}-{pick(rng, DIGITS, 4)}",
            "1069" + pick(rng, DIGITS, rng.choice((8, 11, 14))),
            "400 " + pick(rng, DIGITS, 3) + " " + pick(rng, DIGITS, 4),
        )
    )
    text = rng.choice(
        (
            "客服热线{}",
            "详询{}",
            "投诉请拨打{}",
            "官方电话：{}",
            "发送方号码：{}",
            "如有疑问请致电{}。",
            "hotline {}",
            "客服电话{}，工作日9:00-18:00",
            "监管投诉热线: {}",
        )
    )
    return rng.choice((f"【{rng.choice(PLATFORMS)}】", "", rng.choice(OPENERS), moment(rng) + " ")) + text.format(value)


def iot(rng: Random) -> str:
    """Thirteen-digit numbers of things."""
    prefix = rng.choice(facts.IOT_PREFIXES)
    return around(
        rng,
        rng.choice(("物联网卡", "物联卡号码", "msisdn", "设备号码", "GPS终端号码")),
        prefix + pick(rng, DIGITS, 13 - len(prefix)),
    )


def dead_mobile(rng: Random) -> str:
    """Eleven digits from a prefix nobody has, or one digit short."""
    value = rng.choice(facts.DEAD_PREFIXES) + pick(rng, DIGITS, 8) if rng.random() < 0.6 else mobile(rng)[:10]
    return around(rng, rng.choice(("手机号", "联系电话", "mobile", "号码")), value)


def versions(rng: Random) -> str:
    """Versions, addresses that are none, sections of a manual."""
    a, b, c, d = (rng.randint(0, 99) for _ in range(4))
    return rng.choice(
        (
            f"升级到v{a}.{b}.{c}.{d}",
            f"version={a}.{b}.{c}.{d} build ok",
            f"版本号{a}.{b}.{c}.{d}，请更新",
            f"Chrome/{a}.0.{b}{c}.{d} Safari/537.36",
            f"jdbc driver ojdbc8-{a}.{b}.{c}.{d}.jar",
            f"{a}.{b}.{c}.{d}.{a}",
            f"addr={256 + a}.{b}.{c}.{d}",
            f"appVersion: {a}.{b}.{c}.{d}",
            f"见手册第{a}.{b}.{c}.{d}节",
            f"firmware v{a}.{b}.{c}.{d}-rc1",
            f"libssl.so.{a}.{b}.{c}",
            f"版本 {a}.{b}.{c}.{d} 发布",
        )
    ) + rng.choice(("", " ", f" {moment(rng)}", f" cost={d}ms"))


def at_signs(rng: Random) -> str:
    """At signs that are no mail addresses."""
    word = pick(rng, LOWER, 6)
    return rng.choice(
        (
            f"加载图标{word}@2x.png失败",
            f"GET /static/{word}@3x.png 404",
            f"@{name(rng)} 请跟进",
            f"npm i {word}@{rng.randint(1, 20)}.{rng.randint(0, 9)}.0",
            f"at c.l.{word}.Service.run(Service.java:{rng.randint(10, 900)}) @Transactional",
            f"java.lang.Object@{pick(rng, HEX, 8)}",
            f"{word}@ 已离职",
            f"decorator @{word}.route('/loan')",
            f"拨打@{rng.randint(1, 99)}组",
            f"bg@1x.jpg,{word}@2x.webp",
            f"user_{word}@@{pick(rng, DIGITS, 6)}",
        )
    ) + rng.choice(("", f" ts={epoch(rng)}", f" {moment(rng)}"))


def plates(rng: Random) -> str:
    """Almost plates."""
    province, city = rng.choice(facts.PROVINCES), rng.choice("ABCDEFGH")
    return rng.choice(
        (
            f"车牌{province}{city}{pick(rng, DIGITS, 4)}识别失败",
            f"车牌号：{province}{city}{pick(rng, DIGITS, 8)}",
            f"{province}{city}座{pick(rng, DIGITS, 4)}室",
            f"车牌 {province}{city}{pick(rng, DIGITS, 2)}I{pick(rng, DIGITS, 1)}O",
            f"车牌：{province}{pick(rng, DIGITS, 6)}",
            f"{city}{pick(rng, DIGITS, 5)}柜台",
            f"型号{city}{pick(rng, DIGITS, 5)}",
            f"国道G{pick(rng, '123456789', 1)}{pick(rng, DIGITS, 2)}、{province}{pick(rng, DIGITS, 3)}线",
            f"车牌{province}-{city}未登记",
        )
    ) + rng.choice(TAILS)


def weak_bare(rng: Random) -> str:
    """Numbers that mean something only beside a word, without that word."""
    return rng.choice(
        (
            "共{}条",
            "处理完成 {}",
            "编码 {} 已归档",
            "count={}",
            "第{}号窗口",
            "物料 {} 入库",
            "错误码 {}",
            "结果:{}",
            "rows={}",
            "规格{}件",
        )
    ).format(
        rng.choice(
            (
                pick(rng, "123456789", 1) + pick(rng, DIGITS, rng.choice((2, 3, 4, 5, 7, 8, 9, 11))),
                "E" + pick(rng, DIGITS, 8),
                "G" + pick(rng, DIGITS, 8),
                "H" + pick(rng, DIGITS, 8),
                pick(rng, LOWER, 6) + pick(rng, DIGITS, 4),
                "09/27",
                "A" + pick(rng, DIGITS, 8),
            )
        )
    ) + rng.choice(("", "，请确认", f" {moment(rng)}", f" ts={epoch(rng)}"))


def label_only(rng: Random) -> str:
    """Words that announce a value which does not follow."""
    text = rng.choice(
        (
            "密码错误",
            "密码已修改成功",
            "password reset required",
            "验证码已失效，请重新获取",
            "身份证号未填写",
            "电话无人接听",
            "微信支付成功",
            "微信公众号已关注",
            "token expired",
            "invalid token",
            "银行卡已解绑",
            "护照即将到期",
            "QQ群已解散",
            "请勿泄露验证码",
            "pwd=null",
            "password=",
            "mobile=null",
            '"id_no":""',
            '"phone":null',
            "手机号不能为空",
            "card_no is required",
            "支付宝扣款失败",
            "合同编号缺失",
            "车牌未识别",
            "邮箱格式不正确",
            "出生日期不详",
            "身份证有效期至长期",
            "CVV校验失败",
            "IP受限",
            "社保已断缴",
            "公积金未缴纳",
            "设备IMEI为空",
            "passport required",
            "定位失败",
            "车架号模糊",
        )
    )
    return rng.choice(
        (
            f"{rng.choice(OPENERS)}{text}",
            f"{moment(rng)} {rng.choice(LEVELS)} {rng.choice(CLASSES)} - {text}",
            f"{name(rng)}{text}{rng.choice(TAILS)}",
        )
    )


def plain_text(rng: Random) -> str:
    """Collection notes with dates, days and sums but nobody's number."""
    who, days = rng.choice(WHO), rng.randint(1, 400)
    return rng.choice(
        (
            f"{moment(rng)} {who}{name(rng)}表示{rng.choice(REASONS)}，逾期{days}天，剩余{amount(rng)}元",
            f"第{rng.randint(1, 36)}期账单日{day(rng, 2022, 2025)}，最低还款{amount(rng)}元",
            f"{moment(rng)} INFO {rng.choice(CLASSES)} - batch done rows={rng.randint(1, 10**7)} cost={days}ms",
            f"合同期限{day(rng, 2019, 2022)}至{day(rng, 2023, 2026)}，年化利率{rng.uniform(3, 24):.2f}%",
            f"The customer asked for {rng.randint(2, 12)} instalments of {amount(rng)} starting {day(rng, 2023, 2025)}",
            f"身份证有效期{day(rng, 2010, 2015):%Y.%m.%d}-{day(rng, 2030, 2035):%Y.%m.%d}，{rng.choice(TAILS)}",
        )
    )


def foreign(rng: Random) -> str:
    """Phone numbers and codes of other places."""
    return around(
        rng,
        rng.choice(("海外电话", "overseas contact", "总部")),
        rng.choice(
            (
                f"+1-202-555-01{pick(rng, DIGITS, 2)}",
                f"+44 20 7946 0{pick(rng, DIGITS, 3)}",
                f"+852 {rng.choice('2369')}{pick(rng, DIGITS, 3)} {pick(rng, DIGITS, 4)}",
                f"+81 3-{pick(rng, '123456789', 4)}-{pick(rng, DIGITS, 4)}",
                f"+65 6{pick(rng, DIGITS, 3)} {pick(rng, DIGITS, 4)}",
            )
        ),
    )


NEGATIVE: tuple[tuple[Callable[[Random], str], int], ...] = (
    (longer_run, 7),
    (one_off, 9),
    (impossible_date, 4),
    (unknown_division, 4),
    (times, 6),
    (identifiers, 8),
    (orders, 9),
    (amounts, 7),
    (masked, 8),
    (service_numbers, 6),
    (iot, 3),
    (dead_mobile, 4),
    (versions, 5),
    (at_signs, 4),
    (plates, 3),
    (weak_bare, 6),
    (label_only, 4),
    (plain_text, 6),
    (foreign, 2),
)
#: negatives in which the readers without context see an address or a code that the words around it deny
_DENIED = {"versions": {"IP_ADDRESS"}}
