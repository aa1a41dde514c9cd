"""Signals of the group mx: a golden mail where each fires and one where it does not, with recorded
answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import classifier.signals.mx_ours
import classifier.signals.mx_targets  # noqa: F401  # fills the registry
from classifier.lookup import Answer, Answers, Status
from classifier.lookup.recorded import read_answers
from classifier.mail import Message
from classifier.signals import REGISTRY, Facts, Site

ANSWERS = read_answers(Path(__file__).parent / "dns" / "answers.jsonl")

GOLDEN = """\
Return-Path: <{bounce}>
{received}From: Ada Example <ada@{author}>
To: Grace Example <grace@ours.test>
Subject: The minutes of Monday
Date: Mon, 5 Jan 2026 09:00:00 +0000
Message-ID: <1@{author}>

Attached.
"""

RECEIVED = """\
Received: from smtp.ours.test (smtp.ours.test [10.0.0.1])
\tby store.ours.test (Postfix) with ESMTPS id 2; Mon, 5 Jan 2026 09:00:02 +0000
Received: from mail.elsewhere.test (unknown [{relay}])
\tby smtp.ours.test (Postfix) with ESMTPS id 1; Mon, 5 Jan 2026 09:00:01 +0000
"""

OURS = Site(my_domains=frozenset({"ours.test"}))
TRUSTING = Site(trusted_hosts=("mx1.good.test", "ours.test", "192.31.196.0/24", "10.0.0.0/8"))
LEAVING = Site(my_domains=frozenset({"ours.test"}), direction="outbound")


@dataclass(frozen=True)
class Mail:
    """One golden mail: who wrote it, from which machine, and to whom."""

    author: str = "good.test"
    bounce: str | None = None  # like the author's
    relay: str = ""
    site: Site = field(default_factory=Site)

    def facts(self, answers: Answers | None = ANSWERS) -> Facts:
        bounce = f"bounce@{self.author}" if self.bounce is None else self.bounce
        received = RECEIVED.format(relay=self.relay) if self.relay else ""
        raw = GOLDEN.format(author=self.author, bounce=bounce, received=received)
        return Facts(Message(raw.encode()), self.site, answers)


GOOD = Mail()
CASES: list[tuple[str, Mail, object]] = [
    ("author_status", GOOD, "found"),
    ("author_status", Mail("null.test"), "null_mx"),
    ("author_status", Mail("aonly.test"), "a_fallback"),
    ("author_status", Mail("aaaaonly.test"), "aaaa_fallback"),
    ("author_status", Mail("empty.test"), "absent"),
    ("author_status", Mail("nosuch.test"), "nxdomain"),
    ("author_status", Mail("servfail.test"), None),
    ("author_status", Mail("unrecorded.test"), None),
    ("author_status", Mail("no..domain"), None),
    ("bounce_status", Mail(bounce="x@null.test"), "null_mx"),
    ("bounce_status", GOOD, "found"),
    ("bounce_status", Mail(bounce=""), None),
    ("replies_reach", GOOD, True),
    ("replies_reach", Mail("dangling.test"), False),
    ("replies_reach", Mail("null.test"), False),
    ("bounces_reach", Mail(bounce="x@nosuch.test"), False),
    ("bounces_reach", GOOD, True),
    ("null", Mail(bounce="x@null.test"), True),
    ("null", Mail("null.test", bounce="x@servfail.test"), True),
    ("null", GOOD, False),
    ("fallback", Mail("aonly.test"), True),
    ("fallback", GOOD, False),
    ("count", Mail("many.test"), 100),
    ("count", Mail("nullmixed.test"), 1),
    ("count", Mail("aonly.test"), 0),
    ("spread", Mail("spread.test"), 95),
    ("spread", Mail("tie.test"), 0),
    ("spread", Mail("single.test"), None),
    ("tied", Mail("tie.test"), True),
    ("tied", GOOD, False),
    ("tied", Mail("single.test"), None),
    ("target_alias", Mail("cnametarget.test"), True),
    ("target_alias", GOOD, False),
    ("target_missing", Mail("halfdangling.test"), True),
    ("target_missing", GOOD, False),
    ("target_missing", Mail("null.test"), None),
    ("target_literal", Mail("literal.test"), True),
    ("target_literal", GOOD, False),
    ("target_private", Mail("nat.test"), True),
    ("target_private", Mail("mixed.test"), True),
    ("target_private", Mail("loopback.test"), False),
    ("target_loopback", Mail("loopback.test"), True),
    ("target_loopback", GOOD, False),
    ("target_bogon", Mail("bogon.test"), True),
    ("target_bogon", GOOD, False),
    ("unreachable", Mail("private.test"), True),
    ("unreachable", Mail("mixed.test"), False),
    ("ipv6_only", Mail("six.test"), True),
    ("ipv6_only", Mail("four.test"), False),
    ("dual_stack", GOOD, True),
    ("dual_stack", Mail("four.test"), False),
    ("owner_alias", Mail("alias.test"), True),
    ("owner_alias", GOOD, False),
    ("cname_beside", Mail("beside.test"), True),
    ("cname_beside", Mail("alias.test"), False),
    ("family", Mail("hosted.test"), "provider.test"),
    ("family", Mail("ours.test"), "self"),
    ("family", Mail("literal.test"), None),
    ("families_differ", Mail(bounce="x@hosted.test"), True),
    ("families_differ", Mail("hosted.test", bounce="x@tenant.test"), False),
    ("families_differ", Mail("single.test", bounce="x@good.test"), False),
    ("families_differ", Mail(bounce=""), None),
    ("networks", Mail("four.test"), 1),
    ("networks", GOOD, 4),
    ("networks", Mail("dangling.test"), 0),
    ("itself", Mail("apex.test"), True),
    ("itself", Mail("aonly.test"), None),
    ("itself", GOOD, False),
    ("relay_in_set", Mail(relay="192.175.48.1"), True),
    ("relay_in_set", Mail(relay="2620:4F:8000:0::1"), True),
    ("relay_in_set", Mail(relay="192.175.48.99"), False),
    ("relay_in_set", Mail(bounce="", relay="192.175.48.1"), None),
    ("relay_in_set", GOOD, None),
    ("relay_in_set", Mail(relay="unknown"), None),
    ("relay_in_network", Mail(relay="192.175.48.99"), True),
    ("relay_in_network", Mail(relay="2620:4f:8000:ff::1"), True),
    ("relay_in_network", Mail(relay="198.51.100.1"), False),
    ("relay_in_author_network", Mail("four.test", bounce="x@hosted.test", relay="192.175.48.99"), True),
    ("relay_in_author_network", Mail("hosted.test", bounce="x@four.test", relay="198.51.100.9"), False),
    ("best_is_ours", Mail("neighbour.test", site=OURS), True),
    ("best_is_ours", Mail("single.test", site=TRUSTING), True),
    ("best_is_ours", Mail("tenant.test", site=TRUSTING), True),
    ("best_is_ours", Mail("stranger.test", site=OURS), False),
    ("best_is_ours", Mail("stranger.test", site=LEAVING), None),
    ("best_is_ours", Mail("neighbour.test"), None),
    ("outbound_foreign", Mail("stranger.test", site=LEAVING), True),
    ("outbound_foreign", Mail("ours.test", bounce="x@nosuch.test", site=LEAVING), True),
    ("outbound_foreign", Mail("neighbour.test", site=LEAVING), False),
    ("outbound_foreign", Mail("neighbour.test", bounce="", site=LEAVING), False),
    ("outbound_foreign", Mail("stranger.test", site=OURS), None),
    ("same_name_servers", Mail("neighbour.test", site=OURS), True),
    ("same_name_servers", Mail("stranger.test", site=OURS), False),
    ("same_name_servers", Mail("ours.test", site=OURS), None),
    ("same_name_servers", Mail("neighbour.test"), None),
]


@pytest.mark.parametrize(("name", "mail", "value"), CASES)
def test_golden_mail(name: str, mail: Mail, value: object) -> None:
    assert REGISTRY[f"mx.{name}"].func(mail.facts()) == value


def test_every_signal_has_a_mail_where_it_fires_and_one_where_it_does_not() -> None:
    for signal in REGISTRY.group("mx"):
        values = [value for name, _, value in CASES if f"mx.{name}" == signal.name and value is not None]
        assert len(set(values)) >= 2, signal.name


@pytest.mark.parametrize("signal", REGISTRY.group("mx"), ids=lambda signal: signal.name)
@pytest.mark.parametrize(
    "answers",
    [
        None,
        Answers(),
        Answers(otherwise=Status.TEMPERROR),
        Answers([Answer("good.test", "MX", Status.TEMPERROR)]),
    ],
    ids=["off", "nothing recorded", "all temperror", "one temperror"],
)
def test_unknown_answers_contribute_nothing(signal: object, answers: Answers | None) -> None:
    for site in (OURS, TRUSTING, LEAVING):
        for author in ("good.test", "no..domain", "192.0.2.1"):
            facts = Mail(author, relay="192.175.48.1", site=site).facts(answers)
            assert signal.func(facts) is None
            assert signal.column(None) is None


def test_targets_at_temperror_leave_their_faults_open() -> None:
    """The MX is known, its hosts are not: nothing may be said about them."""
    answers = Answers(
        [Answer("good.test", "MX", Status.FOUND, ("10 mx.good.test",))], otherwise=Status.TEMPERROR
    )
    facts = Mail(relay="192.175.48.1", site=TRUSTING).facts(answers)
    said = {signal.name for signal in REGISTRY.group("mx") if signal.func(facts) is not None}
    assert said == {
        "mx.author_status", "mx.bounce_status", "mx.count", "mx.families_differ", "mx.family", "mx.itself",
        "mx.null", "mx.fallback", "mx.owner_alias", "mx.target_literal",
    }  # fmt: skip


def test_every_signal_cites_an_rfc_section() -> None:
    assert len(REGISTRY.group("mx")) == 30
    for signal in REGISTRY.group("mx"):
        assert "RFC " in signal.doc.source
        assert "section" in signal.doc.source
        assert "dns" in signal.needs


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_sender_breaks_a_signal(author: str, bounce: str) -> None:
    raw = f"Return-Path: <a@{bounce}>\r\nFrom: b@{author}\r\n\r\n".encode(errors="surrogatepass")
    facts = Facts(Message(raw), OURS, ANSWERS)
    for signal in REGISTRY.group("mx"):
        column = signal.column(signal.func(facts))
        assert column is None or column.startswith(signal.name)
