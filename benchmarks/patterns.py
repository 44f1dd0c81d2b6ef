"""The structured entity types as regular expressions that ripgrep, GNU grep and Presidio all read.

They find at least what pii-audit looks for, without neighbours, check digits or issuer tables: less work than pii-audit
does. Longer shapes come first, because ripgrep takes the first alternative that matches.
"""

from __future__ import annotations

from benchmarks.facts import PROVINCES


def _after(labels: str, value: str) -> str:
    return rf"""(?:{labels})(?:号|码)*["']?(?:：|[:= ]|是|为)*["']?{value}"""


_OFFICES = "|".join("军兵士文职广南北海空")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

PATTERNS: dict[str, tuple[str, ...]] = {
    "CN_RESIDENT_ID": ("[1-9][0-9]{5}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx]", "[1-9][0-9]{14}"),
    "CN_USCC": ("[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}",),
    "CN_BANK_CARD": ("[3-69][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}(?:[ -]?[0-9]{1,3})?",),
    "CN_VIN": ("[0-9A-HJ-NPR-Z]{17}",),
    "CN_LANDLINE_PHONE": (r"\(?0[1-9][0-9]{1,2}\)?[ -]?[2-8][0-9]{6,7}(?:(?:-|转|ext)[0-9]{1,5})?",),
    "CN_MOBILE_PHONE": (r"(?:(?:\+|00)?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}",),
    "CN_VEHICLE_PLATE": (rf"(?:{'|'.join(PROVINCES)})[A-HJ-Z](?:·| )?[A-HJ-NP-Z0-9]{{4,6}}(?:学|警|港|澳|领)?",),
    "EMAIL_ADDRESS": (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",),
    "IP_ADDRESS": (rf"{_OCTET}(?:\.{_OCTET}){{3}}", "(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"),
    "MAC_ADDRESS": ("[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}",),
    "CN_MILITARY_ID": (rf"(?:{_OFFICES})字第[0-9]{{6,8}}号",),
    "CN_PASSPORT": (_after("护照|passport|passport_no", "[EGDSP][A-Z]?[0-9]{7,8}"),),
    "CN_HKMT_PERMIT": (_after("通行证|回乡证|台胞证|hkmt_permit|permit_no", "[HMCW]?[0-9]{8}"),),
    "CN_DRIVER_FILE_NO": (_after("档案编号|档案|dabh|driver_file_no", "[0-9]{12}"),),
    "CN_WECHAT_ID": (_after("微信|wechat|weixin|wxh", "[A-Za-z][A-Za-z0-9_-]{5,19}"),),
    "CN_QQ": (_after("QQ|qq|扣扣", "[1-9][0-9]{4,10}"),),
    "CN_ALIPAY": (_after("支付宝|alipay", "2088[0-9]{12}"),),
    "CN_LOAN_CONTRACT": (_after("合同编|合同|借据|loan_no|contract_no", "[A-Z]+[A-Z0-9-]{6,24}"),),
    "CN_HOUSING_FUND": (_after("公积金账|公积金账户|gjjzh|housing_fund", "[0-9]{9,12}"),),
    "CN_SOCIAL_SECURITY": (_after("社保卡|社保|社会保障卡|sbkh|social_security", "[A-Z0-9][0-9]{8,9}"),),
    "DATE_OF_BIRTH": (
        _after("出生日期|生日|birthday|csrq|dob", "(?:19|20)[0-9]{2}(?:[-/.]|年)?[0-9]{1,2}(?:[-/.]|月)?[0-9]{1,2}"),
    ),
    "GEO_COORDINATE": (r"[0-9]{2,3}\.[0-9]{4,8}, ?[0-9]{2,3}\.[0-9]{4,8}",),
    "DEVICE_ID": (_after("IMEI|imei|IMSI|imsi", "[0-9]{15}"), _after("OAID|oaid|IDFA|idfa", "[0-9A-Fa-f-]{32,36}")),
    "CARD_SECURITY_CODE": (_after("CVV2|CVV|cvv|CVC|安全码", "[0-9]{3}"),),
    "CARD_EXPIRY": (_after("有效期|expiry|exp_date", "[0-9]{2}/?(?:20)?[0-9]{2}"),),
    "CREDENTIAL": (_after("密码|口令|password|passwd|pwd|token|secret|Bearer", r"[A-Za-z0-9@#!_.+/=-]{6,64}"),),
    "ONE_TIME_CODE": (_after("验证码|动态码|动态密码|otp|sms_code", "[0-9]{4,6}"),),
}


def pattern_lines() -> list[str]:
    """Return every pattern, one a line of a ``-f`` file."""
    return [pattern for patterns in PATTERNS.values() for pattern in patterns]
