"""Date or time (日期时间).

Issuer: none.
Structure: ``2024-05-01``, ``2024/5/1``, ``2024年5月1日``, with or without a time ``10:20:30``; ISO 8601
with ``T`` and zone.
Look-alikes: versions, fractions and bare digit runs (``20240501``), which are not reported.
Limits: only on request (``--entities DATE_TIME``), since every log line carries one; dates of birth are a type of
their own.
Sources: GB/T 7408.1-2023 (ISO 8601-1); Presidio's entity of the same name.
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity


def sample(rng: Random) -> str:
    """Return a date and time of day."""
    day = f"{rng.randint(2015, 2024)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    return f"{day} {rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"


_WORDS = ("date", "time", "datetime", "timestamp", "riqi", "shijian")

DATE_TIME = EntityType(
    name="DATE_TIME",
    title="Date or time",
    title_zh="日期时间",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(jrt0171=Classed("C1", "M-l"), jrt0197=Classed("2", "M-l")),
    mask=Mask(head=4),
    scanners=("datetime",),
    context=("日期", "时间", *_WORDS),
    headers=("日期", "时间", *_WORDS),
    sample=sample,
    cites=("GB/T 7408.1-2023",),
    default=False,
)
