"""Unified social credit code (统一社会信用代码).

Issuer: the authority that registers the organisation: market regulation (9), civil affairs (5), institutional
establishment (1), agriculture (N) and others.
Structure: 18 characters without I O S V Z: authority (1), category (1), division of the authority (6), organisation
code with its own check character by GB 11714 (9), check character base 31 by GB 32100 (1). 92 marks sole traders.
Look-alikes: a resident ID when all characters are digits; random 18-character strings, of which one in some hundred
thousand passes.
Limits: of the division only the prefecture is looked up: authorities of development zones use codes of their own.
Personal information only where the organisation is a sole trader (92) or named with one.
Sources: GB 32100-2015; GB 11714-1997.
"""

from __future__ import annotations

from functools import cache
from random import Random

from pii_audit import tables
from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import GB11714, GB32100, AllOf, CodeIn

_CHARACTERS = "[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]"
_WORDS = (
    "统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码", "营业执照号", "营业执照号码", "营业执照注册号",
    "纳税人识别号", "税号", "注册号", "uscc", "usci", "usccode", "socialcreditcode", "unifiedsocialcreditcode",
    "unifiedcreditcode", "creditcode", "orgcreditcode", "companycreditcode", "taxno", "taxpayerid", "taxpayerno",
    "businesslicense", "businesslicenseno", "licenseno", "tyshxydm", "shxydm", "xydm", "tydm", "yyzzh", "nsrsbh",
)


@cache
def _divisions() -> tuple[str, ...]:
    return tuple(code for code in tables.codes("divisions") if code < "70")


def sample(rng: Random) -> str:
    """Return the code of a company, sole trader or association."""
    body = f"{rng.choice(('91', '92', '93', '51', '52', '12', 'N2'))}{rng.choice(_divisions())}"
    body += "".join(rng.choice("0123456789" * 2 + "ABCDEFGHJKLMNPQRTUWXY") for _ in range(8))
    return GB32100.complete(GB11714.complete(body + "0"))


CN_USCC = EntityType(
    name="CN_USCC",
    title="Unified social credit code",
    title_zh="统一社会信用代码",
    role=Role.QUASI_IDENTIFIER,
    sensitivity=Sensitivity.LOW,
    category=Category(
        jrt0171=Classed("not PI unless sole trader", "M-h"),
        gbt35273=Classed("PI only if individual", "M-m"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("1-2", "M-m"),
    ),
    mask=Mask(head=4, tail=4),
    shapes=(
        Shape(
            "18 characters",
            f"[1-9ANYany][1-59][0-9]{{6}}{_CHARACTERS}{{8}}[0-9Xx]{_CHARACTERS}",
            Strength.CHECKED,
            AllOf((CodeIn("prefectures", 2, 4), GB11714, GB32100)),
        ),
    ),
    context=_WORDS,
    headers=_WORDS,
    sample=sample,
    cites=("GB 32100-2015", "GB 11714-1997"),
)
