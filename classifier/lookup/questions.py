"""What to ask about a domain: a pure function of what is known already."""

from __future__ import annotations

from classifier.lookup.answers import Answer, Answers, Question, Status
from classifier.lookup.names import ask_as, is_address
from classifier.lookup.topology import MAX_TARGETS, NULL
from classifier.mail.domains import organisational_domain


def missing(domain: str, answers: Answers, *, name_servers: bool = False) -> list[Question]:
    """List what has to be asked next about a domain.

    Parameters
    ----------
    domain : str
        In any spelling.
    answers : Answers
        What is known already; a failed question counts as asked.
    name_servers : bool, default False
        Also ask for the name servers of the registrable domain.

    Returns
    -------
    list of Question
        First the domain's own records; when these are answered, the addresses of its mail hosts; then
        nothing. Empty for an illegal name.
    """
    name = ask_as(domain)
    if not name:
        return []
    wanted = [(name, "MX"), (name, "CNAME")]
    if name_servers:
        wanted.append((organisational_domain(name), "NS"))
    mx = answers.get(name, "MX")
    hosts: list[str] = []
    if mx.status is Status.FOUND:
        hosts = [ask_as(host) for host in _hosts(mx) if not is_address(host)]
    elif mx.status is Status.ABSENT:
        hosts = [name]
    wanted += [(host, rrtype) for host in hosts if host for rrtype in ("A", "AAAA")]
    return [question for question in wanted if answers.get(*question).status is Status.OFF]


def _hosts(mx: Answer) -> list[str]:
    """List the first MX hosts, without null ones and each once."""
    return list(dict.fromkeys(host for _, host in mx.exchanges if host != NULL))[:MAX_TARGETS]
