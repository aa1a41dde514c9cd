"""A classifier with a profile: what it learns lasts, and what others learn counts."""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import Any

import pytest
from cli_mail import mail, mixed

from classifier import Classifier
from classifier.engine import remembering
from classifier.errors import ProfileError
from classifier.features import Schema
from classifier.history import Arrival, Memory
from classifier.profile import Profile
from classifier.profile import came as came_module
from classifier.profile.undo import forget

MAIL = mail("spam", 900)


class Counter:
    """A part of history that counts a sender's messages and what they were called."""

    part = "people"

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def _counts(self, arrival: Arrival) -> tuple[bytes, list[int]]:
        author = arrival.message.author
        assert author is not None
        key = author.addr.lower().encode()
        return key, list(struct.unpack("<2q", self.memory.get("count", key) or bytes(16)))

    def recall(self, arrival: Arrival) -> Any:
        return tuple(self._counts(arrival)[1])

    def observe(self, arrival: Arrival) -> None:
        key, (seen, spam) = self._counts(arrival)
        self.memory.put("count", key, struct.pack("<2q", seen + 1, spam))

    def relabel(self, arrival: Arrival, before: str | None, after: str | None) -> None:
        key, (seen, spam) = self._counts(arrival)
        if after == "ham":
            raise KeyError("a part of history that fails")
        spam += (after == "spam") - (before == "spam")
        self.memory.put("count", key, struct.pack("<2q", seen, spam))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.sqlite"


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "_PARTS", (Counter,))


def recalled(triage: Classifier, raw: bytes) -> Any:
    assert triage.history is not None
    from classifier import Message

    return triage.history.recall(Arrival(Message(raw), triage.site)).people


def told(triage: Classifier) -> list[tuple[float, float]]:
    return [tuple(verdict.log_odds) for verdict in triage.classify_many(mixed(5))]


def test_what_is_learned_lasts_and_reaches_who_is_running(tiny_model: Path, path: Path) -> None:
    plain, first = Classifier.load(tiny_model), Classifier.load(tiny_model, profile=path)
    second = Classifier.load(tiny_model, profile=str(path))
    untaught = told(second)
    for number, raw in enumerate(mixed(2)):
        for each in (plain, first):
            assert each.learn(raw, ["spam", "important", "unimportant"][number % 3])
    assert told(second) == told(first) == told(plain) != untaught
    assert second.learned_as(mixed(1)[0]) == "spam"
    later = Classifier.load(tiny_model, profile=path)
    for raw in mixed(2):
        assert later.unlearn(raw)
    assert told(first) == told(second) == untaught
    assert first.learned_as(mixed(1)[0]) is None


def test_the_profile_counts_in_all_processes(tiny_model: Path, path: Path) -> None:
    triage = Classifier.load(tiny_model, profile=path)
    for raw in mixed(2):
        triage.learn(raw, "important")
    here = [tuple(v.log_odds) for v in triage.classify_many(mixed(40))]
    assert [tuple(v.log_odds) for v in triage.classify_many(mixed(40), jobs=2)] == here


def raise_threshold(triage: Classifier) -> None:
    """Say of four messages, each called important, that they are not."""
    assert triage.leaning is not None
    for number in range(4):
        triage.leaning.corrected(bytes([number]) * 16, "unimportant", 2.0, 0.0)


def test_the_readers_own_threshold_counts_in_all_processes_and_is_only_rehearsed(
    tiny_model: Path, path: Path
) -> None:
    triage = Classifier.load(tiny_model, profile=path)
    mails = mixed(40)
    model = triage.model.cuts
    triage.rehearse()
    raise_threshold(triage)
    assert triage.leaned != model
    triage = Classifier.load(tiny_model, profile=path)
    assert triage.leaned == model  # nothing of the rehearsal was kept
    raise_threshold(triage)
    assert triage.leaned != model
    here = [(each.label, each.unsure) for each in triage.classify_many(mails)]
    assert [(each.label, each.unsure) for each in triage.classify_many(mails, jobs=2)] == here


def test_a_model_with_other_columns_says_what_does_not_count(tiny_model: Path, path: Path) -> None:
    first = Classifier.load(tiny_model, profile=path)
    first.learn(MAIL, "important")
    profile = Profile(path)
    other = Classifier(schema=Schema(bits=13), profile=profile)
    assert other.learned_as(MAIL) is None
    assert profile.elsewhere(other.model.tables.schema) == 1
    assert tuple(other.classify(MAIL).log_odds) == (0.0, 0.0)
    assert other.learn(MAIL, "important")
    assert profile.elsewhere(other.model.tables.schema) == 0
    assert first.learned_as(MAIL) == "important"


def test_own_addresses_come_from_the_profile(tiny_model: Path, path: Path) -> None:
    Classifier.load(tiny_model, profile=path, me=["Ada@example.org", "@ada.example"])
    again = Classifier.load(tiny_model, profile=path)
    assert again.site.me == {"ada@example.org"}
    assert again.site.my_domains == {"ada.example"}
    other = Classifier.load(tiny_model, profile=path, me=["bob@example.org"])
    assert other.site.me == {"bob@example.org"}
    assert Profile(path).mine == ("@ada.example", "ada@example.org")  # the first word stands


@pytest.mark.usefixtures("counting")
def test_a_message_enters_history_once(tiny_model: Path, path: Path) -> None:
    first, second = (Classifier.load(tiny_model, profile=path) for _ in range(2))
    for each in (first, second):
        each.observe(MAIL, now=1000.0)
        each.observe(MAIL.replace(b"\n\n", b"\nStatus: RO\n\n"), now=2000.0)
    assert recalled(first, MAIL) == (1, 0)
    list(second.classify_many([MAIL, mail("spam", 901), mail("spam", 902)], observe=True))
    assert recalled(first, MAIL) == (3, 0)
    with first.together():
        for number in range(903, 950):
            first.observe(mail("spam", number))
        assert recalled(first, MAIL) == (50, 0)
    assert recalled(second, MAIL) == (50, 0)


@pytest.mark.usefixtures("counting")
def test_a_flood_from_one_sender_takes_no_room(
    tiny_model: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(came_module, "CAME", 48)
    monkeypatch.setattr(came_module, "BLOCK", 16)
    triage = Classifier.load(tiny_model, profile=path)
    assert triage.profile is not None
    triage.observe(mail("spam", 0))
    before = triage.profile.file.read("PRAGMA page_count")[0][0]
    with triage.together():
        for number in range(1, 600):
            triage.observe(b"X-Copy: %d\n" % number + mail("spam", number % 28))
    assert recalled(triage, MAIL) == (600, 0)
    assert triage.profile.file.read("SELECT count(*) FROM memory") == [(1,)]
    pages = triage.profile.file.read("PRAGMA page_count")[0][0] - before
    assert 4096 * pages < 40 * 600  # a note for each that it was seen, and what the last few found
    assert triage.profile.file.read("SELECT count(*) FROM came") == [(600 % 16,)]
    assert triage.profile.file.read("SELECT count(*) FROM came_in") == [(48,)]


@pytest.mark.usefixtures("counting")
def test_correction_and_history_change_together_or_not_at_all(tiny_model: Path, path: Path) -> None:
    triage = Classifier.load(tiny_model, profile=path)
    before = told(triage)
    triage.observe(MAIL)
    assert triage.learn(MAIL, "spam")
    assert recalled(triage, MAIL) == (1, 1)
    assert not triage.learn(MAIL, "spam")
    after = told(triage)
    with pytest.raises(KeyError):
        triage.learn(MAIL, "ham")
    assert triage.learned_as(MAIL) == "spam"
    assert told(triage) == after == told(Classifier.load(tiny_model, profile=path))
    assert triage.unlearn(MAIL)
    assert recalled(triage, MAIL) == (1, 0)
    assert told(triage) == before


@pytest.mark.usefixtures("counting")
def test_what_is_forgotten_of_an_author_is_history_and_lessons(tiny_model: Path, path: Path) -> None:
    triage = Classifier.load(tiny_model, profile=path)
    before = told(triage)
    triage.observe(MAIL)
    triage.observe(mail("important", 1))
    triage.learn(MAIL, "important")
    other = Profile(path)
    assert forget(other, "offers@pills.example") == (1, 1)
    assert told(triage) == before
    assert recalled(triage, MAIL) == (0, 0)
    assert recalled(triage, mail("important", 1)) == (1, 0)
    triage.learn(MAIL, "important")
    assert forget(other, "@PILLS.example")[0] == 1
    assert triage.learned_as(MAIL) is None


def test_a_profile_that_cannot_be_used_is_an_error_of_its_own(tiny_model: Path, path: Path) -> None:
    path.write_bytes(b"not a profile" * 100)
    with pytest.raises(ProfileError, match=r"p\.sqlite: no profile"):
        Classifier.load(tiny_model, profile=path)


def test_the_time_of_a_correction_is_kept(tiny_model: Path, path: Path) -> None:
    triage = Classifier.load(tiny_model, profile=path)
    triage.learn(MAIL, "spam", now=1_700_000_000)
    before = time.time()
    triage.learn(mail("spam", 901), "spam", source="arf")
    rows = Profile(path).file.read("SELECT said, source FROM corrections ORDER BY id")
    assert rows[0] == (1_700_000_000.0, "library")
    assert before <= rows[1][0] <= time.time()
    assert rows[1][1] == "arf"
