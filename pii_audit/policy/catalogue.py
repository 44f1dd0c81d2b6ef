"""The catalogue (``audit.yaml``): which data an organisation has, whose, what for, under what terms, who receives them.

It is also the record of processing activities that PIPL 55 and 56 ask for, as far as one file can be.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import unicodedata
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pii_audit.documents.fields import (
    DATE,
    FLAG,
    PERIOD,
    TEXT,
    TEXTS,
    WHOLE,
    Choice,
    Field,
    Kind,
    Many,
    Mapped,
    PolicyError,
    Reading,
    Record,
    Text,
    compose,
    items,
    scalar,
    unknown,
)
from pii_audit.documents.period import Period
from pii_audit.entities import installed
from pii_audit.model.visible import visible
from pii_audit.policy.roles import BEIJING, ROLES

CATALOGUE_NAME = "audit.yaml"

#: kind of dataset → (title, Chinese title)
KINDS: Mapping[str, tuple[str, str]] = {
    "loan_book": ("loan book", "贷款台账"),
    "borrower_master": ("borrower master", "客户主档"),
    "repayments": ("repayments and transactions", "还款与交易记录"),
    "contacts": ("contacts of borrowers", "联系人信息"),
    "collection_log": ("collection log: calls, messages, visits", "催收记录"),
    "recording_index": ("index of call recordings", "录音索引"),
    "message_log": ("messages sent", "短信与消息记录"),
    "application_log": ("log of a program or network", "应用日志"),
    "processing_log": ("log of processing of business data", "数据处理活动日志"),
    "outbound": ("files that go to a recipient", "对外提供文件"),
    "backup": ("backup or archive", "备份与归档"),
    "test_data": ("development and test data", "开发测试数据"),
    "export": ("exports and reports inside the house", "内部导出与报表"),
    "published": ("what is public", "公开内容"),
    "credit_reports": ("credit reports", "征信报告"),
    "configuration": ("configuration", "配置文件"),
    "other": ("anything else", "其他"),
    # registers
    "sharing_log": ("register of sharing", "对外提供登记"),
    "staff": ("register of collectors and their training", "催收人员与培训登记"),
    "agencies": ("register of agencies", "催收机构名单"),
    "agency_reviews": ("register of agency reviews", "机构评估登记"),
    "complaints": ("register of complaints", "投诉登记"),
    "consents": ("register of consents", "同意登记"),
    "pipia": ("register of impact assessments", "个人信息保护影响评估登记"),
    "deletion_records": ("register of deletions", "删除登记"),
    "rights_requests": ("register of requests of data subjects", "权利请求登记"),
    "incidents": ("register of incidents", "安全事件登记"),
}
REGISTERS = frozenset(list(KINDS)[list(KINDS).index("sharing_log") :])
#: PIPL 13(1)
LEGAL_BASES = (
    "consent", "contract", "legal_duty", "public_health_or_emergency", "news_or_public_interest", "already_public", "other_law",
)  # fmt: skip
ENVIRONMENTS = ("production", "test", "development", "archive", "endpoint", "removable", "public")
ORGANISATIONS = ("bank", "consumer_finance", "micro_loan", "platform", "agency", "credit_bureau", "other")
RECIPIENTS = ("agency", "bureau", "cloud", "affiliate", "vendor", "regulator", "other")


class _Zone(Kind):
    expected = "a time zone without daylight saving, such as Asia/Shanghai, UTC or +08:00"

    def parse(self, raw: str) -> int | None:
        """Return minutes ahead of UTC."""
        if found := Text(r"[+-](0[0-9]|1[0-4]):[0-5][0-9]").parse(raw):
            minutes = int(found[1:3]) * 60 + int(found[4:6])
            return -minutes if found[0] == "-" else minutes
        try:
            zone = zoneinfo.ZoneInfo(raw)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return None
        offsets = {zone.utcoffset(dt.datetime(2000 + year, month, 1)) for year in range(40) for month in (1, 7)}
        (offset,) = offsets if len(offsets) == 1 else (None,)
        return None if offset is None else int(offset.total_seconds()) // 60


ENTITY_TYPES = Many(Choice(lambda: tuple(entity.name for entity in installed()), "entity type"))
_ROLE = Choice(tuple(ROLES), "role")


class _Values(Kind):
    """Role → value as written → word of the role."""

    expected = "a mapping of roles to mappings"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> dict[str, dict[str, str]]:
        found = {}
        for name, key, value in items(node, path, reading):
            if _ROLE.read(key, path, reading) is None:
                continue
            if not ROLES[name].words:
                reading.mistake(key, f"{path}.{name}", "this role has no words")
            elif (words := self._words(name).read(value, f"{path}.{name}", reading)) is not None:
                found[name] = words
        return found

    def _words(self, role: str) -> Mapped:
        return Mapped(Choice(tuple(ROLES[role].words or ()), "word"))

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "properties": {name: self._words(name).schema() for name in ROLES if ROLES[name].words}}


_RETENTION = Record(
    {
        "keep": Field(PERIOD, "how long it is kept", True),
        "dated_by": Field(_ROLE, "role of the date from which the period runs"),
        "min": Field(PERIOD, "how long a law demands that it is kept; it wins over keep"),
        "law": Field(TEXTS, "law that sets the minimum"),
    }
)


class _RetentionKind(Kind):
    """A period alone, or a mapping."""

    expected = "a period, or a mapping with keep"

    def read(self, node: yaml.Node, path: str, reading: Reading) -> Retention | None:
        if isinstance(node, yaml.ScalarNode):
            keep = PERIOD.read(node, path, reading)
            return Retention(keep) if keep else None
        found = _RETENTION.read(node, path, reading)
        return Retention(found["keep"], found.get("dated_by"), found.get("min"), tuple(found.get("law", ()))) if found and "keep" in found else None

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [PERIOD.schema(), _RETENTION.schema()]}


class _Target(Text):
    def parse(self, raw: str) -> str | None:
        return None if raw == "-" or "\0" in raw or re.match(r"[a-zA-Z][a-zA-Z0-9+.\-]*://[^/]*:[^/]*@", raw) else raw


_TARGET = _Target(expected="a file, folder, pattern or address; standard input is none, and an address must not hold a password")
_COUNTRY = Text("[A-Z]{2}", "a country in two capital letters, such as CN")
_DATASET = {
    "paths": Field(Many(_TARGET, 1), "files, folders or patterns, relative to the catalogue", True),
    "kind": Field(Choice(tuple(KINDS), "kind"), "what kind of dataset it is", True),
    "owner": Field(TEXT, "who answers for it"),
    "system": Field(TEXT, "system it comes from"),
    "purpose": Field(TEXT, "purpose of processing (PIPL 6, 17)"),
    "legal_basis": Field(Choice(LEGAL_BASES, "legal basis"), "one of the seven of PIPL 13"),
    "data_subjects": Field(TEXTS, "whose data they are"),
    "retention": Field(_RetentionKind(), "retention period (PIPL 17, 19)"),
    "since": Field(DATE, "when the system began to write it"),
    "region": Field(_COUNTRY, "country where it is stored (ISO 3166-1)"),
    "environment": Field(Choice(ENVIRONMENTS, "environment"), "where it lies"),
    "encryption": Field(Choice(("none", "at_rest", "field"), "way of encryption"), "how it is encrypted where it lies"),
    "access_roles": Field(TEXTS, "roles that may read it"),
    "recipient": Field(TEXT, "recipient it goes to or lies with"),
    "entities": Field(ENTITY_TYPES, "entity types it is meant to hold"),
    "sensitive": Field(FLAG, "marked as highly sensitive in the classification"),
    "separate_consent": Field(FLAG, "separate consent was obtained (PIPL 29)"),
    "pipia": Field(TEXT, "id of the impact assessment (PIPL 55)"),
    "automated_decision": Field(FLAG, "it feeds decisions made by machines (PIPL 24)"),
    "masking_approved": Field(FLAG, "use in test was approved and its environment is protected like production"),
    "archived_on": Field(DATE, "since when it is only stored (PIPL 47)"),
    "reviewed_on": Field(DATE, "last review"),
    "purpose_changed_on": Field(DATE, "last change of purpose, method or categories (PIPL 14)"),
    "consent_renewed_on": Field(DATE, "when consent was obtained anew"),
    "timezone": Field(_Zone(), "zone of times that name none (default: Beijing)"),
    "binding": Field(Mapped(TEXT, _ROLE), "role → column"),
    "values": Field(_Values(), "role → value as written → word of the role"),
    "guess": Field(FLAG, "false: bind no column by its header"),
}
_RECIPIENT = {
    "name": Field(TEXT, "name"),
    "type": Field(Choice(RECIPIENTS, "type of recipient"), "what it is", True),
    "country": Field(_COUNTRY, "country (ISO 3166-1)"),
    "contract": Field(TEXT, "number of the contract"),
    "contract_from": Field(DATE, "first day of the contract"),
    "contract_until": Field(DATE, "last day of the contract"),
    "contract_states": Field(Many(Choice(("purpose", "period", "method", "types", "measures", "duties", "storage_period", "onward"), "particular")), "what the contract states (PIPL 21, PBC Data 21)"),
    "purposes": Field(TEXTS, "purposes the contract covers"),
    "permitted": Field(ENTITY_TYPES, "entity types it may receive"),
    "relation": Field(Choice(("entrusted", "handler", "joint"), "relation"), "entrusted party, another handler, or joint handler"),
    "agreement": Field(TEXT, "number of the agreement between joint handlers (PIPL 20)"),
    "onward": Field(Many(TEXT), "to whom it passes data on"),
    "onward_consent": Field(FLAG, "the lender agreed to that"),
    "reviewed_on": Field(DATE, "last evaluation"),
    "violence_record": Field(FLAG, "record of violent collection"),
    "licensed": Field(FLAG, "licensed for credit-information services"),
    "route": Field(Choice(("assessment", "standard_contract", "certification"), "route"), "route of export"),
    "route_on": Field(DATE, "when the assessment passed, or the contract was filed"),
    "destroyed_on": Field(DATE, "when it returned or destroyed the data"),
}
_ORGANISATION = {
    "name": Field(TEXT, "name"),
    "kind": Field(Choice(ORGANISATIONS, "kind of organisation"), "decides which instruments bind it", True),
    "persons": Field(WHOLE, "data subjects whose personal information it processes"),
    "critical": Field(FLAG, "operator of critical information infrastructure"),
    "officer": Field(TEXT, "personal information protection officer"),
    "last_audit": Field(DATE, "last compliance audit"),
    "last_minors_audit": Field(DATE, "last audit of minors' personal information"),
    "last_drill": Field(DATE, "last incident drill"),
    "catalogue_reviewed_on": Field(DATE, "last review of this catalogue"),
    "complaint_channel": Field(TEXT, "where complaints are received"),
    "auditors": Field(TEXTS, "who made the last audits, latest first"),
}
_EXEMPTION = Record(
    {
        "rule": Field(TEXT, "id of the rule", True),
        "dataset": Field(TEXT, "dataset"),
        "source": Field(TEXT, "pattern of files"),
        "owner": Field(TEXT, "who accepted it", True),
        "reason": Field(TEXT, "why", True),
        "expires": Field(DATE, "last day on which it holds", True),
    }
)


class _ExemptionKind(Kind):
    """An accepted violation."""

    expected = _EXEMPTION.expected

    def read(self, node: yaml.Node, path: str, reading: Reading) -> AcceptedViolation | None:
        found = _EXEMPTION.read(node, path, reading)
        whole = found is not None and all(name in found for name, known in _EXEMPTION.fields.items() if known.required)
        if not (found and whole and isinstance(node, yaml.MappingNode)):
            return None
        places = {scalar(key) or "": f"{reading.at(value)}: {path}.{scalar(key)}" for key, value in node.value}
        return AcceptedViolation(**{"dataset": None, "source": None, **found}, places=places)

    def schema(self) -> dict[str, Any]:
        return _EXEMPTION.schema()


EXEMPTIONS = Many(_ExemptionKind())
_NAME = Text(r"[A-Za-z0-9_\-.\u4e00-\u9fff]{1,64}", "a name of letters, digits, _, - and ., 64 at most")
CATALOGUE = Record(
    {
        "version": Field(Choice(("1",), "version"), "version of the format: 1"),
        "organisation": Field(Record(_ORGANISATION), "who is audited", True),
        "as_of": Field(DATE, "day as of which it is judged (default: today in Beijing)"),
        "policies": Field(Many(TEXT, 1), "policies to apply: names of packs, or files", True),
        "datasets": Field(Mapped(Record(_DATASET), _NAME, least=1), "datasets by name", True),
        "recipients": Field(Mapped(Record(_RECIPIENT), _NAME), "recipients by id"),
        "exemptions": Field(EXEMPTIONS, "accepted violations"),
    }
)


@dataclass(frozen=True)
class Retention:
    """How long a dataset is kept, from which date, and what a law demands at least."""

    keep: Period
    dated_by: str | None = None
    minimum: Period | None = None
    law: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.keep)


@dataclass(frozen=True)
class Dataset:
    """One dataset. ``facts`` holds what the catalogue says of it beside the fields here."""

    name: str
    kind: str
    paths: tuple[str, ...]
    retention: Retention | None
    binding: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    offset: int
    guess: bool
    facts: Mapping[str, Any]
    place: str                       #: ``audit.yaml:12``

    @property
    def owner(self) -> str | None:
        return self.facts.get("owner")


@dataclass(frozen=True)
class Recipient:
    """Who receives data."""

    name: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class AcceptedViolation:
    """An exemption as the catalogue or a policy words it."""

    rule: str
    dataset: str | None
    source: str | None
    owner: str
    reason: str
    expires: dt.date
    places: Mapping[str, str] = field(compare=False)  #: key → ``audit.yaml:12: exemptions[0].rule``


@dataclass(frozen=True)
class Catalogue:
    """A catalogue that was read and checked."""

    path: Path
    shown: str
    organisation: Mapping[str, Any]
    as_of: dt.date
    policies: tuple[str, ...]
    datasets: Mapping[str, Dataset]
    recipients: Mapping[str, Recipient]
    exemptions: tuple[AcceptedViolation, ...] = field(default=())

    @property
    def folder(self) -> Path:
        return self.path.parent

    def targets(self, dataset: Dataset) -> tuple[str, ...]:
        """Return the paths of a dataset as they are reached from the current folder."""
        found = (path if "://" in path else os.path.normpath(os.path.join(self.folder, path)) for path in dataset.paths)
        return tuple("./-" if path == "-" else path for path in found)  # a file of that name, not standard input


def load_catalogue(path: Path, today: dt.date | None = None) -> Catalogue:
    """Return the catalogue of a file. Raises PolicyError with every mistake in it."""
    shown = visible(str(path))
    reading, root = compose(path, shown)
    found = CATALOGUE.read(root, "", reading) or {}
    recipients = {name: Recipient(name, facts) for name, facts in found.get("recipients", {}).items()}
    for name, recipient in recipients.items():
        first, last = recipient.facts.get("contract_from"), recipient.facts.get("contract_until")
        if first and last and last < first:
            key = _key(root, "recipients", name, "contract_until")
            reading.mistake(key, f"recipients.{name}.contract_until", f"lies before contract_from ({first})")
    _refuse_doubles(recipients, root, reading)
    datasets = {}
    for name, facts in found.get("datasets", {}).items():
        recipient = facts.get("recipient")
        if recipient is not None and recipient not in recipients:
            reading.mistake(_key(root, "datasets", name, "recipient"), f"datasets.{name}.recipient", unknown("recipient", recipient, recipients))
        if "kind" in facts and "paths" in facts:
            datasets[name] = Dataset(
                name=name,
                kind=facts["kind"],
                paths=facts["paths"],
                retention=facts.get("retention"),
                binding=facts.get("binding", {}),
                values=facts.get("values", {}),
                offset=facts.get("timezone", BEIJING),
                guess=facts.get("guess", True),
                facts=facts,
                place=reading.at(_key(root, "datasets", name)),
            )
    reading.done()
    return Catalogue(
        path=path,
        shown=shown,
        organisation=found["organisation"],
        as_of=found.get("as_of") or today or dt.datetime.now(dt.timezone(dt.timedelta(minutes=BEIJING))).date(),
        policies=found["policies"],
        datasets=datasets,
        recipients=recipients,
        exemptions=found.get("exemptions", ()),
    )


def _refuse_doubles(recipients: Mapping[str, Recipient], root: yaml.Node, reading: Reading) -> None:
    """Note recipients that a register, which names them by id or name, could not tell apart."""
    owner: dict[str, str] = {}
    for name in recipients:
        if (other := owner.setdefault(_as_key(name), name)) != name:
            reading.mistake(_key(root, "recipients", name), f"recipients.{name}", f"registers could not tell it from {other}")
    for name, recipient in recipients.items():
        called = recipient.facts.get("name")
        if called is not None and (other := owner.setdefault(_as_key(called), name)) != name:
            reading.mistake(_key(root, "recipients", name, "name"), f"recipients.{name}.name", f"registers could not tell it from {other}")


def _as_key(text: str) -> str:
    # as roles.key folds what registers hold
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()


def policies_of(path: Path) -> tuple[tuple[str, ...], str]:
    """Return the policies that a catalogue names, whatever is wrong with the rest of it, and the place that names them."""
    try:
        reading, root = compose(path, visible(str(path)))
    except PolicyError:
        return (), ""
    named = [(reading.at(key), value) for key, value in root.value if scalar(key) == "policies"]
    return (TEXTS.read(named[0][1], "policies", reading) or (), f"{named[0][0]}: policies: ") if named else ((), "")


def _key(node: yaml.Node, *path: str) -> yaml.Node:
    """Return the key at the end of a path that is there."""
    for name in path:
        key, node = next((key, value) for key, value in node.value if scalar(key) == name)
    return key  # type: ignore[no-any-return]
