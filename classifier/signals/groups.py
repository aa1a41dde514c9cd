"""All groups of signals; importing this module fills the registry."""

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
