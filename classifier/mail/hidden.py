"""Whether an HTML element says that nobody is to see it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from classifier.patterns import pattern

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_BLANKS = pattern(r"\s+")
_HIDING_STYLE = pattern(
    r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|mso-hide:all|opacity:0?\.?0*(?:%|;|!|\Z)"
    r"|font-size:(?:0|1(?![\d.]))(?:\.0*)?(?:px|pt|em|rem|%)?(?:[;!]|\Z)|font-size:0?\.\d+(?:px|pt)"
    r"|text-indent:-\d{3,}|max-height:0(?:px)?(?:[;!]|\Z)|font:0(?:px|/))"
)
_TEXT_COLOR = pattern(r"(?:^|;)color:([^;!]+)")
_BACKGROUND = pattern(r"(?:^|;)background(?:-color)?:([^;!]+)")
_IMAGE = pattern(r"background[^;]*(?:url|gradient)\(")
_RGB = pattern(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})")
_HEX = pattern(r"#?([0-9a-f]{3}|[0-9a-f]{6})\Z")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240)}
_WHITE = (255, 255, 255)
_ALIKE = 12  # steps of 255 in each channel that no eye tells apart on a screen
_ANCESTORS = 30  # levels up to look for a background

_LIGHT = 230  # darker text on its own colour is rare, and hides by accident
_STYLE_CHARS = 500

Color = tuple[int, int, int]


class _Style(NamedTuple):
    hides: bool
    color: Color | None
    background: str
    has_image: bool


def is_hidden(node: LexborNode, styled: bool) -> bool:
    """Judge one element by its own attributes.

    Parameters
    ----------
    node : LexborNode
        An element.
    styled : bool
        Whether the document may have a style sheet: then a class or an id may set any background, and
        white text is not called hidden.

    Returns
    -------
    bool
        True for ``hidden``, ``display:none``, ``visibility:hidden``, letters of at most one pixel,
        no opacity, and text in the colour of its background.
    """
    attributes = node.attributes
    if "hidden" in attributes:
        return True
    style = _read_style((attributes.get("style") or "")[:_STYLE_CHARS])
    if style.hides:
        return True
    color = style.color or _color(_squeezed(attributes.get("color")))
    if color is None or min(color) < _LIGHT:
        return False
    background = _background(node, styled)
    return background is not None and all(
        abs(a - b) <= _ALIKE for a, b in zip(color, background, strict=True)
    )


@lru_cache(maxsize=2048)
def _read_style(text: str) -> _Style:
    """Read the little of CSS that matters here; styles repeat within a mail and between mails."""
    style = _squeezed(text)
    color = _TEXT_COLOR.search(style)
    background = _BACKGROUND.search(style)
    return _Style(
        _HIDING_STYLE.search(style) is not None,
        _color(color[1]) if color else None,
        background[1] if background else "",
        _IMAGE.search(style) is not None,
    )


def _squeezed(text: str | None) -> str:
    return _BLANKS.sub("", text).lower() if text else ""


def _color(text: str) -> Color | None:
    if text in _NAMED:
        return _NAMED[text]
    found = _HEX.match(text)
    if found is not None:
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    rgb = _RGB.match(text)
    return (int(rgb[1]), int(rgb[2]), int(rgb[3])) if rgb else None


def _background(node: LexborNode, styled: bool) -> Color | None:
    """Find the nearest colour behind an element; white where none is given, None where nobody can tell."""
    here: LexborNode | None = node
    for _ in range(_ANCESTORS):
        if here is None or not here.is_element_node:
            return _WHITE
        attributes = here.attributes
        if "background" in attributes or (styled and ("class" in attributes or "id" in attributes)):
            return None
        style = _read_style((attributes.get("style") or "")[:_STYLE_CHARS])
        if style.has_image:
            return None
        given = style.background or _squeezed(attributes.get("bgcolor"))
        if given and given not in ("transparent", "inherit", "none", "initial"):
            return _color(given)
        here = here.parent
    return None
