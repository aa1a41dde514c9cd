"""What a message found when it came: it is judged by that ever after, until somebody is forgotten."""

from __future__ import annotations

import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Classifier, Message
from classifier.engine.forgetting import forget_address
from classifier.features import Schema
from classifier.history import Arrival, History, Past, Ram
from classifier.history.came import AsRead, Noting, pack_read, unpack_read
from classifier.mail.fingerprint import fingerprint
from classifier.profile import Profile, opening
from classifier.profile import came as came_module
from classifier.profile.key import seal, unseal
from classifier.profile.travel import export_lines, import_lines
from classifier.profile.undo import roll_back
from classifier.rootmail.record import read_job
from classifier.signals import Site

START = 1_772_420_700.0
SCHEMA = Schema(bits=12, views=("header", "history"))
ME = "ada@example.org"


def cron(day: int, text: str, host: str = "db1", job: str = "dump") -> bytes:
    head = f"From: root@{host}.example.org\nTo: root@{host}.example.org\nX-Cron-Env: <HOME=/root>\n"
    return (
        f"{head}Subject: Cron <root@{host}> /bin/{job}\nMessage-ID: <{day}.{job}@{host}>\n\n{text}\n".encode()
    )


def letter(number: int, author: str = "eve@shop.example") -> bytes:
    return f"From: {author}\nTo: {ME}\nMessage-ID: <{number}@x>\nSubject: offer {number}\n\nHello\n".encode()


@pytest.fixture
def triage(tmp_path: Path) -> Classifier:
    profile = Profile(tmp_path / "p.sqlite", create=True)
    return Classifier(schema=SCHEMA, site=Site(me=frozenset({ME})), profile=profile)


def base(triage: Classifier) -> Profile:
    assert triage.profile is not None
    return triage.profile


def past(triage: Classifier, raw: bytes) -> Past:
    """Say what is known of a message, as every command would ask."""
    found = triage.facts([Message(raw)])[0].history
    assert found is not None
    return found


def told(triage: Classifier, raw: bytes) -> list[str]:
    return [each.state for each in past(triage, raw).job.told]


def fill(triage: Classifier) -> list[bytes]:
    """Observe a week of a job, of which the fifth day is strange, and letters in between."""
    mails = [cron(day, "dump done\n3 tables" if day != 4 else "disk error") for day in range(7)]
    mails[2:2] = [letter(1), letter(2)]
    for at, raw in enumerate(mails):
        triage.observe(raw, now=START + at * 86_400)
    return mails


def test_what_was_new_stays_new_however_often_it_is_looked_at(triage: Classifier) -> None:
    mails = [cron(day, "dump done\n3 tables") for day in range(4)] + [cron(4, "disk error")]
    before = []
    for day, raw in enumerate(mails):
        before.append(triage.facts([Message(raw)], [START + day * 86_400])[0].history)
        triage.observe(raw, now=START + day * 86_400)
    triage.observe(cron(5, "disk error"), now=START + 5 * 86_400)
    assert [past(triage, raw) for raw in mails] == before
    assert "new" in told(triage, mails[4])
    assert past(triage, mails[4]).job.gone


def test_letters_are_judged_by_the_people_of_then(triage: Classifier) -> None:
    fill(triage)
    people = past(triage, letter(1)).people
    assert (people.author.received, people.topic.seen, people.thread.messages) == (0, 0, 0)
    assert past(triage, letter(2)).people.author.received > 0.9
    assert past(triage, letter(3)).people.author.received > 1.9


def test_learning_late_teaches_what_was_known_then(triage: Classifier, tmp_path: Path) -> None:
    """Whoever corrects a mail after it entered the history teaches that it was new, not that it is usual."""
    mails = fill(triage)
    prompt = Classifier(schema=SCHEMA, site=triage.site, profile=Profile(tmp_path / "q.sqlite", create=True))
    for at, raw in enumerate(mails):
        now = START + at * 86_400
        if raw == mails[6]:
            prompt.learn(raw, "important", now=now)
        prompt.observe(raw, now=now)
    triage.learn(mails[6], "important", now=START + 6 * 86_400)
    probe = cron(9, "something else")
    assert triage.classify(probe).log_odds.importance == prompt.classify(probe).log_odds.importance != 0


def test_what_the_reader_says_counts_for_mail_that_came_before(triage: Classifier) -> None:
    mails = fill(triage)
    triage.observe(cron(8, "disk error"), now=START + 9 * 86_400)
    assert not any(past(triage, mails[6]).job.heard)
    triage.learn(cron(8, "disk error"), "important")
    assert past(triage, mails[6]).job.heard.important > 0
    assert "new" in told(triage, mails[6])


def test_without_what_was_kept_the_present_must_do(triage: Classifier) -> None:
    """The villain: with nothing kept, the strange mail is no news any more."""
    mails = fill(triage)
    base(triage).file.base.execute("DELETE FROM came")
    assert "new" not in told(triage, mails[6])


@pytest.fixture(params=[64, 2])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let so many messages make a block: of nine none, or all but the last."""
    monkeypatch.setattr(came_module, "BLOCK", request.param)
    return int(request.param)


@pytest.mark.parametrize("damage", ["x'00'", "zeroblob(40)", "substr(value, 1, length(value) - 9)"])
@pytest.mark.usefixtures("block")
def test_damage_is_not_believed(triage: Classifier, damage: str) -> None:
    mails = fill(triage)
    for table in ("came", "came_block"):
        base(triage).file.base.execute(f"UPDATE {table} SET value={damage}")
    assert "new" not in told(triage, mails[6])


def test_only_the_latest_are_kept(triage: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(came_module, "BLOCK", 2)
    monkeypatch.setattr(came_module, "CAME", 4)
    mails = fill(triage)
    assert base(triage).file.read("SELECT count(*) FROM came") == [(1,)]
    assert base(triage).file.read("SELECT count(*) FROM came_in") == [(4,)]
    assert base(triage).file.read("SELECT count(*) FROM came_block") == [(2,)]
    assert "new" in told(triage, mails[6])
    assert [bool(base(triage).as_it_came(fingerprint(Message(raw)))) for raw in mails] == [False] * 4 + [
        True
    ] * 5


def test_a_block_says_what_each_message_said_alone(
    triage: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(came_module, "BLOCK", 3)
    mails = fill(triage)
    alone = []
    assert base(triage).file.read("SELECT count(*) FROM came") == [(0,)]
    for at, raw in enumerate(mails):
        alone.append(past(triage, raw))
        triage.observe(letter(90 + at, "eve@shop.example"), now=START + 900_000)
        triage.observe(cron(20 + at, "disk error"), now=START + 900_000)
    assert [past(triage, raw) for raw in reversed(mails)] == alone[::-1]


def test_what_a_former_version_kept_alone_is_packed_little_by_little(
    triage: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = fill(triage)
    before = [past(triage, raw) for raw in mails]
    profile = base(triage)
    for number, value in profile.file.read("SELECT id, value FROM came"):  # each compressed, as it was then
        old = seal(profile.file.key, zlib.compress(unseal(profile.file.key, value), 1))
        profile.file.base.execute("UPDATE came SET value=? WHERE id=?", (old, number))
    assert [past(triage, raw) for raw in mails] == before
    monkeypatch.setattr(came_module, "BLOCK", 2)
    monkeypatch.setattr(came_module, "AT_ONCE", 3)
    triage.observe(letter(50), now=START + 900_000)
    assert profile.file.read("SELECT count(*) FROM came") == [(4,)]
    triage.observe(letter(51), now=START + 900_000)
    assert profile.file.read("SELECT count(*) FROM came") == [(1,)]
    assert [past(triage, raw) for raw in mails] == before


@pytest.mark.usefixtures("block")
def test_mail_that_comes_again_after_going_back_is_judged_by_its_second_coming(triage: Classifier) -> None:
    mails = fill(triage)
    roll_back(base(triage), time.time() - 86_400 * 900, time.time() + 1)
    for at, raw in enumerate([mails[6], *mails[:2]]):
        triage.observe(raw, now=START + at * 86_400)
    assert set(told(triage, mails[6])) == {"first"}
    assert "first" not in told(triage, mails[0])


@pytest.mark.usefixtures("block")
def test_it_moves_with_the_profile(triage: Classifier, tmp_path: Path) -> None:
    mails = fill(triage)
    before = [past(triage, raw) for raw in mails]
    import_lines(tmp_path / "q.sqlite", export_lines(base(triage)), "-")
    moved = Classifier(schema=SCHEMA, site=triage.site, profile=Profile(tmp_path / "q.sqlite"))
    assert [past(moved, raw) for raw in mails] == before


def test_a_rehearsal_knows_it_too(triage: Classifier) -> None:
    mails = fill(triage)
    triage.rehearse()
    assert "new" in told(triage, mails[6])


def test_what_was_gone_back_over_came_never(triage: Classifier) -> None:
    mails = fill(triage)
    roll_back(base(triage), time.time() - 86_400 * 900, time.time() + 1)
    assert set(told(triage, mails[6])) == {"first"}
    triage.observe(mails[6], now=START)
    assert set(told(triage, mails[6])) == {"first"}


def jobs(triage: Classifier) -> set[str]:
    return {read_job(value).name for _, value in base(triage).memory.items("job")}


@pytest.mark.parametrize(
    ("who", "left"),
    [
        ("root@db1.example.org", {"root@web1.example.org rotate: /bin/rotate"}),
        ("@DB1.example.org", {"root@web1.example.org rotate: /bin/rotate"}),
        (
            "@example.org",
            {"root@db1.example.org dump: /bin/dump", "root@web1.example.org rotate: /bin/rotate"},
        ),
        (
            "bob@db1.example.org",
            {"root@db1.example.org dump: /bin/dump", "root@web1.example.org rotate: /bin/rotate"},
        ),
    ],
)
@pytest.mark.usefixtures("block")
def test_forgetting_reaches_jobs(triage: Classifier, who: str, left: set[str]) -> None:
    fill(triage)
    triage.observe(cron(1, "3 logs", "web1", "rotate"), now=START)
    forget_address(base(triage), who)
    assert jobs(triage) == left
    hosts = {read_job(value).host for _, value in base(triage).memory.items("job")}
    assert len(list(base(triage).memory.items("job-host"))) == len(hosts)
    for table in ("came", "came_in", "came_block"):
        assert base(triage).file.read(f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_job_that_an_address_wrote_under_another_hosts_name_goes_too(triage: Classifier) -> None:
    raw = cron(1, "hello").replace(b"From: root@db1.example.org", b"From: jobs@corp.example")
    triage.observe(raw.replace(b"@db1>", b"@>", 1), now=START)
    assert len(jobs(triage)) == 1
    forget_address(base(triage), "jobs@corp.example")
    assert not jobs(triage)


def test_a_job_that_names_the_address_goes_too(triage: Classifier) -> None:
    triage.observe(cron(1, "sent", job="remind eve@shop.example now"), now=START)
    forget_address(base(triage), "eve@shop.example.org")
    assert len(jobs(triage)) == 1
    forget_address(base(triage), "@shop.example")
    assert not jobs(triage)


records = st.dictionaries(
    st.tuples(st.text(max_size=9), st.binary(max_size=9)), st.none() | st.binary(max_size=99)
)


@given(records)
def test_what_was_read_comes_out_as_it_went_in(read: dict[tuple[str, bytes], bytes | None]) -> None:
    assert unpack_read(pack_read(read, 7.5)) == (read, 7.5)


@given(st.binary(max_size=60))
def test_rubbish_is_no_crash(data: bytes) -> None:
    assert unpack_read(data) is None


def test_a_recaller_that_asks_for_more_than_was_read_is_caught() -> None:
    class Curious:
        part = "job"

        def __init__(self, memory: object) -> None:
            self.memory = memory

        def recall(self, arrival: Arrival) -> object:
            return self.memory.get("weather", b"")  # type: ignore[attr-defined]

    history = History([Curious(Noting(Ram()))])  # type: ignore[list-item]
    assert history.recall_as_it_came(Arrival(Message(b"\n"), Site()), pack_read({}, 0.0)) is None
    with pytest.raises(TypeError):
        AsRead({}).put("a", b"", b"")


def test_room_of_what_is_gone_is_given_back_where_it_is_most_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SPARE", 20)
    path = tmp_path / "q.sqlite"
    profile = Profile(path, create=True)
    with profile.batch():
        for number in range(900):
            profile.memory.put("a", bytes([number % 256, number // 256]), bytes(range(200)))
    profile.close()
    full = path.stat().st_size
    profile = Profile(path)
    assert path.stat().st_size == full
    profile.file.base.execute("DELETE FROM memory")
    profile.close()
    again = Profile(path)
    again.close()
    assert path.stat().st_size < full / 3
