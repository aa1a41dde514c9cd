"""MIME: the tree, its bounds, and names of attachments."""

from __future__ import annotations

import email.message
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail import Attachment, Message, bounds
from classifier.mail.content import parse_content

HEAD = b"Content-Type: multipart/mixed; boundary=b\n\n"


def bodies(raw: bytes) -> list[bytes]:
    message = Message(raw)
    return [raw[part.start : part.end] for part in message.parts if not part.is_multipart]


def test_parts_hold_their_bytes_and_nothing_else() -> None:
    assert bodies(HEAD + b"preamble\n--b\n\none\n\n--b  \nA: b\n\ntwo\n--b--\nepilogue") == [b"one\n", b"two"]
    assert bodies(HEAD.replace(b"\n", b"\r\n") + b"--b\r\n\r\none\r\n--b--\r\n") == [b"one"]
    assert bodies(HEAD + b"--b\n--b\n\n--b--") == [b"", b""]


def test_only_a_whole_line_is_a_boundary() -> None:
    assert bodies(HEAD + b"--b\n\none\n--bb\n--b x\n --b\nx--b\n--b--\n") == [b"one\n--bb\n--b x\n --b\nx--b"]


def test_a_boundary_ends_every_part_inside() -> None:
    raw = (
        HEAD
        + b"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--c\nstill two\n--b--\n"
    )
    assert bodies(raw) == [b"one", b"two\n--c\nstill two"]
    assert [(part.depth, part.parent) for part in Message(raw).parts] == [(0, -1), (1, 0), (2, 1), (1, 0)]


def test_a_boundary_used_again_inside_belongs_to_the_inner_one() -> None:
    raw = HEAD + b"--b\n" + HEAD + b"--b\n\none\n--b--\n\n--b\n\ntwo\n--b--\n"
    assert bodies(raw) == [b"one", b"two"]
    assert [part.depth for part in Message(raw).parts] == [0, 1, 2, 1]


def test_boundaries_that_begin_or_end_alike() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b--\n\n"
    raw = HEAD + b"--b\n" + inner + b"--b--\n\none\n--b----\n--b\n\ntwo\n--b--\n"
    assert bodies(raw) == [b"one", b"two"]


def test_an_attached_message_is_entered_but_not_shown() -> None:
    inside = b"Content-Type: message/rfc822\n%s\nSubject: in\nContent-Type: text/html\n\n<p>inside"
    shown = Message(HEAD + b"--b\n" + inside % b"" + b"\n--b--\n")
    attached = Message(HEAD + b"--b\n" + inside % b"Content-Disposition: attachment\n" + b"\n--b--\n")
    assert [part.content_type for part in attached.parts] == [
        "multipart/mixed",
        "message/rfc822",
        "text/html",
    ]
    assert (shown.text, shown.attachments) == ("inside", ())
    assert (attached.text, attached.html) == ("", None)
    assert attached.attachments == (Attachment("", "message/rfc822", 46),)


def test_bounds_on_depth_and_number() -> None:
    nested = b"Content-Type: message/rfc822\n\n" * 50 + b"\nx"
    assert max(part.depth for part in Message(nested).parts) == bounds.MIME_DEPTH
    assert len(Message(HEAD + b"--b\n\n" * 2000).parts) == bounds.MIME_PARTS


@pytest.mark.parametrize(
    ("raw", "value", "parameters"),
    [
        (b" text/plain", "text/plain", {}),
        (b" Text/HTML; Charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        (b" text/plain;charset='x';;a = b ; c", "text/plain", {"charset": "'x'", "a": "b"}),
        (b' a/b; x="y;z\\"w"; u=v', "a/b", {"x": 'y;z"w', "u": "v"}),
        (b' a/b; x="never closed', "a/b", {"x": "never closed"}),
        (b" a/b (comment); x=two words", "a/b", {"x": "two words"}),
        (b" a/b; x=first; x=second", "a/b", {"x": "first"}),
        (b' a/b;\n\tx="folded"', "a/b", {"x": "folded"}),
        (b' a/b; x="=?utf-8?q?caf=C3=A9?="', "a/b", {"x": "café"}),
        (b" a/b; x*=utf-8'fr'caf%C3%A9", "a/b", {"x": "café"}),
        (b" a/b; x*1*=%A9!; x*0*=utf-8''caf%C3", "a/b", {"x": "café!"}),
        (b" a/b; x*0=plain; x*1=%41", "a/b", {"x": "plain%41"}),
        (b" a/b; x=ascii; x*=iso-8859-1''caf%E9", "a/b", {"x": "café"}),
        (b"", "", {}),
        (b" ;;;", "", {}),
    ],
)
def test_content_fields(raw: bytes, value: str, parameters: dict[str, str]) -> None:
    content = parse_content(raw)
    assert (content.value, content.parameters) == (value, parameters)


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60)


@given(
    payloads=st.lists(st.binary(max_size=200), min_size=1, max_size=5),
    file_names=st.lists(names, min_size=5, max_size=5),
)
def test_attachments_written_by_python_are_listed(payloads: list[bytes], file_names: list[str]) -> None:
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    made.set_content("shown")
    for payload, name in zip(payloads, file_names, strict=False):
        made.add_attachment(payload, maintype="application", subtype="x-any", filename=name)
    message = Message(made.as_bytes())
    assert message.text == "shown\n"
    assert [attachment.name for attachment in message.attachments] == file_names[: len(payloads)]
    for attachment, payload in zip(message.attachments, payloads, strict=True):
        assert 0 <= attachment.size - len(payload) <= 2
    assert message.all_defects() == ()
