"""Web address (网址).

Issuer: none; anyone may mint one.
Structure: scheme ``http``, ``https`` or ``ftp``, ``://``, host, optional port, path, query and fragment.
Look-alikes: XML name spaces and host names without a scheme, which are not reported.
Limits: only on request (``--entities URL``), since most addresses say nothing of a person; personal data and
credentials inside an address are found as their own types in any case.
Sources: RFC 3986 section 3; Presidio's entity of the same name.
"""

from __future__ import annotations

import string
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity


def sample(rng: Random) -> str:
    """Return an address below a reserved example domain (RFC 2606)."""
    word = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 10)))
    host = rng.choice(("example.com", "example.org", "www.example.net"))
    return f"https://{host}/{word}/{rng.randint(1, 99999)}?page={rng.randint(1, 9)}"


_WORDS = ("url", "link", "href", "website", "homepage", "wangzhi")

URL = EntityType(
    name="URL",
    title="Web address",
    title_zh="网址",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(jrt0171=Classed("C1", "M-l"), jrt0197=Classed("2", "M-l")),
    mask=Mask("omit"),
    scanners=("url",),
    context=("网址", "链接", *_WORDS),
    headers=("网址", "链接", *_WORDS),
    sample=sample,
    cites=("RFC 3986",),
    default=False,
)
