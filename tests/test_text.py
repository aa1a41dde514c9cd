"""Text: transfer encodings, charsets, HTML, hidden text, links."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mail import Link, Message
from classifier.mail.charsets import codec_of, decode
from classifier.mail.html import bounded, read_html
from classifier.mail.text import find_urls, to_text, undo_transfer

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=200)


@given(texts)
def test_transfer_encodings_are_undone(text: str) -> None:
    data = text.encode()
    for encoding, encoded in {
        "base64": base64.encodebytes(data),
        "quoted-printable": quopri.encodestring(data),
        "8bit": data,
    }.items():
        defects: set[str] = set()
        assert to_text(undo_transfer(encoded, encoding, defects), "utf-8", defects) == text
        assert defects == set()


@given(data=st.binary(max_size=100), encoding=st.sampled_from(["base64", "quoted-printable", "x-unknown"]))
def test_damaged_transfer_encodings_yield_bytes(data: bytes, encoding: str) -> None:
    assert isinstance(undo_transfer(data, encoding, set()), bytes)


def test_base64_is_read_to_where_it_breaks() -> None:
    defects: set[str] = set()
    assert undo_transfer(b"SGVsbG8*gd29ybGQ", "base64", defects) == b"Hello world"
    assert defects == {"invalid_base64"}
    assert undo_transfer(b"SGVsb", "base64", cut := set(), cut=True) == b"Hel"
    assert cut == set()


@pytest.mark.parametrize(
    ("data", "charset", "text", "defect"),
    [
        (b"abc", None, "abc", None),
        ("é".encode(), "utf-8", "é", None),
        ("é".encode(), None, "é", None),
        (b"\xe9", None, "é", None),
        (b"\xe9\x81", None, "\xe9\x81", None),
        (b"\xe9", "utf-8", "é", "wrong_charset"),
        (b"\x93x\x94", "iso-8859-1", "“x”", None),
        ("é".encode(), "us-ascii", "é", "wrong_charset"),
        (b"x" * 100 + b"\xc3", "utf-8", "x" * 100 + "\ufffd", "wrong_charset"),
        (b"\x1b$BF|\x1b(B", "iso-2022-jp", "日", None),
        (b"+AGE-", "utf-7", "a", None),
        ("日".encode("utf-16"), "utf-16", "日", None),
        (b"\x82\xa0", "x-sjis", "あ", None),
        (b"\xd6\xd0", "GB2312", "中", None),
        (b"abc\xe9", "klingon", "abcé", "unknown_charset"),
        (b"abc\xe9", "punycode", "abcé", "unknown_charset"),
        (b"\\x41\xe9", "unicode_escape", "\\x41é", "unknown_charset"),
        (b"616\xe9", "hex", "616é", "unknown_charset"),
    ],
)
def test_charsets(data: bytes, charset: str | None, text: str, defect: str | None) -> None:
    defects: set[str] = set()
    assert decode(data, charset, defects) == text
    assert defects == ({defect} if defect else set())


ODD_CHARSETS = [
    "utf-7",
    "utf-16",
    "utf-32",
    "hz",
    "iso-2022-kr",
    "big5",
    "gb18030",
    "idna",
    "rot13",
    "zlib",
    "utf-8-sig",
]


@given(
    data=st.binary(max_size=60),
    charset=st.one_of(st.none(), st.text(max_size=12), st.sampled_from(ODD_CHARSETS)),
)
def test_any_charset_yields_text(data: bytes, charset: str | None) -> None:
    assert isinstance(decode(data, charset, set()), str)


def test_codecs_that_mail_may_not_use() -> None:
    assert {
        codec_of(name)
        for name in ("idna", "punycode", "unicode_escape", "base64", "zlib", "rot13", "mbcs", "")
    } == {None}
    assert codec_of("Windows-1252") == codec_of("ISO-8859-1") == "cp1252"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("a<br>b", "a\nb"),
        ("<p>a<p>b", "a\nb"),
        ("<div>a</div>b", "a\nb"),
        ("V<b>i</b>ag<!-- x -->ra", "Viagra"),
        ("a\n  b\t c", "a b c"),
        ("<td>a</td>", "a"),
        ("<table><tr><td>a<td>b</table>", "a\nb"),
        ("&lt;b&gt; &amp;caf&eacute; &#8364; &nosuch;", "<b> &café € &nosuch;"),
        ("<title>t</title><style>s</style><script>s</script>b<textarea>t</textarea>", "b"),
        ("a<b", "a"),
        ("<frameset><frame></frameset>", ""),
        ("<unknown>a</unknown>", "a"),
    ],
)
def test_what_a_reader_sees(html: str, text: str) -> None:
    assert read_html(html, set()).text == text


HIDDEN = [
    "<p hidden>",
    '<p style="display:none">',
    '<p style="Display : NONE !important">',
    '<p style="color:red;visibility:hidden">',
    '<p style="font-size:0">',
    '<p style="font-size: 1px">',
    '<p style="font-size:0.1px;">',
    '<p style="opacity:0">',
    '<p style="mso-hide:all">',
    '<p style="text-indent:-9999px">',
    '<p style="max-height:0">',
    '<p style="color:#fff">',
    '<p style="color:#ffffff;background-color:white">',
    '<p style="color:rgb(255, 255, 255)">',
    "<font color=white>",
    "<font color='#FEFEFE'>",
    '<div style="background:#eee"><span style="color:#efefef">',
]
SHOWN = [
    "<p>",
    '<p style="display:block">',
    '<p style="font-size:10px">',
    '<p style="font-size:1.2em">',
    '<p style="font-size:16px">',
    '<p style="opacity:0.5">',
    '<p style="color:#000">',
    '<p style="background-color:#fff">',
    '<p style="color:white;background-color:#006">',
    "<div bgcolor=black><font color=white>",
    '<div style="background:url(x.png)"><font color=white>',
    '<p style="max-height:100px">',
    "<font color=red>",
    "<font size=1>",
    "<html hidden>",
]


@pytest.mark.parametrize("opening", HIDDEN)
def test_hidden_text_is_told_apart(opening: str) -> None:
    facts = read_html(f"seen{opening}secret <b>words</b>", set())
    assert (facts.text, facts.hidden_text) == ("seen", "secret words")


@pytest.mark.parametrize("opening", SHOWN)
def test_shown_text_is_not_called_hidden(opening: str) -> None:
    facts = read_html(f"seen {opening}too", set())
    assert (facts.text.split(), facts.hidden_text) == (["seen", "too"], "")


def test_a_style_sheet_may_set_any_background() -> None:
    button = '<a class=button style="color:#fff" href=x>Pay</a>'
    assert read_html(f"<style>.button{{background:#00f}}</style>{button}", set()).text == "Pay"
    assert read_html(button, set()).hidden_text == "Pay"


def test_links_and_counts() -> None:
    html = (
        "<a href=' HTTP://X.example/\na '>go <b>there</b></a><a name=n>no</a><map><area href=y></map>"
        "<img width=1 height=1><img width=100><img height='0px'><form><input></form>"
        "<iframe></iframe><object></object>"
        "<script></script><!-- c --><p hidden><a href=z>unseen</a>"
    )
    facts = read_html(html, set())
    assert facts.links == (Link("HTTP://X.example/a", "go there"), Link("y", ""))
    assert (facts.images, facts.tiny_images, facts.forms, facts.inputs, facts.frames) == (3, 2, 1, 1, 1)
    assert (facts.objects, facts.scripts, facts.comments, facts.tags) == (1, 1, 1, html.count("<"))


@pytest.mark.parametrize(
    ("html", "defect"),
    [
        ("<div>" * 100_000, "html_too_deep"),
        ("<b><p>" * 20_000, "html_too_deep"),
        ("<p>" + "".join(f"<b id={n}>" for n in range(1000)) + "</p><p>x" * 9000, "html_too_deep"),
        ("<a " + " ".join(f"a{n}" for n in range(20_000)) + ">", "too_many_attributes"),
        ("<a " + " ".join(f"a{n}='<a>'" for n in range(9000)) + ">", "too_many_attributes"),
        ("<a " + " ".join(f'a{n} = ">"' for n in range(9000)) + ">", "too_many_attributes"),
        ("<p>" + "x" * 200_000, "html_too_long"),
    ],
)
def test_html_that_would_take_for_ever_is_cut(html: str, defect: str) -> None:
    defects: set[str] = set()
    assert len(bounded(html, defects)) < len(html)
    assert defect in defects


@pytest.mark.parametrize(
    "html",
    [
        "<p>words and words" * 5000,
        "<table>" + "<tr><td>x<td>y" * 5000 + "</table>",
        "<div><span>x</span></div>" * 4000,
        "<img src='data:image/png;base64," + "A" * 90_000 + "'>" + "<br>" * 5000,
        '<a href="x" title="a > b">x</a>' * 3000,
    ],
)
def test_long_honest_html_is_not_cut(html: str) -> None:
    defects: set[str] = set()
    assert bounded(html, defects) == html
    assert defects == set()


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("", []),
        ("see http://a.example/x.", ["http://a.example/x"]),
        (
            "(HTTPS://a.example/x?y=1&z=2), <http://b.example>",
            ["HTTPS://a.example/x?y=1&z=2", "http://b.example"],
        ),
        ("www.a.example and xwww.b.example, a@www.c.example", ["www.a.example"]),
        ("http://www.a.example/", ["http://www.a.example/"]),
        ("ftp://a.example :// http:// www. www.", []),
        ("xhttp://a.example", ["http://a.example"]),
        ('"http://a.example"http://b.example', ["http://a.example", "http://b.example"]),
    ],
)
def test_bare_links(text: str, urls: list[str]) -> None:
    assert find_urls(text, 10) == urls


def test_no_more_bare_links_than_asked_for() -> None:
    assert len(find_urls("http://a.example www.b.example " * 10, 7)) == 7


def test_of_alternatives_the_plain_one_is_read_unless_it_is_empty() -> None:
    head = b"Content-Type: multipart/alternative; boundary=b\n\n"
    html = b"--b\nContent-Type: text/html\n\n<p>rich\n"
    both, empty = Message(head + b"--b\n\nplain\n" + html), Message(head + b"--b\n\n \n" + html)
    assert (both.text, empty.text.strip()) == ("plain", "rich")
    assert both.html is not None
    assert both.html.text == "rich"


def test_charset_of_html_from_its_meta_tag() -> None:
    raw = b"Content-Type: text/html\n\n<meta http-equiv=content-type content='text/html; charset=koi8-r'>\xf0"
    assert Message(raw).text == "П"
