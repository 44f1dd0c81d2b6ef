"""Hardware address of a network interface (MAC 地址).

Issuer: the maker, under a prefix of the IEEE Registration Authority.
Structure: six pairs of hexadecimal digits joined by colons or hyphens; bare twelve digits only beside a label or
header.
Look-alikes: times and durations (12:30:45), IPv6 addresses, pieces of UUIDs and hashes; zero and broadcast are
nobody's.
Limits: the three-group form of routers (0011.2233.4455) is not found; phones randomise the address they show.
Sources: IEEE 802-2014 clause 8; GB/T 35273-2020 Annex A.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength

_WORDS = (
    "mac", "物理地址", "macaddr", "macaddress", "macid", "wifimac", "bssid", "devicemac", "clientmac", "wlanmac",
    "btmac", "bluetoothmac", "routermac", "macdz",
)


def sample(rng: Random) -> str:
    """Return six pairs joined by colons, with a letter among them."""
    pairs = [rng.randrange(0, 256, 4) | 0xA0, *(rng.randrange(256) for _ in range(5))]
    return ":".join(f"{pair:02x}" for pair in pairs)


MAC_ADDRESS = EntityType(
    name="MAC_ADDRESS",
    title="MAC address",
    title_zh="MAC地址",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(
        jrt0171=Classed("C1-C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("2-3", "M-m"),
    ),
    mask=Mask(kind="octets"),
    shapes=(Shape("12 hexadecimal digits", "[0-9A-Fa-f]{12}", Strength.WEAK),),
    scanners=("mac",),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("IEEE 802-2014", "GB/T 35273-2020 Annex A"),
)
