"""Masks show what is customary and never enough to know the value."""

from __future__ import annotations

from random import Random

import pytest

from pii_audit.entities import entity_types
from pii_audit.entities.masking import mask_value
from pii_audit.model.entity import Mask

ROWS = [
    # mask, text, shown, why
    (Mask(head=3, tail=4), "13812345678", "138****5678", "mobile phone"),
    (Mask(head=3, tail=4), "138-1234-5678", "138-****-5678", "separators stay"),
    (Mask(head=3, tail=4), "+86 138 1234 5678", "+86 1** **** 5678", "letters and digits are counted, not signs"),
    (Mask(head=3, tail=4), "１３８１２３４５６７８", "１３８****５６７８", "full width"),
    (Mask(head=6, tail=4), "11010519491231002X", "110105********002X", "resident ID"),
    (Mask(head=6, tail=4), "110105491231002", "110105*****1002", "15 digits still hide a third"),
    (Mask(head=6, tail=4), "6222 0202 0000 0000 006", "6222 02** **** ***0 006", "card in groups"),
    (Mask(head=6, tail=4), "1234567890123", "*************", "three hidden of thirteen would be too few"),
    (Mask(head=2, tail=2), "京A12345", "京A***45", "plate"),
    (Mask(head=2, tail=2), "京A·12345", "京A·***45", "plate with a dot"),
    (Mask(head=1, tail=2), "E12345678", "E******78", "passport"),
    (Mask(head=3, tail=4), "1234567", "*******", "nothing would be hidden"),
    (Mask(head=3, tail=4), "", "", "empty"),
    (Mask(head=4), "1990-01-02", "1990-**-**", "year only"),
    (Mask(), "abc-1", "***-*", "no head, no tail"),
    (Mask("email"), "zhangsan@example.com", "z***@example.com", "first character and domain"),
    (Mask("email"), "z@example.com", "***@example.com", "a single character is the whole local part"),
    (Mask("email"), "zhangsan", "********", "no address"),
    (Mask("name"), "张三丰", "张**", "surname"),
    (Mask("name"), "张三", "张*", "surname"),
    (Mask("name"), "欧阳娜娜", "欧阳**", "compound surname"),
    (Mask("name"), "欧阳", "欧*", "two characters: a surname and a given name"),
    (Mask("name"), "王", "*", "a surname alone"),
    (Mask("name"), "阿卜杜拉·买买提", "阿***·***", "name with a middle dot"),
    (Mask("address"), "广东省深圳市南山区科技路1号", "广东省深圳市***", "province and city"),
    (Mask("address"), "上海市浦东新区世纪大道100号", "上海市***", "municipality"),
    (Mask("address"), "四川省凉山彝族自治州西昌市", "四川省凉山彝族自治州***", "prefecture"),
    (Mask("address"), "世纪大道100号", "***", "no province, no city"),
    (Mask("omit"), "123456", "***", "nothing, not even the length"),
    (Mask("coordinate"), "39.908722,116.397499", "39.90****,116.39****", "two decimals"),
    (Mask("coordinate"), "39,116", "**,***", "no decimals to hide"),
    (Mask("octets"), "203.0.113.7", "203.0.***.*", "IPv4"),
    (Mask("octets"), "2001:db8:0:0:0:0:2:1", "2001:db8:*:*:*:*:*:*", "IPv6"),
    (Mask("octets"), "fe80::1", "fe80::*", "IPv6 shortened"),
    (Mask("octets"), "00:1b:63:84:45:e6", "00:1b:**:**:**:**", "MAC"),
    (Mask("octets"), "001B638445E6", "001B********", "MAC without separators"),
]


@pytest.mark.parametrize(("mask", "text", "shown", "why"), ROWS)
def test_shows_the_customary_form(mask: Mask, text: str, shown: str, why: str) -> None:
    assert mask_value(mask, text) == shown, why


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown mask"):
        mask_value(Mask("plain"), "x")


@pytest.mark.parametrize("length", range(40))
@pytest.mark.parametrize(("head", "tail"), [(0, 0), (1, 2), (2, 2), (3, 4), (6, 4)])
def test_keep_hides_three_characters_and_a_third(length: int, head: int, tail: int) -> None:
    value = "7" * length
    hidden = mask_value(Mask(head=head, tail=tail), value).count("*")
    assert hidden == length or (hidden >= 3 and 3 * hidden >= length)


@pytest.mark.parametrize("entity", [e for e in entity_types() if e.sample is not None], ids=lambda e: e.name)
def test_no_sample_is_shown_whole(entity) -> None:
    assert entity.sample is not None
    rng = Random(11)
    for _ in range(50):
        value = entity.sample(rng)
        shown = mask_value(entity.mask, value)
        assert shown != value
        assert "*" in shown
        assert value not in shown
