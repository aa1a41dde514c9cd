"""How much of one message is looked at; over a bound is a defect of the message, never an error.

Every bound keeps hostile mail from costing more than a fraction of a second. All of them lie far
above what honest mail was seen to need in the corpora this package was measured on.
"""

from __future__ import annotations

from typing import Final

HEADER_BLOCK_BYTES: Final = 256 * 1024
"""Bytes of header block read: Sendmail stops at 32 KiB, Postfix at 100 KiB for one field, and a list's
header with ARC sets and twenty hops needs 30 KiB."""

HEADER_COUNT: Final = 1000
"""Header fields kept: the longest honest header seen has about 120; Exim and Gmail refuse some hundreds."""

HEADER_FIELD_BYTES: Final = 64 * 1024
"""Bytes of one field that are decoded: room for a thousand recipients in one To:."""

ADDRESSES_PER_HEADER: Final = 1000
"""Addresses taken out of one field: who writes to more uses a list, and counting further tells nothing."""

MESSAGE_IDS_PER_HEADER: Final = 1000
"""Message-IDs taken out of one References: long threads drop the middle at about 30."""

MIME_DEPTH: Final = 20
"""Levels of nested parts: forwarding ten times with signatures makes about 20; Postfix stops at 100."""

MIME_PARTS: Final = 500
"""Parts listed: a digest of a busy list has 200."""

PART_HEADER_BYTES: Final = 16 * 1024
"""Bytes of the header block of one part: content fields with long RFC 2231 names fit in 4 KiB."""

BOUNDARY_BYTES: Final = 200
"""Bytes of a boundary: RFC 2046 section 5.1.1 allows 70; broken senders were seen to use 100."""

TEXT_BYTES: Final = 256 * 1024
"""Bytes of text parts decoded in one message: a verdict stands after the first few pages."""

SKIMMED_CHARS: Final = 12_000
"""Characters of one HTML part that are skimmed for words: more ranked no better on P1 and took longer."""

HTML_BYTES: Final = 128 * 1024
"""Characters of HTML parsed in one part: Gmail itself cuts a message off at 102 KiB."""

LINKS: Final = 1000
"""Links listed in one message: the longest honest newsletters have some 300."""

PARAMETER_BYTES: Final = 4 * 1024
"""Bytes of the parameters of one Content-Type or Content-Disposition field."""

DATE_BYTES: Final = 200
"""Bytes of a date: the longest form with comments is under 100."""

BOUNDARY_LINES: Final = 50_000
"""Lines beginning with two dashes that are compared with the boundaries: room for a patch in each part."""

HTML_ATTRIBUTES: Final = 64
"""Attributes of one tag: honest ones have a dozen; the parser compares each with all others."""

HTML_WORK: Final = 1_000_000
"""Sum over all tags of the elements open at each: 5,000 tags at depth 30 make 150,000."""
