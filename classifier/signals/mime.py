"""How the message declares its MIME structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.registry import signal
from classifier.signals.shapes import skeleton

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

ENCODINGS = frozenset({"", "7bit", "8bit", "binary", "quoted-printable", "base64"})


@signal("mime.version_missing")
def version_missing(facts: Facts) -> bool | None:
    """Whether MIME fields stand there without MIME-Version:.

    Sees: Content-Type: or Content-Transfer-Encoding: and no MIME-Version:; unknown without MIME fields.
    Means: a script put it together by hand.
    Fooled by: gateways that drop the field.
    Source: RFC 2045 section 4.
    """
    counts = facts.counts
    if b"content-type" not in counts and b"content-transfer-encoding" not in counts:
        return None
    return b"mime-version" not in counts


@signal("mime.type_missing")
def type_missing(facts: Facts) -> bool:
    """Whether there is no Content-Type:.

    Sees: the header of the message itself.
    Means: plain text of an old or simple program.
    Fooled by: nothing; it is a description.
    Source: RFC 2045 section 5.2.
    """
    return b"content-type" not in facts.counts


@signal("mime.content_type", kind="category")
def content_type(facts: Facts) -> str:
    """Tell what the message says it is.

    Sees: type and subtype of the top level; text/plain where there is none.
    Means: plain text, HTML alone, both as alternatives, attachments, reports, signatures.
    Fooled by: nothing; it is a description.
    Source: RFC 2045 section 5; RFC 2046.
    """
    return facts.message.content_type


@signal("mime.charset", kind="category")
def charset(facts: Facts) -> str | None:
    """Which charset the message declares.

    Sees: the charset of the top level, in lower case; unknown for multiparts and where there is none.
    Means: the sender's language and the age of his program.
    Fooled by: programs that say UTF-8 for everything.
    Source: RFC 2045 section 5.2; RFC 2978 section 2.3.
    """
    return facts.message.charset


@signal("mime.encoding", kind="category")
def encoding(facts: Facts) -> str:
    """How the message says its body is encoded.

    Sees: Content-Transfer-Encoding: of the top level: absent, one of the five of the standard, or other.
    Means: base64 on plain text hides words from simple filters; quoted-printable serves long lines.
    Fooled by: gateways that encode anew.
    Source: RFC 2045 section 6.1.
    """
    word = facts.word(b"content-transfer-encoding")
    if word is None:
        return "absent"
    return word if word in ENCODINGS else "other"


@signal("mime.boundary", kind="category")
def boundary(facts: Facts) -> str | None:
    """Tell what the boundary of a multipart is made of.

    Sees: runs of letters and digits as x, other characters as they are; what it begins with.
    Means: each mail program builds it in its own way, and forgers imitate badly.
    Fooled by: programs that imitate well.
    Source: RFC 2046 section 5.1.1.
    """
    content = facts.content
    value = content.parameters.get("boundary") if content else None
    return skeleton(value[:80])[:40] if value else None


@signal("mime.format_flowed")
def format_flowed(facts: Facts) -> bool | None:
    """Whether plain text says that its lines may be joined.

    Sees: format=flowed in the Content-Type: of a text/plain message; unknown for other types.
    Means: written in a mail program by a person.
    Fooled by: programs built on the same libraries.
    Source: RFC 3676 section 4.
    """
    content = facts.content
    if content is None or facts.message.content_type != "text/plain":
        return None
    return content.parameters.get("format", "").lower() == "flowed"
