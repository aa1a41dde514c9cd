"""Elements of HTML and SVG; the standard library writes and escapes them, nobody joins strings."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

Child = Element | str | None


def h(tag: str, *children: Child, **attributes: object) -> Element:
    """Make an element.

    Parameters
    ----------
    tag : str
    *children : Element, str or None
        Text may come from strangers; None is left out.
    **attributes : object
        ``class_`` and ``for_`` stand for words that Python keeps; ``_`` for ``-``; None is left out.

    Returns
    -------
    Element

    Examples
    --------
    >>> tostring(h("p", "a < b ", h("b", "!"), class_="odd"), encoding="unicode")
    '<p class="odd">a &lt; b <b>!</b></p>'
    """
    element = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            element.set(name.rstrip("_").replace("_", "-"), said(value))
    for child in children:
        _append(element, child)
    return element


def said(value: object) -> str:
    """Spell a value of an attribute: numbers to hundredths, which no eye can tell apart on a page.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return clean(str(value))


def clean(text: str) -> str:
    """Replace what no document may hold or what reorders text on the page.

    Parameters
    ----------
    text : str
        From a stranger.

    Returns
    -------
    str
        Controls, lone surrogates and bidirectional marks are spaces.
    """
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def page(root: Element) -> str:
    """Write a whole document.

    Parameters
    ----------
    root : Element
        ``html``.

    Returns
    -------
    str
    """
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def _append(element: Element, child: Child) -> None:
    """Add an element, or text behind what is there."""
    if child is None:
        return
    if isinstance(child, Element):
        element.append(child)
        return
    text = clean(child) if element.tag != "style" else child
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
