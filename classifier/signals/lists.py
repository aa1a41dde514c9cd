"""Lists and bulk: what a mailing list says of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.patterns import pattern
from classifier.signals.domains import organisational_domain
from classifier.signals.facts import MAILTO
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

LIST_FIELDS = frozenset(
    {b"list-archive", b"list-help", b"list-owner", b"list-post", b"list-subscribe", b"list-unsubscribe"}
)
OLD_MARKS = frozenset(
    {b"mailing-list", b"x-beenthere", b"x-list", b"x-loop", b"x-mailing-list", b"x-mailman-version"}
)

PRECEDENCE = frozenset({"bulk", "list", "junk", "first-class", "special-delivery", "normal", "auto_reply"})

_WEB_HOST = pattern(r"<https?://(?:[^/?#@>\s]{0,100}@)?([^/:?#>\s]{1,255})", re.IGNORECASE)
_OWNER = pattern(
    r"owner-|(?:.{0,64}[-+.])?(?:bounces?|owner|request|return|errors?|admin)(?:[-+=].{0,200})?\Z"
)
_TAG = pattern(r"\s{0,5}(?:[A-Za-z]{2,4}:\s{0,5}){0,3}\[([^\]]{1,60})\]")


@signal("lists.list_id")
def list_id(facts: Facts) -> bool:
    """Whether a list names itself.

    Sees: a List-Id: field, not what is in it.
    Means: it came by a mailing list or by software that imitates one.
    Fooled by: bulk senders who write the field.
    Source: RFC 2919 section 3.
    """
    return b"list-id" in facts.counts


@signal("lists.id_relation", kind="category")
def id_relation(facts: Facts) -> str | None:
    """How the list is related to the author.

    Sees: the domain in List-Id: against the author's organisation: same or other; unknown without a list.
    Means: same: announcements of one house; other: people who discuss on a list.
    Fooled by: lists that rewrite From:.
    Source: RFC 2919 section 2.
    """
    if b"list-id" not in facts.counts or not facts.list_id or not facts.author_org:
        return None
    return "same" if organisational_domain(facts.list_id) == facts.author_org else "other"


@signal("lists.unsubscribe", kind="category")
def unsubscribe(facts: Facts) -> str:
    """Which ways out the list offers.

    Sees: List-Unsubscribe: as absent, mailto, web, both or other.
    Means: discussion lists write mailto, campaigns both, most spam none.
    Fooled by: spam that offers a way out.
    Source: RFC 2369 section 3.2.
    """
    if b"list-unsubscribe" not in facts.counts:
        return "absent"
    value = facts.list_unsubscribe
    mail, web = "<mailto:" in value, "<http" in value
    if mail and web:
        return "both"
    return "mailto" if mail else "web" if web else "other"


@signal("lists.unsubscribe_relation", kind="category")
def unsubscribe_relation(facts: Facts) -> str | None:
    """Whose host the way out leads to.

    Sees: the first host in List-Unsubscribe: against the author's organisation: same or other.
    Means: other: a service provider sends for the author, or a list he writes to.
    Fooled by: providers that use the customer's domain.
    Source: RFC 2369 section 3.2.
    """
    if b"list-unsubscribe" not in facts.counts or not facts.author_org:
        return None
    found = _WEB_HOST.search(facts.list_unsubscribe)
    mail = None if found else MAILTO.search(facts.list_unsubscribe)
    host = found[1] if found else mail[1].rpartition("@")[2] if mail else ""
    if not host:
        return None
    return "same" if organisational_domain(host) == facts.author_org else "other"


@signal("lists.one_click")
def one_click(facts: Facts) -> bool:
    """Whether one click unsubscribes.

    Sees: List-Unsubscribe-Post: with List-Unsubscribe=One-Click.
    Means: a bulk sender that follows the rules of large providers.
    Fooled by: spam that does so too.
    Source: RFC 8058 section 3.1.
    """
    value = facts.field(b"list-unsubscribe-post")
    return value is not None and "one-click" in value[:200].lower()


@signal("lists.post", kind="category")
def post(facts: Facts) -> str:
    """Whether the list says that one may write to it.

    Sees: List-Post: as absent, closed (NO), or open (an address).
    Means: open: a discussion; closed: announcements.
    Fooled by: lists for announcements that leave the field open.
    Source: RFC 2369 section 3.4.
    """
    value = facts.field(b"list-post")
    if value is None:
        return "absent"
    return "open" if "<" in value[:2000] else "closed"


@signal("lists.post_addressed")
def post_addressed(facts: Facts) -> bool | None:
    """Whether the list's own address is a recipient.

    Sees: the address in List-Post: against To: and Cc:; unknown without one.
    Means: somebody wrote to the list; otherwise it was sent through it.
    Fooled by: lists with several addresses.
    Source: RFC 2369 section 3.4.
    """
    if b"list-post" not in facts.counts or not facts.list_post:
        return None
    return facts.list_post in facts.recipient_addrs


@signal("lists.fields", kind="number", edges=(1, 2, 3, 5))
def fields(facts: Facts) -> float:
    """How many of the six list fields there are.

    Sees: List-Archive:, -Help:, -Owner:, -Post:, -Subscribe:, -Unsubscribe:.
    Means: list managers write most of them, campaigns one or two.
    Fooled by: nothing; it is a description.
    Source: RFC 2369 section 3.
    """
    return len(LIST_FIELDS & facts.counts.keys())


@signal("lists.old_marks", kind="number", edges=(1, 2, 3))
def old_marks(facts: Facts) -> float:
    """How many marks of list managers beside the standard there are.

    Sees: Mailing-List:, X-BeenThere:, X-List:, X-Loop:, X-Mailing-List:, X-Mailman-Version:.
    Means: it passed a list manager.
    Fooled by: procmail recipes, which write X-Loop: too.
    Source: by custom of list managers; no standard defines them.
    """
    return len(OLD_MARKS & facts.counts.keys())


@signal("lists.precedence", kind="category")
def precedence(facts: Facts) -> str:
    """Which Precedence: it has.

    Sees: its first word if it is a usual one, other, or absent.
    Means: bulk, list and junk ask not to be answered by machines.
    Fooled by: nothing; it is a description.
    Source: RFC 2076 section 3.9; RFC 3834 section 2.
    """
    word = facts.word(b"precedence")
    if word is None:
        return "absent"
    return word if word in PRECEDENCE else "other"


@signal("lists.bounces_to_owner")
def bounces_to_owner(facts: Facts) -> bool | None:
    """Whether bounces go to a list's owner.

    Sees: owner-, -bounces, -request, -return, -errors or -admin in the local part of Return-Path:.
    Means: a list manager or bulk sender handles them by program.
    Fooled by: nothing; it is a description.
    Source: RFC 5321 section 3.9.2; RFC 2142 section 6.
    """
    envelope = facts.message.mail_from
    if envelope is None or envelope.is_null:
        return None
    return _OWNER.match(envelope.local[:250].lower()) is not None


@signal("lists.reply_to_list")
def reply_to_list(facts: Facts) -> bool | None:
    """Whether answers go to the list.

    Sees: Reply-To: against the address in List-Post:; unknown without either.
    Means: a list that wants its discussion in public.
    Fooled by: nothing; it is a description.
    Source: RFC 2369 section 3.4; RFC 5322 section 3.6.2.
    """
    if b"list-post" not in facts.counts or b"reply-to" not in facts.counts:
        return None
    address = facts.list_post
    return any(each.addr.lower() == address for each in facts.message.reply_to) if address else None


@signal("lists.subject_tag")
def subject_tag(facts: Facts) -> bool | None:
    """Whether the list put its own name before the subject.

    Sees: a [tag] at the beginning that is the first label of List-Id:; unknown without List-Id:.
    Means: a list for discussion of the old kind.
    Fooled by: tags that differ from the list's name.
    Source: RFC 2919 section 2.
    """
    if b"list-id" not in facts.counts or not facts.list_id:
        return None
    tag = _TAG.match(facts.subject)
    return tag is not None and tag[1].lower() == facts.list_id.partition(".")[0]


@signal("lists.feedback_id")
def feedback_id(facts: Facts) -> bool:
    """Whether a bulk sender numbers its campaigns for complaints.

    Sees: a Feedback-ID: field, not what is in it.
    Means: sent by a service for bulk or transactional mail.
    Fooled by: nothing; it is a description.
    Source: Gmail postmaster tools, Feedback Loop; no RFC.
    """
    return b"feedback-id" in facts.counts


@signal("lists.unsubscribe_in_text", needs=frozenset({"headers", "body"}))
def unsubscribe_in_text(facts: Facts) -> bool:
    """Whether the text speaks of unsubscribing while the header does not.

    Sees: the word unsubscribe in the text, and no List-Unsubscribe:.
    Means: bulk mail that shuns the standard way out.
    Fooled by: old lists with a footer; people who write about lists.
    Source: RFC 2369 section 3.2.
    """
    if b"list-unsubscribe" in facts.counts:
        return False
    return b"unsubscribe" in facts.lower_text
