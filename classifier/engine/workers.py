"""Judging in many processes: pieces are handed out, their verdicts come home in order."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import lru_cache
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor

from classifier.engine.batches import Mail, batches
from classifier.engine.gathering import View
from classifier.engine.triage import Classifier
from classifier.errors import MailtriageError
from classifier.mailboxes import Mailbox, Problem, Span, read_span
from classifier.signals import Site
from classifier.store import Model, save_model
from classifier.verdict import Verdict

Setting = tuple[str, Site, str, str, View, bool]
"""What a worker opens its classifier with: the model's path, and what else `Classifier.load` takes."""

WAITING = 4
"""Spans handed to each worker ahead of the one whose verdicts are being taken."""


def in_processes(
    classifier: Classifier,
    asked: tuple[str, str],
    source: Mailbox | Iterable[Mail],
    jobs: int,
    *,
    explain: bool,
) -> Iterator[Verdict]:
    """Let workers judge with a copy of a classifier, and say so when one dies.

    Parameters
    ----------
    classifier : Classifier
    asked : (str, str)
        How its lookup was opened: `dns` and `resolver` of `Classifier.load`.
    source : Mailbox, or iterable of bytes, Message or Stored
    jobs : int
        Processes.
    explain : bool
        Whether workers find the clues of every verdict.

    Yields
    ------
    Verdict
        In the order of the messages.

    Raises
    ------
    MailtriageError
        If a worker dies; it says how many messages were judged before.
    """
    judged = 0
    with tempfile.TemporaryDirectory(prefix="mailtriage-") as folder:
        path = os.path.join(folder, "model")
        learned = classifier.corrections.to_arrays()  # workers have no memory: they get what it says of cuts
        save_model(Model(classifier.model.tables, classifier.leaned, classifier.card, learned), path)
        setting = (path, classifier.site, *asked, classifier.view, classifier.allow_local_spam)
        pool = ProcessPoolExecutor(max_workers=jobs)  # our own: joblib's shared one belongs to the training

        def submit(piece: Span | list[Mail]) -> Any:
            return pool.submit(_work, setting, piece, explain)

        try:
            with closing(_taken(classifier, source, submit, WAITING * jobs)) as verdicts:
                # closed first, so that nobody waits for work that nobody wants
                for verdict in verdicts:
                    yield verdict
                    judged += 1
        except BrokenProcessPool:
            raise MailtriageError(
                f"a worker process died (killed, or out of memory) after {judged} messages were judged"
            ) from None
        finally:
            pool.shutdown()


def _taken(
    classifier: Classifier,
    source: Mailbox | Iterable[Mail],
    submit: Callable[[Span | list[Mail]], Any],
    ahead: int,
) -> Generator[Verdict, None, None]:
    """Hand out spans, so many ahead; take the verdicts in order."""
    under_way: deque[Any] = deque()
    try:
        for piece in source.spans() if isinstance(source, Mailbox) else batches(source):
            under_way.append(submit(piece))
            if len(under_way) > ahead:
                yield from _of(classifier, under_way.popleft(), source)
        while under_way:
            yield from _of(classifier, under_way.popleft(), source)
    finally:
        for future in under_way:
            future.cancel()


def _of(classifier: Classifier, future: Any, source: Mailbox | Iterable[Mail]) -> Iterator[Verdict]:
    """Take what one worker found out about one span."""
    verdicts, problems = future.result()
    if isinstance(source, Mailbox):
        source.problems.extend(problems)
    for verdict in verdicts:
        verdict.explain_with(classifier.explain)
        yield verdict


@lru_cache(maxsize=1)
def _opened(setting: Setting) -> Classifier:
    """Open a worker's classifier once; the tables are mapped, so all workers share them."""
    path, site, dns, resolver, view, allow_local_spam = setting
    return Classifier.load(
        path, site=site, dns=dns, resolver=resolver, view=view, allow_local_spam=allow_local_spam
    )


def _work(setting: Setting, piece: Span | list[Mail], explain: bool) -> tuple[list[Verdict], list[Problem]]:
    """Judge one piece in a worker."""
    classifier = _opened(setting)
    problems: list[Problem] = []
    mails = piece if isinstance(piece, list) else read_span(piece, problems)
    verdicts = list(classifier.classify_many(mails))
    if explain:
        for verdict in verdicts:
            _ = verdict.explanation
    return verdicts, problems
