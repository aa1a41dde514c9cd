"""The shape of the visible text."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from classifier.signals.registry import signal
from classifier.signals.shapes import DIGITS, UPPER

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

BODY = frozenset({"headers", "body"})

_SCRIPTS = (
    (0x0000, "latin"), (0x0370, "greek"), (0x0400, "cyrillic"), (0x0530, "other"), (0x0590, "hebrew"),
    (0x0600, "arabic"), (0x0780, "other"), (0x0900, "indic"), (0x0E00, "thai"), (0x0E80, "other"),
    (0x1100, "hangul"), (0x1200, "other"), (0x1E00, "latin"), (0x1F00, "greek"), (0x2000, "sign"),
    (0x3040, "kana"), (0x3100, "han"), (0x3130, "hangul"), (0x3190, "han"), (0xAC00, "hangul"),
    (0xD7B0, "other"), (0xF900, "han"), (0xFB00, "other"), (0xFF66, "kana"), (0xFFA0, "other"),
    (0x20000, "han"), (0x30000, "other"),
)  # fmt: skip
_STARTS = tuple(start for start, _ in _SCRIPTS)
_INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\ufeff\u180e\u034f"

SAMPLE = 400
"""Characters beyond ASCII whose script is looked at."""


@signal("text.length", kind="number", needs=BODY, edges=(1, 50, 150, 400, 800, 1500, 3000, 6000, 12000))
def length(facts: Facts) -> float:
    """How much text there is, in characters.

    Sees: the visible text without the blanks around it.
    Means: alarms and spam are short, letters longer, digests long.
    Fooled by: quoted text.
    Source: measured; no standard speaks of it.
    """
    return len(facts.message.text.strip())


@signal("text.non_ascii", kind="number", needs=BODY, edges=(0.0001, 0.01, 0.05, 0.2, 0.5))
def non_ascii(facts: Facts) -> float | None:
    """Which share of the text is beyond ASCII.

    Sees: the characters of the visible text; unknown where there is none.
    Means: the language, typographic marks, or look-alike letters.
    Fooled by: nothing; it is a description.
    Source: RFC 2045 section 2.7.
    """
    text = facts.text
    return 1 - len(facts.ascii_text) / len(text) if text else None


@signal("text.script", kind="category", needs=BODY)
def script(facts: Facts) -> str | None:
    """In which script most of the text is written.

    Sees: latin where most characters are ASCII, else the commonest script among those that are not.
    Means: the language of the sender.
    Fooled by: quoted programs and links, which are Latin everywhere.
    Source: The Unicode Standard, chapters 7 to 18 (blocks).
    """
    text = facts.text
    if not text.strip():
        return None
    if text.isascii() or len(text) - len(facts.ascii_text) < 0.15 * len(text):
        return "latin"
    beyond = [ord(char) for char in text[:4000] if char > "\x7f"][:SAMPLE]
    names = [_SCRIPTS[bisect_right(_STARTS, code) - 1][1] for code in beyond]
    return max(sorted(set(names)), key=names.count, default="latin")


@signal("text.upper", kind="number", needs=BODY, edges=(0.02, 0.04, 0.07, 0.15, 0.3))
def upper(facts: Facts) -> float | None:
    """Which share of the text are capitals.

    Sees: A to Z in the visible text, if that has twenty characters or more.
    Means: shouting; headlines; log files with their constants.
    Fooled by: languages that capitalise nouns.
    Source: measured; no standard speaks of it.
    """
    text = facts.ascii_text
    return 1 - len(text.translate(None, UPPER)) / len(text) if len(text) >= 20 else None


@signal("text.digits", kind="number", needs=BODY, edges=(0.01, 0.03, 0.07, 0.15, 0.3))
def digits(facts: Facts) -> float | None:
    """Which share of the text are digits.

    Sees: 0 to 9 in the visible text, if that has twenty characters or more.
    Means: logs, tables, bills.
    Fooled by: telephone numbers in short mail.
    Source: measured; no standard speaks of it.
    """
    text = facts.ascii_text
    return 1 - len(text.translate(None, DIGITS)) / len(text) if len(text) >= 20 else None


@signal("text.exclamations", kind="number", needs=BODY, edges=(1, 2, 4, 8, 16))
def exclamations(facts: Facts) -> float:
    """How many exclamation marks there are.

    Sees: ! in the visible text.
    Means: excitement, true or sold.
    Fooled by: source code.
    Source: measured; no standard speaks of it.
    """
    return facts.ascii_text.count(b"!")


@signal("text.money", kind="number", needs=BODY, edges=(1, 2, 4, 8))
def money(facts: Facts) -> float:
    """How many currency signs there are.

    Sees: $, euro, pound and yen signs in the visible text.
    Means: offers, bills, lottery wins.
    Fooled by: shell variables.
    Source: measured; no standard speaks of it.
    """
    text = facts.text
    if text.isascii():
        return facts.ascii_text.count(b"$")
    return sum(map(text.count, "$€£¥"))


@signal("text.quoted", kind="number", needs=BODY, edges=(0.01, 0.1, 0.3, 0.6))
def quoted(facts: Facts) -> float | None:
    """Which share of the lines is quoted from another message.

    Sees: lines that begin with >; unknown where there is no text.
    Means: an answer in a conversation.
    Fooled by: Python prompts; invented quotes.
    Source: RFC 3676 section 4.5.
    """
    text = facts.text
    if not text:
        return None
    return (text.count("\n>") + text.startswith(">")) / (text.count("\n") + 1)


@signal("text.signature", needs=BODY)
def signature(facts: Facts) -> bool:
    """Whether there is a signature set off by its mark.

    Sees: a line of two dashes and a blank.
    Means: a person with a mail program of the old school, or a list's footer.
    Fooled by: lists that add a footer so.
    Source: RFC 3676 section 4.3.
    """
    return "\n-- \n" in facts.text


@signal("text.invisible", kind="number", needs=BODY, edges=(1, 5, 20, 100))
def invisible(facts: Facts) -> float:
    """How many invisible characters there are.

    Sees: zero-width blanks and joiners, soft hyphens and the like in the visible text.
    Means: they break up words for filters, or pad the preview line of a newsletter.
    Fooled by: scripts that need joiners; emoji built of several.
    Source: The Unicode Standard, section 23.2.
    """
    text = facts.text
    return 0 if text.isascii() else sum(map(text.count, _INVISIBLE))
