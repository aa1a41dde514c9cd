"""``classify -o FILE``: lines into a file that is whole or can be finished, part by part."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import click

from classifier.cli.exits import OK, complain
from classifier.cli.progress import Weighing, shown
from classifier.cli.reading import Intake

if TYPE_CHECKING:
    from classifier.cli.asked import Scoring
    from classifier.cli.writing import Writing
    from classifier.engine import Classifier
    from classifier.engine.work import Answer, Kind
    from classifier.mailboxes import Mailbox, Part
    from classifier.output.resumable import ResumableFile

LINES = ("jsonl", "csv")
"""Forms that can be continued anywhere."""


def write_file(
    intake: Intake, scoring: Scoring, classifier: Classifier, *, writing: Writing, form: str, explain: int
) -> int:
    """Judge all into a file of lines; returns the exit code.

    Parameters
    ----------
    intake : Intake
    scoring : Scoring
    classifier : Classifier
    writing : Writing
        With an output that is a regular file, or none yet.
    form : str
        One of `LINES`.
    explain : int
        Clues a message.

    Returns
    -------
    int

    Raises
    ------
    click.UsageError
        For what cannot be continued, or would be overwritten.
    ConfigError
        If mailboxes, model or options are not those of the run that is continued.
    OutputError
        If it cannot be written.
    """
    from classifier.output.resumable import ResumableFile

    if os.path.exists(writing.output) and not os.path.isfile(writing.output):
        raise click.UsageError(f"{writing.output} is no regular file: write to standard output (>) instead")
    if form not in LINES:
        raise click.UsageError(f"--output without --engine dask takes {' or '.join(LINES)}, not {form}")
    file = ResumableFile(writing.output, _settings(intake, scoring, classifier, form, explain))
    if writing.resume:
        if "-" in intake.paths:
            raise click.UsageError("standard input cannot be read again: --resume needs mailboxes with names")
        if os.path.exists(writing.output) and not file.unfinished:
            complain(f"{writing.output}: finished already, nothing to go on with (--force begins anew)")
            return OK
    elif file.unfinished and not writing.force:
        raise click.UsageError(
            f"an unfinished run has left {file.part}: --resume goes on with it, --force begins anew"
        )
    elif os.path.exists(writing.output) and not writing.force:
        raise click.UsageError(f"{writing.output} exists: --force replaces it")
    with closing(file):
        return Filing(intake, scoring, classifier, file, form=form, explain=explain).run(
            resume=writing.resume
        )


def _settings(
    intake: Intake, scoring: Scoring, classifier: Classifier, form: str, explain: int
) -> dict[str, Any]:
    """Gather what the lines depend on, by the words that name it to people."""
    from classifier import __version__

    site = scoring.who.site()
    who = [sorted(site.me), sorted(site.my_domains), site.trusted_hosts, sorted(site.authserv_ids)]
    return {
        "version": __version__,
        "mailboxes": [[intake.form, *intake.paths]],
        "model": [classifier.fingerprint(), list(classifier.cuts)],
        "options": [form, explain, scoring.view, scoring.dns, scoring.allow_local_spam],
        "addresses": [*who, site.direction],
    }


class _Stopped(BaseException):
    """SIGTERM came."""


def _stop(*_: object) -> None:
    raise _Stopped


class Filing:
    """One run into a file.

    Parameters
    ----------
    intake, scoring, classifier, form, explain
        As in `write_file`.
    file : ResumableFile
    """

    def __init__(
        self,
        intake: Intake,
        scoring: Scoring,
        classifier: Classifier,
        file: ResumableFile,
        *,
        form: str,
        explain: int,
    ) -> None:
        self.intake, self.scoring, self.classifier = intake, scoring, classifier
        self.file, self.explain = file, explain
        self.kind: Kind = "csv" if form == "csv" else "jsonl"
        self._skip, self._chain, self._until = 0, "", ""
        self._weighing = Weighing(intake.paths)

    def run(self, *, resume: bool) -> int:
        """Judge what is not judged yet; returns the exit code."""
        with suppress(ValueError):  # of a thread, which hears no signals
            signal.signal(signal.SIGTERM, _stop)
        try:
            already = self._begin(resume)
            answers = self.intake.read(self._judge)
            found = shown(answers, "judged", size=lambda one: one.count, weight=self._weighing)
            with closing(found):  # whatever ends it, the terminal is as it was
                for answer in found:
                    self.file.write(answer.made)
            if self._skip:
                raise self._changed()
            self.file.finish()
        except BaseException as error:
            self._leave(error)
            if isinstance(error, _Stopped):
                signal.raise_signal(signal.SIGTERM)  # whoever sent it sees that it was heard
            raise
        finally:
            with suppress(ValueError):
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
        judged = self.file.done.judged
        if already:
            complain(f"{self.file.path}: {already} messages were judged before, {judged - already} now")
        return self.intake.code(judged, "judged")

    def _begin(self, resume: bool) -> int:
        """Open the file; returns how many messages in it were judged before."""
        if resume and self.file.unfinished:
            done = self.file.resume()
            self._skip, self._until = done.parts, done.chain
            for problem in self.file.before:
                self.intake.refuse(problem)
        else:
            self.file.begin()
        if self.kind == "csv" and not self.file.done.length:
            from classifier.output.lines import csv_header

            self.file.write([csv_header().encode()])
        return self.file.done.judged

    def _leave(self, error: BaseException) -> None:
        """Keep what is whole for the next run."""
        with suppress(ValueError):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if isinstance(error, click.UsageError) or not self.file.is_open:
            return
        complain(f"{self.file.path}: unfinished, {self.file.keep()} judged; --resume goes on")

    def _judge(self, mailbox: Mailbox) -> Iterator[Answer]:
        """Judge the parts of a mailbox that are left, noting each that is done."""
        from classifier.engine.many import answers, collected

        self.scoring.settle(self.classifier, mailbox)
        found = answers(
            self.classifier, self._left(mailbox), self.kind, jobs=self.scoring.jobs, explain=self.explain
        )
        with closing(found):
            yield from collected(self._noted(found), mailbox.problems)

    def _left(self, mailbox: Mailbox) -> Iterator[Part]:
        """Pass over the parts that are done, if they are still the same."""
        from classifier.output.resumable import chained

        for part in mailbox.spans():
            if not self._skip:
                yield part
                continue
            self._skip -= 1
            self._weighing.add(part.weight())
            self._chain = chained(self._chain, part.mark() + _stamp(part.about()[0]))
            if not self._skip and self._chain != self._until:
                raise self._changed()

    def _noted(self, found: Iterator[tuple[Part, Answer]]) -> Iterator[tuple[Part, Answer]]:
        """Note a part as done once its lines were taken."""
        judged = 0
        for part, answer in found:
            yield part, answer
            judged += answer.count
            if answer.done:
                self._weighing.add(part.weight())
                problems = [*answer.problems, *([answer.lost] if answer.lost else [])]
                self.file.end_part(judged, part.mark() + _stamp(part.about()[0]), problems)
                judged = 0

    def _changed(self) -> click.UsageError:
        return click.UsageError(
            f"{self.file.path}: cannot go on, as the mailboxes have changed since: --force begins anew"
        )


def _stamp(path: str) -> str:
    """Tell a version of a file from another: its size and when it was written; nothing for a folder."""
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return ""
    return f" {info.st_size} {info.st_mtime_ns}" if os.path.isfile(path) else ""
