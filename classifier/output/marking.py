"""Which marks messages of a mail store get for their labels, and which messages are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from classifier.labels.marks.flags import ACTED, KEYWORDS
from classifier.labels.marks.own import by_the_reader, signature, signed
from classifier.mailboxes.imap_store import Mark

UNSURE = "unsure"
USUAL: dict[str, tuple[str, ...]] = {"important": ("$Important",), "unimportant": (), "spam": ("$Junk",)}
"""RFC 8457 and RFC 5788 registered them; mail programs show them as important, and as junk."""


@dataclass(frozen=True)
class Marking:
    """What a run is to do.

    Parameters
    ----------
    keywords : mapping of str to tuple of str
        Label to keywords; `USUAL` where nothing is said.
    targets : mapping of str to str
        Label to the folder that its messages are moved to.
    again : bool
        Whether to judge again what was marked before, where the reader has left the marks as they were.
    signs : bool
        Whether to set keywords at all; without them nobody knows what was judged before.
    """

    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: USUAL)
    targets: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    signs: bool = True

    def all_keywords(self) -> set[str]:
        """Name all keywords that may be set.

        Returns
        -------
        set of str
        """
        if not self.signs:
            return set()
        own = {signature(label) for label in (*self.keywords, UNSURE)}
        return own.union(*self.keywords.values())

    def search(self) -> str:
        """Say in terms of SEARCH (RFC 9051, section 6.4.4) which messages no earlier run has marked.

        Returns
        -------
        str
            '' where marked ones are judged again.
        """
        own = sorted(signature(label) for label in (*self.keywords, UNSURE))
        return "" if self.again or not self.signs else " ".join(f"UNKEYWORD {word}" for word in own)

    def is_free(self, flags: frozenset[str]) -> bool:
        """Tell whether a message may be touched.

        What its reader answered, flagged, forwarded, deleted, or gave or took a keyword, is his.

        Parameters
        ----------
        flags : frozenset of str
            In lower case.

        Returns
        -------
        bool
        """
        if flags & ACTED or flags & {"draft", "trashed"}:
            return False
        if by_the_reader({label for keyword, label in KEYWORDS.items() if keyword in flags}, flags):
            return False
        label = signed(flags)
        if not label:
            return not flags & {word.lower() for words in self.keywords.values() for word in words}
        ours = {word.lower() for word in self.keywords.get(label, ())}
        return self.again and ours <= flags

    def mark(self, uid: int, label: str, flags: frozenset[str]) -> Mark:
        """Say what becomes of a message.

        Parameters
        ----------
        uid : int
        label : str
            Or `UNSURE`.
        flags : frozenset of str
            That it has, in lower case.

        Returns
        -------
        Mark
        """
        if not self.signs:
            return Mark(uid, (), (), self.targets.get(label, ""))
        add = (*self.keywords.get(label, ()), signature(label))
        before = signed(flags)
        old = (*self.keywords.get(before, ()), signature(before)) if before else ()
        return Mark(
            uid,
            tuple(word for word in add if word.lower() not in flags),
            tuple(word for word in old if word not in add),
            self.targets.get(label, ""),
        )
