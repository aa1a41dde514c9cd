"""What was seen before: people, threads and jobs, as they were known when a message came.

Names are imported when they are first used: who remembers nothing does not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.history.arrival import Arrival as Arrival
    from classifier.history.arrival import Whose as Whose
    from classifier.history.correspondent import Correspondent as Correspondent
    from classifier.history.memory import Memory as Memory
    from classifier.history.memory import Ram as Ram
    from classifier.history.past import History as History
    from classifier.history.past import Past as Past
    from classifier.history.past import Recaller as Recaller

_HOMES = {
    "Arrival": "arrival",
    "Correspondent": "correspondent",
    "History": "past",
    "Memory": "memory",
    "Past": "past",
    "Ram": "memory",
    "Recaller": "past",
    "Whose": "arrival",
}

__all__ = ["Arrival", "Correspondent", "History", "Memory", "Past", "Ram", "Recaller", "Whose"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
