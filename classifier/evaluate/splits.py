"""Splits that are fair: what belongs together stands on one side, and near-duplicates never on both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.errors import TrainingError
from classifier.evaluate.near import Groups
from classifier.learners.online import TEACHES

Chosen = NDArray[np.intp]


class Split(NamedTuple):
    """Messages to learn from, and messages to judge.

    Parameters
    ----------
    train, test : ndarray of intp
        Ascending.
    purged : int
        Messages that belong to neither side because they are near-duplicates of some to be judged.
    """

    train: Chosen
    test: Chosen
    purged: int


def k_fold(
    labels: Sequence[str], groups: Groups, folds: int, near: Groups | None = None, seed: int = 0
) -> list[Split]:
    """Cut mail into folds of about equal size and mixture, never through a group.

    Parameters
    ----------
    labels : sequence of str
    groups : ndarray of shape (n_messages,), intp
    folds : int
        At least 2.
    near : ndarray of shape (n_messages,), intp, optional
        Groups of near-duplicates. What is one of a message to be judged is not learned.
    seed : int, default 0
        Decides between equal folds.

    Returns
    -------
    list of Split
        Every message is judged once.

    Raises
    ------
    TrainingError
        If there are fewer groups than folds, or a fold would leave nothing to tell apart.
    """
    names, kinds = np.unique(np.asarray(labels, str), return_inverse=True)
    group = np.unique(groups, return_inverse=True)[1]
    n_groups = int(group.max()) + 1 if len(group) else 0
    if n_groups < folds:
        raise TrainingError(f"{n_groups} groups of messages cannot fill {folds} folds")
    mixture = np.zeros((n_groups, len(names)))
    np.add.at(mixture, (group, kinds), 1)
    fold_of = _deal(mixture, folds, seed)[group]
    splits = [_purged(fold_of != fold, fold_of == fold, near) for fold in range(folds)]
    _check(labels, splits)
    return splits


def by_time(labels: Sequence[str], when: ArrayLike, folds: int, near: Groups | None = None) -> list[Split]:
    """Cut mail into stretches of time; each but the first is judged by what came before it.

    Parameters
    ----------
    labels : sequence of str
    when : array of shape (n_messages,)
        Seconds; nan stays behind the message before it.
    folds : int
        Stretches that are judged, of equal numbers of messages.
    near : ndarray of shape (n_messages,), intp, optional
        As in `k_fold`.

    Returns
    -------
    list of Split

    Raises
    ------
    TrainingError
        If no message tells its time, or a stretch would have nothing to tell apart before it.
    """
    times = np.asarray(when, float)
    if not np.isfinite(times).any():
        raise TrainingError("no message tells when it came: it cannot be split by time")
    last = np.maximum.accumulate(np.where(np.isfinite(times), np.arange(len(times)), -1))
    times = np.where(last >= 0, times[last], -np.inf)
    place = np.empty(len(times), np.intp)
    place[np.lexsort((np.arange(len(times)), times))] = np.arange(len(times))
    stretch = place * (folds + 1) // max(1, len(times))
    splits = [_purged(stretch < at, stretch == at, near) for at in range(1, folds + 1)]
    _check(labels, splits)
    return splits


def straddlers(splits: Sequence[Split], groups: Groups) -> Chosen:
    """Find the groups that stand on both sides of a split.

    Parameters
    ----------
    splits : sequence of Split
    groups : ndarray of shape (n_messages,), intp

    Returns
    -------
    ndarray of intp
        Empty if the splits are fair.
    """
    both = [np.intersect1d(groups[split.train], groups[split.test]) for split in splits]
    return np.unique(np.concatenate(both)) if both else np.zeros(0, np.intp)


def _deal(mixture: NDArray[np.float64], folds: int, seed: int) -> NDArray[np.intp]:
    """Give each group to the fold that lacks its kinds of mail most, the largest groups first."""
    shares = mixture / mixture.sum(axis=0)
    random = np.random.default_rng(seed)
    order = np.lexsort((random.permutation(len(mixture)), -shares.max(axis=1)))
    load = [[0.0] * mixture.shape[1] for _ in range(folds)]
    chosen = np.empty(len(mixture), np.intp)
    for group, share in zip(order.tolist(), shares[order].tolist(), strict=True):
        kinds = [kind for kind, each in enumerate(share) if each]
        fold = min(range(folds), key=partial(_burden, load, share, kinds))
        for kind in kinds:
            load[fold][kind] += share[kind]
        chosen[group] = fold
    return chosen


def _burden(loads: list[list[float]], share: list[float], kinds: list[int], fold: int) -> tuple[float, float]:
    """How full a fold would be: of the fullest kind, then of all."""
    load = loads[fold]
    return max(load[kind] + share[kind] for kind in kinds), sum(load)


def _purged(train: NDArray[np.bool_], test: NDArray[np.bool_], near: Groups | None) -> Split:
    """Take out of the training part what is nearly the same as something to be judged."""
    kept = train if near is None else train & ~np.isin(near, near[test])
    return Split(np.flatnonzero(kept), np.flatnonzero(test), int(train.sum() - kept.sum()))


def _check(labels: Sequence[str], splits: Sequence[Split]) -> None:
    """Refuse splits that leave a question unanswerable which the whole mail could answer."""
    for at, question in enumerate(("spam", "importance")):
        answers = np.array([-1 if (told := TEACHES[label][at]) is None else told for label in labels])
        if not {0, 1} <= set(answers.tolist()):
            continue
        for number, split in enumerate(splits, start=1):
            lacking = {0, 1} - set(answers[split.train].tolist())
            if lacking:
                raise TrainingError(_unfair(question, number, len(splits), lacking, split.purged))


def _unfair(question: str, number: int, folds: int, lacking: set[int], purged: int) -> str:
    """Say what is missing where, and what may help."""
    yes, no = {"spam": ("spam", "ham"), "importance": ("important mail", "unimportant mail")}[question]
    what = " and ".join(name for answer, name in ((1, yes), (0, no)) if answer in lacking)
    why = f" ({purged} near-duplicates were left out)" if purged else ""
    return (
        f"fold {number} of {folds} leaves no {what} to learn from{why}: too few groups hold it; "
        "use other groups or more folds"
    )


def sizes(splits: Sequence[Split]) -> Iterator[tuple[int, int, int]]:
    """Count each split.

    Parameters
    ----------
    splits : sequence of Split

    Yields
    ------
    (int, int, int)
        Messages learned, judged, and purged.
    """
    for split in splits:
        yield len(split.train), len(split.test), split.purged
