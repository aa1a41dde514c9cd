"""A model, or a way of training, put to the test on labelled mail: the whole way in two functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.engine import Classifier
from classifier.evaluate.held_out import Trainer, held_out
from classifier.evaluate.kin import grouped, near_groups
from classifier.evaluate.material import Material, Progress, Taken, judged_mail, kin_times, read_material
from classifier.evaluate.near import Groups
from classifier.evaluate.outcomes import Chosen, Outcomes
from classifier.evaluate.splits import Split, by_time, k_fold
from classifier.verdict import LogOdds, probability

if TYPE_CHECKING:
    from classifier.budget import Terms
    from classifier.mailboxes import Stored
    from classifier.store import Model

Examine = Callable[[Material, Classifier, Chosen], None]
Mail = Iterable[tuple["Stored", str]]


@dataclass(frozen=True, slots=True)
class Assessed:
    """Mail that was judged, and how.

    Parameters
    ----------
    material : Material
        All that was read.
    chosen : ndarray of shape (n_judged,), intp
        Which of it was judged, ascending.
    judged : Outcomes
    units : ndarray of shape (n_judged,), intp
        What belongs together.
    fold : ndarray of shape (n_judged,), intp
        Which model judged it, from 0.
    told : dict of str to object
        How it was done, for people and machines.
    """

    material: Material
    chosen: Chosen
    judged: Outcomes
    units: Groups
    fold: Chosen
    told: dict[str, Any]

    def records(self) -> Iterator[dict[str, Any]]:
        """Describe each judged message for machines.

        Yields
        ------
        dict
            In the order of reading; `log_odds` and `p` as in `classify`.
        """
        judged = self.judged
        columns = (
            self.chosen,
            judged.gold,
            judged.label,
            judged.unsure,
            judged.log_odds,
            self.units,
            self.fold,
        )
        for at, gold, label, unsure, pair, unit, fold in zip(
            *(each.tolist() for each in columns), strict=True
        ):
            mailbox, key = self.material.places[at]
            yield {
                "mailbox": mailbox,
                "key": key,
                "gold": gold,
                "label": label,
                "unsure": unsure,
                "p": _probabilities(LogOdds(*pair)),
                "log_odds": {"spam": pair[0], "importance": pair[1]},
                "group": unit,
                "fold": fold,
            }


def _probabilities(log_odds: LogOdds) -> dict[str, float]:
    spam, important = probability(log_odds.spam), probability(log_odds.importance)
    return {
        "important": (1 - spam) * important,
        "unimportant": (1 - spam) * (1 - important),
        "spam": spam,
    }


@dataclass(frozen=True, slots=True)
class Plan:
    """How mail is put to the test.

    Parameters
    ----------
    kinds : sequence of str, default ('none',)
        What belongs together, in the intervals and in splits: some of `kin.KINDS`. With ``time`` each stretch
        of time is judged by what came before it.
    near_apart : bool, default True
        Whether near-duplicates belong together where nothing else says so, and what nearly equals a message
        is kept from who judges it.
    folds : int, default 5
        Parts of a cross-validation.
    terms : Terms, optional
        What its models may lose.
    seed, jobs : int
    """

    kinds: Sequence[str] = ("none",)
    near_apart: bool = True
    folds: int = 5
    terms: Terms | None = None
    seed: int = 0
    jobs: int = 1

    def near(self, material: Material) -> Groups | None:
        """Group near-duplicates, if they are to be kept apart.

        Parameters
        ----------
        material : Material

        Returns
        -------
        ndarray of shape (n_messages,), intp, or None
        """
        return near_groups(material.kin) if self.near_apart else None

    def splits(self, material: Material, units: Groups, near: Groups | None) -> list[Split]:
        """Cut mail for a cross-validation.

        Parameters
        ----------
        material : Material
        units : ndarray of shape (n_messages,), intp
            What belongs together.
        near : ndarray of shape (n_messages,), intp, optional
            Near-duplicates.

        Returns
        -------
        list of Split

        Raises
        ------
        TrainingError
            If a split could teach nothing.
        """
        if "time" in self.kinds:
            return by_time(material.gold, kin_times(material.kin), self.folds, near)
        return k_fold(material.gold, units, self.folds, near, self.seed)

    def told(self, units: Groups) -> dict[str, Any]:
        """Say how mail was grouped.

        Parameters
        ----------
        units : ndarray of shape (n_messages,), intp

        Returns
        -------
        dict of str to object
        """
        return {
            "grouped_by": list(self.kinds),
            "near_duplicates": "apart" if self.near_apart else "ignored",
            "groups": len(np.unique(units)),
        }


def assess_model(
    classifier: Classifier, mail: Mail, plan: Plan, *, progress: Progress = None, taken: Taken | None = None
) -> Assessed:
    """Judge labelled mail by a model that has not learned it.

    Parameters
    ----------
    classifier : Classifier
    mail : iterable of (Stored, str)
        Read once.
    plan : Plan
    progress, taken : callable, optional
        See `judged_mail`.

    Returns
    -------
    Assessed

    Raises
    ------
    LabelError, TrainingError
        If the labels contradict each other, or judge nothing.
    """
    material, judged = judged_mail(classifier, mail, jobs=plan.jobs, progress=progress, taken=taken)
    units = grouped(material.kin, plan.kinds, plan.near(material))
    everything = np.arange(len(material))
    told = {"model": classifier.name, **plan.told(units)}
    return Assessed(material, everything, judged, units, np.zeros(len(material), np.intp), told)


def assess_folds(
    classifier: Classifier,
    mail: Mail,
    plan: Plan,
    *,
    progress: Progress = None,
    examine: Examine | None = None,
) -> Assessed:
    """Train and judge by cross-validation.

    Parameters
    ----------
    classifier : Classifier
        Without a model; says which columns there are and whose mail it is.
    mail : iterable of (Stored, str)
        Read once.
    plan : Plan
    progress : callable, optional
        Called with the number of messages read so far, then with that of messages judged.
    examine : callable, optional
        Called with the material, each fold's classifier, and the messages that it judged.

    Returns
    -------
    Assessed

    Raises
    ------
    LabelError, TrainingError
        If the labels contradict each other, or a fold could teach nothing.
    """
    material, rows = read_material(classifier, mail, progress=progress, keep_pasts=examine is not None)
    near = plan.near(material)
    units = grouped(material.kin, plan.kinds, near)
    splits = plan.splits(material, units, near)
    trainer = Trainer(rows, material.gold, partial(_judge, classifier, plan.terms), plan.seed, plan.jobs)
    look = partial(examine, material) if examine else None
    local = np.array(material.local, bool)
    chosen, judged = held_out(trainer, splits, local, progress=progress, examine=look)
    fold = np.zeros(len(material), np.intp)
    for number, split in enumerate(splits):
        fold[split.test] = number
    told = {
        "model": None,
        "folds": plan.folds,
        **plan.told(units),
        "learned": [len(split.train) for split in splits],
        "left_out_as_near": [split.purged for split in splits],
    }
    return Assessed(material, chosen, judged, units[chosen], fold[chosen], told)


def _judge(like: Classifier, terms: Terms | None, model: Model) -> Classifier:
    """Put a model in the place of another."""
    judge = Classifier(
        model, site=like.site, lookup=like.lookup, view=like.view, allow_local_spam=like.allow_local_spam
    )
    if terms:
        judge.decide_by(terms)
    return judge
