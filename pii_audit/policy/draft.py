"""A catalogue in draft: what a folder shows of its datasets, and what only people can say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from pii_audit.policy.catalogue import REGISTERS
from pii_audit.policy.interface import ROWS
from pii_audit.policy.registry import rules
from pii_audit.policy.roles import ROLES, guess

#: kind → roles that its table has, at least; the first that fits wins, the more telling before the less
_BY_ROLES: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (kind, frozenset(roles.split()))
    for kind, roles in (
        ("sharing_log", "recipient shared_on"),
        ("deletion_records", "deleted_on due_on"),
        ("consents", "given_on withdrawn_on"),
        ("agency_reviews", "agency reviewed_on"),
        ("agencies", "agency on_list"),
        ("staff", "agent exam_on"),
        ("staff", "agent trained_on"),
        ("pipia", "assessed_on"),
        ("complaints", "received_on answered_on complaint_source"),
        ("rights_requests", "received_on answered_on"),
        ("collection_log", "event_time target_number"),
        ("collection_log", "event_time channel"),
        ("loan_book", "loan opened_on"),
        ("loan_book", "loan closed_on"),
        ("contacts", "borrower contact_number"),
    )
)
#: kind → words in a path
_BY_NAME: tuple[tuple[str, str], ...] = (
    ("backup", r"backup|bak\b|archive|备份|归档"),
    ("test_data", r"\btest|\bdev\b|fixture|mock|测试"),
    ("outbound", r"outbox|outbound|to_agency|委外|外发|对外"),
    ("published", r"public\b|www|公开|公示"),
    ("credit_reports", r"credit.?report|征信"),
    ("export", r"export|report|导出|报表"),
)
_LOG = re.compile(r"\.log\b|log[-_.]?\d|/logs?/|\.out\b", re.IGNORECASE)
_CONFIGURATION = re.compile(r"\.(properties|ini|conf|cfg|env|toml)$", re.IGNORECASE)


@dataclass(frozen=True)
class Seen:
    """One file: its path, whether its first table is lines of text, its headers, the entity types in it."""

    path: str
    text: bool
    headers: tuple[str, ...]
    entities: tuple[str, ...]


def kind_of(seen: Seen) -> str:
    """Return the kind of dataset that a file looks like, ``other`` if it looks like none."""
    lowered = seen.path.lower()
    if seen.text or not seen.headers or _LOG.search(lowered):
        by_roles = None
    else:
        roles = set(guess(seen.headers, ROLES))
        by_roles = next((kind for kind, wanted in _BY_ROLES if wanted <= roles), None)
    if by_roles in REGISTERS:
        return by_roles
    if by_name := next((kind for kind, words in _BY_NAME if re.search(words, lowered)), None):
        return by_name
    known = {"PERSON", "CN_RESIDENT_ID"} <= set(seen.entities)
    if by_roles == "contacts" and known:
        return "borrower_master"
    if by_roles:
        return by_roles
    if _CONFIGURATION.search(lowered):
        return "configuration"
    if _LOG.search(lowered):
        return "application_log"
    if "CONTACT_LIST" in seen.entities:
        return "contacts"
    return "borrower_master" if known and seen.headers else "other"


def _roles_of(kind: str) -> tuple[str, ...]:
    """Return the roles that some rule asks of this kind."""
    asked = (r for rule in rules().values() for r in rule.reads if r.relation == ROWS and kind in (r.kinds or (kind,)))
    return tuple(dict.fromkeys(role for reads in asked for role in (*reads.needs, *reads.uses)))


def draft(files: Iterable[Seen], title: str) -> str:
    """Return the YAML of a catalogue with one dataset per kind, folder and set of headers."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Seen]] = {}
    for seen in files:
        groups.setdefault((str(PurePosixPath(seen.path).parent), kind_of(seen), seen.headers), []).append(seen)
    names: dict[str, int] = {}
    lines = [
        f"# Draft of the catalogue of {title}. Lines with ??? ask for what only people know; nothing below is judged",
        "# before it is right. See: pii-audit policy schema catalogue",
        "organisation:",
        "  kind: other  # ??? bank, consumer_finance, micro_loan, platform, agency or credit_bureau",
        "policies: [baseline, retention, sharing, exposure, minimisation, collection]",
        "datasets:",
    ]
    for (_, kind, headers), group in groups.items():
        base = re.sub(r"[^A-Za-z0-9\u4e00-\u9fff]+", "_", PurePosixPath(group[0].path).name.split(".")[0]).strip("_") if len(group) == 1 else kind
        base = (base or kind)[:48]
        names[base] = names.get(base, 0) + 1
        name = base if names[base] == 1 else f"{base}_{names[base]}"
        entities = sorted({entity for seen in group for entity in seen.entities})
        lines += [f"  {name}:", f"    paths: {_flow([seen.path for seen in group])}", f"    kind: {kind}"]
        lines += ["    # ??? owner, system, purpose, legal_basis, retention, environment, encryption, access_roles"]
        if kind == "outbound":
            lines.append("    # ??? recipient: one of recipients below")
        if entities:
            lines.append(f"    # found here: {', '.join(entities)}; list under entities what belongs here")
        if binding := guess(headers, _roles_of(kind)):
            lines.append(f"    binding: {_flow(binding)}")
    lines += ["# ??? recipients: {AG01: {type: agency, country: CN, contract: …, contract_until: …, permitted: […]}}", ""]
    return "\n".join(lines)


def _flow(value: list[str] | Mapping[str, str]) -> str:
    plain = value if isinstance(value, list) else dict(value)
    return yaml.safe_dump(plain, allow_unicode=True, default_flow_style=True, width=1 << 20, sort_keys=False).strip()
