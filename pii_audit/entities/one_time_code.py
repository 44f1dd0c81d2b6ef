"""One-time code sent to a person (验证码, 动态密码).

Issuer: the system that authenticates, by short message, mail or token.
Structure: 4 to 8 digits, valid for minutes.
Look-alikes: amounts, dates, error codes and every short number, so a label or header is required; the security code
of a card and postal codes have labels of their own.
Limits: codes with letters are not found, nor codes named only behind them (123456 是您的验证码) unless in brackets; a
code that has expired cannot be told from a live one.
Sources: JR/T 0171-2020 (auxiliary authentication data: C2, C3 together with the account).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength


def sample(rng: Random) -> str:
    """Return a code of six digits."""
    return f"{rng.randrange(10**6):06d}"


_WORDS = (
    "yzm", "dxyzm", "sjyzm", "dtm", "dtmm", "otp", "otpcode", "smscode", "smsotp", "smsvcode", "smsverifycode",
    "smscaptcha", "smspwd", "vcode", "verifycode", "verificationcode", "verifycationcode", "validatecode",
    "validcode", "checkcode", "captcha", "captchacode", "dynamiccode", "dynamicpwd", "dynamicpassword", "onetimecode",
    "onetimepassword", "onetimepasscode", "passcode", "totp", "mfacode", "2facode", "phonecode", "mobilecode",
    "yanzhengma", "duanxinyanzhengma",
)

ONE_TIME_CODE = EntityType(
    name="ONE_TIME_CODE",
    title="One-time code",
    title_zh="验证码",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2-C3", "S"),
        gbt35273=Classed("sensitive", "S"),
        gbt45574=Classed("not found", "S"),
        jrt0197=Classed("4", "S"),
    ),
    mask=Mask("omit"),
    shapes=(Shape("4 to 8 digits", "[0-9]{4,8}", Strength.WEAK),),
    context=(
        "验证码", "短信验证码", "手机验证码", "登录验证码", "注册验证码", "支付验证码", "校验码", "短信校验码",
        "动态码", "动态密码", "动态口令", "短信动态码", "短信口令", "短信码", "一次性密码", *_WORDS,
    ),
    headers=("验证码", "校验码", "动态码", "动态密码", "动态口令", "短信口令", "短信码", "一次性密码", *_WORDS),
    sample=sample,
    cites=("JR/T 0171-2020",),
)
