"""A classifier that stays loaded, asked over a Unix socket: no start-up for each message.

`Client` is all that asking takes, and imports nearly nothing; what answers is in the other files:
a supervisor forks workers, each a loop that reads requests and judges them. The wire is in `protocol`.
"""

from __future__ import annotations

from classifier.serve.client import Client

__all__ = ["Client"]
