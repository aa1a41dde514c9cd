"""Training on labelled mailboxes: what was read goes into the model's card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from classifier.engine.triage import Classifier
from classifier.errors import LabelError
from classifier.learners.online import TEACHES

if TYPE_CHECKING:
    from classifier.budget import Terms
    from classifier.engine.reading import Spilling
    from classifier.features import Schema
    from classifier.mail import Message
    from classifier.mailboxes import Stored
    from classifier.signals import Site
    from classifier.store import Model


def train(
    sources: Sequence[tuple[str, Iterable[Stored]]],
    *,
    schema: Schema | None = None,
    site: Site | None = None,
    name: str = "unnamed",
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
    terms: Terms | None = None,
    spilling: Spilling | None = None,
    thorough: bool = False,
) -> Classifier:
    """Train a classifier on labelled mailboxes.

    Mail of more than `IN_MEMORY` set columns, some 12,000 messages, is hashed into a temporary folder and
    learned from there, block after block, in memory that does not grow with it.

    Parameters
    ----------
    sources : sequence of (label, iterable of Stored)
        Labels are ``spam``, ``ham``, ``important`` and ``unimportant``; one may come several times.
    schema : Schema, optional
        Which columns; by default those of this version. With the view ``history`` the mail is learned in
        order of arrival, each message with what those before it left behind, and always in memory.
    site : Site, optional
        Whose mail it is.
    name : str, default 'unnamed'
        Stands in the card.
    seed : int, default 0
        With the same seed and mail the model is the same, whatever the number of jobs.
    jobs : int, default 1
        Processes.
    progress : callable, optional
        Called with the phase, the messages of it that are done, and how many there are, 0 if unknown.
    terms : Terms, optional
        A loss budget or costs to set the cuts by; what can be promised goes into the card.
    spilling : Spilling, optional
        A folder in which to hash the mail, however little it is; it can be taken up after an interruption.
    thorough : bool, default False
        Whether signals are kept for telling spam even where they do not pay for the time that they take.

    Returns
    -------
    Classifier

    Raises
    ------
    LabelError
        For a label that is none.
    TrainingError
        If no question has examples of both answers, a source is empty, or there is no going on in the folder.
    """
    _check(sources)
    empty = Classifier(schema=schema, site=site)
    model = _learned(
        sources, empty, seed=seed, jobs=jobs, progress=progress, spilling=spilling, thorough=thorough
    )
    model.card["name"] = name
    return _settled(model, site, terms)


def _learned(
    sources: Sequence[tuple[str, Iterable[Stored]]],
    empty: Classifier,
    *,
    seed: int,
    jobs: int,
    progress: Callable[[str, int, int], None] | None,
    spilling: Spilling | None,
    thorough: bool,
) -> Model:
    """Read and learn, in memory or not, and write down what was read."""
    from classifier.engine.ledger import Ledger  # only who trains waits for these
    from classifier.engine.reading import Lessons

    watch = progress or (lambda *_: None)
    ledger = Ledger()
    if "history" in empty.extractor.schema.views:
        pairs = ledger.read(sources, watch)
        model = _train_with_history(pairs, empty, seed=seed, jobs=jobs, thorough=thorough)
    else:
        schema = empty.extractor.schema
        lessons = Lessons(sources, schema, empty.site, ledger, jobs=jobs, watch=watch, thorough=thorough)
        model = lessons.learn(seed, spilling)
    model.card["training"]["sources"] = ledger.entries()
    return model


def _settled(model: Model, site: Site | None, terms: Terms | None) -> Classifier:
    """Set the cuts by what was asked for, and write down what can be promised."""
    classifier = Classifier(model, site=site)
    if terms:
        model.card["promise"] = classifier.decide_by(terms).to_json()
    return classifier


def _check(sources: Sequence[tuple[str, Iterable[Stored]]]) -> None:
    """Refuse labels that are none before anything is read."""
    unknown = next((label for label, _ in sources if label not in TEACHES), None)
    if unknown is not None:
        raise LabelError(f"{unknown!r} is no label; labels are {', '.join(TEACHES)}")


def _train_with_history(
    pairs: Iterable[tuple[Message, str]], like: Classifier, *, seed: int, jobs: int, thorough: bool
) -> Model:
    """Learn mail in order of arrival, each message with what those before it left behind."""
    from classifier.engine.arrivals import in_order_of_arrival
    from classifier.history import Ram
    from classifier.training import train_model  # only who trains waits for it

    reader = Classifier(schema=like.extractor.schema, site=like.site, memory=Ram())
    facts = partial(reader.facts, observe=True)
    arrivals = in_order_of_arrival(pairs, reader.site)
    return train_model(reader.extractor, facts, arrivals, seed=seed, jobs=jobs, thorough=thorough)
