"""Recording what the DNS says about many domains today, in pieces that survive an interruption."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from classifier.errors import ConfigError
from classifier.lookup.answers import Answers
from classifier.lookup.modes import Live
from classifier.lookup.questions import missing
from classifier.lookup.recorded import AnswersFile

PIECE = 200
"""Domains asked for at a time: some thousand questions, a few seconds, all that an interruption costs."""


def record(
    domains: Collection[str], file: AnswersFile, lookup: Live, *, name_servers: bool = False
) -> Iterator[int]:
    """Ask for all domains that a file does not know yet, and write down what is said.

    Parameters
    ----------
    domains : collection of str
        As `ask_as` spells them.
    file : AnswersFile
        Questions that it has a definite answer to are not asked again; failed ones are.
    lookup : Live
    name_servers : bool, default False
        Whether to ask for name servers too.

    Yields
    ------
    int
        Domains done with since the last time; the sum is ``len(domains)``.

    Raises
    ------
    ConfigError
        If the resolver answers nothing at all. What was recorded before is kept.
    """
    settled = Answers(each for each in file.known if each.status.known)
    rest = iter(sorted(domains))
    done = 0
    while piece := list(islice(rest, PIECE)):
        new = lookup.complete(settled, piece, name_servers=name_servers)
        if lookup.resolver.resting:
            file.add(each for each in new if each.status.known)
            raise ConfigError(
                f"the resolver {lookup.resolver.name} does not answer; "
                f"{done} of {len(domains)} domains are recorded, and the same command goes on from there"
            )
        file.add(new)
        done += len(piece)
        yield len(piece)


def unknown_to(file: AnswersFile, domains: Collection[str], *, name_servers: bool = False) -> list[str]:
    """List the domains about which a file does not know everything.

    Parameters
    ----------
    file : AnswersFile
    domains : collection of str
        As `ask_as` spells them.
    name_servers : bool, default False
        Whether name servers belong to everything.

    Returns
    -------
    list of str
        In alphabetical order.
    """
    settled = Answers(each for each in file.known if each.status.known)
    return sorted(domain for domain in domains if missing(domain, settled, name_servers=name_servers))
