"""The three ways to look something up: not at all, from a file, or from a resolver."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from classifier.errors import ConfigError

if TYPE_CHECKING:
    from classifier.lookup.answers import Answer, Answers, Question
    from classifier.lookup.cache import AnswerCache
    from classifier.lookup.live import Resolver
    from classifier.mail import Message

STAGES = 2
"""Rounds of questions: the domain's own records, then the addresses of its mail hosts."""


class Lookup(Protocol):
    """What can be asked about a batch of domains."""

    mode: str
    """``'off'``, ``'recorded'`` or ``'live'``."""

    def answers_for(self, domains: Iterable[str], *, name_servers: bool = False) -> Answers:
        """Gather everything about these domains.

        Parameters
        ----------
        domains : iterable of str
            In any spelling; illegal ones and repetitions cost nothing.
        name_servers : bool, default False
            Whether to ask for name servers too.

        Returns
        -------
        Answers
        """

    def close(self) -> None:
        """Let files go."""

    def __enter__(self) -> Lookup: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Recorded:
    """Lookups from answers at hand; no packet is ever sent.

    Parameters
    ----------
    answers : Answers, optional
        By default none, so that every question reads ``off``.
    mode : str, default 'recorded'
    """

    def __init__(self, answers: Answers | None = None, mode: str = "recorded") -> None:
        self._answers = answers
        self.mode = mode

    def answers_for(self, domains: Iterable[str], *, name_servers: bool = False) -> Answers:  # noqa: ARG002
        """Return all answers at hand, whatever is asked for. See `Lookup.answers_for`."""
        if self._answers is None:
            from classifier.lookup.answers import Answers  # who looks nothing up does not wait for it

            self._answers = Answers()
        return self._answers

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Recorded:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Live:
    """Lookups from a resolver, with a cache between runs.

    Parameters
    ----------
    resolver : Resolver
    cache : AnswerCache or None
        None keeps nothing.
    batch_seconds : float
        Deadline of one call of `answers_for`.

    Attributes
    ----------
    notice : callable or None
        Told once, in words, when most of what is asked gets no answer.
    """

    mode = "live"

    def __init__(self, resolver: Resolver, cache: AnswerCache | None, batch_seconds: float) -> None:
        self.resolver = resolver
        self.cache = cache
        self.batch_seconds = batch_seconds
        self.notice: Callable[[str], object] | None = None

    def answers_for(self, domains: Iterable[str], *, name_servers: bool = False) -> Answers:
        """Ask everything about these domains at once, each question once. See `Lookup.answers_for`."""
        from classifier.lookup.answers import Answers

        known = Answers()
        self.complete(known, domains, name_servers=name_servers)
        return known

    def complete(self, known: Answers, domains: Iterable[str], *, name_servers: bool = False) -> list[Answer]:
        """Ask only what is not known yet.

        Parameters
        ----------
        known : Answers
            Taken as they are, and added to.
        domains, name_servers
            As for `answers_for`.

        Returns
        -------
        list of Answer
            Those that were added.
        """
        from classifier.lookup.names import ask_as
        from classifier.lookup.questions import missing

        names = sorted({ask_as(domain) for domain in domains} - {""})
        deadline = time.monotonic() + self.batch_seconds
        added: list[Answer] = []
        for _ in range(STAGES):
            wanted = dict.fromkeys(
                q for name in names for q in missing(name, known, name_servers=name_servers)
            )
            new = self._kept(wanted)
            asked = self.resolver.ask(wanted.keys() - {(each.name, each.rrtype) for each in new}, deadline)
            if self.cache is not None:
                self.cache.put(asked)
            known.add(new + asked)
            added += new + asked
            self._tell_silence(asked)
        return added

    def _tell_silence(self, asked: Sequence[Answer]) -> None:
        """Say it, once, where the DNS does not answer: unknown counts neither way, so nobody would notice."""
        from classifier.lookup.answers import Status

        silent = sum(each.status is Status.TEMPERROR for each in asked)
        if self.notice is not None and 2 * silent > len(asked):
            self.notice(f"the DNS gave no answer to {silent} of {len(asked)} questions: that stays unknown")
            self.notice = None

    def _kept(self, wanted: Iterable[Question]) -> list[Answer]:
        """Look into the cache, if there is one."""
        return [] if self.cache is None else self.cache.get(wanted)

    def close(self) -> None:
        """Let the cache go."""
        if self.cache is not None:
            self.cache.close()

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_lookup(
    mode: str = "off",
    *,
    resolver: str = "",
    cache: bool | str | os.PathLike[str] = True,
    concurrency: int | None = None,
    question_seconds: float | None = None,
    batch_seconds: float | None = None,
) -> Recorded | Live:
    """Open one of the three modes.

    Parameters
    ----------
    mode : str, default 'off'
        ``'off'``, ``'live'`` or ``'recorded:FILE'``.
    resolver : str, default ''
        ``ADDRESS[:PORT]`` of the resolver to ask live; '' for the system's.
    cache : bool or path, default True
        Keep live answers between runs: in the user's cache folder, in a file of your own, or not.
    concurrency : int, optional
        Live questions under way at once.
    question_seconds, batch_seconds : float, optional
        Deadlines of one live question and of one batch.

    Returns
    -------
    Recorded or Live
        A `Lookup`.

    Raises
    ------
    ConfigError
        For another mode, or a resolver that is no address.
    AnswersError
        If the file of recorded answers cannot be used.
    """
    if mode == "off":
        return Recorded(mode="off")
    if mode.startswith("recorded:"):
        from classifier.lookup.recorded import read_answers

        return Recorded(read_answers(mode.removeprefix("recorded:")))
    if mode != "live":
        raise ConfigError(f"lookups are off, live or recorded:FILE, not {mode!r}")
    from classifier.lookup import live
    from classifier.lookup.cache import AnswerCache

    asker = live.Resolver(
        resolver,
        concurrency=concurrency or live.CONCURRENCY,
        question_seconds=question_seconds or live.QUESTION_SECONDS,
    )
    keep = None if cache is False else AnswerCache(asker.name, None if cache is True else cache)
    return Live(asker, keep, batch_seconds or live.BATCH_SECONDS)


def domains_of(message: Message) -> set[str]:
    """Name the domains whose mail topology says something about a message.

    Parameters
    ----------
    message : Message

    Returns
    -------
    set of str
        Those of Return-Path and From, as `ask_as` spells them; empty where both are missing or illegal.
    """
    both = (message.mail_from, message.author)
    from classifier.lookup.names import ask_as

    return {ask_as(each.domain) for each in both if each is not None} - {""}


def gather(lookup: Lookup, messages: Iterable[Message], my_domains: Iterable[str] = ()) -> Answers | None:
    """Ask once for all that the signals of a batch of messages will want to know.

    Parameters
    ----------
    lookup : Lookup
    messages : iterable of Message
    my_domains : iterable of str, default ()
        Our own domains. If any are given, name servers are compared and so asked for.

    Returns
    -------
    Answers or None
        For ``Facts(message, site, answers=...)``; None while lookups are off, so that they cost nothing.
    """
    if lookup.mode == "off":
        return None
    if lookup.mode == "recorded":  # all that is known is at hand
        return lookup.answers_for(())
    ours = set(my_domains)
    domains: set[str] = set().union(*(domains_of(message) for message in messages))
    return lookup.answers_for(domains | ours if domains else domains, name_servers=bool(ours))
