"""The error family and the exit codes.

PiiAuditError (70, internal)
├── UsageError (2)            wrong flag, target, configuration
│   ├── DefinitionError (2)   an entity type or recognizer file that cannot be used
│   └── PluginError (2)       unknown or doubly owned name, missing extra
├── SourceError (3)           something could not be read
└── Interrupted (130/143)     SIGINT, SIGTERM

No message may carry the content of a cell or line: places, counts and kinds only.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says when it ends (one meaning per code)."""

    CLEAN = 0
    FOUND = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 70
    SIGINT = 130
    SIGTERM = 143


class PiiAuditError(Exception):
    """Root of everything this package raises on purpose."""

    exit_code: int = ExitCode.INTERNAL


class UsageError(PiiAuditError):
    """The user asked for something that cannot be done; nothing was scanned."""

    exit_code = ExitCode.USAGE


class DefinitionError(UsageError):
    """An entity type, shape or recognizer file is not usable."""


class PluginError(UsageError):
    """A name is unknown, owned twice, or its library is missing."""


class SourceError(PiiAuditError):
    """A source could not be read. ``reason`` is a stable, value-free sentence."""

    exit_code = ExitCode.INCOMPLETE

    def __init__(self, reason: str, *, code: str = "unreadable") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        return (_source_error, (type(self), self.reason, self.code))


def _source_error(cls: type[SourceError], reason: str, code: str) -> SourceError:
    return cls(reason, code=code)


class Interrupted(PiiAuditError):
    """A signal asked the run to end. ``exit_code`` follows the signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"interrupted by signal {signum}")
        self.signum = signum
        self.exit_code = 128 + signum
