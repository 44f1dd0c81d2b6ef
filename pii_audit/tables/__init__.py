"""Reference tables of this folder: small text files with a header of ``# key: value`` lines.

``codes`` tables hold one code a line; ``prefix_lengths`` tables hold ``prefix length[,length…]`` lines.
Anything after the first column(s) and a tab is a remark (issuer, place) for people.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


def _lines(table: str) -> list[str]:
    text = (resources.files(__name__) / f"{table}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def codes(table: str) -> tuple[str, ...]:
    """Return the codes of a table, in file order."""
    return tuple(line.split("\t", 1)[0].strip() for line in _lines(table))


@cache
def prefix_lengths(table: str) -> tuple[tuple[str, int], ...]:
    """Return (prefix, total length) pairs of a table, in file order."""
    pairs: list[tuple[str, int]] = []
    for line in _lines(table):
        prefix, lengths = line.split("\t", 2)[:2]
        pairs.extend((prefix.strip(), int(length)) for length in lengths.split(","))
    return tuple(pairs)


@cache
def remarks(table: str) -> dict[str, str]:
    """Return code → remark for tables that carry one (the last tab-separated column)."""
    return {line.split("\t", 1)[0].strip(): line.rsplit("\t", 1)[1].strip() for line in _lines(table) if "\t" in line}
