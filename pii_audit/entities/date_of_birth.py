"""Date of birth (出生日期).

Issuer: registered by public security organs; also inside the resident ID.
Structure: a calendar date from 1900 to today, as 1990-01-02, 1990/1/2, 1990.01.02, 1990年1月2日 or 19900102.
Look-alikes: every other date; a label or header is needed.
Limits: dates without a year or with two digits for it, dates of the lunar calendar, and ages are not found.
Sources: GB/T 7408.1-2023 clause 5.2; GB/T 35273-2020 Annex A.
"""

from __future__ import annotations

import datetime as dt
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import DateAt

_WORDS = (
    "出生日期", "出生年月", "出生年月日", "出生时间", "出生日", "生日", "出生", "birth", "birthday", "birthdate",
    "birthdt", "birthtime", "dateofbirth", "dob", "borndate", "borndt", "custbirth", "birthymd", "csrq", "csny",
    "csnyr", "shengri", "chushengriqi",
)


def sample(rng: Random) -> str:
    """Return a date as 1990-01-02."""
    return (dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(365 * 55))).isoformat()


DATE_OF_BIRTH = EntityType(
    name="DATE_OF_BIRTH",
    title="Date of birth",
    title_zh="出生日期",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("PI", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(head=4),
    shapes=(Shape("yyyymmdd", "[12][09][0-9]{6}", Strength.WEAK, DateAt(0)),),
    scanners=("date",),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("GB/T 7408.1-2023", "GB/T 35273-2020 Annex A"),
)
