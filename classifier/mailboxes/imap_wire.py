"""The wire to a mail server: TLS checked, logged in, failures said in words for people."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING

from ..errors import MailboxError
from .imap_secret import Secret, account_of, forget_secret, secret_of
from .imap_url import ImapUrl

if TYPE_CHECKING:
    from .imap_client import Client

_NEEDED = "mail on an IMAP server needs IMAPClient: pip install 'mailtriage[imap]'"


class TooMuch(ConnectionError):
    """The server sends more than was asked for; the connection is of no use any more."""


class Broken(Exception):
    """The connection breaks each time that something is asked."""


class Refused(Exception):
    """The server refuses what was asked, or answers nonsense."""


def connect(url: ImapUrl) -> Client:
    """Connect to a server and say who one is.

    Parameters
    ----------
    url : ImapUrl

    Returns
    -------
    Client
        Logged in, no folder selected.

    Raises
    ------
    MailboxError
        If a package is missing, TLS fails, there is no secret, or the login is refused.
    OSError
        If the server cannot be reached, or hangs up.
    """
    try:
        from .imap_client import Client
    except ImportError:
        raise MailboxError(url.text, _NEEDED) from None
    context = ssl.create_default_context()
    try:
        client = Client(url.host, url.port, url.secure, context)
    except ssl.SSLError as error:
        raise MailboxError(url.text, tls_reason(url, error)) from error
    except Client.Error as error:
        raise ConnectionAbortedError(f"it does not greet as a mail server does ({said_by(error)})") from error
    try:
        if not url.secure:
            _encrypt(client, url, context)
        _login(client, url)
    except client.AbortError as error:
        shut(client)
        raise ConnectionAbortedError(said_by(error)) from error
    except BaseException:
        shut(client)
        raise
    return client


def shut(client: Client) -> None:
    """Let go of a connection without a word: it may be broken."""
    try:
        client.shutdown()
    except (OSError, client.Error):
        return


def _encrypt(client: Client, url: ImapUrl, context: ssl.SSLContext) -> None:
    """Begin TLS where the server can; without it only a connection that leaves no machine will do."""
    if client.has_capability("STARTTLS"):
        try:
            client.starttls(context)
        except ssl.SSLError as error:
            raise MailboxError(url.text, tls_reason(url, error)) from error
        return
    if not _is_loopback(client.socket()) and not account_of(url).plain:
        reason = (
            f"{url.host} offers no TLS on port {url.port}, so everybody on the way could read the password: "
            f'use imaps://, or say plain = true in [imap."{url.host}"]'
        )
        raise MailboxError(url.text, reason)


def _is_loopback(connection: socket.socket) -> bool:
    return ipaddress.ip_address(connection.getpeername()[0].partition("%")[0]).is_loopback


def _login(client: Client, url: ImapUrl) -> None:
    if client.is_known:
        return
    url, secret = secret_of(url)
    try:
        _authenticate(client, url, secret)
    except client.AbortError:
        raise
    except client.Error as error:
        if isinstance(error.__context__, client.AbortError):
            raise ConnectionAbortedError(said_by(error)) from None
        forget_secret(url)
        what = "token" if secret.is_token else "password"
        said = said_by(error).replace(secret.text, "...")
        raise MailboxError(url.text, f"{url.host} refuses the {what} of {url.user}: {said}") from None


def _authenticate(client: Client, url: ImapUrl, secret: Secret) -> None:
    mechanism = url.mechanism
    if secret.is_token or mechanism in ("XOAUTH2", "OAUTHBEARER"):
        bearer = mechanism == "OAUTHBEARER" or (
            not mechanism
            and not client.has_capability("AUTH=XOAUTH2")
            and client.has_capability("AUTH=OAUTHBEARER")
        )
        (client.oauthbearer_login if bearer else client.oauth2_login)(url.user, secret.text)
        return
    ascii_only = url.user.isascii() and secret.text.isascii()
    plain = client.has_capability("AUTH=PLAIN")
    if mechanism == "PLAIN" or (
        mechanism != "LOGIN" and plain and not (ascii_only and not client.has_capability("LOGINDISABLED"))
    ):
        client.plain_login(url.user, secret.text)
    elif not ascii_only:
        raise MailboxError(url.text, f"{url.host} takes no user or password with other letters than ASCII")
    elif client.has_capability("LOGINDISABLED"):
        raise MailboxError(
            url.text, f"{url.host} takes no password on this connection, only {_offers(client)}"
        )
    else:
        client.login(url.user, secret.text)


def _offers(client: Client) -> str:
    names = [name[5:].decode("ascii", "replace") for name in client.capabilities() if name[:5] == b"AUTH="]
    return ", ".join(names) or "nothing"


def said_by(error: BaseException) -> str:
    """Repeat what a server said: one line, not too long, without the packing of the library."""
    text = str(error)
    if text.startswith(("b'", 'b"')) and text[-1:] in "'\"":
        text = text[2:-1]
    return " ".join(text.split())[:300] or type(error).__name__


def tls_reason(url: ImapUrl, error: ssl.SSLError) -> str:
    """Say why TLS failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {url.host} cannot be trusted: {error.verify_message}; "
            "if it is yours, name its authority in SSL_CERT_FILE"
        )
    other = f"; imap://{url.host} begins without TLS and asks for it" if url.secure else ""
    return f"TLS with {url.host}:{url.port} fails ({error.reason or said_by(error)}){other}"


def reach_reason(url: ImapUrl, error: BaseException) -> str:
    """Say why a server cannot be talked to."""
    place = f"{url.host}:{url.port}"
    if isinstance(error, socket.gaierror):
        return f"there is no host {url.host} ({error.strerror})"
    if isinstance(error, TimeoutError):
        return f"{place} has been silent for a minute"
    if isinstance(error, ConnectionRefusedError):
        return f"no server answers at {place}"
    text = getattr(error, "strerror", None) or said_by(error)
    return f"the connection to {place} broke: {text}"
