"""Loan contract, note or account number (贷款合同号, 借据号).

Issuer: each lender for itself.
Structure: free; usually letters for the product, a date and a sequence, with or without hyphens, 6 to 32 characters.
Look-alikes: order, application and transaction numbers, and contracts that are no loans; a label or header is
required, and without label straight before it at least two capitals and eight digits.
Limits: numbers holding 汉字 (``深银贷字第0123号``) are not found; a purely numeric number counts only straight after
its label.
Sources: regulations.md section 12 (loan information: JR/T 0171-2020 class C2; GB/T 35273-2020 Annex B, 信贷记录).
"""

from __future__ import annotations

from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Labelled, Mask, Role, Sensitivity, Shape, Strength


def sample(rng: Random) -> str:
    """Return a number made of product letters, a date and a sequence."""
    prefix = rng.choice(("HT", "JK", "DK", "XFD", "JJ", "LN"))
    day = f"{rng.randint(2015, 2024)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    return f"{prefix}{day}{rng.randrange(10**6):06d}"


_WORDS = (
    "loanno", "loanid", "loannum", "loannumber", "loancode", "loanaccount", "loanaccountno", "loancontract",
    "loancontractno", "loancontractid", "loanref", "contractno", "contractid", "contractnum", "contractnumber",
    "contractcode", "contractsn", "agreementno", "duebill", "duebillno", "duebillid", "iou", "iouno", "htbh", "hth",
    "hthm", "htid", "htno", "dkht", "dkhth", "dkhtbh", "jkht", "jkhth", "jkhtbh", "dkbh", "dkzh", "jkbh", "jjh",
    "jjbh", "jieju", "jiejuhao", "hetonghao", "hetongbianhao",
)

CN_LOAN_CONTRACT = EntityType(
    name="CN_LOAN_CONTRACT",
    title="Loan contract number",
    title_zh="贷款合同号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("not found", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(head=2, tail=2),
    shapes=(Shape("letters and digits", "[A-Z]{2,6}[0-9]{8,20}", Strength.WEAK),),
    labelled=(Labelled("contract number", "A-Za-z0-9_-", 6, 32, min_digits=4),),
    context=(
        "合同号", "合同号码", "合同编号", "合同流水号", "借款合同", "借款合同号", "借款合同编号", "贷款合同",
        "贷款合同号", "贷款合同编号", "电子合同编号", "授信合同编号", "借据", "借据号", "借据编号", "借据号码",
        "贷款编号", "借款编号", "贷款号", "贷款账号", "贷款帐号", "借款单号", "贷款单号", *_WORDS,
    ),
    headers=(
        "合同号", "合同编号", "合同流水号", "借据号", "借据编号", "贷款编号", "借款编号", "贷款号", "贷款账号",
        "贷款帐号", "借款单号", "贷款单号", *_WORDS,
    ),
    sample=sample,
    cites=("JR/T 0171-2020", "GB/T 35273-2020 Annex B"),
)
