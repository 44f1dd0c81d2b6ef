"""Ciphers over arrays compute what the standards publish and what other implementations compute."""

from __future__ import annotations

import hashlib
import hmac
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as reference
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_audit.anonymize import ciphers
from pii_audit.anonymize import hash_kernel as kernel
from pii_audit.anonymize.ciphers import FF1, Blocks, Hmac, Permutation, Sm4Siv

SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"


def numerals(text: str) -> Any:
    return np.array([[SYMBOLS.index(char) for char in text]], np.uint8)


def text_of(row: Any) -> str:
    return "".join(SYMBOLS[number] for number in row)


# -- hashes ------------------------------------------------------------------------------------------------------------


def plain(sm3: bool, message: bytes) -> list[str]:
    """Return the hash as every lane computes it."""
    state = np.zeros((kernel.STATE, kernel.LANES), np.uint32)
    block = np.zeros((kernel.WORDS, kernel.LANES), np.uint32)
    start = np.array(kernel.SM3_START if sm3 else kernel.SHA256_START, np.uint32)
    kernel.hash_message(sm3, start, np.frombuffer(message, np.uint8), state, block)
    return [state[:, lane].astype(">u4").tobytes().hex() for lane in range(kernel.LANES)]


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),  # GB/T 32905-2016, A.1
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),  # A.2
    ],
)
def test_sm3_of_the_standard(message: bytes, digest: str) -> None:
    assert plain(True, message) == [digest] * kernel.LANES


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),  # FIPS 180-2, B.1
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",  # B.2
        ),
    ],
)
def test_sha256_of_the_standard(message: bytes, digest: str) -> None:
    assert plain(False, message) == [digest] * kernel.LANES


@pytest.mark.parametrize("size", [*range(130), 1000])
def test_plain_hashes_at_every_border_of_a_block(size: int) -> None:
    message = bytes(i * 7 % 256 for i in range(size))
    assert plain(False, message)[0] == hashlib.sha256(message).hexdigest()
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(message)
    assert plain(True, message)[0] == sm3.finalize().hex()


def scalar_hmac(sm3: bool, key: bytes, message: bytes) -> bytes:
    if not sm3:
        return hmac.digest(key, message, "sha256")
    made = reference.HMAC(key, hashes.SM3())
    made.update(message)
    return made.finalize()


@pytest.mark.parametrize("sm3", [False, True])
@given(key=st.binary(min_size=1, max_size=64), values=st.lists(st.one_of(st.none(), st.binary(max_size=200)), max_size=40))
def test_hmac_of_an_array_is_that_of_its_elements(sm3: bool, key: bytes, values: list[bytes | None]) -> None:
    digests = Hmac(key, sm3=sm3).digests(pa.array(values, pa.binary()))
    for value, digest in zip(values, digests, strict=True):
        if value is not None:
            assert digest.tobytes() == scalar_hmac(sm3, key, value)


def test_hmac_of_slices_and_long_texts() -> None:
    values = pa.array(["a" * 100, "b", "", "c" * 1_000_001, "d" * 63])
    whole = Hmac(b"key").digests(values)
    assert whole[3].tobytes() == hmac.digest(b"key", b"c" * 1_000_001, "sha256")
    assert (Hmac(b"key").digests(values[1:4]) == whole[1:4]).all()


# -- FF1 -----------------------------------------------------------------------------------------------------------------

KEY = "2B7E151628AED2A6ABF7158809CF4F3C"
KEY_192 = KEY + "EF4359D8D580AA4F"
KEY_256 = KEY_192 + "7F036D6F04FC6A94"
LONG_TWEAK = "3737373770717273373737"
#: NIST, samples of FF1 for SP 800-38G: key, tweak, radix, plaintext, ciphertext
SAMPLES = [
    (KEY, "", 10, "0123456789", "2433477484"),
    (KEY, "39383736353433323130", 10, "0123456789", "6124200773"),
    (KEY, LONG_TWEAK, 36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (KEY_192, "", 10, "0123456789", "2830668132"),
    (KEY_192, "39383736353433323130", 10, "0123456789", "2496655549"),
    (KEY_192, LONG_TWEAK, 36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (KEY_256, "", 10, "0123456789", "6657667009"),
    (KEY_256, "39383736353433323130", 10, "0123456789", "1001623463"),
    (KEY_256, LONG_TWEAK, 36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(("key", "tweak", "radix", "clear", "secret"), SAMPLES)
def test_ff1_samples(monkeypatch: pytest.MonkeyPatch, wide: bool, key: str, tweak: str, radix: int, clear: str, secret: str) -> None:
    if wide:
        monkeypatch.setattr(ciphers._Narrow, "LIMIT", 0)
    cipher = FF1(bytes.fromhex(key), radix, bytes.fromhex(tweak))
    assert text_of(cipher.encrypt(numerals(clear))[0]) == secret
    assert text_of(cipher.decrypt(numerals(secret))[0]) == clear


@pytest.mark.parametrize("radix", [10, 36])
@pytest.mark.parametrize("length", [*range(6, 40), 64, 100])
def test_ff1_goes_back_and_both_arithmetics_agree(monkeypatch: pytest.MonkeyPatch, radix: int, length: int) -> None:
    clear = np.random.default_rng(length).integers(0, radix, (20, length)).astype(np.uint8)
    clear[0], clear[1] = 0, radix - 1
    cipher = FF1(bytes(range(32)), radix, b"a tweak of some length"[: length % 23])
    secret = cipher.encrypt(clear)
    assert (secret < radix).all() and (secret != clear).any(axis=1).all()
    assert (cipher.decrypt(secret) == clear).all()
    monkeypatch.setattr(ciphers._Narrow, "LIMIT", 0)
    assert (cipher.encrypt(clear) == secret).all()
    assert (cipher.decrypt(secret) == clear).all()


@pytest.mark.parametrize(("radix", "length"), [(10, 5), (10, 0), (36, 3), (10, ciphers.LONGEST + 1)])
def test_ff1_refuses_small_domains(radix: int, length: int) -> None:
    with pytest.raises(ValueError, match="too small"):
        FF1(bytes(16), radix).encrypt(np.zeros((1, length), np.uint8))


def test_ff1_of_more_rows_than_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = np.random.default_rng(1).integers(0, 10, (100, 11)).astype(np.uint8)
    whole = FF1(bytes(16), 10).encrypt(clear)
    monkeypatch.setattr(ciphers, "SLICE", 7)
    assert (FF1(bytes(16), 10).encrypt(clear) == whole).all()


# -- permutations ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 10, 97, 1000, 65_536, 100_003])
def test_permutation_is_one(size: int) -> None:
    every = np.arange(size)
    permutation = Permutation(bytes(32))
    there = permutation.apply(every, np.full(size, size), np.full(size, 7))
    assert (np.sort(there) == every).all()
    if size > 100:
        assert (there != permutation.apply(every, np.full(size, size), np.full(size, 8))).any()
        assert (there != Permutation(b"\1" * 32).apply(every, np.full(size, size), np.full(size, 7))).any()


@given(st.lists(st.integers(2, 1 << 61).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size), st.integers(0, 1 << 62))), min_size=1, max_size=30))
def test_permutation_stays_below_its_size_and_sees_no_neighbours(cases: list[tuple[int, int, int]]) -> None:
    index, size, group = (np.array(column, np.int64) for column in zip(*cases, strict=True))
    permutation = Permutation(b"k" * 32)
    there = permutation.apply(index, size, group)
    assert ((there >= 0) & (there < size)).all()
    for at in range(len(index)):
        assert permutation.apply(index[at : at + 1], size[at : at + 1], group[at : at + 1])[0] == there[at]


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_exact_permutation_is_one(size: int) -> None:
    permutation = Permutation(bytes(32))
    assert sorted(permutation.exact(index, size, b"group") for index in range(size)) == list(range(size))


@settings(max_examples=30)
@given(st.integers(1 << 62, 1 << 255).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_exact_permutation_of_large_sizes(case: tuple[int, int]) -> None:
    size, index = case
    there = Permutation(bytes(32)).exact(index, size, b"")
    assert 0 <= there < size
    assert there != Permutation(bytes(32)).exact((index + 1) % size, size, b"")


# -- SM4 ---------------------------------------------------------------------------------------------------------------------


def test_sm4_of_the_standard() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    blocks = np.frombuffer(key * 3, np.uint8).reshape(3, 16)
    sealed = Blocks(algorithms.SM4(key)).encrypt(blocks)
    assert [row.tobytes().hex() for row in sealed] == ["681edf34d206965e86b3e94f536e4246"] * 3  # GB/T 32907-2016, A.1


def scalar_siv(key: bytes, clear: bytes) -> bytes:
    tag = scalar_hmac(True, key[:32], clear)[:16]
    start = bytearray(tag)
    start[8] &= 0x7F
    start[12] &= 0x7F
    stream = Cipher(algorithms.SM4(key[32:]), modes.CTR(bytes(start))).encryptor()
    return tag + stream.update(clear)


@given(st.binary(min_size=48, max_size=48), st.lists(st.one_of(st.none(), st.binary(max_size=100)), max_size=20))
def test_sm4_siv_is_that_of_its_elements(key: bytes, values: list[bytes | None]) -> None:
    sealed = Sm4Siv(key).seal(pa.array(values, pa.binary())).to_pylist()
    for value, item in zip(values, sealed, strict=True):
        if value is not None:
            assert item == scalar_siv(key, value)
    texts, holds = Sm4Siv(key).open(sealed)
    assert holds.all() and texts.to_pylist() == [value or b"" for value in values]


def test_sm4_siv_refuses_every_changed_bit() -> None:
    cipher = Sm4Siv(bytes(48))
    (sealed,) = cipher.seal(pa.array([b"13800138000"])).to_pylist()
    changed = [bytes(byte ^ (1 << bit if at == i else 0) for i, byte in enumerate(sealed)) for at in range(len(sealed)) for bit in range(8)]
    _, holds = cipher.open([*changed, sealed[:-1], sealed[:16], b"", sealed])
    assert holds.tolist() == [False] * (len(changed) + 3) + [True]


# -- spelling ------------------------------------------------------------------------------------------------------------------


def test_spelling_of_compact_values_is_that_of_fingerprints() -> None:
    from pii_audit.anonymize.spelling import COMPACT, spelled
    from pii_audit.engines.fold import compact

    rng = random.Random(7)
    alphabet = "0189abxXZ -.+()（）－０１９ａｘＺ　京军号㈱½éß①ﬁ·٣🙂々龥龦\u3000\u0301"
    texts = ["".join(rng.choice(alphabet) for _ in range(rng.randrange(12))) for _ in range(3000)]
    texts += ["8613800138000", "+86 138-0013-8000", "00８６13800138000", "86138001380001", "8612800138000"]
    assert spelled("CN_QQ", pa.array(texts)).to_pylist() == [compact(text) for text in texts]
    assert "CN_QQ" in COMPACT


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=20))
def test_spelling_of_texts_is_nfkc(texts: list[str | None]) -> None:
    import unicodedata

    from pii_audit.anonymize.spelling import spelled

    folded = [None if text is None else unicodedata.normalize("NFKC", text).strip() for text in texts]
    assert spelled("CN_ADDRESS", pa.array(texts, pa.string())).to_pylist() == folded
    assert spelled("EMAIL_ADDRESS", pa.array(texts, pa.string())).to_pylist() == [text and text.lower() for text in folded]
