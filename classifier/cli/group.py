"""The command ``mailtriage`` itself: which commands there are, each loaded only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from classifier import __version__
from classifier.cli.exits import MEANINGS, guard
from classifier.cli.manual import ENVIRONMENT, FILES, Contents, write_examples, write_table
from classifier.config import named_file

COMMANDS: dict[str, str] = {
    "classify": "classifier.cli.classify",
    "explain": "classifier.cli.explain",
    "sort": "classifier.cli.sort",
    "filter": "classifier.cli.filter",
    "mark": "classifier.cli.mark",
    "milter": "classifier.cli.milter",
    "serve": "classifier.cli.serve",
    "digest": "classifier.cli.digest",
    "show": "classifier.cli.show",
    "overdue": "classifier.cli.overdue",
    "jobs": "classifier.cli.jobs",
    "train": "classifier.cli.train",
    "learn": "classifier.cli.learn",
    "unlearn": "classifier.cli.unlearn",
    "review": "classifier.cli.review",
    "audit": "classifier.cli.audit",
    "profile": "classifier.cli.profile",
    "replay": "classifier.cli.replay",
    "suggest": "classifier.cli.suggest",
    "evaluate": "classifier.cli.evaluate",
    "audit-leaks": "classifier.cli.audit_leaks",
    "models": "classifier.cli.models",
    "signals": "classifier.cli.signals",
    "route": "classifier.cli.route",
    "mx": "classifier.cli.mx",
    "lookup": "classifier.cli.lookup",
    "completion": "classifier.cli.completion",
}
"""Name of each command and the module whose ``command`` it is, in the order of the help."""

EXAMPLES = (
    ("Sort root's mail, the important on top", "mailtriage classify /var/mail/root"),
    ("The same for programs, one JSON object a line", "mailtriage classify ~/Maildir | jq .label"),
    ("Ask why", "mailtriage explain /var/mail/root 2048"),
)


class LazyGroup(Contents):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name all commands, in the order of :data:`COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = import_module(module).command
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the options of ``mailtriage`` itself; help into a closed pipe ends quietly."""
        with guard():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, its errors turned into exit codes."""
        with guard(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the sections that follow the list of commands."""
        write_examples(formatter, EXAMPLES)
        write_table(formatter, "Exit codes", [(str(code), text) for code, text in MEANINGS.items()])
        write_table(formatter, "Files", FILES)
        write_table(formatter, "Environment", ENVIRONMENT)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="mailtriage %(version)s")
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Read this configuration file, which must exist.",
)
@click.option("--debug", is_flag=True, envvar="MAILTRIAGE_DEBUG", help="Show the traceback of a crash.")
@click.pass_context
def cli(ctx: click.Context, config: str | None, debug: bool) -> None:
    """Sort mail into important, unimportant and spam, and say why.

    Mail stays on this machine: no command asks the network anything unless an option says so, but for mx and
    lookup, which are there to ask the DNS. A MAILBOX is an mbox file, a Maildir, an MH folder, a file or a
    tree of files with one message each, or - for standard input; each may be compressed (gz, bz2, xz, zstd).
    Or it is a URL: imaps://USER@HOST/FOLDER, "imaps://USER@HOST/*" for all folders, "...?UNSEEN" for what a
    SEARCH finds (nothing there is changed), or s3:// and whatever else fsspec reads.

    Run "mailtriage COMMAND --help" for the manual of a command.
    """
    del debug  # read from the context by LazyGroup.invoke
    ctx.obj = config
    if config:
        ctx.with_resource(named_file(config))
