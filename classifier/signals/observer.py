"""The hot path: one message's facts to the names of the columns it sets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from classifier.signals.registry import CATEGORY_CHARS, REGISTRY, Registry, Signal, Value, category_column

if TYPE_CHECKING:
    from classifier.signals.facts import Facts


class Observer:
    """A choice of signals, compiled once and run on many messages.

    Column names of flags and bins are made here, so that a message costs one call and one append a signal.

    Parameters
    ----------
    names : iterable of str, optional
        Signals to observe; by default all that models use by default.
    without : iterable of str, optional
        Leave out each signal that needs one of these, such as ``{'body'}`` where only headers are at hand.
    registry : Registry, default REGISTRY

    Raises
    ------
    KeyError
        If a name is no signal.
    """

    __slots__ = ("_categories", "_flags", "_numbers", "_sets", "names")

    def __init__(
        self,
        names: Iterable[str] | None = None,
        *,
        without: Iterable[str] = (),
        registry: Registry = REGISTRY,
    ) -> None:
        absent = frozenset(without)
        wanted = (
            [name for name in registry if registry[name].default] if names is None else sorted(set(names))
        )
        chosen = [registry[name] for name in wanted]
        chosen = [each for each in chosen if not each.needs & absent]
        self.names = tuple(each.name for each in chosen)
        self._flags = tuple((s.func, s.name + "=yes", s.name + "=no") for s in chosen if s.kind == "flag")
        self._numbers: tuple[Any, ...] = tuple(
            (s.func, s.edges, s.bins) for s in chosen if s.kind == "number"
        )
        self._categories: tuple[Any, ...] = tuple((s.func, s.name) for s in chosen if s.kind == "category")
        self._sets = tuple(s for s in chosen if s.kind == "set")

    def __call__(self, facts: Facts) -> list[str]:
        """Observe one message.

        Parameters
        ----------
        facts : Facts

        Returns
        -------
        list of str
            The columns set: flags, then numbers, then categories, then sets, each by name;
            a signal that is unknown sets none.
        """
        columns: list[str] = []
        append = columns.append
        for func, yes, no in self._flags:
            value = func(facts)
            if value:
                append(yes)
            elif value is not None:
                append(no)
        for func, edges, bins in self._numbers:
            value = func(facts)
            if value is not None:
                append(bins[bisect_right(edges, value)])
        for func, name in self._categories:
            value = func(facts)
            if value is not None:
                append(category_column(name, value[:CATEGORY_CHARS]))
        for each in self._sets:
            columns.extend(each.columns(each.func(facts)))
        return columns


@lru_cache(maxsize=64)
def _compiled(names: tuple[str, ...] | None, _size: int) -> Observer:
    """Compile once a choice; the size of the registry is in the key, so late signals are not missed."""
    return Observer(names)


def observe(facts: Facts, names: Iterable[str] | None = None) -> list[str]:
    r"""Name the columns that one message sets.

    Parameters
    ----------
    facts : Facts
    names : iterable of str, optional
        Signals to observe; by default all that models use. In a loop make an :class:`Observer` instead.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from classifier.mail import Message
    >>> from classifier.signals import Facts, observe
    >>> observe(Facts(Message(b"Subject: Hi\n\n")), ["headers.subject_empty"])
    ['headers.subject_empty=no']
    """
    return _compiled(None if names is None else tuple(names), len(REGISTRY))(facts)


def values(facts: Facts, names: Iterable[str] | None = None) -> dict[str, Value]:
    """Return what each signal says, for people and notebooks.

    Parameters
    ----------
    facts : Facts
    names : iterable of str, optional
        By default all signals.

    Returns
    -------
    dict of str to bool, float, str, frozenset of str or None
        In the order of the names; None is unknown.
    """
    chosen: Iterable[Signal] = REGISTRY.values() if names is None else [REGISTRY[name] for name in names]
    return {each.name: each.func(facts) for each in chosen}
