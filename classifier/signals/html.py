"""What the HTML of a message holds beside its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

BODY = frozenset({"headers", "body"})


@signal("html.only", needs=BODY)
def only(facts: Facts) -> bool | None:
    """Whether there is HTML and no plain alternative.

    Sees: text/html parts without any text/plain part beside them; unknown without HTML.
    Means: made by a program that only knows the web.
    Fooled by: mobile mail programs.
    Source: RFC 2046 section 5.1.4.
    """
    if facts.html is None:
        return None
    return not any(
        part.content_type == "text/plain" and part.disposition != "attachment" for part in facts.message.parts
    )


@signal("html.ratio", kind="number", needs=BODY, edges=(0.02, 0.05, 0.1, 0.2, 0.4, 0.7))
def ratio(facts: Facts) -> float | None:
    """How much of the HTML is visible text.

    Sees: visible characters against all characters of the HTML; unknown without HTML.
    Means: letters are mostly text; campaigns mostly layout; picture mail has next to no text.
    Fooled by: programs that write bloated HTML for a line of text.
    Source: measured; no standard speaks of it.
    """
    html = facts.html
    return html.visible_chars / html.html_bytes if html and html.html_bytes else None


@signal("html.hidden", kind="number", needs=BODY, edges=(1, 20, 100, 500, 2000))
def hidden(facts: Facts) -> float | None:
    """How much text the HTML hides from the reader, in characters.

    Sees: text set invisible by style, size or colour; unknown without HTML.
    Means: preview lines of newsletters, or words meant for filters.
    Fooled by: hiding by means that a mail program does not show either.
    Source: HTML Living Standard section 6.1; CSS 2.2 section 9.2.4.
    """
    html = facts.html
    return len(html.hidden_text) if html else None


@signal("html.images", kind="number", needs=BODY, edges=(1, 2, 4, 8, 20))
def images(facts: Facts) -> float | None:
    """How many images the HTML shows.

    Sees: img elements; unknown without HTML.
    Means: letters have none or a logo, campaigns many.
    Fooled by: signatures with logos.
    Source: HTML Living Standard section 4.8.3.
    """
    html = facts.html
    return html.images if html else None


@signal("html.image_mail", needs=BODY)
def image_mail(facts: Facts) -> bool | None:
    """Whether images carry what the text does not say.

    Sees: an image and fewer than 100 visible characters; unknown without HTML.
    Means: a picture of a text, which filters cannot read.
    Fooled by: people who send a photo.
    Source: HTML Living Standard section 4.8.3.
    """
    html = facts.html
    return bool(html.images) and html.visible_chars < 100 if html else None


@signal("html.tiny_images", kind="number", needs=BODY, edges=(1, 2, 5))
def tiny_images(facts: Facts) -> float | None:
    """How many images are a pixel wide or high.

    Sees: width and height of img elements; unknown without HTML.
    Means: they report that the mail was opened, or hold a layout in place.
    Fooled by: programs that leave sizes to a style sheet.
    Source: HTML Living Standard section 4.8.17.
    """
    html = facts.html
    return html.tiny_images if html else None


@signal("html.forms", needs=BODY)
def forms(facts: Facts) -> bool | None:
    """Whether the HTML holds a form.

    Sees: form and input elements; unknown without HTML.
    Means: the reader is to type something into a mail.
    Fooled by: newsletters with a search box.
    Source: HTML Living Standard section 4.10.
    """
    html = facts.html
    return bool(html.forms or html.inputs) if html else None


@signal("html.scripts", needs=BODY)
def scripts(facts: Facts) -> bool | None:
    """Whether the HTML holds programs or foreign frames.

    Sees: script, iframe, object and embed elements; unknown without HTML.
    Means: no mail program runs them: a web page sent as mail, or an attack.
    Fooled by: people who mail web pages.
    Source: HTML Living Standard section 4.12.
    """
    html = facts.html
    return bool(html.scripts or html.frames or html.objects) if html else None


@signal("html.comments", kind="number", needs=BODY, edges=(1, 3, 10))
def comments(facts: Facts) -> float | None:
    """How many comments the HTML holds.

    Sees: <!-- in the HTML; unknown without HTML.
    Means: office programs leave theirs; spam of one age broke words with them.
    Fooled by: templates of newsletters.
    Source: HTML Living Standard section 13.1.6.
    """
    html = facts.html
    return html.comments if html else None
