"""Where the work runs. An engine maps the detector over batches and merges what comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pii_audit.engines.fold import Folded, FoldOptions
from pii_audit.model.dataset import Skipped
from pii_audit.model.errors import SourceError
from pii_audit.model.progress import Progress
from pii_audit.recognizers.batch import Detector, Mount
from pii_audit.sources.interface import Blob, Limits


@dataclass(frozen=True)
class Work:
    """One scan, as an engine sees it."""

    blobs: Iterable[Blob]
    detector: Detector
    mounts: Sequence[Mount]
    options: FoldOptions
    limits: Limits
    bytes_total: int | None = None
    on_progress: Callable[[Progress], None] | None = None
    #: takes the spans in the order of the sources; None: spans are not kept
    on_spans: Callable[[pa.Table], None] | None = None
    #: stop at the first thing that could not be read
    strict: bool = False


class Engine(ABC):
    """Returns one Folded for everything, the same for any number of workers."""

    @abstractmethod
    def run(self, work: Work) -> Folded: ...


def stopped(skipped: Skipped) -> SourceError:
    """Return the error that ends a strict run."""
    return SourceError(f"{skipped.what}: {skipped.reason} (strict: stopped here)", code=skipped.code)
