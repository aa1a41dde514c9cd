"""Where the records of jobs lie, and whose record is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.rootmail.identity import OTHER, Identity

if TYPE_CHECKING:
    from classifier.rootmail.record import Record

JOBS, STRANGERS = 1 << 18, 1 << 10
"""Places for jobs of our own hosts and for what comes from outside. A job's place is a hash of its identity,
and the later of two at one place wins, so no flood of made-up names can fill the memory; of 3,000 jobs
about seventeen pairs share a place."""


def job_place(identity: Identity) -> bytes:
    """Return the key of a job's record."""
    number = int.from_bytes(identity.key[:8], "little")
    if identity.witness:
        return b"s%d" % (number % STRANGERS)
    return b"j%d" % (number % JOBS)


def host_place(identity: Identity) -> bytes:
    """Return the key of the record of a job's host."""
    return job_place(Identity(identity.host, OTHER, "", "", identity.witness))


def names_in_record(identity: Identity) -> tuple[str, str, str, str]:
    """Return what a record says of its job; a stranger's is marked, so that it is never taken for ours."""
    host = f"{identity.host} via {identity.witness}" if identity.witness else identity.host
    return host, identity.tool, identity.job, identity.user


def identity_of(record: Record) -> Identity:
    """Return whose record it is."""
    host, _, witness = record.host.partition(" via ")
    return Identity(host, record.tool, record.job, record.user, witness)
