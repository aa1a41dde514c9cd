"""Whose output a mail is: host, tool, job and user, and whether anybody outside could have written it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from classifier.digests import blake2b
from classifier.patterns import pattern
from classifier.rootmail.speakers import SYSTEM_ACCOUNTS, TOOLS, WRAPPERS, Tool

if TYPE_CHECKING:
    from classifier.mail import Message
    from classifier.mail.route import Route

SUBJECT_CHARS, NAME_CHARS = 1000, 120
"""Characters of a subject that are looked at, and of a name that are kept."""

OTHER = "other"
"""The tool of what no entry names; its job is the template of its subject."""

_DIGITS = pattern(r"\d{1,40}")
_VARIABLE = pattern(r"[\w.]{1,60}=\S{0,400}")
_SCRIPT = pattern(r"\.(?:sh|py|pl|rb|php|bash|cron)$", re.IGNORECASE)
_PROGRAM_TEXT = frozenset({"-c", "-e"})
_WITH_ARGUMENT = frozenset({"-W", "-X", "-I", "-n", "-k", "-u", "-w", "-s"})
_SPACES = pattern(r"\s{1,1000}")
_STAMPS = pattern(
    r"\b\d{4}-\d\d-\d\d\b|\b(?:mon|tue|wed|thu|fri|sat|sun)\w{0,6}\b|\b[0-9a-f]{8,64}\b", re.IGNORECASE
)


class Identity(NamedTuple):
    """Who speaks.

    Parameters
    ----------
    host : str
        Lower case, with its domain where the mail tells it; '' where it tells none.
    tool : str
        A name of `classifier.rootmail.speakers.TOOLS`, for cron the program that it ran, or `OTHER`.
    job : str
        What tells one job of that tool from another: a command, a jail, a monitored service.
    user : str
        Whose job it is; '' where that is not said.
    witness : str
        '' where only our own hosts handled the mail; else the network of the stranger who handed it in, so
        that what strangers write never becomes the past of a job of ours.
    """

    host: str
    tool: str
    job: str
    user: str
    witness: str

    @property
    def key(self) -> bytes:
        """Sixteen bytes that stand for it in a memory."""
        return blake2b("\0".join(self).encode("utf-8", "replace"), digest_size=16).digest()


def identify(message: Message, route: Route) -> Identity | None:
    """Find out whose output a mail is.

    Parameters
    ----------
    message : Message
    route : Route
        As trusted as the reader's site says.

    Returns
    -------
    Identity or None
        None for mail that no program of a host wrote.
    """
    subject = _SPACES.sub(" ", message.subject[:SUBJECT_CHARS]).strip()
    author = message.author
    sender = (author.local.lower(), author.name.lower()) if author else ("", "")
    for tool in TOOLS:
        found = tool.subject.search(subject)
        if found and _is_from(tool, sender, message):
            return _named(tool, found, message, route)
    if not _is_machine(message, sender[0], route):
        return None
    host = _full_name("", message)
    return Identity(host, OTHER, _template_of(subject, host), sender[0][:NAME_CHARS], _witness(route))


def _is_from(tool: Tool, sender: tuple[str, str], message: Message) -> bool:
    if tool.field and tool.field not in message.headers.names:
        return False
    return not tool.sender or any(each.startswith(tool.sender) for each in sender)


def _named(tool: Tool, found: re.Match[str], message: Message, route: Route) -> Identity:
    groups = {name: (value or "")[:NAME_CHARS] for name, value in found.groupdict().items()}
    host = _full_name(groups.get("host", "").lower().strip(".'"), message)
    name, job = tool.name, groups.get("job", "").strip()
    if "command" in groups:
        name, job = read_command(found["command"])
    return Identity(host, name, job[:NAME_CHARS], groups.get("user", ""), _witness(route))


@lru_cache(maxsize=4096)
def read_command(command: str) -> tuple[str, str]:
    """Read which program a command line runs.

    Parameters
    ----------
    command : str
        As cron shows it.

    Returns
    -------
    program, job : str
        The first program that is no wrapper, without folder, extension and digits at its end; and the
        command.
    """
    job = _SPACES.sub(" ", command).strip()[:NAME_CHARS]
    words = [word.strip("(){};&|\"'") for word in _VARIABLE.sub(" ", command).split()[:60]]
    wrapper = before = ""
    for word in words:
        base = word.rpartition("/")[2]
        bare = _SCRIPT.sub("", base).rstrip("0123456789.") or base
        option, before = before, word
        if bare in WRAPPERS:
            wrapper = bare
        elif option in _PROGRAM_TEXT:
            break
        elif base and word[0] not in "-<>#" and not base.isdigit() and option not in _WITH_ARGUMENT:
            return bare.lower()[:40], job
    return (wrapper or "cron").lower()[:40], job


def _full_name(host: str, message: Message) -> str:
    """Give a host its domain, where sender or Message-ID tell it: two hosts may share a first label."""
    author, envelope = message.author, message.mail_from
    told = [
        author.domain if author else "",
        message.message_id[:1000].rpartition("@")[2].rstrip(">").strip(),
        envelope.domain if envelope else "",
    ]
    names = [name.lower().strip(".")[:NAME_CHARS] for name in told if name]
    if not host:
        return names[0] if names else ""
    return next((name for name in names if name.startswith(host + ".")), host)


def _is_machine(message: Message, local: str, route: Route) -> bool:
    """Whether a program wrote it: it says so, or an account of the system sent it from inside."""
    names = message.headers.names
    if b"list-id" in names or b"list-unsubscribe" in names:
        return False
    said = message.headers.unfolded(b"auto-submitted") if b"auto-submitted" in names else ""
    if b"x-cron-env" in names or (said or "").strip().lower().startswith("auto-generated"):
        return True
    return local.rstrip("0123456789") in SYSTEM_ACCOUNTS and route.stranger is None


def _witness(route: Route) -> str:
    """Name the network that handed the mail in from outside; '' where nobody did."""
    stranger = route.stranger
    if stranger is not None:
        address = stranger.address
        return ":".join(address.split(":")[:4]) if ":" in address else address.rpartition(".")[0]
    if route.hops and not route.trusted:
        return "unknown"
    return ""


def _template_of(subject: str, host: str) -> str:
    """Mask what changes in a subject."""
    short = host.partition(".")[0]
    text = subject.lower()
    for name in (host, short):
        if len(name) > 2:
            text = text.replace(name, "*")
    return _DIGITS.sub("#", _STAMPS.sub("*", text))[:NAME_CHARS]
