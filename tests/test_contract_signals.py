"""Every signal keeps the contract: pure, total, of its kind, honest, shown by golden mails."""

from __future__ import annotations

import lzma
import re
import tarfile
from itertools import islice
from pathlib import Path

import pytest
import signals_contract as contract
from hypothesis import given
from hypothesis import strategies as st
from mail_facts import with_crlf
from signals_golden import GOLDEN

from classifier.mail import Message
from classifier.signals import REGISTRY, Facts, Observer, Signal, values

PEOPLE = ("addressed", "pairs", "people", "reader", "thread", "topic", "wording")
ELSEWHERE = {
    "mx": "test_mx_signals.py",
    "job": "test_job_signals.py",
    **dict.fromkeys(PEOPLE, "test_people_signals.py"),
}
"""Groups whose golden mails need more than mail and site, and the tests that hold them to it."""

SIGNALS = [pytest.param(signal, id=name) for name, signal in REGISTRY.items()]


def mails_of(signal: Signal) -> list[bytes]:
    """The golden mails of a signal's own group: enough to see it at work."""
    return [mail.raw for mail in GOLDEN if any(name.startswith(signal.group + ".") for name in mail.expected)]


@pytest.mark.parametrize("signal", SIGNALS)
def test_keeps_the_contract(signal: Signal) -> None:
    contract.check_doc(signal)
    for raw in (*contract.GARBAGE, *mails_of(signal)):
        contract.check_kind(signal, raw)
        contract.check_pure(signal, raw)
        contract.check_needs(signal, raw)
    for raw in mails_of(signal):
        if contract.join(*contract.split(raw)) == raw:  # a sound header, which can be put together again
            contract.check_order(signal, raw)
            contract.check_folding(signal, raw)


@pytest.mark.parametrize("signal", [each for each in SIGNALS if each.values[0].group not in ELSEWHERE])
def test_golden(signal: Signal) -> None:
    contract.check_golden(signal, GOLDEN)


def test_a_mail_is_seen_alike_with_whatever_line_ends_it_is_kept() -> None:
    """A store hands out CRLF what a file beside it keeps with LF: both are one mail."""
    for mail in GOLDEN:
        if b"\r" not in mail.raw:
            twin = Facts(Message(with_crlf(mail.raw)), mail.site)
            assert values(twin) == values(mail.facts()), mail.place


def test_groups_with_golden_mails_elsewhere_have_them_there() -> None:
    for file in ELSEWHERE.values():
        assert "fires" in (Path(__file__).parent / file).read_text()


def test_golden_mails_name_known_signals() -> None:
    for mail in GOLDEN:
        assert mail.expected.keys() <= REGISTRY.keys(), mail.place
        assert mail.columns, mail.place


@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    facts = Facts(Message(raw), contract.SITE)
    assert len(Observer()(facts)) == sum(
        value is not None for name, value in values(facts).items() if REGISTRY[name].default
    )


@given(st.data())
def test_mutated_mail(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from([mail.raw for mail in GOLDEN]))
    at = data.draw(st.integers(0, len(raw)))
    raw = raw[:at] + data.draw(st.binary(max_size=8)) + raw[at + data.draw(st.integers(0, 8)) :]
    for signal in REGISTRY.values():
        contract.check_kind(signal, raw)


def test_hostile_mail_of_the_corpora(corpora: Path) -> None:
    archive = corpora / "torture.tar.xz"
    observer, seen = Observer(REGISTRY), 0
    with tarfile.open(fileobj=lzma.open(archive)) as files:
        for member in islice(files, 0, None, 4):
            stream = files.extractfile(member) if member.isfile() and member.size < 100_000 else None
            if stream is not None:
                columns = observer(Facts(Message(stream.read()), contract.SITE))
                assert len({re.split("[=<>]", column)[0] for column in columns} - set(REGISTRY)) == 0
                seen += 1
    assert seen > 300
