"""Mail that machines write to root: who speaks, what it says, what of that is new, and what did not come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.rootmail.history import JobRecaller
    from classifier.rootmail.identity import Identity, identify
    from classifier.rootmail.job_past import JobPast
    from classifier.rootmail.record import Record, read_job

__all__ = ["Identity", "JobPast", "JobRecaller", "Record", "identify", "read_job"]

_HOMES = {
    "JobRecaller": "history",
    "Identity": "identity",
    "identify": "identity",
    "JobPast": "job_past",
    "Record": "record",
    "read_job": "record",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: who judges one message without a memory waits for none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
