"""Members learned block after block: counts added up, margins met in several passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classifier.learners.contrast import contrasts, robinson
from classifier.learners.descent import Descent, Examples
from classifier.learners.members import MIN_DEVIATION, STRENGTH
from classifier.learners.views import View, view_of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from classifier.features import Rows
    from classifier.learners.members import Member
    from classifier.training.spill import Spill

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

PASSES, LAST_PASSES, INNER = 10, 5, 4
"""Over all blocks at most; when what was held out is learned, too; and over each block while it is there."""

ENOUGH = 0.002
"""Passes end when so small a share of the rows was short of its margin by more than the tolerance."""


class Part(NamedTuple):
    """What is learned of a question, and what is held out.

    Parameters
    ----------
    positive, learned, held : ndarray of shape (n_rows,), bool
        Of all rows; those that give no answer are neither learned nor held out.
    """

    positive: Flags
    learned: Flags
    held: Flags


class Tally(NamedTuple):
    """Sums over blocks.

    Parameters
    ----------
    counts : ndarray of shape (2, n_columns)
        Rows of each class that set a column.
    sizes : ndarray of shape (2,)
    squares : ndarray of shape (n_columns,)
        Of the values, volumes left out.
    """

    counts: Floats
    sizes: Floats
    squares: Floats

    def __add__(self, other: Tally) -> Tally:  # type: ignore[override]
        return Tally(*(mine + yours for mine, yours in zip(self, other, strict=True)))


class Machine:
    """A linear member while it learns.

    Parameters
    ----------
    member : Member
    n_rows, n_columns : int
    """

    def __init__(self, member: Member, n_rows: int, n_columns: int) -> None:
        self.member = member
        self.descent = Descent(n_columns, member.C)
        self.dual = np.zeros(n_rows)
        self.scale = np.ones(n_columns, np.float32)

    def rescale(self, tally: Tally, volumes: Floats) -> None:
        """Scale columns by their contrast in what is learned; what was learned before stays learned."""
        scale = contrasts(tally.counts, tally.sizes, self.member.contrast, 1.0)
        squares = tally.squares * np.square(volumes)
        scaled = float(squares @ np.square(scale))
        scale *= np.sqrt(squares.sum() / scaled) if scaled > 0 else 1.0
        narrow = scale.astype(np.float32)
        self.descent.weights *= narrow / self.scale
        self.scale = narrow

    def examples(self, view: View, positive: Flags) -> Examples:
        """Give the rows of a block the form that the solver takes."""
        values = view.values * self.scale[view.columns]
        signs = np.where(positive, 1.0, -1.0)
        return Examples(view.starts, view.columns, values, signs, view.row_sums(np.square(values)))

    def weights(self, volumes: Floats) -> Floats:
        """Return the weights of columns as they come in."""
        found: Floats = self.descent.weights * self.scale.astype(np.float64) * volumes
        return found


class BlockDescent:
    """Learns the members of one question.

    Parameters
    ----------
    question : str
    spill : Spill
    part : Part
    seed : int
    watch : callable
    """

    def __init__(
        self, question: str, spill: Spill, part: Part, seed: int, watch: Callable[[str, int, int], None]
    ) -> None:
        self.question, self.spill, self.part, self.seed = question, spill, part, seed
        self._watch = watch
        self._machines: dict[Member, Machine] = {}
        self._learned, self._held = self._tallies()

    def learn_and_score(self, members: Sequence[Member], stage: str) -> list[Floats]:
        """Learn what is not held out.

        Parameters
        ----------
        members : sequence of Member
        stage : str
            A name under which the state is kept.

        Returns
        -------
        list of ndarray of shape (n_held_out,)
            Each member's scores of what is held out.
        """
        linear = [member for member in members if member.kind == "linear"]
        for member in linear:
            machine = Machine(member, len(self.spill), self.spill.schema.n_columns)
            machine.rescale(self._learned, self._volumes(member))
            self._machines[member] = machine
        self._descend(linear, self.part.learned, stage, PASSES)
        return self._scores(members)

    def finish(self, members: Sequence[Member]) -> list[tuple[Floats, float]]:
        """Learn what was held out, too.

        Parameters
        ----------
        members : sequence of Member

        Returns
        -------
        list of (ndarray of shape (n_columns,), float)
            Weights and bias of each.
        """
        whole = self._learned + self._held
        linear = [member for member in members if member in self._machines]
        for member in linear:
            self._machines[member].rescale(whole, self._volumes(member))
        self._descend(linear, self.part.learned | self.part.held, "whole", LAST_PASSES)
        return [self._final(member, whole) for member in members]

    def _final(self, member: Member, tally: Tally) -> tuple[Floats, float]:
        if member in self._machines:
            machine = self._machines[member]
            return machine.weights(self._volumes(member)), machine.descent.bias
        bayes = robinson(tally.counts, tally.sizes, STRENGTH, MIN_DEVIATION)
        return bayes * self._volumes(member), 0.0

    def _volumes(self, member: Member) -> Floats:
        """Return what each column is multiplied by."""
        sizes = [block.stop - block.start for block in self.spill.schema.blocks]
        return np.repeat(member.volumes, sizes)

    def _tallies(self) -> tuple[Tally, Tally]:
        """Count, of what is learned and of what is held out."""
        name = f"{self.question}-counts"
        if kept := self.spill.state(name):
            return tuple(  # type: ignore[return-value]
                Tally(*(kept[f"{side}-{field}"].astype(np.float64) for field in Tally._fields))
                for side in "lh"
            )
        n = self.spill.schema.n_columns
        sides = (self.part.learned, self.part.held)
        sums = [Tally(np.zeros((2, n)), np.zeros(2), np.zeros(n)) for _ in sides]
        everything = (1.0,) * len(self.spill.schema.blocks)
        for at, view in self.spill.each(lambda _, rows: view_of_rows(rows, everything, renumber=False)):
            here = slice(at, at + len(view))
            for side, tally in zip(sides, sums, strict=True):
                rows = np.flatnonzero(side[here])
                if not len(rows):
                    continue
                counts, sizes = view.count(self.part.positive[here], rows)
                tally.counts[:] += counts
                tally.sizes[:] += sizes
                inside = np.repeat(side[here], np.diff(view.starts))
                squares = np.square(view.values[inside], dtype=np.float64)
                tally.squares[:] += np.bincount(view.columns[inside], squares, minlength=n)
            self._watch(f"{self.question}: counting", here.stop, len(self.spill))
        fields = {
            f"{side}-{field}": getattr(tally, field)
            for side, tally in zip("lh", sums, strict=True)
            for field in Tally._fields
        }
        self.spill.save_state(name, fields)
        return sums[0], sums[1]

    def _descend(self, members: Sequence[Member], learned: Flags, stage: str, passes: int) -> None:
        """Meet the margins of some rows, in so many passes over the blocks at most."""
        machines = [self._machines[member] for member in members]
        name = f"{self.question}-{stage}"
        done, enough = self._restore(name, machines)
        while machines and done < passes and not enough:
            short = self._pass(
                machines, learned, (self.seed, len(stage), done), f"{self.question}: {stage}, pass {done + 1}"
            )
            done += 1
            enough = short < ENOUGH
            self._keep(name, machines, done, enough)

    def _pass(self, machines: Sequence[Machine], learned: Flags, seed: tuple[int, ...], phase: str) -> float:
        """Go through all blocks once; returns the greatest share of rows that were short of their margin."""
        short = np.zeros(len(machines))

        def prepare(at: int, rows: Rows) -> list[Examples]:
            views = {
                each: view_of_rows(rows, each, renumber=False)
                for each in {m.member.volumes for m in machines}
            }
            positive = self.part.positive[at : at + len(rows)]
            return [machine.examples(views[machine.member.volumes], positive) for machine in machines]

        for at, blocks in self.spill.each(prepare):
            here = slice(at, at + len(blocks[0].signs))
            rows = np.flatnonzero(learned[here])
            order = np.random.default_rng([*seed, at]).permutation(rows)
            for number, (machine, examples) in enumerate(zip(machines, blocks, strict=True)):
                short[number] += _meet(machine, examples, machine.dual[here], order)
            self._watch(phase, here.stop, len(self.spill))
        return float(short.max(initial=0)) / max(1, int(learned.sum()))

    def _scores(self, members: Sequence[Member]) -> list[Floats]:
        """Score what is held out."""
        finals = [self._final(member, self._learned) for member in members]
        everything = (1.0,) * len(self.spill.schema.blocks)
        held = self.part.held
        told: list[list[Floats]] = [[] for _ in members]
        for at, view in self.spill.each(
            lambda at, rows: view_of_rows(_some(rows, held, at), everything, renumber=False)
        ):
            for scores, (weights, bias) in zip(told, finals, strict=True):
                scores.append(view.score(weights, bias, np.arange(len(view))))
            self._watch(f"{self.question}: judging what was held out", at, len(self.spill))
        return [np.concatenate(scores) for scores in told]

    def _keep(self, name: str, machines: Sequence[Machine], done: int, enough: bool) -> None:
        state: dict[str, NDArray[Any]] = {"passes": np.array([done, enough])}
        for at, machine in enumerate(machines):
            state[f"weights-{at}"] = machine.descent.weights
            state[f"bias-{at}"] = np.array(machine.descent.bias)
            state[f"dual-{at}"] = machine.dual
        self.spill.save_state(name, state)

    def _restore(self, name: str, machines: Sequence[Machine]) -> tuple[int, bool]:
        """Go on where an interruption was; returns passes done, and whether that is enough."""
        state = self.spill.state(name)
        if state is None:
            return 0, False
        for at, machine in enumerate(machines):
            machine.descent.weights[:] = state[f"weights-{at}"]
            machine.descent.bias = float(state[f"bias-{at}"])
            machine.dual[:] = state[f"dual-{at}"]
        return int(state["passes"][0]), bool(state["passes"][1])


def _meet(machine: Machine, examples: Examples, dual: Floats, order: NDArray[np.intp]) -> int:
    """Meet the margins of a block; returns how many rows were short of theirs by more than the tolerance."""
    short = 0
    for turn in range(INNER):
        gradients = machine.descent.sweep(examples, dual, order)
        still = dual[order] > 0
        off = np.abs(np.where(still, gradients, np.minimum(gradients, 0)))
        if not turn:
            short = int(np.count_nonzero(off > machine.member.tol))
        order = order[still]
    return short


def _some(rows: Rows, chosen: Flags, at: int) -> Rows:
    return rows.take(np.flatnonzero(chosen[at : at + len(rows)]))
