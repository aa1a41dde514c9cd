"""``mailtriage completion``: the script that teaches a shell our words."""

from __future__ import annotations

import click

from classifier.cli.manual import Manual

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    cls=Manual,
    examples=[
        ("Complete in bash from the next shell on", "mailtriage completion bash >> ~/.bashrc"),
        ("In zsh", "mailtriage completion zsh >> ~/.zshrc"),
        ("In fish", "mailtriage completion fish > ~/.config/fish/completions/mailtriage.fish"),
    ],
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a SHELL.

    Commands and options complete, and so do the names of models and signals.
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    kinds = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    words = kinds[shell](ctx.find_root().command, {}, "mailtriage", "_MAILTRIAGE_COMPLETE")
    # Without source()'s check of the bash on this machine: the script may be meant for another one.
    click.echo(words.source_template % words.source_vars())
