"""What is known of HTML, apart from how it is found out: most mail has none and need not load the parser."""

from __future__ import annotations

from typing import NamedTuple

from .bounds import LINKS


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
