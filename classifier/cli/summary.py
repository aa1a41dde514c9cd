"""How well a run went: on standard error, as JSON, and as a report; and the options that ask for it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.exits import complain
from classifier.cli.manual import with_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.evaluate.outcomes import Outcomes
    from classifier.evaluate.worst import Mistake

SCHEMA = 1
"""Version of the JSON object; it grows when a field changes its meaning or goes, not when one is added."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Where a summary goes, and how carefully it is made.

    Parameters
    ----------
    summary_path, report : Path or None
    resamples : int
        Of the bootstrap; 0 for no intervals.
    """

    summary_path: Path | None
    report: Path | None
    resamples: int

    def check(self, outputs: Iterable[Path | None], inputs: Iterable[str | Path | None]) -> None:
        """Refuse to overwrite what is read, or to write two things into one file.

        Parameters
        ----------
        outputs : iterable of Path or None
            What the command writes besides; old output may be replaced.
        inputs : iterable of str, Path or None
            Mailboxes, tables, models; names that are no files are passed over.

        Raises
        ------
        click.UsageError
            If an output is also an input or another output, or lies in no directory.
        """
        check_outputs([*outputs, self.summary_path, self.report], inputs)

    def write(
        self,
        title: str,
        told: Mapping[str, object],
        judged: Outcomes,
        *,
        seed: int = 0,
        units: Any = None,
        mistakes: Sequence[Mistake] = (),
        learned: NDArray[np.int64] | None = None,
    ) -> None:
        """Work the figures out and write them wherever they are wanted.

        Parameters
        ----------
        title : str
            Of the report.
        told : mapping of str to object
            What the run was; the value of the JSON object's field ``run``.
        judged : Outcomes
        seed : int, default 0
            Of the bootstrap.
        units : array of shape (n_messages,), optional
            See :func:`classifier.evaluate.results.evaluate`.
        mistakes : sequence of Mistake
            The worst, for the report.
        learned : ndarray of shape (n_messages,), int64, optional
            Messages learned before each, for the report.
        """
        from classifier.cli.figures import lines
        from classifier.evaluate.results import evaluate

        if not len(judged):
            complain("no message was judged: there is nothing to sum up")
            return
        results = evaluate(judged, units, resamples=self.resamples, seed=seed)
        for line, _ in lines(results):
            click.echo(line, err=True)
        if self.summary_path:
            import orjson

            whole = {"schema": SCHEMA, "run": dict(told), **results.to_json()}
            self.summary_path.write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))
        if self.report:
            from classifier.evaluate.report import Report, write_report

            write_report(self.report, Report(title, spelt(told), results, judged, mistakes, learned))


def summary(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of :class:`Summary`, as its argument ``summary``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_summary(
        *args: Any, summary_path: Path | None, report: Path | None, resamples: int, **given: Any
    ) -> Any:
        return command(*args, summary=Summary(summary_path, report, resamples), **given)

    return with_options(_OPTIONS, with_summary)


REPORT = click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a report here: one HTML file with charts and the worst mistakes, senders and subjects "
    "included.",
)
RESAMPLES = click.option(
    "--resamples",
    type=click.IntRange(0, 100_000),
    default=1000,
    show_default=True,
    metavar="N",
    help="Of the bootstrap that makes the intervals; 0 for none.",
)
_OPTIONS = (
    click.option(
        "--summary",
        "summary_path",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write the summary here, too, as JSON.",
    ),
    REPORT,
    RESAMPLES,
)


def check_outputs(outputs: Iterable[Path | None], inputs: Iterable[str | Path | None]) -> None:
    """See :meth:`Summary.check`.

    Parameters
    ----------
    outputs : iterable of Path or None
    inputs : iterable of str, Path or None

    Raises
    ------
    click.UsageError
    """
    read = {_identity(Path(one)) for one in inputs if one is not None}
    seen: set[object] = set()
    for output in outputs:
        if output is None or (output.exists() and not output.is_file()):  # a device holds what it is given
            continue
        if not output.absolute().parent.is_dir():
            raise click.UsageError(f"{output}: no such directory")
        identity = _identity(output)
        if identity is not None and identity in read:
            raise click.UsageError(f"{output} is read by this command, so it cannot be written")
        name = identity or os.path.abspath(output)
        if name in seen:
            raise click.UsageError(f"{output} cannot hold two outputs")
        seen.add(name)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what stays the same whatever a file is called."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_dev, told.st_ino


def spelt(told: Mapping[str, object]) -> list[tuple[str, str]]:
    """Spell what a run was for people.

    Parameters
    ----------
    told : mapping of str to object
        None stands for what was not asked for.

    Returns
    -------
    list of (str, str)
    """
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
        for name, value in told.items()
        if value is not None
    ]
