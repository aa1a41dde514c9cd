"""Named observations on one message: facts, not accusations.

Importing this package fills :data:`REGISTRY`; a group of signals is one module.
"""

from __future__ import annotations

from classifier.signals import (  # noqa: F401  # importing a group is what enters its signals
    authentication,
    author,
    author_domain,
    date,
    headers,
    html,
    links,
    lists,
    machine,
    machine_text,
    message_id,
    mime,
    mx,
    mx_ours,
    mx_targets,
    other_filters,
    recipients,
    relay,
    route,
    route_time,
    route_trail,
    sender,
    signatures,
    structure,
    subject,
    text,
)
from classifier.signals.facts import Facts
from classifier.signals.observer import Observer, observe, values
from classifier.signals.registry import REGISTRY, Registry, Signal, signal
from classifier.signals.site import Site, guess_site

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
