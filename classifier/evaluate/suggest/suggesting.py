"""From a stream of mail to a few messages: read once, judged, kept by kind, then chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.engine import Classifier
from classifier.evaluate.near import digest_text, signatures
from classifier.evaluate.suggest.candidates import KEPT, Candidates, Kind, Seen
from classifier.evaluate.suggest.choose import choose, crowding, similarities
from classifier.features import Extractor, Rows, Schema
from classifier.learners.online.correction import TEACHES
from classifier.mailboxes import Stored
from classifier.signals import Facts
from classifier.verdict import Verdict, probability

SIGHT = Schema(bits=16, views=("header",))
"""What messages are compared by, whatever the model looks at: who sends what, which way, on what subject."""

BATCH = 64

NEAR = 0.45
"""From this similarity on kinds crowd each other, and each counts for less.

Chosen inside the training parts with 50 labels and no model, mean of 15 draws: 1-ROCA% of P1 / average
precision on a host of root mail left out. At random 2.19 / 0.18. By header words, crowded from 0.3 on 2.17 /
0.41, 0.4 1.26 / 0.37, 0.5 1.31 / 0.37, 0.6 2.49 / 0.38, not crowded 2.52 / 0.41. By header and body words,
from 0.5 on 1.80 / 0.42, not crowded 1.65 / 0.36; with near-duplicates counted one by one 1.31 / 0.13."""


class Suggestion(NamedTuple):
    """A message worth a label.

    Parameters
    ----------
    mailbox, key : str
        What finds it.
    alike : int
        Messages seen that say the same, whatever their numbers, itself included.
    doubt : float
        Of the model about it, 0 to 1.
    """

    mailbox: str
    key: str
    alike: int
    doubt: float


def suggest(
    classifier: Classifier,
    mail: Iterable[Stored],
    count: int = 20,
    *,
    known: Callable[[Stored], bool] | None = None,
    kept: int = KEPT,
    seed: int = 0,
) -> list[Suggestion]:
    """Suggest messages to label: doubtful, unlike each other, and each like much that is not understood yet.

    Parameters
    ----------
    classifier : Classifier
        May be empty: then nothing is certain, and the choice rests on what the mail says.
    mail : iterable of Stored
        Read once, in bounded memory.
    count : int, default 20
    known : callable, optional
        Tells whether the label of a message is known already: neither it nor anything like it is suggested.
        What the classifier has learned one by one is known anyway.
    kept : int, default 2048
        Kinds of mail kept; see `Candidates`.
    seed : int, default 0
        Decides which kinds are kept where there are more.

    Returns
    -------
    list of Suggestion
        The one that teaches most first: any beginning of the list is a good choice, too. Fewer than `count`
        where there are not so many kinds.
    """
    candidates = Candidates(kept, seed)
    extractor = Extractor(SIGHT)
    stream = iter(mail)
    asked = _asked(classifier)
    while batch := list(islice(stream, BATCH)):
        for one in _seen(classifier, extractor, batch, known, asked):
            candidates.offer(one)
    kinds = candidates.kinds()
    return [
        Suggestion(kind.first.mailbox, kind.first.key, kind.messages, kind.first.doubt)
        for kind in _chosen(kinds, count)
    ]


def doubt_of(verdict: Verdict, asked: Sequence[bool]) -> float:
    """Say how doubtful the answers are that a model gives.

    Parameters
    ----------
    verdict : Verdict
    asked : (bool, bool)
        Whether the model has learned to tell spam, and to tell importance.

    Returns
    -------
    float
        0 where all is certain, 1 at even chances of either question; importance counts as far as the message
        is no spam. 1 for a model that has learned nothing.
    """
    if not any(asked):
        return 1.0
    spam, important = (probability(each) for each in verdict.log_odds)
    ham = 1 - spam if asked[0] else 1.0
    return max(4 * spam * (1 - spam) * asked[0], 4 * important * (1 - important) * ham * asked[1])


def _chosen(kinds: list[Kind], count: int) -> list[Kind]:
    """Choose among what was kept."""
    if not kinds:
        return []
    alike = similarities([kind.first.columns for kind in kinds], SIGHT.n_columns)
    doubt = np.array([kind.first.doubt for kind in kinds])
    known = [at for at, kind in enumerate(kinds) if kind.known]
    return [kinds[at] for at in choose(alike, doubt / crowding(alike, NEAR), count, known, doubt)]


def _seen(
    classifier: Classifier,
    extractor: Extractor,
    batch: list[Stored],
    known: Callable[[Stored], bool] | None,
    asked: tuple[bool, bool],
) -> list[Seen]:
    """Judge a batch, and keep the little that the choice needs."""
    verdicts = classifier.judge(batch)
    messages = [verdict.message for verdict in verdicts]
    rows = extractor.rows([Facts(message, classifier.site) for message in messages])
    found = signatures([digest_text(message) for message in messages])
    return [
        Seen(
            stored.mailbox,
            stored.key,
            signature,
            columns,
            doubt_of(verdict, asked),
            (known is not None and known(stored)) or classifier.learned_as(stored) is not None,
        )
        for stored, verdict, signature, columns in zip(batch, verdicts, found, _columns(rows), strict=True)
    ]


def _columns(rows: Rows) -> list[NDArray[np.uint32]]:
    """Cut the set columns row by row, over all blocks."""
    parts = [
        np.split(block.columns + np.uint32(place.start), np.cumsum(block.counts)[:-1])
        for place, block in zip(rows.schema.blocks, rows.blocks, strict=True)
    ]
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def _asked(classifier: Classifier) -> tuple[bool, bool]:
    """Whether a classifier has learned to answer either question."""
    trained = classifier.card.get("trained", {})
    answers = [TEACHES[label] for label, count in classifier.corrections.labels.items() if count]
    spam, importance = (
        name in trained or {0, 1} <= {answer[at] for answer in answers}
        for at, name in enumerate(("spam", "importance"))
    )
    return spam, importance
