"""HTML to what a reader sees, with hidden text and links told apart.

Parsed by lexbor (selectolax): 0.1 ms for a usual mail of 8 kB, with a browser's own repairs. The losers:
libxml2 takes twice as long and drops all text below 254 levels; the standard library's HTMLParser takes
ten times as long. lexbor's time grows with the square of nesting and of attributes in one tag, so both
are bounded beforehand by one linear scan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.patterns import pattern

from .bounds import HTML_ATTRIBUTES, HTML_BYTES, HTML_WORK, LINKS
from .hidden import is_hidden
from .html_facts import HtmlFacts, Link

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# Where a reader sees a new line; spelled out because re.IGNORECASE takes twice as long.
_NEW_LINE = pattern(
    r"<(?=/?(?:[pP]|[dD][iIlLtTdD]|[tT][dDrRhHaA]|[lL][iI]|[hH][1-6rR]|[uUoO][lL]|[bB][rRlL]|[cC][eE])"
    r"[\s>/vbalnoVBALNO])"
)
# A tag with at most HTML_ATTRIBUTES attributes, as HTML's tokenizer reads them; the group holds the letter
# with which one more begins. Possessive throughout, so each letter is passed once.
_TAG = pattern(
    r"<[a-zA-Z][^\s/>]*+"
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+)"
    rf"{{0,{HTML_ATTRIBUTES}}}+[\s/]*+(?:>|\Z|(.))"
)
_NAME = pattern(r"<(/?)([a-zA-Z][^\s/>]{0,20})")
# Never nested by a browser: void elements, and those whose end is implied by the next of their kind.
_NOT_NESTING = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link",
    "meta", "param", "source", "track", "wbr", "p", "li", "td", "th",
    "tr", "dd", "dt", "option", "tbody", "thead", "tfoot", "colgroup", "html", "head", "body",
))  # fmt: skip
_SMALL = 8192  # characters: no HTML this short can cost more than 30 ms, whatever is in it
_NEVER_SHOWN = (
    "script", "style", "head", "template", "noscript", "title", "textarea", "select", "object", "iframe",
    "noframes", "noembed",
)  # fmt: skip
_COUNTED = {
    "form": "forms", "input": "inputs", "script": "scripts", "style": "styles", "iframe": "frames",
    "frame": "frames", "object": "objects", "embed": "objects",
}  # fmt: skip
_LOOKED_FOR = ",".join(dict.fromkeys((*_NEVER_SHOWN, *_COUNTED)))
_HIDING_WORDS = (
    "display:", "display :", "visibility", "opacity", "mso-hide", "font-size", "font:", "-indent",
    "max-height",
)  # fmt: skip
# Begins with letters that can be searched for: with a look-behind it takes 0.2 ms more.
_LIGHT_COLOR = pattern(
    r"color\s{0,3}[=:]\s{0,3}[\"']?(?:white|snow|ivory|rgb|#?[ef]{3}|#?(?:[ef][0-9a-f]){3})"
)
_TINY = pattern(r"[01](?:px)?\Z")


def read_html(html: str, defects: set[str]) -> HtmlFacts:
    r"""Read one HTML part.

    Parameters
    ----------
    html : str
        Decoded, with ``\n`` as line end.
    defects : set of str
        Gets ``html_too_long``, ``html_too_deep``, ``too_many_attributes``, ``too_many_links``.

    Returns
    -------
    HtmlFacts

    Examples
    --------
    >>> facts = read_html('<p>Dear <b>r</b>eader<p style="display:none">secret', set())
    >>> facts.text, facts.hidden_text
    ('Dear reader', 'secret')
    """
    length = len(html)
    html = bounded(html, defects)
    tree = _parse(_NEW_LINE.sub("\n<", html.replace("\n", " ")))
    counts, hidden = _drop_unseen(tree, html.lower())
    links, images, tiny = _links_and_images(tree, defects)
    body = tree.body
    return HtmlFacts(
        text=_tidy(body.text()) if body is not None else "",
        hidden_text=hidden,
        links=links,
        html_bytes=length,
        tags=html.count("<"),
        images=images,
        tiny_images=tiny,
        comments=html.count("<!--"),
        **counts,
    )


def bounded(html: str, defects: set[str]) -> str:
    """Cut HTML off where parsing it would take too long."""
    if len(html) > HTML_BYTES:
        defects.add("html_too_long")
        html = html[:HTML_BYTES]
    if len(html) <= _SMALL:
        return html
    if any(_TAG.findall(html)):
        defects.add("too_many_attributes")
        html = html[: next(found.start() for found in _TAG.finditer(html) if found[1])]
    if html.count("<") ** 2 > 2 * HTML_WORK:
        html = _not_too_deep(html, defects)
    return html


def _not_too_deep(html: str, defects: set[str]) -> str:
    """Each tag may cost a look at all elements open before it: cut where that grows beyond the bound."""
    unclosed: dict[str, int] = {}
    depth = work = 0
    for found in _NAME.finditer(html):
        name = found[2].lower()
        work += depth
        if work > HTML_WORK:
            defects.add("html_too_deep")
            return html[: found.start()]
        if name in _NOT_NESTING:
            continue
        count = unclosed.get(name, 0)
        if not found[1]:
            unclosed[name] = count + 1
            depth += 1
        elif count:
            unclosed[name] = count - 1
            depth -= 1
    return html


def _parse(html: str) -> LexborHTMLParser:
    """Parse; the library is loaded by the first message that has HTML."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(html.encode("utf-8", "replace"))  # lone surrogates cannot become UTF-8


def _drop_unseen(tree: LexborHTMLParser, lower: str) -> tuple[dict[str, int], str]:
    """Count some elements, take what no reader sees out of the tree, return the hidden text."""
    hiding = _hiding_selectors(lower)
    counts = dict.fromkeys(_COUNTED.values(), 0)
    unseen: list[tuple[LexborNode, bool]] = []
    styled = "<style" in lower
    for node in _once(tree, ",".join([_LOOKED_FOR, *hiding])):
        tag = node.tag or ""
        if tag in _COUNTED:
            counts[_COUNTED[tag]] += 1
        if tag in _NEVER_SHOWN:
            unseen.append((node, False))
        elif tag != "html" and is_hidden(node, styled):  # the root cannot be taken out
            unseen.append((node, True))
    return counts, _take_out(unseen)


def _hiding_selectors(lower: str) -> list[str]:
    """Which elements are worth asking whether they are hidden."""
    light = _LIGHT_COLOR.search(lower) is not None
    selectors = ["[hidden]"] if "hidden" in lower else []
    if "style" in lower and (light or any(word in lower for word in _HIDING_WORDS)):
        selectors.append("[style]")
    if light and "<font" in lower:
        selectors.append("font[color]")
    return selectors


def _once(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    """Each matching element once, in document order: lexbor lists one again for every selector it matches."""
    return list({node.mem_id: node for node in tree.css(selector)}.values())


def _take_out(unseen: list[tuple[LexborNode, bool]]) -> str:
    """Take elements out of the tree, the last first: lexbor frees what stands in an element with it.

    Returns the text of those that are marked, which a reader would see were it not hidden.
    """
    texts: list[str] = []
    for node, is_text in reversed(unseen):
        if is_text:
            texts.append(_tidy(node.text()))
        node.decompose()
    return "\n".join(text for text in reversed(texts) if text)


def _links_and_images(tree: LexborHTMLParser, defects: set[str]) -> tuple[tuple[Link, ...], int, int]:
    links: list[Link] = []
    images = tiny = 0
    for node in tree.css("a[href],area[href],img"):
        attributes = node.attributes
        if node.tag == "img":
            images += 1
            tiny += any(_TINY.match(attributes.get(side) or "") is not None for side in ("width", "height"))
        elif len(links) < LINKS:
            links.append(Link("".join((attributes.get("href") or "").split()), " ".join(node.text().split())))
        else:
            defects.add("too_many_links")
    return tuple(links), images, tiny


def _tidy(text: str) -> str:
    return "\n".join([" ".join(words) for line in text.split("\n") if (words := line.split())])
