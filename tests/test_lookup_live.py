"""Live lookups against real servers on loopback: NSD for what is legal, scripted ones for what is not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import pytest
from dns_server import Script, Server, nsd_or_skip, reply_with

from classifier.errors import ConfigError
from classifier.lookup import Answer, Answers, Live, Status, gather, open_lookup
from classifier.lookup.live import REST_SECONDS, Resolver, split_resolver
from classifier.lookup.recorded import read_answers
from classifier.mail import Message

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "dns"))

from record_answers import DOMAINS, SCRIPTED, TAKEN, ask  # noqa: E402

Start = Callable[[Script], Server]


def live(server: Server, **options: object) -> Live:
    options = {"cache": False, "question_seconds": 0.4} | options
    lookup = open_lookup("live", resolver=server.address, **options)  # type: ignore[arg-type]
    assert isinstance(lookup, Live)
    return lookup


def test_a_real_server_says_what_is_recorded(name_server: Server) -> None:
    """Keep answers.jsonl true, which the other tests read; tests/dns/record_answers.py writes it."""
    recorded = [each for each in read_answers(HERE / "dns" / "answers.jsonl") if each not in SCRIPTED]
    assert sorted(ask(name_server.address), key=lambda each: (each.name, each.rrtype)) == recorded
    assert {each.status for each in recorded} == set(Status) - {Status.OFF}


def test_every_question_is_asked_once_a_batch(name_server: Server) -> None:
    with live(name_server) as lookup:
        answers = lookup.answers_for(["good.test", "GOOD.test.", "single.test", "tie.test"] * 100)
    questions = 3 * 2 + 2 * 2  # MX and CNAME of three domains, A and AAAA of the two hosts they share
    assert lookup.resolver.asked == len(answers) == questions


def test_answers_too_large_for_udp_come_over_tcp(name_server: Server) -> None:
    with live(name_server) as lookup:
        assert lookup.answers_for(["many.test"]).topology("many.test").count == 100


def test_answers_carry_their_ttl_and_time(name_server: Server) -> None:
    with live(name_server) as lookup:
        answers = lookup.answers_for(["good.test", "nosuch.test", "servfail.test"])
    assert answers.get("good.test", "MX").ttl == 3600
    assert answers.get("nosuch.test", "MX").ttl == 300  # the SOA's minimum, RFC 2308 section 5
    assert answers.get("servfail.test", "MX").ttl == 0
    assert all(abs(each.taken - time.time()) < 60 for each in answers)


def test_the_cache_spares_the_second_run_all_questions(name_server: Server, tmp_path: Path) -> None:
    domains = ["good.test", "nosuch.test", "null.test"]
    with live(name_server, cache=tmp_path / "dns.sqlite3") as first:
        before = first.answers_for(domains)
    with live(name_server, cache=tmp_path / "dns.sqlite3") as second:
        after = second.answers_for(domains)
    assert first.resolver.asked > 0
    assert second.resolver.asked == 0
    assert {replace(each, taken=0.0) for each in before} == {replace(each, taken=0.0) for each in after}


def test_a_failure_is_asked_again_in_the_next_run(name_server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        with live(name_server, cache=tmp_path / "dns.sqlite3") as lookup:
            lookup.answers_for(["servfail.test"])
            assert lookup.resolver.asked == 2


def test_a_dead_resolver_costs_one_deadline(silent_server: Server) -> None:
    domains = [f"d{number}.test" for number in range(1000)]
    with live(silent_server, concurrency=20) as lookup:
        began = time.monotonic()
        first = lookup.answers_for(domains)
        for number in range(100):  # and the messages that come after
            lookup.answers_for([f"later{number}.test"])
        took = time.monotonic() - began
    assert {each.status for each in first} == {Status.TEMPERROR}
    assert len(first) == 2000
    assert lookup.resolver.asked <= 20
    assert lookup.resolver.resting
    assert took < 2 * 0.4 + 0.5


def test_after_its_rest_one_question_tries_a_resolver_again(
    silent_server: Server, name_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = Resolver(silent_server.address, question_seconds=0.2)
    resolver.ask([("good.test", "MX")], time.monotonic() + 9)
    assert resolver.resting
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + REST_SECONDS + 1)
    asked = resolver.asked
    resolver.ask([(f"d{number}.test", "MX") for number in range(50)], time.monotonic() + 9)
    assert resolver.asked == asked + 1
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 2 * REST_SECONDS + 2)
    resolver._resolver.port = name_server.port  # it comes back
    answers = resolver.ask([("good.test", "MX"), ("tie.test", "MX")], time.monotonic() + 9)
    assert {each.status for each in answers} == {Status.FOUND}
    assert not resolver.resting


def test_one_slow_domain_does_not_condemn_the_resolver(scripted_server: Start) -> None:
    server = scripted_server(lambda q: None if "slow" in str(q.question[0].name) else reply_with(q))
    domains = [f"d{number}.test" for number in range(60)]
    with live(server, concurrency=10) as lookup:
        answers = lookup.answers_for(["slow.test", *domains])
    assert answers.get("slow.test", "MX").status is Status.TEMPERROR
    assert {answers.get(domain, "MX").status for domain in domains} == {Status.ABSENT}


def test_a_batch_has_a_deadline_of_its_own(scripted_server: Start) -> None:
    def slow(question: dns.message.Message) -> dns.message.Message:
        time.sleep(0.05)
        return reply_with(question)

    with live(scripted_server(slow), concurrency=2, batch_seconds=0.5) as lookup:
        began = time.monotonic()
        answers = lookup.answers_for([f"d{number}.test" for number in range(200)])
        assert time.monotonic() - began < 2
    counts = Counter(each.status for each in answers)
    assert counts[Status.ABSENT] > 0
    assert counts[Status.TEMPERROR] > 300


def test_a_lost_packet_is_sent_again(scripted_server: Start) -> None:
    seen: Counter[str] = Counter()

    def lossy(question: dns.message.Message) -> dns.message.Message | None:
        seen[str(question.question[0])] += 1
        return reply_with(question) if seen[str(question.question[0])] > 1 else None

    with live(scripted_server(lossy), question_seconds=0.8) as lookup:
        assert lookup.answers_for(["x.test"]).get("x.test", "MX").status is Status.ABSENT


def test_a_cname_beside_an_mx_is_seen(scripted_server: Start) -> None:
    def illegal(question: dns.message.Message) -> dns.message.Message:
        name, rrtype = str(question.question[0].name), question.question[0].rdtype.name
        both = {"MX": f"{name} 60 IN MX 10 mx1.good.test.", "CNAME": f"{name} 60 IN CNAME good.test."}
        return reply_with(question, *([both[rrtype]] if rrtype in both and name == "beside.test." else []))

    with live(scripted_server(illegal)) as lookup:
        answers = lookup.answers_for(["beside.test"])
    assert answers.topology("beside.test").cname_beside is True
    for each in SCRIPTED:
        said = answers.get(each.name, each.rrtype)
        if each.rrtype != "NS":
            assert (said.status, said.records) == (each.status, each.records)


def wrong_name(question: dns.message.Message) -> dns.message.Message:
    return reply_with(question, "elsewhere.test. 60 IN MX 10 mx.elsewhere.test.")


def wrong_id(question: dns.message.Message) -> dns.message.Message:
    reply = reply_with(question, f"{question.question[0].name} 60 IN MX 10 forged.test.")
    reply.id = (reply.id + 1) % 65536
    return reply


def refused(question: dns.message.Message) -> dns.message.Message:
    reply = reply_with(question)
    reply.set_rcode(dns.rcode.REFUSED)
    return reply


def endless(question: dns.message.Message) -> dns.message.Message:
    reply = reply_with(question)
    reply.flags |= dns.flags.TC  # and nobody listens on TCP
    return reply


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (lambda _: b"", Status.TEMPERROR),
        (lambda _: b"\x00" * 40, Status.TEMPERROR),
        (lambda q: q.to_wire(), Status.TEMPERROR),  # our own question, sent back
        (lambda q: q.to_wire()[:2] + os.urandom(300), Status.TEMPERROR),
        (wrong_id, Status.TEMPERROR),
        (refused, Status.TEMPERROR),
        (endless, Status.TEMPERROR),
        (wrong_name, Status.ABSENT),
    ],
)
def test_nonsense_from_a_server_is_never_a_finding(
    scripted_server: Start, script: Script, status: Status
) -> None:
    with live(scripted_server(script)) as lookup:
        answer = lookup.answers_for(["x.test"]).get("x.test", "MX")
    assert (answer.status, answer.records) == (status, ())


def test_a_negative_answer_without_soa_is_not_kept(scripted_server: Start) -> None:
    with live(scripted_server(reply_with)) as lookup:
        assert lookup.answers_for(["x.test"]).get("x.test", "MX").ttl == 0


def test_the_process_wide_resolver_stays_as_it_is(name_server: Server) -> None:
    before = dns.resolver.default_resolver
    with live(name_server) as lookup:
        lookup.answers_for(["good.test"])
    assert dns.resolver.default_resolver is before


def test_lookups_work_where_a_loop_runs_already(name_server: Server) -> None:
    async def notebook() -> Answers:
        with live(name_server) as lookup:
            return lookup.answers_for(["good.test"])

    assert asyncio.run(notebook()).topology("good.test").outcome == "found"


INTERRUPTED = """
import sys
from classifier.lookup import open_lookup
lookup = open_lookup("live", resolver=sys.argv[1], cache=False, question_seconds=60, batch_seconds=60)
print("asking", flush=True)
lookup.answers_for([f"d{i}.test" for i in range(5000)])
"""


def test_ctrl_c_stops_at_once(silent_server: Server) -> None:
    command = [sys.executable, "-c", INTERRUPTED, silent_server.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, complaint = process.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert complaint.rstrip().endswith(b"KeyboardInterrupt")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_resolvers_are_addresses(written: str, read: tuple[str, int]) -> None:
    assert split_resolver(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "ns.example.org",
        "192.0.2.53:",
        "192.0.2.53:0",
        "192.0.2.53:65536",
        "192.0.2.53:x",
        "[2001:db8::53]5353x",
        ":53",
    ],
)
def test_other_resolvers_are_refused(written: str) -> None:
    with pytest.raises(ConfigError, match="ADDRESS"):
        split_resolver(written)


def test_gather_asks_for_authors_and_envelopes_and_ours(name_server: Server) -> None:
    messages = [
        Message(b"Return-Path: <bounce@tie.test>\r\nFrom: Ada <ada@good.test>\r\n\r\n"),
        Message(b"Return-Path: <>\r\nFrom: root@[192.0.2.1]\r\n\r\n"),
        Message(b"no header at all"),
    ]
    with live(name_server) as lookup:
        answers = gather(lookup, messages, ["ours.test"])
    assert answers is not None
    assert {each.name for each in answers if each.rrtype == "MX"} == {"good.test", "tie.test", "ours.test"}
    assert answers.topology("ours.test").name_servers == {"ns1.ours.test", "ns2.ours.test"}


def test_gather_asks_nothing_while_lookups_are_off() -> None:
    assert gather(open_lookup("off"), [Message(b"From: ada@good.test\r\n\r\n")]) is None


def test_gather_hands_recorded_answers_on() -> None:
    with open_lookup(f"recorded:{HERE / 'dns' / 'answers.jsonl'}") as lookup:
        answers = gather(lookup, [])
    assert answers is not None
    assert answers.topology("good.test").outcome == "found"


def test_without_a_server_program_tests_skip_but_not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        nsd_or_skip()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="must not skip"):
        nsd_or_skip()


def test_the_recorder_covers_the_zones() -> None:
    assert len(DOMAINS) == len(set(DOMAINS))
    assert all(isinstance(each, Answer) and each.taken == TAKEN for each in SCRIPTED)
