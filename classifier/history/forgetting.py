"""Forgetting a person, or everybody at a domain, wherever history holds something about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from classifier.history.letter import Letter, Thread
from classifier.history.person import Person
from classifier.history.places import Places, number_of, numbered
from classifier.history.reading import KINDS, WHOM, address_number

if TYPE_CHECKING:
    from classifier.history.memory import Memory


def forget_people(
    memory: Memory, address: str, *, people: Places, letters: Places, threads: Places, shares: Places
) -> frozenset[int]:
    """Forget an address, or all at a domain given as ``@example.org``: people, their letters, their shares.

    How often words, files and subjects came and were answered stays: it names nobody.

    Parameters
    ----------
    memory : Memory
    address : str
    people, letters, threads, shares : Places
        Of the memory.

    Returns
    -------
    frozenset of int
        Numbers of the messages that they wrote, as far as they were still remembered.
    """
    number = address_number(address)
    written = {at: letter for at, letter in _letters(memory) if number in (letter.author, letter.domain)}
    persons = dict(_persons(memory))
    gone = {number}
    if address.strip().startswith("@"):
        gone |= {letter.author for letter in written.values()}
        gone |= {at for at, person in persons.items() if person.home == number}
    else:
        gone |= _emptied(number, persons)
    for each in gone:
        people.delete(each)
        for key in (*WHOM, *KINDS):
            shares.delete(number_of(f"author:{each}:{key}"))
    for each in written:
        letters.delete(each)
    _leave_threads(memory, threads, gone)
    return frozenset(written)


def _emptied(number: int, persons: dict[int, Person]) -> set[int]:
    """Name the domain of a person, if nobody else is known there: its counts are that person's."""
    home = persons[number].home if number in persons else 0
    others = any(person.home == home for at, person in persons.items() if at != number)
    return set() if not home or others else {home}


def _leave_threads(memory: Memory, threads: Places, gone: set[int]) -> None:
    """Let threads no longer know who wrote in them."""
    for number, record in list(numbered(memory, "thread")):
        thread = Thread.unpack(record)
        if not gone.isdisjoint(thread.authors):
            thread.authors = tuple(each for each in thread.authors if each not in gone)
            threads.replace(number, thread.pack())


def _letters(memory: Memory) -> Iterator[tuple[int, Letter]]:
    for number, record in numbered(memory, "letter"):
        letter = Letter.unpack(record)
        if letter is not None:
            yield number, letter


def _persons(memory: Memory) -> Iterator[tuple[int, Person]]:
    for number, record in numbered(memory, "person"):
        yield number, Person.unpack(record)
