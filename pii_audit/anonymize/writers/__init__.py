"""One format per file: a table is read, changed and written as the same format (group ``pii_audit.writers``)."""
