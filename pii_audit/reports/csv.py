"""One row per finding, for spreadsheets (RFC 4180, UTF-8)."""

from __future__ import annotations

import csv
from typing import TextIO

from pii_audit.model.finding import Finding
from pii_audit.model.result import AuditResult
from pii_audit.model.visible import visible
from pii_audit.reports.interface import ResultReport, View

COLUMNS = (
    "source", "column", "entity_type", "sensitivity", "confidence", "pattern", "count", "distinct", "distinct_exact",
    "cells", "values", "share", "score", "evidence", "first_line", "first_row", "first_start", "first_end",
    "masked_samples", "subjects", "third_persons",
)  # fmt: skip

#: a cell that begins with one of these is a formula to some spreadsheet (OWASP, CSV Injection)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


class CsvReport(ResultReport):
    name = "csv"
    title = "One row per finding, for spreadsheets"
    title_zh = "每项发现一行，供电子表格打开"
    suffixes = (".csv",)

    def write(self, result: AuditResult, out: TextIO, view: View) -> None:
        if view.file:
            out.write("\ufeff")  # Excel reads a CSV without a byte-order mark in the local code page
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows([harmless(cell) for cell in _row(finding)] for finding in result.findings)


def _row(finding: Finding) -> list[str | int | float | bool | None]:
    first = finding.first_locations[0] if finding.first_locations else None
    return [
        finding.source,
        finding.column,
        finding.entity_type,
        finding.sensitivity.label,
        finding.confidence.value,
        finding.pattern,
        finding.count,
        finding.distinct,
        str(finding.distinct_exact).lower(),
        finding.cells,
        finding.values,
        round(finding.share, 6),
        finding.score,
        finding.evidence,
        first.line if first else None,
        first.row if first else None,
        first.start if first else None,
        first.end if first else None,
        " | ".join(finding.masked_samples),
        finding.subjects,
        finding.third_persons,
    ]


def harmless(cell: str | float | None) -> str | float | None:
    """Return the cell as text that no spreadsheet runs and no terminal obeys."""
    if not isinstance(cell, str):
        return cell
    cell = visible(cell)
    return "'" + cell if cell.lstrip(" ").startswith(_FORMULA) else cell
