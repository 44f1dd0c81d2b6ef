"""The policies that come with the program hold every rule, each where it belongs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_audit.documents.period import Period
from pii_audit.policy.interface import Rule
from pii_audit.policy.packs import Applied, load_policy, packs
from pii_audit.policy.registry import rules

#: what rests on a value of the organisation's own, or on memory; see also the rules that are off by themselves
OFF = {"agency-violence-record", "bad-credit-kept", "biometric-with-identity", "excess-entities", "message-burst", "underage-borrower"}


def applied(*names: str) -> dict[str, Applied]:
    return dict(load_policy(names, Path()).applied)


def test_every_rule_is_in_a_pack() -> None:
    assert {entry.rule.id for entry in applied(*packs()).values()} == set(rules())


def test_only_what_rests_on_no_law_read_is_off() -> None:
    assert {name for name, entry in applied(*packs()).items() if not entry.enabled} == OFF


@pytest.mark.parametrize(
    ("pack", "entry", "kind"), [("card-bank", "recordings-declared-short", "recording_index"), ("consumer-finance", "collection-records-declared-short", "collection_log")]
)
def test_a_minimum_that_binds_some_lenders_only_is_a_pack_of_its_own(pack: str, entry: str, kind: str) -> None:
    general: Rule = applied("retention")["declared-retention-short"].rule
    assert getattr(general, kind) is None
    found = applied(pack)[entry]
    assert found.datasets == (kind,)
    assert getattr(found.rule, kind) == {"recording_index": Period(24), "collection_log": Period(60)}[kind]
