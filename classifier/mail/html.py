"""HTML to what a reader sees, with hidden text and links told apart.

Parsed by lexbor (selectolax): 0.1 ms for a usual mail of 8 kB, with a browser's own repairs. The losers:
libxml2 takes twice as long and drops all text below 254 levels; the standard library's HTMLParser takes
ten times as long. lexbor's time grows with the square of nesting and of attributes in one tag, so both
are bounded beforehand by one linear scan.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .bounds import HTML_ATTRIBUTES, HTML_BYTES, HTML_WORK, LINKS
from .hidden import is_hidden

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

# Where a reader sees a new line; spelled out because re.IGNORECASE takes twice as long.
_NEW_LINE = re.compile(
    r"<(?=/?(?:[pP]|[dD][iIlLtTdD]|[tT][dDrRhHaA]|[lL][iI]|[hH][1-6rR]|[uUoO][lL]|[bB][rRlL]|[cC][eE])"
    r"[\s>/vbalnoVBALNO])"
)
# A tag with at most HTML_ATTRIBUTES attributes, as HTML's tokenizer reads them; the group is empty where
# there are more. Possessive throughout, so each letter is passed once.
_TAG = re.compile(
    r"<[a-zA-Z][^\s/>]*+"
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+)"
    rf"{{0,{HTML_ATTRIBUTES}}}+[\s/]*+(>|\Z)?+"
)
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,20})")
# Never left open by a browser: void elements, and those whose end is implied by the next of their kind.
_NOT_NESTING = frozenset(
    "area base br col embed hr img input link meta param source track wbr"
    " p li td th tr dd dt option tbody thead tfoot colgroup html head body".split()
)
_SMALL = 4096  # characters: no HTML this short can cost more than a few milliseconds
_NEVER_SHOWN = "script,style,head,template,noscript,title,textarea,select,object,iframe,noframes"
_COUNTED = {
    "img": "images", "form": "forms", "script": "scripts", "iframe": "frames", "style": "styles",
    "input": "inputs", "object": "objects", "embed": "objects",
}  # fmt: skip
_MAY_HIDE = re.compile(r"hidden|display|font-size|color|opacity|mso-hide|height|text-indent", re.IGNORECASE)
_HIDING = "[hidden],[style],font[color],font[size]"
_TINY = re.compile(r"[01](?:px)?\Z")
_PARSER: list[type[LexborHTMLParser]] = []


class Link(NamedTuple):
    """Where a link leads and what it shows.

    Attributes
    ----------
    href : str
        Stripped of blanks and line ends, as browsers do.
    text : str
        What the reader sees; the address itself for a bare one in plain text.
    """

    href: str
    text: str


class HtmlFacts(NamedTuple):
    """What is in the HTML of a message.

    Attributes
    ----------
    text : str
        What a reader sees, a line a block, runs of blanks made one.
    hidden_text : str
        What is there but not seen.
    links : tuple of Link
        The visible ones, in order.
    html_bytes : int
        Length of the HTML, in characters.
    tags : int
        How many ``<`` there are.
    images, tiny_images, forms, inputs, scripts, styles, frames, objects, comments : int
        How many of each; tiny images are one pixel wide or high.
    """

    text: str = ""
    hidden_text: str = ""
    links: tuple[Link, ...] = ()
    html_bytes: int = 0
    tags: int = 0
    images: int = 0
    tiny_images: int = 0
    forms: int = 0
    inputs: int = 0
    scripts: int = 0
    styles: int = 0
    frames: int = 0
    objects: int = 0
    comments: int = 0

    @property
    def visible_chars(self) -> int:
        """Length of the visible text."""
        return len(self.text)


def merge(several: list[HtmlFacts]) -> HtmlFacts:
    """Add up the facts of several HTML parts as if they were one."""
    if len(several) == 1:
        return several[0]
    return HtmlFacts(
        "\n".join(facts.text for facts in several if facts.text),
        "\n".join(facts.hidden_text for facts in several if facts.hidden_text),
        tuple(link for facts in several for link in facts.links)[:LINKS],
        *(sum(numbers) for numbers in zip(*(facts[3:] for facts in several), strict=True)),
    )


def read_html(html: str, defects: set[str]) -> HtmlFacts:
    """Read one HTML part.

    Parameters
    ----------
    html : str
        Decoded, with ``\\n`` as line end.
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
    counts = _drop_unshown(tree)
    hidden = _drop_hidden(tree, "style" in html) if _MAY_HIDE.search(html) else ""
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
    if "" in _TAG.findall(html)[:-1]:
        defects.add("too_many_attributes")
        html = html[: next(found.start() for found in _TAG.finditer(html) if not found[1])]
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
    """Parse; the library is imported by the first message that has HTML."""
    if not _PARSER:
        from selectolax.lexbor import LexborHTMLParser

        _PARSER.append(LexborHTMLParser)
    # Lone surrogates cannot become UTF-8.
    return _PARSER[0](html.encode("utf-8", "replace"))


def _drop_unshown(tree: LexborHTMLParser) -> dict[str, int]:
    counts = dict.fromkeys(("forms", "inputs", "scripts", "styles", "frames", "objects"), 0)
    for node in tree.css("form,input,embed," + _NEVER_SHOWN):
        tag = node.tag or ""
        kind = _COUNTED.get(tag)
        if kind is not None:
            counts[kind] += 1
    for node in tree.css(_NEVER_SHOWN):
        node.decompose()
    return counts


def _drop_hidden(tree: LexborHTMLParser, styled: bool) -> str:
    """Take hidden elements out of the tree; return their text."""
    hidden: list[str] = []
    for node in [node for node in tree.css(_HIDING) if is_hidden(node, styled)]:
        text = _tidy(node.text())
        if text:
            hidden.append(text)
        node.decompose()
    return "\n".join(hidden)


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
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
