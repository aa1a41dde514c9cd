"""Where results go when not to standard output, and what happens to what is there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from classifier.cli.manual import with_options
from classifier.errors import ModelNotWritten


class Writing(NamedTuple):
    """The options of a command that writes results somewhere.

    Parameters
    ----------
    output : str
        Empty for standard output.
    resume : bool
        Whether to go on with what an interrupted run has left there.
    force : bool
        Whether to replace what is there.
    """

    output: str
    resume: bool
    force: bool


def writing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of :class:`Writing`, as its argument ``writing``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_writing(*args: Any, output: str | None, resume: bool, force: bool, **given: Any) -> Any:
        if resume and force:
            raise click.UsageError("--resume goes on and --force begins anew: choose one")
        if (resume or force) and not output:
            raise click.UsageError("--resume and --force say what to do with what is at --output: name it")
        return command(*args, writing=Writing(output or "", resume, force), **given)

    return with_options(_OPTIONS, with_writing)


_OPTIONS = (
    click.option(
        "-o",
        "--output",
        type=click.Path(),
        metavar="FILE",
        help="Write there, not to standard output; FILE appears when it is whole. With --engine dask: a "
        "folder of Parquet files, one a part, here or at a URL.",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on with what an interrupted run of the same mailboxes, model and options has left.",
    ),
    click.option("--force", is_flag=True, help="Replace what is there, finished or not."),
)


def refuse_unwritable(model: Path) -> None:
    """Find out before hours of training, and not after, that no model can be written there.

    Parameters
    ----------
    model : Path
        Where it shall be.

    Raises
    ------
    ModelNotWritten
        If no file can be made there.
    """
    import tempfile  # only for who trains

    try:
        with tempfile.NamedTemporaryFile(dir=model.parent, prefix=f".{model.name}."):
            return
    except OSError as error:
        raise ModelNotWritten(f"{model}: cannot be written: {error.strerror or error}") from None
