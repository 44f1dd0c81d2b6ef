"""Makes the sample data anew: the same bytes on every run.

    python sample_data/generator/make.py [FOLDER]

Without FOLDER the files beside this generator are replaced. Nothing of what is written comes from a scan:
``expected/`` says what was planted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

sys.dont_write_bytecode = True  # a folder of compiled modules is no sample data

import app  # noqa: E402
import collection  # noqa: E402
import lender  # noqa: E402
import registers  # noqa: E402
from people import Town  # noqa: E402
from planting import Ledger  # noqa: E402

SEED = 20260628


def main(root: Path) -> None:
    """Write all files below ``root``."""
    ledger = Ledger(root)
    town = Town(Random(SEED))
    book = lender.everything(ledger, town)
    app.everything(ledger, town)
    collection.everything(ledger, town, book)
    registers.everything(ledger, town, book)
    ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
