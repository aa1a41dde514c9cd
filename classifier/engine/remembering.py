"""History beside the judging: here the rooms that remember, which do not know each other, meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from classifier.mail.fingerprint import fingerprint

if TYPE_CHECKING:
    from classifier.engine.behaviour import Behaviour
    from classifier.engine.leaning import Leaning
    from classifier.features import Extractor
    from classifier.history import Arrival, History, Memory, Past, Recaller
    from classifier.mail import Message
    from classifier.profile import Profile
    from classifier.signals import Facts, Site


def _people(memory: Memory) -> Recaller:
    from classifier.history import Correspondent

    return Correspondent(memory)


def _jobs(memory: Memory) -> Recaller:
    from classifier.rootmail import JobRecaller

    return JobRecaller(memory)


_PARTS: tuple[Callable[[Memory], Recaller], ...] = (_people, _jobs)
"""Each makes one part of history on a memory."""


def open_history(memory: Memory, *, noting: bool = False) -> History:
    """Open all parts of history on one memory.

    Parameters
    ----------
    memory : Memory
    noting : bool, default False
        Whether `History.as_it_came` will be asked.

    Returns
    -------
    History
    """
    from classifier.history import History  # who has no memory does not wait for it
    from classifier.history.came import Noting

    if not noting:
        return History([make(memory) for make in _PARTS])
    noted = Noting(memory)
    return History([make(noted) for make in _PARTS], noted)


class Remembering:
    """Recalls what was known of a message when it came, and remembers it once."""

    site: Site
    profile: Profile | None
    history: History | None
    extractor: Extractor
    _memory: Memory | None = None
    _came_by: Profile | None = None
    _behaviour: Behaviour | None = None
    _leaning: Leaning | None = None

    @property
    def recalls(self) -> bool:
        """Whether history has a say: somebody remembers, and the model asks."""
        return self.history is not None and "history" in self.extractor.schema.views

    @property
    def behaviour(self) -> Behaviour | None:
        """What the reader's habits add; None where the model asks no history, or nobody knows who he is."""
        if self._memory is None or not self.recalls or not self.site.me:
            return None
        if self._behaviour is None or self._behaviour.schema is not self.extractor.schema:
            from classifier.engine.behaviour import Behaviour  # who has no history does not wait for it

            self._behaviour = Behaviour(self._memory, self.extractor.schema)
        return self._behaviour

    @property
    def leaning(self) -> Leaning | None:
        """The reader's own threshold; None where nobody remembers."""
        if self._memory is None:
            return None
        if self._leaning is None:
            from classifier.engine.leaning import Leaning  # who has no history does not wait for it

            self._leaning = Leaning(self._memory)
        return self._leaning

    @property
    def memory(self) -> Memory | None:
        """Where history is kept; None where nobody remembers."""
        return self._memory

    def remember(self, memory: Memory) -> None:
        """Keep history from now on.

        Parameters
        ----------
        memory : Memory
        """
        self.history = open_history(memory, noting=self.profile is not None)
        self._memory = memory
        self._came_by = self.profile or self._came_by
        self._behaviour = None
        self._leaning = None

    def arrival(self, message: Message, now: float | None) -> Arrival:
        """Tell history when a message came, and to whom.

        Parameters
        ----------
        message : Message
        now : float or None
            In seconds since 1970; None lets the message tell.

        Returns
        -------
        Arrival
        """
        from classifier.history import Arrival  # who has no history does not wait for it

        return Arrival(message, self.site, now)

    def _recall(self, history: History, message: Message, now: float | None, observe: bool) -> Past:
        """Say what was known of a message when it came: of one that was observed, by what was kept then."""
        arrival = self.arrival(message, now)
        came = b"" if self._came_by is None else self._came_by.as_it_came(fingerprint(message))
        past = (history.recall_as_it_came(arrival, came) if came else None) or history.recall(arrival)
        if observe:
            self._remember(history, arrival)
        return past

    def _remember(self, history: History, arrival: Arrival, follow: Callable[[], None] | None = None) -> None:
        """Let a message enter the history, habits (`follow`) first; a profile knows which did already."""
        if self.profile is None:
            if self._came_by is not None and self._came_by.knows(fingerprint(arrival.message)):
                return  # in a rehearsal, too, mail enters the history once
            if follow:
                follow()
            history.observe(arrival)
            return
        name = fingerprint(arrival.message)
        with self.profile.writing():
            if self.profile.first_sight(name, arrival.now):
                self.profile.keep_as_it_came(name, history.as_it_came(arrival))
                if follow:
                    follow()
                history.observe(arrival)


def is_answered(facts: Facts) -> bool:
    """Tell whether a message is of the kind that readers answer; what programs write nobody answers.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    bool
        False, too, where nobody remembers: then there is no habit.
    """
    return facts.history is not None and facts.history.job is None
