"""Which learners answer which question: chosen by experiment, told in notebook 02 and RESULTS.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.learners.members import Member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classifier.features import Schema

SPAM_VOLUMES = {"header": 1.0, "body": 0.3, "grams": 1.0}
"""Of the linear learner. By cross-validation inside P1's training part, near-duplicates kept together, fused
with the Bayes learner on the body, log-loss in thousandths of a nat (1-ROCA%): body at 0 15.5 (0.0209), at
0.3 15.5 (0.0217), at 0.6 16.0 (0.0240), at 1 17.1 (0.0275). 0.3 was taken: there are mails whose header says
nothing."""

HEADER_VOLUMES = {"grams": 1.0}
"""The same where no mail has a body: 4-grams say what words of headers do. By cross-validation inside P3's
training part, near-duplicates kept together, 1-ROCA% / spam missed at 0.1 % ham lost / at 0.5 % / log-loss in
thousandths of a nat: words and 4-grams 0.150 / 10.2 / 4.58 / 42.4, 4-grams alone 0.132 / 8.4 / 4.51 / 40.3,
words alone 0.276 / 10.6 / 5.67 / 55.6; and words take two fifths of the time."""

SIGNALS = {"signals": 1.0, "history": 1.0}

SIGNALS_C = 3.0
"""By cross-validation inside P1's training part, signals alone, 1-ROCA%: 0.369 at 0.1, 0.260 at 0.3, 0.207
at 1, 0.190 at 3, 0.225 at 30, which takes the solver twice the time."""

SIGNALS_PRICE = 0.05
"""Share of the log-loss that signals must surely save beside words and 4-grams: with them a message takes
several times as long to judge."""

SOFT = 0.1
"""C of a linear learner for labels that cannot all be trusted. Inside P1's training part with a tenth of the
labels flipped, fused, 1-ROCA% (spam missed at 0.5 % ham lost): 0.40 (12 %) without it, 0.067 (4 %) with it.
On clean labels its share is 0.05, no more than chance, and it is left out."""


def members_for(
    question: str, schema: Schema, *, thorough: bool = False, bodies: bool = True
) -> tuple[Member, ...]:
    """Choose the members of a question's fusion.

    Spam: what was written is seen by one linear learner and, of the body, by a Bayes learner, which errs
    elsewhere. A second linear learner with a soft margin takes over where labels are often wrong. Signals
    cost several times what words do, so they have a learner of their own, and a price. Both are left out
    where they earn nothing.

    Importance: everything side by side, since what is urgent shows in signals and history as much as in
    words. Where history is seen, twice: with contrast, which knows the kinds of mail it has seen best, and
    without, which does better on kinds it has not. These count equally: no fold tells how much mail will be
    of a new kind.

    Parameters
    ----------
    question : str
        Of `QUESTIONS`.
    schema : Schema
    thorough : bool, default False
        Whether signals may cost what they want.
    bodies : bool, default True
        Whether any of the mail has one; where headers alone are learned, spam is told by 4-grams alone.

    Returns
    -------
    tuple of Member
        Without those that hear nothing of what the schema has.
    """
    written = SPAM_VOLUMES if bodies or "grams" not in schema.views else HEADER_VOLUMES
    members = _members_for(question, schema, thorough, written)
    filled = [block.name in schema.views for block in schema.blocks]
    hear = [
        each
        for each in members
        if any(v for v, is_filled in zip(each.volumes, filled, strict=True) if is_filled)
    ]
    return tuple(hear) or members


def _members_for(
    question: str, schema: Schema, thorough: bool, written: Mapping[str, float]
) -> tuple[Member, ...]:
    """Choose them for all views; `written` says how loudly spam is heard in what was written."""
    names = [block.name for block in schema.blocks]

    def volumes(of: Mapping[str, float]) -> tuple[float, ...]:
        return tuple(of.get(each, 0.0) for each in names)

    if question == "spam":
        return (
            Member("linear", "linear", volumes(written)),
            Member("linear.soft", "linear", volumes(written), costly=True, C=SOFT, soft=True),
            Member(
                "linear.signals",
                "linear",
                volumes(SIGNALS),
                costly=not thorough,
                price=SIGNALS_PRICE,
                C=SIGNALS_C,
            ),
            Member("bayes.body", "bayes", volumes({"body": 1.0})),
        )
    everything = volumes(dict.fromkeys(names, 1.0))
    if "history" not in schema.views:
        return (
            Member("linear", "linear", everything),
            Member("bayes.body", "bayes", volumes({"body": 1.0})),
        )
    return (
        Member("linear.plain", "linear", everything, C=1.0, contrast=0.0),
        Member("linear.contrast", "linear", everything, C=0.1),
    )


def is_fitted(question: str, schema: Schema) -> bool:
    """Tell whether the members' weights are fitted, or count equally.

    Parameters
    ----------
    question : str
        Of `QUESTIONS`.
    schema : Schema

    Returns
    -------
    bool
    """
    return question == "spam" or "history" not in schema.views
