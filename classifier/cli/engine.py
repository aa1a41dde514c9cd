"""``classify --engine dask``: parts of the mailboxes judged on many machines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.exits import complain, printing
from classifier.cli.progress import shown
from classifier.cli.reading import Intake
from classifier.mailboxes.mbox import Told

if TYPE_CHECKING:
    from classifier.cli.asked import Scoring
    from classifier.cli.writing import Writing
    from classifier.engine import Classifier
    from classifier.engine.parts import Answer, Task
    from classifier.mailboxes import Mailbox
    from classifier.output.folder import Folder

ENGINES = ("dask",)


def engine(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options ``--engine`` and ``--scheduler``.

    Parameters
    ----------
    command : callable
        A click command's function.

    Returns
    -------
    callable
    """
    where = click.option(
        "--scheduler",
        metavar="ADDR",
        help="Address of the Dask scheduler, such as tcp://10.0.0.1:8786. Without it, a cluster of --jobs "
        "processes on this machine.",
    )
    which = click.option(
        "--engine",
        type=click.Choice(ENGINES),
        help="Judge on the machines of a Dask cluster, which read the mail themselves: MAILBOX may be a URL "
        "(s3://, gs://, sftp://...), and a path must be the same on all. Big mailboxes are cut.",
    )
    return which(where(command))


@dataclass(slots=True)
class Run:
    """One run on a cluster.

    Parameters
    ----------
    intake : Intake
    classifier : Classifier
    scoring : Scoring
    explain : int
    folder : Folder, optional
        Where parts go; without, lines go to standard output.
    resume : bool
        Whether parts that are in the folder already stay.
    judged, parts, lost : int
        What was done so far.
    told : Told
        Which problems were named.
    """

    intake: Intake
    classifier: Classifier
    scoring: Scoring
    explain: int
    folder: Folder | None
    resume: bool
    judged: int = 0
    parts: int = 0
    lost: int = 0
    told: Told = field(default_factory=Told)
    _setting: Callable[[], Any] = field(init=False)

    def on(self, scheduler: str | None) -> int:
        """Judge everything on a cluster; returns the exit code."""
        from classifier.engine.cluster import Cluster
        from classifier.engine.copies import packed

        model, self._setting = packed(self.classifier)
        with Cluster(scheduler, self.scoring.jobs) as cluster:
            tasks = self.intake.read(self._tasks)
            answers = cluster.judged(model, tasks, ordered=self.folder is None)
            for task, answer in shown(answers, "judged", size=lambda each: each[1].count):
                self._take(task, answer)
        if self.lost:
            again = "; --resume tries them again" if self.folder else ""
            complain(f"{self.lost} parts could not be judged{again}")
        elif self.folder is not None:
            said = {"parts": self.parts, "messages": self.judged, "unreadable": self.intake.unreadable}
            self.folder.finish(self.parts, said)
        return self.intake.code(self.judged, "judged")

    def _tasks(self, mailbox: Mailbox) -> Iterator[Task]:
        """Cut a mailbox, leaving out what is done already."""
        from classifier.engine.cluster import FILE_BYTES, LINES_BYTES
        from classifier.engine.parts import Task

        self.scoring.settle(self.classifier, mailbox)
        setting = self._setting()
        for part in mailbox.parts(FILE_BYTES if self.folder else LINES_BYTES):
            task = Task(self.parts, part, setting, self.explain, self.folder)
            self.parts += 1
            done = self.folder.finished(task.number, task.mark) if self.folder and self.resume else None
            if done is None:
                yield task
                continue
            self.judged += done[0]
            for problem in done[1]:
                self.intake.refuse(problem)

    def _take(self, task: Task, answer: Answer) -> None:
        from classifier.engine.parts import unpacked_lines
        from classifier.errors import ClusterError

        self.judged += answer.count
        self.lost += answer.lost
        for problem in filter(self.told.new, answer.problems):
            self.intake.refuse(problem)
        if answer.lines:
            with printing():
                for piece in unpacked_lines(answer.lines):
                    sys.stdout.buffer.write(piece)
        if self.folder is not None and not answer.lost and not self.folder.has(task.number):
            raise ClusterError(
                f"{self.folder.place}: a worker wrote {self.folder.part(task.number)}, but it is not here: "
                "name a folder that all machines see, or a URL"
            )


def judge_on_cluster(
    intake: Intake,
    classifier: Classifier,
    scoring: Scoring,
    *,
    explain: int,
    form: str | None,
    scheduler: str | None,
    writing: Writing,
) -> int:
    """Judge mailboxes on a cluster, and write what comes back.

    Parameters
    ----------
    intake : Intake
    classifier : Classifier
    scoring : Scoring
    explain : int
        Clues a message.
    form : str, optional
        As the user said it.
    scheduler : str, optional
    writing : Writing

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    click.UsageError
        For what cannot be.
    MissingPackage, ClusterError
        If there is no Dask, or no cluster.
    """
    wanted = "parquet" if writing.output else "jsonl"
    if (form or wanted) != wanted:
        raise click.UsageError(
            "--engine dask writes jsonl to standard output, or Parquet to a folder (--output DIR)"
        )
    if "-" in intake.paths:
        raise click.UsageError(
            "other machines cannot read standard input: save the mail to a file that they see"
        )
    folder = None
    if writing.output:
        from classifier.output.folder import Folder

        folder = Folder(writing.output)
        folder.begin(resume=writing.resume, force=writing.force)
    return Run(intake, classifier, scoring, explain, folder, writing.resume).on(scheduler)
