"""From answers to a topology, to its faults, and to the questions still to ask; no server is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.lookup import Answer, Answers, Status
from classifier.lookup.answers import RRTYPES
from classifier.lookup.faults import FAULTY, FINE, NO_MAIL, UNKNOWN, faults_of, judge
from classifier.lookup.questions import missing
from classifier.lookup.recorded import read_answers
from classifier.lookup.report import as_lines, as_record
from classifier.lookup.topology import MAX_TARGETS, OUTCOMES, topology_of

ANSWERS = Path(__file__).parent / "dns" / "answers.jsonl"


@pytest.fixture(scope="module")
def answers() -> Answers:
    return read_answers(ANSWERS)


CASES = [  # domain, outcome, code, faults
    ("good", "found", FINE, []),
    ("null", "null_mx", NO_MAIL, []),
    ("nullmixed", "found", FAULTY, ["null_mx_mixed"]),
    ("aonly", "a_fallback", FINE, ["no_mx"]),
    ("aaaaonly", "aaaa_fallback", FAULTY, ["no_mx", "ipv6_only"]),
    ("empty", "absent", NO_MAIL, ["no_mail_host"]),
    ("cnametarget", "found", FAULTY, ["target_cname"]),
    ("dangling", "found", NO_MAIL, ["target_unresolvable"]),
    ("halfdangling", "found", FAULTY, ["target_unresolvable"]),
    ("barehost", "found", NO_MAIL, ["target_unresolvable"]),
    ("looptarget", "found", NO_MAIL, ["cname_loop"]),
    ("loop", "absent", NO_MAIL, ["cname_loop", "no_mail_host"]),
    ("alias", "found", FINE, ["alias"]),
    ("danglingalias", "nxdomain", NO_MAIL, ["alias"]),
    ("beside", "found", FAULTY, ["cname_beside"]),
    ("literal", "found", NO_MAIL, ["target_literal"]),
    ("private", "found", FAULTY, ["target_private"]),
    ("nat", "found", FAULTY, ["target_private"]),
    ("loopback", "found", FAULTY, ["target_loopback"]),
    ("bogon", "found", FAULTY, ["target_bogon"]),
    ("six", "found", FAULTY, ["ipv6_only"]),
    ("four", "found", FINE, []),
    ("xn--bcher-kva", "found", FINE, []),
    ("xn--pypal-4ve", "found", FAULTY, ["mixed_scripts"]),
    ("under_score", "found", FAULTY, ["underscore"]),
    ("a.wild", "found", FINE, []),
    ("badcharacter", "found", NO_MAIL, ["target_unresolvable"]),
    ("many", "found", FINE, ["many_targets"]),
    ("nosuch", "nxdomain", NO_MAIL, []),
    ("servfail", "temperror", UNKNOWN, []),
    ("neverasked", "off", UNKNOWN, []),
]


@pytest.mark.parametrize(("name", "outcome", "code", "faults"), CASES)
def test_every_case_is_read_and_judged(
    answers: Answers, name: str, outcome: str, code: int, faults: list[str]
) -> None:
    topology = answers.topology(f"{name}.test")
    assert topology.outcome == outcome
    assert [fault.name for fault in faults_of(topology)] == faults
    assert judge(topology) == code


def test_every_fault_cites_an_rfc_and_names_something_better(answers: Answers) -> None:
    seen = {fault.name: fault for name, *_ in CASES for fault in faults_of(answers.topology(f"{name}.test"))}
    assert len(seen) == 16
    for fault in seen.values():
        assert fault.source.startswith("RFC ")
        assert " section " in fault.source
        assert fault.says
        assert fault.better


def test_topology_reports_hosts_providers_and_name_servers(answers: Answers) -> None:
    good = answers.topology("good.test")
    assert [(each.preference, each.name) for each in good.targets] == [
        (10, "mx1.good.test"),
        (20, "mx2.good.test"),
    ]
    assert good.families == {4, 6}
    assert good.networks == {"192.175.48.0/24", "192.31.196.0/24", "2620:4f:8000::/48", "2001:4:112::/48"}
    assert good.family == "self"
    assert answers.topology("hosted.test").family == "provider.test"
    assert answers.topology("ours.test").name_servers == {"ns1.ours.test", "ns2.ours.test"}
    assert answers.topology("GOOD.test.") == good


def test_of_many_targets_only_the_best_are_looked_at(answers: Answers) -> None:
    many = answers.topology("many.test")
    assert many.count == 100
    assert len(many.targets) == MAX_TARGETS
    assert {each.preference for each in many.targets} == {10, 20}


def test_a_domain_is_asked_about_in_two_rounds() -> None:
    known = Answers()
    assert set(missing("Shop.example.ORG", known, name_servers=True)) == {
        ("shop.example.org", "MX"),
        ("shop.example.org", "CNAME"),
        ("example.org", "NS"),
    }
    known.add(
        [Answer("shop.example.org", "MX", Status.FOUND, ("10 mx.example.net", "20 192.0.2.1", "30 bad host"))]
    )
    known.add([Answer("shop.example.org", "CNAME", Status.ABSENT)])
    assert set(missing("shop.example.org", known)) == {("mx.example.net", "A"), ("mx.example.net", "AAAA")}
    known.add([Answer("mx.example.net", kind, Status.TEMPERROR) for kind in ("A", "AAAA")])
    assert missing("shop.example.org", known) == []


def test_nothing_is_asked_about_what_is_no_domain() -> None:
    assert missing("exa mple", Answers()) == []
    assert missing("192.0.2.1", Answers()) == []


def test_one_failed_address_family_is_not_read_as_missing() -> None:
    known = Answers(
        [
            Answer("x.test", "MX", Status.FOUND, ("10 mx.x.test",)),
            Answer("mx.x.test", "A", Status.ABSENT),
            Answer("mx.x.test", "AAAA", Status.TEMPERROR),
        ]
    )
    topology = known.topology("x.test")
    assert topology.accepts is None
    assert topology.families is None
    assert faults_of(topology) == []
    assert judge(topology) == UNKNOWN


def test_a_failed_a_record_leaves_the_fallback_open() -> None:
    known = Answers(
        [
            Answer("x.test", "MX", Status.ABSENT),
            Answer("x.test", "A", Status.TEMPERROR),
            Answer("x.test", "AAAA", Status.FOUND, ("2620:4f:8000::1",)),
        ]
    )
    assert known.topology("x.test").outcome == "temperror"


def test_a_failed_mx_question_leaves_cname_beside_unknown() -> None:
    known = Answers(
        [Answer("x.test", "CNAME", Status.FOUND, ("y.test",)), Answer("x.test", "MX", Status.TEMPERROR)]
    )
    assert known.topology("x.test").cname_beside is None


def test_answers_forget_topologies_when_more_is_known() -> None:
    known = Answers()
    assert known.topology("x.test").outcome == "off"
    known.add([Answer("x.test", "MX", Status.NXDOMAIN)])
    assert known.topology("x.test").outcome == "nxdomain"


def test_empty_answers_are_still_answers() -> None:
    assert Answers()
    assert len(Answers()) == 0


hosts = st.sampled_from(["a.test", "b.test", "mx.a.test", ".", "192.0.2.1", "bad host", "x" * 70, ""])
records = {
    "MX": st.builds("{} {}".format, st.integers(0, 65535), hosts),
    "A": st.sampled_from(["192.175.48.1", "10.0.0.1", "127.0.0.1", "192.0.2.1"]),
    "AAAA": st.sampled_from(["2620:4f:8000::1", "::1", "2001:db8::1"]),
    "CNAME": hosts,
    "NS": hosts,
}


@st.composite
def any_answer(draw: st.DrawFn) -> Answer:
    rrtype = draw(st.sampled_from(RRTYPES))
    status = draw(st.sampled_from(list(Status)))
    found = draw(st.lists(records[rrtype], min_size=1, max_size=4)) if status is Status.FOUND else []
    aliases = tuple(draw(st.lists(hosts, max_size=3)))
    return Answer(
        draw(st.sampled_from(["a.test", "b.test", "mx.a.test"])), rrtype, status, tuple(found), aliases
    )


@given(st.lists(any_answer(), max_size=12), st.sampled_from(["a.test", "b.test", "no name"]))
def test_no_answers_break_the_reading(found: list[Answer], domain: str) -> None:
    known = Answers(found)
    topology = topology_of(domain, known)
    assert topology.outcome in OUTCOMES
    assert as_record(topology)["code"] in (FINE, FAULTY, NO_MAIL, UNKNOWN)
    assert list(as_lines(topology))
    assert (topology.accepts is None) == (judge(topology) == UNKNOWN)
    assert all(
        question not in known or known.get(*question).status is Status.OFF
        for question in missing(domain, known)
    )
