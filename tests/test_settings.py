from __future__ import annotations

import dataclasses
import os
import pickle
import stat
from pathlib import Path

import pytest

from pii_audit import plugins, settings
from pii_audit.model.errors import PiiAuditError, PluginError, UsageError
from pii_audit.model.files import TEMP_PREFIX, AtomicFile, check_target, read_private, state_dir
from pii_audit.model.visible import visible
from pii_audit.settings import ScanSettings, load_config


def config(folder: Path, text: str) -> Path:
    path = folder / "pii-audit.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_config_values_and_paths(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        "min-score: 0.7\nworkers: 2\nentities: [CN_VIN, CN_QQ]\ninclude: '*.csv'\nstrict: true\nfail-on: none\n"
        "lang: zh\nreport: [json=r.json, csv=-]\nrecognizers: more.yaml\noutput: '-'\nfindings: /x/spans.parquet\n",
    )
    assert load_config(path).values == {
        "min_score": 0.7,
        "workers": 2,
        "entities": ["CN_VIN", "CN_QQ"],
        "include": ["*.csv"],
        "strict": True,
        "fail_on": "none",
        "lang": "zh",
        "report": [f"json={tmp_path}/r.json", "csv=-"],
        "recognizers": [f"{tmp_path}/more.yaml"],
        "output": "-",
        "findings": "/x/spans.parquet",
    }


def test_empty_config(tmp_path: Path) -> None:
    assert load_config(config(tmp_path, "# nothing\n")).values == {}


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    path = config(tmp_path, "min_score: 0.7\nworkers: two\nstrict: 1\nlang: fr\nworkers: 3\nreport: html\nmin-score: 7\n")
    with pytest.raises(UsageError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(f"{path}:") for line in lines] == [
        "1: unknown key 'min_score'; did you mean min-score?",
        "2: workers: must be a whole number, 0 or more",
        "3: strict: must be true or false",
        "4: lang: must be en or zh",
        "5: workers: is given twice",
        "6: report: must be format=path, or a list of them",
        "7: min-score: must be a number from 0 to 1",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a: [1\nb: 2\n", ":2: is not YAML"),
        (b"- a\n", ":1: must be a mapping"),
        (b"lang: \xff\n", "not UTF-8"),
        (b"lang: \x07\n", "is not YAML"),
        (b"? [a, b]\n: c\n", ":1: unknown key"),
        (b"lang: !!python/object:os.system x\n", ":1: lang: must be en or zh"),
    ],
)
def test_unusable_config(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=says):
        load_config(path)


def test_missing_config(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(tmp_path / "none.yaml")
    assert settings.find_config(tmp_path) is None


@pytest.mark.parametrize("bad", [{"targets": ()}, {"min_score": 1.1}, {"workers": -1}])
def test_impossible_settings(bad: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ScanSettings(**{"targets": ("x",), **bad})


def test_settings_pickle_and_digest(tmp_path: Path) -> None:
    recognizers = tmp_path / "r.yaml"
    recognizers.write_text("a")
    base = ScanSettings(targets=("x",), recognizers=(recognizers,))
    assert pickle.loads(pickle.dumps(base)) == base
    assert base.digest() == dataclasses.replace(base, targets=("y",), workers=3).digest()
    assert base.digest() != dataclasses.replace(base, min_score=0.9).digest()
    before = base.digest()
    recognizers.write_text("b")
    assert base.digest() != before


@pytest.mark.parametrize(
    ("environ", "lang"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh"}, "zh"),
    ],
)
def test_language(environ: dict[str, str], lang: str) -> None:
    assert settings.language(environ) == lang


def test_file_appears_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    file = AtomicFile(path)
    assert list(tmp_path.iterdir()) == []
    file.stream.write(b"x")
    assert [p.name.startswith(TEMP_PREFIX) for p in tmp_path.iterdir()] == [True]
    file.commit()
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
    assert path.read_bytes() == b"x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_failure_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), AtomicFile(path) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
    assert path.read_bytes() == b"old"


def test_full_disk_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with pytest.raises(PiiAuditError, match="could not be written"), AtomicFile(path) as stream:
        stream.write(b"half")
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"v")
    link = tmp_path / "link"
    file = AtomicFile(link)
    file.stream.write(b"x")
    link.symlink_to(victim)  # appears after the check
    with pytest.raises(UsageError, match="symbolic link"):
        file.commit()
    with pytest.raises(UsageError, match="symbolic link"):
        check_target(link)
    assert victim.read_bytes() == b"v"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "victim"]


def test_impossible_targets(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        check_target(tmp_path / "no" / "r.json")
    with pytest.raises(UsageError, match="regular file"):
        check_target(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="regular file"):
        check_target(tmp_path / "pipe")


def test_keys_are_private(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k")
    key.chmod(0o640)
    with pytest.raises(UsageError, match="others may read"):
        read_private(key)
    key.chmod(0o400)
    assert read_private(key) == b"k"
    with pytest.raises(UsageError, match="cannot be read"):
        read_private(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_private(tmp_path / "none")


def test_state_dir() -> None:
    assert state_dir({"XDG_STATE_HOME": "/s"}) == Path("/s/pii-audit")
    assert state_dir({"XDG_STATE_HOME": "relative"}).parts[-3:] == (".local", "state", "pii-audit")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("姓名_1 é", "姓名_1 é"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\r\t", "a\\x0ab\\x0d\\x09"),
        ("x\u202egpj", "x\\u202egpj"),
        ("\u200b\u2066\u2028", "\\u200b\\u2066\\u2028"),
        ("\x9b\x7f", "\\x9b\\x7f"),
        (os.fsdecode(b"\xff"), "\\xff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


class TestPlugins:
    def test_unknown_name_lists_the_known(self) -> None:
        with pytest.raises(PluginError, match=r"unknown name 'jsn' in reports; did you mean json\? \(known: csv, json"):
            plugins.load(plugins.REPORTS, "jsn")

    def test_two_owners(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from importlib.metadata import EntryPoint

        two = [EntryPoint("x", f"{owner}:X", plugins.REPORTS) for owner in ("one", "two")]
        monkeypatch.setattr(plugins, "_points", lambda group: {"x": tuple(two)})
        with pytest.raises(PluginError, match="two owners: one:X and two:X"):
            plugins.load(plugins.REPORTS, "x")

    def test_missing_library_names_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from importlib.metadata import EntryPoint

        point = EntryPoint("x", "no_such_library_here:X [spark]", plugins.REPORTS)
        monkeypatch.setattr(plugins, "_points", lambda group: {"x": (point,)})
        with pytest.raises(PluginError, match=r"no_such_library_here, which is not installed; install pii-audit\[spark\]"):
            plugins.load(plugins.REPORTS, "x")
