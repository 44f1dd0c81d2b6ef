"""What a run says: one file per format."""

from __future__ import annotations

from pii_audit import plugins
from pii_audit.model.errors import UsageError
from pii_audit.reports.interface import Report

#: formats of the contract that a later version brings
LATER = ("html", "xlsx", "sarif", "markdown")


def get_report(name: str) -> Report:
    """Return the report of a format name. Raises UsageError if there is none."""
    if name in LATER and name not in plugins.names(plugins.REPORTS):
        known = ", ".join(plugins.names(plugins.REPORTS))
        raise UsageError(f"the report format {name} is not available in this version (available: {known})")
    report: Report = plugins.load(plugins.REPORTS, name)()
    return report
