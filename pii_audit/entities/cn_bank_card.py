"""Bank card number of a Chinese issuer (银行卡号).

Issuer: banks, under prefixes registered with UnionPay or an international scheme.
Structure: issuer prefix (5 to 8 digits here), the bank's own digits, Luhn check digit; 14 to 19 digits in all, the
length being fixed by the issuer for each prefix: mostly 16 for credit and 19, 18, 17 or 16 for debit cards. Printed
in groups of four.
Look-alikes: one in ten order numbers, snowflake ids and resident IDs of that length passes Luhn, so prefix and
length must be those of an issuer; other numbers that pass Luhn need a label or header.
Limits: prefixes issued after the sources of the table are found only beside a label or under a header; passbook and
company accounts carry no Luhn digit and are not cards.
Sources: ISO/IEC 7812-1 annex B; JR/T 0008-2000; pii_audit/tables/card_prefixes.txt.
"""

from __future__ import annotations

from random import Random

from pii_audit import tables
from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity, Shape, Strength
from pii_audit.validators import AllOf, Luhn, PrefixLength

_WORDS = (
    "银行卡", "银行卡号", "卡号", "借记卡", "储蓄卡", "信用卡", "贷记卡", "还款卡", "还款卡号", "放款卡", "绑定卡",
    "绑卡", "银行账号", "银行帐号", "银行账户", "收款账号", "收款帐号", "还款账号", "放款账号", "付款账号",
    "扣款账号", "账号", "帐号", "bankcard", "bankcardno", "bankcardnum", "bankcardnumber", "bankcardid", "bankno",
    "bankacct", "bankacctno", "bankaccount", "bankaccountno", "bankaccountnumber", "paycard", "paycardno", "settlecard", "cardno", "cardnum",
    "cardnumber", "cardnbr", "cardid", "cardaccount", "creditcard", "creditcardno", "debitcard", "debitcardno",
    "acctno", "acctnum", "acctnumber", "acctnbr", "accountno", "accountnum", "accountnumber", "accno",
    "payeeaccount", "payeracct", "payeeacct", "payacct", "repayacct", "repaycard", "repaycardno", "loancard",
    "bindcard", "pan", "yhk", "yhkh", "yhkhm", "yhzh", "yhzhh", "yhkzh", "yinhangka", "yinhangkahao", "kahao",
    "hkkh", "hkzh", "skzh", "fkzh", "jjkh", "xykh", "khyhzh", "kkzh",
)
#: too short to mean a card in running text
_HEADERS_ONLY = ("kh", "zh", "zhanghao", "zhhm")


def sample(rng: Random) -> str:
    """Return a number with an issuer's prefix and length."""
    prefix, length = rng.choice(tables.prefix_lengths("card_prefixes"))
    rest = length - len(prefix) - 1
    return Luhn().complete(f"{prefix}{rng.randrange(10**rest):0{rest}d}")


CN_BANK_CARD = EntityType(
    name="CN_BANK_CARD",
    title="Bank card number",
    title_zh="银行卡号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "S"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("yes", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask(head=6, tail=4),
    shapes=(
        Shape(
            "prefix and length of an issuer",
            "[3-9][0-9]{13,18}",
            Strength.CHECKED,
            AllOf((PrefixLength("card_prefixes"), Luhn())),
            groups=(
                "4-4-4-4", "4-4-4-4-1", "4-4-4-4-2", "4-4-4-4-3", "4-4-4-3", "4-6-5", "6-10", "6-13",
            ),
        ),
        Shape(
            "any issuer",
            "[2-9][0-9]{12,18}",
            Strength.WEAK,
            Luhn(),
            groups=("4-4-4-4", "4-4-4-4-1", "4-4-4-4-2", "4-4-4-4-3"),
        ),
    ),
    context=_WORDS,
    headers=_WORDS + _HEADERS_ONLY,
    sample=sample,
    cites=(
        "ISO/IEC 7812-1:2017", "JR/T 0008-2000", "JR/T 0171-2020 C2", "GB/T 35273-2020 Annex B",
        "GB/T 45574-2025 Annex A",
    ),
)
