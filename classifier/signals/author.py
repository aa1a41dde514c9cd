"""The shape of the author's name and address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.domains import organisational_domain
from classifier.signals.registry import signal
from classifier.signals.shapes import digits_in, shape

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

_ADDRESS = pattern(r"[^\s<>\"'(),;:@]{1,64}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})")
_DOMAIN = pattern(r"(?<![\w.@-])((?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,15})(?![\w@])")
_CONSONANTS = pattern(r"[bcdfghjklmnpqrstvwxz]{4,}")
_SEPARATORS = pattern(r"[^a-z0-9]+")

ROLES = {
    "noreply": "noreply", "donotreply": "noreply", "dontreply": "noreply", "nobody": "noreply",
    "root": "root", "admin": "admin", "administrator": "admin", "sysadmin": "admin", "hostmaster": "admin",
    "webmaster": "admin", "postmaster": "postmaster", "mailerdaemon": "postmaster", "abuse": "abuse",
    "security": "abuse", "info": "contact", "contact": "contact", "hello": "contact", "office": "contact",
    "sales": "sales", "marketing": "sales", "offers": "sales", "promo": "sales", "deals": "sales",
    "support": "support", "help": "support", "helpdesk": "support", "service": "support",
    "customerservice": "support", "billing": "billing", "invoice": "billing", "accounts": "billing",
    "payments": "billing", "orders": "billing", "news": "news", "newsletter": "news", "newsletters": "news",
    "updates": "news", "notification": "notice", "notifications": "notice", "notify": "notice",
    "alert": "notice", "alerts": "notice", "bounce": "bounce", "bounces": "bounce",
}  # fmt: skip
"""Mailboxes of an office rather than a person, without separators; RFC 2142 names a third of them."""


@signal("author.name_empty")
def name_empty(facts: Facts) -> bool | None:
    """Whether the author has no display name.

    Sees: the display name of From:.
    Means: programs and hurried senders give none; people's mail programs nearly always do.
    Fooled by: programs configured with care.
    Source: RFC 5322 section 3.4.
    """
    return None if facts.author is None else not facts.author_name


@signal("author.name_is_local_part")
def name_is_local_part(facts: Facts) -> bool | None:
    """Whether the display name only repeats the address.

    Sees: the display name against the local part, in lower case.
    Means: the name was made by a program from the address.
    Fooled by: people whose name is their address.
    Source: RFC 5322 section 3.4.
    """
    name = facts.author_name
    if not name:
        return None
    return name.lower() == facts.author_local


@signal("author.name_address", kind="category")
def name_address(facts: Facts) -> str | None:
    """Whether the display name holds an address, and whose.

    Sees: an address inside the display name: none, same or other than the author's.
    Means: other: the reader is shown an address that is not the sender's.
    Fooled by: lists that write "Ann (ann@example.org) via list" after RFC 7960's advice.
    Source: RFC 5322 section 3.4; RFC 7960 section 4.1.3.1.
    """
    name = facts.author_name
    if "@" not in name:
        return "none" if name else None
    found = _ADDRESS.search(name)
    if found is None:
        return "none"
    return "same" if found[0].lower() == facts.author_addr else "other"


@signal("author.name_domain", kind="category")
def name_domain(facts: Facts) -> str | None:
    """Whether the display name holds a domain, and whose.

    Sees: a domain inside the display name: none, same or other than the author's organisation.
    Means: shops name themselves by their domain; another's domain is borrowed credit.
    Fooled by: names with dots in them, such as file names.
    Source: RFC 5322 section 3.4.
    """
    name = facts.author_name
    if "." not in name:
        return "none" if name else None
    found = _DOMAIN.search(name)
    if found is None:
        return "none"
    return "same" if organisational_domain(found[1].lower()) == facts.author_org else "other"


@signal("author.name_upper")
def name_upper(facts: Facts) -> bool | None:
    """Whether the display name is all capitals.

    Sees: a display name of at least four characters in a script that has cases.
    Means: shouting, or a form filled in by a clerk.
    Fooled by: acronyms.
    Source: RFC 5322 section 3.4.
    """
    name = facts.author_name
    return name.isupper() if len(name) > 3 else None


@signal("author.name_digits")
def name_digits(facts: Facts) -> bool | None:
    """Whether the display name has digits.

    Sees: the display name of From:.
    Means: people's names have none; made-up ones and machines' have.
    Fooled by: nicknames and companies.
    Source: RFC 5322 section 3.4.
    """
    name = facts.author_name
    return digits_in(name) > 0 if name else None


@signal("author.name_words", kind="number", edges=(2, 3, 4, 6))
def name_words(facts: Facts) -> float | None:
    """How many words the display name has.

    Sees: the display name of From:.
    Means: two or three for people, one for programs, many for slogans.
    Fooled by: cultures with one name, and with six.
    Source: RFC 5322 section 3.4.
    """
    name = facts.author_name
    return len(name.split()) if name else None


@signal("author.name_in_address")
def name_in_address(facts: Facts) -> bool | None:
    """Whether a word of the display name is part of the address.

    Sees: words of three letters and more, and nothing but letters, against local part and domain.
    Means: name and address belong together.
    Fooled by: addresses made of initials; forgers who take the trouble.
    Source: RFC 5322 section 3.4.
    """
    address = facts.author_addr
    known = False
    for word in facts.author_name.lower().split():
        if len(word) > 2 and word.isalpha():
            if word in address:
                return True
            known = True
    return False if known else None


@signal("author.name_non_ascii")
def name_non_ascii(facts: Facts) -> bool | None:
    """Whether the display name has letters beyond ASCII.

    Sees: the decoded display name.
    Means: the language of the sender; also look-alike letters.
    Fooled by: typographic quotes.
    Source: RFC 2047 section 5; RFC 6532 section 3.
    """
    name = facts.author_name
    return not name.isascii() if name else None


@signal("author.local_length", kind="number", edges=(3, 5, 8, 12, 17, 25, 40))
def local_length(facts: Facts) -> float | None:
    """How long the local part of the author's address is, in characters.

    Sees: the local part of From:.
    Means: people's are short, generated ones long.
    Fooled by: long names.
    Source: RFC 5321 section 4.5.3.1.1.
    """
    return len(facts.author_local) if facts.author_local else None


@signal("author.local_shape", kind="category")
def local_shape(facts: Facts) -> str | None:
    """Tell what the local part of the author's address is made of.

    Sees: runs of letters as a, of digits as 9, other characters as they are.
    Means: first.last, name with year, words with hyphens: each kind of sender has its habit.
    Fooled by: nothing; it is a description.
    Source: RFC 5321 section 4.1.2.
    """
    return shape(facts.author_local)[:12] if facts.author_local else None


@signal("author.local_digits", kind="number", edges=(1, 2, 3, 5, 8))
def local_digits(facts: Facts) -> float | None:
    """How many digits the local part of the author's address has.

    Sees: the local part of From:.
    Means: throw-away and generated addresses have many.
    Fooled by: birth years, student numbers.
    Source: RFC 5321 section 4.1.2.
    """
    local = facts.author_local
    return digits_in(local) if local else None


@signal("author.local_consonants", kind="number", edges=(4, 5, 6, 8))
def local_consonants(facts: Facts) -> float | None:
    """How long the longest run of consonants in the author's local part is.

    Sees: runs of four and more of the Latin consonants; shorter ones count as none.
    Means: random letters make such runs, names do not.
    Fooled by: Slavic names; abbreviations.
    Source: measured; no standard speaks of it.
    """
    if not facts.author_local:
        return None
    return max(map(len, _CONSONANTS.findall(facts.author_local)), default=0)


@signal("author.role", kind="category")
def role(facts: Facts) -> str | None:
    """Which office the author's mailbox is, if it is none of a person.

    Sees: the local part without separators and digits, against `ROLES`; person where it is not there.
    Means: nobody answers from noreply; root writes of machines.
    Fooled by: offices in other languages.
    Source: RFC 2142 sections 3 to 5.
    """
    local = facts.author_local
    if not local:
        return None
    if "no" in local and "reply" in local:
        return "noreply"
    return ROLES.get(_SEPARATORS.sub("", local).rstrip("0123456789"), "person")
