"""``pii-audit completion``: a script that completes commands, flags and names in a shell."""

from __future__ import annotations

import click

from pii_audit.cli.help import ManCommand, Section

_EXAMPLES: Section = (
    "Examples",
    (
        ('eval "$(pii-audit completion bash)"', "in ~/.bashrc"),
        ('eval "$(pii-audit completion zsh)"', "in ~/.zshrc"),
        ("pii-audit completion fish > ~/.config/fish/completions/pii-audit.fish", "once"),
    ),
)


@click.command("completion", cls=ManCommand, sections=(_EXAMPLES,), short_help="Print a shell completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
def command(shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from pii_audit.cli.program import COMPLETE_VAR, program

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(program, {}, "pii-audit", COMPLETE_VAR).source())
