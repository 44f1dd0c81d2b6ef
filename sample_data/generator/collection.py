"""Collection: agents' notes, the structured event log with its breaches of conduct, a call list in Excel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

from lender import Loan
from people import Borrower, Town, masked, masked_card, mobile
from planting import Cell, Ledger, Value, plant, text_of
from writers import delimited, workbook

from pii_audit.entities import cn_landline_phone, cn_vehicle_plate, one_time_code

BEIJING = dt.timezone(dt.timedelta(hours=8))
GOOD_AGENTS = ("A001", "A002", "A003", "A004", "A005", "A006")
AMOUNT = "3280.50"


def notes(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write the notes agents typed: one line each, phones here and there, some masked, once a whole phone book."""
    rng = town.rng
    overdue = [loan for loan in book if loan.status.startswith("逾期")]
    moment = dt.datetime(2026, 3, 2, 9, 0, 12)
    lines: list[Cell] = []
    dumped: list[str] = []
    for n in range(240):
        moment += dt.timedelta(minutes=rng.randrange(3, 190))
        if moment.hour >= 22 or moment.hour < 8:
            moment += dt.timedelta(hours=11)
        loan = overdue[n % len(overdue)]
        what: tuple[str | Value, ...] = _note(n % 20, loan, town)
        if n == 133:
            pairs = [(name, mobile(town.fresh_mobile())) for name in ("妈妈", "老公", "张三丰", "房东", "同事小陈")]
            what = ("客户手机通讯录：", *(part for name, value in pairs for part in (name, " ", value, "；")))
            dumped = [value.key for _, value in pairs]
        prefix = f"{moment:%Y-%m-%d %H:%M:%S} [{rng.choice(GOOD_AGENTS)}] AJ2603-{n % len(overdue):04d} "
        lines.append((prefix, *what))
    name = "collection/notes_2026-03.log"
    source = ledger.source(name, "text", "utf-8", len(lines))
    for line in lines:
        source.add(None, line)
    source.structure("CONTACT_LIST", None, 1, dumped)
    ledger.write(name, ("\n".join(map(text_of, lines)) + "\n").encode())


def _note(kind: int, loan: Loan, town: Town) -> tuple[str | Value, ...]:
    rng, who = town.rng, loan.borrower
    day = f"2026-03-{rng.randint(10, 28)}"
    owed = f"{rng.randrange(500, 9000)}.{rng.randrange(100):02d}"
    long = f"{rng.randrange(10**12):012d}"
    card = who.card
    match kind:
        case 0:
            return ("致电本人", who.v_mobile, "，承诺", day, "前还款", owed, "元")
        case 1:
            return ("致电 ", mobile(who.mobile, "{a}-{b}-{c}"), " 无人接听，稍后再拨")
        case 2:
            return ("致电", masked("CN_MOBILE_PHONE", who.mobile), "占线")
        case 3:
            return ("核实身份证", who.v_id, "与系统一致，逾期", str(rng.randint(31, 300)), "天")
        case 4:
            return ("核实证件尾号", who.id_no[-4:], "一致，客户要求发账单")
        case 5:
            return ("单位座机", plant("CN_LANDLINE_PHONE", who.work_phone), "，前台称其已离职")
        case 6:
            return ("联系其", who.relation, who.contact_name, " ", mobile(who.contact_mobile), "，请其转告本人回电")
        case 7:
            return ("客户要求加微信沟通，微信号：", who.v_wechat)
        case 8:
            return ("客户提供QQ：", who.v_qq, "，发送还款方式")
        case 9:
            grouped = " ".join(card[i : i + 4] for i in range(0, len(card), 4))
            return ("更换还款卡号 ", plant("CN_BANK_CARD", grouped), "，已核对户名")
        case 10:
            return ("还款卡", masked_card(card), "余额不足，扣款失败")
        case 11:
            return ("账单已发至邮箱", plant("EMAIL_ADDRESS", who.email))
        case 12:
            return ("外访，车辆", plant("CN_VEHICLE_PLATE", cn_vehicle_plate.sample(rng)), "停在楼下，无人应门")
        case 13:
            return ("合同号：", plant("CN_LOAN_CONTRACT", loan.number), "，申请减免罚息", owed, "元")
        case 14:
            return ("客户称订单号20260301", long, "已支付，流水号1", long, "87654321，待财务核实")
        case 15:
            return ("客户情绪激动，已告知客服95588、400-820-8820及投诉热线12378",)
        case 16:
            return ("客户报来验证码", plant("ONE_TIME_CODE", one_time_code.sample(rng)), "，代其登录还款")
        case 17:
            return ("身份证", masked("CN_RESIDENT_ID", who.id_no), "，手机", masked("CN_MOBILE_PHONE", who.mobile), "，资料已脱敏")
        case 18:
            return ("逾期第", str(rng.randint(31, 300)), "天，应还", owed, "元，客户称", day, "发工资后处理")
    return ("本月第", str(rng.randint(2, 9)), "次跟进，未联系上，下次跟进", day)


EVENT_HEADER = (
    "event_id case_id debtor_id channel direction started_at ended_at answered duration_s callee_no target_role agent_id "
    "org_id recording_id text agreed_time refused_at loss_of_contact staff_count entry_consent complaint_id "
    "notified_on private_account"
).split()


class Events:
    """The event log. Everything is proper unless the caller says otherwise, and breaches are entered in the ledger."""

    def __init__(self, ledger: Ledger, town: Town) -> None:
        self.ledger = ledger
        self.town = town
        self.rows: list[list[Cell]] = []
        self.phones: list[str] = []
        self.cases: set[int] = set()

    def add(self, case: int, when: str, breach: str | None = None, **fields: Cell) -> str:
        """Add one event of a case; ``when`` is ``day hh:mm:ss`` in March 2026, Beijing time, or with a ``Z`` in UTC."""
        number = f"E{len(self.rows) + 1:05d}"
        day, _, clock = when.partition(" ")
        zone = dt.UTC if clock.endswith("Z") else BEIJING
        started = dt.datetime.fromisoformat(f"2026-03-{int(day):02d}T{clock.rstrip('Z')}").replace(tzinfo=zone)
        channel = fields.get("channel", "call")
        spoken = channel in ("call", "ai_call")
        answered = fields.get("answered", "1" if spoken else "")
        seconds = 40 + (len(self.rows) * 17) % 200 if answered == "1" else 0
        who = self.who(case)
        row: dict[str, Cell] = {
            **dict.fromkeys(EVENT_HEADER, ""),
            "event_id": number,
            "case_id": f"AJ2603-{case:04d}",
            "debtor_id": f"D{770001 + case * 13}",
            "channel": channel,
            "direction": "outbound",
            "started_at": _stamp(started),
            "ended_at": _stamp(started + dt.timedelta(seconds=seconds)),
            "answered": answered,
            "duration_s": str(seconds) if spoken else "",
            "callee_no": who.v_mobile if spoken or channel == "sms" else "",
            "target_role": "debtor",
            "agent_id": GOOD_AGENTS[case % len(GOOD_AGENTS)],
            "org_id": "SELF" if case % 3 == 0 else "AG01" if case % 3 == 1 else "AG02",
            "recording_id": f"R202603{int(day):02d}-{len(self.rows):04d}" if answered == "1" else "",
            "agreed_time": "0",
            # when the debtor was told that others collect the debt
            "notified_on": "2026-02-20",
            "private_account": "0",
            **fields,
        }
        if spoken and isinstance(row["callee_no"], Value):
            self.phones.append(row["callee_no"].key)
            self.cases.add(case)
        self.rows.append([row[column] for column in EVENT_HEADER])
        if breach:
            self.ledger.audit[breach].append(number)
        return number

    def who(self, case: int) -> Borrower:
        """Return the debtor of a case."""
        return self.town.borrowers[100 + case]

    def contact(self, case: int) -> Value:
        """Return the phone of the debtor's emergency contact."""
        return mobile(self.who(case).contact_mobile)


def _stamp(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def events(ledger: Ledger, town: Town) -> None:
    """Write the event log of March 2026: forty cases worked properly, then the breaches, one case for each."""
    log = Events(ledger, town)
    _ordinary(log, town.rng)
    _times(log)
    _frequencies(log)
    _third_persons(log)
    _contents(log)
    _staff_and_records(log)
    _visits(log)
    _agencies(log)
    name = "collection/events_2026-03.csv"
    ledger.write(name, delimited(EVENT_HEADER, log.rows).encode())
    source = ledger.table(name, "delimited", "utf-8", EVENT_HEADER, log.rows)
    source.structure("CALL_HISTORY", None, len(log.cases), log.phones)


def _ordinary(log: Events, rng: Random) -> None:
    texts = (
        "【安信贷】您的借款已逾期，请尽快还款，详询95588。退订回T",
        "【安信贷】温馨提示：请于本周内结清欠款，如有困难请联系我们协商。",
    )
    for case in range(40):
        for day in sorted(rng.sample(range(2, 31), 4)):
            clock = f"{rng.randint(9, 19):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
            match rng.randrange(6):
                case 0:
                    log.add(case, f"{day} {clock}", channel="sms", text=rng.choice(texts))
                case 1:
                    log.add(case, f"{day} {clock}", answered="0")
                case 2:
                    log.add(case, f"{day} {clock}", channel="ai_call", text="您好，这里是安信贷，请问是本人吗？提醒您按时还款。")
                case 3:
                    log.add(case, f"{day} {clock}", direction="inbound", text="客户来电咨询还款方式")
                case _:
                    log.add(case, f"{day} {clock}", text="我们不会起诉您，也不会联系您的家人，请您安排还款。")
    wechat = plant("CN_WECHAT_ID", "wxid_" + "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=14)))
    log.add(7, "11 10:20:00", channel="im", callee_no=wechat, text="好的，还款后请把截图发我")


def _times(log: Events) -> None:
    breach = "quiet-hours"
    for when in ("4 22:00:00", "5 07:59:59", "6 23:15:40", "9 14:30:00Z", "10 03:12:08"):
        log.add(40, when, breach)
    log.add(41, "4 21:40:00", channel="sms", text="【安信贷】请尽快还款")
    log.add(41, "5 22:31:00", breach, channel="sms", text="【安信贷】请尽快还款")
    for when in ("11 21:59:59", "12 08:00:00", "13 00:30:00Z"):
        log.add(42, when)
    log.add(42, "14 22:10:00", agreed_time="1", text="与客户约定22点后联系")


def _frequencies(log: Events) -> None:
    for hour in (9, 11, 14):
        log.add(43, f"4 {hour:02d}:05:00")
    log.add(43, "5 09:30:00")
    # the fourth call of a day, though no agency made more than two
    for n, org in enumerate(("AG01", "AG01", "AG02", "AG02")):
        log.add(44, f"6 {10 + 2 * n}:15:00", "fourth-call-of-a-day" if n == 3 else None, org_id=org)
    for n in range(6):
        log.add(45, f"9 {9 + n:02d}:20:00", answered="0")
    for n in range(7):
        log.add(46, f"9 {9 + n:02d}:20:00", "seventh-attempt-of-a-day" if n == 6 else None, answered="0")


def _third_persons(log: Events) -> None:
    role, reach = "contact", "third-person-without-loss-of-contact"
    log.add(47, "10 10:00:00", reach, target_role=role, callee_no=log.contact(47), text="您好，请转告他尽快回电，谢谢")
    for n in range(3):
        log.add(48, f"{10 + n} 10:00:00", answered="0")
    lost = "连续3次未接通，号码停机"
    polite = "您好，请转告他回电，谢谢"
    log.add(48, "13 10:00:00", target_role=role, callee_no=log.contact(48), loss_of_contact=lost, text=polite)
    said = f"他在我们这里的贷款逾期45天，欠款{AMOUNT}元，你让他赶紧还"
    facts = {"target_role": role, "callee_no": log.contact(49), "loss_of_contact": lost}
    log.add(49, "13 11:00:00", "debt-disclosed-to-third-person", **facts, text=said)
    secret: Cell = ("【安信贷】您的朋友（身份证", log.who(49).v_id, "）欠款逾期不还，请督促")
    log.add(49, "16 11:00:00", "debt-disclosed-to-third-person", **facts, channel="sms", text=secret)
    facts = {"target_role": role, "callee_no": log.contact(50), "loss_of_contact": lost, "refused_at": "2026-03-12T10:01:30+08:00"}
    log.add(50, "12 10:00:00", **facts, text="对方表示与其无关，请不要再打来")
    log.add(50, "17 10:00:00", "contact-after-refusal", **facts, text=polite)
    stranger = mobile(log.town.fresh_mobile())
    log.add(51, "18 10:30:00", reach, target_role="unrelated", callee_no=stranger, text="请问您认识他吗？")


def _contents(log: Events) -> None:
    breaches = (
        ("threat", "再不还钱就叫人上门收拾你，你自己掂量后果"),
        ("insult", "你这种老赖不要脸，人渣"),
        ("impersonation", "我是朝阳区法院执行局的，明天来传唤你"),
        ("false-consequence", "今天不还就立案抓你坐牢，你孩子不能上学"),
        ("publicity", "不还的话我们就群发到你通讯录，曝光你"),
        ("extra-fee", "要先交500元手续费才能给你办分期"),
        ("loan-to-repay", "你可以去别的平台借一笔来还，以贷还贷也行"),
        ("marketing", "现在办理我们的理财产品可享新客优惠"),
    )
    for n, (kind, text) in enumerate(breaches):
        log.add(52, f"{9 + n} 15:10:00", f"text-{kind}", text=text)
    spared = ("我们不会起诉您", "没有人会威胁您，请放心", "请勿相信冒充法院的来电", "不收取任何手续费", "不会曝光您的信息")
    for n, text in enumerate(spared):
        log.add(53, f"{9 + n} 15:30:00", text=text)


def _staff_and_records(log: Events) -> None:
    log.add(54, "9 10:10:00", "agent-not-registered", agent_id="A099")
    log.add(54, "10 10:10:00", "agent-training-overdue", agent_id="A011")
    log.add(54, "11 10:10:00", "agent-before-exam", agent_id="A012")
    log.add(54, "12 10:10:00", "agent-with-record-of-violence", agent_id="A010")
    log.add(55, "9 10:40:00", "agency-not-listed", org_id="AG09")
    log.add(55, "10 10:40:00", "agency-contract-ended", org_id="AG03")
    log.add(56, "9 16:00:00", "call-without-recording", recording_id="")
    log.add(56, "10 16:00:00", "call-without-recording", channel="ai_call", recording_id="")
    log.add(57, "11 16:00:00", complaint_id="C2026-0007", text="客户表示要投诉，已登记")


def _visits(log: Events) -> None:
    visit = {"channel": "visit", "target_role": "debtor"}
    log.add(58, "10 10:00:00", **visit, staff_count="2", entry_consent="1", text="上门，客户开门，协商分期")
    log.add(58, "11 10:00:00", "visit-by-one-person", **visit, staff_count="1", entry_consent="1", text="上门，客户不在")
    log.add(58, "12 10:00:00", "entry-without-consent", **visit, staff_count="2", entry_consent="0", text="进入室内等候")
    late = log.add(58, "13 22:20:00", "visit-in-quiet-hours", **visit, staff_count="2", entry_consent="1", text="晚间上门")
    log.ledger.audit["quiet-hours"].append(late)


def messages(ledger: Ledger, town: Town) -> None:
    """Write the messages that were sent: reminders, marketing that went on after the opt-out, a threat."""
    remind = "【安信贷】您的借款将于3月{}日到期，请按时还款，如已还款请忽略。"
    market = "【安信贷】限时优惠，老客户专享低息额度，退订回T"
    sent: list[tuple[int, str, str, str, str, tuple[str, ...]]] = [
        *((n, "sms", "outbound", f"2026-02-{n + 10} 09:00:00", remind.format(n), ()) for n in range(8, 16)),
        (2, "sms", "outbound", "2026-03-01 23:59:59", market, ()),  # the day of the opt-out itself
        (2, "sms", "outbound", "2026-03-02 00:00:00", market, ("message-marketing-after-opt-out",)),
        (3, "sms", "outbound", "2026-03-02 10:00:00", market, ()),
        (6, "sms", "outbound", "2026-03-03 10:00:00", "再不还钱就叫人上门收拾你", ("message-threat",)),
        (6, "im", "inbound", "2026-03-03 10:05:00", "你们再来就找人收拾你们", ()),
    ]
    header = "message_id borrower_id channel direction sent_at content".split()
    rows: list[list[Cell]] = []
    for n, (who, channel, direction, moment, text, breaches) in enumerate(sent, 1):
        rows.append([f"M{n:03d}", town.borrowers[who].number, channel, direction, moment, text])
        for breach in breaches:
            ledger.audit[breach].append(f"M{n:03d}")
    name = "collection/messages_2026-03.csv"
    ledger.write(name, delimited(header, rows).encode())
    ledger.table(name, "delimited", "utf-8", header, rows)


def _agencies(log: Events) -> None:
    log.add(59, "9 11:00:00", org_id="AG01", notified_on="2026-03-09")  # on the very day
    log.add(60, "9 11:00:00", "debtor-told-late", org_id="AG01", notified_on="2026-03-10")
    log.add(60, "11 11:00:00", org_id="AG01", notified_on="2026-03-10")
    log.add(61, "9 11:00:00", "debtor-not-told", org_id="AG02", notified_on="")
    log.add(62, "9 11:00:00", org_id="SELF", notified_on="")
    log.add(63, "9 11:30:00", "private-account", org_id="AG02", channel="im", private_account="1", text="您好，请按时还款")


def call_list(ledger: Ledger, town: Town) -> None:
    """Write a call list in Excel: a title above the header, phones as numbers, and a hidden sheet of old cases."""
    rng = town.rng
    front = plant("CN_LANDLINE_PHONE", cn_landline_phone.sample(rng))
    title: Cell = ("华信公司3月外呼名单（内部资料，联系电话", front, "）")
    header = "案件编号 客户姓名 手机号 证件号 逾期天数 逾期金额 上次结果".split()
    rows: list[list[Cell]] = []
    sheet: list[list[Cell | int | float]] = [[title], []]
    sheet.append([*header])
    for n, who in enumerate(town.borrowers[120:200]):
        result = rng.choice(("未接", "承诺还款", "停机", "拒绝"))
        shown = masked("CN_RESIDENT_ID", who.id_no) if n % 4 else who.v_id
        rows.append([f"AJ2603-{n + 200:04d}", who.v_name, who.v_mobile, shown, None, None, result])
        overdue = (rng.randrange(31, 400), rng.randrange(10_000, 900_000) / 100)
        sheet.append([f"AJ2603-{n + 200:04d}", who.v_name, int(who.mobile), shown, *overdue, result])
    old_header = "姓名 身份证 电话 结清日期".split()
    old: list[list[Cell]] = [
        [b.v_name, b.v_id, b.v_mobile, f"201{n % 8}-0{n % 9 + 1}-15"] for n, b in enumerate(town.borrowers[200:215])
    ]
    name = "collection/call_list_2026-03.xlsx"
    sheets = (("3月名单", False, sheet), ("旧名单勿删", True, [old_header, *old]))
    ledger.write(name, workbook([(title, hidden, list(content)) for title, hidden, content in sheets]))
    source = ledger.table(f"{name}!3月名单", "excel", None, header, rows)
    source.add("#preface", title)
    ledger.table(f"{name}!旧名单勿删", "excel", None, old_header, old)
    ledger.notes.append((f"{name}!旧名单勿删", "hidden-sheet"))


def everything(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write all files of this module."""
    notes(ledger, town, book)
    events(ledger, town)
    call_list(ledger, town)
    messages(ledger, town)
