"""Social security number or card (社会保障号, 社保卡号).

Issuer: local human-resources and social-security bureaus; the card follows a national specification.
Structure: the national 社会保障号码 equals the resident identity number; beside it live the card number (third
generation: a letter and 8 digits) and local personal numbers of 8 to 12 digits, some ending in a letter.
Look-alikes: passports (letter and 8 digits), mobiles and other account numbers; a label or header is required, and a
bare 11-digit number starting with 1 counts only straight after the label.
Limits: a number equal to the resident identity number is reported as CN_RESIDENT_ID, the bank account of the card as
CN_BANK_CARD; local forms carry no check digit.
Sources: Social Insurance Law art. 58 (number = resident identity number); GB/T 35273-2020 Annex B (社保卡).
"""

from __future__ import annotations

import string
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Labelled, Mask, Role, Sensitivity, Shape, Strength


def sample(rng: Random) -> str:
    """Return a card number or a local personal number."""
    if rng.random() < 0.5:
        return rng.choice(string.ascii_uppercase) + f"{rng.randrange(10**8):08d}"
    return str(rng.randrange(2 * 10**9, 10**10))


_WORDS = (
    "sbkh", "sbh", "sbk", "sbbh", "shbzh", "shbzhm", "shbzkh", "ybkh", "ybzh", "shebaohao", "shebaoka", "shebaokahao",
    "ssn", "socialsecurity", "socialsecurityno", "socialsecuritynumber", "socialsecurityid", "socialsecuritycard",
    "socialsecuritycardno", "socialcardno", "sscardno", "sscard", "socialinsurance", "socialinsuranceno",
    "socialinsurancenumber", "medicalinsuranceno", "medicareno",
)

CN_SOCIAL_SECURITY = EntityType(
    name="CN_SOCIAL_SECURITY",
    title="Social security number",
    title_zh="社会保障号",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "M-m"),
    ),
    mask=Mask(head=1, tail=1),
    shapes=(
        Shape("card number: letter and 8 digits", "[A-Z][0-9]{8}", Strength.WEAK),
        Shape("personal number of 9 or 10 digits", "[0-9]{9,10}", Strength.WEAK),
        Shape("personal number of 12 digits", "[0-9]{12}", Strength.WEAK),
    ),
    labelled=(Labelled("card or personal number", "A-Za-z0-9", 8, 20, min_digits=6),),
    context=(
        "社保号", "社保号码", "社保卡", "社保卡号", "社保卡号码", "社保编号", "社保账号", "社保帐号", "社保账户",
        "社保电脑号", "社保个人编号", "个人社保号", "社会保障号", "社会保障号码", "社会保障卡", "社会保障卡号",
        "参保号", "参保编号", "医保号", "医保卡", "医保卡号", "医保编号", "医保账号", *_WORDS,
    ),
    headers=(
        "社保号", "社保卡", "社保编号", "社保账号", "社保帐号", "社保账户", "社保电脑号", "社保个人编号",
        "社会保障号", "社会保障卡", "参保号", "参保编号", "医保号", "医保卡", "医保编号", "医保账号", *_WORDS,
    ),
    sample=sample,
    cites=("Social Insurance Law art. 58", "GB/T 35273-2020 Annex B", "JR/T 0171-2020"),
)
