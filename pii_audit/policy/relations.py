"""The relations made from the catalogue and the scan: their columns, and how they are filled."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pii_audit.entities import installed
from pii_audit.model.entity import Role, Sensitivity
from pii_audit.model.finding import Finding, MaskedCount
from pii_audit.policy.catalogue import Catalogue, Dataset, Retention

_DATASET_FACTS = {
    "owner": pa.string(), "system": pa.string(), "purpose": pa.string(), "legal_basis": pa.string(),
    "since": pa.date32(), "region": pa.string(), "environment": pa.string(), "encryption": pa.string(),
    "recipient": pa.string(), "sensitive": pa.bool_(), "separate_consent": pa.bool_(), "pipia": pa.string(),
    "automated_decision": pa.bool_(), "masking_approved": pa.bool_(), "archived_on": pa.date32(),
    "reviewed_on": pa.date32(), "purpose_changed_on": pa.date32(), "consent_renewed_on": pa.date32(),
}  # fmt: skip
#: kind of dataset → where such data lie if the catalogue does not say
_IMPLIED = {"test_data": "test", "published": "public"}
_KEEP = {
    "keep_until_from": pa.string(), "keep_months": pa.int64(), "keep_days": pa.int64(),
    "min_months": pa.int64(), "min_days": pa.int64(),
}  # fmt: skip

#: one row per dataset; ``exposed``/``masked``: values found; ``files``: files; ``access_roles``: roles named (null: not declared)
DATASETS = pa.schema(
    {
        "dataset": pa.string(), "kind": pa.string(), **_DATASET_FACTS, **_KEEP,
        "access_roles": pa.int64(), "declared_entities": pa.int64(), "files": pa.int64(), "exposed": pa.int64(), "masked": pa.int64(),
        "sensitive_found": pa.bool_(),
    }
)  # fmt: skip
#: one row per finding: exposed values of one entity type in one column
FINDINGS = pa.schema(
    {
        "dataset": pa.string(), "kind": pa.string(), **_DATASET_FACTS,
        "source": pa.string(), "column": pa.string(), "entity_type": pa.string(),
        "hits": pa.int64(), "distinct_hits": pa.int64(), "cells": pa.int64(), "filled": pa.int64(),
        "sensitivity": pa.int64(),         # 1 low, 2 medium, 3 high
        "jrt_class": pa.string(),          # C1, C2, C3 (JR/T 0171)
        "sensitive_pi": pa.bool_(),        # listed as sensitive by GB/T 45574
        "direct": pa.bool_(),              # direct identifier
        "declared": pa.bool_(),            # the catalogue lists it; null where it lists nothing
        "pattern": pa.string(),            # column, embedded, rare, structure, name
        "subjects": pa.int64(), "third_persons": pa.int64(),
    }
)  # fmt: skip
#: one row per count of masked values
MASKED = pa.schema({"dataset": pa.string(), "kind": pa.string(), "source": pa.string(), "column": pa.string(), "entity_type": pa.string(), "hits": pa.int64()})
#: one row per file of a dataset; ``others_read``: readable by everybody on the host; ``dated_from`` and ``dated``: first and last
#: day of the period in its name or partition; ``latest``: no content is younger (``dated``, else ``modified``)
FILES = pa.schema(
    {
        "dataset": pa.string(), "kind": pa.string(), **_DATASET_FACTS, **_KEEP,
        "source": pa.string(), "bytes": pa.int64(), "others_read": pa.bool_(), "modified": pa.date32(),
        "dated_from": pa.date32(), "dated": pa.date32(), "latest": pa.date32(),
        "exposed": pa.int64(),
    }
)  # fmt: skip
RECIPIENTS = pa.schema(
    {
        "dataset": pa.string(),            # the recipient's id: where its violations lie
        "recipient": pa.string(), "type": pa.string(), "country": pa.string(), "contract": pa.string(),
        "contract_from": pa.date32(), "contract_until": pa.date32(), "contract_states": pa.list_(pa.string()), "purposes": pa.list_(pa.string()),
        "relation": pa.string(), "agreement": pa.string(), "onward": pa.int64(), "onward_consent": pa.bool_(), "reviewed_on": pa.date32(),
        "violence_record": pa.bool_(), "licensed": pa.bool_(), "route": pa.string(), "route_on": pa.date32(), "destroyed_on": pa.date32(),
        "permitted": pa.int64(),           # entity types that it may receive (null: not declared)
        "datasets": pa.int64(),            # datasets of the catalogue that go to it
    }
)  # fmt: skip
PERMITTED = pa.schema({"recipient": pa.string(), "entity_type": pa.string()})
ORGANISATION = pa.schema(
    {
        "dataset": pa.string(),            # always «-»
        "kind": pa.string(), "persons": pa.int64(), "critical": pa.bool_(), "officer": pa.string(), "last_audit": pa.date32(),
        "last_minors_audit": pa.date32(), "last_drill": pa.date32(), "catalogue_reviewed_on": pa.date32(), "complaint_channel": pa.string(),
        "same_auditor": pa.int64(),        # how often in a row the latest auditor made the audit; null: not declared
        "largest_dataset": pa.int64(),     # distinct values of the most frequent direct identifier found
    }
)  # fmt: skip
SCHEMAS: Mapping[str, pa.Schema] = {
    "datasets": DATASETS, "findings": FINDINGS, "masked": MASKED, "files": FILES,
    "recipients": RECIPIENTS, "permitted": PERMITTED, "organisation": ORGANISATION,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of one file without reading it."""

    dataset: str
    source: str
    bytes: int | None
    mode: int | None
    modified: dt.date | None


def fill(
    catalogue: Catalogue,
    findings: Iterable[tuple[str, Finding]],
    masked: Iterable[tuple[str, MaskedCount]],
    files: Iterable[FileFacts],
) -> dict[str, pa.Table]:
    """Return every relation. Findings come with the dataset they lie in."""
    findings, masked, files = list(findings), list(masked), list(files)
    known = {entity.name: entity for entity in installed()}
    facts = {name: _facts(dataset) for name, dataset in catalogue.datasets.items()}
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    exposed_by_file: dict[tuple[str, str], int] = {}
    for name, finding in findings:
        entity = known.get(finding.entity_type)
        declared = catalogue.datasets[name].facts.get("entities")
        category = entity.category if entity else None
        file = finding.source.split("!")[0]
        exposed_by_file[name, file] = exposed_by_file.get((name, file), 0) + finding.count
        tables["findings"].append(
            facts[name]
            | {
                "source": finding.source, "column": finding.column, "entity_type": finding.entity_type,
                "hits": finding.count, "distinct_hits": finding.distinct, "cells": finding.cells, "filled": finding.values,
                "sensitivity": int(finding.sensitivity), "pattern": finding.pattern,
                "jrt_class": category.jrt0171.value[:2] if category and category.jrt0171 else None,
                "sensitive_pi": bool(category and category.gbt45574 and category.gbt45574.value.startswith("yes")),
                "direct": bool(entity and entity.role is Role.DIRECT_IDENTIFIER),
                "declared": None if declared is None else finding.entity_type in declared,
                "subjects": finding.subjects, "third_persons": finding.third_persons,
            }
        )  # fmt: skip
    for name, count in masked:
        tables["masked"].append(facts[name] | {"source": count.source, "column": count.column, "entity_type": count.entity_type, "hits": count.count})
    for file_ in files:
        dated_from, dated = period_in_name(file_.source) or (None, None)
        tables["files"].append(
            facts[file_.dataset]
            | {
                "source": file_.source, "bytes": file_.bytes, "modified": file_.modified,
                "dated_from": dated_from, "dated": dated, "latest": dated or file_.modified,
                "others_read": None if file_.mode is None else bool(file_.mode & 0o004),
                "exposed": exposed_by_file.get((file_.dataset, file_.source), 0),
            }
        )  # fmt: skip
    for name, dataset in catalogue.datasets.items():
        own = [finding for owner, finding in findings if owner == name]
        roles, declared = dataset.facts.get("access_roles"), dataset.facts.get("entities")
        tables["datasets"].append(
            facts[name]
            | {
                "access_roles": None if roles is None else len(roles),
                "declared_entities": None if declared is None else len(declared),
                "files": sum(file_.dataset == name for file_ in files),
                "exposed": sum(finding.count for finding in own),
                "masked": sum(count.count for owner, count in masked if owner == name),
                "sensitive_found": any(finding.sensitivity >= Sensitivity.HIGH for finding in own),
            }
        )  # fmt: skip
    for name, recipient in catalogue.recipients.items():
        row = dict(recipient.facts)
        onward = row.get("onward")
        tables["recipients"].append(
            row
            | {
                "dataset": name, "recipient": name,
                "onward": None if onward is None else len(onward),
                "permitted": len(row["permitted"]) if "permitted" in row else None,
                "datasets": sum(d.facts.get("recipient") == name for d in catalogue.datasets.values()),
            }
        )  # fmt: skip
        tables["permitted"] += [{"recipient": name, "entity_type": entity} for entity in row.get("permitted", ())]
    auditors = catalogue.organisation.get("auditors")
    direct = [finding.distinct for _, finding in findings if finding.entity_type in known and known[finding.entity_type].role is Role.DIRECT_IDENTIFIER]
    tables["organisation"].append(
        dict(catalogue.organisation)
        | {"dataset": "-", "same_auditor": _in_a_row(auditors) if auditors else None, "largest_dataset": max(direct, default=0)}
    )
    return {name: pa.Table.from_pylist([{k: v for k, v in row.items() if k in schema.names} for row in tables[name]], schema) for name, schema in SCHEMAS.items()}


def _facts(dataset: Dataset) -> dict[str, Any]:
    retention: Retention | None = dataset.retention
    minimum = retention.minimum if retention else None
    return {
        "dataset": dataset.name,
        "kind": dataset.kind,
        **{name: dataset.facts.get(name) for name in _DATASET_FACTS},
        "environment": dataset.facts.get("environment", _IMPLIED.get(dataset.kind)),
        "keep_until_from": retention.dated_by if retention else None,
        "keep_months": retention.keep.months if retention else None,
        "keep_days": retention.keep.days if retention else None,
        "min_months": minimum.months if minimum else None,
        "min_days": minimum.days if minimum else None,
    }


def _in_a_row(auditors: tuple[str, ...]) -> int:
    return next((i for i, name in enumerate(auditors) if name != auditors[0]), len(auditors))


#: ``dt=2019-01-01``, ``year=2019/month=01``, ``loans_201901.csv``, ``backup_2019.zip``; the last one in a path counts
_DATED = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})(?:[-_/]?(?:month=|m=)?(0[1-9]|1[0-2])(?:[-_/]?(?:day=|d=)?(0[1-9]|[12][0-9]|3[01]))?)?(?![0-9])")


def period_in_name(path: str) -> tuple[dt.date, dt.date] | None:
    """Return first and last day of the period that a name speaks of (``loans_201901.csv``: January 2019), None if of none."""
    found = None
    for match in _DATED.finditer(path):
        year, month, day = int(match[1]), match[2], match[3]
        try:
            first = dt.date(year, int(month or 1), int(day or 1))
            until = dt.date(year + 1, 1, 1) if month is None else dt.date(year + int(month) // 12, int(month) % 12 + 1, 1)
        except ValueError:
            continue
        found = first, first if day else until - dt.timedelta(1)
    return found
