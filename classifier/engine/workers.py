"""Judging in many processes: copies of a classifier read the mail themselves, and send what is wanted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from classifier.engine.crew import Crew
from classifier.engine.gathering import View
from classifier.engine.triage import Classifier
from classifier.engine.work import Judging, Kind, Work
from classifier.engine.worker import forks
from classifier.lookup import open_lookup
from classifier.signals import Site
from classifier.store import Model, load_model, save_model


@dataclass(frozen=True, slots=True)
class Copy:
    """What a worker opens its classifier with, and what it makes.

    Parameters
    ----------
    model : Model or path
        A model with the cuts and corrections that hold now.
    site, dns, resolver, view, allow_local_spam
        As in `Classifier.load`.
    kind : {'verdicts', 'judged', 'jsonl', 'csv'}
    explain : int
        How many clues of each message are found.
    """

    model: Model | str
    site: Site
    dns: str
    resolver: str
    view: View
    allow_local_spam: bool
    kind: Kind
    explain: int

    def __call__(self) -> Work:
        """Open it."""
        classifier = Classifier(
            load_model(self.model) if isinstance(self.model, str) else self.model,
            site=self.site,
            lookup=open_lookup(self.dns, resolver=self.resolver),
            view=self.view,
            allow_local_spam=self.allow_local_spam,
        )
        return Judging(classifier, self.kind, self.explain)


@contextmanager
def crew_of(
    classifier: Classifier, asked: tuple[str, str], kind: Kind, *, jobs: int, explain: int
) -> Iterator[Crew | None]:
    """Have workers with copies of a classifier, until the block ends.

    Parameters
    ----------
    classifier : Classifier
    asked : (str, str)
        How its lookup was opened: `dns` and `resolver` of `Classifier.load`.
    kind : {'verdicts', 'judged', 'jsonl', 'csv'}
        What they make.
    jobs : int
        How many.
    explain : int
        How many clues of each message they find.

    Yields
    ------
    Crew or None
        None where the system has no room for a single worker; that was said.
    """
    with ExitStack() as stack:
        crew = Crew(_copy(classifier, asked, kind, explain, stack), jobs, classifier.notice)
        stack.callback(crew.dismiss)
        yield crew if crew.ready() else None


def _copy(classifier: Classifier, asked: tuple[str, str], kind: Kind, explain: int, stack: ExitStack) -> Copy:
    """Copy a classifier for workers: in memory, where they are forked, else as a file that they map."""
    learned = classifier.corrections.to_arrays()  # workers have no memory: they get what it says of cuts
    model = Model(classifier.model.tables, classifier.leaned, classifier.card, learned)
    path = ""
    if not forks():
        path = os.path.join(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailtriage-")), "model")
        save_model(model, path)
    how = (classifier.view, classifier.allow_local_spam)
    return Copy(path or model, classifier.site, *asked, *how, kind, explain)
