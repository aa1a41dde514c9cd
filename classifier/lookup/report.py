"""A domain's mail topology as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from classifier.lookup.faults import FAULTY, FINE, NO_MAIL, UNKNOWN, Fault, faults_of, judge
from classifier.lookup.names import readable, why_illegal
from classifier.lookup.topology import Target, Topology

VERDICTS = {FINE: "fine", FAULTY: "faults found", NO_MAIL: "accepts no mail", UNKNOWN: "unknown"}
"""What `judge` says, in words."""

_OUTCOMES = {
    "found": "",
    "null_mx": "it says so itself, with a null MX (RFC 7505 section 3)",
    "a_fallback": "",
    "aaaa_fallback": "",
    "absent": "the name exists, but nothing there takes mail",
    "nxdomain": "there is no such name",
    "temperror": "the DNS gave no answer; try again later",
    "off": "nothing is recorded about it",
}


def as_record(topology: Topology, reason: str = "") -> dict[str, Any]:
    """Put a topology into plain types.

    Parameters
    ----------
    topology : Topology
    reason : str, default ''
        Why the name is illegal, where somebody knows better than its spelling shows.

    Returns
    -------
    dict
        Ready for JSON; keys in a fixed order, sets sorted.
    """
    code = judge(topology)
    return {
        "domain": topology.domain,
        "verdict": VERDICTS[code],
        "code": code,
        "outcome": topology.outcome,
        "why": _why(topology, reason),
        "provider": topology.family,
        "aliases": list(topology.aliases),
        "targets": [_target(each) for each in topology.targets],
        "name_servers": sorted(topology.name_servers) if topology.name_servers is not None else None,
        "faults": [_fault(each) for each in faults_of(topology)],
    }


def as_lines(topology: Topology, reason: str = "") -> Iterator[str]:
    """Draw a topology.

    Parameters
    ----------
    topology : Topology
    reason : str, default ''
        As for `as_record`.

    Yields
    ------
    str
        A line without its end. Names come from strangers and are not cleaned here.
    """
    readably = readable(topology.domain)
    name = topology.domain + (f" ({readably})" if readably != topology.domain else "")
    why = _why(topology, reason)
    yield f"{name}: {VERDICTS[judge(topology)]}{f' - {why}' if why else ''}"
    for alias in topology.aliases:
        yield f"  alias of     {alias}"
    width = max((len(each.name) for each in topology.targets), default=0)
    for target in topology.targets:
        kind = f"MX {target.preference}" if topology.outcome == "found" else "no MX, so"
        where = ", ".join(target.addresses) or str(target.status)
        yield f"  {kind:<12} {target.name:<{width}}  {where}"
    if topology.family:
        yield f"  provider     {topology.family}"
    if topology.name_servers:
        yield f"  name servers {', '.join(sorted(topology.name_servers))}"
    for fault in faults_of(topology):
        yield f"  {'advice' if fault.advice else 'fault'}: {fault.says} ({fault.source})"
        yield f"    better: {fault.better}"


def _why(topology: Topology, reason: str) -> str:
    """Say what the verdict does not."""
    if topology.outcome == "illegal":
        return reason or why_illegal(topology.domain)
    return _OUTCOMES[topology.outcome]


def _target(target: Target) -> dict[str, Any]:
    """One mail host in plain types."""
    return {
        "preference": target.preference,
        "name": target.name,
        "status": str(target.status),
        "addresses": list(target.addresses),
        "aliases": list(target.aliases),
    }


def _fault(fault: Fault) -> dict[str, Any]:
    """One fault in plain types."""
    return {
        "name": fault.name,
        "advice": fault.advice,
        "source": fault.source,
        "says": fault.says,
        "better": fault.better,
    }
