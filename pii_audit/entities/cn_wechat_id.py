"""WeChat account name (微信号).

Issuer: Tencent; the owner may change it once a year, the original ``wxid_…`` name stays for good.
Structure: 6 to 20 letters, digits, ``_`` and ``-``, the first a letter; assigned at registration: ``wxid_`` and 12
to 20 lower-case letters and digits.
Look-alikes: any user name or word, so a label or header is required; ``wxid_`` names speak for themselves.
Limits: an account written as a mobile number or QQ number is found as that type; openid and unionid belong to one
application and are not covered.
Sources: regulations.md section 12 (mark M-h for the format); JR/T 0171-2020 (login name, class C2).
"""

from __future__ import annotations

import string
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Labelled, Mask, Role, Sensitivity

_TAIL = string.ascii_lowercase + string.digits


def sample(rng: Random) -> str:
    """Return an account name, one in three in the form assigned at registration."""
    if rng.random() < 1 / 3:
        return "wxid_" + "".join(rng.choices(_TAIL, k=14))
    word = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(4, 8)))
    return f"{word}{rng.choice(['', '_', '-'])}{rng.randint(10, 99999)}"


_WORDS = (
    "wx", "wxh", "wxid", "wxno", "wxnum", "wxhao", "vx", "vxin", "wechat", "wechatid", "wechatno", "wechatnum",
    "wechatnumber", "wechataccount", "wechatname", "weixin", "weixinhao", "weixinid", "weixinno",
)

CN_WECHAT_ID = EntityType(
    name="CN_WECHAT_ID",
    title="WeChat account name",
    title_zh="微信号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("PI", "S"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(head=2, tail=1),
    labelled=(Labelled("account name", "A-Za-z0-9_-", 6, 20, first="A-Za-z"),),
    scanners=("wxid",),
    context=(
        "微信", "微信号", "微信号码", "微信账号", "微信帐号", "微信账户", "微信名", "加微信", "加微", "加vx",
        "v信", "薇信", *_WORDS,
    ),
    headers=("微信", *_WORDS),
    sample=sample,
    cites=("JR/T 0171-2020",),
)
