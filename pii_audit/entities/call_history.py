"""Who called whom, when and for how long (通话记录, 通话详单).

Issuer: carriers (call-detail records), phones, and the dialling systems of collection centres.
Structure: rows with a caller, a callee, a time and a duration; carriers' exports replace caller and callee by the other
party and a call type (主叫, 被叫).
Look-alikes: tables of messages (no duration), of transfers between accounts, of service-line statistics.
Limits: found by structure only; the time may be missing where caller, callee and duration are there.
Sources: GB/T 35273-2020 Annex B (通信记录和内容); Civil Code art. 1032 (privacy); regulations.md section 12.
"""

from __future__ import annotations

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

#: headers of the number that calls
CALLER_HEADERS = (
    "caller", "callerno", "callernum", "callernumber", "callerphone", "callerid", "calling", "callingno",
    "callingnumber", "callingparty", "callfrom", "fromnumber", "fromphone", "fromno", "ani", "selfnum", "selfnumber",
    "ownnumber", "zj", "zjhm", "zjh", "zhujiao", "主叫", "主叫号码", "主叫方", "本机号码", "呼叫方", "外显号码",
)

#: headers of the number that is called, or of the other party
CALLEE_HEADERS = (
    "callee", "calleeno", "calleenum", "calleenumber", "calleephone", "called", "calledno", "callednum",
    "callednumber", "calledparty", "calledphone", "callto", "tonumber", "tophone", "tono", "dnis", "dialed",
    "dialednumber", "dialnumber", "peerno", "peernum", "peernumber", "peerphone", "othernum", "othernumber",
    "otherparty", "oppositenumber", "counterpartnumber", "bj", "beijiao", "bjh", "dfhm", "dfdh", "dfsjh", "被叫",
    "被叫号码", "被叫方", "对方号码", "对方电话", "对方手机", "接听方", "呼出号码",
)

#: headers of the length of a call
DURATION_HEADERS = (
    "duration", "durations", "durationsec", "durationsecond", "durationseconds", "callduration", "calltimelength",
    "calllength", "calllen", "calltimelong", "talktime", "talkduration", "talklength", "billsec", "billseconds",
    "billduration", "thsc", "hjsc", "shichang", "通话时长", "通话长度", "时长", "呼叫时长", "通话秒数", "计费时长",
)

#: headers of the moment of a call
CALL_TIME_HEADERS = (
    "calltime", "calldate", "calldatetime", "callstart", "callstarttime", "callbegintime", "callat", "dialtime",
    "starttime", "startat", "startedat", "begintime", "answertime", "connecttime", "ringtime", "thsj", "thkssj",
    "thrq", "kssj", "hjsj", "bdsj", "通话时间", "通话日期", "通话开始时间", "呼叫时间", "呼叫日期", "开始时间",
    "起始时间", "拨打时间", "接通时间",
)

_WORDS = (
    "callhistory", "callrecord", "callrecords", "calllog", "calllogs", "calllist", "calldetail", "calldetails",
    "calldetailrecord", "cdr", "cdrs", "callinfo", "phonerecord", "phonerecords", "thjl", "thxd", "thqd",
    "tonghuajilu", "tonghuaxiangdan", "通话记录", "通话详单", "通话清单", "通话明细", "呼叫记录", "话单", "外呼记录",
)

CALL_HISTORY = EntityType(
    name="CALL_HISTORY",
    title="Call history",
    title_zh="通话记录",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("not found", "S"),
        jrt0197=Classed("3-4", "M-m"),
    ),
    mask=Mask("omit"),
    context=_WORDS,
    headers=_WORDS,
    cites=("GB/T 35273-2020 Annex B", "Civil Code art. 1032"),
    structural=True,
)
