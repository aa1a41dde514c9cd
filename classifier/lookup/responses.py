"""From a DNS response, as dnspython reads it, to an answer."""

from __future__ import annotations

import time
from typing import Any

import dns.exception
import dns.name
import dns.rdatatype

from classifier.lookup.answers import Answer, Status


def answer_from(name: str, rrtype: str, status: Status, response: Any) -> Answer:
    """Read a response of dnspython's.

    Parameters
    ----------
    name, rrtype : str
        The question.
    status : Status
        How it ended.
    response : dns.message.QueryMessage

    Returns
    -------
    Answer
        ``temperror`` where the response contradicts itself.
    """
    try:
        chain = response.resolve_chaining()
        records = tuple(sorted(_text(each) for each in chain.answer or ()))
    except (dns.exception.DNSException, ValueError, IndexError):  # damage that parsed, but makes no sense
        return Answer(name, rrtype, Status.TEMPERROR, taken=time.time())
    return Answer(
        name,
        rrtype,
        status,
        records if status is Status.FOUND else (),
        tuple(_host(each[0].target) for each in chain.cnames),
        _ttl(chain, response),
        time.time(),
    )


def _ttl(chain: Any, response: Any) -> int:
    """Seconds an answer may be kept. RFC 2308 section 5: a negative one without SOA not at all."""
    if chain.answer is None and not any(each.rdtype == dns.rdatatype.SOA for each in response.authority):
        return 0
    return int(chain.minimum_ttl)


def aliases_in(name: str, response: Any) -> tuple[str, ...]:
    """Follow the aliases in a response until the first one that was there already.

    Parameters
    ----------
    name : str
        Where they begin.
    response : dns.message.QueryMessage

    Returns
    -------
    tuple of str
        With the repeated name last where they lead in a circle.
    """
    targets = {
        _host(rrset.name): _host(rrset[0].target)
        for rrset in response.answer
        if rrset.rdtype == dns.rdatatype.CNAME
    }
    chain = [name]
    while (following := targets.get(chain[-1])) and chain.count(chain[-1]) == 1:
        chain.append(following)
    return tuple(chain[1:])


def _host(name: dns.name.Name) -> str:
    """Spell a name as `Question` does; the root stays a dot."""
    return name.to_text(omit_final_dot=True).lower()


def _text(record: Any) -> str:
    """One record's data as text."""
    if record.rdtype == dns.rdatatype.MX:
        return f"{record.preference} {_host(record.exchange)}"
    if record.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
        return str(record.address)
    return _host(record.target)
