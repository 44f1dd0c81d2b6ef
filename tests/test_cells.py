"""The compiled reading of whole cells says of every text what the functions of the entity definitions say."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pii_audit.entities import cn_address, installed, location, organization, person
from pii_audit.recognizers import cells
from pii_audit.recognizers.batch import buffers
from pii_audit.recognizers.cells import WHOLE_CELL, whole_cells

SEED = 20240229
DEFINITIONS: dict[str, Callable[[str], bool]] = {
    "PERSON": person.looks_like_name,
    "CN_ADDRESS": cn_address.looks_like_address,
    "ORGANIZATION": organization.looks_like_organization,
    "LOCATION": location.looks_like_place,
}
#: what the definitions take apart, and what stands next to it in cells
WORDS = sorted(
    {
        *person.SURNAMES, *person.ORDINARY, *person.HEADS, *person.TAILS, *person.NEVER, *person.LAST,
        *cn_address.MUNICIPALITIES, *cn_address.PROVINCES, *cn_address.STATE_ENDS, *cn_address.ADMIN_ENDS,
        *cn_address.ROAD_ENDS, *cn_address.COMMUNITY_ENDS, *cn_address.HOUSE_ENDS, *cn_address.OFFICE_ENDS,
        *cn_address.FOREIGN, *organization.ENDS, *location.ENDS,
    }
)  # fmt: skip
RARER = sorted(
    {
        *cn_address.MUNICIPALITIES, *cn_address.PROVINCES, *cn_address.STATE_ENDS, *cn_address.ADMIN_ENDS,
        *cn_address.ROAD_ENDS, *cn_address.COMMUNITY_ENDS, *cn_address.HOUSE_ENDS, "市场", "人民", "科技", "龙",
        "1", "12", "3-5", "A-1", "A座", "二", "百", "-", ",", "，", "、", " ", "\u3000", "_", "é", "٣", "𠮷",
    }
)  # fmt: skip
OTHERS = (
    " \t\n\x1c\x85\u00a0\u2003\u3000·•・‧.,-，、()（）:：?？!！。@*_0٣９AzÀ〇㐀一龥鿿䶿豈가ア𠮷𪛟𪜀🙂\U0010ffff\ufeff"
)


def read(name: str, texts: list[str | None]) -> list[bool]:
    return whole_cells(name, *buffers(pa.array(texts, pa.string()))).astype(bool).tolist()


def assert_equal(texts: list[str]) -> None:
    for name, defined in DEFINITIONS.items():
        answers = read(name, list(texts))
        wrong = [text for text, answer in zip(texts, answers, strict=True) if answer != defined(text)]
        assert not wrong, (name, len(wrong), wrong[:5])


def altered(rng: random.Random, text: str) -> str:
    """Return the text with one piece inserted, dropped or replaced."""
    at = rng.randrange(len(text) + 1)
    piece = rng.choice((rng.choice(OTHERS), rng.choice(WORDS), rng.choice(RARER), ""))
    return text[:at] + piece + text[at + rng.randrange(3) :]


def han(rng: random.Random, n: int) -> str:
    return "".join(chr(rng.randrange(0x4E00, 0xA000)) for _ in range(n))


def test_every_type_that_only_a_header_announces_has_a_definition() -> None:
    assert DEFINITIONS.keys() == WHOLE_CELL.keys()


def test_samples_of_all_entities_and_their_alterations() -> None:
    rng = random.Random(SEED)
    samplers = [entity.sample for entity in installed() if entity.sample]
    own = [entity.sample for entity in installed() if entity.sample and entity.name in DEFINITIONS]
    texts = [sampler(rng) for sampler in samplers for _ in range(50)]
    texts += [rng.choice(own)(rng) for _ in range(5000)]
    texts += [altered(rng, text) for text in texts]
    assert len(texts) > 10_000
    assert_equal(texts)


def test_rows_of_the_entity_tables() -> None:
    tables = (Path(__file__).parent / "entities").glob("*.yml")
    rows = [row for table in tables for row in yaml.safe_load(table.read_text(encoding="utf-8")) or ()]
    assert_equal([row["text"] for row in rows if "text" in row])


def test_words_and_names_made_of_them() -> None:
    rng = random.Random(SEED)
    common = person.SURNAMES[:120]
    texts = [*WORDS, *(word + han(rng, rng.randrange(1, 3)) for word in WORDS)]
    texts += [rng.choice(person.SURNAMES) + rng.choice(WORDS) for _ in range(5000)]
    texts += [rng.choice(common) + rng.choice(common) + rng.choice(WORDS) for _ in range(5000)]
    texts += ["·".join(rng.choice((han(rng, rng.randrange(7)), *WORDS[:3])) for _ in range(3)) for _ in range(1000)]
    assert_equal(texts)


def test_random_han() -> None:
    rng = random.Random(SEED)
    assert_equal([han(rng, rng.randrange(1, 30)) for _ in range(10_000)])


def test_addresses_and_organisations_made_of_their_parts() -> None:
    rng = random.Random(SEED)
    assert_equal(["".join(rng.choices(RARER, k=rng.randrange(1, 16))) for _ in range(20_000)])
    ends = [*organization.ENDS, *cn_address.OFFICE_ENDS, *location.ENDS]
    texts = [han(rng, rng.randrange(24)) + rng.choice(ends) for _ in range(5000)]
    texts += [
        han(rng, rng.randrange(5))
        + rng.choice(ends)
        + rng.choice("（(")
        + han(rng, rng.randrange(14))
        + rng.choice("）)\n")
        for _ in range(5000)
    ]
    texts += [rng.choice(cn_address.PROVINCES) + han(rng, rng.randrange(20)) for _ in range(500)]
    texts += ["恒信公司(北\n京)", "恒信公司(\n)", "恒信公司\n(北京)"]
    assert_equal(texts)


pieces = st.lists(
    st.sampled_from(WORDS) | st.sampled_from(RARER) | st.sampled_from(OTHERS) | st.characters(codec="utf-8")
)


@given(st.lists(pieces.map("".join), min_size=1, max_size=20))
def test_any_text(texts: list[str]) -> None:
    assert_equal(texts)


@pytest.mark.parametrize("length", [19, 20, 21, 49, 50, 51, 99, 100, 101, 102, 5000])
@pytest.mark.parametrize("frame", ["{}路1号", "广东省{}路", "{}公司", "{}市", "广东{}", "{}", "阿·{}", "{}路 - ,1号"])
def test_long_cells(frame: str, length: int) -> None:
    fill = length - len(frame) + 2
    assert_equal(
        [frame.format("山" * fill), frame.format(" " * fill), frame.format("山 " * fill), frame.format("-" * fill)]
    )


def test_every_letter_digit_and_blank_lies_in_the_planes_of_the_tables() -> None:
    beyond = "".join(map(chr, range(cells.PLANES << 16, 0x110000)))
    assert not re.search(r"[\w\s]", beyond)


def test_blanks_around_a_value_do_not_matter() -> None:
    assert read("PERSON", [" 王伟\t", "\u3000王伟\u3000", "王 伟", "\ue000王伟"]) == [True, True, False, False]


def test_nulls_and_empty_cells_are_nothing() -> None:
    assert read("PERSON", [None, "王伟", "", None, "  ", "李娜"]) == [False, True, False, False, False, True]
    assert read("PERSON", []) == []


def test_null_over_bytes_that_would_match() -> None:
    data = np.frombuffer("王伟王伟".encode(), np.uint8)
    answers = whole_cells("PERSON", data, np.array([0, 6, 12]), np.array([False, True]))
    assert answers.tolist() == [0, 1] and answers.dtype == np.uint8


def test_a_slice_reads_only_its_own_cells() -> None:
    values = pa.array(["王伟", "x", "李娜", "张敏"])[2:]
    assert whole_cells("PERSON", *buffers(values)).tolist() == [1, 1]


def test_bytes_that_are_no_utf8_match_nothing_and_break_nothing() -> None:
    rng = random.Random(SEED)
    whole = "广东省深圳市南山区科技路12号".encode()
    texts = [whole[:cut] for cut in range(len(whole))] + [rng.randbytes(rng.randrange(1, 40)) for _ in range(2000)]
    texts += [b"\x80" * 300, b"\xff" * 300, b"\xf7\xbf\xbf\xbf" * 3, "王伟".encode()[:-1], b"\xe7", b" \xe7 "]
    data = np.frombuffer(b"".join(texts), np.uint8)
    offsets = np.cumsum([0, *map(len, texts)])
    for name in DEFINITIONS:
        assert not whole_cells(name, data, offsets, np.zeros(0, np.bool_))[-6:].any()


def test_unknown_types_are_refused() -> None:
    with pytest.raises(KeyError):
        read("CN_VIN", ["x"])
