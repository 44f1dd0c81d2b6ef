"""Operators under a key: hash, encrypt, fpe, pseudonym."""

from __future__ import annotations

import base64
import hmac
import random
import string
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit.anonymize import surrogates
from pii_audit.anonymize.interface import Operator, OperatorError, Taken, Use
from pii_audit.anonymize.keys import Key
from pii_audit.anonymize.operators.encrypt import PREFIXES, Encrypt
from pii_audit.anonymize.operators.fpe import Fpe
from pii_audit.anonymize.operators.hash import Hash
from pii_audit.anonymize.operators.pseudonym import Pseudonym
from pii_audit.anonymize.surrogates import TYPES, rank
from pii_audit.engines.fold import compact
from pii_audit.entities.masking import mask_value
from pii_audit.model.entity import EntityType
from pii_audit.recognizers.batch import Detector
from pii_audit.validators import GB11643

KEY = Key.of(bytes(range(32)), "agency")
OPERATORS: tuple[Operator, ...] = (
    Hash(), Hash("sm3", 64), Encrypt(), Encrypt("sm4"), Fpe(), Fpe("alphanumerics"), Pseudonym(), Pseudonym(("region", "sex", "surname")),
)  # fmt: skip
#: numbers, of which no two values may share a surrogate
NUMBERS = tuple(kind for kind in TYPES if kind not in ("PERSON", "CN_ADDRESS"))


def use(kind: str | None, key: Key = KEY, taken: Taken | None = None) -> Use:
    return Use(kind, kind or "customers", key, taken=taken)


def entity(kind: str) -> EntityType:
    found: EntityType = getattr(import_module(f"pii_audit.entities.{kind.lower()}"), kind)
    return found


def samples(kind: str, count: int, seed: int = 1) -> list[str]:
    """Return different values of an entity type."""
    make = entity(kind).sample
    assert make is not None
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found[make(rng)] = None
    return list(found)


def applied(operator: Operator, values: list[str | None], about: Use) -> list[str | None]:
    """Return what values become; that nothing but refused values is lost is checked on the way."""
    outcome = operator.apply(pa.array(values, pa.string()), about)
    made = outcome.values.to_pylist()
    refused = [False] * len(values) if outcome.refused is None else outcome.refused.to_pylist()
    assert outcome.values.type == pa.string() and len(made) == len(refused) == len(values)
    for value, result, no in zip(values, made, refused, strict=True):
        assert no is (value is not None and result is None)
    return made


class Originals(Taken):
    """The numbers of values."""

    def __init__(self, kind: str | None, values: list[str]) -> None:
        numbers, readable = rank(kind, pa.array(values))
        assert readable.all()
        self.numbers = np.unique(numbers)

    def among(self, numbers: Any) -> Any:
        return self.numbers[np.searchsorted(self.numbers[:-1], numbers)] == numbers


# -- what holds for all ------------------------------------------------------------------------------------------------------

ANY = st.lists(
    st.one_of(
        st.none(),
        st.text(max_size=20),
        st.text("0123456789 -", max_size=20),
        st.text(string.ascii_letters + string.digits, max_size=16),
        st.text("０１２３ＡＢａｂ12ab -年", max_size=16),
        st.sampled_from([value for kind in TYPES for value in samples(kind, 3)]),
    ),
    max_size=12,
)


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
@settings(max_examples=60)
@given(values=ANY, kind=st.sampled_from([*TYPES, None, "DATE_TIME"]))
def test_an_array_is_its_elements_and_null_stays_null(operator: Operator, values: list[str | None], kind: str | None) -> None:
    made = applied(operator, values, use(kind))
    assert [result for value, result in zip(values, made, strict=True) if value is None] == [None] * values.count(None)
    for value, result in zip(values, made, strict=True):
        assert applied(operator, [value], use(kind)) == [result]
    sliced = operator.apply(pa.array(["x", *values, "y"], pa.string())[1:-1], use(kind))
    assert sliced.values.to_pylist() == made


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_no_values(operator: Operator) -> None:
    assert applied(operator, [], use("CN_QQ")) == []
    assert applied(operator, [None, None], use("CN_QQ")) == [None, None]


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_a_key_is_needed(operator: Operator) -> None:
    assert operator.needs_key
    with pytest.raises(OperatorError, match="needs a key"):
        operator.apply(pa.array(["13800138000"]), Use("CN_MOBILE_PHONE", "CN_MOBILE_PHONE"))


@pytest.mark.parametrize("operator", [*OPERATORS], ids=repr)
def test_keys_recipients_and_domains_are_unlinkable(operator: Operator) -> None:
    values = samples("CN_MOBILE_PHONE", 200)
    uses = [
        use("CN_MOBILE_PHONE"),
        use("CN_MOBILE_PHONE", KEY.for_recipient("vendor")),
        use("CN_MOBILE_PHONE", Key.of(bytes(32), "agency")),
        Use("CN_MOBILE_PHONE", "contacts", KEY),
    ]
    made = [applied(operator, [*values], about) for about in uses]
    assert made[0] == applied(operator, [*values], use("CN_MOBILE_PHONE"))
    for at, results in enumerate(made):
        for others in made[at + 1 :]:
            assert sum(a == b for a, b in zip(results, others, strict=True)) <= 1


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Hash("md5"), "algorithm"), (lambda: Hash(length=8), "length"), (lambda: Hash(length=65), "length"),
        (lambda: Encrypt("des"), "algorithm"), (lambda: Fpe("letters"), "alphabet"), (lambda: Pseudonym(("name",)), "unknown"),
        (lambda: Pseudonym(mail_domain="gmail.com"), "mail_domain"), (lambda: Pseudonym(mail_domain="notexample.com"), "mail_domain"),
    ],
)  # fmt: skip
def test_wrong_parameters(make: Callable[[], Operator], reason: str) -> None:
    with pytest.raises(OperatorError, match=reason):
        make()


# -- spellings ---------------------------------------------------------------------------------------------------------------

WIDE = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000})
SPELLINGS = [
    ("CN_MOBILE_PHONE", "13800138000", ["138 0013 8000", "138-0013-8000", "+86 13800138000", "0086-138-0013-8000", "８６１３８００１３８０００", "(+86)138 00138000"]),
    ("CN_RESIDENT_ID", "11010519491231002X", ["11010519491231002x", "110105 19491231 002X", "110105-1949-1231-002x", "110105491231002", "１１０１０５１９４９１２３１００２Ｘ"]),
    ("CN_BANK_CARD", "6222021234567890128", ["6222 0212 3456 7890 128", "6222-0212-3456-7890-128"]),
    ("CN_USCC", "91350100M000100Y43", ["91350100m000100y43", "91 350100 M000100Y4 3"]),
    ("CN_VEHICLE_PLATE", "京A12345", ["京a12345", "京A·12345", "京A-12345", "京 A 12345", "京Ａ１２３４５"]),
    ("CN_LANDLINE_PHONE", "010-65432100", ["01065432100", "(010)65432100", "010 6543 2100", "+86 10 65432100", "0086-10-65432100", "＋８６-10-65432100"]),
    ("CN_LANDLINE_PHONE", "010-65432100-123", ["010-65432100转123", "01065432100 ext.123", "+86 10 65432100 分机123", "010 65432100 转分机 123"]),
    ("CN_PASSPORT", "E12345678", ["e12345678", "E 12345678"]),
    ("EMAIL_ADDRESS", "li.si@qq.com", ["LI.SI@QQ.com", " li.si@qq.com ", "ｌｉ.ｓｉ＠ｑｑ.ｃｏｍ"]),
    ("PERSON", "张三丰", ["张 三丰", "　张三丰", "张　三　丰 "]),
    ("CN_LOAN_CONTRACT", "JK-2024-1-23", [" JK-2024-1-23", "ＪＫ-2024-1-23"]),
]


@pytest.mark.parametrize("operator", [Hash(), Hash("sm3"), Pseudonym(), Pseudonym(("region", "year", "sex", "surname"))], ids=repr)
@pytest.mark.parametrize(("kind", "value", "spellings"), SPELLINGS)
def test_every_spelling_becomes_the_same(operator: Operator, kind: str, value: str, spellings: list[str]) -> None:
    made = applied(operator, [value, value.translate(WIDE), *spellings], use(kind))
    assert made[0] is not None and made == made[:1] * len(made)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("EMAIL_ADDRESS", "li.si@qq.com", "lisi@qq.com"),
        ("CN_LOAN_CONTRACT", "JK-2024-1-23", "JK-2024-12-3"),
        ("CN_ADDRESS", "北京市海淀区学府路3号12室", "北京市海淀区学府路31号2室"),
        ("CN_LANDLINE_PHONE", "010-65432100", "010-65432100-1"),
        ("CN_WECHAT_ID", "wxid_a1b2c3", "wxida1b2c3"),
    ],
)
def test_separators_that_tell_values_apart_stay(kind: str, one: str, other: str) -> None:
    for operator in (Hash(), Pseudonym()):
        a, b = applied(operator, [one, other], use(kind))
        assert a is not None and b is not None and a != b


# -- hash ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [16, 32, 64])
def test_hash_is_the_hmac_of_the_compact_value(length: int) -> None:
    values = [*samples("CN_RESIDENT_ID", 50), "11010519491231002x"]
    secret = use("CN_RESIDENT_ID").secret("hash-sha256")
    wanted = [hmac.digest(secret, compact(value).encode(), "sha256").hex()[:length] for value in values]
    assert applied(Hash(length=length), [*values], use("CN_RESIDENT_ID")) == wanted


def test_hash_of_nothing() -> None:
    assert applied(Hash(), ["", " \u3000", "--", "🙂"], use("CN_QQ")) == ["", " \u3000", None, None]
    assert applied(Hash(), ["", "--"], use("CN_ADDRESS"))[1] is not None


# -- encrypt -------------------------------------------------------------------------------------------------------------------

TEXTS = ["", " ", "a", "13800138000", "🙂👩‍👩‍👧", "张三\u0000\r\n", "é" * 70, "汉" * 350_000, "\ufeff", "\U0010ffff"]


@pytest.mark.parametrize("algorithm", PREFIXES)
def test_encrypted_texts_come_back(algorithm: str) -> None:
    operator = Encrypt(algorithm)
    sealed = operator.apply(pa.array([*TEXTS, None]), use(None))
    assert all(text.startswith(PREFIXES[algorithm]) and text.isascii() for text in sealed.values.to_pylist()[:-1])
    assert len(set(sealed.values.to_pylist())) == len(TEXTS) + 1
    opened = operator.restore(sealed.values, use(None))
    assert opened.values.to_pylist() == [*TEXTS, None]
    assert opened.refused is not None and not any(opened.refused.to_pylist())


@pytest.mark.parametrize("algorithm", PREFIXES)
def test_ciphertexts_are_tag_and_text_in_base32(algorithm: str) -> None:
    prefix = PREFIXES[algorithm]
    for size in range(20):
        (sealed,) = applied(Encrypt(algorithm), ["x" * size], use(None))
        assert sealed is not None and sealed.startswith(prefix)
        body = sealed.removeprefix(prefix).upper()
        assert len(base64.b32decode(body + "=" * (-len(body) % 8))) == 16 + 1 + size


@pytest.mark.parametrize("algorithm", PREFIXES)
def test_a_scan_finds_nothing_in_ciphertexts_and_hashes(algorithm: str) -> None:
    detector = Detector([entity(kind) for kind in (*TYPES, "CREDENTIAL", "BIOMETRIC", "URL", "ONE_TIME_CODE")])
    values = pa.array([f"{number}" for number in range(20_000)])
    for operator in (Encrypt(algorithm), Hash("sm3" if algorithm == "sm4" else "sha256")):
        made = operator.apply(values, use(None)).values
        for header in ("姓名", "手机", None):
            assert len(detector.detect(made, header)) == 0


@pytest.mark.parametrize("algorithm", PREFIXES)
@given(values=st.lists(st.one_of(st.none(), st.text(max_size=60)), max_size=10))
def test_encryption_goes_back(algorithm: str, values: list[str | None]) -> None:
    operator = Encrypt(algorithm)
    sealed = operator.apply(pa.array(values, pa.string()), use("PERSON")).values
    assert operator.restore(sealed, use("PERSON")).values.to_pylist() == values


@pytest.mark.parametrize("algorithm", PREFIXES)
def test_what_is_not_the_work_of_the_key_is_refused(algorithm: str) -> None:
    operator = Encrypt(algorithm)
    (sealed,) = applied(operator, ["13800138000"], use(None))
    assert sealed is not None
    other = next(Encrypt(name) for name in PREFIXES if name != algorithm)
    changed = [sealed[:at] + ("a" if sealed[at] != "a" else "b") + sealed[at + 1 :] for at in range(len(sealed))]
    changed += [sealed[:-1] + char for char in "abcdefghijklmnopqrstuvwxyz234567" if char != sealed[-1]]
    changed += [sealed[:at] + "0" + sealed[at + 1 :] for at in range(len(PREFIXES[algorithm]), len(sealed))]
    changed += [sealed[:-1], sealed[:-8], sealed + "a", sealed + "aaaaaaaa", sealed + "=", sealed + "\n", " " + sealed, sealed.upper(), "", "13800138000", PREFIXES[algorithm], "🙂"]
    changed += [text for text in applied(other, ["13800138000"], use(None)) if text]
    found = operator.restore(pa.array(changed), use(None))
    assert found.values.to_pylist() == [None] * len(changed)
    assert found.refused is not None and all(found.refused.to_pylist())
    for about in (use(None, Key.of(bytes(32), "agency")), use(None, KEY.for_recipient("vendor")), Use(None, "other", KEY)):
        found = operator.restore(pa.array([sealed, None]), about)
        assert found.values.to_pylist() == [None, None]
        assert found.refused is not None and found.refused.to_pylist() == [True, False]


# -- fpe -----------------------------------------------------------------------------------------------------------------------

FPE = [
    ("digits", "13800138000", True, "a number"),
    ("digits", "6222 0212-3456 7890", True, "separators stay"),
    ("digits", "123456", True, "a million values"),
    ("digits", "12345", False, "a hundred thousand values"),
    ("digits", "1-2-3-4-5", False, "separators are no digits"),
    ("digits", "E12345678x", True, "letters stay"),
    ("digits", "１３８００１３８０００", True, "full-width digits stay full-width"),
    ("digits", "138００138000", True, "both widths"),
    ("digits", "12345678 ٣", False, "a digit of another script would stay"),
    ("digits", "12345678²", False, "so would a small one"),
    ("digits", "9" * 512, True, "long"),
    ("digits", "9" * 513, False, "too long for an identifier"),
    ("alphanumerics", "a1b2", True, "36^4 values"),
    ("alphanumerics", "a1b", False, "46656 values"),
    ("alphanumerics", "12345", False, "digits only"),
    ("alphanumerics", "AB-12-CD", True, "capitals"),
    ("alphanumerics", "Ab12cd", False, "both cases"),
    ("alphanumerics", "ＡＢ１２-cd", False, "both cases in both widths"),
    ("alphanumerics", "ａｂ１２-cd", True, "small letters in both widths"),
    ("alphanumerics", "京A12345", True, "汉字 stay"),
]


@pytest.mark.parametrize(("alphabet", "value", "possible", "why"), FPE)
def test_fpe(alphabet: str, value: str, possible: bool, why: str) -> None:
    operator = Fpe(alphabet)
    (made,) = applied(operator, [value], use(None))
    assert (made is not None) is possible, why
    if made is not None:
        assert made != value
        assert len(made.encode()) == len(value.encode()) or alphabet == "alphanumerics"
        assert operator.restore(pa.array([made]), use(None)).values.to_pylist() == [value]


def shape_of(alphabet: str, value: str) -> str:
    """Return what the cipher keeps of a value: other characters, widths and case."""
    shown = []
    for char in value:
        plain = chr(ord(char) - 0xFEE0) if 0xFF01 <= ord(char) <= 0xFF5E else char
        free = plain.isascii() and (plain.isdigit() or (alphabet == "alphanumerics" and plain.isalpha()))
        shown.append(("wide" if plain != char else "narrow") if free else char)
    return " ".join(shown)


@pytest.mark.parametrize("alphabet", ["digits", "alphanumerics"])
@given(values=st.lists(st.text("0123456789０９abzABZａｚＡＺ -号é", max_size=24), max_size=20))
def test_fpe_keeps_the_shape_and_goes_back(alphabet: str, values: list[str]) -> None:
    operator = Fpe(alphabet)
    made = applied(operator, [*values], use(None))
    back = applied(operator, made, use(None)) if not made else operator.restore(pa.array(made, pa.string()), use(None)).values.to_pylist()
    for value, result, original in zip(values, made, back, strict=True):
        if result is not None:
            assert original == value
            assert shape_of(alphabet, result) == shape_of(alphabet, value)
            assert any(map(str.islower, result)) == any(map(str.islower, value))
            assert any(map(str.isupper, result)) == any(map(str.isupper, value))


@given(st.lists(st.integers(0, 10**7 - 1), unique=True, max_size=200))
def test_fpe_is_injective(numbers: list[int]) -> None:
    made = applied(Fpe(), [f"{number:07d}" for number in numbers], use(None))
    assert None not in made and len(set(made)) == len(numbers)


def test_fpe_through_letters_is_injective() -> None:
    # every value of four symbols with a letter: those that would become digits go on
    rng = random.Random(3)
    values = {"".join(rng.choices("0123456789a", k=4)) for _ in range(20_000)}
    values = {value for value in values if "a" in value}
    made = applied(Fpe("alphanumerics"), [*values], use(None))
    assert len(set(made)) == len(values) and not any(value is None or value.isdigit() for value in made)


# -- pseudonym -----------------------------------------------------------------------------------------------------------------


def found_as(kind: str, values: list[str]) -> list[bool]:
    """Tell which values the detector finds whole under a header of their type."""
    about = entity(kind)
    spans = Detector((about,)).detect(pa.array(values), header=about.headers[0])
    whole = set(spans.value[spans.whole.astype(bool)].tolist())
    return [at in whole for at in range(len(values))]


@pytest.mark.parametrize("keep", [(), ("region", "year", "sex", "surname")])
@pytest.mark.parametrize("kind", TYPES)
def test_surrogates_are_valid_and_others(kind: str, keep: tuple[str, ...]) -> None:
    values = samples(kind, 1000)
    assert all(found_as(kind, values))
    made = applied(Pseudonym(keep), [*values], use(kind))
    good = [text for text in made if text is not None]
    assert len(good) == len(values)
    wrong = [mask_value(entity(kind).mask, text) for text, found in zip(good, found_as(kind, good), strict=True) if not found]
    assert not wrong
    assert all(a != b for a, b in zip(values, good, strict=True))
    assert rank(kind, pa.array(good))[1].all()
    if kind in NUMBERS:
        assert len(set(good)) == len(good)


@pytest.mark.parametrize("kind", TYPES)
def test_surrogates_are_no_originals(kind: str) -> None:
    values = samples(kind, 2000, seed=4)
    taken = Originals(kind, values)
    made = [text for text in applied(Pseudonym(), [*values], use(kind, taken=taken)) if text is not None]
    assert len(made) == len(values)
    assert not taken.among(rank(kind, pa.array(made))[0]).any()
    if kind in NUMBERS:
        assert len(set(made)) == len(made)


#: every value of one group
GROUP = [str(number) for number in range(10_000, 100_000)]


@settings(max_examples=15)
@given(st.integers(1, 40_000), st.integers(0, 255))
def test_brackets_on_a_crowded_domain(count: int, seed: int) -> None:
    # up to two in five values are originals, so surrogates of many fall on others and go on
    values = random.Random(seed).sample(GROUP, count)
    taken = Originals("CN_QQ", values)
    about = use("CN_QQ", Key.of(bytes([seed]) * 32), taken)
    made = applied(Pseudonym(), [*values], about)
    good = [text for text in made if text is not None]
    assert len(set(good)) == len(good) and not set(good) & set(values)
    shuffled = values[::-1]
    assert applied(Pseudonym(), [*shuffled], about)[::-1] == made


def test_half_of_a_group_taken_leaves_the_other_half_and_more_is_refused() -> None:
    group = [str(number) for number in range(100, 1000)]
    for share, least in ((2, 0.85), (1, 0)):
        values = group[: len(group) // share]
        made = applied(Pseudonym(), [*values], use(None, taken=Originals(None, values)))
        good = {text for text in made if text is not None}
        assert not good & set(values) and len(good) == sum(text is not None for text in made)
        assert len(good) >= least * len(values)
    assert good == set()


def test_a_value_that_is_not_among_the_originals_is_refused() -> None:
    known, strange = samples("CN_MOBILE_PHONE", 2)
    made = applied(Pseudonym(), [known, strange], use("CN_MOBILE_PHONE", taken=Originals("CN_MOBILE_PHONE", [known])))
    assert made[0] is not None and made[1] is None


def test_resident_ids_keep_what_is_asked() -> None:
    values = samples("CN_RESIDENT_ID", 3000, seed=9)
    for keep in ((), ("region",), ("year",), ("sex",), ("region", "year"), ("region", "year", "sex"), ("year", "sex")):
        made = applied(Pseudonym(keep), [*values], use("CN_RESIDENT_ID"))
        assert len(set(made)) == len(values)
        same = {"region": 0, "year": 0, "sex": 0}
        for value, result in zip(values, made, strict=True):
            assert result is not None
            same["region"] += value[:6] == result[:6]
            same["year"] += value[6:10] == result[6:10]
            same["sex"] += int(value[16]) % 2 == int(result[16]) % 2
            # permits stay permits, and a grown-up of the years of borrowers one of them
            assert (value[0] == "8") <= (value[:6] == result[:6])
            assert (value[0] == "9") == (result[0] == "9")
            assert ("1940" <= value[6:10] < "2008") == ("1940" <= result[6:10] < "2008")
        for part, count in same.items():
            share = count / len(values)
            if part in keep:
                assert share == 1, (part, keep)
            else:
                assert share < {"region": 0.2, "year": 0.1, "sex": 0.6}[part], (part, keep)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("CN_RESIDENT_ID", "810000199408230021", slice(0, 6)),
        ("CN_RESIDENT_ID", "911124198108030024", slice(3, 6)),
        ("CN_RESIDENT_ID", "CAN110178010112", slice(0, 3)),
        ("CN_MOBILE_PHONE", "13800138000", slice(0, 3)),
        ("CN_MOBILE_PHONE", "16101234567", slice(0, 4)),
        ("CN_MOBILE_PHONE", "17405123456", slice(0, 4)),
        ("CN_USCC", "91350100M000100Y43", slice(0, 2)),
        ("CN_VEHICLE_PLATE", "京A12345", slice(0, 2)),
        ("CN_VEHICLE_PLATE", "粤Z1234港", slice(0, 2)),
        ("CN_VEHICLE_PLATE", "粤Z1234港", slice(6, 7)),
        ("CN_HKMT_PERMIT", "H12345678", slice(0, 1)),
        ("CN_HKMT_PERMIT", "CA1234567", slice(0, 1)),
        ("CN_PASSPORT", "KJ1234567", slice(0, 2)),
        ("CN_LANDLINE_PHONE", "0571-87654321-22", slice(0, 5)),
        ("CN_LANDLINE_PHONE", "0571-87654321-22", slice(-3, None)),
        ("CN_ALIPAY", "2088123412341234", slice(0, 4)),
        ("CN_WECHAT_ID", "wxid_a1b2c3d4e5f6g7", slice(0, 5)),
        ("CN_CREDIT_REPORT", "2024010112345678901234", slice(0, 8)),
        ("DEVICE_ID", "460011234567890", slice(0, 5)),
        (None, "KH-000123-A", slice(2, 3)),
        (None, "KH-000123-A", slice(-2, -1)),
    ],
)
def test_what_stays(kind: str | None, value: str, kept: slice) -> None:
    (made,) = applied(Pseudonym(), [value], use(kind))
    assert made is not None and made != value and made[kept] == value[kept]
    assert len(made) == len(value)


def test_new_energy_plates_stay_so() -> None:
    small, large = applied(Pseudonym(), ["粤BD12345", "粤B12345F"], use("CN_VEHICLE_PLATE"))
    assert small is not None and small[:2] == "粤B" and small[2].isalpha() and small[4:].isdigit() and len(small) == 8
    assert large is not None and large[:2] == "粤B" and large[-1].isalpha() and large[2:7].isdigit() and len(large) == 8


def test_cards_keep_their_issuer() -> None:
    from pii_audit import tables

    pairs = tables.prefix_lengths("card_prefixes")

    def issuers(number: str) -> set[str]:
        return {prefix for prefix, length in pairs if length == len(number) and number.startswith(prefix)}

    values = samples("CN_BANK_CARD", 5000, seed=2)
    made = applied(Pseudonym(), [*values], use("CN_BANK_CARD"))
    for value, result in zip(values, made, strict=True):
        assert result is not None and result[:6] == value[:6]
        assert issuers(value) == issuers(result)


def test_prefixes_within_prefixes_share_no_surrogate(monkeypatch: pytest.MonkeyPatch) -> None:
    # an issuer of eight digits inside one of six, at a length that leaves a hundred thousand numbers in all
    card = surrogates.BankCard()
    monkeypatch.setattr(card, "_long", {(8, 13): np.array([62220211, 62220212])})
    from pii_audit.validators import Luhn

    values = [Luhn().complete(f"622202{number:06d}") for number in range(100_000, 130_000)]
    wanted = surrogates.Wanted(lambda purpose: bytes(32))
    made = card.surrogates(pa.array(values), wanted).to_pylist()
    pairs = [(value, result) for value, result in zip(values, made, strict=True) if result is not None]
    assert len({result for _, result in pairs}) == len(pairs) >= len(values) - 10  # a permutation may leave one in its place
    for value, result in pairs:
        assert (result[:8] in ("62220211", "62220212")) == (value[:8] in ("62220211", "62220212"))


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("CN_RESIDENT_ID", "110105194912310021", "wrong check character"),
        ("CN_RESIDENT_ID", "11010519491331002X", "no such month"),
        ("CN_RESIDENT_ID", "990105194912310021", "no such province"),
        ("CN_RESIDENT_ID", "1101054912310", "too short"),
        ("CN_MOBILE_PHONE", "12345678901", "no network"),
        ("CN_MOBILE_PHONE", "1380013800", "a digit short"),
        ("CN_BANK_CARD", "6222021234567890127", "Luhn fails"),
        ("CN_BANK_CARD", "6222021234567890a28", "a letter"),
        ("CN_USCC", "91350100M000100Y44", "wrong check character"),
        ("CN_VEHICLE_PLATE", "京ABCDEF", "one digit at least"),
        ("CN_VEHICLE_PLATE", "使014578", "embassies are not known"),
        ("CN_LANDLINE_PHONE", "0000-12345678", "no such area"),
        ("CN_PASSPORT", "X12345678", "no such letter"),
        ("EMAIL_ADDRESS", "nobody", "no address"),
        ("PERSON", "123", "no letter"),
        ("CN_QQ", "0123456", "starts with 0"),
        ("CN_VIN", "1M8GDM9A1KP042788", "wrong check digit"),
        ("DEVICE_ID", "490154203237519", "wrong check digit"),
        ("DEVICE_ID", "49015420323751g", "no hexadecimal digit"),
        ("DATE_TIME", "2024-01-01", "a type without surrogates"),
        (None, "----", "nothing to change"),
        (None, "0", "a single value is its own group"),
        (None, "é" * 40, "no letter that is known"),
        (None, "1" * 100, "too long for an identifier"),
    ],
)
def test_what_cannot_be_read_is_refused(kind: str | None, value: str, why: str) -> None:
    good = samples("CN_MOBILE_PHONE", 1)
    made = applied(Pseudonym(), [value, *good, None, " "], use(kind))
    assert made[0] is None, why
    assert made[2:] == [None, " "]


@settings(max_examples=60)
@given(st.sets(st.text("0123456789abcABC-_", min_size=4, max_size=40), max_size=40))
def test_values_of_no_type_keep_their_pattern_and_stay_apart(texts: set[str]) -> None:
    values = sorted(texts)
    made = applied(Pseudonym(), [*values], use(None))
    good = [(value, result) for value, result in zip(values, made, strict=True) if result is not None]
    assert len({result for _, result in good}) == len(good)
    classes: list[Callable[[str], bool]] = [str.isdigit, str.islower, str.isupper]
    for value, result in good:
        assert [[test(char) for test in classes] for char in value] == [[test(char) for test in classes] for char in result]
        assert (value[0] == "0") == (result[0] == "0")


def test_names() -> None:
    values = ["张伟", "欧阳娜娜", "李静芳", "王志强", "Li Lei"]
    made = applied(Pseudonym(("surname",)), [*values], use("PERSON"))
    assert [text and text[:1] for text in made[:4]] == ["张", "欧", "李", "王"]
    assert made[0] is not None and len(made[0]) == 2 and made[2] is not None and len(made[2]) == 3
    for value, pool in (("李静芳", surrogates.WOMEN), ("王志强", surrogates.MEN)):
        kept = applied(Pseudonym(("sex",)), [value + "" for _ in range(1)], use("PERSON"))[0]
        assert kept is not None and set(kept[-2:]) <= set(pool)
    assert not set(surrogates.MEN) & set(surrogates.WOMEN)


def test_addresses_stay_in_their_city() -> None:
    values = ["广东省深圳市南山区科技一路1号", "北京市朝阳区和平路2号3室", "延边朝鲜族自治州延吉市人民路3号", "人民路12号"]
    made = applied(Pseudonym(), [*values], use("CN_ADDRESS"))
    for result, city in zip(made, ["广东省深圳市", "北京市", "延边朝鲜族自治州", ""], strict=True):
        assert result is not None and result.startswith(city)
    assert all(found_as("CN_ADDRESS", [text for text in made if text]))


def test_mail_goes_to_a_reserved_domain() -> None:
    values = samples("EMAIL_ADDRESS", 2000)
    for operator, domain in ((Pseudonym(), "example.com"), (Pseudonym(mail_domain="mail.example.org"), "mail.example.org")):
        made = applied(operator, [*values], use("EMAIL_ADDRESS"))
        assert len(set(made)) == len(values) and all(text is not None and text.endswith(f"@{domain}") for text in made)


def test_order_and_batches_do_not_matter() -> None:
    for kind in TYPES:
        values = samples(kind, 300)
        whole = applied(Pseudonym(), [*values], use(kind))
        parts = [result for at in range(0, 300, 37) for result in applied(Pseudonym(), values[at : at + 37], use(kind))]
        assert parts == whole
        backwards = applied(Pseudonym(), values[::-1], use(kind))
        assert backwards[::-1] == whole


@pytest.mark.parametrize("kind", TYPES)
def test_recipients_cannot_join_surrogates(kind: str) -> None:
    values = samples(kind, 500)
    ours = applied(Pseudonym(), [*values], use(kind))
    theirs = applied(Pseudonym(), [*values], use(kind, KEY.for_recipient("vendor")))
    assert sum(a == b for a, b in zip(ours, theirs, strict=True)) <= 5
    assert len(set(ours) & set(theirs)) <= 25  # names repeat


@pytest.mark.parametrize(
    ("born", "first", "last"),
    [
        ("19000101", "19000101", "19391231"), ("19391231", "19000101", "19391231"), ("19400101", "19400101", "20071231"),
        ("20000229", "19400101", "20071231"), ("20071231", "19400101", "20071231"), ("20080101", "20080101", "20251231"),
        ("20251231", "20080101", "20251231"), ("20260101", "20260101", "20260101"), ("20991231", "20991231", "20991231"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("keep", [(), ("year",)])
def test_births_are_exchanged_within_their_time(keep: tuple[str, ...], born: str, first: str, last: str) -> None:
    values = [GB11643.complete(f"110105{born}{number:03d}") for number in range(0, 1000, 7)]
    made = applied(Pseudonym(keep), [*values], use("CN_RESIDENT_ID"))
    assert len(set(made)) == len(values)
    for result in made:
        assert result is not None and GB11643.check(result) and first <= result[6:14] <= last
        assert "year" not in keep or result[6:10] == born[:4]
