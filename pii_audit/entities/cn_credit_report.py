"""Credit report number (征信报告编号).

Issuer: the credit reference centre of the People's Bank; licensed bureaus number their reports on their own.
Structure: printed as 报告编号 on a personal report: 22 digits, the first eight the date of the query; other bureaus:
letters and digits.
Look-alikes: inspection and audit reports, order numbers that start with a date; a label naming a credit report or a
matching header is required.
Limits: finds the number of a report, not its content; scores and overdue counts are not covered.
Sources: regulations.md section 12 (credit report: GB/T 45574-2025 Annex A listed, GB/T 35273-2020 Annex B 征信信息);
the 22-digit form from specimens of personal reports (mark M-m).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Labelled, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import DateAt


def sample(rng: Random) -> str:
    """Return a report number of 22 digits."""
    day = f"{rng.randint(2014, 2024)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    return f"{day}{rng.randrange(10**14):014d}"


_WORDS = (
    "creditreport", "creditreportno", "creditreportid", "creditreportnumber", "creditreportcode", "pbcreportno",
    "pbocreportno", "pbccreportno", "crreportno", "zxbg", "zxbgh", "zxbgbh", "zxbgid", "zxbh", "zhengxinbaogao",
    "xybgbh", "xybgh",
)

CN_CREDIT_REPORT = EntityType(
    name="CN_CREDIT_REPORT",
    title="Credit report number",
    title_zh="征信报告编号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("yes", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask("omit"),
    shapes=(Shape("date and 14 digits", "20[0-9]{20}", Strength.WEAK, DateAt(0)),),
    labelled=(Labelled("number of a bureau", "A-Za-z0-9_-", 10, 32, min_digits=8),),
    context=(
        "征信报告", "征信报告号", "征信报告编号", "征信编号", "征信查询编号", "信用报告", "信用报告号",
        "信用报告编号", "个人信用报告", *_WORDS,
    ),
    headers=("征信报告号", "征信报告编号", "征信编号", "征信查询编号", "信用报告号", "信用报告编号", *_WORDS),
    sample=sample,
    cites=("GB/T 45574-2025 Annex A", "GB/T 35273-2020 Annex B", "Credit Reference Industry Regulations art. 20"),
)
