"""Asking a resolver: a batch of questions at once, with deadlines, never trusting it to answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any, TypeVar

import dns.asyncresolver
import dns.exception
import dns.resolver

from classifier.errors import ConfigError
from classifier.lookup.addresses import parsed
from classifier.lookup.answers import Answer, Question, Status
from classifier.lookup.responses import aliases_in, answer_from

CONCURRENCY = 100
"""Questions under way at once: each holds a socket, and a process often may hold 1,024; home resolvers drop
more."""

QUESTION_SECONDS = 4.0
"""Deadline of one question over all tries; a resolver that has the answer needs 0.05, one that must search
rarely 2."""

TRY_SECONDS = 1.9
"""Deadline of one packet, so that a lost one is sent again within the question's deadline."""

BATCH_SECONDS = 60.0
"""Deadline of a batch: what has no answer by then reads temperror."""

REST_SECONDS = 30.0
"""How long a resolver that said nothing is left alone before one question tries it again."""

UDP_BYTES = 1232
"""Largest answer over UDP: it passes every path unfragmented (DNS Flag Day 2020); a larger one comes over
TCP."""

PORT = 53

T = TypeVar("T")


class Resolver:
    """One resolver, asked concurrently; never the process-wide one of dnspython.

    A resolver that answers nobody during the whole deadline of some question is taken for dead: what is
    still to be asked then reads temperror at once, and for `REST_SECONDS` nothing more is sent. So it costs
    one deadline, not one a message.

    Parameters
    ----------
    address : str, default ''
        ``ADDRESS[:PORT]`` or ``[IPV6]:PORT``; '' takes the system's from its configuration.
    concurrency : int, default `CONCURRENCY`
        Questions under way at once.
    question_seconds : float, default `QUESTION_SECONDS`
        Deadline of one question.

    Attributes
    ----------
    asked : int
        Questions sent so far; tries over TCP and repeated packets are not counted.
    silent : int
        Questions that nobody answered in time.
    name : str
        Who is asked, as a key for caches.

    Raises
    ------
    ConfigError
        If the address is none, or the system names no resolver.
    """

    def __init__(
        self,
        address: str = "",
        *,
        concurrency: int = CONCURRENCY,
        question_seconds: float = QUESTION_SECONDS,
    ) -> None:
        self._resolver = _private_resolver(address)
        self._resolver.timeout = min(TRY_SECONDS, question_seconds / 2)
        self.concurrency = concurrency
        self.question_seconds = question_seconds
        self.asked = self.silent = 0
        self.name = ",".join(f"{each}#{self._resolver.port}" for each in self._resolver.nameservers)
        self._heard = 0.0  # when it last said anything, on the monotonic clock
        self._rests_until = 0.0

    @property
    def resting(self) -> bool:
        """Whether it said nothing to anybody and is left alone for a while."""
        return time.monotonic() < self._rests_until

    def ask(self, questions: Iterable[Question], deadline: float) -> list[Answer]:
        """Ask all questions at once and wait for the answers.

        Parameters
        ----------
        questions : iterable of Question
            Each legal, as `ask_as` spells it.
        deadline : float
            On the monotonic clock; what has no answer by then reads temperror.

        Returns
        -------
        list of Answer
            One a question, in no promised order; statuses found, absent, nxdomain, temperror.
        """
        todo = list(questions)
        return _run(self._ask_all(todo, deadline)) if todo else []

    async def _ask_all(self, todo: list[Question], deadline: float) -> list[Answer]:
        """Let a fixed number of workers draw from one list, so a batch of any size holds few sockets."""
        answers: list[Answer] = []
        rest = iter(todo)
        if time.monotonic() >= self._rests_until > 0.0:
            await self._worker(
                iter([next(rest)]), answers, deadline
            )  # one question tries a resolver that rested
        workers = min(self.concurrency, len(todo))
        await asyncio.gather(*(self._worker(rest, answers, deadline) for _ in range(workers)))
        return answers

    async def _worker(self, rest: Iterator[Question], answers: list[Answer], deadline: float) -> None:
        """Ask one question after the other."""
        for name, rrtype in rest:
            now = time.monotonic()
            seconds = min(self.question_seconds, deadline - now)
            if seconds <= 0 or now < self._rests_until:
                answers.append(Answer(name, rrtype, Status.TEMPERROR, taken=time.time()))
            else:
                answers.append(await self._ask(name, rrtype, seconds))

    async def _ask(self, name: str, rrtype: str, seconds: float) -> Answer:
        """Ask one question."""
        self.asked += 1
        sent = time.monotonic()
        try:
            reply = await self._resolver.resolve(
                name + ".", rrtype, search=False, raise_on_no_answer=False, lifetime=seconds
            )
        except dns.resolver.NXDOMAIN as error:
            self._hear()
            return answer_from(name, rrtype, Status.NXDOMAIN, next(iter(error.kwargs["responses"].values())))
        except dns.resolver.NoNameservers as error:
            return self._failed(name, rrtype, error, sent)
        except (dns.exception.DNSException, OSError):
            self._miss(sent, seconds)
            return Answer(name, rrtype, Status.TEMPERROR, taken=time.time())
        self._hear()
        return answer_from(name, rrtype, Status.FOUND if reply.rrset else Status.ABSENT, reply.response)

    def _failed(self, name: str, rrtype: str, error: dns.resolver.NoNameservers, sent: float) -> Answer:
        """Read why every server was given up: SERVFAIL, REFUSED, damage, or a circle of aliases."""
        responses = [each[4] for each in error.kwargs["errors"] if each[4] is not None]
        if not responses:
            self._miss(sent, self.question_seconds)
            return Answer(name, rrtype, Status.TEMPERROR, taken=time.time())
        self._hear()
        for response in responses:
            aliases = aliases_in(name, response)
            if len(set(aliases) | {name}) <= len(
                aliases
            ):  # RFC 1034 section 3.6.2: an error, and a lasting one
                return Answer(name, rrtype, Status.ABSENT, aliases=aliases, taken=time.time())
        return Answer(name, rrtype, Status.TEMPERROR, taken=time.time())

    def _hear(self) -> None:
        """Note that the resolver lives."""
        self._heard = time.monotonic()
        self._rests_until = 0.0

    def _miss(self, sent: float, seconds: float) -> None:
        """Note a question unanswered; let the resolver rest if it said nothing to anybody all that time."""
        self.silent += 1
        now = time.monotonic()
        if self._heard < sent and now - sent >= 0.9 * min(seconds, self.question_seconds):
            self._rests_until = now + REST_SECONDS


def _private_resolver(address: str) -> dns.asyncresolver.Resolver:
    """Set up a resolver of our own, at an address or as the system says."""
    if address:
        host, port = split_resolver(address)
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [host], port
    else:
        try:
            resolver = dns.asyncresolver.Resolver()
        except (dns.resolver.NoResolverConfiguration, OSError) as error:
            raise ConfigError(f"this system names no DNS resolver (use --resolver): {error}") from None
    resolver.use_edns(0, 0, UDP_BYTES)
    return resolver


def split_resolver(address: str) -> tuple[str, int]:
    """Read where a resolver is.

    Parameters
    ----------
    address : str
        ``192.0.2.53``, ``192.0.2.53:5353``, ``2001:db8::53`` or ``[2001:db8::53]:5353``.

    Returns
    -------
    tuple of (str, int)
        Address and port; 53 where none is named.

    Raises
    ------
    ConfigError
        If it is no address: a name would need a resolver itself.
    """
    host, port = address, str(PORT)
    if address.startswith("[") and "]" in address:
        host, _, tail = address[1:].partition("]")
        port = tail.removeprefix(":") or port
    elif address.count(":") == 1:
        host, _, port = address.partition(":")
    if parsed(host) is None or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f"resolver {address!r}: write ADDRESS[:PORT], an IP address and not a name")
    return host, int(port)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also where an event loop runs already, as in a notebook; Ctrl-C stops both at once."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    thread = threading.Thread(target=_drive, args=(loop, task), daemon=True)
    thread.start()
    try:
        while thread.is_alive():  # a join without a limit would not see Ctrl-C
            thread.join(0.1)
    except BaseException:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    return task.result()


def _drive(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    """Run one task in a loop of this thread's own; its error is the task's to tell."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(asyncio.wait([task]))
    finally:
        loop.close()
