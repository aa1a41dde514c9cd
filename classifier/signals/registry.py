"""The one list of signals: how a signal is declared, what is refused, how its value is named.

A signal is a pure function of :class:`~classifier.signals.facts.Facts`, declared by :func:`signal`.
Its docstring is part of the declaration: what it sees, what that means, what fools it, where it comes from.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from classifier.patterns import pattern

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

Value = bool | float | str | frozenset[str] | None
Func = Callable[["Facts"], Value]
F = TypeVar("F", bound=Func)

KINDS = ("flag", "number", "category", "set")
NEEDS = frozenset({"headers", "body", "site", "route", "dns", "history"})

CATEGORY_CHARS = 60
"""A category longer than this names one message, not a kind of message."""

_SECTIONS = ("Sees", "Means", "Fooled by", "Source")
_NAME = pattern(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z")
_SECTION = pattern(r"\n[ \t]*(Sees|Means|Fooled by|Source):")
_UNWANTED = pattern(r"[\s\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]+")


class Doc(NamedTuple):
    """The five sentences that every signal owes its readers.

    Parameters
    ----------
    summary, sees, means, fooled_by, source : str
        One line of summary, then the sections of the docstring.
    """

    summary: str
    sees: str
    means: str
    fooled_by: str
    source: str

    @classmethod
    def parse(cls, text: str | None) -> Doc:
        """Read a signal's docstring.

        Parameters
        ----------
        text : str or None
            A summary line, then ``Sees:``, ``Means:``, ``Fooled by:`` and ``Source:``, each once.

        Returns
        -------
        Doc

        Raises
        ------
        ValueError
            If the summary or a section is missing, empty or given twice.
        """
        return cls(*(" ".join(piece.split()) for piece in _pieces(text)))


def _pieces(text: str | None) -> tuple[str, str, str, str, str]:
    """Cut a docstring into its summary and its sections, or refuse it."""
    if text is None and sys.flags.optimize >= 2:  # -OO throws docstrings away; the signals still work
        return "", "", "", "", ""
    summary, *rest = _SECTION.split(f"\n{text or ''}")
    found = dict(zip(rest[::2], rest[1::2], strict=True))
    sees, means, fooled_by, source = (found.get(name, "") for name in _SECTIONS)
    missing = [name for name in _SECTIONS if not found.get(name, "").strip()]
    if missing or not summary.strip() or len(rest) != 8:
        wanted = ", ".join(missing) or ("each section once" if summary.strip() else "a summary")
        raise ValueError(f"the docstring lacks {wanted}")
    return summary, sees, means, fooled_by, source


class Signal(NamedTuple):
    """One named observation.

    Parameters
    ----------
    name : str
        ``group.name``, for ever.
    kind : {'flag', 'number', 'category', 'set'}
        What the function returns: a bool, a number, a short word, a set of short words; always also None,
        which means unknown.
    needs : frozenset of str
        What must be at hand for the signal to say anything; members of `NEEDS`.
    edges : tuple of float
        Ascending bin edges of a number, in its own unit; empty for the other kinds.
    func : callable
        Facts to value.
    default : bool, default True
        Whether models use it unless told otherwise; off for what repeats another filter's verdict.
    """

    name: str
    kind: str
    needs: frozenset[str]
    edges: tuple[float, ...]
    func: Func
    default: bool = True

    @property
    def doc(self) -> Doc:
        """What its docstring says; read when it is asked for."""
        return Doc.parse(self.func.__doc__)

    @property
    def group(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def bins(self) -> tuple[str, ...]:
        """The columns of a number: one below the first edge, one for each edge reached."""
        if not self.edges:
            return ()
        return (f"{self.name}<{self.edges[0]:g}", *(f"{self.name}>={edge:g}" for edge in self.edges))

    def columns(self, value: Value) -> tuple[str, ...]:
        """Name all columns that a value sets.

        Parameters
        ----------
        value : bool, float, str, frozenset of str or None
            What the function returned.

        Returns
        -------
        tuple of str
            Empty where the value is unknown; in the order of the words of a set, else one.
        """
        if isinstance(value, frozenset):
            return tuple(category_column(self.name, word[:CATEGORY_CHARS]) for word in sorted(value))
        column = self.column(value)
        return () if column is None else (column,)

    def column(self, value: Value) -> str | None:
        """Name the column that a value sets; of a set, the first.

        Parameters
        ----------
        value : bool, float, str, frozenset of str or None
            What the function returned.

        Returns
        -------
        str or None
            None where the value is unknown: it sets no column.
        """
        if value is None:
            return None
        if isinstance(value, frozenset):
            return next(iter(self.columns(value)), None)
        if self.kind == "flag":
            return f"{self.name}={'yes' if value else 'no'}"
        if self.kind == "number":
            return self.bins[bisect_right(self.edges, float(value))]
        return category_column(self.name, str(value)[:CATEGORY_CHARS])


@lru_cache(maxsize=8192)
def category_column(name: str, value: str) -> str:
    """Name the column of a category, free of blanks and of characters that steer a terminal.

    Parameters
    ----------
    name : str
        The signal's name.
    value : str
        At most `CATEGORY_CHARS` characters, of any kind.

    Returns
    -------
    str
    """
    return f"{name}={_UNWANTED.sub('_', value.strip()) or 'empty'}"


class Registry(Mapping[str, Signal]):
    """Signals by name, always in the order of their names, whatever the order of the imports."""

    def __init__(self) -> None:
        self._signals: dict[str, Signal] = {}
        self._sorted = True

    def add(self, signal: Signal) -> None:
        """Take a signal in.

        Parameters
        ----------
        signal : Signal

        Raises
        ------
        ValueError
            If its name, kind, needs or edges are wrong, or its name is taken.
        """
        complaint = _complaint(signal)
        if signal.name in self._signals:
            complaint = "this name is taken"
        if complaint:
            raise ValueError(f"signal {signal.name!r}: {complaint}")
        self._signals[signal.name] = signal
        self._sorted = False

    def _in_order(self) -> dict[str, Signal]:
        """Sort late: once after all imports, not once a signal."""
        if not self._sorted:
            self._signals = dict(sorted(self._signals.items()))
            self._sorted = True
        return self._signals

    def __getitem__(self, name: str) -> Signal:
        return self._signals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._in_order())

    def __len__(self) -> int:
        return len(self._signals)

    def group(self, name: str) -> tuple[Signal, ...]:
        """Return the signals of one group.

        Parameters
        ----------
        name : str
            Such as ``'sender'``.

        Returns
        -------
        tuple of Signal
            In the order of their names; empty for a group that is not there.
        """
        return tuple(each for each in self._in_order().values() if each.group == name)


def _complaint(signal: Signal) -> str:
    """Say what is wrong with a declaration, or nothing."""
    if not _NAME.match(signal.name):
        return "a name is group.name in lower case"
    if signal.kind not in KINDS:
        return f"a kind is one of {', '.join(KINDS)}, not {signal.kind!r}"
    if not signal.needs or not signal.needs <= NEEDS:
        return f"needs is a non-empty part of {', '.join(sorted(NEEDS))}"
    if (signal.kind == "number") != bool(signal.edges):
        return "a number has edges, and nothing else has"
    if any(low >= high for low, high in zip(signal.edges, signal.edges[1:], strict=False)):
        return "edges ascend"
    return ""


REGISTRY = Registry()
"""Every signal of this program; filled when :mod:`classifier.signals` is imported."""

HEADERS = frozenset({"headers"})


def signal(
    name: str,
    *,
    kind: str = "flag",
    needs: frozenset[str] = HEADERS,
    edges: tuple[float, ...] = (),
    default: bool = True,
    registry: Registry = REGISTRY,
) -> Callable[[F], F]:
    """Declare a function to be a signal.

    Parameters
    ----------
    name : str
        ``group.name``.
    kind : {'flag', 'number', 'category', 'set'}, default 'flag'
        What the function returns, besides None.
    needs : frozenset of str, default {'headers'}
        Members of `NEEDS`.
    edges : tuple of float, default ()
        Bin edges of a number.
    default : bool, default True
        Whether models use it unless told otherwise.
    registry : Registry, default REGISTRY
        Where it is entered; tests have their own.

    Returns
    -------
    callable
        A decorator that gives the function back as it was.

    Raises
    ------
    ValueError
        If the declaration or the docstring is incomplete or the name is taken.
    """

    def declare(func: F) -> F:
        try:
            _pieces(func.__doc__)
        except ValueError as error:
            raise ValueError(f"signal {name!r}: {error}") from None
        registry.add(Signal(name, kind, frozenset(needs), tuple(edges), func, default))
        return func

    return declare
