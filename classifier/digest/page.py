"""The digest as one page of HTML: no script, nothing from elsewhere, fit for text browsers and paper."""

from __future__ import annotations

from importlib.resources import files
from shlex import quote
from xml.etree.ElementTree import Element

from classifier.digest.parts import Digest, Entry, Excerpt, Fold, Late, Matter, Urgent
from classifier.digest.words import (
    aftermath,
    before,
    count,
    headline,
    heights,
    lateness,
    moment,
    unread,
    writers,
)
from classifier.markup import h, page

HEIGHT, BAR = 16, 7
"""Of a sparkline: its height, and the width of a bar with its gap, in pixels."""


def write_page(digest: Digest, title: str = "Mail digest") -> str:
    """Write a digest as a page.

    Parameters
    ----------
    digest : Digest
    title : str

    Returns
    -------
    str
        A whole document.
    """
    style = files("classifier.digest").joinpath("style.css").read_text(encoding="utf-8")
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("title", f"{title}: {headline(digest)}"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("style", style),
    )
    return page(h("html", head, h("body", _body(digest, title)), lang="en"))


def _body(digest: Digest, title: str) -> Element:
    calm = [fold for fold in digest.folds if not fold.unsure]
    sections = [
        _unread_section(digest),
        _urgent_section(digest),
        _late_section(digest),
        _folds_section("look", "Look at these when you can", [f for f in digest.folds if f.unsure], digest),
        _folds_section("calm", "Needs nobody", [f for f in calm if f.label != "spam"], digest),
        _folds_section("spam", "Spam", [f for f in calm if f.label == "spam"], digest),
    ]
    return h(
        "main",
        h(
            "header",
            h("h1", title),
            h("p", f"{_period(digest)}{headline(digest)}."),
            _contents([section for section in sections if section is not None]),
        ),
        *sections,
        h(
            "footer",
            f"{count(digest.mails, 'mail')}, each of them on this page. Open one: ",
            h("code", "mailtriage show MAILBOX KEY"),
            ".",
        ),
    )


def _contents(sections: list[Element]) -> Element:
    """Lead to each section; the first link is where the keyboard begins."""
    links = [h("a", section[0].text, href=f"#{section.get('id')}") for section in sections]
    return h("nav", *[part for link in links for part in (link, " ")])


def _period(digest: Digest) -> str:
    """From when to when; nothing where no mail tells."""
    return f"{moment(digest.since)} to {moment(digest.until)}: " if digest.mails else ""


def _unread_section(digest: Digest) -> Element | None:
    """Name what could not be read, before anything that might look like all there was."""
    if not digest.unread:
        return None
    told = h("p", "Mail in it is missing on this page.", class_="quiet")
    items = [h("li", h("code", each)) for each in unread(digest)]
    heading = h("h2", f"Not readable ({len(digest.unread):,})")
    return h("section", heading, h("article", told, h("ul", *items), class_="urgent"), id="unread")


def _urgent_section(digest: Digest) -> Element:
    matters = digest.matters()
    section = h("section", h("h2", f"Needs you ({len(matters)})"), id="urgent")
    if not matters:
        section.append(h("p", "Nothing.", class_="quiet"))
    section.extend(_matter(matter) for matter in matters)
    return section


def _matter(matter: Matter) -> Element:
    """Show the latest mail about it in full, earlier ones folded."""
    one = matter.last
    since = aftermath(matter)
    parts = [
        h("h3", one.entry.subject),
        *_urgent(one, f" · {one.who}"),
        h("p", f"{since[:1].upper()}{since[1:]}.", class_="quiet") if since else None,
    ]
    if len(matter.mails) > 1:
        earlier = [h("li", *_urgent(each, f" {each.entry.subject}")) for each in matter.mails[1:]]
        summary = h("summary", h("span", f"{before(matter)}", class_="who"))
        parts.append(h("details", summary, h("ol", *earlier), class_="earlier"))
    kind = "over" if matter.usual_since else "doubtful" if one.entry.unsure else "urgent"
    return h("article", *parts, class_=kind)


def _urgent(one: Urgent, what: str) -> list[Element]:
    """When one mail came, its lines, the reason, and how to open it."""
    entry = one.entry
    doubt = " unsure" if entry.unsure else ""
    lines = [part for excerpt in one.excerpt for part in (*_line(excerpt), h("br"))]
    place = f"mailtriage show {quote(entry.mailbox)} {quote(entry.key)}"
    shown = [h("p", h("b", f"{one.chance:.0%}{doubt}"), f" · {moment(entry.when)}{what}", class_="quiet")]
    shown += [h("pre", *lines)] if lines else []
    shown += [h("p", f"Why: {'; '.join(one.reasons)}.", class_="why")] if one.reasons else []
    return [*shown, h("p", h("code", place), class_="quiet")]


def _line(excerpt: Excerpt) -> list[Element]:
    """One line; its indent is not marked."""
    text = excerpt.text.lstrip()
    indent = excerpt.text[: len(excerpt.text) - len(text)]
    shown = h("mark" if excerpt.marked else "span", text or "…")
    return [h("span", indent), shown] if indent else [shown]


def _late_section(digest: Digest) -> Element | None:
    if not digest.late:
        return None
    items = [_late(late, digest.until) for late in digest.late]
    return h("section", h("h2", f"Overdue ({len(items)})"), h("ul", *items), id="overdue")


def _late(late: Late, now: float) -> Element:
    return h(
        "li",
        h("b", late.who),
        h("br"),
        lateness(late, now),
    )


def _folds_section(name: str, title: str, folds: list[Fold], digest: Digest) -> Element | None:
    if not folds:
        return None
    mails = sum(len(fold.entries) for fold in folds)
    told = f"{count(mails, 'mail')} from {writers(len(folds))}"
    heading = h("h2", f"{title} ({told})")
    return h("section", heading, *[_fold(fold, digest) for fold in folds], id=name)


def _fold(fold: Fold, digest: Digest) -> Element:
    """One job, folded; its mails by key inside."""
    number = len(fold.entries)
    unsure = h("span", f" {fold.unsure} unsure", class_="doubt") if fold.unsure else None
    summary = h(
        "summary",
        h("span", f"{number:,}", class_="count"),
        _sparkline(heights(fold, digest.since, digest.until)),
        h("span", fold.who, class_="who"),
        unsure,
        h("span", f"last {moment(fold.last.when)}", class_="quiet when"),
    )
    newest_first = sorted(fold.entries, key=lambda entry: -entry.when)
    return h("details", summary, h("ol", *[_entry(entry) for entry in newest_first]))


def _entry(entry: Entry) -> Element:
    doubt = h("span", " unsure", class_="doubt") if entry.unsure else None
    place = h("code", f"{entry.mailbox} {entry.key}", class_="quiet")
    return h("li", f"{moment(entry.when)} {entry.subject}", doubt, " ", place)


def _sparkline(counts: list[int]) -> Element:
    """Draw counts as bars; in words for who cannot see them."""
    most = max(1, *counts)
    bars = []
    for at, each in enumerate(counts):
        tall = HEIGHT * each / most
        bars.append(h("rect", x=at * BAR, y=HEIGHT - tall, width=BAR - 2, height=tall))
    width = len(counts) * BAR
    return h(
        "svg",
        h("title", f"mails over time: {', '.join(map(str, counts))}"),
        *bars,
        viewBox=f"0 0 {width} {HEIGHT}",
        width=width,
        height=HEIGHT,
        role="img",
    )
