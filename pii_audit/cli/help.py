"""Help like a manual page: purpose, options in groups, examples, exit codes, environment, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from pii_audit.settings import CONFIG_NAME, ENV_PREFIX

Command = TypeVar("Command", bound=Callable[..., Any])
Section = tuple[str, Sequence[tuple[str, str]]]

EXIT_CODES: Section = (
    "Exit codes",
    (
        ("0", "everything was read; nothing at or above --fail-on"),
        ("1", "everything was read; findings at or above --fail-on"),
        ("2", "wrong usage or configuration; nothing was scanned"),
        ("3", "incomplete: something could not be read; the report names it"),
        ("70", "internal error; one line names the log"),
        ("130, 143", "interrupted by Ctrl-C, by a request to end"),
    ),
)
ENVIRONMENT: Section = (
    "Environment",
    (
        (
            f"{ENV_PREFIX}FLAG",
            (
                f"stands for a flag that was not given: {ENV_PREFIX}MIN_SCORE=0.7, {ENV_PREFIX}LANG=zh; "
                "several values are separated by commas"
            ),
        ),
        ("LC_ALL, LC_MESSAGES, LANG", "language of the report (zh or en) without --lang"),
        ("NO_COLOR", "no colour, whatever its value"),
        ("XDG_STATE_HOME", "where logs of internal errors go (default ~/.local/state)"),
    ),
)
FILES: Section = (
    "Files",
    (
        (
            CONFIG_NAME,
            (
                "configuration in the current folder, or another file with --config. YAML; its keys are the long flags: "
                "'min-score: 0.7'. Relative paths start at its folder. Order: flag, environment, file, default"
            ),
        ),
        ("~/.local/state/pii-audit/errors/", "logs of internal errors: places in the code, no messages, no data"),
    ),
)


class ManCommand(click.Command):
    """A command with sections after its options."""

    def __init__(self, *args: Any, sections: Sequence[Section] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)):
                groups.setdefault(getattr(param, "group", "Options"), []).append(record)
        if "Options" in groups:
            groups["Options"] = groups.pop("Options")  # last: it holds --help
        write_sections(formatter, list(groups.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(formatter, self.sections)


def write_sections(formatter: click.HelpFormatter, sections: Sequence[Section]) -> None:
    """Write definition lists under their titles."""
    for title, rows in sections:
        with formatter.section(title):
            formatter.write_dl(rows, col_max=28)


class ManOption(click.Option):
    """An option in a group of the help text."""

    def __init__(self, *args: Any, group: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class Listed(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """Texts that stand in one environment variable separated by commas."""

    name = "text"
    envvar_list_splitter = ","


def option(*names: str, group: str, env: bool = True, **attributes: Any) -> Callable[[Command], Command]:
    """Return a decorator for an option that the environment can set too, unless ``env`` is False."""
    long = next(name for name in names if name.startswith("--"))
    if env:
        attributes["envvar"] = ENV_PREFIX + long.lstrip("-").replace("-", "_").upper()
    return click.option(*names, cls=ManOption, group=group, **attributes)
