"""What the text of a message says to whom: greetings, names, questions, what is quoted, what is promised."""

from __future__ import annotations

import re
from dataclasses import dataclass

from classifier.patterns import pattern

LINES, TEXT = 600, 40_000
"""Lines and characters of text that are looked at."""

OWN = 6000
"""Characters of the author's own words that are looked at."""

_FILE = pattern(r"(?:\+\+\+ b/|diff --git a/)(\S{1,120})")
_QUOTE = pattern(r"(?:> ?){1,9}")
_ATTRIBUTION = pattern(
    r"(?:wrote|writes|schrieb\b.{0,80}|a écrit|escribió|ha scritto|napsal|skrev)\s{0,3}:?\s{0,3}\Z", re.I
)
_GREETING = pattern(
    r"\s{0,5}(?:hi|hello|hey|dear|hallo|liebe[r]?|bonjour|hola|ciao)\b[ ,]{0,3}([\w .]{0,40})", re.I
)
_WORD = pattern(r"[^\W\d_]{2,30}")
_ADDRESS = pattern(r"[^\s<>\"(),:;@]{1,64}@[^\s<>\"(),:;@]{1,255}")
_CREDIT_ENDS = (":", "wrote", "writes", "écrit", "escribió", "scritto", "napsal", "skrev")
_END = ("-- ", "diff --git", "---")
_EVERYBODY = frozenset({"all", "everyone", "everybody", "folks", "there", "guys", "team", "list"})

_THANKS = pattern(r"\b(?:thank|thanks|thx|danke|merci|gracias)\b")
_APPLIED = pattern(r"\b(?:applied|queued|merged|committed)\b")
_AGREED = pattern(r"\b(?:reviewed|acked|tested)-by\b|\blgtm\b|\blooks good\b")
_ASKS = pattern(
    r"\b(?:could you|can you|would you|do you|did you|have you|please|what do you think|any thoughts"
    r"|any comments?|kannst du|können sie|bitte)\b"
)


@dataclass(frozen=True, slots=True)
class Wording:
    """How a message speaks.

    Parameters
    ----------
    greeted : frozenset of str
        Names in its greeting, lower case; empty where it greets nobody or everybody.
    words : frozenset of str
        The author's own words, lower case.
    quoting : tuple of frozenset of str
        The words of each line that names who wrote what is quoted.
    quotes_me, tells_me : bool
        Whether such a line names an own address; whether any other own line does.
    questions, lines, chars : int
        Question marks, lines and characters of the author's own words.
    quoted : int
        Lines that are quoted.
    patch : bool
        Whether it holds a patch.
    files, quoted_files : tuple of str
        Files that the patch, or one that is quoted, changes.
    thanks, applied, agreed, asks : bool
        Whether it thanks, says that something was applied, agrees formally, asks for something.
    """

    greeted: frozenset[str]
    words: frozenset[str]
    quoting: tuple[frozenset[str], ...]
    quotes_me: bool
    tells_me: bool
    questions: int
    lines: int
    chars: int
    quoted: int
    patch: bool
    files: tuple[str, ...]
    quoted_files: tuple[str, ...]
    thanks: bool
    applied: bool
    agreed: bool
    asks: bool


def read_wording(text: str, me: frozenset[str]) -> Wording:
    """Read what a text says.

    Parameters
    ----------
    text : str
        The visible text of a message.
    me : frozenset of str
        Own addresses, lower case.

    Returns
    -------
    Wording
    """
    lines = text[:TEXT].split("\n", LINES)[:LINES]
    told = [line for line in lines if line.strip() and not line.startswith(">")]
    quoted = [line for line in lines if line.startswith(">")]
    crediting = [_credits(line) for line in told]
    credits_ = [line.lower()[:200] for line, names in zip(told, crediting, strict=True) if names][:3]
    own = _own_lines(told, crediting)
    said = "\n".join(own)[:OWN].lower()
    files = _files(told)
    return Wording(
        greeted=_greeted(own),
        words=frozenset(_WORD.findall(said)),
        quoting=tuple(frozenset(_WORD.findall(line)) for line in credits_),
        quotes_me=any(_names(line, me) for line in credits_),
        tells_me="@" in said and _names(said, me),
        questions=said.count("?"),
        lines=len(told),
        chars=len(said),
        quoted=len(quoted),
        patch=bool(files),
        files=files,
        quoted_files=_files([_QUOTE.sub("", line, count=1) for line in quoted]),
        thanks=bool(_THANKS.search(said)),
        applied=bool(_APPLIED.search(said)),
        agreed=bool(_AGREED.search(said)),
        asks=bool(_ASKS.search(said)),
    )


def _credits(line: str) -> bool:
    """Tell whether a line names who wrote what is quoted below."""
    end = line[-120:].rstrip()
    return end.endswith(_CREDIT_ENDS) and _ATTRIBUTION.search(end) is not None


def _own_lines(told: list[str], crediting: list[bool]) -> list[str]:
    """Return what the author wrote himself: up to a signature or a patch, without "so-and-so wrote"."""
    own = []
    for line, credits_ in zip(told, crediting, strict=True):
        if line.startswith(_END) or line == "--":
            break
        if not credits_:
            own.append(line)
    return own


def _greeted(own: list[str]) -> frozenset[str]:
    found = _GREETING.match(own[0]) if own else None
    names = frozenset(_WORD.findall(found[1].lower())) if found else frozenset()
    return frozenset() if names & _EVERYBODY else names


def _names(text: str, me: frozenset[str]) -> bool:
    return any(each in me for each in _ADDRESS.findall(text))


def _files(lines: list[str]) -> tuple[str, ...]:
    found = [match[1] for match in map(_FILE.match, lines) if match]
    return tuple(dict.fromkeys(found))[:12]
