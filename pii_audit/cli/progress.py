"""A progress bar on stderr, on a terminal only."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from pii_audit.model.progress import Progress
from pii_audit.model.visible import visible
from pii_audit.reports.words import Words, duration, size

_NAME_WIDTH = 32


@contextlib.contextmanager
def progress_bar(wanted: bool, words: Words) -> Iterator[Callable[[Progress], None] | None]:
    """Give a callback that moves the bar, None where nobody would see it. The bar is gone afterwards."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    # rich would read its own markup in names
    columns = (BarColumn(bar_width=24), TextColumn("{task.fields[facts]}", markup=False))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, facts="")
        started = time.monotonic()

        def move(progress: Progress) -> None:
            facts = describe(progress, time.monotonic() - started, words)
            bar.update(task, total=progress.bytes_total, completed=progress.bytes_done, facts=facts)

        yield move


def describe(progress: Progress, seconds: float, words: Words) -> str:
    """Return the facts beside the bar: done of total, rate, time left, findings, current source."""
    done, total = progress.bytes_done, progress.bytes_total
    rate = done / seconds if seconds > 0 else 0.0
    facts = [size(done) if total is None else f"{size(done)} / {size(total)}", f"{size(rate)}/s"]
    if total is not None and rate > 0 and seconds > 1:
        facts.append(words("progress.left", time=duration(max(total - done, 0) / rate)))
    facts.append(words("progress.findings", n=f"{progress.findings:,}"))
    if progress.current:
        name = visible(progress.current)
        facts.append(name if len(name) <= _NAME_WIDTH else "…" + name[1 - _NAME_WIDTH :])
    return " · ".join(facts)
