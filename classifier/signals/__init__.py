"""Named observations on one message: facts, not accusations.

Asking for :data:`REGISTRY` or for something that observes fills it; a group of signals is one module, named
in `groups`. Facts and sites cost nothing of that: a model that uses no signals does not wait for 260 of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.signals.facts import Facts as Facts
    from classifier.signals.observer import Observer as Observer
    from classifier.signals.observer import observe as observe
    from classifier.signals.observer import values as values
    from classifier.signals.registry import REGISTRY as REGISTRY
    from classifier.signals.registry import Registry as Registry
    from classifier.signals.registry import Signal as Signal
    from classifier.signals.registry import signal as signal
    from classifier.signals.site import Site as Site
    from classifier.signals.site import guess_site as guess_site

_HOMES = {
    "REGISTRY": "registry",
    "Facts": "facts",
    "Observer": "observer",
    "Registry": "registry",
    "Signal": "registry",
    "Site": "site",
    "guess_site": "site",
    "observe": "observer",
    "signal": "registry",
    "values": "observer",
}
_FILLED = frozenset({"REGISTRY", "Observer", "observe", "values"})

__all__ = [
    "REGISTRY",
    "Facts",
    "Observer",
    "Registry",
    "Signal",
    "Site",
    "guess_site",
    "observe",
    "signal",
    "values",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _FILLED:
        import_module("classifier.signals.groups")
    value = globals()[name] = getattr(import_module(f"classifier.signals.{_HOMES[name]}"), name)
    return value
