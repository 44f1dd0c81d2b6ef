"""Keys: derived as RFC 5869 says, read only from files of their owner, shown nowhere, made once."""

from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from pii_audit.anonymize.keys import PREFIX, Key, create, from_environment, load, parse
from pii_audit.cli.program import program, run
from pii_audit.model.errors import UsageError

SECRET = bytes(range(32))
HEX = SECRET.hex()


@given(secret=st.binary(min_size=16, max_size=64), recipient=st.text(max_size=10), purpose=st.text(max_size=20), length=st.integers(1, 255))
def test_derivation_is_hkdf(secret: bytes, recipient: str, purpose: str, length: int) -> None:
    info = f"{recipient}\0{purpose}".encode()
    wanted = HKDF(hashes.SHA256(), length, b"pii-audit", info).derive(secret)
    assert Key.of(secret, recipient).derive(purpose, length) == wanted


def test_recipients_purposes_and_secrets_derive_differently() -> None:
    key = Key.of(SECRET)
    derived = [
        key.derive("hash"), key.derive("fpe"), key.for_recipient("a").derive("hash"), key.for_recipient("b").derive("hash"),
        Key.of(SECRET[::-1]).derive("hash"),
    ]  # fmt: skip
    assert len(set(derived)) == len(derived)
    assert key.for_recipient("a") == Key.of(SECRET, "a") and key.for_recipient("a").id == key.id


def test_the_id_names_the_key_and_says_nothing_else() -> None:
    assert Key.of(SECRET).id == Key.of(SECRET, "recipient").id != Key.of(SECRET[::-1]).id
    assert len(Key.of(SECRET).id) == 16 and Key.of(SECRET).id not in HEX


def test_nothing_shows_the_secret() -> None:
    key = Key.of(SECRET, "agency")
    for shown in (repr(key), str(key), f"{key}", repr([key]), repr({"key": key})):
        assert HEX not in shown and repr(SECRET)[2:-1] not in shown
        assert key.id in shown


def test_pickling_for_workers() -> None:
    key = Key.of(SECRET, "agency")
    again = pickle.loads(pickle.dumps(key))
    assert again == key and again.derive("x") == key.derive("x")


def test_short_secrets_are_refused() -> None:
    with pytest.raises(UsageError, match="16 bytes"):
        Key.of(bytes(15))


def test_create_and_load(tmp_path: Path) -> None:
    path = tmp_path / "export.key"
    made = create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(path) == made
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists"):
        create(path)
    assert path.read_bytes() == before
    assert create(tmp_path / "other.key").id != made.id
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o622, 0o610])
def test_files_that_others_may_use_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "export.key"
    create(path)
    path.chmod(mode)
    with pytest.raises(UsageError, match="chmod 600"):
        load(path)
    path.chmod(0o400)
    assert load(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UsageError):
            load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", HEX.encode(), f"{PREFIX}{HEX[:-2]}".encode(), f"{PREFIX}{HEX}00".encode(), f"{PREFIX}{HEX[:-1]}g".encode(),
        f"pii-audit-key-2:{HEX}".encode(), f"{PREFIX}{HEX}\n{PREFIX}{HEX}".encode(), b"\xff\xfe", f"{PREFIX}".encode(),
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused_without_showing_it(content: bytes) -> None:
    with pytest.raises(UsageError, match="holds no key") as caught:
        parse(content, "export.key")
    assert HEX[:16] not in str(caught.value)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_KEY", f"{PREFIX}{HEX}")
    assert from_environment("EXPORT_KEY") == Key.of(SECRET)
    monkeypatch.setenv("EXPORT_KEY", HEX)
    for variable in ("EXPORT_KEY", "ABSENT_KEY"):
        with pytest.raises(UsageError, match=variable) as caught:
            from_environment(variable)
        assert HEX not in str(caught.value)


# -- pii-audit key new -------------------------------------------------------------------------------------------------------


def test_key_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "export.key"
    assert run(program, ["key", "new", "--out", str(path)], "pii-audit") == 0
    out, err = capsys.readouterr()
    assert out == f"{load(path).id}\n" and err == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert run(program, ["key", "new", "--out", str(path)], "pii-audit") == 2
    out, err = capsys.readouterr()
    assert out == "" and "exists" in err and "unrestorable" in err
    assert path.read_bytes() == before


def test_key_new_wants_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(program, ["key", "new"], "pii-audit") == 2
    assert run(program, ["key", "new", "--out", str(tmp_path / "absent" / "export.key")], "pii-audit") == 2
    assert "does not exist" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_of_key() -> None:
    from pii_audit.cli.key import command

    shown = CliRunner().invoke(command, ["new", "--help"]).output
    assert "--out" in shown and "only its owner can read" in shown
