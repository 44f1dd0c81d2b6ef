"""How each entity type is written: values, labels in Chinese and English, keys of records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from benchmarks.values import (
    advertising_id,
    alipay,
    bank_card,
    bank_card_form,
    birth_date,
    card_expiry,
    coordinate_pair,
    credential,
    driver_file_no,
    email,
    hkmt_permit,
    housing_fund,
    imei,
    imsi,
    ip_form,
    ipv4,
    landline,
    landline_form,
    legacy_id,
    loan_contract,
    mac,
    military_id,
    mobile,
    mobile_form,
    one_time_code,
    passport,
    plate,
    plate_form,
    qq,
    resident_id,
    resident_id_form,
    security_code,
    social_security,
    uscc,
    vin,
    wechat_id,
)


class Value(NamedTuple):
    """A part of a line that is personal data."""

    entity_type: str
    text: str


Part = str | Value
Line = list[Part]


@dataclass(frozen=True)
class Kind:
    """How one entity type is written: plain values, free forms, the words before them, the keys around them.

    ``weight`` scales how many lines it gets. ``alone``: the value needs no word beside it. ``wide``: a number people
    type with a full-width keyboard.
    """

    entity_type: str
    weight: int
    plain: Callable[[Random], str]
    form: Callable[[Random], str]
    zh: tuple[str, ...]
    en: tuple[str, ...]
    keys: tuple[str, ...]
    alone: bool = False
    wide: bool = False


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


KINDS: tuple[Kind, ...] = (
    Kind(
        "CN_RESIDENT_ID",
        11,
        resident_id,
        resident_id_form,
        words("身份证 身份证号 身份证号码 证件号码 居民身份证号 公民身份号码 证件号"),
        ("ID number", "ID card", "identity card no", "ID No."),
        words("id_no idNo sfzh cert_no certNo idCard id_card identity_no zjhm"),
        alone=True,
        wide=True,
    ),
    Kind(
        "CN_RESIDENT_ID",
        2,
        legacy_id,
        legacy_id,
        words("身份证号 身份证号码 老身份证 一代身份证号 15位身份证号"),
        ("ID number", "ID card number"),
        words("id_no sfzh id_card idCard"),
        wide=True,
    ),
    Kind(
        "CN_MOBILE_PHONE",
        11,
        mobile,
        mobile_form,
        words("手机 手机号 手机号码 联系电话 电话 联系方式 预留手机号 本人电话 紧急联系人电话"),
        ("mobile", "phone", "phone number", "cell", "Tel"),
        words("mobile phone phone_no mobileNo sjh lxdh tel contactPhone reserved_mobile"),
        alone=True,
        wide=True,
    ),
    Kind(
        "CN_LANDLINE_PHONE",
        5,
        landline,
        landline_form,
        words("单位电话 座机 固定电话 办公电话 家庭电话 固话 公司电话"),
        ("office phone", "landline", "Tel", "company phone"),
        words("office_tel company_phone landline dwdh tel"),
        alone=True,
        wide=True,
    ),
    Kind(
        "CN_BANK_CARD",
        9,
        bank_card,
        bank_card_form,
        words("卡号 银行卡 银行卡号 还款卡 扣款账户 收款账号 储蓄卡号 信用卡号 绑定卡"),
        ("card number", "bank card", "card no", "debit card"),
        words("card_no cardNo bankCard bank_card_no yhkh acct_no repay_card"),
        alone=True,
        wide=True,
    ),
    Kind(
        "CN_PASSPORT",
        2,
        passport,
        passport,
        words("护照 护照号 护照号码 因私护照"),
        ("passport", "passport no", "passport number"),
        words("passport passport_no passportNo hzhm"),
        wide=True,
    ),
    Kind(
        "CN_HKMT_PERMIT",
        2,
        hkmt_permit,
        hkmt_permit,
        words("港澳通行证 回乡证 台胞证 港澳居民来往内地通行证 往来港澳通行证 通行证号码"),
        ("HK/Macau permit", "Taiwan compatriot permit", "home return permit"),
        words("hkmt_permit permit_no txzh"),
        wide=True,
    ),
    Kind(
        "CN_MILITARY_ID",
        2,
        military_id,
        military_id,
        words("军官证 军官证号 士兵证号 军人证件号 军官证号码"),
        ("military ID", "officer ID"),
        words("military_id officer_no jgz"),
        alone=True,
    ),
    Kind(
        "CN_DRIVER_FILE_NO",
        2,
        driver_file_no,
        driver_file_no,
        words("驾驶证档案编号 驾驶证档案号 驾照档案编号"),
        ("driver file no", "driving licence file number"),
        words("driver_file_no dabh driving_file_no"),
        wide=True,
    ),
    Kind(
        "CN_USCC",
        5,
        uscc,
        uscc,
        words("统一社会信用代码 社会信用代码 信用代码 单位信用代码 营业执照号"),
        ("unified social credit code", "USCC", "credit code"),
        words("uscc credit_code creditCode tyshxydm"),
        alone=True,
        wide=True,
    ),
    Kind(
        "CN_VEHICLE_PLATE",
        5,
        plate,
        plate_form,
        words("车牌 车牌号 车牌号码 号牌号码 抵押车辆 车辆"),
        ("plate", "licence plate", "car plate"),
        words("plate plate_no cph license_plate carNo"),
        alone=True,
        wide=True,
    ),
    Kind(
        "CN_VIN",
        5,
        vin,
        vin,
        words("车架号 车辆识别代号 车架号码 车辆识别代码"),
        ("VIN", "chassis number", "frame no"),
        words("vin vin_code frame_no cjh"),
        alone=True,
        wide=True,
    ),
    Kind(
        "EMAIL_ADDRESS",
        5,
        email,
        email,
        words("邮箱 电子邮箱 邮件 联系邮箱 Email"),
        ("email", "e-mail", "mail"),
        words("email mail emailAddr yx e_mail"),
        alone=True,
    ),
    Kind(
        "IP_ADDRESS",
        4,
        ipv4,
        ip_form,
        words("IP 登录IP 客户端IP IP地址 来源IP"),
        ("IP", "client IP", "IP address"),
        words("ip client_ip clientIp remote_addr loginIp"),
        alone=True,
    ),
    Kind(
        "MAC_ADDRESS",
        3,
        mac,
        mac,
        words("MAC MAC地址 网卡地址 物理地址 设备MAC"),
        ("MAC", "MAC address"),
        words("mac mac_addr macAddress wifi_mac"),
        alone=True,
    ),
    Kind(
        "CN_WECHAT_ID",
        2,
        wechat_id,
        wechat_id,
        words("微信 微信号 微信账号 本人微信号 加微信"),
        ("WeChat", "wechat id", "weixin"),
        words("wechat weixin wechat_id wxh wx_id"),
    ),
    Kind(
        "CN_QQ",
        2,
        qq,
        qq,
        words("QQ QQ号 QQ号码 qq号 扣扣"),
        ("QQ", "qq number"),
        words("qq qq_no qqNo QQ"),
        wide=True,
    ),
    Kind(
        "CN_ALIPAY",
        2,
        alipay,
        alipay,
        words("支付宝账号 支付宝 支付宝用户号 支付宝ID"),
        ("Alipay", "alipay account", "Alipay ID"),
        words("alipay alipay_id alipayUserId zfbzh"),
        wide=True,
    ),
    Kind(
        "CN_LOAN_CONTRACT",
        2,
        loan_contract,
        loan_contract,
        words("合同编号 合同号 借款合同号 贷款合同编号 借据号 借款合同编号"),
        ("contract no", "loan number", "loan contract no"),
        words("contract_no loan_no htbh loanContractNo jjh"),
    ),
    Kind(
        "CN_HOUSING_FUND",
        2,
        housing_fund,
        housing_fund,
        words("公积金账号 住房公积金账号 公积金个人账号 公积金账户"),
        ("housing fund account", "provident fund account"),
        words("gjjzh housing_fund_no housing_fund"),
        wide=True,
    ),
    Kind(
        "CN_SOCIAL_SECURITY",
        2,
        social_security,
        social_security,
        words("社保卡号 社会保障卡号 社保号 社保编号 个人社保号"),
        ("social security card", "social security number"),
        words("sbkh social_security_no social_security sbh"),
    ),
    Kind(
        "DATE_OF_BIRTH",
        2,
        birth_date,
        birth_date,
        words("出生日期 生日 出生年月日 出生"),
        ("birth date", "date of birth", "DOB", "birthday"),
        words("birthday birth_date csrq dob birthDate"),
        wide=True,
    ),
    Kind(
        "GEO_COORDINATE",
        2,
        coordinate_pair,
        coordinate_pair,
        words("坐标 定位 经纬度 GPS 位置坐标"),
        ("location", "GPS", "coordinates"),
        words("location gps coord lnglat position"),
    ),
    Kind(
        "DEVICE_ID",
        3,
        imei,
        imei,
        words("IMEI 手机IMEI 设备IMEI IMEI号"),
        ("IMEI", "device IMEI"),
        words("imei device_imei IMEI"),
    ),
    Kind("DEVICE_ID", 1, imsi, imsi, words("IMSI 卡IMSI"), ("IMSI",), words("imsi IMSI")),
    Kind(
        "DEVICE_ID",
        2,
        advertising_id,
        advertising_id,
        words("OAID IDFA 设备OAID"),
        ("OAID", "IDFA"),
        words("oaid idfa OAID"),
    ),
    Kind(
        "CARD_SECURITY_CODE",
        2,
        security_code,
        security_code,
        words("CVV CVV2 安全码 卡背面安全码 信用卡安全码 卡片安全码"),
        ("CVV", "CVV2", "CVC", "card security code"),
        words("cvv cvv2 cvc card_cvv"),
    ),
    Kind(
        "CARD_EXPIRY",
        2,
        card_expiry,
        card_expiry,
        words("卡有效期 信用卡有效期 卡片有效期 有效期(月/年)"),
        ("card expiry", "expiry date", "valid thru", "exp date"),
        words("card_expiry expiry exp_date cardExpiry"),
    ),
    Kind(
        "CREDENTIAL",
        3,
        credential,
        credential,
        words("密码 登录密码 支付密码 初始密码 查询密码 登录口令"),
        ("password", "access token", "secret key", "passwd"),
        words("password pwd passwd token access_token api_key secret appSecret"),
    ),
    Kind(
        "ONE_TIME_CODE",
        3,
        one_time_code,
        one_time_code,
        words("验证码 短信验证码 动态码 登录验证码 动态密码 动态验证码"),
        ("verification code", "one-time code", "OTP"),
        words("otp sms_code smsCode verify_code verifyCode"),
        wide=True,
    ),
)

ENTITY_TYPES = tuple(sorted({kind.entity_type for kind in KINDS}))


def labelled(
    rng: Random, kind: Kind, text: str, joints: tuple[str, ...] = ("：", "：", ":", ": ", "是", "为", "")
) -> Line:
    """Return Chinese label and value; a label in Latin letters is never glued to the value (``CVV2`` + ``231``)."""
    label, joint = rng.choice(kind.zh), rng.choice(joints)
    if not joint and label[-1].isascii() and label[-1].isalnum() and kind.entity_type != "CN_QQ":
        joint = "是"
    return [label, joint, Value(kind.entity_type, text)]
