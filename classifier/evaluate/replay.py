"""Mail judged and learned in the order in which it came: what a filter does in real life."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from classifier.engine import Classifier
from classifier.evaluate.arrival import Turn
from classifier.evaluate.feedback import Feedback
from classifier.verdict import Verdict


class Step(NamedTuple):
    """One message of a replay.

    Parameters
    ----------
    turn : Turn
    verdict : Verdict
        Made before anything was known of the message. Its clues are found when first asked for: ask before
        the next step, while the classifier is still what it was.
    learned : int
        Messages learned before this one was judged.
    """

    turn: Turn
    verdict: Verdict
    learned: int


def replay(classifier: Classifier, turns: Iterable[Turn], feedback: Feedback) -> Iterator[Step]:
    """Judge mail in order of arrival, and learn what the feedback says, when it says it.

    Parameters
    ----------
    classifier : Classifier
        Learns while it judges; one with a memory observes every message once it is judged.
    turns : iterable of Turn
        Streamed, nothing is kept of it.
    feedback : Feedback

    Yields
    ------
    Step
        One a message, in the same order.

    Raises
    ------
    ValueError
        If the feedback tells of a message that has not been judged.
    """
    learned = 0
    for turn in turns:
        for lesson in feedback.before(turn):
            if lesson.turn.position >= turn.position:
                raise ValueError(f"message {lesson.turn.position} would be learned before it is judged")
            learned += classifier.learn(lesson.turn.stored, lesson.label, now=lesson.turn.when)
        verdict = classifier.classify(turn.stored, now=turn.when)
        feedback.after(turn, verdict)
        classifier.observe(turn.stored, now=turn.when)
        yield Step(turn, verdict, learned)
