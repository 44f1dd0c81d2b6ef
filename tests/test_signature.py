"""Signatures of manifests, and the schema that manifests follow."""

from __future__ import annotations

import stat
from pathlib import Path

import jsonschema
import pytest

from pii_audit.anonymize import manifest, signature
from pii_audit.anonymize.plan import load_plan, schema
from pii_audit.exporting import export, verify
from pii_audit.model.errors import UsageError


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "loans.csv").write_text("id,mobile\n1,13812345678\n2,13912345678\n3,13712345678\n", encoding="utf-8")
    (tmp_path / "plan.yaml").write_text("default: mask\n", encoding="utf-8")
    signature.create(tmp_path / "sign.key")
    export(tmp_path / "in", load_plan(tmp_path / "plan.yaml"), tmp_path / "out", signer=signature.private(tmp_path / "sign.key"), workers=1)
    return tmp_path


def test_a_signature_holds_until_something_changes(signed: Path) -> None:
    key = signature.public(signed / "sign.key.pub")
    assert verify(signed / "out", signer=key, workers=1) == ()
    document = manifest.read(signed / "out" / manifest.NAME)
    # who can write the folder can make manifest and digests fit, but not the signature
    (signed / "out" / manifest.NAME).unlink()
    manifest.write(signed / "out" / manifest.NAME, {**document, "made": "2020-01-01T00:00:00+00:00"})
    assert verify(signed / "out", workers=1) == ()
    assert verify(signed / "out", signer=key, workers=1) == ("manifest.json.sig: is no signature of this manifest",)


def test_another_key_and_no_signature_are_told_apart(signed: Path) -> None:
    signature.create(signed / "other.key")
    assert "another key" in verify(signed / "out", signer=signature.public(signed / "other.key.pub"), workers=1)[0]
    (signed / "out" / "manifest.json.sig").unlink()
    assert "is missing" in verify(signed / "out", signer=signature.public(signed / "sign.key.pub"), workers=1)[0]
    assert verify(signed / "out", workers=1) == ()


@pytest.mark.parametrize("content", ["", "pii-audit-signature-1:", "pii-audit-signature-1:0123456789abcdef:zz", "x" * 5000])
def test_what_is_no_signature_is_none(signed: Path, content: str) -> None:
    (signed / "out" / "manifest.json.sig").write_text(content, encoding="utf-8")
    assert verify(signed / "out", signer=signature.public(signed / "sign.key.pub"), workers=1)


def test_keys_are_their_owner_s_and_not_overwritten(tmp_path: Path) -> None:
    signature.create(tmp_path / "a.key")
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="exists"):
        signature.create(tmp_path / "a.key")
    with pytest.raises(UsageError, match="holds no public key"):
        signature.public(tmp_path / "a.key")
    with pytest.raises(UsageError, match="holds no private key"):
        signature.private(tmp_path / "a.key.pub")
    (tmp_path / "a.key").chmod(0o644)
    with pytest.raises(UsageError, match="others may read"):
        signature.private(tmp_path / "a.key")


def test_manifests_follow_their_schema(signed: Path) -> None:
    checker = jsonschema.Draft202012Validator(manifest.schema())
    document = manifest.read(signed / "out" / manifest.NAME)
    checker.validate(document)
    assert not checker.is_valid({**document, "value": "13812345678"})
    jsonschema.Draft202012Validator.check_schema(schema())
