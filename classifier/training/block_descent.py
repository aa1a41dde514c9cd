"""Members learned block after block: counts added up, margins met in several passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from classifier.learners.views import View, view_of_rows
from classifier.training.machine import Machine, Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Rows
    from classifier.learners.members import Member
    from classifier.training.spill import Spill

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Final = tuple[Floats, float]
    Views = tuple[NDArray[np.intp], Mapping[tuple[float, ...], View]]

PASSES, LAST_PASSES = 12, 6
"""Over all blocks at most; and of members that learn everything, which begin between those of the folds."""

UNASKED, ALWAYS = -2, -1
"""Folds of rows that give no answer, and of rows that are never held out."""


class Parts(NamedTuple):
    """What is learned of a question, and what is held out when.

    Parameters
    ----------
    positive : ndarray of shape (n_rows,), bool
    fold : ndarray of shape (n_rows,), int8
        By which member of its kind each row is not learned, `ALWAYS` or `UNASKED`.
    folds : int
    """

    positive: Flags
    fold: NDArray[np.int8]
    folds: int

    @property
    def held(self) -> Flags:
        """Rows that are held out once."""
        return self.fold >= 0

    def learned(self, fold: int) -> Flags:
        """Rows that are learned where a fold is held out; all, where `folds` is given."""
        mine: Flags = (self.fold != UNASKED) & (self.fold != fold)
        return mine


class BlockDescent:
    """Learns the members of one question.

    Parameters
    ----------
    question : str
    spill : Spill
    parts : Parts
    seed : int
    watch : callable
    """

    def __init__(
        self, question: str, spill: Spill, parts: Parts, seed: int, watch: Callable[[str, int, int], None]
    ) -> None:
        self.question, self.spill, self.parts, self.seed = question, spill, parts, seed
        self._watch = watch
        self._machines: dict[Member, list[Machine]] = {}
        self._tallies = self._counted()

    def learn_and_score(self, members: Sequence[Member], stage: str) -> list[Floats]:
        """Learn with each fold held out in turn.

        Parameters
        ----------
        members : sequence of Member
        stage : str
            A name under which the state is kept.

        Returns
        -------
        list of ndarray of shape (n_held_out,)
            Each member's scores of what is held out, by what has not seen it; in the order of the rows.
        """
        work = []
        for member in members:
            if member.kind == "linear":
                self._machines[member] = [self._machine(member, fold) for fold in range(self.parts.folds)]
                work += [(machine, fold) for fold, machine in enumerate(self._machines[member])]
        self._descend(work, stage, PASSES)
        return self._scores(members)

    def finish(self, members: Sequence[Member]) -> list[Final]:
        """Learn everything.

        Parameters
        ----------
        members : sequence of Member

        Returns
        -------
        list of (ndarray of shape (n_columns,), float)
            Weights and bias of each.
        """
        everything = self.parts.folds
        work = []
        for member in members:
            if member.kind == "linear":
                machine = self._machine(member, everything)
                machine.begin_between(self._machines.get(member, []))
                self._machines[member] = [machine]
                work.append((machine, everything))
        self._machines = {member: self._machines[member] for member in members if member.kind == "linear"}
        self._descend(work, "whole", LAST_PASSES)
        return [self._final(member, 0, self._tallies[-1]) for member in members]

    def _machine(self, member: Member, fold: int) -> Machine:
        machine = Machine(member, len(self.spill), self.spill.schema.n_columns)
        machine.rescale(self._tally(fold), self._volumes(member))
        return machine

    def _tally(self, fold: int) -> Tally:
        """Count what is learned where a fold is held out."""
        whole = self._tallies[-1]
        return whole if fold == self.parts.folds else whole.less(self._tallies[fold])

    def _final(self, member: Member, at: int, tally: Tally) -> Final:
        volumes = self._volumes(member)
        if member.kind == "linear":
            machine = self._machines[member][at]
            return machine.weights(volumes), machine.descent.bias
        return tally.bayes() * volumes, 0.0

    def _volumes(self, member: Member) -> Floats:
        """Return what each column is multiplied by."""
        sizes = [block.stop - block.start for block in self.spill.schema.blocks]
        return np.repeat(member.volumes, sizes)

    def _counted(self) -> list[Tally]:
        """Count each fold, and everything."""
        name = f"{self.question}-counts"
        if kept := self.spill.state(name):
            fields = [
                [kept[f"{at}-{field}"] for field in Tally._fields] for at in range(self.parts.folds + 1)
            ]
            return [Tally(*each) for each in fields]
        tallies = [Tally.empty(self.spill.schema.n_columns) for _ in range(self.parts.folds + 1)]
        everything = (1.0,) * len(self.spill.schema.blocks)
        for at, view in self.spill.each(lambda _, rows: view_of_rows(rows, everything, renumber=False)):
            here = slice(at, at + len(view))
            fold, positive = self.parts.fold[here], self.parts.positive[here]
            for number, tally in enumerate(tallies[:-1]):
                tally.add(view, positive, np.flatnonzero(fold == number))
            tallies[-1].add(view, positive, np.flatnonzero(fold != UNASKED))
            self._watch(f"{self.question}: counting", here.stop, len(self.spill))
        named = {
            f"{at}-{field}": getattr(tally, field)
            for at, tally in enumerate(tallies)
            for field in Tally._fields
        }
        self.spill.save_state(name, named)
        return tallies

    def _descend(self, work: Sequence[tuple[Machine, int]], stage: str, passes: int) -> None:
        """Meet the margins of some rows, in so many passes over the blocks at most."""
        name = f"{self.question}-{stage}"
        self._restore(name, work)
        while left := [(m, fold) for m, fold in work if not m.met and m.passes < passes]:
            done = left[0][0].passes
            self._pass(left, (self.seed, len(stage), done), f"{self.question}: {stage}, pass {done + 1}")
            self._keep(name, work)

    def _pass(self, work: Sequence[tuple[Machine, int]], seed: tuple[int, ...], phase: str) -> None:
        """Go through all blocks once."""
        short = np.zeros(len(work))
        learned = [self.parts.learned(fold) for _, fold in work]
        visited = [mine if m.full else mine & m.active for (m, _), mine in zip(work, learned, strict=True)]
        anyone = np.any(visited, axis=0)
        kinds = {machine.member.volumes for machine, _ in work}

        def prepare(at: int, rows: Rows) -> Views:
            some = np.flatnonzero(anyone[at : at + len(rows)])
            mine = rows if len(some) == len(rows) else rows.take(some)
            return at + some, {each: view_of_rows(mine, each, renumber=False) for each in kinds}

        for at, (rows, views) in self.spill.each(prepare):
            order = np.random.default_rng([*seed, at]).permutation(len(rows))
            for number, (machine, _) in enumerate(work):
                mine = order[visited[number][rows[order]]]
                view = views[machine.member.volumes]
                short[number] += machine.meet(view, self.parts.positive[rows], rows, mine)
            self._watch(phase, at, len(self.spill))
        for number, (machine, _) in enumerate(work):
            machine.end_pass(short[number] / max(1, int(learned[number].sum())))

    def _scores(self, members: Sequence[Member]) -> list[Floats]:
        """Score what is held out, each fold by those that have not learned it."""
        told = np.zeros((len(self.spill), len(members)))
        for fold in range(self.parts.folds):
            tally, chosen = self._tally(fold), self.parts.fold == fold
            told[chosen] = self.scores_of([self._final(member, fold, tally) for member in members], chosen)
        return list(told[self.parts.held].T)

    def scores_of(self, finals: Sequence[Final], chosen: Flags) -> Floats:
        """Score some rows.

        Parameters
        ----------
        finals : sequence of (ndarray of shape (n_columns,), float)
            Weights and bias of each member.
        chosen : ndarray of shape (n_rows,), bool

        Returns
        -------
        ndarray of shape (n_chosen, n_finals)
        """
        everything = (1.0,) * len(self.spill.schema.blocks)
        told = []

        def prepare(at: int, rows: Rows) -> View:
            some = rows.take(np.flatnonzero(chosen[at : at + len(rows)]))
            return view_of_rows(some, everything, renumber=False)

        for at, view in self.spill.each(prepare):
            every = np.arange(len(view))
            told.append(np.stack([view.score(*final, every) for final in finals], axis=1))
            self._watch(f"{self.question}: judging what was held out", at, len(self.spill))
        return np.concatenate(told)

    def _keep(self, name: str, work: Sequence[tuple[Machine, int]]) -> None:
        state = {
            f"{at}-{field}": array
            for at, (machine, _) in enumerate(work)
            for field, array in machine.state().items()
        }
        self.spill.save_state(name, state)

    def _restore(self, name: str, work: Sequence[tuple[Machine, int]]) -> None:
        """Go on where an interruption was."""
        if state := self.spill.state(name):
            for at, (machine, _) in enumerate(work):
                mine = {
                    key.partition("-")[2]: array for key, array in state.items() if key.startswith(f"{at}-")
                }
                machine.take_up(mine)
