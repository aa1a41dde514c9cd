"""HTML to words without a parser: what the features read.

A parser knows what is hidden and where a block ends, and takes a millisecond a page; words to count need
neither. On P1 (cross-validation inside the training part) words from here rank as well as words from the
rendered text: 1-ROCA% 0.0209 against 0.0208, spam missed at 0.1 % ham lost 2.8 % both. What a reader sees,
with hidden text told apart, stays `Message.text` and the signals of the group html.
"""

from __future__ import annotations

from classifier.patterns import pattern

from .bounds import SKIMMED_CHARS

# Comments, style sheets and scripts with their content, any other tag; those that most tags are come first,
# and letters are spelled out both ways, since re.IGNORECASE costs a quarter more. Each branch that has begun
# goes to its end or to the end of the text, possessively: linear.
_WITH_CONTENT = r"(?:[sS](?:[tT][yY][lL][eE]|[cC][rR][iI][pP][tT])|[tT][iI][tT][lL][eE])"
_MARKUP = pattern(
    r"<(?:(?:/[a-zA-Z!?]|[a-rA-Ru-zU-Z?])[^>]*+>?"
    r"|!--(?:[^-]++|-(?!->))*+(?:-->|\Z)"
    rf"|{_WITH_CONTENT}\b[^>]*+>(?:[^<]++|<(?!/{_WITH_CONTENT}))*+"
    r"|[sStT!][^>]*+>?)"
)


def skim(html: str) -> str:
    """Cut the markup out.

    Parameters
    ----------
    html : str
        Any text; the first `SKIMMED_CHARS` characters are read.

    Returns
    -------
    str
        Each tag became a blank; character references are resolved.

    Examples
    --------
    >>> skim("<style>p {color: red}</style><p>Fish &amp; <b>chips")
    '   Fish &  chips'
    """
    text = _MARKUP.sub(" ", html[:SKIMMED_CHARS])
    if "&" in text:
        text = text.replace("&nbsp;", "\N{NO-BREAK SPACE}")  # most are this one
    if "&" not in text:
        return text
    from html import unescape  # brings a table of all entities

    return unescape(text)
