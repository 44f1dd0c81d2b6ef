"""Position of a person as a pair of coordinates (经纬度, 精准定位).

Issuer: satellite or network positioning of a device.
Structure: latitude and longitude in either order, decimal degrees with four places at least (about ten metres),
joined by a comma, space, slash or semicolon; inside the rectangle that holds China.
Look-alikes: pairs of amounts, rates and sizes; coordinates of offices and shops, which are nobody's but cannot be
told apart.
Limits: a single latitude or longitude needs a label or header; degrees with minutes and seconds are not found, pairs abroad
neither.
Sources: GB/T 35273-2020 Annex B; GB/T 45574-2025 Annex A (precise, continuous location).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

_WORDS = (
    "经纬度", "坐标", "定位", "位置坐标", "定位坐标", "地理位置", "经度", "纬度", "longitude", "latitude", "lng", "lon", "lat", "gps", "gpsinfo", "gpslocation",
    "gpsposition", "geo", "geolocation", "geopoint", "latlng", "latlon", "lnglat", "lonlat", "coordinate",
    "coordinates", "coords", "location", "jwd", "dlwz", "dwzb", "zuobiao",
)


def sample(rng: Random) -> str:
    """Return latitude and longitude with six places, joined by a comma."""
    return f"{rng.uniform(22, 41):.6f},{rng.uniform(102, 122):.6f}"


GEO_COORDINATE = EntityType(
    name="GEO_COORDINATE",
    title="Geographic coordinates",
    title_zh="经纬度坐标",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("yes", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(kind="coordinate"),
    scanners=("geo",),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("GB/T 35273-2020 Annex B", "GB/T 45574-2025 Annex A"),
)
