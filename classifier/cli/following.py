"""``mailtriage replay --behaviour``: a whole archive, judged and learned from by what its reader did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from classifier.cli.asked import NO_MODEL, Scoring
from classifier.cli.exits import complain
from classifier.cli.reading import Intake

if TYPE_CHECKING:
    from classifier.cli.labelled import Given
    from classifier.engine import Classifier
    from classifier.evaluate.arrival import Turn
    from classifier.evaluate.following import Following
    from classifier.evaluate.replay import Step
    from classifier.mailboxes import Mailbox, Stored

Write = Callable[[Iterable["Step"]], bool]


def follow(given: Given, scoring: Scoring, order: str | None, start: float, write: Write) -> int:
    """Replay unlabelled mail by what its reader did with it.

    Parameters
    ----------
    given : Given
        Mailboxes alone.
    scoring : Scoring
    order : str or None
        ``stored`` or ``arrived``.
    start : float
        Part left out of the summary at the beginning.
    write : callable
        Writes the steps; tells whether it came to their end.

    Returns
    -------
    int
        Exit code.

    Raises
    ------
    click.UsageError
        If nobody knows whose mail it is, or the model asks no history.
    KeyboardInterrupt
        If it was interrupted, once that is summed up.
    """
    if given.folders or given.table or given.marked:
        raise click.UsageError("--behaviour takes mailboxes without labels: what you did is the label")
    if not given.tabled:
        raise click.UsageError("no mail: give the mailboxes to replay")
    from classifier.evaluate.following import Following

    intake = Intake(given.tabled, given.form)
    boxes = [intake.open(path) for path in given.tabled]
    try:
        following = Following(_follower(scoring, boxes))
        finished = write(following.steps(_turns(boxes, order)))
        for box in boxes:
            intake.name_problems(box)
    finally:
        for box in boxes:
            box.close()
    judged = _sum_up(following, start)
    if not finished:
        raise KeyboardInterrupt
    return intake.code(judged, "judged")


def _follower(scoring: Scoring, boxes: list[Mailbox]) -> Classifier:
    """Load the classifier, with a memory that ends with the replay."""
    from classifier.engine import Classifier
    from classifier.features import Schema
    from classifier.history import Ram

    site = scoring.who.site(boxes)
    if not site.me:
        raise click.UsageError("nobody knows whose mail this is: say so with --me ADDRESS")
    if scoring.model == NO_MODEL:
        return Classifier(schema=Schema(views=("history",)), site=site, memory=Ram())
    classifier = scoring.load()
    classifier.site = site
    classifier.remember(Ram())
    if classifier.behaviour is None:
        raise click.UsageError(
            f"the model {scoring.model} asks no history, so behaviour teaches it nothing; --model none knows "
            "only what the replay teaches it"
        )
    return classifier


def _turns(boxes: list[Mailbox], order: str | None) -> Iterator[Turn]:
    from classifier.evaluate.arrival import as_stored, by_arrival

    names = {box.path: box for box in boxes}

    def get(mailbox: str, key: str) -> Stored:
        return names[mailbox].get(key)

    mail = _Unlabelled(boxes)
    if (order or ("stored" if len(boxes) == 1 else "arrived")) == "arrived":
        return by_arrival(mail, get)[1]
    return as_stored(mail)


class _Unlabelled:
    """All mail of some mailboxes, as often as wanted, with no label."""

    def __init__(self, boxes: list[Mailbox]) -> None:
        self._boxes = boxes

    def __iter__(self) -> Iterator[tuple[Stored, str]]:
        for box in self._boxes:
            yield from ((stored, "") for stored in box)


def _sum_up(following: Following, start: float) -> int:
    """Say how well that went; returns how many messages were looked at."""
    from classifier.evaluate.metrics import average_precision, read_for

    ranking = following.ranking(start)
    known = int(ranking.n_negative + ranking.n_positive)
    fate = f"{following.mine} of yours, {following.answered} answered"
    complain(f"{known} messages received whose fate is known, {fate}")
    if not following.mine:
        complain("none of this mail is yours: give your sent mail too, and all your addresses (--me)")
    elif not ranking.n_positive or not ranking.n_negative:
        complain("nothing to compare: of the mail judged you answered all or none")
    else:
        most, nearly_all = read_for(ranking, 0.8), read_for(ranking, 0.95)
        complain(
            f"of the mail answered: average precision {average_precision(ranking):.3f}; "
            f"80 % of it lie in the best {most:.1%}, 95 % in the best {nearly_all:.1%}"
        )
    return known + following.mine
