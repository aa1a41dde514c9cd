"""How fast a question is learned online: every number that was chosen, and by what."""

from __future__ import annotations

import math
from typing import NamedTuple


class Pace(NamedTuple):
    """The settings of one question's online learner.

    Unless said otherwise they were chosen on the first half of protocol P2, as it is, without the collector's
    hosts, in the portable schema, backwards and shuffled; all lie on a plateau (see "Online" in
    tests/bench/RESULTS.md).

    Parameters
    ----------
    rate : float, default 3.0
        Step length of the linear learner, in nats for an error of 1 and a column never moved before.
    variance : float, default 0.0
        Where a trained model answers the question already, its weights are taken for the mean of a normal
        prior of this variance (nats squared, for a block of one), and each message moves them once, to the
        maximum a posteriori, and nothing else: Bayes counts, shares and bias stay. With 0 it is learned like
        without a model.
    few : float, default infinity
        So it is until this many messages of either answer were learned; then like without a model.
    damping : float, default 0.4
        A column's step is divided by the root of this plus the squared errors it has been moved by: words
        that have spoken often move slowly.
    steps : int, default 5
        At most so many steps over one message.
    enough : float, default 0.05
        A probability this close to the truth needs no further step.
    strength : float, default 0.01
        Of the neutral prior in the Bayes counts, in messages; see `learners.bayes`.
    deviation : float, default 0.2
        From one half; a column that says less in the Bayes counts is not heard.
    sure : float, default 8.0
        Where the joined log-odds are right by as many nats, nothing more is counted.
    clear : float, default 2.5
        Where a block's own Bayes score is right by as much (after `squash`), the block counts nothing.
    squash : float, default 3.0
        A Bayes score enters the sum as the root of its size over this: it grows with the number of columns
        and of messages, and what it says does not.
    share_given, share_linear, share_bayes : float
        Weights in the sum before anything was learned: of the trained model, of the linear learner, of each
        block's Bayes score.
    share_rate : float, default 0.5
        Step length of these weights.
    bias_rate : float, default 0.1
        Step length of the bias.
    startled : float, default 2.0
        Where the joined log-odds are wrong by more than this, the weights and the bias move less, in
        proportion: a wrong label must not turn the sum round.
    """

    rate: float = 3.0
    variance: float = 0.0
    few: float = math.inf
    damping: float = 0.4
    steps: int = 5
    enough: float = 0.05
    strength: float = 0.01
    deviation: float = 0.2
    sure: float = 8.0
    clear: float = 2.5
    squash: float = 3.0
    share_given: float = 1.0
    share_linear: float = 1.0
    share_bayes: float = 0.1
    share_rate: float = 0.5
    bias_rate: float = 0.1
    startled: float = 2.0


PACES = (Pace(variance=1.0, few=5), Pace(variance=0.3))
"""Of both questions, in the order of `QUESTIONS`.

Who corrects a model marks the spam that it missed, and nothing else for a while. By long steps, moving
weights and Bayes counts the first such label says that all mail is spam: see "What one spam does" in
tests/bench/RESULTS.md, where other settings are, too.

Where one message in eighteen is important, what Bayes counts, moving weights and long steps learn first is
that hardly any is: so a trained model is moved only as far as its weights, as a prior, let it. Chosen on root
mail inside the hosts that a reader's model is trained on (half or three quarters of them train, the others
are the reader; 20, 50 and up to 200 labels, by `suggest` and at random). Mean gain in average precision, and
the worst of 24 means: at a variance of 0.1 0.008 and -0.001, at 0.3 0.017 and -0.009, at 0.3 solved over all
labels at once 0.018 and -0.007; by adaptive steps as without a model, a thirtieth as long, 0.010 and
-0.020."""
