"""The part of history that is about people and threads: it remembers who wrote what to whom."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING

from classifier.history.clock import DAY, Clock
from classifier.history.correspondence import Correspondence, Keyed, LogShares, drawn, keys_of
from classifier.history.forgetting import forget_people
from classifier.history.letter import AUTHORS, Letter, Thread, Topic
from classifier.history.person import Person
from classifier.history.places import Places, number_of
from classifier.history.reader import Reader
from classifier.history.reading import Reading, address_number, read_letter
from classifier.history.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classifier.history.arrival import Arrival
    from classifier.history.memory import Memory
    from classifier.mail import Message

PEOPLE, LETTERS, THREADS, TOPICS = 16, 16, 14, 14
"""log2 of the places for each kind of record."""

HELD = 365 * DAY
"""How long the record of somebody known, or of the reader's own letter, cannot be driven out."""

COPY = 0.3
"""What a copy counts for beside a mail written to somebody."""

WEIGHT, WORD_WEIGHT = 3.0, 2.0
"""How many messages the usual share of answers counts for, in the share of an author and of a word."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the memory a message belongs."""

    parent: Letter | None
    root: int
    depth: int
    above: tuple[Letter, ...]


class Correspondent:
    """Remembers people and threads; a `classifier.history.Recaller`.

    Parameters
    ----------
    memory : Memory
    """

    part = "people"

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._clock = Clock(memory)
        self._people = Places(memory, "person", PEOPLE)
        self._letters = Places(memory, "letter", LETTERS)
        self._threads = Places(memory, "thread", THREADS)
        self._topics = Places(memory, "topic", TOPICS)
        self._shares = Shares(memory)
        self._read: tuple[Message | None, Reading | None] = (None, None)

    def recall(self, arrival: Arrival) -> Correspondence:
        """Say what a message is to what was written before; changes nothing.

        Parameters
        ----------
        arrival : Arrival

        Returns
        -------
        Correspondence
        """
        reading, now = self._reading(arrival), self._clock.read(arrival.now)
        place = self._place(reading)
        reader = self._reader(now)
        thread = Thread.unpack(self._threads.get(place.root))
        author, domain = self._person(reading.author, now), self._person(reading.domain, now)
        return Correspondence(
            reading=reading,
            now=now,
            reader=reader,
            usual=reader.usual,
            author=author,
            domain=domain,
            parent=place.parent,
            depth=place.depth,
            mine_above=sum(each.mine for each in place.above),
            answered_above=sum(each.answered_at > 0 for each in place.above),
            thread=thread,
            topic=Topic.unpack(self._topics.get(reading.subject.number)),
            written=tuple(self._person(each, now).written for each in reading.addressed.others),
            written_first=self._person(reading.addressed.first, now).written,
            known_authors=sum(self._person(each, now).written_at > 0 for each in thread.authors),
            shares=self._log_shares(
                keys_of(reading, place.parent, thread), place.parent, (author, domain), reader
            ),
        )

    def _log_shares(
        self, keys: Keyed, parent: Letter | None, people: tuple[Person, Person], reader: Reader
    ) -> LogShares:
        share, usual, now = self._shares.log_share, reader.usual, reader.at
        author, domain = people
        above = None if parent is None or parent.mine else self._person(parent.author, now)
        return LogShares(
            state=share(keys.state, usual, WEIGHT, now),
            kind=share(keys.kind, usual, WEIGHT, now),
            author=drawn(author.received, author.answered, usual, WEIGHT),
            domain=drawn(domain.received, domain.answered, usual, WEIGHT),
            author_addressed=share(keys.author_addressed, usual, WEIGHT, now),
            author_kind=share(keys.author_kind, usual, WEIGHT, now),
            author_lately=drawn(author.lately, author.lately_answered, usual, 0.3),
            parent_author=None if above is None else drawn(above.received, above.answered, usual, WEIGHT),
            words=tuple(share(each, usual, WORD_WEIGHT, now) for each in keys.words),
            files=tuple(share(each, usual, WORD_WEIGHT, now) for each in keys.files),
        )

    def observe(self, arrival: Arrival) -> None:
        """Remember a message; one whose identifier was seen before changes nothing.

        Parameters
        ----------
        arrival : Arrival
        """
        reading = self._reading(arrival)
        now = self._clock.tick(arrival.now)
        if self._letters.get(reading.number) is not None:
            return
        place = self._place(reading)
        thread = Thread.unpack(self._threads.get(place.root))
        keys = () if reading.mine else keys_of(reading, place.parent, thread).every
        if reading.mine:
            self._wrote(reading, place, thread, now)
        else:
            self._received(reading, place, keys, now)
        self._continue(reading, place, thread, now)
        letter = Letter(
            now,
            0.0,
            reading.dated,
            place.root,
            reading.author,
            reading.domain,
            place.depth,
            reading.mine,
            bool(place.parent and place.parent.mine),
            keys,
        )
        self._letters.put(reading.number, letter.pack(), now, HELD if reading.mine else 0.0)

    def _wrote(self, reading: Reading, place: _Place, thread: Thread, now: float) -> None:
        """Take note of a mail of the reader's: whom he writes to, what he answers."""
        for number, step in (*((each, 1.0) for each in reading.to), *((each, COPY) for each in reading.cc)):
            if number in reading.addressed.others:
                person = self._person(number, now)
                person.written += step
                person.home = reading.homes.get(number, 0)
                person.written_at = now if step == 1.0 else person.written_at
                self._keep(number, person, now)
        reader = self._reader(now)
        reader.wrote(now, reading.name)
        parent = place.parent
        if parent is not None and not parent.mine and not parent.answered_at:
            self._answered(reading.parent, parent, now)
            thread.answered += 1
            reader.answered = [count + 1 for count in reader.answered]
        self._memory.put("reader", b"", reader.pack())

    def _answered(self, number: int, parent: Letter, now: float) -> None:
        for each in {parent.author, parent.domain} - {0}:
            person = self._person(each, now)
            person.answered += 1
            person.lately_answered += 1
            person.answered_at = now
            person.waited += log1p(max(0.0, now - parent.at))
            person.waits += 1
            self._keep(each, person, now)
        self._shares.answered(parent.keys, now)
        parent.answered_at = now or 1.0
        self._letters.put(number, parent.pack(), now, HELD)

    def _received(self, reading: Reading, place: _Place, keys: tuple[int, ...], now: float) -> None:
        """Take note of a mail that came."""
        answers_me = bool(place.parent and place.parent.mine)
        for number in (reading.author, reading.domain):
            if number:
                person = self._person(number, now)
                person.received += 1
                person.lately += 1
                person.answers_me += answers_me
                person.first = person.first or now
                person.last = now
                person.home = reading.domain if number == reading.author else 0
                self._keep(number, person, now)
        self._shares.came(keys, now)
        reader = self._reader(now)
        reader.came = [count + 1 for count in reader.came]
        self._memory.put("reader", b"", reader.pack())

    def _continue(self, reading: Reading, place: _Place, thread: Thread, now: float) -> None:
        """Take note of what the message is to its thread and to its subject."""
        topic = Topic.unpack(self._topics.get(reading.subject.number))
        thread.started |= reading.mine and not place.depth
        thread.first = thread.first or now
        thread.last = now
        thread.messages += 1
        thread.since += 1
        topic.seen += 1
        if reading.mine:
            thread.mine, thread.mine_at, thread.since = thread.mine + 1, now, 0
            topic.mine, topic.mine_at = topic.mine + 1, now
        elif reading.author not in thread.authors and len(thread.authors) < AUTHORS:
            thread.authors += (reading.author,)
        self._threads.put(place.root, thread.pack(), now, HELD if thread.mine else 0.0)
        self._topics.put(reading.subject.number, topic.pack(), now, HELD if topic.mine else 0.0)

    def relabel(self, arrival: Arrival, before: str | None, after: str | None) -> None:
        """Take note of what the reader says a message is.

        Parameters
        ----------
        arrival : Arrival
        before, after : str or None
            Labels; None where it had, or has, none.
        """
        reading, now = self._reading(arrival), self._clock.read(arrival.now)
        if not reading.author or reading.mine:
            return
        person = Person.unpack(self._people.get(reading.author))
        for label, step in ((before, -1), (after, 1)):
            if label == "important":
                person.important = min(max(0, person.important + step), 0xFFFF)
            elif label in ("unimportant", "spam"):
                person.unimportant = min(max(0, person.unimportant + step), 0xFFFF)
        self._keep(reading.author, person, now)

    def know(self, addresses: Iterable[str]) -> int:
        """Take in an address book.

        Parameters
        ----------
        addresses : iterable of str

        Returns
        -------
        int
            How many were not in it before.
        """
        new = 0
        now = self._clock.read(0.0)
        for address in addresses:
            number = address_number(address)
            person = Person.unpack(self._people.get(number))
            new += not person.in_book
            person.in_book = 1
            person.home = number_of("@" + address.strip().lower().rpartition("@")[2])
            self._keep(number, person, now)
        return new

    def forget(self, address: str) -> frozenset[int]:
        """Forget a person, or all at a domain; parameters and result as of `forget_people`."""
        places = {"people": self._people, "letters": self._letters, "threads": self._threads}
        return forget_people(self._memory, address, shares=self._shares.places, **places)

    def _reading(self, arrival: Arrival) -> Reading:
        """Read a message once for all that is asked about it in a row."""
        message, reading = self._read
        if reading is None or message is not arrival.message:
            reading = read_letter(arrival)
            self._read = (arrival.message, reading)
        return reading

    def _reader(self, now: float) -> Reader:
        return Reader.unpack(self._memory.get("reader", b"")).fade(now)

    def _person(self, number: int, now: float) -> Person:
        return Person.unpack(self._people.get(number) if number else None).fade(now)

    def _keep(self, number: int, person: Person, now: float) -> None:
        self._people.put(number, person.pack(), now, HELD if person.known else 0.0)

    def _place(self, reading: Reading) -> _Place:
        above = tuple(
            letter for each in reading.ancestors if (letter := Letter.unpack(self._letters.get(each)))
        )
        parent = Letter.unpack(self._letters.get(reading.parent)) if reading.parent else None
        nearest = parent or (above[-1] if above else None)
        if nearest is not None:
            return _Place(parent, nearest.root, nearest.depth + 1, above)
        root = reading.ancestors[0] if reading.ancestors else reading.number
        return _Place(None, root, len(reading.ancestors), above)
