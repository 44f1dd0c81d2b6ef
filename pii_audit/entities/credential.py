"""Secret that authenticates a person or a program (密码, 口令, 令牌, 密钥).

Issuer: whoever runs the system; carriers issue the 服务密码 that lenders ask for to fetch call records.
Structure: free. Told by a label and a separator (``pwd=…``, ``"token": "…"``, 密码是…), by the place in an address
(``scheme://user:secret@host``), or by a form of its own: JSON web token, PEM private key, ``Bearer`` token, access
keys that start with ``AKIA`` (AWS) or ``LTAI`` (Alibaba Cloud).
Look-alikes: sentences about passwords (密码错误, ``password reset``), states (``token expired``), placeholders
(``null``, ``${PWD}``, stars), the shell's working directory ``PWD=/…``, ``token_type``; dynamic passwords are
ONE_TIME_CODE.
Limits: session cookies are not covered; a bare ``pass`` (as in pass or fail), ``key`` and ``mm`` are no labels; hashes
and encrypted passwords under a password header are reported, since the column is still authentication data.
Sources: JR/T 0171-2020 (class C3: authentication data); RFC 7519, RFC 7468, RFC 6750; regulations.md section 12.
"""

from __future__ import annotations

import string
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity


def sample(rng: Random) -> str:
    """Return a password of letters, digits and one symbol."""
    head = "".join(rng.choices(string.ascii_letters, k=rng.randint(3, 6)))
    return f"{head}{rng.choice('!@#_-+')}{rng.randint(100, 99999)}{rng.choice(string.ascii_letters)}"


_WORDS = (
    "password", "passwd", "passwrd", "passphrase", "pwd", "psw", "pswd", "pincode", "pin", "atmpin", "pinblock",
    "mima", "loginpwd", "loginpassword", "userpwd", "userpassword", "paypwd", "paypassword", "tradepwd",
    "tradepassword", "transpwd", "querypwd", "servicepwd", "servicepassword", "initpwd", "oldpwd", "newpwd",
    "oldpassword", "newpassword", "dbpwd", "dbpassword", "rootpassword", "dlmm", "jymm", "zfmm", "qkmm", "cxmm",
    "fwmm", "yhmm", "token", "accesstoken", "refreshtoken", "idtoken", "authtoken", "apitoken", "usertoken",
    "logintoken", "sessiontoken", "bearertoken", "xauthtoken", "secret", "secretkey", "secretid", "appsecret",
    "appsecretkey", "clientsecret", "apisecret", "jwtsecret", "apikey", "xapikey", "appkey", "accesskey",
    "accesskeyid", "accesskeysecret", "secretaccesskey", "ak", "sk", "privatekey", "prikey", "signkey", "aeskey",
    "encryptkey", "sessionkey", "authorization", "credential", "credentials", "lingpai", "miyao",
)

CREDENTIAL = EntityType(
    name="CREDENTIAL",
    title="Password, token or key",
    title_zh="密码、令牌或密钥",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C3", "S"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("yes", "S"),
        jrt0197=Classed("4", "S"),
    ),
    mask=Mask("omit"),
    scanners=("secret",),
    context=(
        "密码", "口令", "登录密码", "用户密码", "支付密码", "交易密码", "取款密码", "查询密码", "服务密码", "初始密码",
        "默认密码", "原密码", "新密码", "数据库密码", "令牌", "访问令牌", "密钥", "私钥", "访问密钥", *_WORDS,
    ),
    headers=("密码", "口令", "令牌", "密钥", "私钥", *_WORDS),
    sample=sample,
    cites=("JR/T 0171-2020", "RFC 7519", "RFC 7468", "RFC 6750"),
)
