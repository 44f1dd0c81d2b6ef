"""What stands around values: names, times, sums, openings and endings of notes, harmless fields of records."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks.kinds import words
from benchmarks.values import DIGITS, HEX, LOWER, advertising_id, day, pick

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = words(
    "伟 芳 娜 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 涛 明 超 秀兰 霞 平 刚 桂英 建国 志强 晓燕 文博 子涵 雨桐 浩然 欣怡"
)
REASONS = words("资金紧张 下周还款 已离职 正在住院 对利息有异议")
WHO = words(
    "借款人 客户 该客户 债务人 担保人 紧急联系人 共同借款人 申请人 逾期客户 第三方联系人 持卡人 户主 配偶 股东 经办人"
)
OPENERS = words(
    "【催收】 【回访】 备注： 工单： 坐席记录： 今日外呼， 经核实， 据反馈， 补充资料： "
    "通话摘要： 复核意见： 审批意见： 投诉内容： 客服记录— 二次跟进："
)
TAILS = words(
    "，请尽快处理 ，已核实 ，本人承认欠款 ，承诺下周还款 ，无人接听 "
    "。已转法务 。请勿外传 ，已录入系统 ；待复核 ，拒绝还款 "
    "！请跟进 ，信息有误请更正 ，已逾期37天 。 ，剩余本金8,600.00元 ，下次跟进时间10:30 ，已短信告知 (待补资料)"
)
GLUE_BEFORE = words("客户提供的 系统登记为 打过来的是 留的 号码 改成了 原来是 现登记 这个 联系 已更新为 录入")
GLUE_AFTER = words("已核验 已停用 是本人的 没人接 与系统一致 重复 核对无误 请更新 的持有人 已失效 为准 已登记")
PLATFORMS = words("惠民消费金融 安心贷 普惠小贷 恒信资产 云杉金融 顺捷催收 阳光分期 鼎立信用")
BRACKETS = (
    ("「", "」"),
    ("（", "）"),
    ("【", "】"),
    ("“", "”"),
    ("'", "'"),
    ("[", "]"),
    ("<", ">"),
    ('"', '"'),
    ("(", ")"),
    ("《", "》"),
    ("{", "}"),
)
ENGLISH_WHO = ("Borrower", "The customer", "Guarantor", "Emergency contact", "Applicant", "Co-borrower", "Cardholder")
ENGLISH_TAILS = (
    ", please follow up",
    " (verified)",
    ". Overdue 37 days.",
    "; promised to pay next week",
    ", no answer",
    ".",
    " - escalated to legal",
    ", pending review",
)
LEVELS = ("INFO", "WARN", "ERROR", "DEBUG")
CLASSES = (
    "c.l.collect.CallService",
    "RepayController",
    "risk.rule-engine",
    "sms-gateway",
    "AuthFilter",
    "o.s.w.Dispatcher",
)


def name(rng: Random) -> str:
    """Return a person's name."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def moment(rng: Random) -> str:
    """Return a log timestamp."""
    return f"{day(rng, 2022, 2024)} {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"


def epoch(rng: Random, digits: int = 13) -> str:
    """Return seconds, milliseconds, microseconds or nanoseconds since 1970."""
    return str(rng.randint(1_640_000_000, 1_740_000_000)) + pick(rng, DIGITS, digits - 10)


def snowflake(rng: Random) -> str:
    """Return a 19-digit snowflake number."""
    return str(rng.randint(1_400_000_000_000_000_000, 1_899_999_999_999_999_999))


def amount(rng: Random) -> str:
    """Return an amount of money."""
    return f"{rng.uniform(10, 500_000):{rng.choice(('.2f', ',.2f'))}}"


NOISE: tuple[tuple[str, Callable[[Random], str]], ...] = (
    ("ts", epoch),
    ("traceId", lambda r: pick(r, HEX, 32)),
    ("spanId", lambda r: pick(r, HEX, 16)),
    ("cost", lambda r: str(r.randint(1, 3000))),
    ("amount", lambda r: f"{r.uniform(10, 50_000):.2f}"),
    ("orderNo", snowflake),
    ("status", lambda r: r.choice(("OK", "FAIL", "RETRY"))),
    ("retry", lambda r: str(r.randint(0, 5))),
    ("ver", lambda r: f"{r.randint(1, 9)}.{r.randint(0, 20)}.{r.randint(0, 20)}"),
    ("uri", lambda r: "/api/v2/" + pick(r, LOWER, 6)),
    ("overdueDays", lambda r: str(r.randint(0, 400))),
    ("requestId", advertising_id),
    ("channel", lambda r: r.choice(("app", "h5", "ivr"))),
)


def noise(rng: Random, count: int) -> list[tuple[str, str]]:
    """Return some harmless fields of a log record."""
    return [(key, make(rng)) for key, make in rng.sample(NOISE, count)]
