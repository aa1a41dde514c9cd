"""The registrable domain; it lives with the mail, where the trust in hops needs it too."""

from __future__ import annotations

from classifier.mail.domains import organisational_domain

__all__ = ["organisational_domain"]
