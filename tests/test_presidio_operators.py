"""Operators inside presidio-anonymizer's engines do what they do to a column; strangers bring their own."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from presidio_anonymizer import AnonymizerEngine, DeanonymizeEngine
from presidio_anonymizer.entities import InvalidParamError, OperatorConfig, RecognizerResult
from presidio_anonymizer.operators import Operator as PresidioOperator
from presidio_anonymizer.operators import OperatorType

from pii_audit import catalog, plugins
from pii_audit.anonymize import keys
from pii_audit.anonymize.interface import Use
from pii_audit.anonymize.keys import Key
from pii_audit.anonymize.plan import load_plan
from pii_audit.anonymize.presidio import anonymizer_engine, deanonymizer_engine, mount, operator_for, restorer_for
from pii_audit.anonymize.registry import operators
from pii_audit.entities import installed
from pii_audit.model.errors import PluginError, UsageError

SECRET = bytes(range(32))
TYPES = [entity for entity in installed() if entity.sample is not None]
#: operator → parameters with which it is tried
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "encrypt": [{}, {"algorithm": "sm4"}],
    "fpe": [{}, {"alphabet": "alphanumerics"}],
    "generalize": [{"to": "year"}, {"bands": [18, 30]}, {"width": "0.5"}, {"width": Decimal(10000)}, {"division": 2}],
    "hash": [{}, {"algorithm": "sm3", "length": 64}],
    "keep": [{}],
    "mask": [{}, {"head": 1, "tail": 2}],
    "noise": [{"share": 0.1}, {"scale": 5, "law": "normal"}],
    "pseudonym": [{}, {"keep": ["region", "surname"]}],
    "redact": [{}, {"with": "[removed]"}],
    "replace": [{}, {"with": "个人信息"}],
    "shift-date": [{"person": 7}, {"person": 7, "days": 3}],
    "shuffle": [{}],
    "synthetic": [{}],
}
CASES = [(name, parameters) for name, several in PARAMETERS.items() for parameters in several]


def engine() -> AnonymizerEngine:
    return anonymizer_engine()


def operated(name: str, text: str, kind: str, parameters: dict[str, Any], before: str = "客户：", after: str = "。") -> Any:
    """Return what the engine makes of a text in which one value stands."""
    whole = f"{before}{text}{after}"
    found = [RecognizerResult(kind, len(before), len(before) + len(text), 0.9)]
    return engine().anonymize(whole, found, {kind: OperatorConfig(name, parameters)})


def as_array(name: str, parameters: dict[str, Any], values: list[str], kind: str) -> list[str]:
    """Return what the array form makes of values, each alone if it works on rows."""
    own = {key: value for key, value in parameters.items() if key != "person"}
    read = {
        "bands": lambda given: tuple(map(Decimal, given)), "width": Decimal, "division": str, "share": lambda given: Decimal(str(given)), "scale": Decimal, "keep": tuple,
    }  # fmt: skip
    operator = operators()[name](**{{"with": "with_"}.get(key, key): read.get(key, lambda given: given)(value) for key, value in own.items()})
    people = [parameters["person"]] if "person" in parameters else None
    uses = Use(kind, kind, Key.of(SECRET), None if people is None else pa.array(people, pa.uint64()), draw=5)
    if operator.per_row:
        made = [operator.apply(pa.array([value]), uses).values[0].as_py() for value in values]
    else:
        made = operator.apply(pa.array(values), uses).values.to_pylist()
    return [text or "" for text in made]


def test_every_operator_is_tried() -> None:
    assert set(PARAMETERS) == set(operators())


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_the_engine_does_what_the_array_form_does(name: str, parameters: dict[str, Any]) -> None:
    for entity in TYPES:
        assert entity.sample is not None
        rng = random.Random(4)
        values = [entity.sample(rng) for _ in range(3)]
        expected = as_array(name, parameters, values, entity.name)
        given = {**parameters, "key": SECRET, "draw": 5}
        for value, made in zip(values, expected, strict=True):
            result = operated(name, value, entity.name, given)
            assert result.text == f"客户：{made}。", entity.name
            assert result.items[0].operator == name and result.items[0].text == made


@pytest.mark.parametrize(("name", "parameters"), [case for case in CASES if operators()[case[0]].reversible], ids=str)
def test_what_is_reversible_is_restored(name: str, parameters: dict[str, Any]) -> None:
    given = {**parameters, "key": SECRET}
    for kind, value in (("CN_MOBILE_PHONE", "13812345678"), ("CN_RESIDENT_ID", "11010119900307123X"), ("CN_BANK_CARD", "6222 0212 3456 7890 123")):
        result = operated(name, value, kind, given)
        assert value not in result.text
        back = deanonymizer_engine().deanonymize(result.text, result.items, {kind: OperatorConfig(name, given)})
        assert back.text == f"客户：{value}。"
        other = deanonymizer_engine().deanonymize(result.text, result.items, {kind: OperatorConfig(name, {**given, "key": bytes(32)})})
        assert value not in other.text


def test_only_reversible_operators_are_restored() -> None:
    reversible = {name for name, operator in operators().items() if operator.reversible}
    assert reversible == {"encrypt", "fpe"}
    assert reversible <= set(deanonymizer_engine().get_deanonymizers())
    with pytest.raises(UsageError, match="mask cannot be reversed"):
        restorer_for("mask")
    with pytest.raises(UsageError, match="did you mean redact"):
        operator_for("redcat")


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_they_are_operators_of_presidio(name: str) -> None:
    made = operator_for(name)
    assert issubclass(made, PresidioOperator) and made.__doc__ == operators()[name].__doc__
    assert made().operator_name() == name and made().operator_type() is OperatorType.Anonymize
    plain = AnonymizerEngine()
    plain.add_anonymizer(made)
    assert name in plain.get_anonymizers()
    if operators()[name].reversible:
        assert restorer_for(name)().operator_type() is OperatorType.Deanonymize


def test_a_prefix_leaves_those_of_presidio_alone() -> None:
    plain = AnonymizerEngine()
    mount(plain, "pii-")
    found = [RecognizerResult("CN_MOBILE_PHONE", 0, 11, 0.9)]
    theirs = OperatorConfig("mask", {"masking_char": "#", "chars_to_mask": 11, "from_end": False})
    assert plain.anonymize("13812345678", found, {"CN_MOBILE_PHONE": theirs}).text == "###########"
    assert plain.anonymize("13812345678", found, {"CN_MOBILE_PHONE": OperatorConfig("pii-mask")}).text == "138****5678"
    restoring = DeanonymizeEngine()
    mount(restoring, "pii-")
    assert {"pii-encrypt", "pii-fpe", "decrypt"} <= set(restoring.get_deanonymizers())


def test_the_default_of_the_engine_names_the_type() -> None:
    assert engine().anonymize("13812345678", [RecognizerResult("CN_MOBILE_PHONE", 0, 11, 0.9)]).text == "<CN_MOBILE_PHONE>"


def test_keys_come_from_files_bytes_and_their_content(tmp_path: Path) -> None:
    path = tmp_path / "house.key"
    key = keys.create(path)
    content = path.read_bytes()
    made = {
        operated("hash", "13812345678", "CN_MOBILE_PHONE", {"key": given}).text
        for given in (path, str(path), content, key, bytes.fromhex(content.decode().strip().removeprefix(keys.PREFIX)))
    }
    assert len(made) == 1
    other = operated("hash", "13812345678", "CN_MOBILE_PHONE", {"key": path, "recipient": "agency"}).text
    assert other == operated("hash", "13812345678", "CN_MOBILE_PHONE", {"key": key.for_recipient("agency")}).text != made.pop()
    path.chmod(0o644)
    with pytest.raises(InvalidParamError, match="others may read"):
        operated("hash", "13812345678", "CN_MOBILE_PHONE", {"key": path})


def test_one_domain_for_two_types() -> None:
    given = {"key": SECRET, "domain": "customer"}
    one, two = (operated("hash", "ABC12345", kind, given).text for kind in ("CN_QQ", "CN_WECHAT_ID"))
    assert one == two
    assert operated("hash", "ABC12345", "CN_QQ", {"key": SECRET}).text != one


def test_persons_are_texts_or_numbers() -> None:
    given = {"key": SECRET, "person": "B0001"}
    moved = [operated("shift-date", "2026-03-01", kind, given).text for kind in ("DATE_TIME", "DATE_OF_BIRTH")]
    assert moved[0] == moved[1] != "客户：2026-03-01。"
    assert operated("shift-date", "2026-03-01", "DATE_TIME", {"key": SECRET}).text == "客户：。"
    assert len({operated("shift-date", "2026-03-01", "DATE_TIME", {"key": SECRET, "person": person}).text for person in range(8)}) > 4


def test_draws_are_random_unless_given() -> None:
    def made(**draw: int) -> set[str]:
        return {operated("synthetic", "13812345678", "CN_MOBILE_PHONE", {"key": SECRET, **draw}).text for _ in range(4)}

    assert len(made()) > 1 and len(made(draw=3)) == 1


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("mask", {"masking_char": "*"}, "unknown parameter of mask masking_char"),
        ("mask", {"haed": 3}, "did you mean head"),
        ("mask", {"head": -1}, "a whole number"),
        ("mask", {"head": "x"}, "a whole number"),
        ("hash", {}, "needs a key"),
        ("hash", {"key": 12345}, "a path of a key file"),
        ("hash", {"key": b"short"}, "at least 16 bytes"),
        ("hash", {"key": "/nowhere/house.key"}, "house.key"),
        ("hash", {"key": b"pii-audit-key-1:xyz"}, "holds no key"),
        ("hash", {"key": SECRET, "length": 8}, "length"),
        ("generalize", {}, "needs one of"),
        ("generalize", {"to": "fortnight"}, "unknown unit"),
        ("noise", {"key": SECRET}, "either share or scale"),
    ],
)
def test_mistakes_are_invalid_parameters(name: str, parameters: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidParamError, match=reason) as error:
        operated(name, "13812345678", "CN_MOBILE_PHONE", parameters)
    assert "13812345678" not in str(error.value) and error.value.__cause__ is None


@pytest.mark.parametrize("text", ["", " ", "\ud83d", "\x00", "👍", "１３８", "1" * 100_000])
@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_odd_texts(name: str, parameters: dict[str, Any], text: str) -> None:
    made = operator_for(name)().operate(text, {**parameters, "key": SECRET, "entity_type": "CN_MOBILE_PHONE"})
    assert isinstance(made, str)


# -- of third parties ------------------------------------------------------------------------------------------------------------

STRANGER = '''
"""Values upside down."""
from dataclasses import dataclass
from typing import ClassVar

import pyarrow.compute as pc

from pii_audit.anonymize.interface import Degree, Operator, OperatorError, Outcome, param
from pii_audit.documents.fields import Whole


@dataclass(frozen=True)
class Reverse(Operator):
    """A value is written backwards. Example: abc → cba"""

    name: ClassVar[str] = "reverse"
    title: ClassVar[str] = "Backwards"
    title_zh: ClassVar[str] = "倒序"
    degree: ClassVar[Degree] = Degree.DE_IDENTIFIED
    reversible: ClassVar[bool] = True
    times: int = param(Whole(1), 1, "how often", "次数")

    def __post_init__(self):
        if self.times % 2 == 0:
            raise OperatorError("reverse: an even number of times changes nothing")

    def apply(self, values, use):
        return Outcome(pc.utf8_reverse(values))

    def restore(self, values, use):
        return self.apply(values, use)
'''


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Install a package that brings an operator, as pip would."""
    home = tmp_path / "site"

    def forget() -> None:
        sys.modules.pop("stranger_operators", None)
        plugins._points.cache_clear()
        operators.cache_clear()

    def install(entry: str) -> None:
        info = home / "stranger_operators-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger-operators\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[pii_audit.operators]\n{entry}\n", encoding="utf-8")
        (home / "stranger_operators.py").write_text(STRANGER, encoding="utf-8")
        monkeypatch.syspath_prepend(str(home))
        forget()

    yield install
    monkeypatch.undo()
    forget()


def test_an_operator_of_a_third_party(tmp_path: Path, stranger: Callable[[str], None]) -> None:
    stranger("reverse = stranger_operators:Reverse")
    assert "reverse" in operators()
    path = tmp_path / "plan.yaml"
    path.write_text("entities: {CN_QQ: {operator: reverse, times: 3}}\n", encoding="utf-8")
    operator = load_plan(path).for_entity("CN_QQ").operator
    assert operator is not None and operator.name == "reverse"
    result = operated("reverse", "12345", "CN_QQ", {"times": 3})
    assert result.text == "客户：54321。"
    assert deanonymizer_engine().deanonymize(result.text, result.items, {"CN_QQ": OperatorConfig("reverse")}).text == "客户：12345。"
    with pytest.raises(InvalidParamError, match="changes nothing"):
        operated("reverse", "12345", "CN_QQ", {"times": 2})
    assert "written backwards" in catalog.explain("reverse", "en") and "次数 (1)" in catalog.explain("reverse", "zh")
    assert any(row["name"] == "reverse" and row["reversible"] for row in catalog.rows("operators"))


def test_a_name_with_two_owners_is_refused(stranger: Callable[[str], None]) -> None:
    stranger("mask = stranger_operators:Reverse")
    with pytest.raises(PluginError, match="the name mask in operators has two owners"):
        operators()
