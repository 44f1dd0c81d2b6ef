"""The law as data: complete, consistent, and cited as what it is."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pii_audit import rules_dir
from pii_audit.model.errors import DefinitionError, UsageError
from pii_audit.model.law import Basis, Force, Mark
from pii_audit.policy import law as module
from pii_audit.policy.law import BOUND, Framework, load_frameworks, load_law

#: what sections 1 to 10 of the regulatory reference hold: prefix → how many rows, numbered from 01
ROWS = {
    1: {"RET": 23},
    2: {"MIN": 9},
    3: {"CON": 12},
    4: {"SHR": 15, "XBR": 7},
    5: {"EXP": 7, "LOG": 2, "STO": 7, "DEV": 3, "ACC": 3, "RPT": 1, "CLS": 1},
    6: {"MNR": 4, "BIO": 3},
    7: {"INC": 8},
    8: {"AUD": 8},
    9: {"CRE": 4},
    10: {
        "COL-TIME": 3, "COL-FREQ": 4, "COL-THIRD": 6, "COL-CONT": 11, "COL-VISIT": 3, "COL-STAFF": 4, "COL-OUT": 5,
        "COL-REC": 2, "COL-CMP": 4, "CRM": 6,
    },
}  # fmt: skip
LAW = load_law()
BASES = [(row.id, basis) for row in LAW.rows.values() for basis in row.basis]
INSTRUMENTS = LAW.instruments.values()
FRAMEWORKS = load_frameworks()


# --- rows and instruments -------------------------------------------------------------------------------------------


def test_every_row_is_there() -> None:
    wanted = {
        f"{prefix}-{number:02}": section
        for section, counts in ROWS.items()
        for prefix, count in counts.items()
        for number in range(1, count + 1)
    }
    assert {row.id: row.section for row in LAW.rows.values()} == wanted
    assert len(wanted) == 165


def test_every_row_speaks_both_languages() -> None:
    for row in LAW.rows.values():
        assert row.says.endswith(".") and row.says_zh.endswith("。"), row.id
        assert not re.search("[\u4e00-\u9fff]", row.says), row.id
        assert (row.note is None) == (row.note_zh is None), row.id
    for item in INSTRUMENTS:
        assert item.title and item.title_zh, item.key
        assert (item.note is None) == (item.note_zh is None), item.key
        assert (item.binds_note is None) == (item.binds_note_zh is None), item.key
        assert item.effective is None or re.fullmatch(r"\d{4}(-\d\d){0,2}", item.effective), item.key


def test_a_row_rests_on_an_instrument_or_is_policy() -> None:
    assert [row.id for row in LAW.rows.values() if not row.basis] == ["COL-STAFF-04"]
    assert all(row.basis or row.policy for row in LAW.rows.values())
    assert {basis.instrument for _, basis in BASES} <= set(LAW.instruments)
    assert all(other in LAW.rows for row in LAW.rows.values() for other in row.see)


def test_a_basis_has_the_force_of_its_instrument() -> None:
    assert [(row, basis.instrument) for row, basis in BASES if basis.force is not LAW.instruments[basis.instrument].force] == []


def test_no_statement_is_better_known_than_its_instrument() -> None:
    """An instrument whose text was not read cannot have a row that was; a row may be worse known."""
    unread = {item.key for item in INSTRUMENTS if item.mark is not Mark.V}
    assert [(row, basis.instrument) for row, basis in BASES if basis.mark is Mark.V and basis.instrument in unread] == []
    remembered = {item.key for item in INSTRUMENTS if item.mark.is_from_memory}
    assert [row for row, basis in BASES if basis.instrument in remembered and not basis.is_from_memory] == []


def test_who_is_bound() -> None:
    assert all(set(item.binds) <= set(BOUND) for item in INSTRUMENTS)
    assert {item.binds for item in INSTRUMENTS if item.force is Force.T} == {("voluntary",)}
    assert {item.binds for item in INSTRUMENTS if item.force is Force.I} == {("association-member",)}
    assert LAW.row("RET-20").binds == ("credit-bureau",)  # not the lender's own loan file
    assert LAW.row("CRE-02").binds == ("credit-bureau", "bank", "consumer-finance", "micro-loan")
    assert LAW.row("COL-STAFF-04").binds == ()


@pytest.mark.parametrize(
    ("row", "parameters"),
    [
        ("RET-08", {"min_years": 10}),
        ("RET-13", {"min_months": 6, "min_months_important": 12, "min_months_core": 36}),
        ("RET-14", {"min_months": 6}),
        ("RET-17", {"min_years": 2}),
        ("XBR-04", {"min_persons": 1_000_000, "min_sensitive_persons": 10_000}),
        ("INC-02", {"report_hours": 72}),
        ("COL-TIME-01", {"quiet_start": "22:00", "quiet_end": "08:00"}),
        ("COL-FREQ-01", {"max_connected_calls": 3}),
        ("COL-FREQ-02", {"max_attempts": 6}),
        ("COL-CMP-02", {"reply_days": 15, "reply_days_max": 60}),
        ("CRM-03", {"items_most_sensitive": 50, "items_sensitive": 500, "items_other": 5000}),
        ("COL-FREQ-04", {}),  # no number in law
        ("MIN-04", {}),
    ],
)
def test_numbers(row: str, parameters: dict[str, object]) -> None:
    assert LAW.row(row).parameters == parameters


def test_insiders_reach_the_criminal_steps_at_half() -> None:
    assert {key: value // 2 for key, value in LAW.row("CRM-03").parameters.items()} == LAW.row("CRM-04").parameters


def test_policy_values_are_not_numbers_of_the_law() -> None:
    for row in LAW.rows.values():
        assert not set(row.policy_parameters) & set(row.parameters), row.id
    assert "max_contacts_per_borrower" in LAW.row("MIN-04").policy_parameters
    assert "max_sms_per_day" in LAW.row("COL-FREQ-04").policy_parameters


def test_what_is_remembered_says_so() -> None:
    remembered = {row.id for row in LAW.rows.values() if row.is_from_memory}
    assert remembered == {
        "MIN-09", "EXP-02", "EXP-03", "EXP-04", "LOG-02", "STO-04", "STO-06", "DEV-02", "MNR-04", "INC-06", "INC-07",
        "AUD-08", "COL-CONT-11", "COL-OUT-04",
    }  # fmt: skip
    assert {mark for mark in Mark if mark.is_from_memory} == {mark for mark in Mark if mark.value.startswith("M-")}
    for _, basis in BASES:
        assert basis.is_from_memory == ("from memory" in basis.cite("en")) == ("凭记忆" in basis.cite("zh"))
    weak = {row.id for row in LAW.rows.values() if row.parameters_mark}
    assert weak == {"MIN-02", "MNR-04", "INC-06", "INC-07", "AUD-08"}


# --- citations ------------------------------------------------------------------------------------------------------


def force_in(citation: str) -> str:
    """Return what stands in the last brackets: force and mark."""
    return re.split(r"[(（]", citation)[-1]


def test_a_standard_is_never_called_a_law() -> None:
    soft = [basis for _, basis in BASES if basis.force in (Force.T, Force.I)]
    assert len(soft) > 30
    for basis in soft:
        assert not basis.force.is_binding
        assert not re.search(r"\b(law|regulation|rule)\b", force_in(basis.cite("en"))), basis
        assert not re.search("法律|法规|规章", force_in(basis.cite("zh"))), basis


def test_a_law_is_called_one() -> None:
    for _, basis in BASES:
        assert force_in(basis.cite("en")).startswith(basis.force.title + ", "), basis
        assert force_in(basis.cite("zh")).startswith(basis.force.title_zh + "，"), basis
        assert basis.cite("en").startswith(basis.name) and basis.cite("zh").startswith(basis.name_zh)


@pytest.mark.parametrize(
    ("row", "en", "zh"),
    [
        ("RET-01", "PIPL Art. 19 (law, read in the text)", "《个人信息保护法》第19条（法律，已核原文）"),
        ("CON-04", "PIPL Arts. 28-30 (law, read in the text)", "《个人信息保护法》第28至30条（法律，已核原文）"),
        ("MIN-04", "PIPL Arts. 13, 17, 4 (law, read in the text)", "《个人信息保护法》第13条、第17条、第4条（法律，已核原文）"),
        ("RET-05", "PIPL Art. 47 para. 2 (law, read in the text)", "《个人信息保护法》第47条第2款（法律，已核原文）"),
        ("RET-14", "CSL Art. 23(3) (law, read in the text)", "《网络安全法》第23条(3)（法律，已核原文）"),
        ("CRM-01", "Criminal Law Art. 293-1 (law, read in the text)", "《刑法》第293条之一（法律，已核原文）"),
        (
            "SHR-10",
            "JR/T 0171-2020 cl. 6.1.4.4 (recommended standard, known from a single secondary text)",
            "JR/T 0171-2020《个人金融信息保护技术规范》第6.1.4.4条（推荐性标准，据单一二手资料）",
        ),
        (
            "COL-VISIT-01",
            "CBA 2026 Art. 22 (industry self-discipline, known from secondary texts)",
            "《金融机构个人消费类贷款催收工作指引(试行)》第22条（行业自律规范，据二手资料）",
        ),
        (
            "CRM-04",
            "Interpretation Fa Shi [2017] No. 10 Art. 5(8) (judicial interpretation, read in the text)",
            "法释〔2017〕10号第5条(8)（司法解释，已核原文）",
        ),
    ],
)
def test_cite(row: str, en: str, zh: str) -> None:
    basis = LAW.row(row).basis[0]
    assert (basis.cite(), basis.cite("zh")) == (en, zh)


def test_annexes_are_cited_as_such() -> None:
    annex, appendix = LAW.row("SHR-15").basis[1], LAW.row("STO-07").basis[1]
    assert annex.cite().startswith("Audit Measures annex 7 (") and "附件第7点（" in annex.cite("zh")
    assert appendix.cite().startswith("GB/T 42460-2023 annex D (") and "附录D（" in appendix.cite("zh")


# --- looking up -----------------------------------------------------------------------------------------------------


def test_bases_of_several_rows_come_once_and_in_order() -> None:
    found = LAW.basis(("MIN-01", "RET-03", "MIN-05"))
    assert [(basis.instrument, basis.article) for basis in found] == [("PIPL", "6"), ("NDSR", "22")]
    assert LAW.basis(()) == ()


def test_an_unknown_row_is_named_with_its_neighbour() -> None:
    with pytest.raises(UsageError, match="'RET-1'; did you mean RET-"):
        LAW.row("RET-1")


def test_law_is_read_once_and_pickles() -> None:
    assert load_law() is LAW
    assert load_frameworks() is FRAMEWORKS
    assert pickle.loads(pickle.dumps(LAW)) == LAW
    assert hash(LAW.row("RET-01").basis[0]) == hash(pickle.loads(pickle.dumps(LAW.row("RET-01").basis[0])))


def test_importing_reads_nothing() -> None:
    code = "import sys; import pii_audit.policy.law; print('yaml' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


# --- frameworks -----------------------------------------------------------------------------------------------------


def numbers(article: str) -> set[str]:
    """Return the single articles that a basis names: ``28-30`` are three, ``17(1)(3)`` and ``47 para 2`` one."""
    found: set[str] = set()
    for item in article.split(", "):
        plain = re.sub(r"\(.*| para .*", "", item)
        span = re.fullmatch(r"(\d+)-(\d+)", plain)
        found |= set(map(str, range(int(span[1]), int(span[2]) + 1))) if span else {plain}
    return found


def test_frameworks_are_there() -> None:
    assert list(FRAMEWORKS) == [
        "audit-measures", "cba-2026", "gbt-45251", "jrt-0171", "ndsr", "pbc-data", "pipl",
    ]  # fmt: skip
    assert {path.stem for path in (rules_dir() / "frameworks").iterdir()} == set(FRAMEWORKS)


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_a_framework_agrees_with_the_rows(framework: Framework) -> None:
    ids = [article.id for article in framework.articles]
    assert len(set(ids)) == len(ids)
    instrument = LAW.instruments[framework.instrument]
    assert (framework.title, framework.title_zh) == (instrument.title, instrument.title_zh)
    served = {article.id: set(article.rows) for article in framework.articles}
    bases = [(row, basis) for row, basis in BASES if basis.instrument == framework.instrument]
    for row, basis in bases:
        for number in numbers(basis.article) if basis.article and basis.article not in served else {basis.article}:
            rows = served[number] if number else set().union(*served.values())
            assert row in rows, (row, basis.article)
    if framework.name != "audit-measures":  # its annex points at the rows of other instruments
        assert set().union(*served.values()) == {row for row, _ in bases}
    for article in framework.articles:
        assert article.title and article.title_zh and (article.note is None) == (article.note_zh is None)
        assert article.rows or article.note, article.id


def test_the_audit_annex_is_whole_and_says_where_no_machine_helps() -> None:
    points = {a.id: a for a in FRAMEWORKS["audit-measures"].articles if a.id.startswith("annex ")}
    assert list(points) == [f"annex {number}" for number in range(1, 28)]
    on_paper = {int(key[6:]) for key, point in points.items() if "o machine evidence" in (point.note or "")}
    assert on_paper == {1, 9, 11, 18, 22, 26, 27}


def test_a_framework_is_read_by_rows() -> None:
    found = FRAMEWORKS["pipl"].articles_of(["RET-04", "CON-03"])
    assert [article.id for article in found] == ["15", "47"]


# --- files that contradict themselves -------------------------------------------------------------------------------

GOOD = {
    "law.yml": (
        "instruments:\n  X: {title: X, title_zh: X, force: L, mark: V, binds: [bank]}\n"
        "rows:\n  A-01: {section: 1, says: A., says_zh: A。, basis: [{instrument: X, article: '1', mark: S}]}\n"
    ),
    "frameworks/x.yml": "framework: x\ninstrument: X\ntitle: X\ntitle_zh: X\narticles: [{id: '1', rows: [A-01]}]\n",
}


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str = "law.yml", old: str = "", new: str = "") -> None:
    (folder / "frameworks").mkdir()
    for file, text in GOOD.items():
        changed = text.replace(old, new) if file == name else text
        assert not old or file != name or changed != text
        (folder / file).write_text(changed, encoding="utf-8")
    monkeypatch.setattr(module, "rules_dir", lambda: folder)
    monkeypatch.setattr(module, "load_law", module.load_law.__wrapped__)
    monkeypatch.setattr(module, "load_frameworks", module.load_frameworks.__wrapped__)


def test_a_sound_file_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, monkeypatch)
    assert module.load_law().basis(["A-01"]) == (Basis("X", "1", Force.L, Mark.S, "X", "《X》"),)
    assert module.load_frameworks()["x"].articles[0].rows == ("A-01",)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("law.yml", "instrument: X", "instrument: Y", "law.yml: A-01: unknown or missing 'Y'"),
        ("law.yml", "mark: S", "mark: Q", "law.yml: A-01: 'Q' is not a valid Mark"),
        ("law.yml", "force: L", "force: Z", "law.yml: X: 'Z' is not a valid Force"),
        ("law.yml", "[bank]", "[baker]", "law.yml: X: binds unknown baker"),
        ("law.yml", "says: A.", "say: A.", "law.yml: A-01: .*'say'"),
        ("frameworks/x.yml", "[A-01]", "[A-02]", "frameworks/x.yml: unknown law row 'A-02'"),
        ("frameworks/x.yml", "instrument: X", "instrument: Y", "frameworks/x.yml: unknown or missing 'Y'"),
        ("frameworks/x.yml", "rows: ", "row: ", "frameworks/x.yml: unknown or missing 'rows'"),
    ],
)
def test_a_contradiction_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, message: str
) -> None:
    write(tmp_path, monkeypatch, name, old, new)
    with pytest.raises(DefinitionError, match=message):
        module.load_frameworks()
