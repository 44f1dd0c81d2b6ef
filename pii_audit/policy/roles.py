"""Roles of columns: what a rule may ask for, which headers say so, and the one form in which rules see it.

Values are turned into that form by expressions (Ibis), so the same reading runs in DuckDB, on Spark and inside a
database. Identifiers become keys: a salted hash of the normalised value, good for equality and nothing else. Times
become Beijing time (regulations.md section 10: all clock times are UTC+8). Texts become one flag per class of the
lexicon. No raw value reaches a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import ibis
import ibis.expr.datatypes as ty
import ibis.expr.types as ir

from pii_audit.policy import listed
from pii_audit.policy.lexicon import Lexicon

#: minutes that Beijing is ahead of UTC
BEIJING = 480
KEY, TIME, DATE, FLAG, WORD, NUMBER, TEXT = "key", "time", "date", "flag", "word", "number", "text"
#: a date of birth: by itself, or the one that an identity number holds
BORN = "born"
#: a party, or a chain of them (AG01→AG05): the key of the first, and of the one to whom it passed data on
CHAIN = "chain"
#: a list of fields: a key, and one flag for each entity type that it names
FIELDS = "fields"


@dataclass(frozen=True)
class Role:
    """What a column means. ``words``: canonical word → how people write it (for kind ``word``)."""

    name: str
    kind: str
    title: str
    title_zh: str
    headers: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] | None = None
    #: an empty value cannot be tested (a time); otherwise emptiness says something (not closed yet)
    must: bool = False
    #: a flag that other words set too: people note the reason where a yes would do
    noted: bool = False
    #: a date without a time of day means the end of that day
    day_end: bool = False
    #: roles whose column serves where this one has none of its own: the first that has one
    via: tuple[str, ...] = ()


_YES = ("1", "true", "t", "yes", "y", "on", "是", "有", "已", "已接通", "接通", "已接听", "接听", "answered", "connected", "√")
_NO = ("0", "false", "f", "no", "n", "off", "否", "无", "未", "未接通", "未接听", "未接", "拒接", "没有", "noanswer", "missed", "×", "未失联", "可联系")
#: what people and systems write where there is nothing to write
_NOTHING = ("", "NULL", "NONE", "NIL", "NAN", "N/A", "\\N", "/", "—", "——", "无", "暂无", "未知", "不详", "不适用")

_CHANNELS = {
    "call": ("phone", "voice", "manual_call", "tel", "电话", "外呼", "人工外呼", "语音"),
    "ai_call": ("ai", "ai_voice", "robot", "ivr", "智能外呼", "机器人", "ai外呼", "ai语音"),
    "sms": ("message", "msg", "短信"),
    "im": ("chat", "wechat", "qq", "微信", "即时通讯", "企业微信"),
    "email": ("mail", "邮件", "电子邮件"),
    "letter": ("post", "信函", "催收函", "律师函"),
    "visit": ("field", "外访", "上门", "面访", "走访"),
}
_TRANSFERS = {
    "sftp": ("ftps", "专线", "专线传输"), "api": ("https", "接口"), "email": ("mail", "邮件", "电子邮件"),
    "im": ("wechat", "qq", "chat", "微信", "即时通讯"), "cloud_drive": ("netdisk", "drive", "网盘", "云盘"),
    "removable": ("usb", "u盘", "移动硬盘", "移动介质", "光盘"), "paper": ("纸质",), "other": ("其他",),
}  # fmt: skip
_DIRECTIONS = {"out": ("outbound", "outgoing", "呼出", "主叫", "发出", "去电"), "in": ("inbound", "incoming", "呼入", "被叫", "接收", "来电", "进线")}
_TARGETS = {
    "debtor": ("borrower", "本人", "借款人", "债务人", "self", "customer", "客户"),
    "guarantor": ("担保人", "保证人"),
    "co_debtor": ("co_borrower", "共同借款人", "共借人"),
    "contact": ("emergency_contact", "联系人", "紧急联系人", "亲属", "relative", "family", "家属", "friend", "同事", "朋友", "亲友", "亲戚", "父母", "父亲", "母亲", "配偶", "子女", "同学", "spouse", "parent", "colleague"),
    "third": ("third_person", "unrelated", "other", "第三人", "无关第三人", "他人", "邻居", "neighbour", "neighbor"),
}
_STATES = {
    "open": ("normal", "active", "正常", "未结清", "在贷", "逾期", "overdue", *(f"{word}m{n}" for word in ("", "逾期") for n in range(8))),
    "closed": ("settled", "paid", "paid_off", "结清", "已结清", "终结"),
    "cancelled": ("deleted", "logged_off", "注销", "已注销", "销户", "已销户", "撤销"),
    "withdrawn": ("撤回", "已撤回"),
    # off the books of the lender, but still owed: not closed
    "written_off": ("charged_off", "核销", "已核销", "呆账"),
}
_SOURCES = {"pbc": ("人民银行", "人行", "12363"), "nfra": ("金监局", "12378", "监管"), "direct": ("customer", "客服", "直接", "本人"), "other": ("其他",)}
_GRADES = {"general": ("一般",), "larger": ("较大",), "major": ("重大",), "extraordinary": ("特别重大", "特大")}

ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        # who
        Role("borrower", KEY, "data subject: borrower or debtor", "借款人（个人信息主体）", ("borrower_id", "debtor_id", "customer_id", "cust_id", "cust_no", "客户编号", "客户号", "借款人编号", "khbh", "user_id", "uid")),
        Role("case", KEY, "collection case", "催收案件", ("case_id", "case_no", "案件编号", "案件号")),
        Role("loan", KEY, "loan contract", "借款合同", ("loan_no", "loan_id", "contract_no", "合同编号", "借据号")),
        Role("agent", KEY, "person who acts for the lender", "催收员、坐席", ("agent_id", "agent", "collector_id", "operator_id", "坐席工号", "催收员", "工号")),
        Role("agency", KEY, "organisation that acts", "机构", ("org_id", "agency", "agency_id", "机构编号", "催收机构")),
        Role("recipient", CHAIN, "who receives data", "接收方", ("recipient", "recipient_id", "接收方", "接收机构")),
        Role("target_number", KEY, "number or account that was contacted", "被联系号码", ("callee_no", "callee", "called_number", "target_number", "被叫号码", "被叫", "拨打号码")),
        Role("contact_number", KEY, "phone of a contact of the borrower", "联系人电话", ("contact_phone", "contact_mobile", "emergency_phone", "紧急联系人电话", "联系人电话")),
        Role("id_number", KEY, "identity number", "身份证件号码", ("id_number", "id_no", "id_card", "idcard_no", "sfzh", "zjhm", "身份证号", "身份证号码", "证件号码")),
        Role("phone", KEY, "phone of the borrower", "借款人手机号", ()),
        # when
        Role("event_time", TIME, "when it happened, with the time of day", "发生时间", ("started_at", "start_time", "call_time", "event_time", "sent_at", "拨打时间", "开始时间", "发送时间", "外访时间"), must=True),
        Role("event_written", KEY, "when it happened, however it is written", "发生时间（不论写法）", via=("event_time",)),
        Role("discovered_at", TIME, "when an incident was discovered, with the time of day", "事件发现时间", ("discovered_at", "detected_at", "发现时间"), must=True),
        Role("brief_at", TIME, "when an incident was reported in brief", "事件简要报告时间", ("brief_at", "briefed_at", "简报时间", "简要报告时间")),
        Role("reported_at", TIME, "when an incident was reported", "事件报告时间", ("reported_at", "报告时间", "上报时间")),
        Role("opened_on", DATE, "beginning of the relationship", "开户日、放款日", ("opened_on", "open_date", "loan_date", "放款日期", "开户日期", "建档日期")),
        Role("closed_on", DATE, "end of the relationship", "结清日、销户日", ("closed_on", "close_date", "settled_on", "结清日期", "销户日期")),
        Role("recorded_on", DATE, "date of the record", "记录日期", ("created_at", "create_time", "record_date", "记录日期", "创建时间"), must=True),
        Role("birth_date", DATE, "date of birth", "出生日期", ("birth_date", "birthday", "dob", "csrq", "出生日期")),
        Role("born", BORN, "date of birth, by itself or inside an identity number", "出生日期（含证件号码所载）", must=True, via=("birth_date", "id_number")),
        Role("kept_from", DATE, "date from which retention runs: retention.dated_by of the catalogue, else closed_on", "保存期限起算日"),
        Role("given_on", DATE, "when consent was given", "同意日期", ("given_on", "consented_on", "同意日期", "授权日期")),
        Role("expires_on", DATE, "until when it holds", "有效期至", ("expires_on", "valid_until", "有效期至", "授权到期日")),
        Role("withdrawn_on", DATE, "when consent was withdrawn", "撤回日期", ("withdrawn_on", "withdrawn_at", "撤回日期")),
        Role("refused_at", TIME, "when the contact asked to stop", "拒绝联系时间", ("refused_at", "拒绝时间"), day_end=True),
        Role("received_on", DATE, "when it was received", "收到日期", ("received_on", "received_at", "受理日期", "收到日期"), must=True),
        Role("answered_on", DATE, "when it was answered", "答复日期", ("answered_on", "replied_on", "答复日期", "回复日期")),
        Role("ended_on", DATE, "when the matter was closed", "办结日期", ("closed_on", "办结日期")),
        Role("destroyed_on", DATE, "when the file was destroyed", "销毁日期", ("file_destroyed_on", "destroyed_on", "kept_until", "销毁日期")),
        Role("due_on", DATE, "by when it is due", "应删除日期", ("due_on", "应删除日期", "到期日")),
        Role("deleted_on", DATE, "when it was deleted", "删除日期", ("deleted_on", "删除日期")),
        Role("shared_on", DATE, "when data were shared", "提供日期", ("shared_at", "shared_on", "提供时间", "传输时间"), must=True),
        Role("assessed_on", DATE, "date of the impact assessment", "评估日期", ("assessed_on", "评估日期"), must=True),
        Role("reviewed_on", DATE, "date of the review", "评估检查日期", ("reviewed_on", "reviewed_at", "检查日期"), must=True),
        Role("hired_on", DATE, "date of hire", "入职日期", ("hired_on", "入职日期")),
        Role("exam_on", DATE, "date of the exam", "考核日期", ("exam_on", "exam_date", "考核日期")),
        Role("first_case_on", DATE, "first day with cases", "首次上岗日期", ("first_case_on", "上岗日期")),
        Role("left_on", DATE, "last day of service", "离职日期", ("left_on", "leave_date", "离职日期")),
        Role("contract_from", DATE, "first day of the contract", "合同起始日", ("contract_from", "contract_start", "合同起始日", "合同生效日")),
        Role("contract_until", DATE, "last day of the contract", "合同到期日", ("contract_until", "contract_to", "contract_end", "合同到期日", "合同终止日")),
        Role("trained_on", DATE, "date of the last training", "最近培训日期", ("last_training_on", "trained_on", "培训日期")),
        Role("notified_on", DATE, "when the person was told", "告知日期", ("notified_on", "notice_date", "告知日期")),
        # what
        Role("channel", WORD, "way of contact", "联系方式", ("channel", "渠道", "催收方式"), _CHANNELS),
        Role("transfer", WORD, "way data were sent", "传输方式", ("channel", "传输方式", "提供方式"), _TRANSFERS),
        Role("direction", WORD, "out or in", "呼叫方向", ("direction", "呼叫方向"), _DIRECTIONS),
        Role("target_role", WORD, "who was contacted", "被联系人身份", ("target_role", "contact_role", "联系对象"), _TARGETS),
        Role("status", WORD, "state of the account", "账户状态", ("status", "loan_status", "状态", "账户状态"), _STATES),
        Role("complaint_source", WORD, "who forwarded the complaint", "投诉来源", ("source", "投诉来源"), _SOURCES, must=True),
        Role("grade", WORD, "grade of an incident", "事件等级", ("grade", "level", "事件等级", "事件级别"), _GRADES, must=True),
        # yes or no
        Role("answered", FLAG, "the call was connected", "是否接通", ("answered", "connected", "是否接通")),
        Role("agreed_time", FLAG, "the debtor agreed to this time", "债务人同意该时段", ("agreed_time", "debtor_agreed_time", "同意时段")),
        Role("loss_of_contact", FLAG, "the debtor cannot be reached, documented", "失联依据", ("loss_of_contact", "失联", "是否失联", "失联依据"), noted=True),
        Role("entry_consent", FLAG, "consent to entering", "入户同意", ("entry_consent", "同意入户")),
        Role("separate_consent", FLAG, "separate consent", "单独同意", ("separate_consent", "separate", "单独同意")),
        Role("contact_consent", FLAG, "the contact was told and agreed", "联系人同意", ("contact_consent", "联系人同意")),
        Role("violence_record", FLAG, "record of violence", "暴力记录", ("violence_record", "violent_record", "暴力记录")),
        Role("on_list", FLAG, "on the list of partners", "名单内", ("on_list", "名单内")),
        Role("extended", FLAG, "the time to answer was extended", "是否延期答复", ("extended", "是否延期", "延期")),
        Role("harm_avoided", FLAG, "measures effectively avoided harm", "是否有效避免危害", ("harm_avoided", "已避免危害")),
        Role("default_ticked", FLAG, "consent was ticked by default", "默认勾选", ("default_ticked", "default_checked", "默认勾选")),
        Role("private_account", FLAG, "a private phone or account was used", "使用私人账号", ("private_account", "私人号码")),
        # identifiers whose presence counts
        Role("recording", KEY, "recording of the call", "录音编号", ("recording_id", "record_file", "录音编号", "录音")),
        Role("contract", KEY, "contract number", "合同编号", ("dpa_no", "contract_id", "协议编号")),
        Role("pipia", KEY, "impact assessment", "个人信息保护影响评估编号", ("pipia_id", "评估编号")),
        Role("authorisation", KEY, "written authorisation", "授权编号", ("authorisation_id", "auth_id", "授权书编号")),
        Role("fields", FIELDS, "fields that were sent", "提供的信息种类", ("field_list", "fields", "信息种类", "字段清单")),
        Role("purpose", KEY, "purpose", "处理目的", ("purpose", "目的", "用途")),
        Role("onward", KEY, "to whom the recipient passes data on", "转委托对象", ("onward_recipient", "sub_recipient", "转委托方")),
        Role("country", KEY, "country of the recipient", "接收方所在国家", ("country", "国家")),
        # how many
        Role("subjects", NUMBER, "data subjects", "涉及人数", ("subject_count", "person_count", "人数"), must=True),
        Role("sensitive_subjects", NUMBER, "data subjects with sensitive personal information", "涉及敏感个人信息的人数", ("sensitive_subject_count", "sensitive_count", "敏感个人信息人数")),
        Role("staff_count", NUMBER, "persons on the visit", "外访人数", ("staff_count", "外访人数")),
        Role("duration", NUMBER, "seconds", "时长（秒）", ("duration_s", "duration", "通话时长")),
        Role("text", TEXT, "what was said or written", "文字内容", ("text", "content", "transcript", "message", "内容", "短信内容", "通话文本")),
    )
}


#: column with the key of the party at the end of a chain; null where there is no chain
PASSED_ON = "passed_on"


def text_column(cls: str) -> str:
    """Return the column that says whether a text holds a class of the lexicon."""
    return f"text_{cls.replace('-', '_')}"


@cache
def columns(role: str) -> tuple[str, ...]:
    """Return the columns that a role becomes."""
    kind = ROLES[role].kind
    if kind == TEXT:
        return tuple(map(text_column, Lexicon.load().classes))
    return (role, PASSED_ON) if kind == CHAIN else (role, *map(listed.column, listed.known())) if kind == FIELDS else (role,)


def guess(headers: Iterable[str], wanted: Iterable[str]) -> dict[str, str]:
    """Return role → header, for the wanted roles where exactly one header is among the role's own words."""
    by_name: dict[str, list[str]] = {}
    for header in headers:
        by_name.setdefault(_folded(header), []).append(header)
    found = {}
    for name in wanted:
        matches = [header for word in ROLES[name].headers for header in by_name.get(_folded(word), ())]
        if len(set(matches)) == 1:
            found[name] = matches[0]
    return found


def _folded(name: str) -> str:
    return re.sub(r"[\s_.\-]", "", name).casefold()


# -- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Manner:
    """How the columns of one dataset are to be read."""

    salt: str
    offset: int = BEIJING                               #: minutes ahead of UTC where a time names no zone
    words: Mapping[str, Mapping[str, str]] | None = None  #: role → as written → canonical word


def words(role: Role, manner: Manner) -> tuple[str, ...]:
    """Return the canonical words that a column of words can hold."""
    return tuple(dict.fromkeys([*(role.words or {}), *(manner.words or {}).get(role.name, {}).values()]))


def typed(role: Role, column: ir.Value, manner: Manner) -> dict[str, ir.Value]:
    """Return the columns of a role, and ``bad_<role>`` where a value may be there that cannot be read."""
    return read(role, prepared(role, column), manner)


def prepared(role: Role, column: ir.Value) -> ir.Value:
    """Return a column as :func:`read` takes it: in its own type where that says all, else as plain text."""
    kind = column.type()
    own = (
        (role.kind in (TIME, DATE, BORN) and (kind.is_timestamp() or kind.is_date()))
        or (role.kind == FLAG and kind.is_boolean())
        or (role.kind == NUMBER and kind.is_numeric())
    )
    if own or role.kind in (KEY, CHAIN):
        return column
    return _text(column) if role.kind in (TEXT, WORD, NUMBER) else _narrow(_text(column))


def read(role: Role, column: ir.Value, manner: Manner) -> dict[str, ir.Value]:
    """Return what :func:`typed` does, of a column that is prepared."""
    if role.kind == KEY:
        return {role.name: key(column, manner.salt)}
    if role.kind == TEXT:
        return {text_column(name): held for name, held in Lexicon.load().found(column).items()}
    if role.kind == CHAIN:
        return _chain(role, column, manner)
    if role.kind == FIELDS:
        return {role.name: key(column, manner.salt), **listed.flags(column)}
    made = {TIME: _time, DATE: _date, FLAG: _flag, NUMBER: _number, WORD: _word, BORN: _born}[role.kind](role, column, manner)
    there = column != "" if column.type().is_string() else column.notnull()
    return {role.name: made, f"bad_{role.name}": made.isnull() & there}


def _text(column: ir.Value) -> ir.StringValue:
    text = column if column.type().is_string() else column.cast("string")
    return text.strip().fill_null("")


def text_key(name: str, text: ir.StringValue, salt: str) -> dict[str, ir.Value]:
    """Return a column with a salted hash of a prepared text as it stands; null for nothing."""
    return {name: (text != "").ifelse((ibis.literal(salt) + text).hash(), ibis.null("int64"))}


#: digits and capitals that do not begin as +86 may
_PLAINLY = r"^(?:[1-79A-Z][0-9A-Z]*|8[0-57-9A-Z][0-9A-Z]*|0[1-9A-Z][0-9A-Z]*)\z"
_PLAIN = "-./0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in _PLAIN)


def _narrow(text: ir.StringValue) -> ir.StringValue:
    """Return a text with full-width digits and letters folded; only such texts pay for it."""
    return text.re_search("[－-ｚ]").ifelse(text.translate(_WIDE, _PLAIN), text)


def key(column: ir.Value, salt: str) -> ir.IntegerValue:
    """Return a salted hash: spaces, hyphens, width, case and +86 do not matter; null for nothing, in words too."""
    if column.type().is_timestamp() or column.type().is_date():
        return column.notnull().ifelse(column.hash(), ibis.null("int64"))
    text = column if column.type().is_string() else column.cast("string")
    plain = _narrow(_text(text)).upper().re_replace("[\\s\u00a0\u3000－-]+", "")
    plain = plain.re_search(r"^(\+|00)?86(1[3-9][0-9]{9})$").ifelse(plain.right(11), plain)  # engines write groups differently
    # nearly all are written plainly, and reading the others takes five times as long
    plain = text.re_search(_PLAINLY).ifelse(text, plain)
    return plain.isin(_NOTHING).ifelse(ibis.null("int64"), (ibis.literal(salt) + plain).hash())


_ARROW = r"\s*(?:→|⇒|➔|->|=>|>>|＞)\s*"


def _chain(role: Role, column: ir.Value, manner: Manner) -> dict[str, ir.Value]:
    text = _text(column)
    last = text.re_extract(f"{_ARROW}([^→⇒➔＞>]+)$", 1)
    return {role.name: key(text.re_replace(f"{_ARROW}.*$", ""), manner.salt), PASSED_ON: key(last, manner.salt)}


_DATE = r"^([12][0-9]{3}|9999)(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([01][0-9])([0-3][0-9]))"
_CLOCK = r"(?:[T ]\s*|^[0-9]{8})([0-2]?[0-9]):?([0-5][0-9])(?::?([0-5][0-9])(?:[.,][0-9]+)?)?\s*(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
_ZONE = r"(?:[0-9])\s*([+-])([0-9]{2}):?([0-9]{2})$"
_EPOCH = r"^1[0-9]{9}(?:[0-9]{3})?$"


def _moment(column: ir.Value, manner: Manner) -> tuple[ir.TimestampValue, ir.BooleanValue]:
    """Return Beijing time, and whether the value names a time of day."""
    kind = column.type()
    if kind.is_timestamp():
        return column.cast(ty.Timestamp(scale=6)), ibis.literal(True)
    if kind.is_date():
        return column.cast(ty.Timestamp(scale=6)), ibis.literal(False)
    text = column
    # one pass over what nearly everybody writes; the slow reading only for the rest
    month = ibis.coalesce(_some(text, _DATE, 2), _some(text, _DATE, 4))
    day = ibis.coalesce(_some(text, _DATE, 3), _some(text, _DATE, 5))
    iso = text.re_extract(_DATE, 1) + "-" + month + "-" + day
    clock = text.re_extract(_CLOCK, 1) + ":" + text.re_extract(_CLOCK, 2) + ":" + ibis.coalesce(_some(text, _CLOCK, 3), ibis.literal("00"))
    timed = text.re_search(_CLOCK)
    bare = text.re_search(_DATE + "$")
    local = (timed | bare).ifelse(iso + " " + timed.ifelse(clock, ibis.literal("00:00:00")), ibis.null("string")).try_cast("timestamp")
    sign = (text.re_extract(_ZONE, 1) == "-").ifelse(-1, 1)
    minutes = sign * (_some(text, _ZONE, 2).try_cast("int64") * 60 + _some(text, _ZONE, 3).try_cast("int64"))
    offset = text.endswith("Z").ifelse(0, ibis.coalesce(timed.ifelse(minutes, ibis.null("int64")), ibis.literal(manner.offset)))
    shifted = local + (ibis.literal(BEIJING) - offset).as_interval("m")
    local = (timed & (offset != BEIJING)).ifelse(shifted, local)
    seconds = text.re_search(_EPOCH).ifelse(text.substr(0, 10), ibis.null("string")).try_cast("int64")
    epoch = seconds.as_timestamp("s") + ibis.interval(minutes=BEIJING)
    return ibis.coalesce(local, epoch.cast(ty.timestamp)).cast(ty.Timestamp(scale=6)), timed | seconds.notnull()


def _some(text: ir.StringValue, pattern: str, group: int) -> ir.StringValue:
    return text.re_extract(pattern, group).nullif("")


def _time(role: Role, column: ir.Value, manner: Manner) -> ir.Value:
    moment, timed = _moment(column, manner)
    return timed.ifelse(moment, moment + ibis.interval(seconds=86399) if role.day_end else ibis.null(moment.type()))


def _date(role: Role, column: ir.Value, manner: Manner) -> ir.Value:
    if column.type().is_date():
        return column
    return _moment(column, manner)[0].date()


_BORN_18 = r"^[0-9]{6}((?:18|19|20)[0-9]{2})([01][0-9])([0-3][0-9])[0-9]{3}[0-9X]$"
_BORN_15 = r"^[0-9]{6}([0-9]{2})([01][0-9])([0-3][0-9])[0-9]{3}$"


def _born(role: Role, column: ir.Value, manner: Manner) -> ir.Value:
    if column.type().is_date() or column.type().is_timestamp():
        return _date(role, column, manner)
    text = column.upper().re_replace(r"[\s\-]+", "")
    year = ibis.coalesce(_some(text, _BORN_18, 1), "19" + _some(text, _BORN_15, 1))
    month, day = (ibis.coalesce(_some(text, _BORN_18, part), _some(text, _BORN_15, part)) for part in (2, 3))
    return ibis.coalesce((year + "-" + month + "-" + day).try_cast("date"), _date(role, column, manner))


def _flag(role: Role, column: ir.Value, manner: Manner) -> ir.Value:
    if column.type().is_boolean():
        return column
    text = column.lower()
    nothing = text.upper().re_replace("-+", "").isin(_NOTHING)
    rest = (text == "").ifelse(ibis.null("boolean"), ~nothing) if role.noted else ibis.null("boolean")
    return ibis.cases((text.isin(_YES), True), (text.isin(_NO), False), else_=rest)


def _number(role: Role, column: ir.Value, manner: Manner) -> ir.Value:
    return column.cast("float64") if column.type().is_numeric() else column.re_replace("[,，]", "").nullif("").try_cast("float64")


def _word(role: Role, column: ir.Value, manner: Manner) -> ir.Value:
    text = column.lower()
    own = (manner.words or {}).get(role.name, {})
    branches = [(text.isin([w.lower() for w, c in own.items() if c == canonical]), canonical) for canonical in dict.fromkeys(own.values())]
    branches += [(text.isin([canonical, *(w.lower() for w in words)]), canonical) for canonical, words in (role.words or {}).items()]
    return ibis.cases(*branches, else_=ibis.null("string"))
