"""Address of a device on the internet (IP 地址).

Issuer: internet registries and access providers.
Structure: IPv4 four numbers up to 255 with dots; IPv6 eight groups of up to four hexadecimal digits, :: for a run
of zeros.
Look-alikes: version numbers of four parts (1.2.3.4 beside v, version, 版本), section numbers, times (12:30:45), C++
scopes (std::), MAC addresses; loopback, unspecified and multicast addresses are nobody's.
Limits: private addresses (10/8, 192.168/16 …) are reported: inside a company they identify a workplace.
Sources: RFC 791; RFC 4291 clause 2.2; RFC 6890; GB/T 35273-2020 Annex A.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

_WORDS = (
    "ip", "ipaddr", "ipaddress", "ipv4", "ipv6", "clientip", "remoteip", "remoteaddr", "remotehost", "sourceip",
    "srcip", "destip", "dstip", "loginip", "userip", "hostip", "serverip", "requestip", "regip", "registerip",
    "realip", "forwardedfor", "ipdz", "dlip", "zcip",
)


def sample(rng: Random) -> str:
    """Return an IPv4 address, or one in four times an IPv6 address."""
    if rng.randrange(4) == 0:
        return "2408:" + ":".join(f"{rng.randrange(1, 0x10000):x}" for _ in range(7))
    first = rng.choice([n for n in range(1, 224) if n != 127])
    return f"{first}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


IP_ADDRESS = EntityType(
    name="IP_ADDRESS",
    title="IP address",
    title_zh="IP地址",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(
        jrt0171=Classed("C1-C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("2-3", "M-m"),
    ),
    mask=Mask(kind="octets"),
    scanners=("ipv4", "ipv6"),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("RFC 791", "RFC 4291", "GB/T 35273-2020 Annex A"),
)
