"""All facts of one message as plain values: what the golden files and the twins are compared by."""

from __future__ import annotations

from typing import Any

from classifier.mail import Address, Message

LINE_END_DEFECTS = {"lone_cr"}


def facts(message: Message) -> dict[str, Any]:
    """Everything but sizes and offsets, which depend on the line ends."""
    return {
        "header_names": [name.decode() for name in message.headers.names],
        "authors": _addresses(message.authors),
        "sender": _addresses([message.sender] if message.sender else []),
        "reply_to": _addresses(message.reply_to),
        "to": _addresses(message.to),
        "cc": _addresses(message.cc),
        "mail_from": _addresses([message.mail_from] if message.mail_from else []),
        "subject": message.subject,
        "date": list(message.date) if message.date else None,
        "message_id": message.message_id,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "content_type": message.content_type,
        "charset": message.charset,
        "parts": [list(part[:7]) for part in message.parts],
        "text": message.text,
        "html": [] if message.html is None else [message.html.text, *message.html[4:]],
        "hidden_text": message.hidden_text,
        "links": [list(link) for link in message.links],
        "attachments": [list(attachment) for attachment in message.attachments],
        "defects": [name for name in message.all_defects() if name not in LINE_END_DEFECTS],
    }


def sizes(message: Message) -> list[int]:
    return [part.size for part in message.parts]


def _addresses(addresses: list[Address] | tuple[Address, ...]) -> list[list[str]]:
    return [[address.name, address.local, address.domain] for address in addresses]


def with_lf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def with_crlf(raw: bytes) -> bytes:
    return with_lf(raw).replace(b"\n", b"\r\n")
