"""Validators read the published specimens, and python-stdnum reads the same."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
from stdnum import luhn as stdnum_luhn
from stdnum.cn import uscc as stdnum_uscc

from pii_audit import tables
from pii_audit.entities.cn_bank_card import sample as card
from pii_audit.entities.cn_uscc import sample as uscc
from pii_audit.validators import (
    GB11643,
    GB11714,
    GB16735,
    GB32100,
    AllOf,
    CodeIn,
    DateAt,
    Luhn,
    PrefixLength,
    WeightedSum,
)

SPECIMENS = [
    (GB11643, "11010519491231002X", "GB 11643-1999, example"),
    (GB11643, "440524188001010014", "GB 11643-1999, example"),
    (GB11643, "810000199408230021", "specimen residence permit, Hong Kong"),
    (GB11643, "830000199201300022", "specimen residence permit, Taiwan"),
    (GB11643, "911124198108030024", "specimen permanent-residence card of 2023"),
    (GB11643, "932682198501010017", "specimen permanent-residence card of 2023"),
    (GB32100, "91350100M000100Y43", "GB 32100-2015, example"),
    (GB11714, "91350100M000100Y43", "GB 32100-2015, example"),
    (GB16735, "1M8GDM9AXKP042788", "49 CFR 565, example"),
    (GB16735, "11111111111111111", "49 CFR 565, trial number"),
    (Luhn(), "79927398713", "ISO/IEC 7812-1 annex B, usual example"),
    (Luhn(), "490154203237518", "3GPP TS 23.003 annex B, usual example"),
]


@pytest.mark.parametrize(("validator", "number", "source"), SPECIMENS)
def test_specimen_holds(validator, number: str, source: str) -> None:
    assert validator.check(number), source


@pytest.mark.parametrize(("validator", "number", "source"), SPECIMENS)
def test_one_wrong_character_does_not_hold(validator, number: str, source: str) -> None:
    if isinstance(validator, WeightedSum):
        positions = [validator.start + i for i, weight in enumerate(validator.weights) if weight] + [validator.check_at]
    else:
        positions = list(range(len(number)))
    for at in positions:
        # a digit becomes its neighbour: every scheme here tells neighbours apart
        if number[at].isdigit():
            changed = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
            assert not validator.check(changed), at


@pytest.mark.parametrize("validator", [GB11643, GB11714, GB32100, GB16735, Luhn()])
@pytest.mark.parametrize("text", ["", "1", "X", "!!!!!!!!!!!!!!!!!!", "１１０１０５１９４９１２３１００２Ｘ"])
def test_texts_of_other_form_do_not_hold(validator, text: str) -> None:
    assert not validator.check(text)


@pytest.mark.parametrize("number", ["91350100I000100Y43", "1M8GDM9AXKPO42788"])
def test_characters_without_a_number_do_not_hold(number: str) -> None:
    scheme = GB32100 if len(number) == 18 else GB16735
    assert scheme.check_character(number) is None
    with pytest.raises(ValueError, match="no number"):
        scheme.complete(number)


@pytest.mark.parametrize(
    ("form", "text", "holds", "why"),
    [
        ("yyyymmdd", "19491231", True, "a date"),
        ("yyyymmdd", "20000229", True, "leap year by the rule of 400"),
        ("yyyymmdd", "19000229", False, "no leap year by the rule of 100"),
        ("yyyymmdd", "19490230", False, "30 February"),
        ("yyyymmdd", "19491301", False, "month 13"),
        ("yyyymmdd", "19490100", False, "day 0"),
        ("yyyymmdd", "18991231", False, "before 1900"),
        ("yyyymmdd", "1949123", False, "seven digits"),
        ("yyyymmdd", "1949123X", False, "no digits"),
        ("yymmdd", "491231", True, "20th century"),
        ("yymmdd", "490230", False, "30 February"),
    ],
)
def test_dates(form: str, text: str, holds: bool, why: str) -> None:
    assert DateAt(2, form).check("xx" + text) is holds, why


def test_a_date_to_come_does_not_hold() -> None:
    today = dt.date.today()
    assert DateAt(0).check(f"{today:%Y%m%d}")
    assert not DateAt(0).check(f"{today + dt.timedelta(days=1):%Y%m%d}")


def test_all_of_needs_every_check() -> None:
    both = AllOf((CodeIn("divisions", 0, 6), GB11643))
    assert both.check("11010519491231002X")
    assert not both.check("110105194912310021")
    assert GB11643.check("990105194912310023")
    assert not both.check("990105194912310023")


def test_code_in_does_not_read_past_the_end() -> None:
    assert not CodeIn("divisions", 0, 6).check("11010")


def test_prefix_needs_the_length_of_its_issuer() -> None:
    issuer = PrefixLength("card_prefixes")
    assert issuer.check("622202" + "0" * 13)
    assert not issuer.check("622202" + "0" * 10)
    assert not issuer.check("700000" + "0" * 13)


def test_luhn_agrees_with_an_independent_reading() -> None:
    rng = Random(5)
    for _ in range(500):
        number = f"{rng.randrange(10**18):019d}"
        assert Luhn().check(number) == stdnum_luhn.is_valid(number)
    for _ in range(200):
        assert stdnum_luhn.is_valid(card(rng))


def test_credit_code_agrees_with_an_independent_reading() -> None:
    rng = Random(6)
    for _ in range(300):
        code = uscc(rng)
        assert GB32100.check(code)
        assert stdnum_uscc.calc_check_digit(code) == code[-1]
    for _ in range(300):
        code = "91350100" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(10))
        assert GB32100.check(code) == (stdnum_uscc.calc_check_digit(code) == code[-1])


def test_resident_check_character_agrees_with_iso_7064() -> None:
    """MOD 11-2 by its definition: Horner's rule with radix 2, X for 10, remainder 1."""
    rng = Random(7)
    for _ in range(500):
        number = f"{rng.choice(tables.codes('divisions'))}{rng.randrange(10**11):011d}{rng.choice('0123456789X')}"
        total = 0
        for char in number:
            total = total * 2 + "0123456789X".index(char)
        assert GB11643.check(number) == (total % 11 == 1)
