"""The command group, and how a run ends: every outcome is an exit code and at most a line on stderr."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Never

import click

from pii_audit import __version__
from pii_audit.cli.help import ENVIRONMENT, EXIT_CODES, FILES, write_sections
from pii_audit.cli.signals import ending
from pii_audit.model.errors import ExitCode, Interrupted, PiiAuditError
from pii_audit.model.near import near
from pii_audit.model.visible import visible

COMPLETE_VAR = "_PII_AUDIT_COMPLETE"

#: command → module that holds it as ``command``; the order of ``--help``
COMMANDS = {
    "scan": "scan",
    "audit": "audit",
    "init": "init",
    "policy": "policy",
    "subject": "subject",
    "anonymize": "anonymize",
    "key": "key",
    "verify": "verify",
    "restore": "restore",
    "list": "listing",
    "explain": "explain",
    "export": "export",
    "demo": "demo",
    "doctor": "doctor",
    "schema": "schema",
    "completion": "completion",
}


class Program(click.Group):
    """Commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pii_audit.cli.{COMMANDS[cmd_name]}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(f"no such command {visible(repr(args[0]))}{near(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(
            formatter,
            [
                (
                    "Examples",
                    (
                        ("pii-audit demo", "see what a report looks like"),
                        ("pii-audit scan /data/loans", "what lies open there"),
                        ("pii-audit scan --help", "every option, with examples"),
                    ),
                ),
                EXIT_CODES,
                ENVIRONMENT,
                FILES,
            ],
        )

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Never:  # type: ignore[override]
        """Run and exit with the code of the run."""
        sys.exit(run(self, sys.argv[1:] if args is None else args, prog_name or "pii-audit"))


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"pii-audit {__version__}")
        ctx.exit()


@click.command(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version,
              help="Show the version and exit.")  # fmt: skip
def program() -> None:
    """Find personal data that lies exposed in the files of a consumer lender.

    Everything happens on this machine. Reports hold places, counts and masked samples, never values.
    """


def run(group: click.Group, args: Sequence[str], prog_name: str) -> int:
    """Return the exit code of a run; nothing is raised."""
    if instruction := os.environ.get(COMPLETE_VAR):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, prog_name, COMPLETE_VAR, instruction)
    try:
        with ending():
            with group.make_context(prog_name, list(args) or ["--help"]) as ctx:
                code = group.invoke(ctx)
            sys.stdout.flush()
            return int(code or ExitCode.CLEAN)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else prog_name
        _complain(f"{' '.join(error.format_message().split())} (see {command} --help)")
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return ExitCode.SIGINT
    except Interrupted as error:
        if error.signum == signal.SIGPIPE:
            silence_stdout()
        else:
            _complain("interrupted")
        return error.exit_code
    except PiiAuditError as error:
        for line in str(error).splitlines():
            _complain(visible(line))
        return error.exit_code
    except BrokenPipeError:
        silence_stdout()
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001 - whatever it was, its message may hold data
        from pii_audit.cli.crash import log_crash

        reference, path = log_crash(error)
        where = f"the log is {path}" if path else "no log could be written"
        _complain(f"internal error {reference} ({type(error).__name__}); {where}")
        return ExitCode.INTERNAL


def _complain(message: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(f"pii-audit: {message}", err=True)


def silence_stdout() -> None:
    """Point standard output nowhere: its reader has left, and Python would complain at exit."""
    with contextlib.suppress(OSError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
