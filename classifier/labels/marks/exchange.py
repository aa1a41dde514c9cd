"""What an Exchange server thought of a message: the spam confidence level it wrote into the header."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.labels.marks.marked import Marked
from classifier.mail import Message
from classifier.mailboxes import Stored

SPAM_FROM = 5
"""Exchange moves mail of this level and above into the junk folder."""

HAM_TO = 1
"""Mail of this level and below passed its filter, or (-1) was never asked about: a colleague's."""


def read_exchange(stored: Stored, now: float) -> Iterator[Marked]:  # noqa: ARG001  # like every reader
    """Tell what an Exchange server made of one message.

    Parameters
    ----------
    stored : Stored
        Out of a mailbox of one's own Exchange: anybody can write this field, and Exchange removes it from
        what comes from outside.
    now : float
        Not asked.

    Yields
    ------
    Marked
        Spam, ham, or none where the level lies between, is missing or no number.

    Source
    ------
    Microsoft, "Spam confidence level (SCL)": -1 skipped filtering, 0 and 1 not spam, 5 and 6 spam, 7 to 9
    high confidence spam.
    """
    written = (Message(stored.raw).headers.unfolded(b"x-ms-exchange-organization-scl") or "").strip()
    if not written.lstrip("-").isdecimal() or len(written) > 2:
        return
    level = int(written)
    if SPAM_FROM <= level <= 9:
        yield Marked(stored, "spam")
    elif -1 <= level <= HAM_TO:
        yield Marked(stored, "ham")
