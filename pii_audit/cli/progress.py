"""A progress bar on stderr, on a terminal only."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

import click

from pii_audit.cli.signals import check
from pii_audit.model.progress import Progress
from pii_audit.model.visible import visible
from pii_audit.reports.words import Words, duration, size

_BAR_WIDTH = 20
_NAME_WIDTH = 10     # a shorter rest of a name says nothing


@contextlib.contextmanager
def progress_bar(wanted: bool, words: Words) -> Iterator[Callable[[Progress], None] | None]:
    """Give a callback that moves the bar, None where nobody would see it. The bar is gone afterwards."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    # rich would read its own markup in names
    columns = (BarColumn(bar_width=_BAR_WIDTH), TextColumn("{task.fields[facts]}", markup=False))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, facts="")
        started = time.monotonic()

        def move(progress: Progress) -> None:
            facts = describe(progress, time.monotonic() - started, words, console.width - _BAR_WIDTH - 2)
            bar.update(task, total=progress.bytes_total, completed=progress.bytes_done, facts=facts)

        yield move


#: seconds without any progress after which a word is due, if the detector is being compiled
_PATIENCE = 3.0


@contextlib.contextmanager
def first_run_notice(
    wanted: bool, words: Words, move: Callable[[Progress], None] | None
) -> Iterator[Callable[[Progress], None]]:
    """Say once on stderr that the detector is being compiled, if that takes a while.

    Passes progress on, and ends the run at the next step where a signal asked for it.
    """
    timer = threading.Timer(_PATIENCE, _tell_when_compiling, (words("progress.compiling"),))
    timer.daemon = True
    if wanted:
        timer.start()

    def moved(progress: Progress) -> None:
        check()
        timer.cancel()
        if move is not None:
            move(progress)

    try:
        yield moved
    finally:
        timer.cancel()


def _tell_when_compiling(notice: str) -> None:
    from numba.core import event

    class Teller(event.Listener):
        told = False

        def on_start(self, event: object) -> None:
            if not self.told:
                self.told = True
                click.echo(notice, err=True)

        def on_end(self, event: object) -> None:
            pass

    event.register("numba:compile", Teller())  # type: ignore[no-untyped-call]


def describe(progress: Progress, seconds: float, words: Words, width: int) -> str:
    """Return the facts beside the bar: done of total, rate, time left, findings, the end of the current name."""
    from rich.cells import cell_len

    done, total = progress.bytes_done, progress.bytes_total
    rate = done / seconds if seconds > 0 else 0.0
    facts = [size(done) if total is None else f"{size(done)} / {size(total)}", f"{size(rate)}/s"]
    if total is not None and rate > 0 and seconds > 1:
        facts.append(words("progress.left", time=duration(max(total - done, 0) / rate)))
    facts.append(words("progress.findings", n=f"{progress.findings:,}"))
    text = " · ".join(facts)
    room = width - cell_len(text) - 3
    name = visible(progress.current or "")
    if not name or room < _NAME_WIDTH:
        return text
    if cell_len(name) > room:
        while cell_len(name) > room - 1:
            name = name[1:]
        name = "…" + name
    return f"{text} · {name}"
