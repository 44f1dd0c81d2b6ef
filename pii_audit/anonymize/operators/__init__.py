"""One operator per file; the entry-point group ``pii_audit.operators`` lists them."""
