"""The one tree of exceptions; every error that a caller may meet is on this page.

::

    MailtriageError
    ├── MailboxError          a mailbox cannot be read or written
    │   └── NotMail           it can be read, but what is in it is no mail
    ├── ModelError            a model cannot be used (exit code 4)
    │   ├── ModelNotFound     no such file or name
    │   ├── ModelFormatError  truncated, foreign or of an unknown version
    │   ├── SchemaMismatch    its columns are not the columns of this version
    │   └── ModelNotWritten   there is no room for it, or no permission (exit code 1)
    ├── ProfileError          what one user taught cannot be used (exit code 4)
    │   └── ProfileNotWritten it can be read, but nothing can be added (exit code 1)
    ├── OutputError           what was found cannot be written (exit code 1)
    ├── LabelError            a label or the key it belongs to is unknown
    ├── TrainingError         the examples cannot teach what was asked
    ├── ConfigError           the configuration file is wrong
    ├── MissingPackage        an optional package is not installed
    ├── ClusterError          a cluster cannot be reached, or was lost (exit code 1)
    ├── AnswersError          a file of recorded DNS answers cannot be used
    └── ServeError            a server cannot be started at its socket (exit code 2)
        └── ServerAway        no server answers, or it cannot judge (exit code 75)
            ├── ServerBusy    it has too much to do
            └── NotJudged     the process that was to judge one mail failed, or took too long

Damage *inside* a message is never an error: it is a name in ``Message.defects``.
"""

from __future__ import annotations


class MailtriageError(Exception):
    """Anything this package refuses to do, said in words for people."""


class MailboxError(MailtriageError):
    """A mailbox, or one place in it, cannot be read or written.

    Parameters
    ----------
    path : str
        The mailbox as the user named it.
    reason : str
        What is wrong, without the path.
    place : str, default ''
        Where in the mailbox: a key, a byte offset, a file name.
    """

    def __init__(self, path: str, reason: str, place: str = "") -> None:
        self.path, self.reason, self.place = path, reason, place
        super().__init__(f"{path}{f' at {place}' if place else ''}: {reason}")

    def __reduce__(self) -> tuple[type[MailboxError], tuple[str, str, str]]:
        """Survive the trip between processes: the arguments are not the message."""
        return type(self), (self.path, self.reason, self.place)


class NotMail(MailboxError):
    """The bytes are readable, but they are not mail."""


class ModelError(MailtriageError):
    """A model cannot be used."""


class ModelNotFound(ModelError):
    """There is no model of this name or at this path."""


class ModelFormatError(ModelError):
    """The file is truncated, foreign, damaged or of an unknown version."""


class ModelNotWritten(ModelError):
    """A model cannot be written: a full disk, no permission, no such folder."""


class SchemaMismatch(ModelError):
    """The model was trained on columns that this version does not make."""


class OutputError(MailtriageError):
    """A file of results cannot be written; says which, and why."""


class ProfileError(MailtriageError):
    """A profile is missing, no profile, damaged, or of a newer version."""


class ProfileNotWritten(ProfileError):
    """A profile could not be written: a full disk, no permission, another program that will not end."""


class LabelError(MailtriageError):
    """A label, or the key of the message it belongs to, is unknown."""


class TrainingError(MailtriageError):
    """The examples given cannot teach what was asked of them."""


class ConfigError(MailtriageError):
    """The configuration file cannot be read or says something unknown."""


class MissingPackage(MailtriageError):
    """An optional package is not installed; says which extra brings it."""


class ClusterError(MailtriageError):
    """A cluster cannot be reached, or was lost in mid-run."""


class AnswersError(MailtriageError):
    """A file of recorded DNS answers is damaged or of another version."""


class ServeError(MailtriageError):
    """A server cannot be started at its socket."""


class ServerAway(ServeError):
    """No server answers at a socket, or it would not or could not judge what it was asked."""


class ServerBusy(ServerAway):
    """A server has too much to do; what it was asked was not judged."""


class NotJudged(ServerAway):
    """The process that was to judge one mail failed, or took too long."""
