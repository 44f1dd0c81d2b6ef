"""E-mail address (电子邮箱).

Issuer: whoever runs the mail domain.
Structure: local part of letters, digits and . _ % + -, an @, a host name whose last label is a known top-level
domain.
Look-alikes: file names for screens of double density (icon@2x.png), version-control addresses (git@host:path),
package references (name@1.2.3), decorators, connection strings (user:password@host).
Limits: quoted local parts, addresses at IP literals and internationalised local parts are not found.
Sources: RFC 5322 clause 3.4.1; RFC 5321 clause 4.5.3.1; pii_audit/tables/tlds.txt.
"""

from __future__ import annotations

import string
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

_DOMAINS = (
    "qq.com", "163.com", "126.com", "sina.com", "sina.com.cn", "foxmail.com", "outlook.com", "example.com",
    "example.org", "example.com.cn",
)
_WORDS = (
    "邮箱", "电子邮箱", "邮箱地址", "电子邮件", "邮件地址", "联系邮箱", "email", "emailaddress", "emailaddr",
    "mailbox", "mail", "mailaddress", "mailaddr", "useremail", "contactemail", "yx", "dzyx", "yxdz", "youxiang",
    "dzyj",
)


def sample(rng: Random) -> str:
    """Return a local part of letters and digits at a common mail domain."""
    local = "".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randrange(3, 9)))
    return f"{local}{rng.choice(('', '.', '_'))}{rng.randrange(10, 10000)}@{rng.choice(_DOMAINS)}"


EMAIL_ADDRESS = EntityType(
    name="EMAIL_ADDRESS",
    title="E-mail address",
    title_zh="电子邮箱",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(kind="email"),
    scanners=("email",),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("RFC 5322", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex A"),
)
