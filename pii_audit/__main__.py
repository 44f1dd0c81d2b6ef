"""``python -m pii_audit``."""

from __future__ import annotations

from pii_audit.cli import main

if __name__ == "__main__":
    main()
