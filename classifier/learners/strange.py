"""Machine mail of which a model knows few words: there a rule speaks that looks at the job's past alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Rows
    from classifier.learners.tables import Tables

    Floats = NDArray[np.float64]

BLOCK = "body"
"""Whose words are looked at. With a tool left out of training half of its mails have 37 of 100 columns that
the model knows, and one in twenty more than 60; with a host left out 92, and one in twenty less than 45."""

STRANGE, FAMILIAR = 0.4, 0.6
"""Share of known columns up to which the rule has its full say, and from which on it has none. Inside P5's
training parts, AP / recall reading 10 % with tools left out and with hosts left out: without the rule 0.492 /
65.7 %, 0.908 / 94.1 %; as it stands here 0.574 / 74.9 %, 0.909 / 95.1 %; from 0.5 to 0.7 0.591 / 79.0 %,
0.902 / 95.2 %; from 0.3 to 0.5 0.551 / 70.6 %, 0.912 / 95.2 %. Taken is the most that costs hosts nothing."""

SILENT = 0.15
"""Share of known columns below which the model's own answer fades: from nothing it can tell nothing."""

ENOUGH = 100
"""Examples of the rarer answer from which on a model knows what it knows; of fewer the share known counts for
less. On other halvings of the hosts than those reported, models of 20, 50 and 117 labels by `suggest` alone:
AP 0.387, 0.447, 0.636 without, 0.673, 0.647, 0.762 so; 60: 0.635, 0.636, 0.748; 200: 0.685, 0.694, 0.759."""

NATS, USUAL = 0.75, 1.0
"""What a unit of urgency weighs, in nats, and the urgency that moves nothing. Half a nat 0.562 / 73.2 % and
0.910 / 95.1 %, one 0.579 / 76.3 % and 0.906 / 95.0 %."""

PRIOR = -3.0
"""Log-odds of importance of machine mail of which nothing is known: about one in twenty matters."""

TAUGHT = 30.0
"""Labels of the rarer answer with which what the reader taught since counts for a quarter, where the model
itself knows nothing: a handful of labels sees words, and not yet which of them matter. On other halvings of
the hosts than those reported, no model, AP after 20 and 50 labels by `suggest` and after 117: 0.38, 0.49,
0.80 in full, 0.71, 0.72, 0.80 so; at random 0.45, 0.43 and, after 200, 0.76; 0.70, 0.72, 0.79."""


def known_share(tables: Tables, rows: Rows, examples: int) -> Floats:
    """Say of what share of each message's words a model knows anything about importance.

    Parameters
    ----------
    tables : Tables
    rows : Rows
        Of the same schema.
    examples : int
        Of the rarer answer about importance that the model was trained on; see `ENOUGH`.

    Returns
    -------
    ndarray of shape (n_rows,), float64
        From 0 to 1; nan where there are no words, as where bodies are not read.
    """
    at = next(place for place, block in enumerate(tables.schema.blocks) if block.name == BLOCK)
    place, block = tables.schema.blocks[at], rows.blocks[at]
    known = tables.weights[place.start : place.stop, 1][block.columns] != 0
    upto = np.concatenate([[0], np.cumsum(known)])
    last = np.cumsum(block.counts)
    with np.errstate(invalid="ignore"):
        share: Floats = (upto[last] - upto[last - block.counts]) / block.counts
    return share * min(1.0, examples / ENOUGH)


def lean(
    log_odds: Floats, known: Floats, urgency: Floats, taught: Floats | float = 0.0, labels: int = 0
) -> Floats:
    """Say how much the rule moves a model's log-odds of importance.

    Parameters
    ----------
    log_odds : ndarray of shape (n_rows,)
        Of the trained model, in nats.
    known : ndarray of shape (n_rows,)
        See `known_share`.
    urgency : ndarray of shape (n_rows,)
        See `classifier.rootmail.urgency`; nan for mail that no job wrote.
    taught : ndarray of shape (n_rows,), default 0
        What the reader's labels add to the log-odds, in nats.
    labels : int, default 0
        How many of them give the answer that is rarer among them.

    Returns
    -------
    ndarray of shape (n_rows,), float64
        In nats; 0 where the words are known, where there are none, and for mail of people.

    Notes
    -----
    All numbers were chosen inside P5's training parts, with tools and with hosts left out of them.

    Examples
    --------
    >>> import numpy as np
    >>> lean(np.array([-1.0, -1.0]), np.array([0.9, 0.3]), np.array([3.0, 3.0]))
    array([0. , 1.5])
    """
    rule = NATS * np.clip((FAMILIAR - known) / (FAMILIAR - STRANGE), 0, 1) * (urgency - USUAL)
    early = taught * (1 - (labels / (labels + TAUGHT)) ** 2)
    fade = np.clip(1 - known / SILENT, 0, 1) * (PRIOR - log_odds - early)
    moved: Floats = np.where(np.isnan(known) | np.isnan(urgency), 0.0, rule + fade)
    return moved
