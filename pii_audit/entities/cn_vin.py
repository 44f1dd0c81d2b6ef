"""Vehicle identification number (车辆识别代号, 车架号).

Issuer: the vehicle's maker, under a world manufacturer identifier.
Structure: 17 digits and letters without I O Q: maker (3), description (5), check digit 0 to 9 or X in ninth place,
year, plant, serial number whose last four characters are digits.
Look-alikes: 17-digit timestamps, order and contract numbers (two letters and digits), of which one in eleven passes the
check: a letter must stand in first or second place, and another behind them, as in numbers of cars.
Limits: cars built for markets without the check digit (Europe) are not found, whatever the label says.
Sources: GB 16735-2019; GB 16737-2019 (maker identifiers); 49 CFR 565.15 (check digit).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import GB16735

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
#: upper or lower case, never mixed
_CASES = (("[A-HJ-NPR-Z]", "[0-9A-HJ-NPR-Z]", "[0-9X]"), ("[a-hj-npr-z]", "[0-9a-hj-npr-z]", "[0-9x]"))
_WORDS = (
    "车架号", "车架号码", "车辆识别代号", "车辆识别代码", "车辆识别号", "车辆识别码", "大架号", "vin", "vinno",
    "vincode", "vinnumber", "carvin", "vehiclevin", "frameno", "framenumber", "chassisno", "chassisnumber", "cjh",
    "cjhm", "clsbdh", "clsbm", "chejiahao",
)


def sample(rng: Random) -> str:
    """Return a number of a Chinese maker (L…)."""
    alphabet = "0123456789" + _LETTERS
    maker = f"L{rng.choice(_LETTERS)}{rng.choice(alphabet)}"
    description = "".join(rng.choice(alphabet) for _ in range(5))
    while f"{maker[2]}{description}".isdigit():  # the shape wants a letter behind the country
        description = "".join(rng.choice(alphabet) for _ in range(5))
    return GB16735.complete(
        f"{maker}{description}0{rng.choice('ABCDEFGHJKLMNPRSTVWXY123456789')}{rng.choice(alphabet)}{rng.randrange(10**6):06d}"
    )


def _body(country: str, letter: str, character: str, check: str, place: int) -> str:
    """Return the body with digits up to the letter in ``place``; places count from 1, the check digit is the ninth."""
    parts = [country]
    for at in range(3, 18):
        if at == 9:
            parts.append(check)
        elif at > 13:
            parts.append("[0-9]")
        else:
            parts.append("[0-9]" if at < place else letter if at == place else character)
    return "".join(parts)


CN_VIN = EntityType(
    name="CN_VIN",
    title="Vehicle identification number",
    title_zh="车辆识别代号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=3, tail=4),
    shapes=tuple(
        Shape(
            f"first letter behind the maker's country in place {place}",
            _body(country, letter, character, check, place),
            Strength.CHECKED,
            GB16735,
        )
        for letter, character, check in _CASES
        for country in (f"{letter}{character}", f"[1-9]{letter}")
        for place in (*range(3, 9), *range(10, 14))
    ),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("GB 16735-2019", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex A"),
)
