"""Parts, attachments and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

BODY = frozenset({"headers", "body"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EXECUTABLES = _words(
    "exe com scr pif bat cmd vbs vbe js jse wsf wsh hta cpl msi msp jar ps1 lnk reg dll chm iso img vhd"
)
"""What a double click runs on a common system, and images that carry such files past filters."""

ARCHIVES = _words("zip rar 7z gz tgz tar bz2 xz zst ace arj cab lzh z uue")

KINDS = {
    **dict.fromkeys(_words("jpg jpeg png gif bmp tif tiff webp svg heic"), "image"),
    **dict.fromkeys(_words("pdf doc docx xls xlsx ppt pptx odt ods odp rtf docm xlsm csv"), "document"),
    **dict.fromkeys(_words("txt log patch diff c h py sh conf md"), "text"),
    **dict.fromkeys(_words("htm html xhtml shtml mht"), "html"),
    **dict.fromkeys(_words("ics vcf vcs"), "calendar"),
    **dict.fromkeys(_words("asc sig p7s p7m pgp gpg"), "signature"),
    **dict.fromkeys(_words("mp3 wav ogg mp4 avi mov mpg"), "media"),
    **dict.fromkeys(_words("eml msg"), "message"),
    **dict.fromkeys(ARCHIVES, "archive"),
    **dict.fromkeys(EXECUTABLES, "executable"),
}
"""File name extensions by what people do with such files."""

_AGREES = {
    "image": ("image/",), "document": ("application/", "text/"), "text": ("text/", "application/"),
    "html": ("text/", "application/"), "calendar": ("text/", "application/"), "media": ("audio/", "video/"),
    "signature": ("application/", "text/"), "message": ("message/", "application/"),
    "archive": ("application/",), "executable": ("application/", "text/"),
}  # fmt: skip


def _extension(name: str) -> str:
    """Return what stands behind the last dot of a file name, in lower case."""
    stem, _, extension = name[-100:].rstrip(" .").rpartition(".")
    return extension.lower() if stem else ""


@signal("structure.size", kind="number", needs=BODY, edges=(1000, 2000, 4000, 8000, 16000, 40000, 200000))
def size(facts: Facts) -> float:
    """How many bytes the message has, a line end counted as one.

    Sees: the whole message, whether it is kept with LF or, as IMAP sends it, with CRLF.
    Means: reports and letters are short, campaigns have tens of kilobytes.
    Fooled by: long traces and filter reports in the header.
    Source: RFC 1870 section 5.
    """
    raw = facts.message.raw
    return len(raw) - raw.count(b"\r\n")


@signal("structure.parts", kind="number", needs=BODY, edges=(2, 3, 4, 6, 10, 20))
def parts(facts: Facts) -> float:
    """How many MIME parts there are.

    Sees: the whole tree, the message itself counted as one.
    Means: plain text has one, HTML with its alternative three.
    Fooled by: gateways that add a footer as a part.
    Source: RFC 2046 section 5.1.
    """
    return len(facts.message.parts)


@signal("structure.depth", kind="number", needs=BODY, edges=(1, 2, 3, 5))
def depth(facts: Facts) -> float:
    """How deeply MIME parts are nested.

    Sees: the level of the deepest part; the message itself is 0.
    Means: forwarded messages and signatures add levels.
    Fooled by: nothing; it is a description.
    Source: RFC 2046 section 5.1.
    """
    parts = facts.message.parts
    return parts[-1].depth if len(parts) < 3 else max(part.depth for part in parts)


@signal("structure.broken", needs=BODY)
def broken(facts: Facts) -> bool | None:
    """Whether the boundaries of a multipart do not fit.

    Sees: a multipart whose boundary is not given, not found or not closed; unknown for other messages.
    Means: cut off on the way, or made by hand.
    Fooled by: mailboxes cut at a size.
    Source: RFC 2046 section 5.1.1.
    """
    message = facts.message
    if not message.content_type.startswith("multipart/"):
        return None
    parts = message.parts  # walking the parts is what finds the damage
    defects = message.defects
    return len(parts) < 2 or "boundary_not_found" in defects or "boundary_not_closed" in defects


@signal("structure.attachments", kind="number", needs=BODY, edges=(1, 2, 3, 5, 10))
def attachments(facts: Facts) -> float:
    """How many attachments there are.

    Sees: the parts that are not shown as text, embedded images included.
    Means: documents to read, or programs to fear.
    Fooled by: signatures and visiting cards.
    Source: RFC 2183 section 2.2.
    """
    return len(facts.message.attachments)


@signal("structure.attachment_kind", kind="category", needs=BODY)
def attachment_kind(facts: Facts) -> str:
    """Tell what the largest attachment is by its name.

    Sees: the extension of its file name: image, document, archive and so on, unnamed, other or none.
    Means: what the reader is meant to open.
    Fooled by: names without or with a wrong extension; see structure.attachment_disagrees.
    Source: RFC 2183 section 2.3.
    """
    attachments = facts.message.attachments
    if not attachments:
        return "none"
    largest = max(attachments, key=lambda attachment: attachment.size)
    if not largest.name:
        return "unnamed"
    return KINDS.get(_extension(largest.name), "other")


@signal("structure.executable", needs=BODY)
def executable(facts: Facts) -> bool | None:
    """Whether an attachment runs when it is opened.

    Sees: the extensions of all attachments against `EXECUTABLES`; unknown without attachments.
    Means: hardly anybody sends programs by mail in good faith.
    Fooled by: programs in archives.
    Source: RFC 2183 section 5.
    """
    attachments = facts.message.attachments
    return any(_extension(each.name) in EXECUTABLES for each in attachments) if attachments else None


@signal("structure.archive", needs=BODY)
def archive(facts: Facts) -> bool | None:
    """Whether an attachment is an archive.

    Sees: the extensions of all attachments against `ARCHIVES`; unknown without attachments.
    Means: several files at once, or one that should not be looked into.
    Fooled by: documents, which are archives under other names.
    Source: RFC 2183 section 2.3.
    """
    attachments = facts.message.attachments
    return any(_extension(each.name) in ARCHIVES for each in attachments) if attachments else None


@signal("structure.double_extension", needs=BODY)
def double_extension(facts: Facts) -> bool | None:
    """Whether a program's name ends like a document's and then like a program's.

    Sees: names such as invoice.pdf.exe; unknown without attachments.
    Means: systems that hide the last extension show a document.
    Fooled by: nothing known.
    Source: RFC 2183 section 5.
    """
    attachments = facts.message.attachments
    if not attachments:
        return None
    for each in attachments:
        stem, _, last = each.name[-100:].rstrip(" .").lower().rpartition(".")
        if last in EXECUTABLES and _extension(stem.rstrip(" _")) in KINDS:
            return True
    return False


@signal("structure.attachment_disagrees", needs=BODY)
def attachment_disagrees(facts: Facts) -> bool | None:
    """Whether an attachment's name and type disagree.

    Sees: extensions of `KINDS` against the Content-Type; application/octet-stream agrees with all.
    Means: one of the two is meant for filters, the other for the reader.
    Fooled by: programs that guess types badly.
    Source: RFC 2045 section 5; RFC 2183 section 2.3.
    """
    attachments = facts.message.attachments
    if not attachments:
        return None
    for each in attachments:
        allowed = _AGREES.get(KINDS.get(_extension(each.name), ""))
        if (
            allowed
            and each.content_type != "application/octet-stream"
            and not each.content_type.startswith(allowed)
        ):
            return True
    return False


@signal("structure.attachment_only", needs=BODY)
def attachment_only(facts: Facts) -> bool | None:
    """Whether there are attachments and next to no text.

    Sees: fewer than 20 visible characters; unknown without attachments.
    Means: scanners and forwarders send so, and malware.
    Fooled by: people in a hurry.
    Source: RFC 2183 section 2.2.
    """
    return len(facts.message.text.strip()) < 20 if facts.message.attachments else None


@signal("structure.base64_text", needs=BODY)
def base64_text(facts: Facts) -> bool:
    """Whether a text part is encoded in base64.

    Sees: Content-Transfer-Encoding: base64 of text/plain and text/html parts that are not attached.
    Means: usual for scripts that quoted-printable suits badly; otherwise it keeps words from simple filters.
    Fooled by: programs that encode everything so.
    Source: RFC 2045 sections 6.7 and 6.8.
    """
    return any(
        part.encoding == "base64"
        and part.content_type.startswith("text/")
        and part.disposition != "attachment"
        for part in facts.message.parts
    )
