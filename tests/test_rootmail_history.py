"""What is remembered of jobs: bounded, the same in every process, and no lie learned from strangers."""

from __future__ import annotations

import struct

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.history import Arrival, Ram
from classifier.mail import Message
from classifier.rootmail import JobPast, JobRecaller, Record, read_job
from classifier.rootmail.masks import read_lines, template_key
from classifier.rootmail.record import ARRIVALS_KEPT, LINES_KEPT, SLOTS_KEPT
from classifier.signals import Site

DAY = 86400.0
BEGIN = 1_772_000_000.0
USUAL = "backup of /srv started\n{} files, {} bytes\nexit status 0\n"


def cron(body: str, host: str = "web01.example.net", command: str = "nightly") -> bytes:
    return (
        f"From: root@{host} (Cron Daemon)\nSubject: Cron <root@{host.partition('.')[0]}> {command}\n\n{body}"
    ).encode("utf-8", "surrogateescape")


def arrival(raw: bytes, day: float) -> Arrival:
    return Arrival(Message(raw), Site(), BEGIN + day * DAY)


def records(recaller: JobRecaller) -> list[Record]:
    return [read_job(value) for _, value in recaller._memory.items("job")]  # type: ignore[attr-defined]


def after(days: int, body: str = USUAL) -> JobRecaller:
    """A recaller that has seen a job on so many days."""
    recaller = JobRecaller(Ram())
    for day in range(days):
        recaller.observe(arrival(cron(body.format(100 + day % 5, 4_000_000 + 1000 * day)), day))
    return recaller


def past(recaller: JobRecaller, body: str, day: float = 20) -> JobPast:
    found = recaller.recall(arrival(cron(body), day))
    assert found is not None
    return found


def states(found: JobPast) -> dict[str, str]:
    return {each.line.text: each.state for each in found.told}


def test_a_usual_mail_is_usual() -> None:
    found = past(after(20), USUAL.format(102, 4_010_000))
    assert set(states(found).values()) == {"usual"}
    assert not found.gone
    assert not any(change.kind for change in found.changes)


def test_a_new_line_is_new_then_young_then_usual() -> None:
    recaller = after(20)
    body = USUAL.format(102, 4_010_000) + "rsync error: No space left on device\n"
    seen = []
    for day in range(20, 60):
        seen.append(states(past(recaller, body, day))["rsync error: No space left on device"])
        recaller.observe(arrival(cron(body), day))
    assert seen[0] == "new"
    assert set(seen[1:4]) == {"young"}
    assert seen[-1] == "usual"


def test_what_comes_back_after_weeks_is_back() -> None:
    recaller = after(10)
    recaller.observe(arrival(cron(USUAL.format(1, 2) + "fault\n"), 10))
    for day in range(11, 31):
        recaller.observe(arrival(cron(USUAL.format(101, 4_000_000)), day))
    assert states(past(recaller, "fault\n", 31))["fault"] == "back"


def test_missing_lines_are_gone() -> None:
    found = past(after(20), "backup of /srv started\n")
    assert len(found.gone) == 2
    assert min(found.gone).rate > 0.9


@pytest.mark.parametrize(
    ("size", "kind"), [(4_015_000, ""), (400_000, "low"), (0, "zero"), (40_000_000, "high")]
)
def test_a_size_out_of_its_range_is_told(size: int, kind: str) -> None:
    found = past(after(20), USUAL.format(102, size))
    assert [change.kind for change in found.changes if change.line.text.endswith("bytes")][1] == kind


def test_a_fault_does_not_become_the_measure() -> None:
    recaller = after(20)
    for day in (20, 21):
        body = USUAL.format(102, 150)
        assert any(change.kind == "low" for change in past(recaller, body, day).changes)
        recaller.observe(arrival(cron(body), day))


def test_an_exit_status_that_is_no_longer_0_has_turned() -> None:
    found = past(after(20), USUAL.format(102, 4_010_000).replace("status 0", "status 1"))
    assert states(found)["exit status 1"] == "turned"
    assert any(change.kind == "nonzero" for change in found.changes)


def test_a_disk_that_fills_up_has_days_left() -> None:
    recaller = JobRecaller(Ram())
    for day in range(10):
        recaller.observe(arrival(cron(f"/srv {80 + day}% used\n"), day))
    left = [change.left for change in past(recaller, "/srv 90% used\n", 10).changes]
    assert left == pytest.approx([10.0])


def test_recalling_changes_nothing_and_observing_does() -> None:
    recaller = after(5)
    before = [record.pack() for record in records(recaller)]
    past(recaller, "anything\n")
    assert [record.pack() for record in records(recaller)] == before
    recaller.observe(arrival(cron("anything\n"), 5))
    assert [record.pack() for record in records(recaller)] != before


def test_a_label_taken_back_leaves_no_trace() -> None:
    recaller = after(5)
    before = [record.pack() for record in records(recaller)]
    mail = arrival(cron("x"), 4)
    recaller.relabel(mail, None, "important")
    assert past(recaller, "x").important == 1
    recaller.relabel(mail, "important", None)
    assert [record.pack() for record in records(recaller)] == before


def test_forged_mail_does_not_touch_a_job_of_ours() -> None:
    recaller = after(10)
    before = {record.host: record.pack() for record in records(recaller)}
    outside = (
        b"Received: from evil.example (evil.example [198.51.100.9]) by mx.example.net with ESMTP;"
        b" Sun, 1 Mar 2026 10:00:00 +0000\n"
    )
    forged = arrival(outside + cron(USUAL.format(0, 0)), 11)
    found = recaller.recall(forged)
    assert found is not None
    assert found.mails == 0  # it has no past of ours
    recaller.observe(forged)
    kept = {record.host: record.pack() for record in records(recaller)}
    assert kept["web01.example.net"] == before["web01.example.net"]


def test_strangers_cannot_fill_the_memory() -> None:
    memory = Ram()
    recaller = JobRecaller(memory)
    for number in range(3000):
        raw = (
            f"Received: from e.example (e.example [198.51.{number % 200}.9]) by mx.example.net with ESMTP;\n"
            f" x\nFrom: root@h{number}.example\nAuto-Submitted: auto-generated\n"
            f"Subject: {'abc' * (number % 9)} q\n\n"
        )
        recaller.observe(arrival(raw.encode(), 0))
    assert len(list(memory.items("job"))) <= 1024
    assert len(list(memory.items("job-host"))) <= 1024


@pytest.mark.parametrize("jump", [-4000.0, -1.0, 4000.0])
def test_a_clock_that_jumps_hurts_nothing(jump: float) -> None:
    recaller = after(10)
    recaller.observe(arrival(cron(USUAL.format(100, 4_000_000)), 10 + jump))
    found = past(recaller, USUAL.format(100, 4_000_000), 11)
    assert set(states(found).values()) == {"usual"}


def test_a_new_form_of_text_is_news_for_some_days_only() -> None:
    recaller = after(20)
    fresh = "Sicherung von /srv begonnen\n{} Dateien\nEnde mit Status 0\n"
    for day in range(20, 60):
        recaller.observe(arrival(cron(fresh.format(100)), day))
    assert set(states(past(recaller, fresh.format(103), 60)).values()) == {"usual"}


def test_binary_output_is_read() -> None:
    recaller = JobRecaller(Ram())
    raw = cron("") + bytes(range(256)) * 50
    recaller.observe(arrival(raw, 0))
    found = recaller.recall(arrival(raw, 1))
    assert found is not None
    assert found.mails == 1


def test_a_mail_of_megabytes_of_log_is_bounded() -> None:
    recaller = after(5)
    log = "".join(f"Mar  1 10:00:00 web01 kernel: [{at}] eth0: link is down\n" for at in range(200_000))
    recaller.observe(arrival(cron(log), 5))
    assert max(len(record.pack()) for record in records(recaller)) < 24_000
    assert past(recaller, USUAL.format(102, 4_010_000), 6).mails == 6


@pytest.mark.parametrize(
    ("usual", "fault"),
    [
        (
            "Sicherung von /srv abgeschlossen\n",
            "Fehler: Auf dem Gerät ist kein Speicherplatz mehr verfügbar\n",
        ),
        ("バックアップは正常に終了しました\n", "エラー: デバイスに空き領域がありません\n"),
        ("Sauvegarde terminée\n", "Erreur : permission refusée\n"),
    ],
)
def test_tools_that_speak_other_languages_are_heard(usual: str, fault: str) -> None:
    recaller = JobRecaller(Ram())
    for day in range(5):
        recaller.observe(arrival(b"Content-Type: text/plain; charset=utf-8\n" + cron(usual), day))
    found = recaller.recall(arrival(b"Content-Type: text/plain; charset=utf-8\n" + cron(usual + fault), 5))
    assert found is not None
    assert found.sums.grade("new") >= 2
    assert found.sums.states["usual"].lines == 2


def test_a_renamed_host_begins_anew() -> None:
    recaller = after(10)
    found = recaller.recall(arrival(cron(USUAL.format(102, 4_010_000), host="web9.example.net"), 11))
    assert found is not None
    assert found.mails == 0
    assert set(states(found).values()) == {"first"}


def test_another_job_in_the_same_place_is_not_mistaken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.rootmail.places.JOBS", 1)
    recaller = after(10)
    other = recaller.recall(arrival(cron("x", command="other"), 10))
    assert other is not None
    assert other.mails == 0


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.text(max_size=80), st.floats(0, 1e6), st.integers(0, 10**12)), min_size=1, max_size=8
    )
)
def test_a_record_comes_back_as_it_was(mails: list[tuple[str, float, int]]) -> None:
    record = Record("host", "tool", "job", "user")
    for text, value, now in mails:
        record.add(read_lines(f"{text}\nsize {value}"), float(now))
        back = Record.unpack(record.pack())
        assert back.pack() == record.pack()
        record = back


def test_a_record_is_bounded_and_keeps_what_is_usual() -> None:
    record = Record("host", "tool", "job", "user")
    for number in range(200):
        flood = [f"line {'x' * (number % 7)}{chr(97 + at % 26) * (at % 9)}q{at} 5" for at in range(50)]
        tens, ones = "abcdefghij"[number // 10 % 10], "klmnopqrst"[number % 10]
        words = [tens + ones + "uvwxyz" * at for at in range(9)]
        record.add(read_lines("\n".join(["always here", *flood, *words])), BEGIN + number)
    assert len(record.lines) <= LINES_KEPT
    assert len(record.slots) <= SLOTS_KEPT
    assert len(record.arrivals) <= ARRIVALS_KEPT
    assert len(record.pack()) < 24_000
    assert record.lines[template_key("always here")].rate(record.mails) == pytest.approx(1.0, abs=1e-3)


def test_a_record_tells_people_and_clocks_what_they_need() -> None:
    recaller = JobRecaller(Ram())
    recaller.observe(arrival(b"Date: Sun, 1 Mar 2026 10:00:00 -0500\n" + cron("x"), 0))
    recaller.observe(arrival(cron("x"), 1))
    (record,) = records(recaller)
    assert record.name == "root@web01.example.net nightly"
    assert record.zone == -300
    assert record.arrivals == [int(BEGIN), int(BEGIN + DAY)]


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"\x01", b"cut"])
def test_a_damaged_record_is_refused_and_then_forgotten(damage: bytes) -> None:
    recaller = after(5)
    ((key, value),) = recaller._memory.items("job")  # type: ignore[attr-defined]
    harmed = value[: len(value) // 2] if damage == b"cut" else damage
    with pytest.raises(ValueError, match="record"):
        read_job(harmed)
    recaller._memory.put("job", key, harmed)
    assert past(recaller, "x").mails == 0
    recaller.observe(arrival(cron("x"), 21))
    assert past(recaller, "x", 22).mails == 1


def test_what_another_process_observed_in_between_counts() -> None:
    memory = Ram()
    one, other = JobRecaller(memory), JobRecaller(memory)
    mail = arrival(cron("hello"), 0)
    one.recall(mail)
    other.observe(arrival(cron("before"), 0))
    one.observe(mail)
    assert past(one, "hello", 1).mails == 2
    assert states(past(one, "before", 1))["before"] == "usual"


def test_a_label_on_a_job_never_heard_of_leaves_no_trace_either() -> None:
    recaller = JobRecaller(Ram())
    recaller.relabel(arrival(cron("x"), 0), None, "unimportant")
    recaller.relabel(arrival(cron("x"), 0), "unimportant", None)
    assert not records(recaller)


STEPS = "".join(f"step {name} done\n" for name in ("one", "two", "three", "four", "five", "six"))


@pytest.mark.parametrize(
    ("body", "disorder"),
    [
        (STEPS, 0.0),
        ("step zero done\n" + STEPS, 0.0),  # a line more moves none
        (STEPS.replace("step two done\n", ""), 0.0),
        ("step six done\n" + STEPS.replace("step six done\n", ""), 1 / 7),  # the subject is the seventh
        ("".join(reversed(STEPS.splitlines(keepends=True))), 5 / 7),
        ("step two done\nstep one done\n", 0.0),  # too few to speak of an order
    ],
)
def test_lines_in_another_order_are_told(body: str, disorder: float) -> None:
    assert past(after(8, STEPS), body).disorder == pytest.approx(disorder)


def test_a_job_that_never_keeps_an_order_is_known_for_it() -> None:
    recaller = JobRecaller(Ram())
    for day in range(30):
        lines = STEPS.splitlines(keepends=True)
        recaller.observe(arrival(cron("".join(lines[day % 6 :] + lines[: day % 6])), day))
    assert past(recaller, STEPS, 30).shuffled > 0.1
    assert past(after(30, STEPS), STEPS, 30).shuffled == 0


@pytest.mark.parametrize(("times", "swollen"), [(5, False), (6, False), (500, True)])
def test_a_line_repeated_far_oftener_than_before_swells(times: int, swollen: bool) -> None:
    found = past(after(8, "link eth0 lost for 3 ms\n" * 5), "link eth0 lost for 3 ms\n" * times)
    assert (found.swelling > 2) is swollen
    assert past(after(8), "new complaint\n" * times).swelling > 1


def test_a_record_without_places_is_still_read() -> None:
    kept = records(after(5))[0]
    old = _as_first_version(kept)
    again = Record.unpack(old)
    assert again.mails == kept.mails
    assert {key: seen.weight for key, seen in again.lines.items()} == {
        key: seen.weight for key, seen in kept.lines.items()
    }
    assert Record.unpack(again.pack()).pack() == again.pack()
    with pytest.raises(ValueError, match="version 9"):
        Record.unpack(b"\x09" + old[1:])


def _as_first_version(record: Record) -> bytes:
    """Pack a record as the first version did, which knew neither places nor repetitions."""
    packed = record.pack()
    _, size, _ = struct.unpack_from("<BIH", packed)
    told = orjson.dumps(orjson.loads(packed[7 : 7 + size])[:16])
    lines = b"".join(
        struct.pack("<QfIII?", key, each.weight, each.first, each.last, each.since, each.good)
        for key, each in record.lines.items()
    )
    slots = packed[7 + size + 31 * len(record.lines) :]
    return struct.pack("<BIH", 1, len(told), 0) + told + lines + slots
