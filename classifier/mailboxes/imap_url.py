"""What an IMAP URL names: a server, a user, a folder, and which of its messages.

``imaps://USER@HOST[:PORT]/FOLDER[;UIDVALIDITY=N][?SEARCH]``; a "*" in FOLDER stands for anything, as in LIST.
Beyond the RFC, a user may be written with his "@", and a folder with its spaces and letters as they are.
Source: RFC 5092; RFC 2595 section 8 warns of passwords in URLs, so one that holds a password is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from classifier.patterns import pattern

from ..errors import MailboxError

PORTS = {"imaps": 993, "imap": 143}
_SCHEME = pattern(r"(?i)(imaps?)://")
_HOST = pattern(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([^\s:/\[\]@]{1,253}))(?::([0-9]{1,5}))?")
_AUTH = pattern(r"(?i);AUTH=([^;]{1,40})$")
_VALIDITY = pattern(r"(?i);UIDVALIDITY=([0-9]{1,10})/?$")
_SEARCH = pattern(r"[ -z|~]{1,2000}")
MECHANISMS = ("XOAUTH2", "OAUTHBEARER", "PLAIN", "LOGIN", "*")


@dataclass(frozen=True, slots=True)
class ImapUrl:
    """A URL, taken apart.

    Parameters
    ----------
    text : str
        As the user wrote it.
    secure : bool
        Whether TLS comes first (imaps); else STARTTLS.
    user : str
        '' where it has to be found.
    mechanism : str
        How to say who one is, '' where the server and the secret decide.
    host : str
    port : int
    folder : str
    validity : int or None
        The UIDVALIDITY that the folder must have.
    search : str
        Criteria of the command SEARCH; '' for all messages.
    """

    text: str
    secure: bool
    user: str
    mechanism: str
    host: str
    port: int
    folder: str
    validity: int | None = None
    search: str = ""

    def of(self, folder: str) -> ImapUrl:
        """Return the URL of another folder of the same user."""
        scheme = "imaps" if self.secure else "imap"
        mechanism = f";AUTH={self.mechanism}" if self.mechanism else ""
        user = f"{quote(self.user, safe='')}{mechanism}@" if self.user or mechanism else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[scheme] else f":{self.port}"
        text = f"{scheme}://{user}{host}{port}/{quote(folder, safe='/ &+,:=@()!~', encoding='utf-8')}"
        search = "?" + quote(self.search) if self.search else ""
        return replace(self, text=text + search, folder=folder, validity=None)


def is_imap(url: str) -> bool:
    """Tell whether a path is the URL of an IMAP store."""
    return _SCHEME.match(url) is not None


def parse(url: str) -> ImapUrl:
    """Take a URL apart.

    Parameters
    ----------
    url : str

    Returns
    -------
    ImapUrl

    Raises
    ------
    MailboxError
        If it is none, or holds a password, which is not repeated.
    """
    match = _SCHEME.match(url)
    if match is None or len(url) > 4000:
        raise MailboxError(url[:200], "is no IMAP URL: imaps://USER@HOST/FOLDER")
    rest = url[match.end() :]
    authority, _, path = rest.partition("/")
    if "?" in authority:
        authority, _, search = authority.partition("?")
        path = f"?{search}"
    login, at, server = authority.rpartition("@")
    auth = _AUTH.search(login)
    name = login[: auth.start()] if auth else login
    if ":" in name:
        shown = f"{match[0]}{name.partition(':')[0]}:...@{server}/{path}"
        raise MailboxError(shown, "a password does not belong in a URL, where everybody sees it: " + WHERE)
    host = _HOST.fullmatch(server)
    if host is None or (host[3] and not 0 < int(host[3]) < 65536):
        raise MailboxError(url, "names no server: imaps://USER@HOST/FOLDER")
    secure = match[1].lower() == "imaps"
    folder, _, search = path.partition("?")
    validity = _VALIDITY.search(folder)
    mechanism = auth[1].upper() if auth else ""
    if mechanism and mechanism not in MECHANISMS:
        raise MailboxError(url, f"unknown mechanism {auth[1] if auth else ''}; there are {_mechanisms()}")
    return ImapUrl(
        text=url,
        secure=secure,
        user=_plain(url, name) if at else "",
        mechanism="" if mechanism == "*" else mechanism,
        host=(host[1] or host[2]).lower(),
        port=int(host[3] or PORTS[match[1].lower()]),
        folder=_plain(url, folder[: validity.start()] if validity else folder).rstrip("/") or "INBOX",
        validity=int(validity[1]) if validity else None,
        search=_searched(url, search),
    )


WHERE = (
    'give password_command in the configuration ([imap."USER@HOST"]), '
    "MAILTRIAGE_IMAP_PASSWORD_COMMAND or a line in ~/.netrc"
)
"""Where a secret belongs."""


def _mechanisms() -> str:
    return ", ".join(MECHANISMS[:-1])


def _plain(url: str, text: str) -> str:
    """Undo the encoding of a name; none has control characters."""
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise MailboxError(url, "its % signs do not spell UTF-8") from None
    if not plain.isprintable():
        raise MailboxError(url, "holds control characters")
    return plain


def _searched(url: str, text: str) -> str:
    """Take criteria for SEARCH: one line, no literals (braces), nothing but ASCII."""
    criteria = _plain(url, text).strip()
    if criteria and _SEARCH.fullmatch(criteria) is None:
        raise MailboxError(
            url, "a search is plain ASCII without braces, such as ?UNSEEN or ?SINCE 1-Nov-2026"
        )
    return criteria
