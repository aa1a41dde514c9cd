"""The digest as a mail: text first, the page beside it, and marked as what it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING

from classifier.digest.page import write_page
from classifier.digest.text import write_text
from classifier.digest.words import headline

if TYPE_CHECKING:
    from classifier.digest.parts import Digest

_ADDRESS = re.compile(r"[^\s<>(),;:@\"\\]{1,64}(?:@[^\s<>(),;:@\"\\]{1,255})?\Z")
"""Just enough that no other header can be smuggled in; a bare login name is delivered locally."""

POLICY = SMTPUTF8.clone(linesep="\n", cte_type="7bit")
"""Local line ends, as sendmail takes them; nothing but ASCII on the wire, so that no relay need change it."""


def write_letter(digest: Digest, to: str, author: str = "", title: str = "Mail digest") -> bytes:
    """Write a digest as a mail that can be handed to ``sendmail -t``.

    Parameters
    ----------
    digest : Digest
    to : str
        Address of the recipient.
    author : str, default that of the recipient
    title : str

    Returns
    -------
    bytes
        A whole message. It says that a program wrote it, so that nothing answers (RFC 3834 section 5).

    Raises
    ------
    ValueError
        If an address is none.
    """
    for address in (to, author or to):
        if not _ADDRESS.match(address):
            raise ValueError(f"{address!r} is no address")
    letter = EmailMessage(policy=POLICY)
    letter["From"] = author or to
    letter["To"] = to
    letter["Subject"] = f"{title}: {headline(digest)}"
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Message-ID"] = make_msgid(domain=(author or to).rpartition("@")[2] or "localhost")
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(write_text(digest))
    letter.add_alternative(write_page(digest, title), subtype="html")
    return letter.as_bytes()
