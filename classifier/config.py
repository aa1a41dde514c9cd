"""The one configuration file, ``config.toml``, as :class:`Settings`; what it does not know it refuses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from classifier.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path  # takes two milliseconds of every start

DIRECTIONS = ("inbound", "outbound")


class Account(NamedTuple):
    """How one opens an IMAP store: the table ``[imap."USER@HOST"]`` or ``[imap."HOST"]``.

    Parameters
    ----------
    name : str
        ``USER@HOST``, or ``HOST`` for every user there, in lower case.
    password_command, token_command : str
        A shell command whose first line of output is the password, or an OAuth 2.0 access token.
    plain : bool
        Whether the password may travel without encryption.
    """

    name: str
    password_command: str = ""
    token_command: str = ""
    plain: bool = False


class Settings(NamedTuple):
    """What the configuration file may say; every key is optional.

    Parameters
    ----------
    me : tuple of str
        Your own addresses (``ada@example.org``) and whole domains (``@ada.example``).
    trusted_hosts : tuple of str
        Host names, addresses and networks of your own mail servers, whose ``Received`` lines are believed.
    authserv_ids : tuple of str
        Names under which your own servers write ``Authentication-Results`` (RFC 8601, section 2.5).
    direction : str
        ``inbound`` (mail that comes to you) or ``outbound`` (mail that leaves through you).
    model : str
        Name or path of the model to use where none is asked for.
    resolver : str
        ``ADDRESS[:PORT]`` of the name server for live lookups; empty means the system's.
    jobs : int
        Processes to classify with.
    max_lost : str
        Share of the important mail that may be lost, such as ``1/1000``; empty where nothing was said.
    cost : str
        What a lost message costs against a needless one, such as ``100:1``; not together with `max_lost`.
    allow_local_spam : bool
        Whether mail that a program on your own hosts handed in may be called spam.
    profile : str
        File of what you taught, or ``off``; empty for the usual one, if it exists.
    audit_days : int
        So many days after an audit, `classify` says on a terminal that another one is due.
    imap : tuple of Account
        How passwords of mail stores are found, ``[imap."USER@HOST"]``.
    source : str
        The file that was read, empty where there is none.
    """

    me: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    authserv_ids: tuple[str, ...] = ()
    direction: str = "inbound"
    model: str = "starter"
    resolver: str = ""
    jobs: int = 1
    max_lost: str = ""
    cost: str = ""
    allow_local_spam: bool = False
    profile: str = ""
    audit_days: int = 90
    imap: tuple[Account, ...] = ()
    source: str = ""


def default_path() -> Path:
    """Where the configuration belongs: ``$MAILTRIAGE_CONFIG``, else below the user's configuration folder.

    Returns
    -------
    Path
        ``~/.config/mailtriage/config.toml`` on Linux; it need not exist.
        Source: XDG Base Directory Specification 0.8.
    """
    from pathlib import Path

    return Path(_default_file())


_NAMED: ContextVar[str] = ContextVar("_NAMED", default="")


@contextmanager
def named_file(path: str) -> Iterator[None]:
    """Let a file be the configuration of whoever reads one without naming it, until the block ends.

    Parameters
    ----------
    path : str
    """
    token = _NAMED.set(path)
    try:
        yield
    finally:
        _NAMED.reset(token)


def _default_file() -> str:
    named = _NAMED.get() or os.environ.get("MAILTRIAGE_CONFIG")
    return named or os.path.join(_home("CONFIG", ".config"), "mailtriage", "config.toml")


def profile_path() -> Path:
    """Where what the user taught belongs.

    Returns
    -------
    Path
        ``$XDG_DATA_HOME/mailtriage/profile.sqlite3`` on Linux; it need not exist.
        Source: XDG Base Directory Specification 0.8.
    """
    from pathlib import Path

    return Path(profile_file())


def profile_file() -> str:
    """Return `profile_path` as a string."""
    return os.path.join(_home("DATA", ".local/share"), "mailtriage", "profile.sqlite3")


def _home(kind: str, usual: str) -> str:
    """Find a base folder of the user's; elsewhere than on Linux platformdirs knows, at ten times the cost."""
    if sys.platform != "linux":
        import platformdirs

        return platformdirs.user_config_dir() if kind == "CONFIG" else platformdirs.user_data_dir()
    named = os.environ.get(f"XDG_{kind}_HOME", "").strip()
    return named if os.path.isabs(named) else os.path.join(os.path.expanduser("~"), usual)


def read_settings(path: str | os.PathLike[str] | None = None) -> Settings:
    """Read the configuration.

    Parameters
    ----------
    path : path, optional
        The file to read, which must exist. Without it, :func:`default_path` is read if it exists.

    Returns
    -------
    Settings

    Raises
    ------
    ConfigError
        The file cannot be read, is no TOML, or has an unknown key or a value of the wrong kind;
        the message names file and key.
    """
    file = _default_file() if path is None else os.fspath(path)
    asked = path is not None or bool(_NAMED.get() or os.environ.get("MAILTRIAGE_CONFIG"))
    if not asked and not os.path.exists(file):
        return Settings()
    return settings_of(_parse(file), file)


def settings_of(table: dict[str, Any], source: str) -> Settings:
    """Check a parsed table key by key.

    Parameters
    ----------
    table : dict
        What the TOML file says.
    source : str
        Where it says so, for the error.

    Returns
    -------
    Settings

    Raises
    ------
    ConfigError
        For the first key that is unknown or has a value of the wrong kind.
    """
    known = set(Settings._fields) - {"source"}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{source}: unknown key {key!r} (known: {', '.join(sorted(known))})")
        try:
            values[key] = _CHECKS[key](value)
        except ValueError as error:
            raise ConfigError(f"{source}: key {key!r}: {error}") from None
    return Settings(**values, source=source)


def _parse(file: str) -> dict[str, Any]:
    """Read the TOML table in a file."""
    import tomllib

    try:
        with open(file, encoding="utf-8") as text:
            return tomllib.loads(text.read())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: is not TOML: {error}") from None


def _strings(value: object) -> tuple[str, ...]:
    """One string or a list of them."""
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list) or not all(isinstance(one, str) and one.strip() for one in several):
        raise ValueError("must be a string or a list of strings, none empty")
    return tuple(one.strip() for one in several)


def _string(value: object) -> str:
    """One string, not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a string, not empty")
    return value.strip()


def _direction(value: object) -> str:
    """One of the two directions."""
    if value not in DIRECTIONS:
        raise ValueError(f"must be one of {', '.join(DIRECTIONS)}")
    return str(value)


def own_addresses(value: object) -> tuple[str, ...]:
    """Check own addresses and domains, as the configuration and ``--me`` give them.

    Parameters
    ----------
    value : str or list of str
        Addresses (``ada@example.org``) and whole domains (``@ada.example``).

    Returns
    -------
    tuple of str
        The same in lower case.

    Raises
    ------
    ValueError
        One of them is neither.
    """
    for one in (several := tuple(one.lower() for one in _strings(value))):
        if "@" not in one or one.endswith("@"):
            raise ValueError(f"{one!r} is neither an address nor an @domain")
    return several


def _count(value: object) -> int:
    """Check a whole number from 1 on; TOML's true is no number."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be a whole number, 1 or more")
    return value


def _yes_or_no(value: object) -> bool:
    """TOML's true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _accounts(value: object) -> tuple[Account, ...]:
    """Tables of accounts, each by its name."""
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        raise ValueError('must hold tables: [imap."USER@HOST"]')
    found = []
    for name, table in value.items():
        if unknown := set(table) - set(_ACCOUNT):
            raise ValueError(f"{name!r}: unknown key {min(unknown)!r} (known: {', '.join(_ACCOUNT)})")
        try:
            found.append(Account(name.lower(), **{key: _ACCOUNT[key](each) for key, each in table.items()}))
        except ValueError as error:
            raise ValueError(f"{name!r}: {error}") from None
    return tuple(found)


_ACCOUNT: dict[str, Callable[[object], Any]] = {
    "password_command": _string,
    "token_command": _string,
    "plain": _yes_or_no,
}
_CHECKS: dict[str, Callable[[object], Any]] = {
    "me": own_addresses,
    "trusted_hosts": _strings,
    "authserv_ids": _strings,
    "direction": _direction,
    "model": _string,
    "resolver": _string,
    "jobs": _count,
    "max_lost": _string,
    "cost": _string,
    "allow_local_spam": _yes_or_no,
    "profile": _string,
    "audit_days": _count,
    "imap": _accounts,
}
