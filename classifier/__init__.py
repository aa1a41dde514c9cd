"""Sorts mail into important, unimportant and spam, and says why.

Names are imported when they are first used: ``import classifier`` costs next to nothing.

Examples
--------
>>> from classifier import Classifier, open_mailbox          # doctest: +SKIP
>>> triage = Classifier.load("starter")                      # doctest: +SKIP
>>> for verdict in triage.classify_many(open_mailbox("root.mbox")):      # doctest: +SKIP
...     print(verdict.label, verdict.message.subject)
"""

from __future__ import annotations

TYPE_CHECKING = False  # to type checkers it is True; importing typing costs half of Python's own start
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Classifier": "classifier.engine",
    "Message": "classifier.mail",
    "Site": "classifier.signals",
    "open_mailbox": "classifier.mailboxes",
}

if TYPE_CHECKING:
    from classifier.engine import Classifier as Classifier
    from classifier.mail import Message as Message
    from classifier.mailboxes import open_mailbox as open_mailbox
    from classifier.signals import Site as Site

__all__ = ["Classifier", "Message", "Site", "__version__", "open_mailbox"]


def __getattr__(name: str) -> Any:
    """Import a public name from its room (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, imported or not."""
    return sorted(__all__)
